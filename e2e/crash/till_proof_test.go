package crash

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/sim/bank"
	"posad.city/systems/card"
)

// proof is both sides' books once everything has come to rest.
type proof struct {
	t        *testing.T
	till     *till
	books    *books
	payments map[string]bank.Payment
	bookings []bank.Booking
	people   []*payer
	nets     map[string]int64
}

// proveTill lets what is under way end, and compares the two sides with each other and with what the payers were told.
func proveTill(t *testing.T, s *sides, people []*payer) {
	t.Helper()
	ground, err := openTill(t.Context(), s.till.orders)
	if err != nil {
		t.Fatal(err)
	}
	p := &proof{t: t, till: ground, people: people, nets: map[string]int64{}}
	p.rest(s)
	p.readLedger()
	p.checkCards()
	if err := ground.store.Close(); err != nil {
		t.Error(err)
	}
	p.books = openBooks(t, &city{database: s.till.orders.Database}, filepath.Join(s.till.orders.Dir, "db"))
	defer p.books.close()
	p.checkAttempts()
	p.checkMoney()
	p.checkBills()
	p.checkTold()
	checkRules(t, p.books, tillRules)
	p.summary()
}

// rest moves the till's clock on until nothing is under way. Then each payment that the bank knows is asked about once more:
// what the bank did later by itself may have been told by no message, and is found by the statement in a city.
func (p *proof) rest(s *sides) {
	p.t.Helper()
	for range 45 {
		p.step(time.Hour)
	}
	p.read(s, "/control/payments", &p.payments)
	for key := range p.payments {
		attempt, err := id.Parse(key)
		if err != nil {
			p.t.Errorf("the bank has a payment %q", key)
			continue
		}
		if _, err := p.till.pays.Settle(p.t.Context(), attempt); err != nil {
			p.t.Errorf("asked about %s: %v", key, err)
		}
	}
	for range 12 {
		p.step(time.Hour)
	}
	p.payments = nil
	p.read(s, "/control/payments", &p.payments)
	p.read(s, "/control/bookings", &p.bookings)
}

func (p *proof) step(d time.Duration) {
	p.t.Helper()
	p.till.clock.ahead.Move(d)
	if _, err := p.till.queue.Drain(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *proof) read(s *sides, path string, into any) {
	p.t.Helper()
	answer, err := http.Get(s.bank.address() + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // read whole
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		p.t.Fatal(err)
	}
}

func (p *proof) readLedger() {
	p.t.Helper()
	sound, err := ledger.Prove(p.t.Context(), p.till.store, true)
	if err != nil || !sound.Sound() {
		p.t.Errorf("the books are not sound: %+v %v", sound, err)
	}
	err = p.till.store.Read(p.t.Context(), func(r *store.Snapshot) error {
		for name, a := range map[string]ledger.Account{
			"bank": pay.Clearing(money.RUB), "wallets": pay.ClearingOf(pay.WalletName, money.RUB), "to return": pay.ToReturn(money.RUB),
			"disputed": pay.Disputed(money.RUB), "float": pay.Income(card.Float(), money.RUB),
		} {
			b, err := ledger.BalanceOf(r, a.ID)
			if err != nil {
				return err
			}
			p.nets[name] = b.Net()
		}
		return nil
	})
	if err != nil {
		p.t.Error(err)
	}
}

// checkCards: what lies on a card is what its history adds up to.
func (p *proof) checkCards() {
	p.t.Helper()
	for _, one := range p.people {
		lines, err := p.till.cards.History(p.t.Context(), actOf(one.person), one.person, one.card)
		if err != nil {
			p.t.Fatal(err)
		}
		c, err := p.till.cards.Card(p.t.Context(), actOf(one.person), one.person, one.card)
		if err != nil {
			p.t.Fatal(err)
		}
		sum := int64(0)
		for _, l := range lines {
			sum += l.Amount.Minor
		}
		if len(lines) < 200 && sum != c.Balance.Minor || c.Balance.Minor < 0 {
			p.t.Errorf("the history of a card adds up to %d, on it lies %d", sum, c.Balance.Minor)
		}
	}
}

// checkAttempts: each attempt has ended as the bank says, and the bank has no payment that the city does not know.
func (p *proof) checkAttempts() {
	p.t.Helper()
	known := map[string]bool{}
	for _, at := range p.books.rows(`SELECT id, state FROM attempt WHERE provider = 'hosted'`) {
		name, state := at.id(0).String(), at.text(1)
		known[name] = true
		one, there := p.payments[name]
		want := map[string]string{"paid": "paid", "refunded": "paid", "declined": "declined", "expired": "expired"}[one.State]
		if !there || one.State != "reversed" && state != want || state == "open" || state == "started" {
			p.t.Errorf("attempt %s is %s here and %q at the bank", name, state, one.State)
		}
	}
	for name, one := range p.payments {
		if !known[name] {
			p.t.Errorf("the bank has a payment that the city does not know: %s", name)
		}
		if one.Takes > 1 || one.Refunded > one.Amount {
			p.t.Errorf("the bank took %s %d times and gave %d of %d back", name, one.Takes, one.Refunded, one.Amount)
		}
	}
}

// checkMoney: what the bank holds for the city is what the books say, and nothing is left between accounts.
func (p *proof) checkMoney() {
	p.t.Helper()
	holds, disputed := int64(0), int64(0)
	for _, one := range p.bookings {
		if one.Kind != "fee" {
			holds += one.Amount
		}
	}
	for _, one := range p.payments {
		if one.Dispute == "open" {
			disputed += one.Disputed
		}
	}
	if booked := -p.nets["bank"]; booked != holds {
		p.t.Errorf("the bank holds %d for the city, the books say %d", holds, booked)
		p.compare()
	}
	if p.nets["wallets"] != 0 {
		p.t.Errorf("%d lie between cards and payees", p.nets["wallets"])
	}
	refused := int64(0)
	for _, r := range p.books.rows(`SELECT state, amount FROM refund WHERE state <> 'given'`) {
		if r.text(0) != "refused" {
			p.t.Errorf("a refund is %s at rest", r.text(0))
		}
		refused += r.int(1)
	}
	if p.nets["to return"] != refused {
		p.t.Errorf("%d wait to go back, refunds that the bank refused come to %d", p.nets["to return"], refused)
	}
	// A refund that the bank refuses because of a dispute waits for an official; the lost dispute then takes the same money.
	if rest := -p.nets["disputed"] - disputed; rest < 0 || rest > refused {
		p.t.Errorf("disputed are %d at the bank, the books say %d", disputed, -p.nets["disputed"])
	}
}

// compare says which payments stand otherwise at the bank than here.
func (p *proof) compare() {
	p.t.Helper()
	here := map[string]int64{}
	for _, at := range p.books.rows(`SELECT a.id, p.amount - p.disputed
	 - COALESCE((SELECT SUM(r.amount) FROM refund AS r WHERE r.payer = p.payer AND r.attempt = a.id AND r.state = 'given'), 0)
	 FROM attempt AS a JOIN payment AS p ON p.payer = a.payer AND p.id = a.payment WHERE a.provider = 'hosted' AND a.state IN ('paid', 'reversed') AND p.state <> 'failed'`) {
		here[at.id(0).String()] = at.int(1)
	}
	there := map[string]int64{}
	for _, one := range p.bookings {
		if one.Kind != "fee" {
			there[one.Payment] += one.Amount
		}
	}
	shown := 0
	for name, one := range p.payments {
		if here[name] == there[name] || shown == shownMost {
			continue
		}
		shown++
		p.t.Errorf("of %s (%s %d, given back %d, dispute %s of %d, refunds %v) the bank holds %d, the city thinks %d",
			name, one.State, one.Amount, one.Refunded, one.Dispute, one.Disputed, given(one), there[name], here[name])
	}
}

func given(p bank.Payment) []bank.Refund {
	var out []bank.Refund
	for _, one := range p.Given {
		out = append(out, *one)
	}
	return out
}

// checkBills: what is counted for a charge is what its payments brought it, and nobody has paid one twice.
func (p *proof) checkBills() {
	p.t.Helper()
	brought := map[id.ID]int64{}
	for _, l := range p.books.rows(`SELECT charge, taken, refunded, disputed FROM payment_line`) {
		brought[l.id(0)] += l.int(1) - l.int(2) - l.int(3)
	}
	for _, b := range p.books.rows(`SELECT id, amount, paid, given, state FROM bill`) {
		has := b.int(2) - b.int(3)
		if has != brought[b.id(0)] {
			p.t.Errorf("charge %s (%s) counts %d, its payments brought %d", b.id(0), b.text(4), has, brought[b.id(0)])
		}
		if has > b.int(1) || has < 0 {
			p.t.Errorf("charge %s of %d has %d", b.id(0), b.int(1), has)
		}
		if b.text(4) == "paid" && has == 0 && b.int(3) == 0 {
			p.t.Errorf("charge %s is paid by nothing", b.id(0))
		}
	}
}

// checkTold: what somebody was told is paid, was.
func (p *proof) checkTold() {
	p.t.Helper()
	state := map[id.ID]string{}
	for _, one := range p.books.rows(`SELECT id, state FROM payment`) {
		state[one.id(0)] = one.text(1)
	}
	notes := p.people[0].notes
	for payment, attempt := range notes.taken {
		if s := state[payment]; s != "paid" && s != "refunded" && s != "reversed" {
			p.t.Errorf("payment %s was said to be paid and is %q; at the bank %s", payment, s, p.payments[attempt.String()].State)
		}
	}
}

// tillRules hold at rest.
var tillRules = []rule{
	{"half a payment", `SELECT p.id, p.state FROM payment AS p WHERE NOT EXISTS (SELECT 1 FROM payment_line AS l WHERE l.payer = p.payer AND l.payment = p.id)
	 OR NOT EXISTS (SELECT 1 FROM attempt AS a WHERE a.payer = p.payer AND a.payment = p.id)
	 OR (SELECT SUM(l.amount) FROM payment_line AS l WHERE l.payer = p.payer AND l.payment = p.id) <> p.amount`},
	{"a payment that is not over", `SELECT id, state FROM payment WHERE state = 'open'`},
	{"money for a payment that failed", `SELECT p.id FROM payment AS p JOIN payment_line AS l ON l.payer = p.payer AND l.payment = p.id WHERE p.state = 'failed' AND l.taken > 0`},
	{"a try that differs from its payment", `SELECT c.payment, c.state, p.state FROM charge_payment AS c JOIN payment AS p ON p.id = c.payment WHERE c.state = 'open' OR (c.state = 'failed') <> (p.state = 'failed')`},
	{"a job that is dead", `SELECT handler, object, attempt, failure FROM job WHERE state = 'dead'`},
	{"a transfer that is not posted", `SELECT movement, line, state FROM ledger_transfer WHERE state <> 'posted'`},
	{"an order at a card that is not its payment's", `SELECT o.attempt, o.state, a.state FROM card_order AS o LEFT JOIN attempt AS a ON a.id = o.attempt WHERE a.id IS NULL OR o.state <> a.state`},
	{"a lost top-up that the float did not pay", `SELECT charge, moved, lost FROM card_top_up WHERE moved < lost`},
}

func (p *proof) summary() {
	kinds := map[string]int{}
	for _, one := range p.bookings {
		kinds[one.Kind]++
	}
	states := map[string]int{}
	for _, one := range p.books.rows(`SELECT p.state, p.method FROM payment AS p`) {
		states[one.text(0)]++
		states["by "+one.text(1)]++
	}
	n := p.people[0].notes
	p.t.Logf("%d bills, payments %v; at the bank %v; calls without an answer %d, pressed twice %d; refunds asked %d", n.bills, states, kinds, n.unheard, n.doubled, n.refunds)
}
