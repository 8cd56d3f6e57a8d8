package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

func TestAHandlerThatLostItsLeaseChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, slow *jobs.Queue, c *clock.Fixed) {
		object := id.Derived("t", "object")
		entered, leave, end := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		slow.Handle("work", func(ctx context.Context, j jobs.Job) error {
			close(entered)
			<-leave
			err := s.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
				_ = slow.Done(tx, j) // swallowed on purpose: the Write must fail all the same
				return mark(tx, object)
			})
			end <- err
			return err
		})
		quick := jobs.NewQueue(s, jobs.Options{})
		quick.Handle("work", func(ctx context.Context, j jobs.Job) error {
			if j.Attempt != 2 {
				t.Errorf("try %d", j.Attempt)
			}
			close(leave) // the late node wakes up while the job is held here
			if err := <-end; !errors.Is(err, jobs.ErrLost) {
				t.Errorf("the late node's Write ended with %v", err)
			}
			return s.Write(ctx, func(tx *store.Tx) error { return errors.Join(mark(tx, object), quick.Done(tx, j)) })
		})
		if err := slow.Start(ctx); err != nil {
			t.Fatal(err)
		}
		put(t, s, slow, jobs.New{Handler: "work", Object: object})
		<-entered
		if drain(t, quick); times(t, s, object) != 0 {
			t.Fatal("a leased job was taken over")
		}
		c.Move(31 * time.Second)
		if drain(t, quick); times(t, s, object) != 1 {
			t.Error("a dead node's job was not taken over after its lease")
		}
		if err := slow.Stop(ctx); err != nil {
			t.Error(err)
		}
		if n := times(t, s, object); n != 1 {
			t.Errorf("the job was done %d times", n)
		}
	})
}

func TestALongHandlerKeepsItsLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, other *jobs.Queue, c *clock.Fixed) {
		q := jobs.NewQueue(s, jobs.Options{Lease: 90 * time.Millisecond})
		var tries atomic.Int64
		entered, leave := make(chan struct{}, 9), make(chan struct{})
		work := func(context.Context, jobs.Job) error {
			tries.Add(1)
			entered <- struct{}{}
			<-leave
			return nil
		}
		q.Handle("long", work)
		other.Handle("long", work)
		put(t, s, q, jobs.New{Handler: "long"})
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		<-entered
		for range 4 {
			c.Move(60 * time.Millisecond)
			moved := c.Now()
			waitUntil(t, func() bool {
				next, err := q.NextDue(ctx)
				return err == nil && !next.Before(moved.Add(90*time.Millisecond))
			})
			drain(t, other)
		}
		close(leave)
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
		if tries.Load() != 1 {
			t.Errorf("%d tries of a job whose lease was renewed", tries.Load())
		}
	})
}

func TestStopGivesJobsBackAndRespectsTheLimit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, _ *clock.Fixed) {
		var inside, most atomic.Int64
		entered := make(chan struct{}, 10)
		q.Handle("slow", func(ctx context.Context, j jobs.Job) error {
			if n := inside.Add(1); n > most.Load() {
				most.Store(n)
			}
			entered <- struct{}{}
			<-ctx.Done()
			inside.Add(-1)
			return ctx.Err()
		}, jobs.Limit(2))
		for range 5 {
			put(t, s, q, jobs.New{Handler: "slow"})
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		<-entered
		<-entered
		soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := q.Stop(soon); err != nil {
			t.Error(err)
		}
		if most.Load() != 2 {
			t.Errorf("%d ran at once", most.Load())
		}
		// All five are due at once on another node, and the interrupted tries don't count.
		next := jobs.NewQueue(s, jobs.Options{})
		ran := 0
		next.Handle("slow", func(_ context.Context, j jobs.Job) error {
			if ran++; j.Attempt != 1 {
				t.Errorf("try %d", j.Attempt)
			}
			return nil
		})
		if drain(t, next); ran != 5 {
			t.Errorf("%d jobs came back", ran)
		}
	})
}

// Two nodes, handlers that fail in every way there is: each job must end done exactly once.
func TestWhateverFailsEveryJobIsDoneOnce(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		other := jobs.NewQueue(s, jobs.Options{})
		chance := &trouble{random: rand.New(rand.NewPCG(seed, 0)), done: map[id.ID]int{}}
		for _, node := range []*jobs.Queue{q, other} {
			node.Handle("work", chance.handler(s, node))
		}
		const count = 40
		for i := range count {
			put(t, s, q, jobs.New{Handler: "work", Object: id.Derived("t", fmt.Sprint(i))})
		}
		for round := 0; ; round++ {
			node := []*jobs.Queue{q, other}[round%2]
			drain(t, node)
			next, err := node.NextDue(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if next.IsZero() {
				break
			}
			c.Move(max(0, next.Sub(c.Now())))
		}
		for i := range count {
			object := id.Derived("t", fmt.Sprint(i))
			if inside, outside := times(t, s, object), chance.done[object]; inside+int64(outside) != 1 {
				t.Errorf("job %d: done %d times by Done, %d times by nil", i, inside, outside)
			}
		}
	})
}

type trouble struct {
	mu     sync.Mutex
	random *rand.Rand
	done   map[id.ID]int // handlers that returned nil without Done
}

func (c *trouble) handler(s *store.Store, q *jobs.Queue) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		c.mu.Lock()
		dice := c.random.IntN(7)
		c.mu.Unlock()
		write := func(end error) error {
			return s.Write(ctx, func(tx *store.Tx) error { return errors.Join(mark(tx, j.Object), q.Done(tx, j), end) })
		}
		switch dice {
		case 0:
			return errors.New("at once")
		case 1:
			panic("a bug")
		case 2:
			return jobs.Later(time.Minute)
		case 3:
			return write(errors.New("inside the Write"))
		case 4:
			return errors.Join(write(nil), errors.New("after Done"))
		case 5:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.done[j.Object]++
			return nil
		}
		return write(nil)
	}
}
