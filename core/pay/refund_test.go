package pay

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/ledger"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/sim/bank"
)

// pays has the charge paid at the bank.
func (s *stand) pays(charge id.ID) {
	s.t.Helper()
	if _, err := s.Checkout(ctx, self, anna, charge, lang.English); err != nil {
		s.t.Fatal(err)
	}
	attempt := s.attempts(charge)[0].ID
	if _, err := s.bank.Decide(attempt.String(), true); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.Settle(ctx, attempt); err != nil {
		s.t.Fatal(err)
	}
}

func TestAPaidFeeGoesBackOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		b := newStand(t, s, c)
		charge := b.charge(500)
		if _, err := b.PrepareRefund(ctx, anna, charge); !errors.Is(err, ErrUnpaid) {
			t.Errorf("an unpaid bill: %v", err)
		}
		b.pays(charge)
		first, err := b.PrepareRefund(ctx, anna, charge)
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.PrepareRefund(ctx, anna, charge)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Write(ctx, first.Put); err != nil {
			t.Fatal(err)
		}
		for _, again := range []*PreparedRefund{first, second} {
			if err := s.Write(ctx, again.Put); !errors.Is(err, ErrUnpaid) {
				t.Errorf("given back twice: %v", err)
			}
		}
		b.drain()
		if books := b.books(); books[Income(agency, money.RUB).ID] != 0 || books[ToReturn(money.RUB).ID] != 0 || books[Clearing(money.RUB).ID] != 0 {
			t.Errorf("the books say %v", books)
		}
		for _, p := range b.bank.Payments() {
			if p.Refunds != 1 {
				t.Errorf("the bank gave back %d times", p.Refunds)
			}
		}
		if b.state(charge) != Refunded {
			t.Errorf("the bill is %s", b.state(charge))
		}
		if _, err := b.Checkout(ctx, self, anna, charge, lang.English); !errors.Is(err, ErrSettled) {
			t.Errorf("it can be paid anew: %v", err)
		}
	}, jobs.Migrations, ledger.Migrations, Migrations)
}

// Whatever is lost, doubled or cut off on the way, and however often a fee is given back: never more goes back than came,
// nothing goes back twice, and the books are the bank's.
func TestRandomRefundsNeverGiveBackMoreThanCame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, c := openFor(t)
		defer func() { _ = s.Close() }()
		b := newStand(t, s, c)
		charge := b.charge(700)
		var ready []*PreparedRefund
		given := 0
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "refund") {
			case 0:
				if p, err := b.PrepareRefund(ctx, anna, charge); err == nil {
					ready = append(ready, p)
				}
			case 1:
				if len(ready) > 0 && s.Write(ctx, rapid.SampledFrom(ready).Draw(rt, "which").Put) == nil {
					given++
				}
			default:
				step(rt, b, charge)
			}
		}
		b.bank.SetFaults(bank.Faults{Messages: -1})
		for range 5 {
			c.Move(2 * time.Hour)
			b.drain()
		}
		if given > 1 || (given == 1) != (b.state(charge) == Refunded) {
			rt.Errorf("given back %d times, the bill is %s", given, b.state(charge))
		}
		net := int64(0)
		for _, p := range b.bank.Payments() {
			if p.Refunds > p.Takes {
				rt.Errorf("more went back than came: %+v", p)
			}
			net += int64(p.Takes-p.Refunds) * p.Amount
		}
		books := b.books()
		if -books[Clearing(money.RUB).ID] != net || books[ToReturn(money.RUB).ID] != 0 || (b.state(charge) == Paid) != (books[Income(agency, money.RUB).ID] == 700) {
			rt.Errorf("the bank holds %d, the bill is %s, the books say %v", net, b.state(charge), books)
		}
	})
}
