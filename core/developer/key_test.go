package developer

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

var somewhere = netip.MustParseAddr("203.0.113.7")

func TestKeysAreKnownByTheirLooks(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 200 {
		token := newToken(i%2 == 0)
		if test, ok := readToken(token); !ok || test != (i%2 == 0) {
			t.Fatalf("%s: %v %v", token, test, ok)
		}
		if seen[token] {
			t.Fatal("a key came twice")
		}
		seen[token] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		token := []byte(newToken(rapid.Bool().Draw(t, "test")))
		at := rapid.IntRange(len(liveKey), len(token)-1).Draw(t, "at")
		other := base62[rapid.IntRange(0, 61).Draw(t, "sign")]
		same := token[at] == other
		token[at] = other
		if _, ok := readToken(string(token)); ok != same {
			t.Fatalf("one wrong sign passes: %s", token)
		}
	})
}

func FuzzReadToken(f *testing.F) {
	f.Add(newToken(true))
	f.Add("posad_live_")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		test, ok := readToken(text)
		if ok && (!strings.HasPrefix(text, web.KeyPrefix) || test != strings.HasPrefix(text, testKey)) {
			t.Fatalf("%q", text)
		}
	})
}

func FuzzReadNetworks(f *testing.F) {
	f.Add("203.0.113.7, 198.51.100.0/24\n2001:db8::/32")
	f.Add("0.0.0.0/0")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readNetworks(text)
		if err != nil {
			return
		}
		again, err := readNetworks(writeNetworks(list))
		if err != nil || writeNetworks(again) != writeNetworks(list) {
			t.Fatalf("%q: %v %v", text, list, err)
		}
		for _, n := range list {
			if n.Bits() == 0 {
				t.Fatalf("%q lets everybody in", text)
			}
		}
	})
}

func (r *rig) key(n NewKey) (Key, string) {
	r.t.Helper()
	if n.Name == "" {
		n.Name = "accounting"
	}
	if n.Scopes == nil {
		n.Scopes = []string{ScopeChargesRead, ScopeChargesWrite}
	}
	if n.Life == 0 {
		n.Life = 90 * 24 * time.Hour
	}
	k, shown, err := r.MakeKey(r.t.Context(), head, transport, n)
	if err != nil {
		r.t.Fatal(err)
	}
	return k, shown
}

func (r *rig) opens(shown string, from netip.Addr) bool {
	r.t.Helper()
	_, err := r.Edge().Find(r.t.Context(), shown, from)
	if err != nil && !errors.Is(err, web.ErrNoKey) {
		r.t.Fatal(err)
	}
	return err == nil
}

func TestAKeyOpensUntilItEndsOrIsTakenBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k, shown := r.key(NewKey{Test: true, Networks: "203.0.113.0/24 2001:db8::1"})
		found := must[web.Key](t)(r.Edge().Find(t.Context(), shown, somewhere))
		if found.ID != k.ID || found.Agency != transport || !found.Test || len(found.Scopes) != 2 {
			t.Errorf("found %+v", found)
		}
		if r.opens(shown, netip.MustParseAddr("198.51.100.1")) {
			t.Error("a key opens from outside its networks")
		}
		if !r.opens(shown, netip.MustParseAddr("::ffff:203.0.113.9")) {
			t.Error("an IPv4 address in IPv6 form is another's")
		}
		if r.opens(newToken(true), somewhere) {
			t.Error("a key that nobody made opens")
		}
		r.move(k.Expires.Sub(r.clock.Now()) - time.Second)
		if !r.opens(shown, somewhere) {
			t.Error("a key ended before its day")
		}
		r.move(time.Second)
		if r.opens(shown, somewhere) {
			t.Error("a key opens after its day")
		}
		second, shown := r.key(NewKey{})
		if err := r.RevokeKey(t.Context(), head, transport, second.ID); err != nil {
			t.Fatal(err)
		}
		if r.opens(shown, somewhere) {
			t.Error("a key that was taken back opens")
		}
		if err := r.RevokeKey(t.Context(), head, transport, second.ID); !errors.Is(err, ErrOver) {
			t.Errorf("taken back twice: %v", err)
		}
		if err := r.RevokeKey(t.Context(), head, education, k.ID); !errors.Is(err, ErrMissing) {
			t.Errorf("another agency took it back: %v", err)
		}
	})
}

func TestTheKeyItselfIsNowhere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k, shown := r.key(NewKey{})
		got := must[Key](t)(r.Key(t.Context(), transport, k.ID))
		secret := shown[len(liveKey) : len(shown)-checkPart]
		if strings.Contains(got.Name+got.Hint, secret) || !strings.HasSuffix(shown, got.Hint) || len(got.Hint) != hintPart {
			t.Errorf("kept: %+v", got)
		}
	})
}

func TestARotatedKeyOverlaps(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		old, before := r.key(NewKey{Scopes: []string{ScopeWebhooks}, Networks: "203.0.113.7"})
		r.move(24 * time.Hour)
		fresh, after, err := r.RotateKey(t.Context(), head, transport, old.ID, 7*24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if fresh.Follows != old.ID || joined(fresh.Scopes) != ScopeWebhooks || writeNetworks(fresh.Networks) != writeNetworks(old.Networks) || !fresh.Expires.After(old.Expires) {
			t.Errorf("the new key is %+v", fresh)
		}
		if !r.opens(before, somewhere) || !r.opens(after, somewhere) {
			t.Error("both keys work for a while")
		}
		r.move(7 * 24 * time.Hour)
		if r.opens(before, somewhere) || !r.opens(after, somewhere) {
			t.Error("after it the new one alone")
		}
		if _, _, err := r.RotateKey(t.Context(), head, transport, old.ID, 0); !errors.Is(err, ErrOver) {
			t.Errorf("a key that is over was replaced: %v", err)
		}
	})
}

func TestAProgramsWriteAsksForItsKeyAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k, _ := r.key(NewKey{})
		a := act.Act{ID: id.Derived("act", "2"), Actor: act.Actor{Kind: act.Program, Agency: transport}, Key: k.ID}
		write := func(a act.Act) error {
			return r.base.Store.WriteAs(t.Context(), a, func(*store.Tx) error { return nil })
		}
		if err := write(a); err != nil {
			t.Fatal(err)
		}
		stolen := a
		stolen.Actor.Agency = education
		if err := write(stolen); !errors.Is(err, ErrKeyOver) {
			t.Errorf("another agency's name: %v", err)
		}
		if err := r.RevokeKey(t.Context(), head, transport, k.ID); err != nil {
			t.Fatal(err)
		}
		if err := write(a); !errors.Is(err, ErrKeyOver) {
			t.Errorf("after it was taken back: %v", err)
		}
	})
}

func TestWhatIsWrongWithAKeyIsSaidByField(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, _, err := r.MakeKey(t.Context(), head, transport, NewKey{Name: " ", Scopes: []string{"everything"}, Networks: "0.0.0.0/0", Life: 3 * KeyLife, PerMinute: -1})
		var f *fault.Fault
		if !errors.As(err, &f) || len(f.Fields) != 5 {
			t.Fatalf("faults: %v", err)
		}
		for i, want := range []string{"name", "scopes", "networks", "days", "per_minute"} {
			if f.Fields[i].Name != want || !r.base.Texts.Has(f.Fields[i].ID) {
				t.Errorf("fault %d is of %s, %s", i, f.Fields[i].Name, f.Fields[i].ID)
			}
		}
	})
}
