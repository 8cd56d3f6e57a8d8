package seal

import (
	"sync"
	"testing"

	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestTheNameStays: nodes that start at once agree on a name, and another address later changes nothing.
func TestTheNameStays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		var names [4]string
		var all sync.WaitGroup
		for i := range names {
			all.Go(func() {
				name, err := Name(t.Context(), s, "https://"+string(rune('a'+i))+".example")
				if err != nil {
					t.Error(err)
				}
				names[i] = name
			})
		}
		all.Wait()
		later, err := Name(t.Context(), s, "https://moved.example")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name != later || name == "" {
				t.Errorf("names %q, then %q", names, later)
			}
		}
	}, Migrations)
}
