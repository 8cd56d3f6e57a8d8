package store_test

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

	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var sample = store.Migrations{Module: "sample", Files: fstest.MapFS{"schema/001_sample.sql": {Data: []byte(`
CREATE TABLE thing (
  holder UUID NOT NULL, name TEXT NOT NULL, size BIGINT NOT NULL CHECK (size >= 0), done BOOLEAN NOT NULL,
  at TIMESTAMPTZ, body BYTEA, owner UUID, secret SEALED, PRIMARY KEY (holder, name));
COMMENT ON TABLE thing IS 'holder: holder; personal: holder; narrow';
`)}}}

var (
	putThing   = store.NewQuery("sample.Put", `INSERT INTO thing (holder, name, size, done, at, body, owner, secret) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	thingNames = store.NewQuery("sample.Names", `SELECT name FROM thing WHERE holder = $1 ORDER BY name`)
	thingFull  = store.NewQuery("sample.Full", `SELECT holder, size, done, at, body, owner, secret FROM thing WHERE holder = $1 AND name = $2`)
	thingCount = store.NewQuery("sample.Count", `SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM thing`)
	growThing  = store.NewQuery("sample.Grow", `UPDATE thing SET size = size + $3 WHERE holder = $1 AND name = $2`)
	sizeOf     = store.NewQuery("sample.Size", `SELECT size FROM thing WHERE holder = $1 AND name = $2`)
)

var (
	ctx  = context.Background()
	anna = id.Derived("person", "anna")
	boss = id.Derived("person", "boss")
)

func putArgs(holder id.ID, name string, size int64) []any {
	return []any{holder, name, size, false, nil, nil, nil, nil}
}

func put(t testing.TB, s *store.Store, holder id.ID, name string, size int64) {
	t.Helper()
	if err := s.Append(ctx, store.Stmt{Query: putThing, Args: putArgs(holder, name, size)}); err != nil {
		t.Fatal(err)
	}
}

func names(t testing.TB, s *store.Store, holder id.ID) []string {
	t.Helper()
	var out []string
	err := s.Read(ctx, func(r *store.Snapshot) error {
		return r.Query(thingNames, func(row *store.Row) error { out = append(out, row.Text(0)); return nil }, holder)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func size(r store.Reader, name string) (int64, error) {
	out := int64(-1)
	err := r.Query(sizeOf, func(row *store.Row) error { out = row.Int(0); return nil }, anna, name)
	return out, err
}

func TestTextIsOrderedByBytesOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		for _, name := range []string{"б", "a", "B", "ё", "Z", "я", "Ё"} {
			put(t, s, anna, name, 0)
		}
		if diff := cmp.Diff([]string{"B", "Z", "a", "Ё", "б", "я", "ё"}, names(t, s, anna)); diff != "" {
			t.Error(diff)
		}
	}, sample)
}

func TestEveryTypeComesBackAsItWent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		at := time.Date(2026, 11, 21, 23, 59, 59, 123456000, time.FixedZone("Moscow", 3*3600))
		full := []any{anna, "full", int64(-0), true, at, []byte{0, 255, 'x'}, boss, []byte("sealed")}
		null := []any{anna, "null", int64(1) << 62, false, store.Nullable(time.Time{}), store.Nullable([]byte(nil)), store.Nullable(id.ID{}), nil}
		if err := s.Append(ctx, store.Stmt{Query: putThing, Args: full}, store.Stmt{Query: putThing, Args: null}); err != nil {
			t.Fatal(err)
		}
		type thing struct {
			Holder, Owner id.ID
			Size          int64
			Done          bool
			At            time.Time
			Body, Secret  []byte
		}
		read := func(name string) thing {
			var got thing
			err := s.Read(ctx, func(r *store.Snapshot) error {
				return r.Query(thingFull, func(row *store.Row) error {
					got = thing{Holder: row.ID(0), Size: row.Int(1), Done: row.Bool(2), At: row.Time(3), Body: row.Bytes(4), Owner: row.ID(5), Secret: row.Bytes(6)}
					return nil
				}, anna, name)
			})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if diff := cmp.Diff(thing{anna, boss, 0, true, at.UTC(), []byte{0, 255, 'x'}, []byte("sealed")}, read("full")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(thing{Holder: anna, Size: 1 << 62}, read("null")); diff != "" {
			t.Error(diff)
		}
	}, sample)
}

func TestConflictsHaveOneNameOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		put(t, s, anna, "a", 1)
		if err := s.Append(ctx, store.Stmt{Query: putThing, Args: putArgs(anna, "a", 1)}); !errors.Is(err, store.ErrExists) {
			t.Errorf("a taken key: %v", err)
		}
		if err := s.Append(ctx, store.Stmt{Query: putThing, Args: putArgs(anna, "b", -1)}); !errors.Is(err, store.ErrCheck) {
			t.Errorf("a broken check: %v", err)
		}
		err := s.Write(ctx, func(tx *store.Tx) error {
			_, first := tx.Exec(putThing, putArgs(anna, "a", 1)...)
			_, second := tx.Exec(putThing, putArgs(anna, "c", 1)...)
			if !errors.Is(first, store.ErrExists) || !errors.Is(second, store.ErrSpoiled) {
				t.Errorf("a spoiled write: %v, then %v", first, second)
			}
			return nil // swallowed, but the write is spoiled all the same
		})
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("a swallowed failure: %v", err)
		}
		if diff := cmp.Diff([]string{"a"}, names(t, s, anna)); diff != "" {
			t.Error(diff)
		}
	}, sample)
}

func TestAFailedOrPanickingWriteLeavesNothingAndHarmsNoNeighbour(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		refused := errors.New("refused")
		var group sync.WaitGroup
		for i := range 60 {
			group.Go(func() {
				name := fmt.Sprintf("%02d", i)
				err := s.Write(ctx, func(tx *store.Tx) error {
					if _, err := tx.Exec(putThing, putArgs(anna, name, 1)...); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return refused
					case 2:
						panic("a bug")
					}
					return nil
				})
				if (i%3 == 0) != (err == nil) || (i%3 == 1) != errors.Is(err, refused) {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		group.Wait()
		if got := names(t, s, anna); len(got) != 20 {
			t.Errorf("%d rows are left of the 20 that were acknowledged", len(got))
		}
	}, sample)
}

func TestACancelledNeighbourHarmsNobody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		var acknowledged atomic.Int64
		var group sync.WaitGroup
		for i := range 80 {
			group.Go(func() {
				own, cancel := context.WithCancel(ctx)
				if i%2 == 0 {
					time.AfterFunc(time.Duration(i)*50*time.Microsecond, cancel)
				} else {
					defer cancel()
				}
				err := s.Write(own, func(tx *store.Tx) error {
					_, err := tx.Exec(putThing, putArgs(anna, fmt.Sprint(i), 1)...)
					return err
				})
				if err == nil {
					acknowledged.Add(1)
				} else if i%2 == 1 {
					t.Errorf("an uncancelled write failed: %v", err)
				}
				cancel()
			})
		}
		group.Wait()
		if got := int64(len(names(t, s, anna))); got != acknowledged.Load() {
			t.Errorf("%d rows, %d acknowledged", got, acknowledged.Load())
		}
	}, sample)
}

func TestNoUpdateIsLost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		put(t, s, anna, "sum", 0)
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() {
				err := s.Write(ctx, func(tx *store.Tx) error {
					now, err := size(tx, "sum")
					if err != nil {
						return err
					}
					_, err = tx.Exec(growThing, anna, "sum", int64(1)+now-now)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		_ = s.Read(ctx, func(r *store.Snapshot) error {
			if got, err := size(r, "sum"); got != 40 || err != nil {
				t.Errorf("40 increments made %d: %v", got, err)
			}
			return nil
		})
	}, sample)
}

// Two writers who each read both rows and change one must not both succeed on what they read: at most one of the two
// may go to zero (write skew).
func TestNoWriteSkew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		for round := range 10 {
			left, right := fmt.Sprintf("l%d", round), fmt.Sprintf("r%d", round)
			put(t, s, anna, left, 1)
			put(t, s, anna, right, 1)
			take := func(mine string) {
				err := s.Write(ctx, func(tx *store.Tx) error {
					a, err := size(tx, left)
					if err != nil {
						return err
					}
					b, err := size(tx, right)
					if err != nil || a+b < 2 {
						return err
					}
					_, err = tx.Exec(growThing, anna, mine, int64(-1))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
			var group sync.WaitGroup
			group.Go(func() { take(left) })
			group.Go(func() { take(right) })
			group.Wait()
			_ = s.Read(ctx, func(r *store.Snapshot) error {
				a, _ := size(r, left)
				b, _ := size(r, right)
				if a+b != 1 {
					t.Errorf("round %d: %d and %d are left", round, a, b)
				}
				return nil
			})
		}
	}, sample)
}

func TestASnapshotDoesNotMove(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		put(t, s, anna, "a", 1)
		err := s.Read(ctx, func(r *store.Snapshot) error {
			count := func() (n int64) {
				_ = r.Query(thingCount, func(row *store.Row) error { n = row.Int(0); return nil })
				return n
			}
			before := count()
			done := make(chan struct{}) // somebody else: a closure itself must not call the store
			go func() { defer close(done); put(t, s, anna, "b", 1) }()
			<-done
			if after := count(); before != 1 || after != 1 {
				t.Errorf("the snapshot moved from %d to %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}, sample)
}

func TestAfterCommitRunsOnceAndOnlyAfterCommit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		runs, effects := 0, 0
		write := func(end error) {
			_ = s.Write(ctx, func(tx *store.Tx) error {
				runs++
				tx.AfterCommit(func() { effects++ })
				return end
			})
		}
		write(nil)
		if runs != 2 || effects != 1 {
			t.Errorf("the closure ran %d times, its effect %d times", runs, effects)
		}
		write(errors.New("no"))
		if effects != 1 {
			t.Error("a write that failed had its effect")
		}
	}, sample)
}

func official() act.Act {
	return act.Act{ID: id.New(storetest.Start), Actor: act.Actor{Kind: act.Official, Person: boss, Agency: id.Derived("agency", "transport"), Role: "officer"},
		Purpose: act.Purpose{Kind: "case", ID: "1"}, Channel: act.Desk, Request: "r1"}
}

func lookAt(s *store.Store, a act.Act, who id.ID) error {
	return s.Look(ctx, a, "sample.look", func(p *store.Personal) error { p.Saw(who); return nil })
}

func looks(t testing.TB, s *store.Store, who id.ID) []store.LookRecord {
	t.Helper()
	var out []store.LookRecord
	self := act.Act{Actor: act.Actor{Kind: act.Person, Person: who}, Holder: who}
	err := s.Look(ctx, self, "store.looks", func(p *store.Personal) error {
		list, err := store.LooksAt(p, who, storetest.Start.AddDate(1, 0, 0), 100)
		out = list
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestALookIsOnRecordOncePerHourAndOwnLooksAreNot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		for range 3 {
			if err := lookAt(s, official(), anna); err != nil {
				t.Fatal(err)
			}
		}
		if got := looks(t, s, anna); len(got) != 1 || got[0].Actor.Person != boss || got[0].Purpose.ID != "1" || !got[0].At.Equal(storetest.Start) {
			t.Fatalf("on record: %+v", got)
		}
		c.Move(time.Hour)
		if err := lookAt(s, official(), anna); err != nil {
			t.Fatal(err)
		}
		if got := looks(t, s, anna); len(got) != 2 {
			t.Errorf("an hour later: %d records", len(got))
		}
		if got := looks(t, s, boss); len(got) != 0 {
			t.Errorf("the official was not looked at: %+v", got)
		}
	}, sample)
}

func TestALookInAWriteCommitsWithIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		no := errors.New("no")
		for _, end := range []error{no, nil} {
			err := s.Write(ctx, func(tx *store.Tx) error {
				tx.As(official(), "sample.look").Saw(anna)
				return end
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
		}
		if got := looks(t, s, anna); len(got) != 1 {
			t.Errorf("%d records", len(got))
		}
	}, sample)
}

func TestWriteAsAsksTheGuardInsideTheTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		closed := errors.New("the session is closed")
		s.SetGuard(func(tx *store.Tx, a act.Act) error {
			if a.Session.IsZero() {
				return closed
			}
			return nil
		})
		write := func(a act.Act) error { return s.WriteAs(ctx, a, func(tx *store.Tx) error { return nil }) }
		if err := write(act.Act{}); !errors.Is(err, closed) {
			t.Errorf("without a session: %v", err)
		}
		if err := write(act.Act{Session: anna}); err != nil {
			t.Error(err)
		}
	}, sample)
}

func TestAChangedMigrationIsRefusedAndTheFolderIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(ctx, store.Options{Dir: dir}, sample)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, store.Options{Dir: dir}, sample); err == nil {
		t.Error("two processes may write to one folder")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a write on a closed store: %v", err)
	}
	changed := store.Migrations{Module: "sample", Files: fstest.MapFS{"schema/001_sample.sql": {Data: []byte("CREATE TABLE other (a BIGINT NOT NULL);")}}}
	if _, err := store.Open(ctx, store.Options{Dir: dir}, changed); err == nil {
		t.Error("a changed migration was taken")
	}
}
