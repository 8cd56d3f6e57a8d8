package pay

import (
	"errors"
	"testing"
	"time"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/sim/bank"
)

func nobody(s *stand) act.Act {
	return act.Act{ID: id.New(s.clock.Now()), Actor: act.Actor{Kind: act.Nobody}}
}

func (s *stand) giveBackOf(p Payment, a Ask, amount int64) error {
	ready, err := s.PrepareRefund(ctx, s.system(), Refunding{Payer: p.Payer, Payment: p.ID, Charge: a.Charge, Amount: amount, Why: "mistake"})
	if err != nil {
		return err
	}
	s.must(s.base.Store.Write(ctx, ready.Put))
	return s.base.Store.Write(ctx, ready.Put) // a second put of the same refund changes nothing
}

func TestRefundsInPart(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, b := s.charge(300), s.charge(200)
		p := s.pay(a, b)
		s.must(s.giveBackOf(p, a, 100))
		s.drain()
		s.holds(map[id.ID]int64{ours: 400, back: 0, clearing: -400})
		if err := s.giveBackOf(p, a, 201); !errors.Is(err, ErrUnpaid) {
			t.Errorf("more than is left: %v", err)
		}
		s.must(s.giveBackOf(p, a, 0))
		s.must(s.giveBackOf(p, b, 0))
		s.drain()
		s.holds(map[id.ID]int64{ours: 0, back: 0, clearing: 0})
		if got, _ := s.Payment(ctx, s.system(), p.Payer, p.ID); got.State != Refunded || s.state(a) != charge.Refunded || s.state(b) != charge.Refunded {
			t.Errorf("the payment is %s, the charges %s and %s", got.State, s.state(a), s.state(b))
		}
		refunds, _, err := s.Refunds(ctx, s.system(), p.Payer, p.ID)
		if err != nil || len(refunds) != 3 || refunds[0].Reason != "mistake" || refunds[0].State != Given {
			t.Errorf("%+v %v", refunds, err)
		}
	})
}

// What a payer takes back of their own wish is owed again: the payee gave nothing up.
func TestWhatThePayerTakesBackIsOwedAgain(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		p := s.pay(a)
		wish := self
		wish.ID = id.New(s.clock.Now())
		ready, err := s.PrepareRefund(ctx, wish, Refunding{Payer: p.Payer, Payment: p.ID, Charge: a.Charge, Key: p.ID, Again: true})
		s.must(err)
		s.must(s.base.Store.Write(ctx, ready.Put))
		s.must(s.base.Store.Write(ctx, ready.Put))
		s.drain()
		c := s.owed(a)
		if left := c.Owed(s.clock.Now(), zone()).Left; left != 300 || c.State != charge.Due {
			t.Errorf("%d is owed, the charge is %s", left, c.State)
		}
		s.holds(map[id.ID]int64{ours: 0, back: 0, clearing: 0})
		s.clock.Move(time.Minute)
		s.pay(a)
		if got := s.state(a); got != charge.Paid {
			t.Errorf("paid anew it is %s", got)
		}
		s.holds(map[id.ID]int64{ours: 300, back: 0, clearing: -300})
	})
}

func TestARefundThatWasDecidedTwiceIsGivenOnce(t *testing.T) {
	s := one(t)
	a := s.charge(300)
	p := s.pay(a)
	first, err := s.PrepareGiveBack(ctx, a.Home, a.Charge)
	s.must(err)
	second, err := s.PrepareRefund(ctx, s.system(), Refunding{Payer: p.Payer, Payment: p.ID, Charge: a.Charge})
	s.must(err)
	s.must(s.base.Store.Write(ctx, first.Put))
	if err := s.base.Store.Write(ctx, second.Put); !errors.Is(err, ErrUnpaid) {
		t.Errorf("the second: %v", err)
	}
	if _, err := s.PrepareGiveBack(ctx, a.Home, a.Charge); !errors.Is(err, ErrUnpaid) {
		t.Errorf("the third: %v", err)
	}
	s.drain()
	s.holds(map[id.ID]int64{ours: 0, back: 0, clearing: 0})
}

func TestABankThatIsSilentOnARefundIsAskedAgain(t *testing.T) {
	s := one(t)
	a := s.charge(300)
	p := s.pay(a)
	s.bank.SetFaults(bank.Faults{LoseNext: 1, RefuseNext: 2, Messages: -1})
	s.must(s.giveBackOf(p, a, 120))
	for range 4 {
		s.drain()
		s.clock.Move(time.Hour)
	}
	s.drain()
	s.holds(map[id.ID]int64{ours: 180, back: 0, clearing: -180})
	for _, one := range s.bank.Payments() {
		if one.Refunded != 120 {
			t.Errorf("the bank gave back %d", one.Refunded)
		}
	}
}

// A correction makes what was paid too much: it goes back by itself.
func TestWhatACorrectionMakesTooMuchGoesBack(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		s.pay(a)
		s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error {
			return s.charges.Correct(tx, s.system(), a.Home, a.Charge, charge.Correction{Amount: 220, Reason: "test"})
		}))
		s.drain()
		s.holds(map[id.ID]int64{ours: 220, back: 0, clearing: -220})
	})
}

func TestAReversalOwesAnew(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, b := s.charge(300), s.charge(200)
		p := s.pay(a, b)
		s.must(s.giveBackOf(p, a, 50))
		s.drain()
		at := p.Attempts[0]
		for range 2 {
			s.must(s.carry(ctx, at, Standing{State: Reversed, Amount: 500, Currency: "RUB"}))
		}
		s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 500, Currency: "RUB"})) // an older word that comes late
		s.drain()
		s.holds(map[id.ID]int64{ours: 0, back: 0, clearing: 0})
		if !s.state(b).Open() || s.owed(b).Owed(s.clock.Now(), zone()).Left != 200 {
			t.Errorf("the charge is %s", s.state(b))
		}
		if got, _ := s.Payment(ctx, s.system(), p.Payer, p.ID); got.State != Reversed {
			t.Errorf("the payment is %s", got.State)
		}
		s.pay(b)
		s.holds(map[id.ID]int64{ours: 200})
	})
}

// Taken and taken back before the city heard of either: nothing came, whatever is told later.
func TestABillWhoseMoneyTheBankGaveBackCanBePaidAnew(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		first := s.mustBegin(a)
		at, err := s.Attempt(ctx, first.Attempt)
		s.must(err)
		s.must(s.carry(ctx, at, Standing{State: Refunded, Amount: 300, Currency: "RUB"}))
		s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 300, Currency: "RUB"}))
		if s.state(a) != charge.Due || s.read(first).State != Failed {
			t.Errorf("%s, %s", s.state(a), s.read(first).State)
		}
		s.clock.Move(time.Second)
		s.pay(a)
		s.holds(map[id.ID]int64{ours: 300, clearing: -300})
	})
}

func TestDisputes(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		for _, end := range []Dispute{DisputeWon, DisputeLost} {
			a := s.charge(300)
			p := s.pay(a)
			at := p.Attempts[0]
			before := s.books(anna)[ours]
			for range 2 {
				s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 300, Currency: "RUB", Disputed: 200, Dispute: DisputeOpen}))
			}
			s.holds(map[id.ID]int64{fought: -200})
			if err := s.giveBackOf(p, a, 0); !errors.Is(err, ErrUnpaid) {
				t.Errorf("a refund of what is disputed: %v", err)
			}
			ready, err := s.PrepareAnswer(ctx, s.system(), p.Payer, at.ID, agency, "It was paid")
			s.must(err)
			s.must(s.base.Store.Write(ctx, ready.Put))
			for range 2 {
				s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 300, Currency: "RUB", Disputed: 200, Dispute: end}))
			}
			if end == DisputeLost {
				s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 300, Currency: "RUB", Disputed: 200, Dispute: DisputeOpen})) // an older word
			}
			s.drain()
			want, left := before, int64(0)
			if end == DisputeLost {
				want, left = before-200, 200
			}
			s.holds(map[id.ID]int64{fought: 0, ours: want})
			if got := s.owed(a).Owed(s.clock.Now(), zone()).Left; got != left {
				t.Errorf("%s: %d is owed", end, got)
			}
			_, dispute, err := s.Refunds(ctx, s.system(), p.Payer, p.ID)
			if err != nil || dispute == nil || dispute.State != end {
				t.Fatalf("%+v %v", dispute, err)
			}
			if words, err := s.answerTo(ctx, s.system(), p, dispute, agency); err != nil || words != "It was paid" {
				t.Errorf("%q %v", words, err)
			}
			if err := s.base.Store.Write(ctx, ready.Put); !errors.Is(err, ErrDispute) {
				t.Errorf("an answer to what is over: %v", err)
			}
		}
	})
}

func TestASavedCardPaysWithoutThePerson(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		b, err := s.Begin(ctx, self, Basket{Payer: anna, Asks: []Ask{s.charge(100)}, Save: true}, lang.Russian)
		s.must(err)
		s.decide(b.Attempt, true)
		cards, err := s.Cards(ctx, self, anna)
		if err != nil || len(cards) != 1 || cards[0].Label == "" {
			t.Fatalf("%+v %v", cards, err)
		}
		a := s.charge(70)
		paid, err := s.Begin(ctx, s.system(), Basket{Payer: anna, Asks: []Ask{a}, Method: ByCard, Card: cards[0].ID}, lang.Russian)
		s.must(err)
		if paid.State != Paid || s.state(a) != charge.Paid {
			t.Errorf("%+v", paid)
		}
		if _, err := s.Begin(ctx, other, Basket{Payer: oleg, Asks: []Ask{s.charge(5)}, Method: ByCard, Card: cards[0].ID}, lang.Russian); !errors.Is(err, ErrCard) {
			t.Errorf("somebody else's card: %v", err)
		}
		if was, err := s.RemoveCard(ctx, self, anna, cards[0].ID); err != nil || !was {
			t.Errorf("%v %v", was, err)
		}
		if _, err := s.Begin(ctx, self, Basket{Payer: anna, Asks: []Ask{s.charge(5)}, Method: ByCard, Card: cards[0].ID}, lang.Russian); !errors.Is(err, ErrCard) {
			t.Errorf("a card that was removed: %v", err)
		}
	})
}

// A discount that lived when the payment began lives for it, though the bank took until the next day.
func TestADiscountLivesUntilThePaymentBegan(t *testing.T) {
	s := one(t)
	until := dayAfter(s.clock.Now())
	a := s.owe(anna, agency, 1000, &charge.Terms{Discount: &charge.Discount{Percent: 50, Until: until}})
	b := s.mustBegin(a)
	if b.Amount.Minor != 500 {
		t.Fatalf("asked for %d", b.Amount.Minor)
	}
	s.clock.Move(72 * time.Hour)
	s.decide(b.Attempt, true)
	s.drain()
	if s.state(a) != charge.Paid || s.read(b).Surplus() != 0 {
		t.Errorf("the charge is %s", s.state(a))
	}
}
