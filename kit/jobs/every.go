package jobs

import (
	"context"
	"fmt"
	"time"

	"posad.city/kit/store"
)

// recurring is a job that comes again and again.
type recurring struct {
	name     string
	interval time.Duration
	planned  int64 // the last period put from here; guarded by Queue.mu
}

// Every has fn run once in each period of the interval, on one node, whoever comes first. Periods are counted from
// 1970-01-01 UTC, so a day begins at 03:00 in Moscow. After a stop only the present period is made up for, and a period
// that was begun before the stop is not run again. interval is between a second and EveryMost.
func (q *Queue) Every(name string, interval time.Duration, fn Handler, options ...Option) {
	if interval < time.Second || interval > EveryMost {
		q.fault(fmt.Errorf("jobs: %s: an interval of %v, want %v to %v", name, interval, time.Second, EveryMost))
		return
	}
	if q.register("", name, fn, options) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.recurring = append(q.recurring, &recurring{name: name, interval: interval, planned: -1})
	}
}

func period(now time.Time, interval time.Duration) int64 {
	return now.UnixMicro() / interval.Microseconds()
}

// plan puts the recurring jobs of the present periods. The key of a period bars a second job from any node.
func (q *Queue) plan(ctx context.Context) error {
	var now time.Time
	if err := q.st.Read(ctx, func(r *store.Snapshot) error { now = r.Now(); return nil }); err != nil {
		return wrap("plan", err)
	}
	for _, e := range q.unplanned(now) {
		p := period(now, e.interval)
		err := q.st.Write(store.Background(ctx), func(tx *store.Tx) error {
			return q.Put(tx, New{Handler: e.name, Key: fmt.Sprint(p), Version: p})
		})
		if err != nil {
			return wrap("plan "+e.name, err)
		}
		q.mu.Lock()
		e.planned = p
		q.mu.Unlock()
	}
	return nil
}

func (q *Queue) unplanned(now time.Time) []*recurring {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []*recurring
	for _, e := range q.recurring {
		if e.planned != period(now, e.interval) {
			out = append(out, e)
		}
	}
	return out
}

// sweepChunk is how many keys one Write removes, so that it holds the writer for a few milliseconds only.
const sweepChunk = 500

func (q *Queue) sweepKeys(ctx context.Context, _ Job) error {
	for {
		var n int64
		err := q.st.Write(ctx, func(tx *store.Tx) error {
			rows, err := tx.Exec(sweepKeys, tx.Now().Add(-KeyKept), sweepChunk)
			n = rows
			return err
		})
		if err != nil || n < sweepChunk {
			return wrap("sweep keys", err)
		}
	}
}
