package app_test

import (
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"posad.city/app/apptest"
	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/autopay"
	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/sim/bank"
	"posad.city/systems/card"
)

// TestAutopay has Anna's standing order pay real bills at the bank for a month: two workers take up every job at once, the bank
// loses an answer, and each due payment happens once.
func TestAutopay(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		h := apptest.Open(t)
		aMonthOfAutopay(t, h, h)
	})
	if os.Getenv(storetest.PostgresEnv) != "" {
		t.Run("postgres", func(t *testing.T) {
			t.Parallel()
			h := apptest.OpenPostgres(t)
			aMonthOfAutopay(t, h, h.Node())
		})
	}
}

func aMonthOfAutopay(t *testing.T, h, other *apptest.House) {
	s := &standing{House: h, t: t, other: other, anna: h.Resident("anna"), began: calendar.DateOf(h.Clock.Now(), moscow), owed: map[id.ID]int64{}}
	s.open(usually)
	usual, unusual, skipped := s.issue("usual", usually, 10), s.issue("unusual", 2*usually, 10), s.issue("skipped", usually, 10)
	s.run()
	s.answer(skipped, "no", 0)
	s.to(7, 12)
	s.state(usual, autopay.Waiting, autopay.RuleUntold, autopay.RuleNotice)
	s.state(unusual, autopay.Asked, autopay.RuleUnusual)
	s.Bank.SetFaults(bank.Faults{LoseNext: 1})
	s.to(8, 12)
	s.settled()
	s.state(usual, autopay.Paid, autopay.RuleDue)
	s.paidOnce(usual)
	s.left(unusual, 2*usually)
	s.left(skipped, usually)

	s.takenBack(usual)
	s.answer(unusual, "yes", 2*usually)
	s.settled()
	s.state(unusual, autopay.Paid, autopay.RuleDue)
	s.paidOnce(unusual)

	paused, stopped := s.issue("paused", usually, 20), s.issue("stopped", usually, 40)
	s.run()
	s.call(http.MethodPost, "/pause", map[string]any{"until": s.began.AddDays(30)})
	s.to(19, 12)
	s.left(paused, usually)
	s.call(http.MethodPost, "/pause", map[string]any{})
	s.to(20, 12)
	s.settled()
	s.paidOnce(paused)
	s.to(37, 12)
	s.call(http.MethodPost, "/stop", nil)
	s.to(60, 12)
	s.left(stopped, usually)
	s.left(skipped, usually)
	s.left(usual, usually) // nothing pays again by itself what its owner took back
	s.settledAtTheBank(map[id.ID]int{usual: 1, unusual: 1, paused: 1})
	s.fromTheTransportCard(map[id.ID]int{usual: 2, skipped: 1, stopped: 1})
}

// fromTheTransportCard has a new order pay, from money that lies on a card of the city, a new bill and those that were left open.
func (s *standing) fromTheTransportCard(want map[id.ID]int) {
	s.t.Helper()
	plastic := card.Plastic{Number: "0012345674", Code: "417052"}
	self := act.ByJob(id.New(s.Clock.Now()), act.Purpose{})
	_, err := s.Modules.Card.Issue(s.t.Context(), self, []card.Plastic{plastic})
	s.Must(err)
	wallet, err := s.Modules.Card.Link(s.t.Context(), self, s.anna.ID(), plastic)
	s.Must(err)
	top, err := s.Modules.Card.TopUp(s.t.Context(), self, s.anna.ID(), wallet, 5*usually)
	s.Must(err)
	s.byHand(top, 5*usually)
	want[s.issue("wallet", usually, 70)] = 1
	for bill := range want {
		s.make(bill, wallet)
		break
	}
	s.to(67, 12)
	s.to(68, 12)
	s.settled()
	for bill, times := range want {
		s.left(bill, 0)
		if got := s.payments()[bill]; got != times {
			s.t.Errorf("%d payments, not %d", got, times)
		}
	}
	now, err := s.Modules.Card.Card(s.t.Context(), self, s.anna.ID(), wallet)
	if s.Must(err); now.Balance.Minor != usually {
		s.t.Errorf("%d lies on the card", now.Balance.Minor)
	}
}

// moscow is the zone of Kitezh.
var moscow = time.FixedZone("Europe/Moscow", 3*60*60)

// usually is what Anna pays for the kindergarten each month, kopecks.
const usually = 300_000

// standing is Anna's order in a house whose jobs two workers do.
type standing struct {
	*apptest.House
	t     *testing.T
	other *apptest.House
	anna  kitezh.Resident
	order id.ID
	began calendar.Date
	owed  map[id.ID]int64 // what each bill was issued for
}

// program is Anna, who has just signed in.
func (s *standing) program() *apptest.Client {
	return s.Enter(s.anna, account.Proof{Method: account.ByPassword, Level: act.Standard}, account.Via{Channel: act.Web, Lang: lang.Russian}).Program()
}

func (s *standing) want(method, path string, body, out any) {
	s.t.Helper()
	got := s.program().Send(method, path, body)
	if got.Status/100 != 2 {
		s.t.Fatalf("%s %s: %d %s", method, path, got.Status, got.Body)
	}
	if out != nil {
		s.Must(got.JSON(out))
	}
}

func (s *standing) call(method, path string, body any) {
	s.t.Helper()
	s.want(method, "/api/v1/autopay/orders/"+s.order.String()+path, body, nil)
	s.run()
}

// open pays one bill by hand with a card that the bank keeps, and makes the order by it.
func (s *standing) open(amount int64) {
	s.t.Helper()
	first := s.issue("first", amount, 15)
	s.run()
	s.byHand(first, amount)
	cards, err := s.Modules.Pay.Cards(s.t.Context(), act.ByJob(id.New(s.Clock.Now()), act.Purpose{}), s.anna.ID())
	if s.Must(err); len(cards) != 1 {
		s.t.Fatalf("%d cards", len(cards))
	}
	s.make(first, cards[0].ID)
}

// make makes an order by a bill.
func (s *standing) make(bill, from id.ID) {
	s.t.Helper()
	var made struct{ ID id.ID }
	s.want(http.MethodPost, "/api/v1/autopay/orders", map[string]any{"charge": bill, "name": "Сад", "card": from, "terms": map[string]any{
		"each": 10 * usually, "month": 10 * usually, "over": 30, "when": "before", "days": 2, "notice": 1, "window": 4,
	}}, &made)
	s.order = made.ID
	s.run()
}

// byHand pays a bill on the bank's page, and has the card kept.
func (s *standing) byHand(bill id.ID, amount int64) {
	s.t.Helper()
	s.want(http.MethodPost, "/api/v1/payments", map[string]any{"charges": []any{map[string]any{"id": bill, "amount": amount}}, "save_card": true}, nil)
	for key, p := range s.Bank.Payments() {
		if p.State == "open" {
			_, err := s.Bank.PayWith(key, "4242")
			s.Must(err)
		}
	}
	s.Bank.Wait()
	s.run()
	s.left(bill, 0)
}

// issue sends Anna a bill of the kindergarten that is due so many days after the beginning.
func (s *standing) issue(name string, amount int64, due int) id.ID {
	s.t.Helper()
	ready, err := s.Modules.Charge.Prepare(s.t.Context(), charge.NewCharge{
		Person: s.anna.ID(), Payee: agency.ID("education"), External: "autopay-" + name, Kind: "kindergarten", Amount: money.Roubles(amount),
		Due: s.began.AddDays(due).Start(moscow).Add(20 * time.Hour),
	})
	s.Must(err)
	s.Must(s.Base.Store.Write(s.t.Context(), func(tx *store.Tx) error { return ready.Put(tx) }))
	s.owed[ready.ID] = amount
	return ready.ID
}

// run has both workers do what is due, at once.
func (s *standing) run() {
	s.t.Helper()
	var wait sync.WaitGroup
	for _, node := range []*apptest.House{s.House, s.other} {
		wait.Go(func() {
			if _, err := node.Base.Jobs.Drain(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		})
	}
	wait.Wait()
	s.Bank.Wait()
}

// to moves the clocks to an hour of a day after the beginning.
func (s *standing) to(days, hour int) {
	s.t.Helper()
	s.move(s.began.AddDays(days).Start(moscow).Add(time.Duration(hour) * time.Hour).Sub(s.Clock.Now()))
}

func (s *standing) move(d time.Duration) {
	s.t.Helper()
	s.Clock.Move(d)
	if s.other != s.House {
		s.other.Clock.Move(d)
	}
	s.run()
}

// settled lets half an hour pass in which the fate of everything is learned.
func (s *standing) settled() {
	s.t.Helper()
	for range 3 {
		s.move(10 * time.Minute)
	}
}

type turnWire struct {
	ID, Charge id.ID
	State      autopay.State
	Rule       autopay.Rule
	Amount     int64
}

func (s *standing) turn(bill id.ID) turnWire {
	s.t.Helper()
	var out struct{ Turns []turnWire }
	s.want(http.MethodGet, "/api/v1/autopay/orders/"+s.order.String(), nil, &out)
	for _, one := range out.Turns {
		if one.Charge == bill {
			return one
		}
	}
	s.t.Fatalf("the order does not know the bill: %+v", out.Turns)
	return turnWire{}
}

func (s *standing) state(bill id.ID, state autopay.State, rules ...autopay.Rule) {
	s.t.Helper()
	if got := s.turn(bill); got.State != state || !slices.Contains(rules, got.Rule) {
		s.t.Fatalf("%+v, not %s by %s", got, state, rules)
	}
}

func (s *standing) answer(bill id.ID, say string, amount int64) {
	s.t.Helper()
	s.call(http.MethodPost, "/bills/"+s.turn(bill).ID.String()+"/answer", map[string]any{"say": say, "amount": amount})
}

// left is what is owed of a bill.
func (s *standing) left(bill id.ID, want int64) {
	s.t.Helper()
	c, err := s.Modules.Charge.Charge(s.t.Context(), act.ByJob(id.New(s.Clock.Now()), act.Purpose{}), s.anna.ID(), bill)
	s.Must(err)
	if got := c.Owed(s.Clock.Now(), moscow).Left; got != want || c.State.Open() != (want > 0) {
		s.t.Fatalf("%d is owed, not %d: %s", got, want, c.State)
	}
}

// paidOnce: nothing is owed, and one payment of the bill's whole amount is the only one that has a line for it.
func (s *standing) paidOnce(bill id.ID) {
	s.t.Helper()
	s.left(bill, 0)
	if got := s.payments()[bill]; got != 1 {
		s.t.Fatalf("%d payments", got)
	}
}

// payments counts what was taken for each bill.
func (s *standing) payments() map[id.ID]int {
	s.t.Helper()
	list, err := s.Modules.Pay.Payments(s.t.Context(), act.ByJob(id.New(s.Clock.Now()), act.Purpose{}), s.anna.ID(), id.ID{})
	s.Must(err)
	out := map[id.ID]int{}
	for _, one := range list {
		for _, line := range one.Lines {
			out[line.Charge]++
		}
	}
	return out
}

// takenBack undoes a payment within its hours: the money goes back, and the whole bill is owed again.
func (s *standing) takenBack(bill id.ID) {
	s.t.Helper()
	s.call(http.MethodPost, "/bills/"+s.turn(bill).ID.String()+"/undo", nil)
	s.settled()
	s.state(bill, autopay.Undone, autopay.RuleDue)
	s.left(bill, s.owed[bill])
	back := int64(0)
	for _, p := range s.Bank.Payments() {
		back += p.Refunded
	}
	if back != s.owed[bill] {
		s.t.Fatalf("the bank gave back %d", back)
	}
}

// settledAtTheBank: the card paid for these bills and for no other, each so often, and no more than they were.
func (s *standing) settledAtTheBank(want map[id.ID]int) {
	s.t.Helper()
	should, took := int64(0), int64(0)
	for bill, n := range want {
		if got := s.payments()[bill]; got != n {
			s.t.Errorf("%d payments for a bill, not %d", got, n)
		}
		should += s.owed[bill] * int64(n)
	}
	for _, p := range s.Bank.Payments() {
		if p.Method == "card" {
			took += p.Amount * int64(p.Takes)
		}
	}
	if took != should {
		s.t.Errorf("the bank took %d from the card, not %d", took, should)
	}
}
