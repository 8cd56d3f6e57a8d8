package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestADayOfManyAccounts: the closing of a day on which very many accounts moved holds nobody else for long, and what a
// closing that broke off left is neither in the books nor in the way.
func TestADayOfManyAccounts(t *testing.T) {
	t.Parallel()
	const accounts = 2*closingsPage + 7
	c := clock.At(storetest.Start)
	var mu sync.Mutex
	most := 0
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Clock: c, Trace: func(r store.TraceRecord) {
		mu.Lock()
		defer mu.Unlock()
		most = max(most, len(r.Touched))
	}}, Migrations)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	m := movement("many")
	for i := range accounts {
		m.Lines = append(m.Lines, line(bank, Named(fmt.Sprint("card ", i), money.RUB, Free), int64(i+1)))
	}
	for day := range 2 {
		m.ID = movement(fmt.Sprint("many ", day)).ID
		write(t, s, func(tx *store.Tx) error { _, err := Post(tx, m); return err })
		c.Move(24 * time.Hour)
		most = 0
		d, _, err := due(t.Context(), s, zone, c.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := closeAccounts(t.Context(), s, &d, cut(4)[:2]); err != nil { // as far as it came
			t.Fatal(err)
		}
		sound(t, s)
		now, err := BalanceAt(t.Context(), s, m.Lines[0].Credit.ID, c.Now())
		if err != nil || now.Credits != int64(day+1) {
			t.Fatalf("a half closed day tells %+v: %v", now, err)
		}
		if _, did, err := closeNext(t.Context(), s, zone, c.Now(), nil); err != nil || !did {
			t.Fatalf("closed %v: %v", did, err)
		}
		sound(t, s)
		if most == 0 || most > closingsPage {
			t.Errorf("a Write of the closing changed %d rows, want 1 to %d", most, closingsPage)
		}
	}
}

// TestAMovementInAnotherState: to post what is only reserved, or given up, is no repeat of anything.
func TestAMovementInAnotherState(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		try := func(how func(*store.Tx, Movement) (bool, error), m Movement) error {
			return s.Write(context.Background(), func(tx *store.Tx) error { _, err := how(tx, m); return err })
		}
		m := movement("held", line(bank, income, 100))
		for _, step := range []struct {
			name string
			how  func(*store.Tx, Movement) (bool, error)
			want error
		}{
			{"reserve", Reserve, nil}, {"again", Reserve, nil}, {"post what is reserved", Post, ErrOther}, {"give up", VoidReserved, nil},
			{"post what is void", Post, ErrOther}, {"reserve what is void", Reserve, ErrOther},
		} {
			if err := try(step.how, m); !errors.Is(err, step.want) {
				t.Errorf("%s: %v, want %v", step.name, err, step.want)
			}
		}
		m = movement("posted", line(bank, income, 100))
		for i, how := range []func(*store.Tx, Movement) (bool, error){Reserve, PostReserved, Post, Reserve} { // a repeat of what came before
			if err := try(how, m); err != nil {
				t.Errorf("step %d: %v", i, err)
			}
		}
	}, Migrations)
}
