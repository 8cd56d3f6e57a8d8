package card

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

var (
	ctx     = context.Background()
	anna    = id.Derived("person", "anna")
	boris   = id.Derived("person", "boris")
	carrier = id.Derived("agency", "carrier")
	self    = act.Act{ID: id.Derived("act", "anna"), Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Standard}
	clerk   = act.Act{ID: id.Derived("act", "clerk"), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "clerk"), Agency: carrier}, Assurance: act.Standard}
	other   = act.Act{ID: id.Derived("act", "boris"), Actor: act.Actor{Kind: act.Person, Person: boris}, Holder: boris, Assurance: act.Standard}
)

// rig is the module with charges and books on a fresh store.
type rig struct {
	*Module
	t       testing.TB
	charges *charge.Module
	queue   *jobs.Queue
	clock   *clock.Fixed
	next    int
	often   bool // too many tries
}

func (r *rig) Limit(context.Context, string, string, int, time.Duration) error {
	if r.often {
		return errOften
	}
	return nil
}

var errOften = errors.New("too often")

var needs = []store.Migrations{
	vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, ledger.Migrations, charge.Migrations, Migrations,
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, clock: c, queue: jobs.NewQueue(s, jobs.Options{})}
	base := &module.Base{Store: s, Vault: v, Clock: c, Jobs: r.queue, Blobs: blobs, Log: slog.New(slog.DiscardHandler)}
	r.charges = charge.New(charge.Deps{City: func() *service.City { return &service.City{} }, Zone: func() *time.Location { return time.UTC }})
	r.Module = New(Deps{Charges: r.charges, Limits: r, Carrier: func() id.ID { return carrier }})
	for _, m := range []module.Module{r.charges, r.Module} {
		if err := m.Provision(base); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// plastic is a card from the factory.
func (r *rig) plastic() Plastic {
	r.t.Helper()
	r.next++
	p := Plastic{Number: withCheck(fmt.Sprintf("%09d", r.next)), Code: fmt.Sprintf("%06d", r.next*7)}
	if n, err := r.Issue(ctx, self, []Plastic{p}); err != nil || n != 1 {
		r.t.Fatalf("issued %d: %v", n, err)
	}
	return p
}

func withCheck(digits string) string {
	for d := range 10 {
		if number, ok := ParseNumber(digits + fmt.Sprint(d)); ok {
			return number
		}
	}
	return ""
}

func (r *rig) linked() id.ID {
	r.t.Helper()
	card, err := r.Link(ctx, self, anna, r.plastic())
	if err != nil {
		r.t.Fatal(err)
	}
	return card
}

func (r *rig) drain() {
	r.t.Helper()
	if _, err := r.queue.Drain(ctx); err != nil {
		r.t.Fatal(err)
	}
}

// paid does what core/pay does when a top-up's payment was taken.
func (r *rig) paid(bill id.ID, amount int64) {
	r.t.Helper()
	payment := id.Derived("payment", bill.String())
	err := r.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := r.charges.Settle(tx, r.system(), anna, bill, charge.PartPayment{Payment: payment, Amount: amount, At: tx.Now()}); err != nil {
			return err
		}
		_, err := ledger.Post(tx, ledger.Movement{ID: payment, Holder: anna, Act: payment, Lines: []ledger.Line{{Debit: pay.Clearing(money.RUB), Credit: floatAccount(), Amount: money.Roubles(amount), About: bill}}})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// takenBack does what core/pay does when the bank takes a top-up's payment back.
func (r *rig) takenBack(bill id.ID, amount int64) {
	r.t.Helper()
	payment := id.Derived("payment", bill.String())
	err := r.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := r.charges.Reverse(tx, r.system(), anna, bill, payment, amount); err != nil {
			return err
		}
		_, err := ledger.Post(tx, ledger.Movement{ID: id.Derived("reversal", bill.String()), Holder: anna, Act: payment, Lines: []ledger.Line{{Debit: floatAccount(), Credit: pay.Clearing(money.RUB), Amount: money.Roubles(amount), About: bill}}})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) topUp(card id.ID, amount int64) id.ID {
	r.t.Helper()
	bill, err := r.TopUp(ctx, self, anna, card, amount)
	if err != nil {
		r.t.Fatal(err)
	}
	r.paid(bill, amount)
	r.drain()
	return bill
}

func (r *rig) balance(card id.ID) int64 { return r.of(wallet(card)) }

func (r *rig) of(a ledger.Account) int64 {
	r.t.Helper()
	var out ledger.Balance
	err := r.base.Store.Read(ctx, func(s *store.Snapshot) error {
		var err error
		out, err = ledger.BalanceOf(s, a.ID)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.Net()
}

// checkLines: the lines of each card add up to what lies on it, which is never below zero; the books are sound.
func (r *rig) checkLines() {
	r.t.Helper()
	list, err := r.Cards(ctx, self, anna, true)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range list {
		lines, err := r.History(ctx, self, anna, c.ID)
		if err != nil {
			r.t.Fatal(err)
		}
		sum := int64(0)
		for _, l := range lines {
			sum += l.Amount.Minor
		}
		if sum != c.Balance.Minor || sum < 0 {
			r.t.Errorf("the lines of %s add up to %d, on it lies %d", c.Label(), sum, c.Balance.Minor)
		}
	}
	proof, err := ledger.Prove(ctx, r.base.Store, true)
	if err != nil || !proof.Sound() {
		r.t.Errorf("the books: %+v %v", proof, err)
	}
}

func order(attempt, card id.ID, amount int64) pay.Order {
	return pay.Order{Attempt: attempt, Amount: money.Roubles(amount), Method: pay.ByWallet, Token: card.String()}
}

func TestNumbersAreReadAsPrinted(t *testing.T) {
	t.Parallel()
	number := withCheck("001234567")
	if got, ok := ParseNumber(ShowNumber(number)); !ok || got != number {
		t.Errorf("%s is read as %s", ShowNumber(number), got)
	}
	for _, bad := range []string{"", "123", number[:9], number + "0", "00123456a8", number[:9] + string('0'+('9'-number[9]+1)%10)} {
		if got, ok := ParseNumber(bad); ok && got != number {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestTheFormTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	number := withCheck("001234567")
	for name, one := range map[string]struct {
		form linkForm
		want []string
	}{
		"empty": {linkForm{}, []string{"number", "code"}}, "a wrong digit": {linkForm{number[:9] + "x", "123 456"}, []string{"number"}},
		"a short code": {linkForm{ShowNumber(number), "12345"}, []string{"code"}}, "whole": {linkForm{number, "123456"}, nil},
	} {
		var got []string
		for _, f := range one.form.check() {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, one.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestACardComesIntoOneAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := newRig(t, s, c)
		p := r.plastic()
		for name, bad := range map[string]Plastic{"another code": {p.Number, "999999"}, "no such card": {withCheck("777777777"), p.Code}, "no number": {"12", p.Code}} {
			if _, err := r.Link(ctx, self, anna, bad); !errors.Is(err, ErrLink) {
				t.Errorf("%s: %v", name, err)
			}
		}
		card, err := r.Link(ctx, self, anna, Plastic{ShowNumber(p.Number), p.Code})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Link(ctx, other, boris, p); !errors.Is(err, ErrLink) {
			t.Errorf("into a second account: %v", err)
		}
		if err := r.Purse().MaySpend(ctx, self, card); err != nil {
			t.Error(err)
		}
		if err := r.Purse().MaySpend(ctx, other, card); !errors.Is(err, pay.ErrNotTheirs) {
			t.Errorf("somebody else's card: %v", err)
		}
		if err := r.Purse().MaySpend(ctx, r.system(), card); !errors.Is(err, pay.ErrNotTheirs) {
			t.Errorf("nobody's: %v", err)
		}
		merged := other
		merged.Also = []id.ID{anna}
		if err := r.Purse().MaySpend(ctx, merged, card); err != nil {
			t.Errorf("of somebody who was merged into them: %v", err)
		}
		if _, err := r.Card(ctx, other, boris, card); !errors.Is(err, ErrNone) {
			t.Errorf("somebody else looks: %v", err)
		}
		if err := r.Block(ctx, other, boris, card); !errors.Is(err, ErrNone) {
			t.Errorf("somebody else blocks: %v", err)
		}
		r.often = true
		if _, err := r.Link(ctx, self, anna, r.plastic()); !errors.Is(err, errOften) {
			t.Errorf("too many tries: %v", err)
		}
	}, needs...)
}

func TestATopUpPaysBillsAndTickets(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := newRig(t, s, c)
		card := r.linked()
		r.topUp(card, 100_000)
		if got := r.balance(card); got != 100_000 || r.of(floatAccount()) != 0 {
			t.Fatalf("on the card lies %d, in the float %d", got, r.of(floatAccount()))
		}
		attempt := id.New(c.Now())
		for range 2 {
			if got, err := r.Purse().Start(ctx, order(attempt, card, 60_000)); err != nil || got.State != pay.Paid {
				t.Fatalf("%+v %v", got, err)
			}
		}
		if _, err := r.Purse().Start(ctx, order(attempt, card, 1)); !errors.Is(err, pay.ErrOtherOrder) {
			t.Errorf("another amount: %v", err)
		}
		poor := id.New(c.Now())
		if got, err := r.Purse().Start(ctx, order(poor, card, 40_001)); err != nil || got.State != pay.Declined || got.Reason != pay.NoFunds {
			t.Errorf("%+v %v", got, err)
		}
		want := Want{Person: anna, Card: card, Tariff: "day", Key: id.New(c.Now())}
		for range 2 {
			if _, err := r.BuyTicket(ctx, self, want); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.balance(card); got != 40_000-28_500 || r.of(pay.Income(carrier, money.RUB)) != 28_500 {
			t.Errorf("on the card lies %d", got)
		}
		want.Key = id.New(c.Now())
		if _, err := r.BuyTicket(ctx, self, want); !errors.Is(err, ErrFunds) {
			t.Errorf("a ticket without money: %v", err)
		}
		tickets, err := r.Tickets(ctx, self, anna)
		if err != nil || len(tickets) != 1 || tickets[0].Until != c.Now().Format(time.DateOnly) {
			t.Errorf("%+v %v", tickets, err)
		}
		r.checkLines()
	}, needs...)
}

func TestOrdersAreAskedCancelledAndGivenBackInParts(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	card := r.linked()
	r.topUp(card, 50_000)
	attempt, closed := id.New(c.Now()), id.New(c.Now())
	if _, err := r.Purse().Ask(ctx, attempt); !errors.Is(err, pay.ErrUnknownAttempt) {
		t.Errorf("not started: %v", err)
	}
	if got, err := r.Purse().Cancel(ctx, closed); err != nil || got.State != pay.Expired {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := r.Purse().Start(ctx, order(closed, card, 10)); err != nil || got.State != pay.Expired {
		t.Errorf("started after it was closed: %+v %v", got, err)
	}
	if _, err := r.Purse().Start(ctx, order(attempt, card, 30_000)); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Purse().Cancel(ctx, attempt); err != nil || got.State != pay.Paid {
		t.Errorf("closed after it was paid: %+v %v", got, err)
	}
	part := id.New(c.Now())
	for range 2 {
		if got, err := r.Purse().Refund(ctx, attempt, part, 10_000); err != nil || got.State != pay.RefundDone {
			t.Errorf("%+v %v", got, err)
		}
	}
	if _, err := r.Purse().Refund(ctx, attempt, part, 5); !errors.Is(err, pay.ErrOtherOrder) {
		t.Errorf("the same refund of another amount: %v", err)
	}
	if got, err := r.Purse().Refund(ctx, attempt, id.New(c.Now()), 20_001); err != nil || got.State != pay.RefundRefused {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := r.Purse().Refund(ctx, attempt, id.New(c.Now()), 20_000); err != nil || got.State != pay.RefundDone {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := r.Purse().Ask(ctx, attempt); err != nil || got.State != pay.Refunded || r.balance(card) != 50_000 || r.of(clearing()) != 0 {
		t.Errorf("%+v %v, on the card lies %d", got, err, r.balance(card))
	}
	r.checkLines()
}

func TestALostCardLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := newRig(t, s, c)
		old := r.linked()
		r.topUp(old, 77_777)
		attempt := id.New(c.Now())
		if _, err := r.Purse().Start(ctx, order(attempt, old, 7_777)); err != nil {
			t.Fatal(err)
		}
		late, err := r.TopUp(ctx, self, anna, old, 5_000) // paid only after the card is gone
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Block(ctx, self, anna, old); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Purse().Start(ctx, order(id.New(c.Now()), old, 1)); err != nil || got.Reason != pay.CardBlocked {
			t.Errorf("a blocked card pays: %+v %v", got, err)
		}
		if _, err := r.Replace(ctx, self, anna, old, Plastic{withCheck("555555555"), "000000"}); !errors.Is(err, ErrLink) {
			t.Errorf("by a card that is not there: %v", err)
		}
		fresh, err := r.Replace(ctx, self, anna, old, r.plastic())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Replace(ctx, self, anna, old, r.plastic()); !errors.Is(err, ErrReplace) {
			t.Errorf("replaced twice: %v", err)
		}
		if err := r.Unblock(ctx, self, anna, old); !errors.Is(err, ErrState) {
			t.Errorf("a replaced card works again: %v", err)
		}
		if r.balance(old) != 0 || r.balance(fresh) != 70_000 {
			t.Errorf("on the old card lies %d, on the new %d", r.balance(old), r.balance(fresh))
		}
		if _, err := r.Purse().Refund(ctx, attempt, id.New(c.Now()), 777); err != nil {
			t.Fatal(err)
		}
		r.paid(late, 5_000)
		r.drain()
		if r.balance(old) != 0 || r.balance(fresh) != 75_777 {
			t.Errorf("later on the old card lies %d, on the new %d", r.balance(old), r.balance(fresh))
		}
		r.checkLines()
	}, needs...)
}

func TestATopUpThatTheBankTakesBack(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	card := r.linked()
	bill := r.topUp(card, 10_000)
	if _, err := r.Purse().Start(ctx, order(id.New(c.Now()), card, 6_000)); err != nil {
		t.Fatal(err)
	}
	r.takenBack(bill, 10_000)
	r.drain()
	if r.balance(card) != 0 || r.of(floatAccount()) != -6_000 {
		t.Errorf("on the card lies %d, the float stands at %d", r.balance(card), r.of(floatAccount()))
	}
	r.checkLines()
}

// Who spent money that the bank took back spends no more until it is made good, on any card; the next top-ups do that first.
func TestALossIsMadeGoodFirst(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	card, second := r.linked(), r.linked()
	r.topUp(second, 20_000)
	bill := r.topUp(card, 10_000)
	spend := func(from id.ID) pay.State {
		got, err := r.Purse().Start(ctx, order(id.New(c.Now()), from, 6_000))
		if err != nil {
			t.Fatal(err)
		}
		return got.State
	}
	if got := spend(card); got != pay.Paid {
		t.Fatalf("paid: %s", got)
	}
	r.takenBack(bill, 10_000)
	r.drain()
	if got := spend(second); got != pay.Declined {
		t.Errorf("with 60 roubles to make good the other card is %s", got)
	}
	if err := r.Purse().MaySpend(ctx, self, second); !errors.Is(err, pay.ErrNotTheirs) {
		t.Errorf("and is offered: %v", err)
	}
	losses, err := r.Losses(ctx, clerk)
	if err != nil || len(losses) != 1 || losses[0].Charge != bill || losses[0].Since.IsZero() || losses[0].Number == "" || losses[0].Amount.Minor != 6_000 {
		t.Errorf("the desk sees %+v %v", losses, err)
	}
	if lost, err := r.Lost(ctx); err != nil || lost.Count != 1 || lost.Sum.Minor != 6_000 {
		t.Errorf("the desk counts %+v %v", lost, err)
	}
	if _, err := r.BuyTicket(ctx, self, Want{Person: anna, Card: second, Tariff: "90min", Key: id.New(c.Now())}); !errors.Is(err, ErrState) {
		t.Errorf("and a ticket: %v", err)
	}
	r.topUp(card, 10_000)
	if r.balance(card) != 4_000 || r.of(floatAccount()) != 0 {
		t.Errorf("after 100 roubles %d are on the card, the float stands at %d", r.balance(card), r.of(floatAccount()))
	}
	if got := spend(second); got != pay.Paid {
		t.Errorf("made good, and it is %s", got)
	}
	if losses, err := r.Losses(ctx, clerk); err != nil || len(losses) != 0 {
		t.Errorf("made good, and the desk sees %+v %v", losses, err)
	}
	r.checkLines()
}

func TestACardHasNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	card := r.linked()
	r.topUp(card, topUpMost/2)
	if _, err := r.TopUp(ctx, self, anna, card, topUpMost/2); err != nil {
		t.Fatal(err)
	}
	if _, err := r.TopUp(ctx, self, anna, card, topUpLeast); !errors.Is(err, ErrFull) {
		t.Errorf("above what lies and what is on its way: %v", err)
	}
	fresh, err := r.Replace(ctx, self, anna, card, r.plastic())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.TopUp(ctx, self, anna, fresh, topUpLeast); !errors.Is(err, ErrFull) {
		t.Errorf("and on the card that replaced it: %v", err)
	}
}

func TestATopUpThatNobodyPaysLapses(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	card := r.linked()
	bill, err := r.TopUp(ctx, self, anna, card, 5_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []int64{0, topUpLeast - 1, topUpMost + 1} {
		if _, err := r.TopUp(ctx, self, anna, card, bad); !errors.Is(err, ErrAmount) {
			t.Errorf("a top-up of %d: %v", bad, err)
		}
	}
	c.Move(topUpLife + time.Minute)
	r.drain()
	got, err := r.charges.Charge(ctx, self, anna, bill)
	if err != nil || got.State != charge.Cancelled {
		t.Errorf("%s %v", got.State, err)
	}
}

func TestSettleKeepsWhatTheChargeSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		balance, moved, lost := int64(0), int64(0), int64(0)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			balance -= min(balance, rapid.Int64Range(0, 50).Draw(t, "spent"))
			wants := rapid.Int64Range(0, 100).Draw(t, "wants")
			s := settle(wants, moved, lost, balance)
			moved, lost, balance = moved+s.move, s.lost, balance+s.move
			if balance < 0 || lost < 0 || moved < 0 || moved-lost != wants {
				t.Fatalf("wants %d: moved %d, lost %d, balance %d", wants, moved, lost, balance)
			}
		}
	})
}
