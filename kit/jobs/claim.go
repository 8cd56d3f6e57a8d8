package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// running is a claimed job on this node.
type running struct {
	job    Job
	h      *handler
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// batch is what one worker does at a time: one job, or some of one handler that share their Write.
type batch struct {
	h    *handler
	list []*running
}

// most is how many jobs of the handler one worker takes.
func (h *handler) most() int {
	if h.shared != nil {
		return sharedMost
	}
	return 1
}

// placesFor is how many workers so many jobs of the handler take.
func (h *handler) placesFor(jobs int) int { return (jobs + h.most() - 1) / h.most() }

// wanted is how many jobs of a handler a claim may take.
type wanted struct {
	h    *handler
	most int
}

// claimWindow: candidates are read for so many times what is wanted, so that nodes which look at the same moment choose
// different ones by their shard.
const claimWindow = 4

// claim takes due jobs of the named handlers, up to what their limits and the workers leave free, and marks them as
// running here. It returns the names that may have more.
func (q *Queue) claim(ctx context.Context, names []string) ([]*batch, []string, error) {
	var out []*batch
	var more []string
	for _, urgent := range []bool{true, false} {
		wants, full := q.wants(names, urgent)
		more = append(more, full...)
		if len(wants) == 0 {
			continue
		}
		lane := ctx
		if !urgent {
			lane = store.Background(ctx)
		}
		got, rest, err := q.claimLane(lane, wants)
		more = append(more, rest...)
		if err != nil {
			return out, more, err
		}
		out = append(out, q.begin(ctx, got)...)
	}
	return out, more, nil
}

// wants decides how many jobs of each handler there is room for, and names those that have none.
func (q *Queue) wants(names []string, urgent bool) ([]wanted, []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	free := q.workers - q.places
	var out []wanted
	var full []string
	for _, name := range names {
		h := q.handlers[name]
		if h == nil || h.urgent != urgent {
			continue
		}
		if most := min(h.limit-h.busy, free); most > 0 {
			out = append(out, wanted{h, most * h.most()})
		} else {
			full = append(full, name)
		}
	}
	// Whoever stands first must not take all places each time.
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out, full
}

func (q *Queue) claimLane(ctx context.Context, wants []wanted) ([]Job, []string, error) {
	var picked []Job
	var more []string
	room := q.room()
	start := rand.Int64N(shards)
	err := q.st.Read(ctx, func(r *store.Snapshot) error {
		picked, more = nil, nil
		taken := 0
		for _, w := range wants {
			most := min(w.most, (room-taken)*w.h.most())
			if most <= 0 {
				more = append(more, w.h.name)
				continue
			}
			found, err := findDue(r, w.h.name, claimWindow*most)
			if err != nil {
				return err
			}
			found = q.notHere(found)
			if len(found) > most {
				more = append(more, w.h.name)
			}
			chosen := choose(found, most, start)
			taken += w.h.placesFor(len(chosen))
			picked = append(picked, chosen...)
		}
		return nil
	})
	if err != nil || len(picked) == 0 {
		return nil, more, wrap("look for jobs", err)
	}
	got, err := q.takeAll(ctx, picked)
	return got, more, wrap("claim", err)
}

func (q *Queue) room() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.workers - q.places
}

// notHere leaves out what this node runs already: a clock that was moved ends leases early.
func (q *Queue) notHere(found []Job) []Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.DeleteFunc(found, func(j Job) bool {
		_, waits := q.handed.waiting[j.ID]
		return waits || q.running[j.ID] != nil
	})
}

// choose takes most of the found jobs: all in their order when they fit, else by shard from start on.
func choose(found []Job, most int, start int64) []Job {
	if len(found) <= most {
		return found
	}
	slices.SortStableFunc(found, func(a, b Job) int {
		return int((shardOf(a.ID)-start+shards)%shards - (shardOf(b.ID)-start+shards)%shards)
	})
	return found[:most]
}

func (q *Queue) takeAll(ctx context.Context, picked []Job) ([]Job, error) {
	// Nodes that want the same rows take them in one order, so that they don't wait for each other in a circle.
	slices.SortFunc(picked, func(a, b Job) int { return slices.Compare(a.ID[:], b.ID[:]) })
	claims := make([]id.ID, len(picked))
	for i := range claims {
		claims[i] = id.New(picked[i].Due)
	}
	var got []Job
	err := q.st.Swap(ctx, func(tx *store.Tx) error {
		got = got[:0]
		until := tx.Now().Add(q.lease)
		for i, j := range picked {
			ok, err := take(tx, j, claims[i], until)
			if err != nil {
				return err
			}
			if ok {
				j.claim, j.Attempt, j.ended = claims[i], j.Attempt+1, new(ended)
				got = append(got, j)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return got, nil
}

// begin marks claimed jobs as running, in batches that a worker each does.
func (q *Queue) begin(ctx context.Context, got []Job) []*batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.beginLocked(ctx, got)
}

// beginLocked is begin for whoever holds Queue.mu.
func (q *Queue) beginLocked(ctx context.Context, got []Job) []*batch {
	var out []*batch
	open := map[*handler]*batch{}
	for _, j := range got {
		h := q.handlers[j.Handler]
		r := &running{job: j, h: h}
		lane := ctx
		if !h.urgent {
			lane = store.Background(ctx)
		}
		r.ctx, r.cancel = context.WithCancelCause(lane)
		q.running[j.ID] = r
		b := open[h]
		if b == nil || len(b.list) == h.most() {
			b = &batch{h: h}
			open[h], out = b, append(out, b)
			h.busy++
			q.places++
		}
		b.list = append(b.list, r)
	}
	return out
}

func (q *Queue) forget(r *running) {
	r.cancel(nil)
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, r.job.ID)
}

// leave gives the worker of a batch back.
func (q *Queue) leave(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b.h.busy--
	q.places--
}

// renewAll prolongs the leases of what runs here and stops the handlers whose lease was lost.
func (q *Queue) renewAll(ctx context.Context) error {
	q.mu.Lock()
	held := make([]*running, 0, len(q.running))
	for _, r := range q.running {
		held = append(held, r)
	}
	q.mu.Unlock()
	if len(held) == 0 {
		return nil
	}
	slices.SortFunc(held, func(a, b *running) int { return slices.Compare(a.job.ID[:], b.job.ID[:]) })
	var lost []*running
	err := q.st.Swap(ctx, func(tx *store.Tx) error {
		lost = lost[:0]
		for _, r := range held {
			ok, err := renew(tx, r.job, tx.Now().Add(q.lease))
			if err != nil {
				return err
			}
			if !ok {
				lost = append(lost, r)
			}
		}
		return nil
	})
	if err != nil {
		return wrap("renew leases", err)
	}
	for _, r := range lost {
		r.cancel(ErrLost)
	}
	return nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("jobs: %s: %w", what, err)
}
