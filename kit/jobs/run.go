package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// runBatch does the jobs of a batch: those that share a Write in one, if it succeeds, and else each alone. One that was
// tried before is done alone at once, so that it harms no other.
func (q *Queue) runBatch(b *batch) {
	defer q.leave(b)
	var together []*running
	for _, r := range b.list {
		if r.h.shared[r.job.Event] != nil && r.job.Attempt == 1 && len(b.list) > 1 {
			together = append(together, r)
		} else {
			q.run(r)
		}
	}
	if len(together) > 0 {
		q.runShared(together)
	}
}

// prepared is a job of a shared Write.
type prepared struct {
	*running
	change func(*store.Tx) error
}

// runShared prepares jobs one after another and makes their changes in one Write. It returns when every job has ended.
func (q *Queue) runShared(list []*running) {
	took := clock.Measure()
	var group []prepared
	for _, r := range list {
		change, err := q.prepare(r)
		if err != nil {
			q.conclude(r, err, took)
		} else {
			group = append(group, prepared{r, change})
		}
	}
	if len(group) == 0 {
		return
	}
	err := q.st.Write(q.laneOf(list[0]), func(tx *store.Tx) error {
		for _, one := range group {
			if one.change != nil {
				if err := one.change(tx); err != nil {
					return err
				}
			}
			if err := q.Done(tx, one.job); err != nil {
				return err
			}
		}
		return nil
	})
	for _, one := range group {
		if err != nil {
			q.run(one.running)
		} else {
			q.conclude(one.running, nil, took)
		}
	}
}

// conclude writes down how a prepared job ended and forgets it.
func (q *Queue) conclude(r *running, err error, took func() time.Duration) {
	defer q.forget(r)
	outcome := q.end(r, err)
	if q.meter != nil {
		q.meter.JobEnded(r.job.Handler, outcome, took())
	}
}

func (q *Queue) prepare(r *running) (func(*store.Tx) error, error) {
	var change func(*store.Tx) error
	err := guarded(func() error {
		var err error
		change, err = r.h.shared[r.job.Event](r.ctx, r.job)
		return err
	})
	return change, err
}

// guarded turns a panic of a handler into an error.
func guarded(fn func() error) error {
	var panicked error
	err := func() error {
		defer func() {
			if p := recover(); p != nil {
				panicked = fmt.Errorf("jobs: panic: %v\n%s", p, debug.Stack())
			}
		}()
		return fn()
	}()
	return errors.Join(panicked, err)
}

// laneOf is the context of a handler's end, which is written down even when the worker is stopping or has stopped it.
func (q *Queue) laneOf(r *running) context.Context {
	if r.h.urgent {
		return context.WithoutCancel(r.ctx)
	}
	return store.Background(context.WithoutCancel(r.ctx))
}

// run does one claimed job and ends it. Nothing is returned: whatever goes wrong, the row knows, or its lease ends.
func (q *Queue) run(r *running) {
	took := clock.Measure()
	q.conclude(r, q.call(r), took)
}

func (q *Queue) call(r *running) error {
	fn := r.h.fns[r.job.Event]
	switch {
	case r.job.Attempt > r.h.tries:
		// Each try so far ended its node before it could say how it went.
		return Fatal(errors.New("every try ended without an answer"))
	case fn == nil:
		return fmt.Errorf("%w: %q on %q", ErrUnknown, r.job.Handler, r.job.Event)
	}
	return guarded(func() error { return fn(r.ctx, r.job) })
}

// end writes down how a try ended.
func (q *Queue) end(r *running, err error) Outcome {
	if r.job.ended.committed.Load() {
		if err != nil {
			q.log.Warn("jobs: an error after Done changes nothing", "handler", r.job.Handler, "job", r.job.ID.String(), "error", err)
		}
		return Done
	}
	// The end is written down even when the worker is stopping or has stopped the handler.
	ctx := q.laneOf(r)
	outcome := Done
	var written bool
	var failed error
	if err == nil {
		written, failed = q.finish(ctx, r.job)
	} else {
		to := judge(err, r.job.Attempt, r.h.tries, r.ctx.Err() != nil)
		outcome = to.outcome
		written, failed = q.putBackOne(ctx, r.job, to)
	}
	return q.tell(r.job, outcome, err, written, failed)
}

// tell logs what somebody should know of and corrects the outcome.
func (q *Queue) tell(j Job, outcome Outcome, err error, written bool, failed error) Outcome {
	log := q.log.With("handler", j.Handler, "event", j.Event, "job", j.ID.String(), "attempt", j.Attempt)
	switch {
	case failed != nil:
		log.Error("jobs: the end of a try can't be written down; it is tried again after its lease", "error", failed)
		return Failed
	case !written:
		log.Warn("jobs: the job was taken over before it ended; renew its lease sooner", "error", err)
		return Lost
	case outcome == Died:
		log.Error("jobs: given up; see the cause, then retry it", "error", err)
	case outcome == Failed:
		log.Warn("jobs: failed, will be tried again", "error", err)
	}
	return outcome
}

func (q *Queue) finish(ctx context.Context, j Job) (bool, error) {
	var n int64
	err := q.st.Swap(ctx, func(tx *store.Tx) error {
		rows, err := tx.Exec(deleteJob, shardOf(j.ID), j.ID, j.claim)
		n = rows
		return err
	})
	return n == 1, err
}

func (q *Queue) putBackOne(ctx context.Context, j Job, v verdict) (bool, error) {
	var written bool
	err := q.st.Swap(ctx, func(tx *store.Tx) error {
		ok, err := putBack(tx, j, returned{state: v.state, due: tx.Now().Add(v.after), attempt: v.attempt, failure: v.failure})
		written = ok
		return err
	})
	return written, err
}

// verdict is what a failed try comes to.
type verdict struct {
	outcome Outcome
	state   string
	after   time.Duration
	attempt int
	failure string
}

// judge decides what becomes of a job whose try ended with err.
func judge(err error, attempt, tries int, stopped bool) verdict {
	var later laterError
	var fatal fatalError
	failure := nameOf(err)
	switch {
	case errors.As(err, &later):
		return verdict{Delayed, "open", later.after, attempt - 1, ""}
	case errors.As(err, &fatal):
		return verdict{Died, "dead", 0, attempt, failure}
	case stopped:
		return verdict{Delayed, "open", 0, attempt - 1, ""}
	case attempt >= tries:
		return verdict{Died, "dead", 0, attempt, failure}
	}
	return verdict{Failed, "open", jitter(backoff(attempt)), attempt, failure}
}

// nameOf is what the row keeps of an error: the identifier of a fault. The text goes to the log alone, since it may
// name a person.
func nameOf(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.ID
	}
	return "jobs.internal"
}

// backoff is the pause after the given try: 1 s, 2 s, 4 s and so on, at most an hour.
func backoff(attempt int) time.Duration {
	return min(time.Second<<min(max(attempt-1, 0), 12), time.Hour)
}

// jitter spreads a pause over half to one and a half of it, so that what failed together does not come back together.
func jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(rand.Int64N(int64(d)+1))
}

// Retry opens a dead job again, with all its tries before it. False means that there is no such dead job.
func (q *Queue) Retry(ctx context.Context, job id.ID) (bool, error) {
	var n int64
	err := q.st.Write(ctx, func(tx *store.Tx) error {
		rows, err := tx.Exec(retryJob, shardOf(job), job, tx.Now())
		n = rows
		tx.AfterCommit(func() { q.poke(q.allNames()...) })
		return err
	})
	return n == 1, wrap("retry", err)
}

// Drop removes a dead job for good. False means that there is no such dead job.
func (q *Queue) Drop(ctx context.Context, job id.ID) (bool, error) {
	var n int64
	err := q.st.Write(ctx, func(tx *store.Tx) error {
		rows, err := tx.Exec(dropJob, shardOf(job), job)
		n = rows
		return err
	})
	return n == 1, wrap("drop", err)
}
