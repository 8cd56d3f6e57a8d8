package store_test

import (
	"errors"
	"sync"
	"testing"

	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var stepThing = store.NewQuery("test.Step", `UPDATE thing SET size = $4 WHERE holder = $1 AND name = $2 AND size = $3`)

// Many compare and set one row: each step is made by one of them alone, whatever the isolation.
func TestSwapsMakeEachStepOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		put(t, s, anna, "a", 0)
		const steps, rivals = 10, 4
		var mu sync.Mutex
		won := map[int64]int{}
		var group sync.WaitGroup
		for range rivals {
			group.Go(func() {
				for step := range int64(steps) {
					var n int64
					err := s.Swap(ctx, func(tx *store.Tx) error {
						var err error
						n, err = tx.Exec(stepThing, anna, "a", step, step+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					won[step] += int(n)
					mu.Unlock()
				}
			})
		}
		group.Wait()
		for step := range int64(steps) {
			if won[step] != 1 {
				t.Errorf("step %d was made %d times", step, won[step])
			}
		}
		no := errors.New("no")
		err := s.Swap(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(stepThing, anna, "a", int64(steps), int64(99)); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Errorf("a refused swap ended with %v", err)
		}
		err = s.Read(ctx, func(r *store.Snapshot) error {
			if n, err := size(r, "a"); err != nil || n != steps {
				t.Errorf("after a refused swap: %d, %v", n, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}, sample)
}
