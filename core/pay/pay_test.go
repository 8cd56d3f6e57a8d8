package pay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/sim/bank"
)

var (
	ctx    = context.Background()
	anna   = id.Derived("person", "anna")
	agency = id.Derived("agency", "transport")
	self   = act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Basic}
)

// stand is the module on a fresh store with a running bank.
type stand struct {
	*Module
	t     testing.TB
	bank  *bank.Bank
	queue *jobs.Queue
	clock *clock.Fixed
	paid  map[id.ID]int // how often pay.paid was heard, by charge
}

func newStand(t testing.TB, s *store.Store, c *clock.Fixed) *stand {
	t.Helper()
	b := bank.New("http://bank.test", "key", "secret", c, slog.New(slog.DiscardHandler))
	b.SetFaults(bank.Faults{Messages: -1})
	server := httptest.NewServer(b.Handler())
	t.Cleanup(server.Close)
	out := &stand{t: t, bank: b, clock: c, paid: map[id.ID]int{}}
	out.queue = jobs.NewQueue(s, jobs.Options{})
	out.queue.On(EventPaid, "test.paid", func(_ context.Context, j jobs.Job) error { out.paid[j.Object]++; return nil })
	out.Module = New(Deps{
		Bank: &HostedBank{API: server.URL, Key: "key", Secret: "secret", Client: server.Client()}, Address: "http://city.test",
		AgencyName: func(id.ID, lang.Language) string { return "Agency" }, Zone: func() *time.Location { return time.UTC },
	})
	if err := out.Provision(&module.Base{Store: s, Clock: c, Jobs: out.queue, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *stand) charge(amount int64) id.ID {
	s.t.Helper()
	key := id.New(s.clock.Now())
	p, err := s.PrepareCharge(NewCharge{ID: key, Payer: anna, Agency: agency, Service: "parking-permit", Subject: id.New(s.clock.Now()), Amount: money.Roubles(amount), Title: lang.Text{RU: "Пошлина", EN: "Fee"}})
	if err != nil {
		s.t.Fatal(err)
	}
	for range 2 { // a second put of the same charge changes nothing
		if err := s.base.Store.Write(ctx, p.Put); err != nil {
			s.t.Fatal(err)
		}
	}
	return key
}

func (s *stand) drain() {
	s.t.Helper()
	if _, err := s.queue.Drain(ctx); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) state(charge id.ID) State {
	s.t.Helper()
	c, err := s.Charge(ctx, self, anna, charge)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.State
}

// attempts lists the attempts of a charge, newest first.
func (s *stand) attempts(charge id.ID) []Attempt {
	s.t.Helper()
	var out []Attempt
	err := s.base.Store.Look(ctx, self, "test", func(p *store.Personal) error {
		st, err := standingOf(p, anna, charge)
		out = st.attempts
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// books folds the transfers into balances, by account.
func (s *stand) books() map[id.ID]int64 {
	s.t.Helper()
	out := map[id.ID]int64{}
	err := s.base.Store.Look(ctx, self, "test", func(p *store.Personal) error {
		clear(out)
		transfers, err := ledger.Of(p, anna)
		for _, t := range transfers {
			out[t.Debit] -= t.Amount.Minor
			out[t.Credit] += t.Amount.Minor
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestAPaymentIsTakenOnceHoweverOftenItIsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		s := newStand(t, st, c)
		charge := s.charge(300_000)
		page, err := s.Checkout(ctx, self, anna, charge, lang.Russian)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Checkout(ctx, self, anna, charge, lang.Russian)
		if err != nil || again != page {
			t.Fatalf("a second press leads to %q, not %q: %v", again, page, err)
		}
		attempt := s.attempts(charge)[0].ID
		if _, err := s.bank.Decide(attempt.String(), true); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if state, err := s.Settle(ctx, attempt); err != nil || state != Paid {
				t.Fatalf("settled as %q: %v", state, err)
			}
		}
		s.drain()
		if s.state(charge) != Paid || s.paid[charge] != 1 {
			t.Errorf("the charge is %s and was announced %d times", s.state(charge), s.paid[charge])
		}
		if got := s.books()[Income(agency, money.RUB).ID]; got != 300_000 {
			t.Errorf("the agency's income is %d", got)
		}
		if _, err := s.Checkout(ctx, self, anna, charge, lang.Russian); !errors.Is(err, ErrSettled) {
			t.Errorf("a third press: %v", err)
		}
	}, jobs.Migrations, ledger.Migrations, Migrations)
}

func TestAnAnswerThatIsLostIsFoundByTheJob(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, jobs.Migrations, ledger.Migrations, Migrations)
	b := newStand(t, s, c)
	charge := b.charge(100)
	b.bank.SetFaults(bank.Faults{LoseNext: 1, Messages: -1})
	if _, err := b.Checkout(ctx, self, anna, charge, lang.Russian); !errors.Is(err, ErrBank) {
		t.Fatalf("a lost answer: %v", err)
	}
	attempt := b.attempts(charge)[0].ID
	if _, err := b.bank.Decide(attempt.String(), true); err != nil {
		t.Fatal(err) // the payer found the page all the same
	}
	c.Move(time.Minute)
	b.drain()
	if b.state(charge) != Paid {
		t.Errorf("the charge is %s", b.state(charge))
	}
}

// The bank's messages were lost too, so that asking is the only way to learn of the money.
func TestABankThatIsAwayForDaysLosesNoMoney(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, jobs.Migrations, ledger.Migrations, Migrations)
	b := newStand(t, s, c)
	charge := b.charge(100)
	if _, err := b.Checkout(ctx, self, anna, charge, lang.Russian); err != nil {
		t.Fatal(err)
	}
	if _, err := b.bank.Decide(b.attempts(charge)[0].ID.String(), true); err != nil {
		t.Fatal(err)
	}
	b.bank.SetFaults(bank.Faults{RefuseNext: 1 << 20, Messages: -1})
	for range 48 {
		c.Move(2 * time.Hour)
		b.drain()
	}
	b.bank.SetFaults(bank.Faults{Messages: -1})
	c.Move(2 * time.Hour)
	b.drain()
	if b.state(charge) != Paid {
		t.Errorf("the charge is %s", b.state(charge))
	}
}

func TestADeclinedPaymentCanBeTriedAnew(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, jobs.Migrations, ledger.Migrations, Migrations)
	b := newStand(t, s, c)
	charge := b.charge(100)
	for _, pays := range []bool{false, true} {
		if _, err := b.Checkout(ctx, self, anna, charge, lang.English); err != nil {
			t.Fatal(err)
		}
		attempt := b.attempts(charge)[0].ID
		if _, err := b.bank.Decide(attempt.String(), pays); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Settle(ctx, attempt); err != nil {
			t.Fatal(err)
		}
		c.Move(time.Minute)
	}
	if b.state(charge) != Paid || len(b.attempts(charge)) != 2 {
		t.Errorf("%s after %d attempts", b.state(charge), len(b.attempts(charge)))
	}
}

// An attempt was started, its order was lost on the way, and the bank let it be paid after another one had paid.
func TestMoneyForAPaidChargeIsGivenBack(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, jobs.Migrations, ledger.Migrations, Migrations)
	b := newStand(t, s, c)
	charge := b.charge(500)
	start := func() id.ID {
		if _, err := b.Checkout(ctx, self, anna, charge, lang.English); err != nil {
			t.Fatal(err)
		}
		c.Move(time.Minute)
		return b.attempts(charge)[0].ID
	}
	first := start()
	declined := settlement{payer: anna, payment: b.attempts(charge)[0].Payment, attempt: first, answer: Standing{State: Declined}}
	if err := s.Write(ctx, func(tx *store.Tx) error { return b.carryOut(tx, declined) }); err != nil {
		t.Fatal(err) // the bank had said no, and thought better of it
	}
	second := start()
	for _, attempt := range []id.ID{second, first} {
		if _, err := b.bank.Decide(attempt.String(), true); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Settle(ctx, attempt); err != nil {
			t.Fatal(err)
		}
	}
	b.drain()
	books := b.books()
	if books[Income(agency, money.RUB).ID] != 500 || books[ToReturn(money.RUB).ID] != 0 || books[Clearing(money.RUB).ID] != -500 {
		t.Errorf("the books say %v", books)
	}
	if got := b.bank.Payments()[first.String()]; got.Refunds != 1 {
		t.Errorf("the bank gave back %d times", got.Refunds)
	}
}

func TestAnAttemptLeftOpenIsClosedAtTheBank(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, jobs.Migrations, ledger.Migrations, Migrations)
	b := newStand(t, s, c)
	charge := b.charge(500)
	if _, err := b.Checkout(ctx, self, anna, charge, lang.English); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		c.Move(time.Hour)
		b.drain()
	}
	attempt := b.attempts(charge)[0]
	if attempt.State != Expired || b.bank.Payments()[attempt.ID.String()].State != "expired" {
		t.Errorf("ours is %s, the bank's %s", attempt.State, b.bank.Payments()[attempt.ID.String()].State)
	}
}

func TestAMessageWithoutTheSignatureIsRefused(t *testing.T) {
	t.Parallel()
	hosted := &HostedBank{Secret: "secret"}
	body := []byte(`{"id":"` + anna.String() + `"}`)
	header := func(secret string) http.Header {
		return http.Header{"Bank-Signature": {fmt.Sprintf("t=5,v1=%x", SignMessage(secret, 5, body))}}
	}
	if got, err := hosted.Message(header("secret"), body); err != nil || got != anna {
		t.Errorf("%v: %v", got, err)
	}
	for name, h := range map[string]http.Header{"another secret": header("other"), "none": {}, "garbage": {"Bank-Signature": {"t=x,v1=zz"}}} {
		if _, err := hosted.Message(h, body); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is pressed, lost, refused, told twice or forgotten: the city's books equal what the bank took less what it
// gave back, and a charge is paid exactly when its agency has its money.
func TestRandomHistoriesNeverLoseOrDoubleMoney(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, c := openFor(t)
		defer func() { _ = s.Close() }()
		b := newStand(t, s, c)
		charge := b.charge(700)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			step(rt, b, charge)
		}
		b.bank.SetFaults(bank.Faults{Messages: -1})
		for range 5 { // in the end everything that can come has come
			c.Move(2 * time.Hour)
			b.drain()
		}
		check(rt, b, charge)
	})
}

func openFor(t *testing.T) (*store.Store, *clock.Fixed) {
	c := clock.At(storetest.Start)
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Clock: c, RunTwice: true}, jobs.Migrations, ledger.Migrations, Migrations)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func step(rt *rapid.T, b *stand, charge id.ID) {
	attempts := b.attempts(charge)
	some := func() string {
		return attempts[rapid.IntRange(0, len(attempts)-1).Draw(rt, "attempt")].ID.String()
	}
	switch what := rapid.IntRange(0, 6).Draw(rt, "what"); {
	case what <= 1:
		_, _ = b.Checkout(ctx, self, anna, charge, lang.Russian) // may fail by the bank's faults: that is the point
	case what == 2 && len(attempts) > 0:
		_, _ = b.bank.Decide(some(), rapid.Bool().Draw(rt, "pays")) // the bank may not know it
	case what == 3 && len(attempts) > 0:
		_, _ = b.Settle(ctx, id.MustParse(some()))
	case what == 4:
		b.bank.SetFaults(bank.Faults{LoseNext: rapid.IntRange(0, 2).Draw(rt, "lose"), RefuseNext: rapid.IntRange(0, 2).Draw(rt, "refuse"), Messages: -1})
	case what == 5:
		b.clock.Move(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
	case what == 6:
		_, _ = b.queue.Drain(ctx)
	}
}

func check(rt *rapid.T, b *stand, charge id.ID) {
	net := int64(0)
	for _, p := range b.bank.Payments() {
		net += int64(p.Takes-p.Refunds) * p.Amount
	}
	books := b.books()
	if -books[Clearing(money.RUB).ID] != net {
		rt.Errorf("the bank holds %d of ours, the books say %d", net, -books[Clearing(money.RUB).ID])
	}
	paid := b.state(charge) == Paid
	if paid != (books[Income(agency, money.RUB).ID] == 700) || books[Income(agency, money.RUB).ID] > 700 || books[ToReturn(money.RUB).ID] != 0 {
		rt.Errorf("paid: %v, books: %v", paid, books)
	}
}

func FuzzBankMessage(f *testing.F) {
	f.Add("t=1,v1=00", []byte(`{"id":"x"}`))
	hosted := &HostedBank{Secret: "secret"}
	f.Fuzz(func(t *testing.T, signature string, body []byte) {
		if _, err := hosted.Message(http.Header{"Bank-Signature": {signature}}, body); err == nil {
			t.Errorf("took %q", signature)
		}
	})
}
