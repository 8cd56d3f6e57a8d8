package jobs

import (
	"context"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// handed are jobs that this node claimed as it put them: their rows were born with its lease, so that nobody looks for
// them and no Write claims them. They wait here for a worker. They are few: what is more is put unclaimed, for any node.
type handed struct {
	open    bool // between Start and Stop
	jobs    map[*handler][]Job
	waiting map[id.ID]struct{}
}

const (
	// handedMost bounds the jobs that wait on a node.
	handedMost = 256
	// handedRounds bounds those of one handler: what its workers take so many times.
	handedRounds = 4
	// gatherFor is how long jobs that nobody waits for gather before they begin, to share Writes.
	gatherFor = 3 * time.Millisecond
)

// keeps tells whether a job that is put now stays here. A handler of one try must not lose it while its job waits.
func (q *Queue) keeps(h *handler) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.handed.open && h.tries > 1 && len(q.handed.waiting) < handedMost && len(q.handed.jobs[h]) < handedRounds*h.limit*h.most()
}

// hand takes a job that was put claimed, after its Write.
func (q *Queue) hand(j Job) {
	q.mu.Lock()
	open := q.handed.open
	if open {
		h := q.handlers[j.Handler]
		q.handed.jobs[h] = append(q.handed.jobs[h], j)
		q.handed.waiting[j.ID] = struct{}{}
		q.hurry = q.hurry || h.urgent
	}
	q.mu.Unlock()
	if !open {
		q.complain("give back", q.giveBackAll(context.Background(), []Job{j}))
		return
	}
	q.ring()
}

// takeHanded begins as many of the waiting jobs as there is room for, urgent ones first.
func (q *Queue) takeHanded(base context.Context) []*batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	var got []Job
	free := q.workers - q.places
	for _, urgent := range []bool{true, false} {
		for h, list := range q.handed.jobs { // in no order: whoever stands first must not take all places each time
			most := min(h.limit-h.busy, free) * h.most()
			if h.urgent != urgent || most <= 0 {
				continue
			}
			taken := list[:min(most, len(list))]
			free -= h.placesFor(len(taken))
			got = append(got, taken...)
			for _, j := range taken {
				delete(q.handed.waiting, j.ID)
			}
			if q.handed.jobs[h] = list[len(taken):]; len(taken) == len(list) {
				delete(q.handed.jobs, h)
			}
		}
	}
	return q.beginLocked(base, got)
}

// giveBackHanded gives every waiting job to whoever claims it first: before the node stops, and before a lease has gone by.
func (q *Queue) giveBackHanded(ctx context.Context) error {
	q.mu.Lock()
	var list []Job
	for _, waiting := range q.handed.jobs {
		list = append(list, waiting...)
	}
	clear(q.handed.jobs)
	clear(q.handed.waiting)
	q.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return q.giveBackAll(ctx, list)
}

func (q *Queue) giveBackAll(ctx context.Context, list []Job) error {
	return q.st.Swap(store.Background(context.WithoutCancel(ctx)), func(tx *store.Tx) error {
		for _, j := range list {
			if _, err := putBack(tx, j, returned{state: "open", due: tx.Now(), attempt: j.Attempt - 1}); err != nil {
				return err
			}
		}
		tx.AfterCommit(func() {
			for _, j := range list {
				q.poke(j.Handler)
			}
		})
		return nil
	})
}
