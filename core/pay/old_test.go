package pay

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// The rows as they stood before charges were a module of their own.
var (
	oldCharge = store.NewQuery("pay.test.charge", `INSERT INTO charge (payer, id, number, agency, service, subject, amount, currency, title, state, issued, due, settled, payment, revision)
VALUES ($1, $2, $3, $4, 'parking-permit', $5, $6, 'RUB', '{"ru":"Пошлина","en":"Fee"}', $7, $8, NULL, $9, $10, 1)`)
	oldPayment = store.NewQuery("pay.test.payment", `INSERT INTO payment (payer, id, actor, amount, currency, state, started, ended, code, revision) VALUES ($1, $2, $1, $3, 'RUB', $4, $5, $6, $7, 1)`)
	oldLine    = store.NewQuery("pay.test.line", `INSERT INTO payment_line (payer, payment, charge, amount) VALUES ($1, $2, $3, $4)`)
	oldAttempt = store.NewQuery("pay.test.attempt", `INSERT INTO attempt (payer, payment, id, provider, state, page, started, ended) VALUES ($1, $2, $3, 'hosted', $4, '', $5, $6)`)
	oldHome    = store.NewQuery("pay.test.home", `INSERT INTO pay_home (id, payer, payment, service) VALUES ($1, $2, $3, 'parking-permit')`)
	oldMove    = store.NewQuery("pay.test.transfer", `INSERT INTO transfer (holder, movement, line, debit, credit, amount, currency, state, at, act, charge) VALUES ($1, $2, 0, $3, $4, $5, 'RUB', 'posted', $6, $2, $7)`)
)

// upTo is the module's schema as it was after some of its files.
func upTo(t *testing.T, last string) store.Migrations {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(Migrations.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.TrimPrefix(path, "schema/") > last {
			return err
		}
		body, err := fs.ReadFile(Migrations.Files, path)
		out[path] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return store.Migrations{Module: Migrations.Module, Files: out}
}

// old is one charge and one payment of the time before.
type old struct {
	name                    string
	charge, payment, bank   string // their states, and the attempt's
	amount                  int64
	income, toReturn, given bool // which movements were posted
}

func (o old) id(what string) id.ID { return id.Derived("old "+what, o.name) }

func (o old) rows(at time.Time) []store.Stmt {
	settled, ended, code, payment := any(nil), any(nil), "", any(nil)
	if o.charge != "due" {
		settled, payment = at, o.id("payment")
	}
	if o.payment != "open" {
		ended = at
	}
	if o.bank == "paid" {
		code = "code " + o.name
	}
	number := id.NewNumber()
	out := []store.Stmt{
		{Query: oldCharge, Args: []any{anna, o.id("charge"), number, agency, o.id("case"), o.amount, o.charge, at, settled, payment}},
		{Query: oldPayment, Args: []any{anna, o.id("payment"), o.amount, o.payment, at, ended, code}},
		{Query: oldLine, Args: []any{anna, o.id("payment"), o.id("charge"), o.amount}},
		{Query: oldAttempt, Args: []any{anna, o.id("payment"), o.id("attempt"), o.bank, at, ended}},
		{Query: oldHome, Args: []any{o.id("charge"), anna, nil}},
		{Query: oldHome, Args: []any{o.id("attempt"), anna, o.id("payment")}},
		{Query: oldHome, Args: []any{o.id("payment"), anna, o.id("payment")}},
	}
	move := func(movement id.ID, from, to ledger.Account) {
		out = append(out, store.Stmt{Query: oldMove, Args: []any{anna, movement, from.ID, to.ID, o.amount, at, o.id("charge")}})
	}
	income, back := Income(agency, money.RUB), ToReturn(money.RUB)
	switch {
	case o.income:
		move(o.id("payment"), Clearing(money.RUB), income)
	case o.toReturn:
		move(o.id("payment"), Clearing(money.RUB), back)
	}
	if o.income && o.toReturn {
		move(id.Derived("give back", o.id("charge").String()), income, back)
	}
	if o.given {
		move(id.Derived("refund", o.id("attempt").String()), back, Clearing(money.RUB))
	}
	return out
}

// olds are everything that could stand: what was open is paid afterwards, what was to go back goes back, and the rest stays.
var olds = []old{
	{name: "paid", charge: "paid", payment: "paid", bank: "paid", amount: 100, income: true},
	{name: "refunded", charge: "refunded", payment: "refunded", bank: "paid", amount: 200, income: true, toReturn: true, given: true},
	{name: "on its way back", charge: "refunded", payment: "surplus", bank: "paid", amount: 300, income: true, toReturn: true},
	{name: "surplus", charge: "due", payment: "surplus", bank: "paid", amount: 400, toReturn: true},
	{name: "open", charge: "due", payment: "open", bank: "open", amount: 500},
	{name: "failed", charge: "due", payment: "failed", bank: "declined", amount: 600},
}

// Every row of the time before is the same money afterwards, and goes on where it stood.
func TestMoneyOfTheTimeBeforeIsTheSameMoney(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		goesOn(t, store.Options{Dir: t.TempDir(), RunTwice: true})
	})
	if os.Getenv(storetest.PostgresEnv) == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		goesOn(t, storetest.Postgres(t, store.Options{RunTwice: true}))
	})
}

func goesOn(t *testing.T, o store.Options) {
	c := clock.At(storetest.Start)
	o.Clock = c
	before, err := store.Open(ctx, o, vault.Migrations, jobs.Migrations, ledger.Migrations, charge.Migrations, upTo(t, "002_service.sql"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []store.Stmt
	for _, one := range olds {
		rows = append(rows, one.rows(c.Now().Add(-time.Hour))...)
	}
	if err := before.Append(ctx, rows...); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := store.Open(ctx, o, migrated...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = after.Close() }()
	s := newStand(t, after, c)
	s.holds(map[id.ID]int64{clearing: -800, ours: 100, back: 700})
	s.stands(t)
	s.catchUp(t)
	s.holds(map[id.ID]int64{clearing: -600, ours: 600, back: 0})
	if proof, err := ledger.Prove(ctx, after, true); err != nil || !proof.Sound() {
		t.Errorf("the books: %+v %v", proof, err)
	}
}

// stands compares each charge and payment with what it was.
func (s *stand) stands(t *testing.T) {
	t.Helper()
	for name, want := range map[string]struct {
		charge                   charge.State
		payment                  State
		left, refunded, taken    int64
		surplus, ofLine, refunds int64
	}{
		"paid":            {charge.Paid, Paid, 0, 0, 100, 0, 0, 0},
		"refunded":        {charge.Refunded, Refunded, 0, 200, 200, 0, 200, 200},
		"on its way back": {charge.Refunded, Paid, 0, 300, 300, 0, 300, 300},
		"surplus":         {charge.Due, Paid, 400, 400, 0, 400, 0, 400},
		"open":            {charge.Due, Open, 500, 0, 0, 0, 0, 0},
		"failed":          {charge.Due, Failed, 600, 0, 0, 0, 0, 0},
	} {
		o := old{name: name}
		a := Ask{Home: anna, Charge: o.id("charge")}
		p := s.read(Begun{Payer: anna, Payment: o.id("payment")})
		if s.state(a) != want.charge || s.left(a) != want.left || p.State != want.payment || p.Refunded != want.refunded || p.Surplus() != want.surplus {
			t.Errorf("%s: the charge is %s with %d owed, the payment %s, %d back, %d too much", name, s.state(a), s.left(a), p.State, p.Refunded, p.Surplus())
		}
		if l := p.Lines[0]; len(p.Lines) != 1 || l.Taken != want.taken || l.Refunded != want.ofLine || l.Payee != agency || l.Service != "parking-permit" || l.Title.EN != "Fee" || l.Home != anna {
			t.Errorf("%s: the line is %+v", name, l)
		}
		refunds, _, err := s.Refunds(ctx, s.system(), anna, p.ID)
		sum := int64(0)
		for _, r := range refunds {
			sum += r.Amount.Minor
		}
		if err != nil || sum != want.refunds {
			t.Errorf("%s: %d in refunds: %v", name, sum, err)
		}
	}
	lines, err := s.IncomeOf(ctx, agency, "", id.ID{})
	if err != nil || len(lines) != 3 {
		t.Errorf("the agency's list has %d lines: %v", len(lines), err)
	}
	s.listsAll(t)
}

// listsAll asks for what their owner sees in lists, and for what an erasure waits for: nothing of the time before is left out.
func (s *stand) listsAll(t *testing.T) {
	t.Helper()
	list, err := s.charges.OfPerson(ctx, self, anna, charge.Filter{})
	if err != nil || len(list) != len(olds) {
		t.Errorf("their owner's list has %d charges of %d: %v", len(list), len(olds), err)
	}
	n, err := s.charges.CountOpen(ctx, self, anna, dueMost)
	if err != nil || n != 3 {
		t.Errorf("%d are counted as open: %v", n, err)
	}
	laws := map[module.Law]int{}
	stays, err := s.charges.Data().Stays(ctx, anna)
	for _, one := range stays {
		laws[one.Law] += one.Count
	}
	if err != nil || laws[module.LawDue] != 3 || laws[module.LawPayment] != 3 {
		t.Errorf("an erasure waits for %v: %v", laws, err)
	}
	for _, o := range olds {
		if place, err := s.charges.Where(ctx, o.id("charge")); err != nil || place.Decided.IsZero() {
			t.Errorf("%s: nothing says when it was decided: %+v %v", o.name, place, err)
		}
	}
}

// catchUp carries on with what was under way: the bank knows the attempts, as it did before.
func (s *stand) catchUp(t *testing.T) {
	t.Helper()
	for _, o := range olds {
		if o.bank == "declined" || o.given {
			continue
		}
		_, err := s.deps.Bank.Start(ctx, Order{Attempt: o.id("attempt"), Amount: money.Roubles(o.amount), Method: ByPage, Return: "http://city.test", Notify: "http://city.test", Lang: string(lang.Russian)})
		s.must(err)
		_, err = s.bank.Decide(o.id("attempt").String(), true)
		s.must(err)
		for range 2 {
			_, err = s.Settle(ctx, o.id("attempt"))
			s.must(err)
		}
		if o.payment == "surplus" { // its job is under way, too
			s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error {
				return s.base.Jobs.Put(tx, jobs.New{Handler: jobRefund, Holder: anna, Object: o.id("attempt")})
			}))
		}
	}
	s.drain()
	for name, want := range map[string]State{"paid": Paid, "on its way back": Refunded, "surplus": Refunded, "open": Paid} {
		if p := s.read(Begun{Payer: anna, Payment: old{name: name}.id("payment")}); p.State != want {
			t.Errorf("%s: the payment is %s", name, p.State)
		}
	}
	if a := (Ask{Home: anna, Charge: old{name: "open"}.id("charge")}); s.state(a) != charge.Paid {
		t.Errorf("what was open is %s", s.state(a))
	}
	if _, err := s.begin(Ask{Home: anna, Charge: old{name: "surplus"}.id("charge")}); err != nil {
		t.Errorf("what is owed still: %v", err)
	}
	var code string
	err := s.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := paydb.CodeOf(r, "code paid")
		code = row.Code
		return err
	})
	if err != nil || code == "" {
		t.Errorf("a receipt of the time before: %v", err)
	}
}
