package journal

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

type world struct {
	store *store.Store
	vault *vault.Vault
	keys  *vault.Keys
	own   act.Act
	*Journal
}

func each(t *testing.T, test func(t *testing.T, w world)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		kek, err := vault.ParseKEK(vault.NewKEKText())
		if err != nil {
			t.Fatal(err)
		}
		v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		anna := id.Derived("test", "anna")
		keys, err := v.Keys(t.Context(), anna)
		if err != nil {
			t.Fatal(err)
		}
		own := act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna}
		test(t, world{s, v, keys, own, New(seal.New("kitezh", v, c), c)})
	}, vault.Migrations, Migrations)
}

func (w world) enter(t *testing.T, e Entry) (Entered, error) {
	t.Helper()
	ready, err := w.Prepare(w.keys, e)
	if err != nil {
		t.Fatal(err)
	}
	var out Entered
	err = w.store.Write(t.Context(), func(tx *store.Tx) error {
		entered, err := Enter(tx, ready)
		out = entered
		return err
	})
	return out, err
}

func (w world) row(t *testing.T, entry id.ID) Row {
	t.Helper()
	var out Row
	err := w.store.Look(t.Context(), w.own, "journal.look.entry", func(p *store.Personal) error {
		row, err := EntryByID(p, w.keys.Holder(), entry)
		out = row
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnEntryComesBackWithTheSameReceipt(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		entered, err := w.enter(t, sample().Entry)
		if err != nil {
			t.Fatal(err)
		}
		first := receiptOf(t, w.Journal, entered)
		if report, err := Verify(first); err != nil || report.Statement.ID != entered.ID || !report.Statement.Made.Equal(storetest.Start) {
			t.Errorf("%+v, %v", report, err)
		}
		row := w.row(t, entered.ID)
		if row.Position != -1 || !bytes.Equal(row.Leaf, entered.Leaf[:]) {
			t.Errorf("%+v", row)
		}
		again, err := w.Open(w.keys, row)
		if err != nil {
			t.Fatal(err)
		}
		if got := receiptOf(t, w.Journal, again); !bytes.Equal(got, first) {
			t.Errorf("the second receipt is another one:\n%s\n%s", first, got)
		}
	})
}

func TestOneActEntersAKindAboutAnObjectOnce(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		e := sample().Entry
		if _, err := w.enter(t, e); err != nil {
			t.Fatal(err)
		}
		if _, err := w.enter(t, e); !errors.Is(err, store.ErrExists) {
			t.Errorf("the same again: %v", err)
		}
		e.Object = id.Derived("case", "2")
		if _, err := w.enter(t, e); err != nil {
			t.Errorf("another object: %v", err)
		}
	})
}

func TestAChangedRowIsFoundOut(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		entered, err := w.enter(t, sample().Entry)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*Row){
			"kind":   func(r *Row) { r.Kind = "casework.refused" },
			"object": func(r *Row) { r.Object = id.Derived("case", "2") },
			"made":   func(r *Row) { r.Made = r.Made.Add(1000) },
			"leaf":   func(r *Row) { r.Leaf[0] ^= 1 },
		} {
			row := w.row(t, entered.ID)
			change(&row)
			if _, err := w.Open(w.keys, row); !errors.Is(err, ErrRow) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAnErasedHoldersEntryStaysALeaf(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		entered, err := w.enter(t, sample().Entry)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.Write(t.Context(), func(tx *store.Tx) error { return w.vault.Erase(tx, w.keys.Holder()) }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Open(w.keys, w.row(t, entered.ID)); !errors.Is(err, vault.ErrErased) {
			t.Errorf("open: %v", err)
		}
		if _, err := w.Prepare(w.keys, sample().Entry); !errors.Is(err, vault.ErrErased) {
			t.Errorf("prepare: %v", err)
		}
	})
}

func TestAnEntryOutOfBoundsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		for name, change := range map[string]func(*Entry){
			"no act":     func(e *Entry) { e.Act = id.ID{} },
			"no kind":    func(e *Entry) { e.Kind = "" },
			"no object":  func(e *Entry) { e.Object = id.ID{} },
			"long text":  func(e *Entry) { e.Facts[0].Value = strings.Repeat("x", MaxText+1) },
			"many facts": func(e *Entry) { e.Facts = make([]Fact, MaxFacts+1) },
			"not text":   func(e *Entry) { e.Title = "\xff" },
		} {
			e := sample().Entry
			change(&e)
			if _, err := w.Prepare(w.keys, e); !errors.Is(err, ErrEntry) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
