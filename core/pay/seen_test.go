package pay

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/charge"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/sim/bank"
)

// counted is what a counter shows.
func counted(c prometheus.Counter) float64 {
	r := prometheus.NewRegistry()
	if err := r.Register(c); err != nil {
		return -1
	}
	all, err := r.Gather()
	if err != nil || len(all) != 1 {
		return -1
	}
	return all[0].GetMetric()[0].GetCounter().GetValue()
}

func (s *stand) left(a Ask) int64 { return s.owed(a).Owed(s.clock.Now(), zone()).Left }

func (s *stand) settle(at Attempt) {
	s.t.Helper()
	_, err := s.Settle(ctx, at.ID)
	s.must(err)
}

// What somebody gives back at the bank's own cabinet leaves the incomes and is owed again, once, however often it is told.
func TestWhatIsGivenBackAtTheBankIsSeen(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, b := s.charge(300), s.owe(anna, tax, 200, inParts)
		p := s.pay(a, b)
		at := p.Attempts[0]
		s.must(s.giveBackOf(p, a, 100))
		s.drain()
		s.must(s.bank.Act(at.ID.String(), "return", 150))
		for range 2 {
			s.settle(at)
			s.drain()
		}
		s.holds(map[id.ID]int64{clearing: -250, back: 0})
		if got := s.books(anna); got[ours]+got[theirs] != 250 || s.left(a)+s.left(b) != 150 {
			t.Errorf("the payees have %d and %d, %d and %d are owed", got[ours], got[theirs], s.left(a), s.left(b))
		}
		s.must(s.bank.Act(at.ID.String(), "return", 0))
		s.settle(at)
		s.drain()
		s.holds(map[id.ID]int64{clearing: 0, back: 0, ours: 0, theirs: 0})
		if p = s.read(Begun{Payer: p.Payer, Payment: p.ID}); p.State != Refunded || counted(s.met.outside) != 2 {
			t.Errorf("the payment is %s, seen %v times", p.State, counted(s.met.outside))
		}
		told, err := s.AtBank(ctx, p.ID)
		sum := int64(0)
		for _, one := range told {
			sum += one.Amount.Minor
		}
		if err != nil || len(told) != 4 || sum != 0 {
			t.Errorf("the statement is to show %+v: %v", told, err)
		}
	})
}

// A refund that the bank refused and that an operator then gave back by hand is that refund, and nothing is owed again.
func TestARefusedRefundThatWasGivenByHandIsThatRefund(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		p := s.pay(a)
		s.bank.SetFaults(bank.Faults{RefuseRefunds: 1, Messages: -1})
		s.must(s.giveBackOf(p, a, 300))
		s.drain()
		s.must(s.bank.Act(p.Attempts[0].ID.String(), "return", 300))
		s.settle(p.Attempts[0])
		s.drain()
		s.holds(map[id.ID]int64{clearing: 0, back: 0, ours: 0})
		if s.state(a) != charge.Refunded || s.left(a) != 0 {
			t.Errorf("the charge is %s, %d is owed", s.state(a), s.left(a))
		}
	})
}

// Taken and partly given back before the city heard of either.
func TestAPaymentThatWasPartlyGivenBackBeforeItWasHeardOf(t *testing.T) {
	s := one(t)
	a := s.charge(300)
	b := s.mustBegin(a)
	_, err := s.bank.Decide(b.Attempt.String(), true)
	s.must(err)
	s.must(s.bank.Act(b.Attempt.String(), "return", 120))
	_, err = s.Settle(ctx, b.Attempt)
	s.must(err)
	s.drain()
	s.holds(map[id.ID]int64{ours: 180, clearing: -180})
	if s.left(a) != 120 {
		t.Errorf("%d is owed", s.left(a))
	}
}

// A dispute that grows, is won, is opened anew and lost: the books hold what the bank holds at each step.
func TestADisputeThatGrowsAndIsOpenedAnew(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(1000)
		p := s.pay(a)
		at := p.Attempts[0]
		for _, step := range []struct {
			do                       string
			amount                   int64
			aside, atBank, paid, owe int64
		}{
			{"dispute", 300, 300, 700, 1000, 0},
			{"dispute", 700, 1000, 0, 1000, 0},
			{"won", 0, 0, 1000, 1000, 0},
			{"dispute", 400, 400, 600, 1000, 0},
			{"lost", 0, 0, 600, 600, 400},
		} {
			s.must(s.bank.Act(at.ID.String(), step.do, step.amount))
			for range 2 {
				s.settle(at)
				s.drain()
			}
			got := s.books(anna)
			if got[fought] != -step.aside || got[clearing] != -step.atBank || got[ours] != step.paid || s.left(a) != step.owe {
				t.Errorf("after %s of %d: %d aside, %d at the bank, %d paid, %d owed", step.do, step.amount, -got[fought], -got[clearing], got[ours], s.left(a))
			}
		}
		told, err := s.AtBank(ctx, p.ID)
		sum := int64(0)
		for _, one := range told {
			sum += one.Amount.Minor
		}
		if err != nil || len(told) != 5 || sum != 600 {
			t.Errorf("the statement is to show %+v: %v", told, err)
		}
	})
}

// An answer is asked for anew when a word of a dispute came out of order.
func TestAnOldWordOfADisputeIsPutRight(t *testing.T) {
	s := one(t)
	p := s.pay(s.charge(300))
	at := p.Attempts[0]
	s.must(s.bank.Act(at.ID.String(), "dispute", 200))
	s.settle(at)
	s.must(s.bank.Act(at.ID.String(), "won", 0))
	s.settle(at)
	s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 300, Currency: "RUB", Disputed: 200, Dispute: DisputeOpen})) // asked before it was won
	s.clock.Move(time.Minute)
	s.drain()
	s.holds(map[id.ID]int64{ours: 300, fought: 0, clearing: -300})
}

// Each payee of a payment answers a dispute in its own words, and reads no others.
func TestEachPayeeAnswersADisputeForItself(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		p := s.pay(s.charge(300), s.owe(anna, tax, 200, nil))
		at := p.Attempts[0]
		s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 500, Currency: "RUB", Disputed: 500, Dispute: DisputeOpen}))
		_, dispute, err := s.Refunds(ctx, s.system(), p.Payer, p.ID)
		s.must(err)
		for payee, words := range map[id.ID]string{agency: "the first", tax: "the other"} {
			ready, err := s.PrepareAnswer(ctx, s.system(), p.Payer, at.ID, payee, words)
			s.must(err)
			s.must(s.base.Store.Write(ctx, ready.Put))
		}
		for payee, words := range map[id.ID]string{agency: "the first", tax: "the other", oleg: ""} {
			if got, err := s.answerTo(ctx, s.system(), p, dispute, payee); err != nil || got != words {
				t.Errorf("%q, not %q: %v", got, words, err)
			}
		}
	})
}

// What the bank took that is not what was ordered pays nothing, is in the books, and goes back.
func TestAnotherAmountIsBookedAndGoesBack(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		b := s.mustBegin(a)
		at, err := s.Attempt(ctx, b.Attempt)
		s.must(err)
		s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 200, Currency: "RUB"}))
		s.holds(map[id.ID]int64{clearing: -200, back: 200, ours: 0})
		if p := s.read(b); p.State != Failed || p.Attempts[0].Reason != OtherAmount || s.left(a) != 300 {
			t.Errorf("the payment is %s, %q, %d is owed", p.State, p.Attempts[0].Reason, s.left(a))
		}
		s.deps.Bank = giving{s.deps.Bank, RefundStanding{State: RefundDone, Amount: 200}, nil}
		s.drain()
		s.holds(map[id.ID]int64{clearing: 0, back: 0, ours: 0})
	})
}

// giving is a provider that answers refunds as it was told.
type giving struct {
	Provider
	standing RefundStanding
	err      error
}

func (g giving) Refund(context.Context, id.ID, id.ID, int64) (RefundStanding, error) {
	return g.standing, g.err
}

// A bank that does not know what is to go back says so for ever: somebody is told, and nobody asks it each hour.
func TestABankThatDoesNotKnowARefundEndsIt(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		for i, final := range []error{ErrUnknownAttempt, ErrOtherOrder} {
			a := s.charge(300)
			p := s.pay(a)
			bank := s.deps.Bank
			s.deps.Bank = giving{Provider: bank, err: final}
			s.must(s.giveBackOf(p, a, 0))
			s.drain()
			s.deps.Bank = bank
			refunds, _, err := s.Refunds(ctx, s.system(), p.Payer, p.ID)
			if err != nil || len(refunds) != 1 || refunds[0].State != RefusedByAll || counted(s.met.refused) != float64(i+1) {
				t.Errorf("%+v %v", refunds, err)
			}
		}
	})
}

// A thousand messages about an attempt make a few questions to the bank.
func TestManyMessagesAreFewQuestions(t *testing.T) {
	s := one(t)
	b := s.mustBegin(s.charge(300))
	asked := 0
	s.deps.Bank = counting{s.deps.Bank, &asked}
	for range 100 {
		s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error { return s.putAsk(tx, b.Payer, b.Attempt) }))
	}
	for range 4 {
		s.drain()
		s.clock.Move(5 * time.Second)
	}
	if asked == 0 || asked > 3 {
		t.Errorf("asked %d times", asked)
	}
}

type counting struct {
	Provider
	asked *int
}

func (c counting) Ask(ctx context.Context, attempt id.ID) (Standing, error) {
	*c.asked++
	return c.Provider.Ask(ctx, attempt)
}

// A key names one payment of one content, at the provider that it was begun with.
func TestAKeyWithOtherContentIsAConflict(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, b := s.owe(anna, agency, 300, inParts), s.charge(200)
		part := a
		part.Amount = 100
		key := id.Derived("key", "one")
		first, err := s.Begin(ctx, self, Basket{Payer: anna, Asks: []Ask{part}, Key: key}, lang.Russian)
		s.must(err)
		for name, other := range map[string]Basket{
			"another bill":   {Payer: anna, Asks: []Ask{b}, Key: key},
			"one more":       {Payer: anna, Asks: []Ask{part, b}, Key: key},
			"another sum":    {Payer: anna, Asks: []Ask{{Home: a.Home, Charge: a.Charge, Amount: 150}}, Key: key},
			"another method": {Payer: anna, Asks: []Ask{part}, Method: ByQR, Key: key},
		} {
			if _, err := s.Begin(ctx, self, other, lang.Russian); !errors.Is(err, ErrKey) {
				t.Errorf("%s: %v", name, err)
			}
		}
		again, err := s.Begin(ctx, self, Basket{Payer: anna, Asks: []Ask{part}, Key: key}, lang.Russian)
		if err != nil || again.Payment != first.Payment {
			t.Errorf("the same once more: %+v %v", again, err)
		}
	})
}

// Somebody without an account comes back to their own payment; another browser does not, and the id alone opens nothing.
func TestAGuestComesBackToTheirOwnPayment(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		basket := Basket{Asks: []Ask{a}, Visit: "visit one"}
		first, err := s.Begin(ctx, nobody(s), basket, lang.Russian)
		s.must(err)
		s.clock.Move(time.Second)
		again, err := s.Begin(ctx, nobody(s), basket, lang.Russian)
		if err != nil || again != first {
			t.Fatalf("the same browser: %+v, then %+v: %v", first, again, err)
		}
		p := s.read(first)
		if !s.opens(p, first.Token) || s.opens(p, "") || s.opens(p, p.ID.String()) || s.opens(p, s.tokenOf("visit two", p.ID)) {
			t.Error("the token")
		}
		if strings.Contains(first.Page, p.ID.String()) && !strings.Contains(first.Page, first.Token) {
			t.Error("the way back has no token")
		}
		basket.Visit = "visit two"
		if _, err := s.Begin(ctx, nobody(s), basket, lang.Russian); !errors.Is(err, ErrPending) {
			t.Errorf("another browser: %v", err)
		}
		basket.Visit, basket.Method = "visit one", ByQR
		other, err := s.Begin(ctx, nobody(s), basket, lang.Russian)
		if err != nil || other.Payment == first.Payment || s.bank.Payments()[first.Attempt.String()].State != "expired" {
			t.Errorf("another way of paying: %+v %v", other, err)
		}
	})
}

// Whoever has only found a bill does not bar it for whom it is watched by.
func TestAFoundBillGivesWayToItsOwner(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		strangers := []func() (Begun, error){
			func() (Begun, error) { return s.Begin(ctx, nobody(s), Basket{Asks: []Ask{a}}, lang.Russian) },
			func() (Begun, error) {
				return s.Begin(ctx, other, Basket{Payer: oleg, Asks: []Ask{a}, Found: true}, lang.Russian)
			},
		}
		for _, stranger := range strangers {
			his, err := stranger()
			s.must(err)
			s.clock.Move(time.Second)
			mine, err := s.begin(a)
			if err != nil || s.bank.Payments()[his.Attempt.String()].State != "expired" {
				t.Fatalf("the owner: %+v %v", mine, err)
			}
			if _, err := stranger(); !errors.Is(err, ErrPending) {
				t.Errorf("the stranger now: %v", err)
			}
			s.decide(mine.Attempt, false)
			s.clock.Move(time.Second)
		}
	})
}

// A refund that was sent twice is one, and the second answer says what the first one did.
func TestARefundSentTwiceIsOne(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		p := s.pay(a)
		r := Refunding{Payer: p.Payer, Payment: p.ID, Charge: a.Charge, Why: "mistake", Key: id.Derived("key", "refund")}
		for i := range 3 {
			ready, err := s.PrepareRefund(ctx, s.system(), r)
			s.must(err)
			if ready.Amount().Minor != 300 || ready.Line().Number == "" {
				t.Errorf("%+v", ready.Amount())
			}
			s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error {
				put, err := ready.put(tx)
				if put != (i == 0) {
					t.Errorf("time %d: put %v", i, put)
				}
				return err
			}))
			s.drain()
		}
		s.holds(map[id.ID]int64{ours: 0, back: 0, clearing: 0})
		r.Amount = 100
		if _, err := s.PrepareRefund(ctx, s.system(), r); !errors.Is(err, ErrKey) {
			t.Errorf("another sum under the key: %v", err)
		}
	})
}

// A payment of several services is of each of them: a permission is asked for each.
func TestAPaymentNamesAllItsServices(t *testing.T) {
	t.Parallel()
	p := Payment{Lines: []Line{{Service: "passport"}, {Service: ""}, {Service: "parking-permit"}, {Service: "passport"}}}
	if got := strings.Split(p.service(), servicesBreak); len(got) != 3 || got[0] != "" || got[1] != "parking-permit" || got[2] != "passport" {
		t.Errorf("%q", got)
	}
	if got := (Payment{Lines: []Line{{Service: "passport"}}}).service(); got != "passport" {
		t.Errorf("%q", got)
	}
}

// A guest's address is kept no longer than a letter may need it.
func TestAGuestsAddressIsWiped(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		for _, pays := range []bool{true, false} {
			b, err := s.Begin(ctx, nobody(s), Basket{Asks: []Ask{s.charge(100)}, Email: "ivan@example.org"}, lang.English)
			s.must(err)
			if s.read(b).email == nil {
				t.Error("it was not kept")
			}
			s.decide(b.Attempt, pays)
			s.drain()
			if !pays {
				s.clock.Move(lateMost)
				s.drain()
			}
			if s.read(b).email != nil {
				t.Errorf("paid %v: it is kept", pays)
			}
		}
		if len(s.mail.sent) != 1 {
			t.Errorf("%d letters", len(s.mail.sent))
		}
	})
}

// A payment that was given up and turns out to be paid has its receipt, too.
func TestALatePaymentOfAGuestHasItsReceipt(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		b, err := s.Begin(ctx, nobody(s), Basket{Asks: []Ask{s.charge(100)}, Email: "ivan@example.org"}, lang.English)
		s.must(err)
		at, err := s.Attempt(ctx, b.Attempt)
		s.must(err)
		s.must(s.carry(ctx, at, Standing{State: Expired}))
		s.drain()
		s.clock.Move(time.Hour)
		s.must(s.carry(ctx, at, Standing{State: Paid, Amount: 100, Currency: "RUB"}))
		s.drain()
		if p := s.read(b); p.State != Paid || p.email != nil || len(s.mail.sent) != 1 {
			t.Errorf("the payment is %s, its address %v, %d letters", p.State, p.email != nil, len(s.mail.sent))
		}
		s.clock.Move(lateMost)
		s.drain()
		if len(s.mail.sent) != 1 {
			t.Errorf("%d letters", len(s.mail.sent))
		}
	})
}

// What others put in goes back by them: it is not called kept while they may still do it, and they are told of a service
// that is refused.
func TestWhatOthersPutInGoesBackByThem(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		told := 0
		s.queue.On(EventGiveBackElsewhere, "test.elsewhere", func(context.Context, jobs.Job) error { told++; return nil })
		a := s.charge(300)
		s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := s.charges.Settle(tx, s.system(), a.Home, a.Charge, charge.PartPayment{Payment: id.Derived("known by", "an official"), Amount: 300, At: tx.Now()})
			return err
		}))
		ready, err := s.PrepareGiveBack(ctx, a.Home, a.Charge)
		s.must(err)
		s.must(s.base.Store.Write(ctx, ready.Put))
		s.correct(a, charge.Correction{Amount: 100})
		s.drain()
		if told != 1 || counted(s.met.kept) != 0 {
			t.Errorf("told %d times, %v kept", told, counted(s.met.kept))
		}
		for range 26 {
			s.clock.Move(time.Hour)
			s.drain()
		}
		if counted(s.met.kept) != 1 {
			t.Errorf("%v kept after a day", counted(s.met.kept))
		}
	})
}

// A refusal of the bank or of a mandate is said beside what was typed; our own mistakes and what is forbidden are not.
func TestWhatThePageOfABasketSays(t *testing.T) {
	t.Parallel()
	for err, name := range map[error]string{
		ErrSettled: "method", ErrPending: "method", ErrBank: "method", ErrCard: "method", ErrMethod: "method", ErrKey: "method", ErrShown: "amount", ErrWhole: "amount",
		errors.New("ours"): "", fault.New(fault.Denied, "test.denied"): "",
	} {
		got := refusal(err)
		if (got == nil) != (name == "") || got != nil && got.Name != name {
			t.Errorf("%v: %+v", err, got)
		}
	}
}
