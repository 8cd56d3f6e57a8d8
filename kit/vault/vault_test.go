package vault

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

type world struct {
	*testing.T
	store *store.Store
	clock *clock.Fixed
}

// each runs the test on every engine that is there.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		test(t, &world{T: t, store: s, clock: c})
	}, Migrations)
}

func (w *world) open(kek string) *Vault {
	w.Helper()
	k, err := ParseKEK(kek)
	if err != nil {
		w.Fatal(err)
	}
	v, err := Open(w.Context(), Options{Store: w.store, KEK: k, Clock: w.clock})
	if err != nil {
		w.Fatal(err)
	}
	return v
}

func (w *world) keys(v *Vault, holder id.ID) *Keys {
	w.Helper()
	k, err := v.Keys(w.Context(), holder)
	if err != nil {
		w.Fatal(err)
	}
	return k
}

func (w *world) erase(v *Vault, holder id.ID) {
	w.Helper()
	if err := w.store.Write(w.Context(), func(tx *store.Tx) error { return v.Erase(tx, holder) }); err != nil {
		w.Fatal(err)
	}
}

func TestTwoNodesShareTheKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		kek := NewKEKText()
		one, two := w.open(kek), w.open(kek)
		sealed := w.keys(one, anna).Seal("t", "c", []byte("Анна"))
		if got, err := w.keys(two, anna).Open("t", "c", sealed); err != nil || string(got) != "Анна" {
			t.Errorf("%q, %v", got, err)
		}
		if string(one.Keyed("a", "x")) != string(two.Keyed("a", "x")) {
			t.Error("the nodes key differently")
		}
		if _, err := one.Keys(t.Context(), id.ID{}); !errors.Is(err, ErrHolder) {
			t.Errorf("the zero holder: %v", err)
		}
	})
}

func TestAtOnceOneKeyIsMade(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.open(NewKEKText())
		var sealed [16]Sealed
		var all sync.WaitGroup
		for i := range sealed {
			all.Go(func() {
				many, err := v.KeysMany(t.Context(), []id.ID{anna, boris, anna})
				if err != nil {
					t.Error(err)
					return
				}
				sealed[i] = many[anna].Seal("t", "c", []byte("x"))
			})
		}
		all.Wait()
		for i, s := range sealed {
			if _, err := w.keys(v, anna).Open("t", "c", s); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}

func TestErasureBeatsEveryCache(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		kek := NewKEKText()
		here, there := w.open(kek), w.open(kek)
		inHand, away := w.keys(here, anna), w.keys(there, anna)
		sealed := inHand.Seal("t", "c", []byte("x"))
		neighbour := w.keys(here, boris).Seal("t", "c", []byte("y"))

		w.erase(here, anna)
		if _, err := inHand.Open("t", "c", sealed); !errors.Is(err, ErrErased) {
			t.Errorf("keys in hand: %v", err)
		}
		if _, err := w.keys(here, anna).Open("t", "c", sealed); !errors.Is(err, ErrErased) {
			t.Errorf("on this node: %v", err)
		}
		if _, err := w.keys(there, anna).Open("t", "c", sealed); err != nil {
			t.Errorf("before the feed another node still has its cache, or this test proves nothing: %v", err)
		}
		fresh := false
		there.SetFresh(func() bool { return fresh })
		if _, err := w.keys(there, anna).Open("t", "c", sealed); !errors.Is(err, ErrErased) {
			t.Errorf("a node that is behind trusted its cache: %v", err)
		}
		fresh = true
		there.Forget(anna)
		if _, err := w.keys(there, anna).Open("t", "c", sealed); !errors.Is(err, ErrErased) {
			t.Errorf("after the feed: %v", err)
		}
		_ = away
		if _, err := w.keys(w.open(kek), anna).Open("t", "c", sealed); !errors.Is(err, ErrErased) {
			t.Errorf("a new node: %v", err)
		}
		if _, err := w.keys(here, boris).Open("t", "c", neighbour); err != nil {
			t.Errorf("the neighbour: %v", err)
		}
		w.erase(here, anna) // again is no harm
	})
}

func TestAWriteThatFailsErasesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.open(NewKEKText())
		sealed := w.keys(v, anna).Seal("t", "c", []byte("x"))
		stop := errors.New("stop")
		err := w.store.Write(t.Context(), func(tx *store.Tx) error { return errors.Join(v.Erase(tx, anna), stop) })
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if _, err := w.keys(v, anna).Open("t", "c", sealed); err != nil {
			t.Error(err)
		}
	})
}

func TestAHolderErasedBeforeTheFirstKeyGetsNone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.open(NewKEKText())
		w.erase(v, anna)
		if k := w.keys(v, anna); !k.Erased() || k.Seal("t", "c", []byte("x")) != nil {
			t.Error("a key was made for an erased holder")
		}
	})
}

func TestRotation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		kek := NewKEKText()
		v, other := w.open(kek), w.open(kek)
		sealed := w.keys(v, anna).Seal("t", "c", []byte("x"))
		if err := v.Retire(t.Context(), Holders, 1); !errors.Is(err, ErrInUse) {
			t.Errorf("the primary was retired: %v", err)
		}
		if err := v.Rotate(t.Context(), Holders, 0); err != nil {
			t.Fatal(err)
		}
		if err := v.Retire(t.Context(), Holders, 1); !errors.Is(err, ErrInUse) {
			t.Errorf("a key that still wraps was retired: %v", err)
		}
		newcomer := w.keys(v, boris).Seal("t", "c", []byte("y")) // wrapped by key 2
		if _, err := w.keys(other, boris).Open("t", "c", newcomer); err != nil {
			t.Errorf("a node that has not heard of the rotation: %v", err)
		}
		if n, err := v.Rewrap(t.Context(), 10); n != 1 || err != nil {
			t.Errorf("rewrapped %d, %v", n, err)
		}
		if n, err := v.Rewrap(t.Context(), 10); n != 0 || err != nil {
			t.Errorf("rewrapped %d again, %v", n, err)
		}
		if err := v.Retire(t.Context(), Holders, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := w.keys(w.open(kek), anna).Open("t", "c", sealed); err != nil {
			t.Errorf("after the old key is gone: %v", err)
		}
		if err := v.Rotate(t.Context(), Index, 0); !errors.Is(err, ErrIndex) {
			t.Errorf("rotating the index: %v", err)
		}
	})
}

func TestSigningKeysStartLaterAndLeaveTheirPublicHalf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.open(NewKEKText())
		if err := v.Rotate(t.Context(), Seals, time.Hour); err != nil {
			t.Fatal(err)
		}
		if s, _ := v.ring.Load().primary(Seals, w.clock.Now()); s.Number != 1 {
			t.Errorf("key %d signs before its start", s.Number)
		}
		if err := v.Retire(t.Context(), Seals, 1); !errors.Is(err, ErrInUse) {
			t.Errorf("the only started key was retired: %v", err)
		}
		w.clock.Move(time.Hour)
		if err := v.Retire(t.Context(), Seals, 1); err != nil {
			t.Fatal(err)
		}
		list := v.Secrets(Seals)
		if len(list) != 2 || list[0].Number != 2 || list[0].Bytes == nil || list[1].Bytes != nil || len(list[1].Public) != 32 || list[1].Retired.IsZero() {
			t.Errorf("%v", list)
		}
	})
}

func TestMasterKeyIsReplaced(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		old, fresh := NewKEKText(), NewKEKText()
		sealed := w.keys(w.open(old), anna).Seal("t", "c", []byte("x"))
		stranger, err := ParseKEK(fresh)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), Options{Store: w.store, KEK: stranger, Clock: w.clock}); !errors.Is(err, ErrKEK) {
			t.Errorf("a strange master key: %v", err)
		}
		w.open(fresh + "\n" + old)
		if _, err := w.keys(w.open(fresh), anna).Open("t", "c", sealed); err != nil {
			t.Errorf("the new master key alone: %v", err)
		}
		gone, err := ParseKEK(old)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), Options{Store: w.store, KEK: gone, Clock: w.clock}); !errors.Is(err, ErrKEK) {
			t.Errorf("the old master key alone: %v", err)
		}
	})
}

func TestKeyedSeparatesSpacesAndValues(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.open(NewKEKText())
		rapid.Check(t, func(t *rapid.T) {
			space, value := rapid.String().Draw(t, "space"), rapid.String().Draw(t, "value")
			otherSpace, otherValue := rapid.String().Draw(t, "other space"), rapid.String().Draw(t, "other value")
			same := string(v.Keyed(space, value)) == string(v.Keyed(otherSpace, otherValue))
			if same != (space == otherSpace && value == otherValue) {
				t.Fatal("two pairs are keyed alike")
			}
			if got := v.Keyed(space, value); len(got) != 20 || string(got) != string(v.Keyed(space, value)) {
				t.Fatalf("%d bytes", len(got))
			}
		})
	})
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache(3)
	for i := range 10 {
		c.keep([]*Keys{erasedKeys(id.ID{byte(i + 1)})}, 0)
	}
	if len(c.byID) != 3 || c.order.Len() != 3 {
		t.Errorf("%d and %d", len(c.byID), c.order.Len())
	}
	if c.drop(id.ID{10}); c.keep([]*Keys{erasedKeys(id.ID{10})}, 0) {
		t.Error("keys that were read before a drop were kept after it")
	}
}

func TestCancelledIsAnError(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.open(NewKEKText())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := v.Keys(ctx, anna); err == nil {
			t.Error("no error")
		}
	})
}
