package jobs_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// tried is which try of which job ran, over all nodes of a test.
type tried struct {
	mu    sync.Mutex
	tries map[id.ID][]int
}

func (r *tried) note(j jobs.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tries == nil {
		r.tries = map[id.ID][]int{}
	}
	r.tries[j.Object] = append(r.tries[j.Object], j.Attempt)
}

func (r *tried) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.tries)
}

// What a node keeps for itself as it puts it must not be lost with the node, nor done twice.
func TestJobsThatWaitOnADeadNodeAreTakenAfterTheirLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, dead *jobs.Queue, c *clock.Fixed) {
		leave, entered := make(chan struct{}), make(chan struct{}, 9)
		dead.Handle("work", func(ctx context.Context, j jobs.Job) error {
			entered <- struct{}{}
			<-leave
			return s.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { _ = dead.Done(tx, j); return mark(tx, j.Object) })
		}, jobs.Limit(1))
		if err := dead.Start(ctx); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			put(t, s, dead, jobs.New{Handler: "work", Object: id.Derived("t", fmt.Sprint(i))})
		}
		<-entered
		other, ran := jobs.NewQueue(s, jobs.Options{}), new(tried)
		other.Handle("work", func(ctx context.Context, j jobs.Job) error {
			ran.note(j)
			return s.Write(ctx, func(tx *store.Tx) error { _ = other.Done(tx, j); return mark(tx, j.Object) })
		})
		if drain(t, other); ran.count() != 0 {
			t.Errorf("%d jobs were taken from a living node", ran.count())
		}
		c.Move(31 * time.Second)
		if drain(t, other); ran.count() != 4 {
			t.Errorf("%d jobs of 4 were taken from a dead node", ran.count())
		}
		close(leave)
		if err := dead.Stop(ctx); err != nil {
			t.Error(err)
		}
		for i := range 4 {
			if n := times(t, s, id.Derived("t", fmt.Sprint(i))); n != 1 {
				t.Errorf("job %d was done %d times", i, n)
			}
		}
	})
}

func TestStopGivesBackWhatWaits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, _ *clock.Fixed) {
		entered, leave := make(chan struct{}, 9), make(chan struct{})
		q.Handle("slow", func(context.Context, jobs.Job) error { entered <- struct{}{}; <-leave; return nil }, jobs.Limit(1))
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		for i := range 30 { // some wait here, the rest in the table
			put(t, s, q, jobs.New{Handler: "slow", Object: id.Derived("t", fmt.Sprint(i))})
		}
		<-entered
		stopped := make(chan error, 1)
		go func() { stopped <- q.Stop(ctx) }()
		next, ran := jobs.NewQueue(s, jobs.Options{}), new(tried)
		next.Handle("slow", func(_ context.Context, j jobs.Job) error { ran.note(j); return nil })
		waitUntil(t, func() bool { drain(t, next); return ran.count() == 29 })
		put(t, s, q, jobs.New{Handler: "slow", Object: id.Derived("t", "late")})
		if drain(t, next); ran.count() != 30 {
			t.Errorf("%d jobs came to the next node", ran.count())
		}
		for object, tries := range ran.tries {
			if len(tries) != 1 || tries[0] != 1 {
				t.Errorf("%v came as tries %v", object, tries)
			}
		}
		close(leave)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

// A job that a node keeps for itself comes as one that was claimed.
func TestAJobIsTheSameHoweverItComes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		got := make(chan jobs.Job, 2)
		q.Handle("a", func(_ context.Context, j jobs.Job) error { got <- j; return nil })
		n := jobs.New{Handler: "a", Holder: id.Derived("t", "h"), Object: id.Derived("t", "o"), Version: 7, Payload: "p", At: c.Now().Add(-time.Minute)}
		put(t, s, q, n)
		drain(t, q)
		claimed := <-got
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		put(t, s, q, n)
		kept := <-got
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
		if kept.ID == claimed.ID || kept.ID.IsZero() {
			t.Errorf("ids %v and %v", kept.ID, claimed.ID)
		}
		kept.ID = claimed.ID
		if describe(kept) != describe(claimed) {
			t.Errorf("kept %s\nclaimed %s", describe(kept), describe(claimed))
		}
	})
}

func describe(j jobs.Job) string {
	return fmt.Sprint(j.ID, j.Handler, j.Event, j.Holder, j.Object, j.Version, j.Payload, j.Due, j.Made, j.Attempt)
}
