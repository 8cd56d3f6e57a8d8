package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/clock"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// marks is a module with one table, for handlers that write.
var marks = store.Migrations{Module: "marks", Files: fstest.MapFS{"schema/001_marks.sql": {Data: []byte(`
CREATE TABLE mark (object UUID NOT NULL, times BIGINT NOT NULL, PRIMARY KEY (object));
COMMENT ON TABLE mark IS 'holder: object';
`)}}}

var (
	addMark = store.NewQuery("marks.Add", `INSERT INTO mark (object, times) VALUES ($1, 1) ON CONFLICT (object) DO UPDATE SET times = mark.times + 1`)
	getMark = store.NewQuery("marks.Get", `SELECT times FROM mark WHERE object = $1`)
)

var ctx = context.Background()

func each(t *testing.T, test func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		test(t, s, jobs.NewQueue(s, jobs.Options{}), c)
	}, jobs.Migrations, marks)
}

func put(t testing.TB, s *store.Store, q *jobs.Queue, n jobs.New) {
	t.Helper()
	if err := s.Write(ctx, func(tx *store.Tx) error { return q.Put(tx, n) }); err != nil {
		t.Fatal(err)
	}
}

func drain(t testing.TB, q *jobs.Queue) {
	t.Helper()
	if _, err := q.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func times(t testing.TB, s *store.Store, object id.ID) int64 {
	t.Helper()
	var n int64
	err := s.Read(ctx, func(r *store.Snapshot) error {
		return r.Query(getMark, func(row *store.Row) error { n = row.Int(0); return nil }, object)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mark(tx *store.Tx, object id.ID) error {
	_, err := tx.Exec(addMark, object)
	return err
}

func TestAnEventBecomesAJobForEachHandlerIfAndOnlyIfItsCauseCommits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, _ *clock.Fixed) {
		var got []jobs.Job
		keep := func(_ context.Context, j jobs.Job) error { got = append(got, j); return nil }
		q.On("case.decided", "notice.tell", keep)
		q.On("case.decided", "stats.count", keep)
		q.On("case.asked", "notice.tell", keep)
		no := errors.New("no")
		holder, object := id.Derived("t", "holder"), id.Derived("t", "object")
		emit := func(end error) error {
			return s.Write(ctx, func(tx *store.Tx) error {
				if err := q.Emit(tx, jobs.Event{Name: "case.decided", Holder: holder, Object: object, Version: 7}); err != nil {
					return err
				}
				return end
			})
		}
		if err := emit(no); !errors.Is(err, no) {
			t.Fatal(err)
		}
		if drain(t, q); len(got) != 0 {
			t.Fatalf("a cause that was rolled back left %v", got)
		}
		if err := emit(nil); err != nil {
			t.Fatal(err)
		}
		drain(t, q)
		names := map[string]string{}
		for _, j := range got {
			names[j.Handler] = j.Event
			if j.Holder != holder || j.Object != object || j.Version != 7 || j.Attempt != 1 {
				t.Errorf("a job came as %+v", j)
			}
		}
		if diff := cmp.Diff(map[string]string{"notice.tell": "case.decided", "stats.count": "case.decided"}, names); diff != "" || len(got) != 2 {
			t.Errorf("%d jobs: %s", len(got), diff)
		}
		if n, err := q.Drain(ctx); n != 0 || err != nil {
			t.Errorf("done jobs ran again: %d, %v", n, err)
		}
	})
}

func TestAJobWaitsForItsTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		ran := 0
		q.Handle("remind", func(context.Context, jobs.Job) error { ran++; return nil })
		drain(t, q)
		put(t, s, q, jobs.New{Handler: "remind", At: c.Now().Add(time.Hour)})
		drain(t, q)
		if next, err := q.NextDue(ctx); ran != 0 || err != nil || !next.Equal(c.Now().Add(time.Hour)) {
			t.Errorf("ran %d times, next due %v: %v", ran, next, err)
		}
		c.Move(time.Hour)
		if drain(t, q); ran != 1 {
			t.Errorf("ran %d times", ran)
		}
	})
}

func TestAKeyBarsASecondJob(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, _ *clock.Fixed) {
		ran := 0
		count := func(context.Context, jobs.Job) error { ran++; return nil }
		q.Handle("a", count)
		q.Handle("b", count)
		for range 3 {
			put(t, s, q, jobs.New{Handler: "a", Key: "k"})
			put(t, s, q, jobs.New{Handler: "b", Key: "k"})
			drain(t, q)
		}
		if ran != 2 {
			t.Errorf("ran %d times", ran)
		}
	})
}

func TestACrashBetweenEffectAndDoneRunsTheJobAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		object := id.Derived("t", "object")
		outside := map[id.ID]int{} // an outside service that knows the idempotency key
		crash := true
		q.Handle("work", func(ctx context.Context, j jobs.Job) error {
			outside[j.ID]++
			if crash {
				panic("the node died after its effect outside")
			}
			return s.Write(ctx, func(tx *store.Tx) error {
				return errors.Join(mark(tx, j.Object), q.Done(tx, j))
			})
		})
		put(t, s, q, jobs.New{Handler: "work", Object: object})
		drain(t, q)
		crash = false
		c.Move(2 * time.Second)
		drain(t, q)
		if len(outside) != 1 || times(t, s, object) != 1 {
			t.Errorf("keys given outside: %v; done inside %d times", outside, times(t, s, object))
		}
		for _, n := range outside {
			if n != 2 {
				t.Errorf("%d tries", n)
			}
		}
	})
}

func TestErrorsComeBackLaterAndLaterUntilTheJobIsDead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		broken, ran := true, 0
		q.Handle("ask", func(context.Context, jobs.Job) error {
			if ran++; broken {
				return fmt.Errorf("ask: %w", fault.New(fault.Unavailable, "exchange.down"))
			}
			return nil
		}, jobs.Tries(5))
		drain(t, q)
		put(t, s, q, jobs.New{Handler: "ask"})
		var pauses []time.Duration
		for range 5 {
			drain(t, q)
			next, err := q.NextDue(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !next.IsZero() {
				pauses = append(pauses, next.Sub(c.Now()))
				c.Move(next.Sub(c.Now()))
			}
		}
		if ran != 5 || len(pauses) != 4 {
			t.Fatalf("%d tries with pauses of %v", ran, pauses)
		}
		for i, pause := range pauses {
			if base := time.Second << i; pause < base/2 || pause > base*3/2 {
				t.Errorf("pause %d is %v", i, pause)
			}
		}
		dead, err := q.Dead(ctx, "ask", time.Time{}, 10)
		if err != nil || len(dead) != 1 || dead[0].Failure != "exchange.down" || dead[0].Attempt != 5 {
			t.Fatalf("dead: %+v, %v", dead, err)
		}
		broken = false
		if ok, err := q.Retry(ctx, dead[0].ID); !ok || err != nil {
			t.Fatalf("retry: %v, %v", ok, err)
		}
		if drain(t, q); ran != 6 {
			t.Errorf("%d tries after Retry", ran)
		}
		if ok, _ := q.Retry(ctx, dead[0].ID); ok {
			t.Error("a done job was opened again")
		}
	})
}

func TestLaterAsksForATimeAndFatalGivesUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		var attempts []int
		q.Handle("wait", func(_ context.Context, j jobs.Job) error {
			attempts = append(attempts, j.Attempt)
			return jobs.Later(time.Minute)
		}, jobs.Tries(1))
		q.Handle("give.up", func(context.Context, jobs.Job) error { return jobs.Fatal(errors.New("no such register")) })
		put(t, s, q, jobs.New{Handler: "wait"})
		put(t, s, q, jobs.New{Handler: "give.up"})
		for range 3 {
			drain(t, q)
			c.Move(time.Minute)
		}
		if diff := cmp.Diff([]int{1, 1, 1}, attempts); diff != "" {
			t.Error(diff)
		}
		depths, err := q.Depths(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := []jobs.Depth{{Handler: "give.up", Dead: 1, Known: true}, {Handler: "wait", Open: 1, First: c.Now(), Known: true}}
		if diff := cmp.Diff(want, depths); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARecurringJobRunsOnceAPeriodWhoeverPlansIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		ran := 0
		count := func(context.Context, jobs.Job) error { ran++; return nil }
		other := jobs.NewQueue(s, jobs.Options{})
		q.Every("sweep", 24*time.Hour, count)
		other.Every("sweep", 24*time.Hour, count)
		for range 3 {
			drain(t, q)
			drain(t, other)
		}
		if ran != 1 {
			t.Fatalf("ran %d times in its period", ran)
		}
		c.Move(5 * 24 * time.Hour)
		drain(t, other)
		if drain(t, q); ran != 2 {
			t.Errorf("ran %d times after five days of standstill", ran)
		}
	})
}

func TestMistakesOfRegistrationAreToldByStart(t *testing.T) {
	t.Parallel()
	s, _ := storetest.Open(t, jobs.Migrations)
	q := jobs.NewQueue(s, jobs.Options{})
	nothing := func(context.Context, jobs.Job) error { return nil }
	q.Handle("a", nothing)
	q.Handle("a", nothing)
	q.On("", "b", nothing)
	q.On("e", "c", nil)
	q.Every("d", time.Millisecond, nothing)
	if err := q.Start(ctx); err == nil {
		t.Error("Start took them")
	}
	err := s.Write(ctx, func(tx *store.Tx) error { return q.Put(tx, jobs.New{Handler: "unknown"}) })
	if !errors.Is(err, jobs.ErrUnknown) {
		t.Errorf("a job for nobody: %v", err)
	}
	long := jobs.New{Handler: "a", Payload: fmt.Sprintf("%*d", jobs.PayloadMost+1, 1)}
	if err := s.Write(ctx, func(tx *store.Tx) error { return q.Put(tx, long) }); err == nil {
		t.Error("a payload over the bound was taken")
	}
}

func TestAWorkerWakesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, _ *clock.Fixed) {
		ran := make(chan struct{}, 100)
		q.Handle("now", func(context.Context, jobs.Job) error { ran <- struct{}{}; return nil }, jobs.Urgent())
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		measure := clock.Measure()
		for range 10 {
			put(t, s, q, jobs.New{Handler: "now"})
			<-ran
		}
		if took := measure(); took > 3*time.Second {
			t.Errorf("ten jobs took %v: they waited for the poll", took)
		}
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoNodesNeverRunOneJobAtTheSameTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, _ *clock.Fixed) {
		const count = 120
		var mu sync.Mutex
		inside := map[id.ID]int{}
		var most, twice atomic.Int64
		handler := func(node *jobs.Queue) jobs.Handler {
			return func(ctx context.Context, j jobs.Job) error {
				mu.Lock()
				if inside[j.ID]++; inside[j.ID] > 1 {
					twice.Add(1)
				}
				most.Store(max(most.Load(), int64(len(inside))))
				mu.Unlock()
				time.Sleep(time.Millisecond)
				err := s.Write(ctx, func(tx *store.Tx) error { return errors.Join(mark(tx, j.Object), node.Done(tx, j)) })
				mu.Lock()
				delete(inside, j.ID)
				mu.Unlock()
				return err
			}
		}
		other := jobs.NewQueue(s, jobs.Options{})
		for _, node := range []*jobs.Queue{q, other} {
			node.Handle("work", handler(node), jobs.Limit(3))
			if err := node.Start(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for i := range count {
			put(t, s, q, jobs.New{Handler: "work", Object: id.Derived("t", fmt.Sprint(i))})
		}
		waitUntil(t, func() bool { next, err := q.NextDue(ctx); return err == nil && next.IsZero() })
		for i := range count {
			if n := times(t, s, id.Derived("t", fmt.Sprint(i))); n != 1 {
				t.Errorf("job %d was done %d times", i, n)
			}
		}
		if twice.Load() != 0 || most.Load() > 6 {
			t.Errorf("%d ran twice at once, %d at most ran together", twice.Load(), most.Load())
		}
		for _, node := range []*jobs.Queue{q, other} {
			if err := node.Stop(ctx); err != nil {
				t.Error(err)
			}
		}
	})
}

func waitUntil(t testing.TB, done func() bool) {
	t.Helper()
	for range 3000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("waited for 30 seconds in vain")
}

func TestJobsThatShareAWriteAreEachDoneOnceThoughOneFails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, q *jobs.Queue, c *clock.Fixed) {
		bad, good := id.New(c.Now()), []id.ID{id.New(c.Now()), id.New(c.Now()), id.New(c.Now())}
		failing, prepared := true, 0
		q.HandleShared("mark", func(_ context.Context, j jobs.Job) (func(*store.Tx) error, error) {
			prepared++
			if j.Payload == "nothing" {
				return nil, nil
			}
			return func(tx *store.Tx) error {
				if err := mark(tx, j.Object); err != nil || j.Object != bad || !failing {
					return err
				}
				return errors.New("not now")
			}, nil
		})
		for _, object := range append(good, bad) {
			put(t, s, q, jobs.New{Handler: "mark", Object: object})
		}
		put(t, s, q, jobs.New{Handler: "mark", Object: id.New(c.Now()), Payload: "nothing"})
		drain(t, q)
		for _, object := range good {
			if n := times(t, s, object); n != 1 {
				t.Errorf("a job beside a failing one was done %d times", n)
			}
		}
		if n := times(t, s, bad); n != 0 {
			t.Errorf("the failing job left %d marks", n)
		}
		if prepared != 10 { // together, then each alone
			t.Errorf("%d preparations", prepared)
		}
		failing = false
		c.Move(time.Minute)
		drain(t, q)
		if n := times(t, s, bad); n != 1 {
			t.Errorf("the job that failed was done %d times", n)
		}
	})
}
