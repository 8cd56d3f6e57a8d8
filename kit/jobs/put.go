package jobs

import (
	"fmt"
	"sync/atomic"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Put adds a job in the Write that causes it. The job's ID is made here, once for each run of the Write's closure; only
// the run that commits leaves one.
func (q *Queue) Put(tx *store.Tx, n New) error {
	h := q.find(n.Handler)
	if h == nil || h.fns[""] == nil {
		return fmt.Errorf("%w: %q", ErrUnknown, n.Handler)
	}
	if len(n.Payload) > PayloadMost {
		return fmt.Errorf("jobs: %s: a payload of %d bytes, %d at most", n.Handler, len(n.Payload), PayloadMost)
	}
	return q.insert(tx, n, "")
}

// Emit adds one job for each handler that listens to the event, in the Write that makes the event true. An event that
// nobody listens to adds none.
func (q *Queue) Emit(tx *store.Tx, e Event) error {
	q.mu.Lock()
	names := q.listeners[e.Name]
	q.mu.Unlock()
	for _, name := range names {
		if err := q.insert(tx, New{Handler: name, Holder: e.Holder, Object: e.Object, Version: e.Version}, e.Name); err != nil {
			return fmt.Errorf("jobs: emit %s: %w", e.Name, err)
		}
	}
	return nil
}

func (q *Queue) insert(tx *store.Tx, n New, event string) error {
	now := tx.Now()
	job, due := id.New(now), n.At
	if due.IsZero() {
		due = now
	}
	if n.Key != "" {
		added, err := tx.Exec(insertKey, n.Handler+"/"+n.Key, job, now)
		if err != nil || added == 0 {
			return err
		}
	}
	if !due.After(now) && q.keeps(q.find(n.Handler)) {
		return q.insertClaimed(tx, n, event, job, due)
	}
	_, err := tx.Exec(insertJob, shardOf(job), job, n.Handler, due, event, n.Holder, n.Object, n.Version, n.Payload, now, 0, nil)
	if err == nil && !due.After(now) {
		tx.AfterCommit(func() { q.poke(n.Handler) })
	}
	return err
}

// insertClaimed puts a job that is due and hands it to this node's workers.
func (q *Queue) insertClaimed(tx *store.Tx, n New, event string, job id.ID, due time.Time) error {
	now := tx.Now()
	j := Job{
		ID: job, Handler: n.Handler, Event: event, Holder: n.Holder, Object: n.Object, Version: n.Version, Payload: n.Payload,
		Due: due.UTC().Truncate(time.Microsecond), Made: now.UTC().Truncate(time.Microsecond), Attempt: 1, claim: id.New(now), ended: new(ended),
	}
	_, err := tx.Exec(insertJob, shardOf(job), job, n.Handler, now.Add(q.lease), event, n.Holder, n.Object, n.Version, n.Payload, now, j.Attempt, j.claim)
	if err == nil {
		tx.AfterCommit(func() { q.hand(j) })
	}
	return err
}

// ended tells the worker that the handler's own Write has ended the job.
type ended struct{ committed atomic.Bool }

// Done ends the job in its handler's own Write, so that both commit together. ErrLost means that the job was taken over;
// the Write fails then, whether or not the caller passes the error on.
func (q *Queue) Done(tx *store.Tx, j Job) error {
	n, err := tx.Exec(deleteJob, shardOf(j.ID), j.ID, j.claim)
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(ErrLost)
	}
	if j.ended != nil {
		tx.AfterCommit(func() { j.ended.committed.Store(true) })
	}
	return nil
}

// poke has the jobs of the named handlers looked for.
func (q *Queue) poke(names ...string) {
	q.mu.Lock()
	for _, name := range names {
		q.poked[name] = struct{}{}
		if h := q.handlers[name]; h != nil && h.urgent {
			q.hurry = true
		}
	}
	q.mu.Unlock()
	q.ring()
}

// ring wakes the dispatcher.
func (q *Queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
