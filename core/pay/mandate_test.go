package pay

import (
	"context"
	"errors"
	"testing"
	"time"

	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// purses stand for core/mandate: a cap, and what committed Writes have counted.
type purses struct {
	most    int64
	counted map[id.ID]int64
}

func (p *purses) set(tx *store.Tx, payment id.ID, amount int64) error {
	tx.AfterCommit(func() { p.counted[payment] = amount })
	return nil
}

func (p *purses) Reserve(tx *store.Tx, _ act.Act, payment id.ID, amount money.Amount) error {
	if amount.Minor > p.most {
		return mandate.ErrCap
	}
	return p.set(tx, payment, amount.Minor)
}

func (p *purses) Release(tx *store.Tx, _, payment id.ID) error { return p.set(tx, payment, 0) }
func (p *purses) Settle(tx *store.Tx, _, payment id.ID) error  { return p.set(tx, payment, 1) }
func (*purses) Taken(context.Context, id.ID) ([]mandate.Mandate, error) {
	return nil, nil
}

// What is paid under a mandate counts from the Write that begins it, is given back when the payment fails, and a payment
// that the mandate does not let leaves nothing, not even an order at the bank.
func TestAPaymentUnderAMandateCounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		s := newStand(t, st, c)
		helper := act.Act{Actor: act.Actor{Kind: act.Person, Person: id.Derived("person", "ivan")}, Assurance: act.Basic}.For(anna, id.Derived("mandate", "1")).Using("pay", "parking-permit")
		large := s.charge(500)
		if _, err := s.Begin(ctx, helper, Basket{Payer: anna, Asks: []Ask{large}}, lang.Russian); err == nil {
			t.Error("a payment under a mandate whose bound nobody keeps")
		}
		kept := &purses{most: 400, counted: map[id.ID]int64{}}
		s.deps.Mandates = kept
		if _, err := s.Begin(ctx, helper, Basket{Payer: anna, Asks: []Ask{large}}, lang.Russian); !errors.Is(err, mandate.ErrCap) {
			t.Errorf("over the cap: %v", err)
		}
		if len(s.bank.Payments()) != 0 {
			t.Error("a refused payment left something")
		}
		small, more := s.charge(100), s.charge(200)
		first, err := s.Begin(ctx, helper, Basket{Payer: anna, Asks: []Ask{small, more}}, lang.Russian)
		s.must(err)
		if kept.counted[first.Payment] != 300 {
			t.Errorf("counted %v", kept.counted)
		}
		if _, err := s.bank.Decide(first.Attempt.String(), false); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Settle(ctx, first.Attempt); err != nil || kept.counted[first.Payment] != 0 {
			t.Errorf("after it failed: %v %v", kept.counted, err)
		}
		c.Move(time.Second) // so that the second attempt is the newer one
		second, err := s.Begin(ctx, helper, Basket{Payer: anna, Asks: []Ask{small, more}}, lang.Russian)
		s.must(err)
		if _, err := s.bank.Decide(second.Attempt.String(), true); err != nil {
			t.Fatal(err)
		}
		if state, err := s.Settle(ctx, second.Attempt); err != nil || state != Paid || kept.counted[second.Payment] != 1 {
			t.Errorf("after it was paid: %s %v %v", state, kept.counted, err)
		}
	}, migrated...)
}
