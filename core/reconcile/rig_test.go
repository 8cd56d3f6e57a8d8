package reconcile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

var (
	zone     = time.FixedZone("MSK", 3*3600)
	treasury = agency.ID("finance")
	police   = agency.ID("road-police")
	anna     = id.Derived("person", "anna")
	first    = official("first", "officer")
	second   = official("second", "head")
	account  = Own{Number: "40601810900003000001", Currency: money.RUB, Name: "Finance Office", TaxNumber: "5256000000", Bank: iso20022.Bank{Member: "044525999"}}
)

func official(name, role string) act.Act {
	return act.Act{ID: id.Derived("act", name), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", name), Agency: treasury, Role: role}, Assurance: act.Standard, Channel: act.Desk}
}

// by is the same official's next act.
func by(a act.Act) act.Act {
	a.ID = id.New(time.Unix(1, 0))
	return a
}

func text(word string) lang.Text { return lang.Text{RU: word, EN: word} }

func theCity() *service.City {
	return &service.City{
		Agencies: []service.Agency{{Key: "road-police", Title: text("Road police")}, {Key: "finance", Title: text("Finance")}},
		Charges: []service.ChargeKind{{
			Key: "fine", Agency: "road-police", Title: text("Fine"), About: text("…"), Days: 60, Law: text("Law"), Parts: true, Found: []service.ChargeFound{{By: "plate", Open: true}, {By: "number", Open: true}, {By: "person"}},
		}},
	}
}

// payments is what core/pay would tell of each payment.
type payments map[id.ID][]AtBank

func (p payments) AtBank(_ context.Context, payment id.ID) ([]AtBank, error) {
	if list, ok := p[payment]; ok {
		return list, nil
	}
	return nil, store.ErrNone
}

// charges are those of the real module; a word names those that the test says.
type charges struct {
	*charge.Module
	named map[string][]id.ID
}

func (c charges) Named(ctx context.Context, word string) ([]charge.Place, error) {
	var out []charge.Place
	for _, one := range c.named[word] {
		place, err := c.Where(ctx, one)
		if err != nil {
			return nil, err
		}
		out = append(out, place)
	}
	return out, nil
}

// rig is the module on a fresh store, with a bank that writes statements.
type rig struct {
	*Module
	t        tester
	s        *store.Store
	clock    *clock.Fixed
	queue    *jobs.Queue
	charge   *charge.Module
	payments payments
	named    map[string][]id.ID
	balance  int64 // at the bank
	n        int
}

// tester is *testing.T or *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

var needs = []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, ledger.Migrations, charge.Migrations, Migrations}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		c.Move(time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC).Sub(c.Now()))
		test(t, newRig(t, s, c))
	}, needs...)
}

func newRig(t tester, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	kek, err := vault.ParseKEK(vault.NewKEKText())
	must(err)
	v, err := vault.Open(context.Background(), vault.Options{Store: s, KEK: kek, Clock: c})
	must(err)
	log := slog.New(slog.DiscardHandler)
	r := &rig{t: t, s: s, clock: c, queue: jobs.NewQueue(s, jobs.Options{}), payments: payments{}, named: map[string][]id.ID{}}
	r.charge = charge.New(charge.Deps{City: theCity, Zone: func() *time.Location { return zone }})
	r.Module = New(Deps{
		Treasury: "finance", Account: account, Payments: r.payments, Charges: charges{r.charge, r.named}, Zone: func() *time.Location { return zone },
		Payees: func(context.Context) ([]Payee, error) {
			return []Payee{{ID: police, Title: text("Road police"), Kind: PayeeAgency}, {ID: treasury, Title: text("Finance"), Kind: PayeeAgency}}, nil
		},
	})
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, journal.Locale, r.Locales())
	must(err)
	sealer := seal.New("http://kitezh.test", v, c)
	base := &module.Base{Store: s, Vault: v, Clock: c, Jobs: r.queue, Log: log, Seal: sealer, Journal: journal.New(sealer, c), Texts: texts, Metrics: prometheus.NewRegistry()}
	must(r.charge.Provision(base))
	must(r.Provision(base))
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) write(fn func(tx *store.Tx) error) {
	r.t.Helper()
	r.must(r.s.Write(context.Background(), fn))
}

// bill issues a fine of anna's.
func (r *rig) bill(kopecks int64) charge.Charge {
	r.t.Helper()
	r.n++
	p, err := r.charge.Prepare(context.Background(), charge.NewCharge{Person: anna, Payee: police, External: fmt.Sprintf("F%04d", r.n), Kind: "fine", Amount: money.Roubles(kopecks)})
	r.must(err)
	r.write(p.Put)
	return r.read(p.ID)
}

func (r *rig) read(of id.ID) charge.Charge {
	r.t.Helper()
	c, err := r.charge.Charge(context.Background(), r.system(), anna, of)
	r.must(err)
	return c
}

// taken is a payment that core/pay took at the acquirer for a charge.
type taken struct {
	payment, attempt id.ID
	ref              string
	amount           int64
}

// pay takes a payment for a charge as core/pay does: the charge, the books, and what the bank must show.
func (r *rig) pay(c charge.Charge, amount int64) taken {
	r.t.Helper()
	r.n++
	out := taken{id.Derived("payment", fmt.Sprint(r.n)), id.Derived("attempt", fmt.Sprint(r.n)), fmt.Sprintf("B%06d", r.n), amount}
	r.clock.Move(time.Second)
	r.write(func(tx *store.Tx) error {
		if _, err := r.charge.Settle(tx, r.system(), c.Home, c.ID, charge.PartPayment{Payment: out.payment, Amount: amount, At: tx.Now()}); err != nil {
			return err
		}
		_, err := ledger.Post(tx, ledger.Movement{ID: out.payment, Holder: anna, Act: out.payment, Lines: []ledger.Line{{
			Debit: pay.Clearing(money.RUB), Credit: pay.Income(c.Payee, money.RUB), Amount: money.Roubles(amount), About: c.ID,
		}}})
		return err
	})
	r.payments[out.payment] = []AtBank{{ID: out.attempt, Movement: out.payment, Kind: KindPayment, Provider: pay.HostedName, Amount: money.Roubles(amount), Reference: out.ref, At: r.clock.Now()}}
	r.must(r.expect(context.Background(), out.payment))
	return out
}

func (p taken) part() iso20022.Transaction {
	return iso20022.Transaction{Refs: iso20022.Refs{EndToEnd: iso20022.Ref(p.attempt), BankRef: p.ref}, Amount: money.Roubles(p.amount), Credit: true, Code: "ACQ"}
}

// batch is an entry for payments, net of a fee.
func batch(fee int64, list ...taken) iso20022.Entry {
	e := iso20022.Entry{Credit: true, Status: iso20022.Booked, Code: "ACQ", Batch: &iso20022.Batch{Count: int64(len(list))}}
	sum := int64(0)
	for _, p := range list {
		e.Parts = append(e.Parts, p.part())
		sum += p.amount
	}
	if fee > 0 {
		e.Fees = []iso20022.Fee{{Amount: money.Roubles(fee), Included: true}}
	}
	e.Amount = money.Roubles(sum - fee)
	return e
}

func transfer(kopecks int64, from, purpose string) iso20022.Entry {
	return iso20022.Entry{Amount: money.Roubles(kopecks), Credit: true, Status: iso20022.Booked, Code: "XFER", Parts: []iso20022.Transaction{{
		Amount: money.Roubles(kopecks), Credit: true, Debtor: iso20022.Party{Name: from}, DebtorAccount: iso20022.Account{Number: "40817810000000000042"}, DebtorBank: iso20022.Bank{Member: "044525225"}, Purpose: purpose,
	}}}
}

func (r *rig) today2() calendar.Date { return calendar.DateOf(r.clock.Now(), zone) }

// statement is the bank's of today; a day passes then.
func (r *rig) statement(entries ...iso20022.Entry) []byte {
	r.t.Helper()
	today := r.today2()
	opening := r.balance
	for _, e := range entries {
		r.balance += signed(e.Amount, e.Credit)
	}
	var out bytes.Buffer
	w, err := iso20022.NewStatementWriter(&out, iso20022.Header{ID: "M" + today.String(), Made: r.clock.Now()})
	r.must(err)
	r.must(w.Begin(iso20022.Statement{ID: "S" + today.String(), Account: iso20022.Account{Number: account.Number, Currency: money.RUB}, Balances: []iso20022.Balance{
		{Code: iso20022.BalanceOpening, Amount: money.Roubles(opening), Day: today}, {Code: iso20022.BalanceClosing, Amount: money.Roubles(r.balance), Day: today},
	}}))
	for _, e := range entries {
		e.Day = today
		r.must(w.Entry(e))
	}
	r.must(w.End())
	r.must(w.Close())
	r.clock.Move(24 * time.Hour)
	return out.Bytes()
}

// load gives the statement of today.
func (r *rig) load(entries ...iso20022.Entry) Statement {
	r.t.Helper()
	list, err := r.given(r.statement(entries...))
	r.must(err)
	return list[0]
}

// given is a file that two officials give.
func (r *rig) given(file []byte) ([]Statement, error) {
	r.t.Helper()
	list, err := r.Load(context.Background(), by(first), SourceUpload, file)
	if errors.Is(err, ErrAsked) {
		list, err = r.Load(context.Background(), by(second), SourceUpload, file)
	}
	return list, err
}

func (r *rig) prove() Proof {
	r.t.Helper()
	p, err := r.Prove(context.Background())
	r.must(err)
	return p
}

func (r *rig) sound() {
	r.t.Helper()
	if p := r.prove(); !p.Sound() {
		r.t.Fatalf("%+v", p.Differences)
	}
}

// states are the lines in a state.
func (r *rig) in(state State) []Part {
	r.t.Helper()
	list, err := r.PartsIn(context.Background(), state, Part{})
	r.must(err)
	return list
}

func (r *rig) on(a ledger.Account) int64 {
	r.t.Helper()
	var out ledger.Balance
	r.must(r.s.Read(context.Background(), func(s *store.Snapshot) error {
		var err error
		out, err = ledger.BalanceOf(s, a.ID)
		return err
	}))
	return out.Net()
}

// entriesOf are a day's entries for payments: one batch, or none.
func (r *rig) entriesOf(shown []taken, fee int64) []iso20022.Entry {
	if len(shown) == 0 {
		return nil
	}
	return []iso20022.Entry{batch(fee, shown...)}
}
