package store_test

import (
	"testing"

	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var (
	someNames = store.NewQuery("sample.Some", `SELECT name FROM thing WHERE holder = $1 AND size >= $3 ORDER BY name LIMIT $2`)
	oddLimit  = store.NewQuery("sample.OddLimit", `SELECT name FROM thing WHERE holder = $1 AND size >= $2 ORDER BY name LIMIT $2`)
	inner     = store.NewQuery("sample.Inner", `SELECT name FROM thing WHERE holder = $1 AND name IN
 (SELECT t.name FROM thing AS t WHERE t.holder = $1 ORDER BY t.name LIMIT $2) ORDER BY name`)
)

// TestLimits asks for lists of many bounds, and for the same ones again, by a statement that is prepared once.
func TestLimits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		for i := range int64(30) {
			put(t, s, anna, string(rune('a'+i)), i)
		}
		count := func(q *store.Query, args ...any) int {
			n := 0
			err := s.Read(ctx, func(r *store.Snapshot) error {
				n = 0
				return r.Query(q, func(*store.Row) error { n++; return nil }, args...)
			})
			if err != nil {
				t.Error(err)
			}
			return n
		}
		for round := range 3 {
			for most := range int64(25) {
				if got := count(someNames, anna, most, int64(10)); got != int(min(most, 20)) {
					t.Errorf("round %d: %d rows, want at most %d of 20", round, got, most)
				}
				if got := count(inner, anna, most); got != int(min(most, 30)) {
					t.Errorf("round %d: inside: %d rows, want %d", round, got, most)
				}
				if got := count(oddLimit, anna, most); got != int(min(most, 30-most)) {
					t.Errorf("round %d: a bound that is used twice: %d rows, want %d", round, got, min(most, 30-most))
				}
			}
		}
	}, sample)
}
