package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var countFar = store.NewQuery("test.CountFar", `WITH RECURSIVE n(x) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT x + 1 FROM n WHERE x < CAST($1 AS BIGINT)) SELECT COUNT(*) FROM n`)

// A statement that its caller waits for no more ends soon, in the middle of its work too, and its connection goes on.
func TestStatementEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		for range 12 { // more than there are connections
			own, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
			began := time.Now()
			err := s.Read(own, func(r *store.Snapshot) error {
				return r.Query(countFar, func(*store.Row) error { return nil }, int64(1)<<40)
			})
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
				t.Fatalf("after %v: %v", time.Since(began), err)
			}
		}
		var n int64
		err := s.Read(ctx, func(r *store.Snapshot) error {
			return r.Query(countFar, func(row *store.Row) error { n = row.Int(0); return nil }, 10)
		})
		if err != nil || n != 10 {
			t.Errorf("counted %d, %v", n, err)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := s.Read(gone, func(*store.Snapshot) error { t.Error("ran for nobody"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a Read for nobody: %v", err)
		}
	}, sample)
}
