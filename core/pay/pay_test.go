package pay

import (
	"errors"
	"strings"
	"testing"
	"time"

	"posad.city/core/charge"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/sim/bank"
)

func TestAPaymentIsTakenOnceHoweverOftenItIsTold(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300_000)
		first := s.mustBegin(a)
		again := s.mustBegin(a)
		if again != first {
			t.Fatalf("a second press makes %+v of %+v", again, first)
		}
		for range 3 {
			if state := s.decide(first.Attempt, true); state != Paid {
				t.Fatalf("settled as %q", state)
			}
		}
		s.drain()
		if s.state(a) != charge.Paid || s.heard[EventTaken] != 1 || s.heard[charge.EventPaid] != 1 {
			t.Errorf("the charge is %s, heard %v", s.state(a), s.heard)
		}
		s.holds(map[id.ID]int64{ours: 300_000, clearing: -300_000, back: 0})
		if _, err := s.begin(a); !errors.Is(err, ErrSettled) {
			t.Errorf("a third press: %v", err)
		}
	})
}

// Many charges of several homes and payees, one of them in part.
func TestManyChargesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		fee, part, his := s.charge(100), s.owe(anna, tax, 1000, inParts), s.owe(oleg, tax, 70, nil)
		part.Amount = 400
		p := s.pay(fee, part, his)
		if p.State != Paid || p.Amount.Minor != 570 || len(p.Lines) != 3 || p.Code == "" {
			t.Errorf("the payment is %+v", p)
		}
		if s.state(fee) != charge.Paid || s.state(part) != charge.Part || s.owed(part).Paid != 400 || s.state(his) != charge.Paid {
			t.Errorf("the charges are %s, %s, %s", s.state(fee), s.state(part), s.state(his))
		}
		s.holds(map[id.ID]int64{ours: 100, theirs: 470, clearing: -570})
		part.Amount = 0
		if p = s.pay(part); p.Amount.Minor != 600 || s.state(part) != charge.Paid {
			t.Errorf("the rest is %d, the charge %s", p.Amount.Minor, s.state(part))
		}
		lines, err := s.IncomeOf(ctx, tax, "", id.ID{})
		if err != nil || len(lines) != 3 {
			t.Errorf("the payee's list: %+v %v", lines, err)
		}
	})
}

func TestWhatMayNotBePaidSo(t *testing.T) {
	s := one(t)
	whole, parts := s.charge(100), s.owe(anna, agency, 100, inParts)
	less := func(a Ask, amount int64) Ask { a.Amount = amount; return a }
	for name, c := range map[string]struct {
		asks []Ask
		want error
	}{
		"nothing":           {nil, ErrBasket},
		"one thing twice":   {[]Ask{whole, whole}, ErrBasket},
		"a part of a whole": {[]Ask{less(whole, 50)}, ErrWhole},
		"too much":          {[]Ask{less(parts, 101)}, ErrTooMuch},
		"below zero":        {[]Ask{less(parts, -1)}, ErrTooMuch},
		"what is not there": {[]Ask{{Home: anna, Charge: id.New(s.clock.Now())}}, charge.ErrNone},
	} {
		if _, err := s.begin(c.asks...); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.bank.Payments()) != 0 {
		t.Error("the bank heard of it")
	}
	if _, err := s.Begin(ctx, self, Basket{Payer: anna, Asks: []Ask{whole}, Method: ByWallet, Card: anna}, lang.Russian); !errors.Is(err, ErrMethod) {
		t.Errorf("a wallet where there is none: %v", err)
	}
}

// Another choice closes what was begun before at the bank, so that only one of the two can be paid.
func TestAnotherBasketClosesTheFirst(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, b := s.charge(100), s.charge(50)
		first := s.mustBegin(a)
		s.clock.Move(time.Second)
		second := s.mustBegin(a, b)
		if second.Attempt == first.Attempt || s.bank.Payments()[first.Attempt.String()].State != "expired" {
			t.Fatalf("the first is %s", s.bank.Payments()[first.Attempt.String()].State)
		}
		if state := s.decide(second.Attempt, true); state != Paid {
			t.Errorf("the second is %s", state)
		}
		s.drain()
		s.holds(map[id.ID]int64{ours: 150, back: 0})
	})
}

// Somebody else's open payment keeps a charge for a while, and is closed after it.
func TestTwoPayersOfOneCharge(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(100)
		first := s.mustBegin(a)
		his := Basket{Payer: oleg, Asks: []Ask{a}}
		if _, err := s.Begin(ctx, other, his, lang.Russian); !errors.Is(err, ErrPending) {
			t.Fatalf("a second payer: %v", err)
		}
		s.clock.Move(otherWait)
		second, err := s.Begin(ctx, other, his, lang.Russian)
		s.must(err)
		if s.bank.Payments()[first.Attempt.String()].State != "expired" {
			t.Error("the first may still be paid")
		}
		s.decide(second.Attempt, true)
		s.drain()
		s.holds(map[id.ID]int64{ours: 100}, anna, oleg)
	})
}

func TestAKeyIsOnePayment(t *testing.T) {
	s := one(t)
	a := s.charge(100)
	basket := Basket{Payer: anna, Asks: []Ask{a}, Key: id.Derived("key", "1")}
	first, err := s.Begin(ctx, self, basket, lang.Russian)
	s.must(err)
	s.decide(first.Attempt, false)
	again, err := s.Begin(ctx, self, basket, lang.Russian)
	s.must(err)
	if again.Payment != first.Payment || again.State != Declined || again.Reason == "" {
		t.Errorf("again: %+v", again)
	}
}

func TestAnAnswerThatIsLostIsFoundByTheJob(t *testing.T) {
	s := one(t)
	a := s.charge(100)
	s.bank.SetFaults(bank.Faults{LoseNext: 1, Messages: -1})
	b, err := s.begin(a)
	if !errors.Is(err, ErrBank) {
		t.Fatalf("a lost answer: %v", err)
	}
	_, err = s.bank.Decide(b.Attempt.String(), true) // the payer found the page all the same
	s.must(err)
	s.clock.Move(time.Minute)
	s.drain()
	if s.state(a) != charge.Paid {
		t.Errorf("the charge is %s", s.state(a))
	}
}

// The bank's messages were lost too, so that asking is the only way to learn of the money.
func TestABankThatIsAwayForDaysLosesNoMoney(t *testing.T) {
	s := one(t)
	a := s.charge(100)
	b := s.mustBegin(a)
	_, err := s.bank.Decide(b.Attempt.String(), true)
	s.must(err)
	s.bank.SetFaults(bank.Faults{RefuseNext: 1 << 20, Messages: -1})
	for range 48 {
		s.clock.Move(2 * time.Hour)
		s.drain()
	}
	s.bank.SetFaults(bank.Faults{Messages: -1})
	s.clock.Move(2 * time.Hour)
	s.drain()
	if s.state(a) != charge.Paid {
		t.Errorf("the charge is %s", s.state(a))
	}
}

func TestADeclinedPaymentCanBeTriedAnew(t *testing.T) {
	s := one(t)
	a := s.charge(100)
	first := s.mustBegin(a)
	s.decide(first.Attempt, false)
	s.clock.Move(time.Minute)
	second := s.mustBegin(a)
	s.decide(second.Attempt, true)
	if s.state(a) != charge.Paid || second.Attempt == first.Attempt || s.read(first).State != Failed {
		t.Errorf("%s after %+v and %+v", s.state(a), first, second)
	}
}

func TestAnAttemptLeftOpenIsClosedAtTheBank(t *testing.T) {
	s := one(t)
	b := s.mustBegin(s.charge(500))
	for range 30 {
		s.clock.Move(time.Hour)
		s.drain()
	}
	p := s.read(b)
	if p.Attempts[0].State != Expired || p.State != Failed || s.bank.Payments()[b.Attempt.String()].State != "expired" {
		t.Errorf("ours is %s, the bank's %s", p.Attempts[0].State, s.bank.Payments()[b.Attempt.String()].State)
	}
}

// Only what came too much goes back: one of two charges was cancelled while the bank was paying.
func TestASurplusAloneGoesBack(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		kept, gone := s.charge(300), s.charge(200)
		b := s.mustBegin(kept, gone)
		s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := s.charges.Cancel(tx, s.system(), gone.Home, gone.Charge, "test")
			return err
		}))
		s.decide(b.Attempt, true)
		s.drain()
		p := s.read(b)
		if p.State != Paid || p.Surplus() != 200 || p.Refunded != 200 || s.state(kept) != charge.Paid || s.state(gone) != charge.Cancelled {
			t.Errorf("%+v", p)
		}
		s.holds(map[id.ID]int64{ours: 300, back: 0, clearing: -300})
		if got := s.bank.Payments()[b.Attempt.String()]; got.Refunded != 200 || got.State != "paid" {
			t.Errorf("the bank gave back %d and says %s", got.Refunded, got.State)
		}
	})
}

// An attempt that the bank declined is paid after all, when another one has paid.
func TestMoneyForAPaidChargeIsGivenBack(t *testing.T) {
	s := one(t)
	a := s.charge(500)
	first := s.mustBegin(a)
	at, err := s.Attempt(ctx, first.Attempt)
	s.must(err)
	s.must(s.carry(ctx, at, Standing{State: Declined})) // the bank had said no, and thought better of it
	s.clock.Move(time.Minute)
	second := s.mustBegin(a)
	s.decide(second.Attempt, true)
	s.decide(first.Attempt, true)
	s.drain()
	s.holds(map[id.ID]int64{ours: 500, back: 0, clearing: -500})
	if got := s.bank.Payments()[first.Attempt.String()]; got.Refunded != 500 || s.read(first).State != Refunded {
		t.Errorf("the bank gave back %d, the payment is %s", got.Refunded, s.read(first).State)
	}
}

func TestSomebodyWithoutAnAccountPays(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(100)
		b, err := s.Begin(ctx, nobody(s), Basket{Asks: []Ask{a}, Email: "ivan@example.org"}, lang.English)
		s.must(err)
		s.decide(b.Attempt, true)
		s.drain()
		p := s.read(b)
		if !p.Guest || b.Payer != b.Payment || p.Code == "" || s.state(a) != charge.Paid {
			t.Fatalf("%+v", p)
		}
		found, err := s.Receipt(ctx, p.Code)
		if err != nil || found.ID != p.ID {
			t.Errorf("by its code: %+v %v", found, err)
		}
		if len(s.mail.sent) != 1 || s.mail.sent[0].To.Address != "ivan@example.org" || len(s.mail.sent[0].Attachments) != 1 || !strings.Contains(s.mail.sent[0].Text, "http://city.test/pay/check/"+p.Code) {
			t.Errorf("sent %+v", s.mail.sent)
		}
		if _, err := s.Receipt(ctx, "123"); !errors.Is(err, ErrNone) {
			t.Errorf("another code: %v", err)
		}
	})
}
