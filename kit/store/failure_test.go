package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/kit/clock"
)

// These tests reach into the engines to break them; the rest of the suite stands outside the package.

var brittle = Migrations{Module: "brittle", Files: fstest.MapFS{"schema/001_brittle.sql": {Data: []byte(`
CREATE TABLE piece (name TEXT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (name));
COMMENT ON TABLE piece IS 'holder: none — a test';
`)}}}

var (
	putPiece     = NewQuery("brittle.Put", `INSERT INTO piece (name, body) VALUES ($1, $2)`)
	putBackPiece = NewQuery("brittle.PutBack", `INSERT INTO piece (name, body) VALUES ($1, $2) RETURNING name`)
	countPieces  = NewQuery("brittle.Count", `SELECT COUNT(*) FROM piece`)
)

func openBrittle(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o, brittle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func pieces(t *testing.T, s *Store) (n int64) {
	t.Helper()
	err := s.Read(context.Background(), func(r *Snapshot) error {
		return r.Query(countPieces, func(row *Row) error { n = row.Int(0); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func putPieceOf(s *Store, name string, size int) error {
	return s.Write(context.Background(), func(tx *Tx) error {
		_, err := tx.Exec(putPiece, name, make([]byte, size))
		return err
	})
}

func TestAFullDiskFailsWhoeverNeedsSpaceAndHealsAfterwards(t *testing.T) {
	t.Parallel()
	s := openBrittle(t, Options{Dir: t.TempDir()})
	limit := func(pages int) {
		err := s.Write(context.Background(), func(tx *Tx) error {
			return pragma(tx.conn.(*liteConn).c, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(60)
	var mu sync.Mutex
	kept := int64(0)
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			size := 10
			if i%3 == 0 {
				size = 1 << 20 // never fits
			}
			err := putPieceOf(s, fmt.Sprint(i), size)
			if i%3 == 0 && err == nil {
				t.Error("a row that does not fit was acknowledged")
			}
			if i%3 != 0 && err != nil {
				t.Errorf("a small neighbour failed: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				kept++
			}
		})
	}
	group.Wait()
	if n := pieces(t, s); n != kept {
		t.Errorf("%d rows, %d acknowledged", n, kept)
	}
	limit(1 << 20)
	if err := putPieceOf(s, "after", 1<<20); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestAWriteThatFailsMidwayTakesOnlyItselfBack(t *testing.T) {
	t.Parallel()
	s := openBrittle(t, Options{Dir: t.TempDir()})
	refused := errors.New("refused")
	var mu sync.Mutex
	kept := int64(0)
	var group sync.WaitGroup
	for i := range 300 {
		group.Go(func() {
			err := s.Write(context.Background(), func(tx *Tx) error {
				if i%5 == 1 {
					return refused // before it has changed anything
				}
				put := func() error { _, err := tx.Exec(putPiece, fmt.Sprint(i), []byte("x")); return err }
				if i%10 == 7 { // a change that gives rows back
					put = func() error {
						return tx.Query(putBackPiece, func(*Row) error { return nil }, fmt.Sprint(i), []byte("x"))
					}
				}
				if err := put(); err != nil || i%5 != 2 {
					return err
				}
				return refused
			})
			if want := i%5 == 1 || i%5 == 2; want != errors.Is(err, refused) || err != nil && !want {
				t.Errorf("Write %d: %v", i, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				kept++
			}
		})
	}
	group.Wait()
	if n := pieces(t, s); n != kept || n != 180 {
		t.Errorf("%d rows, %d acknowledged", n, kept)
	}
	if st := s.Stats(); st.Retries == 0 || st.Lost > 0 {
		t.Errorf("no batch was run again with savepoints: %+v", st)
	}
}

func TestAWriteThatFailsBeforeItChangesAnythingDisturbsNobody(t *testing.T) {
	t.Parallel()
	s := openBrittle(t, Options{Dir: t.TempDir()})
	refused := errors.New("refused")
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			err := s.Write(context.Background(), func(tx *Tx) error {
				if i%2 == 0 {
					return refused
				}
				_, err := tx.Exec(putPiece, fmt.Sprint(i), []byte("x"))
				return err
			})
			if (err == nil) == (i%2 == 0) {
				t.Errorf("Write %d: %v", i, err)
			}
		})
	}
	group.Wait()
	if n, st := pieces(t, s), s.Stats(); n != 25 || st.Retries > 0 {
		t.Errorf("%d rows, %+v", n, st)
	}
}

func TestTheLogIsMovedWhenItHasGrownOrRested(t *testing.T) {
	t.Parallel()
	var p progress
	if p.due(0, 0, 100) {
		t.Error("nothing was written")
	}
	if p.due(99, 1, 100) || !p.due(100, 1, 100) {
		t.Error("it is moved when it has grown by so much")
	}
	for tick := 1; tick < checkpointRest; tick++ {
		if p.due(150, 2, 100) {
			t.Fatalf("moved at tick %d", tick)
		}
	}
	if !p.due(150, 2, 100) {
		t.Error("what was written long ago is moved")
	}
	for range 3 * checkpointRest {
		if p.due(150, 2, 100) {
			t.Fatal("it is moved once")
		}
	}
	p = progress{size: 150, batches: 2}
	if p.due(60, 3, 100) || !p.due(100, 4, 100) {
		t.Error("a log that was emptied grows anew")
	}
}

func TestASlowReaderNeitherStopsTheWriterNorTheCleaningAfterIt(t *testing.T) {
	t.Parallel()
	const most = 256 << 10
	s := openBrittle(t, Options{Dir: t.TempDir(), logMost: most})
	entered, leave := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := s.Read(context.Background(), func(r *Snapshot) error {
			err := r.Query(countPieces, func(*Row) error { return nil })
			close(entered)
			<-leave
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-entered
	for i := 0; s.Stats().RestartsPutOff == 0 && i < 2000; i++ {
		took := clock.Measure()
		if err := putPieceOf(s, fmt.Sprint("slow ", i), 4000); err != nil {
			t.Fatal(err)
		}
		if spent := took(); spent > 3*time.Second {
			t.Fatalf("the writer stood still for %v behind a reader", spent)
		}
		time.Sleep(time.Millisecond)
	}
	if st := s.Stats(); st.RestartsPutOff == 0 || st.LogBytes < most {
		t.Fatalf("the log did not grow behind the reader: %+v", st)
	}
	close(leave)
	group.Wait()
	for i := 0; s.Stats().Restarts == 0 && i < 1000; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if st := s.Stats(); st.Restarts == 0 || st.LogBytes > 2*most {
		t.Errorf("the log was not emptied after the reader had gone: %+v", st)
	}
}

func TestASnapshotThatIsHeldTooLongIsTakenAway(t *testing.T) {
	t.Parallel()
	s := openBrittle(t, Options{Dir: t.TempDir()})
	err := s.Read(context.Background(), func(r *Snapshot) error {
		r.conn.(*liteConn).age = func() time.Duration { return snapshotMost + 1 }
		return r.Query(countPieces, func(*Row) error { return nil })
	})
	if !errors.Is(err, ErrSlow) {
		t.Errorf("an old snapshot: %v", err)
	}
}

func openBrittlePostgres(t *testing.T) *Store {
	t.Helper()
	address := os.Getenv("POSAD_TEST_POSTGRES")
	if address == "" {
		t.Skip("no PostgreSQL")
	}
	schema := fmt.Sprintf("broken_%d_%d", os.Getpid(), clockNanos())
	admin := openBrittleAdmin(t, address)
	admin("CREATE SCHEMA " + schema)
	t.Cleanup(func() { admin("DROP SCHEMA " + schema + " CASCADE") })
	return openBrittle(t, Options{Postgres: address, Schema: schema})
}

func clockNanos() int64 { return new(clock.System).Now().UnixMicro() }

func openBrittleAdmin(t *testing.T, address string) func(string) {
	t.Helper()
	e, err := openPostgres(context.Background(), Options{Postgres: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.close() })
	return func(statement string) {
		if _, err := e.(*pgEngine).pool.Exec(context.Background(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// A server that ends the connection in the middle of a Write has kept nothing, so the Write runs again by itself.
func TestAConnectionKilledInsideAWriteIsReplaced(t *testing.T) {
	t.Parallel()
	s := openBrittlePostgres(t)
	runs := 0
	err := s.Write(context.Background(), func(tx *Tx) error {
		runs++
		if _, err := tx.Exec(putPiece, "a", []byte{1}); err != nil {
			return err
		}
		if runs == 1 {
			kill(t, s, tx)
		}
		_, err := tx.Exec(putPiece, "b", []byte{1})
		return err
	})
	if n := pieces(t, s); err != nil || runs != 2 || n != 2 {
		t.Errorf("%d runs, %d rows: %v", runs, n, err)
	}
}

// When it dies at the COMMIT, nobody knows, and the store says just that.
func TestAConnectionKilledAtTheCommitIsTold(t *testing.T) {
	t.Parallel()
	s := openBrittlePostgres(t)
	err := s.Write(context.Background(), func(tx *Tx) error {
		_, err := tx.Exec(putPiece, "a", []byte{1})
		kill(t, s, tx)
		return err
	})
	if !errors.Is(err, ErrOutcome) {
		t.Errorf("a COMMIT on a dead connection: %v", err)
	}
	if err := putPieceOf(s, "b", 1); err != nil {
		t.Errorf("the next Write: %v", err)
	}
	if n := pieces(t, s); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func kill(t *testing.T, s *Store, tx *Tx) {
	t.Helper()
	pid := tx.conn.(*pgConn).c.PgConn().PID()
	if _, err := s.engine.(*pgEngine).pool.Exec(context.Background(), fmt.Sprintf("SELECT pg_terminate_backend(%d)", pid)); err != nil {
		t.Error(err)
	}
	time.Sleep(50 * time.Millisecond) // the server ends it in its own time
}

// A closure that hides what the engine said must not keep the Write from running again.
func TestAHiddenCrossingRunsAgain(t *testing.T) {
	t.Parallel()
	s := openBrittlePostgres(t)
	if err := putPieceOf(s, "sum", 1); err != nil {
		t.Fatal(err)
	}
	grow := NewQuery("brittle.Grow", `UPDATE piece SET body = body || $1 WHERE name = 'sum'`)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			err := s.Write(context.Background(), func(tx *Tx) error {
				if _, err := tx.Exec(grow, []byte{1}); err != nil {
					return errors.New("it did not work")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestALoneWriteThatFailsAfterItTookARowTakesItBack(t *testing.T) {
	t.Parallel()
	s := openBrittle(t, Options{Dir: t.TempDir()})
	refused := errors.New("refused")
	err := s.Write(context.Background(), func(tx *Tx) error {
		if err := tx.Query(putBackPiece, func(*Row) error { return nil }, "one", []byte("x")); err != nil {
			return err
		}
		return refused
	})
	if n := pieces(t, s); !errors.Is(err, refused) || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}
