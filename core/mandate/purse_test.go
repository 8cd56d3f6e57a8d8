package mandate_test

import (
	"errors"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

func (r *rig) spent(t *testing.T, one mandate.Mandate) int64 {
	t.Helper()
	purse, ok, err := r.Purse(t.Context(), one.Giver, one.ID)
	if err != nil || !ok {
		t.Fatalf("no purse: %v", err)
	}
	return purse.Spent.Minor
}

// Payments that race take no more of a purse than it holds, each of them whole or nothing.
func TestRacingPaymentsNeverPassTheCap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.adults(t)
		one := r.given(t, r.terms()) // 3 000 each, 10 000 in all
		a := r.enter(t, "ivan").For(one.Giver, one.ID).Using("pay", "parking")
		var done sync.WaitGroup
		var mu sync.Mutex
		passed, other := 0, []error{}
		for i := range 12 {
			done.Go(func() {
				pay := a
				pay.ID = id.Derived("act", string(rune('a'+i)))
				err := r.base.Store.WriteAs(t.Context(), pay, func(tx *store.Tx) error {
					return r.Reserve(tx, pay, id.Derived("payment", string(rune('a'+i))), money.Roubles(300000))
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					passed++
				} else if !errors.Is(err, mandate.ErrCap) {
					other = append(other, err)
				}
			})
		}
		done.Wait()
		if passed != 3 || len(other) > 0 || r.spent(t, one) != 900000 {
			t.Errorf("%d payments passed, %d spent, errors %v", passed, r.spent(t, one), other)
		}
		err := r.base.Store.WriteAs(t.Context(), a, func(tx *store.Tx) error {
			return r.Reserve(tx, a, id.Derived("payment", "large"), money.Roubles(300001))
		})
		if !errors.Is(err, mandate.ErrEach) {
			t.Errorf("a payment too large: %v", err)
		}
	})
}

// wallet is what a purse should hold: what each payment counts.
type wallet struct {
	amount  map[id.ID]int64
	counted map[id.ID]int64
}

func (w wallet) spent() int64 {
	sum := int64(0)
	for _, n := range w.counted {
		sum += n
	}
	return sum
}

// Whatever is reserved, released and settled in whatever order and however often, the purse holds the sum of what counts and
// never more than the cap.
func TestAPurseHoldsWhatCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.adults(t)
		turn := 0
		rapid.Check(t, func(rt *rapid.T) {
			if turn++; rarely(t, turn) {
				return
			}
			one := mandate.Mandate{ID: id.New(r.clock.Now()), Giver: id.Derived("person", "maria"), Taker: id.Derived("person", "ivan"), Kind: mandate.Helper}
			if err := r.base.Store.Write(t.Context(), func(tx *store.Tx) error { return r.PutPurse(tx, one.Giver, one.ID, 300, 1000) }); err != nil {
				rt.Fatal(err)
			}
			model := wallet{map[id.ID]int64{}, map[id.ID]int64{}}
			payments := []id.ID{id.New(r.clock.Now()), id.New(r.clock.Now()), id.New(r.clock.Now()), id.New(r.clock.Now()), id.New(r.clock.Now())}
			for range rapid.IntRange(1, 25).Draw(rt, "steps") {
				step(rt, r, one, payments, model)
				if got := r.spent(t, one); got != model.spent() || got > 1000 || got < 0 {
					rt.Fatalf("%d spent, want %d", got, model.spent())
				}
			}
		})
	})
}

func step(rt *rapid.T, r *rig, one mandate.Mandate, payments []id.ID, model wallet) {
	payment := rapid.SampledFrom(payments).Draw(rt, "payment")
	amount, begun := model.amount[payment]
	what := rapid.SampledFrom([]string{"reserve", "release", "settle"}).Draw(rt, "what")
	if what == "reserve" && begun {
		return
	}
	if what == "reserve" {
		amount = rapid.Int64Range(1, 400).Draw(rt, "amount")
	}
	err := r.base.Store.Write(rt.Context(), func(tx *store.Tx) error {
		switch what {
		case "reserve":
			a := act.Act{Actor: act.Actor{Kind: act.Person, Person: one.Taker}}.For(one.Giver, one.ID)
			return r.Reserve(tx, a, payment, money.Roubles(amount))
		case "release":
			return r.Release(tx, one.Giver, payment)
		}
		return r.Settle(tx, one.Giver, payment)
	})
	fits := amount <= 300 && model.spent()+amount <= 1000
	switch {
	case what == "reserve" && fits != (err == nil):
		rt.Fatalf("reserve %d over %d: %v", amount, model.spent(), err)
	case what != "reserve" && err != nil:
		rt.Fatalf("%s: %v", what, err)
	case what == "reserve" && fits:
		model.amount[payment], model.counted[payment] = amount, amount
	case what == "release" && begun:
		model.counted[payment] = 0
	case what == "settle" && begun:
		model.counted[payment] = min(amount, model.counted[payment]+1000-model.spent())
	}
}
