// Package storetest opens fresh databases for tests: an embedded one in a temporary folder, and, when the environment
// variable POSAD_TEST_POSTGRES names a server, a schema of its own there.
//
// Every Write of a store opened here runs twice, the first run rolled back, so that a closure with a hidden effect fails.
package storetest

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"posad.city/kit/clock"
	"posad.city/kit/store"
)

// PostgresEnv names the server for tests, for example postgres://posad@127.0.0.1:5433/posad.
const PostgresEnv = "POSAD_TEST_POSTGRES"

// Start is where the clock of a test stands: Saturday, 21 November 2026, noon in Moscow.
var Start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// Open returns a fresh embedded store with the modules' schema and a clock that stands at Start. It is closed with the test.
func Open(t testing.TB, modules ...store.Migrations) (*store.Store, *clock.Fixed) {
	t.Helper()
	c := clock.At(Start)
	return open(t, store.Options{Dir: t.TempDir(), Clock: c, RunTwice: true}, modules), c
}

// Each runs the test on a fresh embedded store, and on a fresh PostgreSQL schema where there is a server.
func Each(t *testing.T, test func(t *testing.T, s *store.Store, c *clock.Fixed), modules ...store.Migrations) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, c := Open(t, modules...)
		test(t, s, c)
	})
	if os.Getenv(PostgresEnv) == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := clock.At(Start)
		test(t, open(t, Postgres(t, store.Options{Clock: c, RunTwice: true}), modules), c)
	})
}

var schemas atomic.Int64

// Postgres fills in the options for a schema of its own on the test server, dropped with the test.
func Postgres(t testing.TB, o store.Options) store.Options {
	t.Helper()
	o.Postgres = os.Getenv(PostgresEnv)
	o.Schema = fmt.Sprintf("t%d_%d", os.Getpid(), schemas.Add(1))
	ctx := context.Background()
	admin(t, ctx, o.Postgres, "CREATE SCHEMA "+o.Schema)
	t.Cleanup(func() { admin(t, ctx, o.Postgres, "DROP SCHEMA "+o.Schema+" CASCADE") })
	return o
}

func admin(t testing.TB, ctx context.Context, address, statement string) {
	t.Helper()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatalf("the PostgreSQL server of %s: %v", PostgresEnv, err)
	}
	defer func() { _ = c.Close(ctx) }() // a test's connection; the statement's error is what counts
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func open(t testing.TB, o store.Options, modules []store.Migrations) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), o, modules...)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
