package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

func TestStatementsTogetherAreAsOneByOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		stmt := func(name string, size int64) store.Stmt {
			return store.Stmt{Query: putThing, Args: putArgs(anna, name, size)}
		}
		grow := store.Stmt{Query: growThing, Args: []any{anna, "a", int64(1)}}
		none := store.Stmt{Query: growThing, Args: []any{anna, "nobody", int64(1)}}
		var counts []int64
		err := s.Write(ctx, func(tx *store.Tx) error {
			var err error
			if counts, err = tx.ExecAll(stmt("a", 1), grow, none, stmt("b", 2)); err != nil { // the Write's first statements
				return err
			}
			if n, err := size(tx, "a"); err != nil || n != 2 {
				t.Errorf("after them: %d %v", n, err)
			}
			_, err = tx.ExecAll(grow) // and later ones
			return err
		})
		if diff := cmp.Diff([]int64{1, 1, 0, 1}, counts); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		err = s.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.ExecAll(stmt("c", 1), stmt("a", 1), stmt("d", 1))
			if !errors.Is(err, store.ErrExists) {
				t.Errorf("a key that is taken: %v", err)
			}
			if _, err := tx.ExecAll(stmt("e", 1)); !errors.Is(err, store.ErrSpoiled) {
				t.Errorf("after a failure: %v", err)
			}
			return nil
		})
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("the Write of it: %v", err)
		}
		if diff := cmp.Diff([]string{"a", "b"}, names(t, s, anna)); diff != "" {
			t.Error(diff)
		}
		if err := s.Write(ctx, func(tx *store.Tx) error { _, err := tx.ExecAll(); return err }); err != nil {
			t.Errorf("nothing: %v", err)
		}
	}, sample)
}
