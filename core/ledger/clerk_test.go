package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestAClerkPostsEachMovementOnce: many callers with the same movements, some wrong, all at once.
func TestAClerkPostsEachMovementOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		k := NewClerk(s, c)
		const movements, callers = 200, 3
		var fresh, wrong atomic.Int64
		var all sync.WaitGroup
		for i := range movements * callers {
			all.Go(func() {
				n := i % movements
				m := movement(fmt.Sprint("clerk ", n), line(bank, income, 100+int64(n)), line(income, bank, 1))
				if i >= movements && n == 7 {
					m.Lines[0].Amount.Minor++ // the same movement with another sum
				}
				did, err := k.Post(t.Context(), m)
				switch {
				case errors.Is(err, ErrOther):
					wrong.Add(1)
				case err != nil:
					t.Error(err)
				case did:
					fresh.Add(1)
				}
			})
		}
		all.Wait()
		if fresh.Load() != movements || wrong.Load() == 0 {
			t.Errorf("%d of %d movements were fresh, %d refused", fresh.Load(), movements, wrong.Load())
		}
		sound(t, s)
		if _, err := k.Post(t.Context(), movement("bounded", line(purse, income, 1))); !errors.Is(err, ErrMovement) {
			t.Errorf("an account with a bound: %v", err)
		}
		k.Stop()
		k.Stop()
		if _, err := k.Post(context.Background(), movement("late", line(bank, income, 1))); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
		got := balance(t, s, income)
		if want := int64(movements*100 + movements*(movements-1)/2 - movements); got.Net() < want || got.Net() > want+1 {
			t.Errorf("the income is %d, want %d", got.Net(), want)
		}
	}, Migrations)
}
