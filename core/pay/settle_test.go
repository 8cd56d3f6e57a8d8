package pay

import (
	"context"
	"testing"
	"time"

	"posad.city/core/ledger"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// odd is a bank that does not always close what it is told to close, and may count in another currency.
type odd struct {
	Bank
	open     bool // Cancel leaves the attempt open
	currency money.Currency
}

func (o *odd) Cancel(ctx context.Context, attempt id.ID) (Standing, error) {
	if o.open {
		return Standing{State: Open}, nil
	}
	return o.Bank.Cancel(ctx, attempt)
}

func (o *odd) Ask(ctx context.Context, attempt id.ID) (Standing, error) {
	out, err := o.Bank.Ask(ctx, attempt)
	if o.currency != "" {
		out.Currency = o.currency
	}
	return out, err
}

// withOdd runs a test on both engines with a charge whose first attempt was begun at an odd bank.
func withOdd(t *testing.T, test func(t *testing.T, s *stand, bank *odd, charge id.ID)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		s := newStand(t, st, c)
		bank := &odd{Bank: s.deps.Bank}
		s.deps.Bank = bank
		charge := s.charge(500)
		if _, err := s.Checkout(ctx, self, anna, charge, lang.English); err != nil {
			t.Fatal(err)
		}
		test(t, s, bank, charge)
	}, jobs.Migrations, ledger.Migrations, Migrations)
}

func (s *stand) decide(attempt id.ID) {
	s.t.Helper()
	if _, err := s.bank.Decide(attempt.String(), true); err != nil {
		s.t.Fatal(err)
	}
}

// The bank took the money and gave it back before the city had heard of either.
func TestABillWhoseMoneyTheBankGaveBackCanBePaidAnew(t *testing.T) {
	withOdd(t, func(t *testing.T, s *stand, bank *odd, charge id.ID) {
		first := s.attempts(charge)[0].ID
		s.decide(first)
		if _, err := bank.Refund(ctx, first); err != nil {
			t.Fatal(err)
		}
		s.clock.Move(time.Minute)
		s.drain()
		if got := s.attempts(charge)[0]; got.State != Expired || s.state(charge) != Due {
			t.Errorf("the attempt is %s, the charge %s", got.State, s.state(charge))
		}
		if _, err := s.Checkout(ctx, self, anna, charge, lang.English); err != nil {
			t.Fatal(err)
		}
		s.decide(s.attempts(charge)[0].ID)
		s.clock.Move(time.Minute)
		s.drain()
		if books := s.books(); s.state(charge) != Paid || books[Income(agency, money.RUB).ID] != 500 {
			t.Errorf("the charge is %s, the books say %v", s.state(charge), books)
		}
		// What was paid here stays paid, whatever the bank does with it later.
		if _, err := bank.Refund(ctx, s.attempts(charge)[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Settle(ctx, s.attempts(charge)[0].ID); err != nil || s.attempts(charge)[0].State != Paid {
			t.Errorf("%s %v", s.attempts(charge)[0].State, err)
		}
	})
}

func TestAnotherCurrencyPaysNothing(t *testing.T) {
	withOdd(t, func(t *testing.T, s *stand, bank *odd, charge id.ID) {
		attempt := s.attempts(charge)[0].ID
		bank.currency = "KZT"
		s.decide(attempt)
		if _, err := s.Settle(ctx, attempt); err == nil || s.state(charge) != Due || len(s.books()) != 0 {
			t.Errorf("%v: the charge is %s, the books say %v", err, s.state(charge), s.books())
		}
		bank.currency = ""
		if _, err := s.Settle(ctx, attempt); err != nil || s.state(charge) != Paid {
			t.Errorf("%v: the charge is %s", err, s.state(charge))
		}
	})
}

// A bank that answers the closing by "open" may still take the money: it is asked until it says how the attempt ended.
func TestAnAttemptThatTheBankDoesNotCloseIsAskedAboutAgain(t *testing.T) {
	withOdd(t, func(t *testing.T, s *stand, bank *odd, charge id.ID) {
		bank.open = true
		for range 30 {
			s.clock.Move(time.Hour)
			s.drain()
		}
		s.decide(s.attempts(charge)[0].ID)
		s.clock.Move(2 * time.Hour)
		s.drain()
		if s.state(charge) != Paid {
			t.Errorf("the charge is %s: its money was forgotten", s.state(charge))
		}
	})
}
