package jobs

import (
	"context"
	"time"

	"posad.city/kit/store"
)

// DeadJob is a job that was given up.
type DeadJob struct {
	Job
	Died    time.Time
	Failure string // identifier of the last fault; the log has its words under the job's ID
}

// Dead lists the dead jobs of a handler that died at or after the moment, oldest first, at most limit of them.
func (q *Queue) Dead(ctx context.Context, handler string, since time.Time, limit int) ([]DeadJob, error) {
	var out []DeadJob
	err := q.st.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		return r.Query(deadJobs, func(row *store.Row) error {
			j := readJob(row)
			out = append(out, DeadJob{Job: j, Died: j.Due, Failure: row.Text(10)})
			return nil
		}, handler, since, limit)
	})
	return out, wrap("list dead jobs", err)
}

// Depth is how much of one handler waits.
type Depth struct {
	Handler string
	Open    int64
	First   time.Time // when the first open one is or was due; zero when none
	Dead    int64
	Known   bool // whether this node has the handler; jobs of an unknown one wait for a node that has it
}

// Depths counts what waits, by handler, for metrics and the operator's page. It reads the whole queue: ask it rarely.
func (q *Queue) Depths(ctx context.Context) ([]Depth, error) {
	var order []string
	byName := map[string]*Depth{}
	err := q.st.Read(ctx, func(r *store.Snapshot) error {
		order, byName = nil, map[string]*Depth{}
		return r.Query(countJobs, func(row *store.Row) error {
			name := row.Text(0)
			d := byName[name]
			if d == nil {
				d = &Depth{Handler: name, Known: q.find(name) != nil}
				byName[name], order = d, append(order, name)
			}
			if row.Text(1) == "dead" {
				d.Dead = row.Int(2)
			} else {
				d.Open, d.First = row.Int(2), row.Time(3)
			}
			return nil
		})
	})
	out := make([]Depth, 0, len(order))
	for _, name := range order {
		out = append(out, *byName[name])
	}
	return out, wrap("count", err)
}

// NextDue is when the next open job of this node's handlers is due, claimed ones included; the zero time when there is
// none.
func (q *Queue) NextDue(ctx context.Context) (time.Time, error) {
	names := q.allNames()
	var out time.Time
	err := q.st.Read(ctx, func(r *store.Snapshot) error {
		out = time.Time{}
		for _, name := range names {
			due, err := findFirstDue(r, name)
			if err != nil {
				return err
			}
			if !due.IsZero() && (out.IsZero() || due.Before(out)) {
				out = due
			}
		}
		return nil
	})
	return out, wrap("next due", err)
}
