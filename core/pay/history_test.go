package pay

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/sim/bank"
)

// story is what happens to a few charges of two payees in the hands of two payers.
type story struct {
	*stand
	rt    *rapid.T
	asks  []Ask
	tried []Begun
}

// Whatever is pressed, lost, refused, told twice, in another order or never, given back in part, cancelled, corrected,
// disputed or taken back: the city's books equal what the bank holds for it, each payee's income is what its charges say
// that they were paid, nothing is left on the way, and no charge was paid beyond what it asked.
func TestRandomHistoriesNeverLoseOrDoubleMoney(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		st, c := fresh(t)
		defer func() { _ = st.Close() }()
		s := newStand(t, st, c)
		h := &story{stand: s, rt: rt, asks: []Ask{s.charge(700), s.owe(anna, tax, 90, inParts), s.owe(oleg, tax, 1000, inParts), s.charge(55)}}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			h.step()
		}
		h.end()
		h.check()
	})
}

func fresh(t *testing.T) (*store.Store, *clock.Fixed) {
	c := clock.At(storetest.Start)
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Clock: c, RunTwice: true}, migrated...)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func (h *story) step() {
	draw := func(most int, name string) int { return rapid.IntRange(0, most).Draw(h.rt, name) }
	switch what := draw(16, "what"); {
	case what <= 2:
		h.press()
	case what <= 4 && len(h.tried) > 0:
		_, _ = h.bank.Decide(h.some().Attempt.String(), draw(3, "pays") > 0) // the bank may not know it
	case what <= 6 && len(h.tried) > 0:
		_, _ = h.Settle(ctx, h.some().Attempt)
	case what == 7:
		h.bank.SetFaults(bank.Faults{LoseNext: draw(2, "lose"), RefuseNext: draw(2, "refuse"), RefuseRefunds: draw(2, "refuse back"), Messages: -1})
	case what == 8:
		h.clock.Move(time.Duration(1+draw(29, "hours")) * time.Hour)
	case what == 9:
		_, _ = h.queue.Drain(ctx)
	case what == 10:
		h.agencyActs(draw(2, "act"))
	case what == 11 && len(h.tried) > 0:
		h.giveBackSome()
	case what == 14:
		h.race()
	case what == 15 && len(h.tried) > 0:
		h.askRefusedAgain()
	case what >= 12 && len(h.tried) > 0:
		do := []string{"dispute", "reverse", "won", "lost", "return"}[draw(4, "do")]
		_ = h.bank.Act(h.some().Attempt.String(), do, int64(10*draw(9, "of"))) // may not be possible now
		if draw(1, "heard") == 1 {
			_, _ = h.Settle(ctx, h.some().Attempt)
		}
	}
}

func (h *story) some() Begun {
	return h.tried[rapid.IntRange(0, len(h.tried)-1).Draw(h.rt, "tried")]
}

// basket draws some charges, in part where that is let, and who pays them; some are under a key that others are under, too.
func (h *story) basket() (act.Act, Basket) {
	var b Basket
	for _, ask := range h.asks {
		if rapid.Bool().Draw(h.rt, "chosen") {
			if rapid.IntRange(0, 2).Draw(h.rt, "part") == 0 {
				ask.Amount = int64(rapid.IntRange(1, 60).Draw(h.rt, "amount"))
			}
			b.Asks = append(b.Asks, ask)
		}
	}
	a := []act.Act{self, other, nobody(h.stand)}[rapid.IntRange(0, 2).Draw(h.rt, "who")]
	b.Payer = a.Actor.Person
	if key := rapid.IntRange(0, 3).Draw(h.rt, "key"); key > 0 {
		b.Key = id.Derived("key", string(rune('0'+key)))
	}
	b.Visit = []string{"", "visit"}[rapid.IntRange(0, 1).Draw(h.rt, "visit")]
	return a, b
}

// press begins to pay; it may fail by the bank's faults: that is the point.
func (h *story) press() {
	a, b := h.basket()
	h.began(h.Begin(ctx, a, b, lang.Russian))
	h.clock.Move(time.Second)
}

func (h *story) began(b Begun, _ error) {
	if !b.Attempt.IsZero() {
		h.tried = append(h.tried, b)
	}
}

// race does several things in one instant: two presses, and a settling of something begun before.
func (h *story) race() {
	var begun [2]Begun
	var all sync.WaitGroup
	for i := range begun {
		a, b := h.basket()
		all.Go(func() { begun[i], _ = h.Begin(ctx, a, b, lang.Russian) })
	}
	if len(h.tried) > 0 {
		at := h.some().Attempt
		all.Go(func() { _, _ = h.Settle(ctx, at) })
	}
	all.Wait()
	for _, b := range begun {
		h.began(b, nil)
	}
	h.clock.Move(time.Second)
}

// askRefusedAgain has the bank asked anew for what it refused to give back.
func (h *story) askRefusedAgain() {
	b := h.some()
	refunds, _, err := h.Refunds(ctx, h.system(), b.Payer, b.Payment)
	if err != nil {
		h.rt.Fatal(err)
	}
	for _, r := range refunds {
		h.must(h.base.Store.Write(ctx, func(tx *store.Tx) error { return h.AskAgain(tx, b.Payer, r.ID) }))
	}
}

// agencyActs cancels or corrects a charge while it may be in the middle of a payment.
func (h *story) agencyActs(what int) {
	ask := h.asks[rapid.IntRange(0, len(h.asks)-1).Draw(h.rt, "charge")]
	_ = h.base.Store.Write(ctx, func(tx *store.Tx) error { // may be refused
		if what == 0 {
			_, err := h.charges.Cancel(tx, h.system(), ask.Home, ask.Charge, "test")
			return err
		}
		return h.charges.Correct(tx, h.system(), ask.Home, ask.Charge, charge.Correction{Amount: int64(40 + 30*what), Reason: "test"})
	})
}

func (h *story) giveBackSome() {
	p := h.read(h.some())
	l := p.Lines[rapid.IntRange(0, len(p.Lines)-1).Draw(h.rt, "line")]
	ready, err := h.PrepareRefund(ctx, h.system(), Refunding{Payer: p.Payer, Payment: p.ID, Charge: l.Charge, Amount: int64(rapid.IntRange(0, 80).Draw(h.rt, "back"))})
	if err == nil {
		_ = h.base.Store.Write(ctx, ready.Put) // may be refused
	}
}

// end lets everything come that can come: disputes are judged, each attempt is asked about.
func (h *story) end() {
	h.bank.SetFaults(bank.Faults{Messages: -1})
	for range 4 {
		payments := h.bank.Payments()
		for _, key := range slices.Sorted(maps.Keys(payments)) {
			if payments[key].Dispute == "open" {
				_ = h.bank.Act(key, []string{"won", "lost"}[rapid.IntRange(0, 1).Draw(h.rt, "judged")], 0)
			}
		}
		for _, b := range h.tried {
			_, _ = h.Settle(ctx, b.Attempt)
		}
		h.clock.Move(13 * time.Hour)
		h.drain()
	}
}

func (h *story) check() {
	held := int64(0)
	for _, b := range h.bank.Bookings() {
		if b.Kind != "fee" {
			held += b.Amount
		}
	}
	payers := map[id.ID]bool{anna: true, oleg: true}
	for _, b := range h.tried {
		payers[b.Payer] = true
	}
	books, waiting := map[id.ID]int64{}, int64(0)
	for payer := range payers {
		for account, sum := range h.books(payer) {
			books[account] += sum
		}
		waiting += h.unreturned(payer)
	}
	if -books[clearing] != held {
		h.rt.Errorf("the bank holds %d of ours, the books say %d", held, -books[clearing])
	}
	if books[back] != waiting || books[fought] != 0 {
		h.rt.Errorf("%d is to go back where the bank refused %d, %d is fought for", books[back], waiting, books[fought])
	}
	want := map[id.ID]int64{}
	for _, ask := range h.asks {
		c := h.owed(ask)
		got := c.Paid - c.Given
		want[Income(c.Payee, money.RUB).ID] += got
		if o := c.Owed(h.clock.Now(), zone()); got > o.Face || o.Over > 0 && h.left(ask) {
			h.rt.Errorf("the charge %s has %d of %d, %d too much", c.State, got, o.Face, o.Over)
		}
	}
	for account, sum := range want {
		if books[account] != sum {
			h.rt.Errorf("an income is %d, its charges say %d", books[account], sum)
		}
	}
	proveBooks(h)
}

// left tells whether something of a charge could still be given back: not while the bank has refused, or a dispute took it.
func (h *story) left(a Ask) bool {
	paid, err := h.paymentsOf(ctx, h.system(), a.Home, a.Charge)
	if err != nil {
		h.rt.Fatal(err)
	}
	for _, p := range paid {
		for _, l := range p.Lines {
			if l.Charge == a.Charge && min(l.Left(), p.Amount.Minor-p.Refunded-p.Disputed) > 0 {
				return true
			}
		}
	}
	return false
}

// unreturned is what a bank refused to give back.
func (h *story) unreturned(payer id.ID) int64 {
	sum := int64(0)
	for _, b := range h.tried {
		if b.Payer != payer {
			continue
		}
		refunds, _, err := h.Refunds(ctx, h.system(), b.Payer, b.Payment)
		if err != nil {
			h.rt.Fatal(err)
		}
		for _, r := range refunds {
			if r.State == RefusedByAll {
				sum += r.Amount.Minor
			}
		}
	}
	return sum
}

// proveBooks compares the balances that the ledger keeps with its transfers.
func proveBooks(h *story) {
	proof, err := ledger.Prove(ctx, h.base.Store, true)
	if err != nil || !proof.Sound() {
		h.rt.Errorf("the ledger: %+v %v", proof, err)
	}
}
