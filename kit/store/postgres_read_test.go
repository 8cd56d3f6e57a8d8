package store

import (
	"context"
	"testing"
	"time"
)

var openSnapshots = NewQuery("brittle.OpenSnapshots", `SELECT COUNT(*) FROM pg_stat_activity
 WHERE state = 'idle in transaction' AND pid <> pg_backend_pid() AND pid = $1`)

// What a Read leaves open on the server, so that the next one needs no round trip for it, ends soon without a next one.
func TestASnapshotThatNobodyFollowsEnds(t *testing.T) {
	t.Parallel()
	s := openBrittlePostgres(t)
	e := s.engine.(*pgEngine)
	if err := putPieceOf(s, "a", 1); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if n := pieces(t, s); n != 1 {
			t.Fatalf("%d rows", n)
		}
	}
	e.readers.mu.Lock()
	if len(e.readers.idle) != 1 {
		t.Fatalf("%d connections of readers", len(e.readers.idle))
	}
	pid := e.readers.idle[0].c.Conn().PgConn().PID()
	e.readers.mu.Unlock()
	open := func() int64 {
		var n int64
		if err := e.pool.QueryRow(context.Background(), openSnapshots.pg, int32(pid)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	soon(t, "the snapshot ends", func() bool { return open() == 0 })
	soon(t, "the connection goes back", func() bool { return e.pool.Stat().AcquiredConns() == 0 })
	if n := pieces(t, s); n != 1 {
		t.Errorf("%d rows afterwards", n)
	}
}

func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("not within five seconds: %s", what)
}
