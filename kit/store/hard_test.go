package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// deferred has a rule that is checked only at the end, so that COMMIT itself fails.
var deferred = store.Migrations{Module: "deferred", Files: fstest.MapFS{"schema/001_deferred.sql": {Data: []byte(`
CREATE TABLE parent (id UUID NOT NULL, PRIMARY KEY (id));
CREATE TABLE child (id UUID NOT NULL, parent UUID NOT NULL REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (id));
COMMENT ON TABLE parent IS 'holder: id';
COMMENT ON TABLE child IS 'holder: id';
`)}}}

var (
	putChild   = store.NewQuery("deferred.Child", `INSERT INTO child (id, parent) VALUES ($1, $2)`)
	putParent  = store.NewQuery("deferred.Parent", `INSERT INTO parent (id) VALUES ($1)`)
	childCount = store.NewQuery("deferred.Count", `SELECT COUNT(*) FROM child`)
)

func children(t testing.TB, s *store.Store) (n int64) {
	t.Helper()
	err := s.Read(ctx, func(r *store.Snapshot) error {
		return r.Query(childCount, func(row *store.Row) error { n = row.Int(0); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestACommitThatFailsIsNeverSaidToBeDone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		if err := s.Append(ctx, store.Stmt{Query: putParent, Args: []any{anna}}); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for i := range 40 {
			group.Go(func() {
				parent := anna
				if i%4 == 0 {
					parent = boss // no such parent
				}
				args := []any{id.Derived("child", fmt.Sprint(i)), parent}
				var err error
				if i%2 == 0 {
					err = s.Append(ctx, store.Stmt{Query: putChild, Args: args})
				} else {
					err = s.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(putChild, args...); return err })
				}
				if i%4 == 0 && !errors.Is(err, store.ErrCheck) || i%4 != 0 && err != nil {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		group.Wait()
		if n := children(t, s); n != 30 {
			t.Errorf("%d rows of the 30 that were acknowledged", n)
		}
	}, deferred)
}

func TestAFailingListOfAppendsHarmsNoNeighbourAndLeavesNoHalf(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		var group sync.WaitGroup
		for i := range 60 {
			group.Go(func() {
				bad := int64(1)
				if i%3 == 0 {
					bad = -1
				}
				err := s.Append(ctx,
					store.Stmt{Query: putThing, Args: putArgs(anna, fmt.Sprintf("%d a", i), 1)},
					store.Stmt{Query: putThing, Args: putArgs(anna, fmt.Sprintf("%d b", i), bad)})
				if (i%3 == 0) != errors.Is(err, store.ErrCheck) || (i%3 != 0) != (err == nil) {
					t.Errorf("list %d: %v", i, err)
				}
			})
		}
		group.Wait()
		if got := names(t, s, anna); len(got) != 80 {
			t.Errorf("%d rows of 80", len(got))
		}
	}, sample)
}

func TestValuesThatNoColumnTakesAreRefusedAlike(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		bad := map[string][]any{
			"zero character": putArgs(anna, "a\x00b", 1), "not UTF-8": putArgs(anna, "\xff", 1), "long text": putArgs(anna, strings.Repeat("a", 17<<20), 1),
			"too few": putArgs(anna, "a", 1)[:7], "too many": append(putArgs(anna, "a", 1), 1), "float": {anna, "a", 1.5, false, nil, nil, nil, nil},
			"early": {anna, "a", 1, false, time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), nil, nil, nil}, "late": {anna, "a", 1, false, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), nil, nil, nil},
		}
		for name, args := range bad {
			if err := s.Append(ctx, store.Stmt{Query: putThing, Args: args}); !errors.Is(err, store.ErrValue) {
				t.Errorf("%s appended: %v", name, err)
			}
			err := s.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(putThing, args...); return err })
			if !errors.Is(err, store.ErrValue) {
				t.Errorf("%s written: %v", name, err)
			}
		}
		err := s.Read(ctx, func(r *store.Snapshot) error {
			return r.Query(sizeOf, func(*store.Row) error { return nil }, anna)
		})
		if !errors.Is(err, store.ErrValue) {
			t.Errorf("a query with an argument too few: %v", err)
		}
		if err := s.Append(ctx, store.Stmt{Query: putThing, Args: []any{anna, nil, 1, false, nil, nil, nil, nil}}); !errors.Is(err, store.ErrCheck) {
			t.Errorf("NULL where there must be a value: %v", err)
		}
	}, sample)
}

func TestValuesAtTheirBoundsComeBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		type thing struct {
			Name string
			Size int64
			At   time.Time
			Body []byte
			Null bool
		}
		things := []thing{
			{Name: "", Size: math.MaxInt64, At: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), Body: []byte{}},
			{Name: "ё😀\u0301\n\t'\"\\", At: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), Body: []byte{0}},
			{Name: "long", At: time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), Body: []byte(strings.Repeat("x", 3<<20))},
			{Name: "null", At: time.UnixMicro(0).UTC(), Null: true},
		}
		for _, want := range things {
			if err := s.Append(ctx, store.Stmt{Query: putThing, Args: []any{anna, want.Name, want.Size, false, want.At, store.Nullable(want.Body), nil, nil}}); err != nil {
				t.Fatal(err)
			}
			got := thing{Name: want.Name}
			err := s.Read(ctx, func(r *store.Snapshot) error {
				return r.Query(thingFull, func(row *store.Row) error {
					got.Size, got.At, got.Body, got.Null = row.Int(1), row.Time(3), row.Bytes(4), row.Null(4)
					return nil
				}, anna, want.Name)
			})
			if !bytes.Equal(want.Body, got.Body) || (want.Body == nil) != (got.Body == nil) {
				t.Errorf("%q: %d bytes came back as %d", want.Name, len(want.Body), len(got.Body))
			}
			want.Body, got.Body = nil, nil // too long for a comparison by elements
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%q: %v %s", want.Name, err, diff)
			}
		}
	}, sample)
}

func TestAReadCannotWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		err := s.Read(ctx, func(r *store.Snapshot) error {
			return r.Query(putThing, func(*store.Row) error { return nil }, putArgs(anna, "a", 1)...)
		})
		if err == nil || len(names(t, s, anna)) != 0 {
			t.Errorf("an INSERT through a snapshot: %v", err)
		}
		put(t, s, anna, "b", 1)
	}, sample)
}

func TestCallsFromInsideAClosureAreFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		inner := map[string]func() error{
			"write":  func() error { return s.Write(ctx, func(*store.Tx) error { return nil }) },
			"append": func() error { return s.Append(ctx, store.Stmt{Query: putThing, Args: putArgs(anna, "x", 1)}) },
			"read":   func() error { return s.Read(ctx, func(*store.Snapshot) error { return nil }) },
			"look":   func() error { return lookAt(s, official(), anna) },
		}
		for name, call := range inner {
			outer := map[string]func() error{
				"write": func() error { return s.Write(ctx, func(*store.Tx) error { return call() }) },
				"read":  func() error { return s.Read(ctx, func(*store.Snapshot) error { return call() }) },
			}
			for around, run := range outer {
				if err := run(); !errors.Is(err, store.ErrNested) {
					t.Errorf("%s inside %s: %v", name, around, err)
				}
			}
			err := s.Write(ctx, func(tx *store.Tx) error {
				tx.AfterCommit(func() {
					if err := call(); err != nil {
						t.Errorf("%s after the commit: %v", name, err)
					}
				})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if name == "append" {
				_ = s.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(dropThing, anna, "x"); return err })
			}
		}
		put(t, s, anna, "a", 1)
		put(t, s, anna, "b", 1)
		err := s.Read(ctx, func(r *store.Snapshot) error {
			return r.Query(thingNames, func(*store.Row) error {
				return r.Query(thingNames, func(*store.Row) error { return nil }, anna)
			}, anna)
		})
		if !errors.Is(err, store.ErrNested) {
			t.Errorf("a query inside the rows of another: %v", err)
		}
	}, sample)
}

var dropThing = store.NewQuery("sample.Drop", `DELETE FROM thing WHERE holder = $1 AND name = $2`)

func TestAPanicInsideRowsLeavesTheConnectionWell(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		put(t, s, anna, "a", 1)
		for range 20 { // more than there are connections for reading
			err := s.Read(ctx, func(r *store.Snapshot) error {
				return r.Query(thingNames, func(*store.Row) error { panic("a bug") }, anna)
			})
			if err == nil {
				t.Fatal("a panic is no error")
			}
		}
		_ = s.Write(ctx, func(tx *store.Tx) error {
			return tx.Query(thingNames, func(*store.Row) error { panic("a bug") }, anna)
		})
		put(t, s, anna, "b", 1)
		if got := names(t, s, anna); len(got) != 2 {
			t.Errorf("rows: %v", got)
		}
	}, sample)
}

func TestACancelledWriteLeavesTheQueueAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := storetest.Open(t, sample)
	entered, leave := make(chan struct{}, 2), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_ = s.Write(ctx, func(*store.Tx) error { entered <- struct{}{}; <-leave; return nil })
	})
	<-entered
	for _, lane := range []context.Context{ctx, store.Background(ctx)} {
		own, cancel := context.WithTimeout(lane, 20*time.Millisecond)
		defer cancel()
		err := s.Write(own, func(tx *store.Tx) error { _, err := tx.Exec(putThing, putArgs(anna, "a", 1)...); return err })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a Write that waited in vain: %v", err)
		}
	}
	close(leave)
	group.Wait()
	if got := names(t, s, anna); len(got) != 0 {
		t.Errorf("a Write that was said to be cancelled was made: %v", got)
	}
}

func TestCloseUnderLoadLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(ctx, store.Options{Dir: dir}, sample)
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged atomic.Int64
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for n := 0; ; n++ {
				lane := ctx
				if i%2 == 0 {
					lane = store.Background(ctx)
				}
				err := s.Append(lane, store.Stmt{Query: putThing, Args: putArgs(anna, fmt.Sprintf("%d %d", i, n), 1)})
				if errors.Is(err, store.ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("a Write during Close: %v", err)
					return
				}
				acknowledged.Add(1)
				_ = s.Read(ctx, func(*store.Snapshot) error { return nil })
			}
		})
	}
	time.Sleep(30 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	group.Wait()
	if s, err = store.Open(ctx, store.Options{Dir: dir}, sample); err != nil {
		t.Fatal(err)
	}
	if got := int64(len(names(t, s, anna))); got != acknowledged.Load() {
		t.Errorf("%d rows, %d acknowledged", got, acknowledged.Load())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestBackgroundNeitherStarvesNorCrowds(t *testing.T) {
	t.Parallel()
	s, _ := storetest.Open(t, sample)
	stop, cancel := context.WithCancel(ctx)
	var low, high atomic.Int64
	var group sync.WaitGroup
	flood := func(writers int, lane context.Context, count *atomic.Int64) {
		for range writers {
			group.Go(func() {
				for stop.Err() == nil {
					if err := s.Write(lane, func(tx *store.Tx) error { _, err := size(tx, "none"); return err }); err == nil {
						count.Add(1)
					}
				}
			})
		}
	}
	flood(64, ctx, &high)
	flood(64, store.Background(ctx), &low)
	for range 1000 {
		if low.Load() > 50 && high.Load() > 50 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	group.Wait()
	if low.Load() <= 50 || high.Load() <= 50 {
		t.Errorf("%d in the background, %d interactive", low.Load(), high.Load())
	}
}

func TestTheTraceTellsWhoseRowsAWriteChanged(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var records []store.TraceRecord
	keep := func(r store.TraceRecord) { mu.Lock(); defer mu.Unlock(); records = append(records, r) }
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), RunTwice: true, Trace: keep}, sample)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	records = nil
	put(t, s, boss, "b", 1)
	odd := store.NewQuery("sample.Odd", `DELETE FROM thing WHERE name = $1`)
	err = s.Write(ctx, func(tx *store.Tx) error {
		_, first := tx.Exec(putThing, putArgs(anna, "a", 1)...)
		_, second := tx.Exec(growThing, boss, "b", 1)
		_, third := tx.Exec(odd, "b")
		_, none := tx.Exec(dropThing, anna, "no such row")
		return errors.Join(first, second, third, none)
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Write(ctx, func(tx *store.Tx) error { _, _ = tx.Exec(dropThing, anna, "a"); return errors.New("no") })
	want := []store.TraceRecord{
		{Touched: []store.Touch{{Query: "sample.Put", Table: "thing", Holder: boss, Known: true}}},
		{Touched: []store.Touch{{Query: "sample.Put", Table: "thing", Holder: anna, Known: true}, {Query: "sample.Grow", Table: "thing", Holder: boss, Known: true}, {Query: "sample.Odd", Table: "thing"}}},
	}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Error(diff)
	}
	if got := records[1].Holders(); len(got) != 2 {
		t.Errorf("holders: %v", got)
	}
}
