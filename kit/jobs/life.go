package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// life is what Start began and Stop ends.
type life struct {
	stop    context.CancelFunc      // no more claims
	abandon context.CancelCauseFunc // ends the handlers' contexts
	loops   sync.WaitGroup
	workers sync.WaitGroup
}

var errStopping = errors.New("jobs: the node is stopping")

// Start begins to claim and run jobs. It fails on mistakes of registration. Handlers' contexts carry ctx's values; ctx
// itself may end without ending them: Stop does that.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.Check(); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started {
		return errors.New("jobs: started already")
	}
	q.started = true
	base, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	claims, stop := context.WithCancel(base)
	q.life.stop, q.life.abandon = stop, abandon
	q.handed.open = true
	q.life.loops.Add(2)
	go q.dispatch(claims, base)
	go q.keepLeases(base)
	return nil
}

// Stop ends claiming and waits for the handlers under way. When ctx ends first, their contexts end; a handler that
// returns an error then gives its job back at once, and one that does not return within a second loses it by its lease.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	started := q.started
	q.handed.open = false
	q.mu.Unlock()
	if !started {
		return nil
	}
	q.life.stop()
	idle := make(chan struct{})
	go func() {
		q.life.workers.Wait()
		close(idle)
	}()
	var late error
	select {
	case <-idle:
	case <-ctx.Done():
		q.life.abandon(errStopping)
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		select {
		case <-idle:
		case <-timer.C:
			late = fmt.Errorf("jobs: handlers did not stop in time; their jobs come back after the lease: %w", context.Cause(ctx))
		}
	}
	q.life.abandon(errStopping)
	q.life.loops.Wait()
	return late
}

// dispatch claims on a poke and every half second, until claims ends. Handlers run under base.
func (q *Queue) dispatch(claims, base context.Context) {
	defer q.life.loops.Done()
	// The dispatcher counts as a worker, so that the count never rises from zero while Stop waits for it.
	q.life.workers.Add(1)
	defer q.life.workers.Done()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	defer func() { q.complain("give back", q.giveBackHanded(base)) }()
	all := true
	for {
		if all {
			q.complain("plan", q.plan(claims))
		}
		q.round(base, q.takePoked(all))
		select {
		case <-claims.Done():
			return
		case <-q.wake:
			all = false
			q.gather(claims)
		case <-tick.C:
			all = true
		}
	}
}

// gather lets a few more jobs come, unless somebody waits for one.
func (q *Queue) gather(claims context.Context) {
	q.mu.Lock()
	hurry := q.hurry
	q.hurry = false
	q.mu.Unlock()
	if hurry {
		return
	}
	timer := time.NewTimer(gatherFor)
	defer timer.Stop()
	select {
	case <-claims.Done():
	case <-timer.C:
	}
}

// round starts what waits here, then claims once and starts what it got.
func (q *Queue) round(base context.Context, names []string) {
	q.start(q.takeHanded(base))
	got, more, err := q.claim(base, names)
	q.complain("claim", err)
	q.mu.Lock()
	for _, name := range more {
		q.poked[name] = struct{}{} // looked at again when a place is free
	}
	q.mu.Unlock()
	q.start(got)
}

func (q *Queue) start(got []*batch) {
	for _, b := range got {
		q.life.workers.Go(func() {
			q.runBatch(b)
			q.poke() // a place is free
		})
	}
}

func (q *Queue) takePoked(all bool) []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []string
	for _, name := range q.names {
		if _, poked := q.poked[name]; poked || all {
			out = append(out, name)
		}
	}
	clear(q.poked)
	return out
}

func (q *Queue) keepLeases(base context.Context) {
	defer q.life.loops.Done()
	tick := time.NewTicker(q.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-base.Done():
			return
		case <-tick.C:
			q.complain("give back", q.giveBackHanded(base))
			q.complain("renew", q.renewAll(base))
		}
	}
}

func (q *Queue) complain(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		q.log.Error("jobs: "+what+"; tried again in half a second", "error", err)
	}
}

// drainMost ends a Drain that would never end: jobs that put each other in a circle.
const drainMost = 100_000

// Drain runs, in this goroutine, every job of this node's handlers that is due by the store's clock, those that they put
// included, until none is left, and waits for what workers run at the moment. It is for tests and for commands that work
// without a server. A failed job is due again later, so Drain leaves it; see NextDue. It returns how many tries it made.
func (q *Queue) Drain(ctx context.Context) (int, error) {
	if err := q.Check(); err != nil {
		return 0, err
	}
	if err := q.plan(ctx); err != nil {
		return 0, err
	}
	for tries := 0; ; {
		if tries > drainMost {
			return tries, fmt.Errorf("jobs: drain: still jobs after %d tries; does one of them put itself again?", tries)
		}
		busy := q.busy()
		got, more, err := q.claim(ctx, q.allNames())
		if err != nil {
			return tries, err
		}
		for _, b := range got {
			tries += len(b.list)
			q.runBatch(b)
		}
		if len(got) == 0 && len(more) == 0 && !busy {
			return tries, nil
		}
		if len(got) == 0 {
			if err := rest(ctx); err != nil {
				return tries, err
			}
		}
	}
}

func (q *Queue) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.places > 0 || len(q.handed.waiting) > 0
}

// rest gives the workers of this node a moment.
func rest(ctx context.Context) error {
	timer := time.NewTimer(time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("jobs: drain: %w", context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}
