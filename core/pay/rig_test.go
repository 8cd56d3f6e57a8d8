package pay

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/sim/bank"
)

var (
	ctx    = context.Background()
	anna   = id.Derived("person", "anna")
	oleg   = id.Derived("person", "oleg")
	agency = id.Derived("agency", "transport")
	tax    = id.Derived("agency", "tax")
	self   = act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Basic}
	other  = act.Act{Actor: act.Actor{Kind: act.Person, Person: oleg}, Holder: oleg, Assurance: act.Basic}

	migrated = []store.Migrations{vault.Migrations, jobs.Migrations, ledger.Migrations, charge.Migrations, Migrations}
)

var masterKey = sync.OnceValue(func() *vault.KEK {
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		panic(err) // a test's own ground
	}
	return kek
})

var texts = sync.OnceValue(func() *lang.Catalogue {
	out, err := lang.Load(New(Deps{}).Locales(), charge.New(charge.Deps{}).Locales())
	if err != nil {
		panic(err) // a test's own ground
	}
	return out
})

// letters keeps what was sent.
type letters struct {
	mu   sync.Mutex
	sent []mail.Message
}

func (l *letters) Send(_ context.Context, m mail.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, m)
	return nil
}

// stand is the module on a fresh store with charges and a running bank.
type stand struct {
	*Module
	t       testing.TB
	bank    *bank.Bank
	charges *charge.Module
	queue   *jobs.Queue
	clock   *clock.Fixed
	mail    *letters
	heard   map[string]int // how often each event was heard
}

func zone() *time.Location { return time.UTC }

func newStand(t testing.TB, s *store.Store, c *clock.Fixed) *stand {
	t.Helper()
	b := bank.New("http://bank.test", "key", "secret", c, slog.New(slog.DiscardHandler))
	b.SetFaults(bank.Faults{Messages: -1})
	server := httptest.NewServer(b.Handler())
	t.Cleanup(server.Close)
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: masterKey(), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	out := &stand{t: t, bank: b, clock: c, mail: &letters{}, heard: map[string]int{}, charges: charge.New(charge.Deps{Zone: zone})}
	out.queue = jobs.NewQueue(s, jobs.Options{})
	for _, event := range []string{EventTaken, EventFailed, EventRefunded, EventDisputed, charge.EventPaid} {
		out.queue.On(event, "test."+event, func(context.Context, jobs.Job) error { out.heard[event]++; return nil })
	}
	out.Module = New(Deps{
		Charges: out.charges, Bank: &Hosted{API: server.URL, Key: "key", Secret: "secret", Client: server.Client(), Clock: c}, Mail: out.mail, From: "city@city.test", Address: "http://city.test",
		City: func(lang.Language) string { return "City" }, AgencyName: func(id.ID, lang.Language) string { return "Agency" }, Zone: zone,
	})
	base := &module.Base{Store: s, Vault: v, Clock: c, Jobs: out.queue, Texts: texts(), Log: slog.New(slog.DiscardHandler)}
	for _, m := range []module.Module{out.charges, out.Module} {
		if err := m.Provision(base); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, s *stand)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) { test(t, newStand(t, st, c)) }, migrated...)
}

// one runs a test on the embedded engine.
func one(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	st, c := storetest.Open(t, migrated...)
	return newStand(t, st, c)
}

func (s *stand) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// owe issues a charge to a person.
func (s *stand) owe(person, payee id.ID, amount int64, terms *charge.Terms) Ask {
	s.t.Helper()
	p, err := s.charges.Prepare(ctx, charge.NewCharge{
		ID: id.New(s.clock.Now()), Person: person, Payee: payee, Kind: charge.KindFee, Service: "parking-permit", Amount: money.Roubles(amount),
		Title: lang.Text{RU: "Пошлина", EN: "Fee"}, Terms: terms,
	})
	s.must(err)
	s.must(s.base.Store.Write(ctx, p.Put))
	return Ask{Home: p.Home, Charge: p.ID}
}

var inParts = &charge.Terms{Parts: true}

func (s *stand) charge(amount int64) Ask { s.t.Helper(); return s.owe(anna, agency, amount, nil) }

// begin begins to pay by the bank's page.
func (s *stand) begin(asks ...Ask) (Begun, error) {
	return s.Begin(ctx, self, Basket{Payer: anna, Asks: asks}, lang.Russian)
}

func (s *stand) mustBegin(asks ...Ask) Begun {
	s.t.Helper()
	out, err := s.begin(asks...)
	s.must(err)
	return out
}

// decide pays or declines at the bank and settles.
func (s *stand) decide(attempt id.ID, pays bool) State {
	s.t.Helper()
	_, err := s.bank.Decide(attempt.String(), pays)
	s.must(err)
	state, err := s.Settle(ctx, attempt)
	s.must(err)
	return state
}

// pay pays charges at the bank, and does what follows.
func (s *stand) pay(asks ...Ask) Payment {
	s.t.Helper()
	b := s.mustBegin(asks...)
	s.decide(b.Attempt, true)
	s.drain()
	return s.read(b)
}

func (s *stand) read(b Begun) Payment {
	s.t.Helper()
	p, err := s.Payment(ctx, s.system(), b.Payer, b.Payment)
	s.must(err)
	return p
}

func (s *stand) drain() {
	s.t.Helper()
	if _, err := s.queue.Drain(ctx); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) owed(a Ask) charge.Charge {
	s.t.Helper()
	c, err := s.charges.Charge(ctx, s.system(), a.Home, a.Charge)
	s.must(err)
	return c
}

func (s *stand) state(a Ask) charge.State { s.t.Helper(); return s.owed(a).State }

// books folds the transfers of everybody who paid into balances, by account.
func (s *stand) books(payers ...id.ID) map[id.ID]int64 {
	s.t.Helper()
	out := map[id.ID]int64{}
	err := s.base.Store.Look(ctx, s.system(), "test", func(p *store.Personal) error {
		clear(out)
		for _, payer := range payers {
			transfers, err := ledger.Of(p, payer)
			if err != nil {
				return err
			}
			for _, t := range transfers {
				out[t.Debit] -= t.Amount.Minor
				out[t.Credit] += t.Amount.Minor
			}
		}
		return nil
	})
	s.must(err)
	return out
}

// holds compares the books with what is wanted, for one payer.
func (s *stand) holds(want map[id.ID]int64, payers ...id.ID) {
	s.t.Helper()
	if len(payers) == 0 {
		payers = []id.ID{anna}
	}
	got := s.books(payers...)
	for account, sum := range want {
		if got[account] != sum {
			s.t.Errorf("account %s holds %d, not %d", account, got[account], sum)
		}
	}
}

var (
	clearing = Clearing(money.RUB).ID
	back     = ToReturn(money.RUB).ID
	fought   = Disputed(money.RUB).ID
	ours     = Income(agency, money.RUB).ID
	theirs   = Income(tax, money.RUB).ID
)

func dayAfter(at time.Time) calendar.Date { return calendar.DateOf(at, time.UTC).AddDays(1) }
