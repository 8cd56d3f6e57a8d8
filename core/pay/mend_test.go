package pay

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/sim/bank"
)

// A code that another receipt has is not given a second time: the payment gets one of its own.
func TestTwoReceiptsNeverShareACode(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		codes := []string{"one", "one", "two"}
		s.Module.code = func() string {
			out := codes[0]
			codes = codes[1:]
			return out
		}
		first, second := s.pay(s.charge(300)), s.pay(s.charge(200))
		if first.Code != "one" || second.Code != "two" || second.State != Paid {
			t.Fatalf("%q %q %s", first.Code, second.Code, second.State)
		}
		s.holds(map[id.ID]int64{ours: 500})
	})
}

func TestAReceiptIsFoundByItsLongCode(t *testing.T) {
	s := one(t)
	p := s.pay(s.charge(300))
	if len(p.Code) != id.CodeDigits {
		t.Errorf("the code is %q", p.Code)
	}
	got, err := s.Receipt(ctx, id.FormatCode(p.Code))
	if err != nil || got.ID != p.ID {
		t.Errorf("%s %v", got.ID, err)
	}
}

// The bank's refusal of a refund is final under its number. Asked again, it is another number to the bank.
func TestARefusedRefundIsGivenWhenItIsAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		p := s.pay(a)
		s.bank.SetFaults(bank.Faults{RefuseRefunds: 2, Messages: -1})
		s.must(s.giveBackOf(p, a, 0))
		s.drain()
		for again, want := range []RefundStep{RefusedByAll, RefusedByAll, Given} {
			refunds, _, err := s.Refunds(ctx, s.system(), p.Payer, p.ID)
			if again > 0 {
				s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error { return s.AskAgain(tx, p.Payer, refunds[0].ID) }))
				s.drain()
				refunds, _, err = s.Refunds(ctx, s.system(), p.Payer, p.ID)
			}
			if err != nil || len(refunds) != 1 || refunds[0].State != want {
				t.Errorf("asked again %d times: %+v %v", again, refunds, err)
			}
		}
		s.holds(map[id.ID]int64{ours: 0, back: 0, clearing: 0})
	})
}

// What the bank would not give back while the payer disputed it goes back once the dispute is won.
func TestAWonDisputeAsksForRefusedRefunds(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		p := s.pay(a)
		s.must(s.bank.Act(p.Attempts[0].ID.String(), "dispute", 0))
		s.must(s.giveBackOf(p, a, 0)) // the city has not heard of the dispute
		s.drain()
		s.must(s.bank.Act(p.Attempts[0].ID.String(), "won", 0))
		_, err := s.Settle(ctx, p.Attempts[0].ID)
		s.must(err)
		s.drain()
		s.holds(map[id.ID]int64{ours: 0, back: 0, fought: 0, clearing: 0})
	})
}

// An id that was derived from a key says nothing of time; the lists go by time all the same, and pages lose nothing.
func TestListsAreByTimeAndLoseNoLine(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		var made []id.ID
		for i := range 12 {
			asks := make([]Ask, 0, 9)
			for range 9 {
				asks = append(asks, s.charge(10))
			}
			b, err := s.Begin(ctx, self, Basket{Payer: anna, Asks: asks, Key: id.Derived("key", time.Duration(i).String())}, lang.Russian)
			s.must(err)
			s.decide(b.Attempt, true)
			made = append(made, b.Payment)
			s.clock.Move(time.Minute)
		}
		s.drain()
		slices.Reverse(made)
		list, err := s.Payments(ctx, self, anna, id.ID{})
		s.must(err)
		for i, p := range list {
			if p.ID != made[i] {
				t.Fatalf("payment %d is not in its place", i)
			}
		}
		if rest, err := s.Payments(ctx, self, anna, made[3]); err != nil || len(rest) != 8 || rest[0].ID != made[4] {
			t.Errorf("%d after the fourth: %v", len(rest), err)
		}
		for _, state := range []IncomeState{"", IncomePaid} {
			seen, before, order := map[id.ID]bool{}, id.ID{}, []id.ID(nil)
			for {
				page, err := s.IncomeOf(ctx, agency, state, before)
				s.must(err)
				if len(page) == 0 {
					break
				}
				for _, l := range page {
					seen[l.Charge] = true
					if len(order) == 0 || order[len(order)-1] != l.Payment {
						order = append(order, l.Payment)
					}
				}
				before = page[len(page)-1].Payment
			}
			if len(seen) != 108 || !slices.Equal(order, made) {
				t.Errorf("state %q: %d lines of %d payments", state, len(seen), len(order))
			}
		}
	})
}

// A fee that is to go back while its payment is disputed goes back once the dispute is won, and not before.
func TestWhatIsDisputedGoesBackAfterwards(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, b := s.charge(300), s.charge(100)
		p := s.pay(a, b)
		at := p.Attempts[0]
		s.must(s.bank.Act(at.ID.String(), "dispute", 0))
		_, err := s.Settle(ctx, at.ID)
		s.must(err)
		ready, err := s.PrepareGiveBack(ctx, a.Home, a.Charge)
		s.must(err)
		if ready.Amount().Minor != 0 || !ready.Later() {
			t.Fatalf("%v goes back at once", ready.Amount())
		}
		s.must(s.base.Store.Write(ctx, ready.Put))
		s.clock.Move(3 * time.Hour)
		s.drain()
		s.holds(map[id.ID]int64{ours: 400, back: 0})
		s.must(s.bank.Act(at.ID.String(), "won", 0))
		_, err = s.Settle(ctx, at.ID)
		s.must(err)
		s.clock.Move(3 * time.Hour)
		s.drain()
		s.holds(map[id.ID]int64{ours: 100, back: 0, fought: 0, clearing: -100})
	})
}

func (s *stand) correct(a Ask, n charge.Correction) {
	s.t.Helper()
	n.Reason = "test"
	s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error { return s.charges.Correct(tx, s.system(), a.Home, a.Charge, n) }))
}

// What a correction made too much goes back also when the payment is disputed at that moment, and when the charge moves
// again in between.
func TestWhatIsTooMuchIsLookedAtUntilItIsBack(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		p := s.pay(a)
		at := p.Attempts[0]
		s.must(s.bank.Act(at.ID.String(), "dispute", 0))
		_, err := s.Settle(ctx, at.ID)
		s.must(err)
		s.correct(a, charge.Correction{Amount: 100})
		s.drain()
		s.holds(map[id.ID]int64{ours: 300, back: 0})
		s.must(s.bank.Act(at.ID.String(), "won", 0))
		_, err = s.Settle(ctx, at.ID)
		s.must(err)
		s.clock.Move(3 * time.Hour)
		s.drain()
		s.holds(map[id.ID]int64{ours: 100, back: 0, fought: 0, clearing: -100})
	})
}

// moving is the charges in which one moves between the reading of it and the Write.
type moving struct {
	Charges
	move func()
}

func (m *moving) Charge(c context.Context, a act.Act, home, key id.ID) (charge.Charge, error) {
	out, err := m.Charges.Charge(c, a, home, key)
	if do := m.move; do != nil {
		m.move = nil
		do()
	}
	return out, err
}

func TestAChargeThatMovesWhileItsSurplusGoesBack(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		s.pay(a)
		s.correct(a, charge.Correction{Amount: 100})
		s.deps.Charges = &moving{Charges: s.charges, move: func() { s.correct(a, charge.Correction{Amount: 100, Due: s.clock.Now().Add(99 * time.Hour)}) }}
		s.drain()
		s.clock.Move(time.Second)
		s.drain()
		s.holds(map[id.ID]int64{ours: 100, back: 0, clearing: -100})
	})
}

// A sum that was not shown is never taken: the person looks at the new one first.
func TestNoOtherSumIsTakenThanWasShown(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		until := dayAfter(s.clock.Now())
		a := s.owe(anna, agency, 1000, &charge.Terms{Discount: &charge.Discount{Percent: 50, Until: until}})
		a.Shown = 500
		s.clock.Move(72 * time.Hour)
		if _, err := s.begin(a); !errors.Is(err, ErrShown) {
			t.Errorf("the discount is over: %v", err)
		}
		if len(s.bank.Payments()) != 0 {
			t.Error("the bank was asked")
		}
		a.Shown = 1000
		if p := s.pay(a); p.Amount.Minor != 1000 {
			t.Errorf("%v was taken", p.Amount)
		}
	})
}

// An agency learns what it was paid itself: not the sum of a payment that others have a part of, nor the code that shows
// the whole receipt.
func TestAnAgencySeesItsOwnPartAlone(t *testing.T) {
	s := one(t)
	p := s.pay(s.charge(300), s.owe(anna, tax, 200, nil))
	for _, r := range s.deskRows(p, tax, lang.English) {
		if strings.Contains(r.value, "500") || strings.Contains(r.value, "5.00") || strings.Contains(r.value, id.FormatCode(p.Code)) {
			t.Errorf("%s: %s", r.label, r.value)
		}
	}
	if p.paidTo(tax) != 200 || p.ofAlone(tax) || p.mayAsk(tax, Refund{Payee: agency}) || !p.mayAsk(tax, Refund{Payee: tax}) {
		t.Error("another agency's part")
	}
}

// A card is charged at once only by the payer's own hand, for sums that they saw.
func TestWhoMayChargeACard(t *testing.T) {
	t.Parallel()
	seen := []Ask{{Charge: anna, Shown: 5}}
	for name, one := range map[string]struct {
		a    act.Act
		b    Basket
		want error
	}{
		"own":             {self, Basket{Payer: anna, Method: ByCard, Asks: seen}, nil},
		"by page, unseen": {other, Basket{Payer: anna, Method: ByPage, Asks: []Ask{{Charge: anna}}}, nil},
		"unseen":          {self, Basket{Payer: anna, Method: ByCard, Asks: []Ask{{Charge: anna}}}, ErrShown},
		"another's card":  {other, Basket{Payer: anna, Method: ByCard, Asks: seen}, ErrMethod},
		"at a centre":     {act.Act{Actor: self.Actor, Channel: act.Centre}, Basket{Payer: anna, Method: ByWallet, Asks: seen}, ErrMethod},
	} {
		if err := mayTake(one.a, one.b); !errors.Is(err, one.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
