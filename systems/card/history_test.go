package card

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store/storetest"
)

// Random histories: whatever happens, in whatever order and however often, no card is overdrawn and nothing is lost.
func TestRandomHistoriesLoseNothing(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	rapid.Check(t, func(t *rapid.T) {
		h := &history{rig: r, cards: []id.ID{r.linked(), r.linked()}}
		before := r.total()
		t.Repeat(map[string]func(*rapid.T){
			"top up": h.topsUp, "taken back": h.takesBack, "pay": h.pays, "give back": h.givesBack, "ticket": h.buys, "block": h.blocks,
			"unblock": h.unblocks, "replace": h.replaces, "drain": func(*rapid.T) { r.drain() }, "": h.never,
		})
		r.drain()
		r.checkLines()
		if got := r.total(); got-before != h.in {
			t.Fatalf("the bank holds %d for the cards, the books say %d", h.in, got-before)
		}
		if err := r.Data().Forget(ctx, anna); err != nil { // the next history begins without cards
			t.Fatal(err)
		}
	})
}

// history is what has happened to Anna's cards.
type history struct {
	*rig
	cards  []id.ID
	bills  []id.ID // top-ups that were paid
	orders []paidOrder
	in     int64 // what the bank holds for the cards
}

type paidOrder struct {
	attempt id.ID
	left    int64 // what may be given back
}

func (h *history) pick(t *rapid.T) id.ID { return rapid.SampledFrom(h.cards).Draw(t, "card") }

// unless fails on every error but those that may be.
func unless(t *rapid.T, err error, may ...error) bool {
	t.Helper()
	for _, one := range may {
		if errors.Is(err, one) {
			return false
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func (h *history) topsUp(t *rapid.T) {
	amount := rapid.Int64Range(topUpLeast, 50_000).Draw(t, "amount")
	bill, err := h.TopUp(ctx, self, anna, h.pick(t), amount)
	if unless(t, err, ErrState, ErrFull) {
		h.paid(bill, amount)
		h.bills, h.in = append(h.bills, bill), h.in+amount
	}
}

func (h *history) takesBack(t *rapid.T) {
	if len(h.bills) == 0 {
		return
	}
	got, err := h.charges.Charge(ctx, self, anna, h.bills[0])
	unless(t, err)
	h.takenBack(h.bills[0], got.Paid)
	h.bills, h.in = h.bills[1:], h.in-got.Paid
}

func (h *history) pays(t *rapid.T) {
	o := order(id.New(h.clock.Now()), h.pick(t), rapid.Int64Range(1, 60_000).Draw(t, "amount"))
	paid := false
	for range rapid.IntRange(1, 2).Draw(t, "times") {
		got, err := h.Purse().Start(ctx, o)
		unless(t, err)
		paid = got.State == pay.Paid
	}
	if paid {
		h.orders = append(h.orders, paidOrder{o.Attempt, o.Amount.Minor})
	}
}

func (h *history) givesBack(t *rapid.T) {
	if len(h.orders) == 0 {
		return
	}
	o := &h.orders[rapid.IntRange(0, len(h.orders)-1).Draw(t, "order")]
	refund, amount := id.New(h.clock.Now()), rapid.Int64Range(1, 60_000).Draw(t, "amount")
	for range rapid.IntRange(1, 2).Draw(t, "times") {
		got, err := h.Purse().Refund(ctx, o.attempt, refund, amount)
		if err != nil || (got.State == pay.RefundDone) != (amount <= o.left) {
			t.Fatalf("%+v of %d left: %v", got, o.left, err)
		}
	}
	if amount <= o.left {
		o.left -= amount
	}
}

func (h *history) buys(t *rapid.T) {
	_, err := h.BuyTicket(ctx, self, Want{Person: anna, Card: h.pick(t), Tariff: rapid.SampledFrom([]string{"90min", "day"}).Draw(t, "tariff"), Key: id.New(h.clock.Now())})
	unless(t, err, ErrFunds, ErrState)
}

func (h *history) blocks(t *rapid.T) {
	unless(t, h.Block(ctx, self, anna, h.pick(t)), ErrState)
}

func (h *history) unblocks(t *rapid.T) {
	unless(t, h.Unblock(ctx, self, anna, h.pick(t)), ErrState)
}

func (h *history) replaces(t *rapid.T) {
	which := h.pick(t)
	if len(h.cards) > 4 {
		return
	}
	fresh, err := h.Replace(ctx, self, anna, which, h.plastic())
	if unless(t, err, ErrReplace) {
		h.cards = append(h.cards, fresh)
	}
}

// never: a card is overdrawn.
func (h *history) never(t *rapid.T) {
	for _, card := range h.cards {
		if n := h.balance(card); n < 0 {
			t.Fatalf("a card lies at %d", n)
		}
	}
}

// total is what the bank's clearing has brought into the books.
func (r *rig) total() int64 { return -r.of(pay.Clearing(money.RUB)) }
