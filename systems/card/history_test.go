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
		cards := []id.ID{r.linked(), r.linked()}
		type paidOrder struct {
			attempt id.ID
			left    int64
		}
		var bills []id.ID
		var orders []paidOrder
		before := r.total()
		in := int64(0)
		pick := func() id.ID { return rapid.SampledFrom(cards).Draw(t, "card") }
		t.Repeat(map[string]func(*rapid.T){
			"top up": func(t *rapid.T) {
				amount := rapid.Int64Range(topUpLeast, 50_000).Draw(t, "amount")
				bill, err := r.TopUp(ctx, self, anna, pick(), amount)
				if errors.Is(err, ErrState) || errors.Is(err, ErrFull) {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				r.paid(bill, amount)
				bills, in = append(bills, bill), in+amount
			},
			"taken back": func(t *rapid.T) {
				if len(bills) == 0 {
					return
				}
				got, err := r.charges.Charge(ctx, self, anna, bills[0])
				if err != nil {
					t.Fatal(err)
				}
				r.takenBack(bills[0], got.Paid)
				bills, in = bills[1:], in-got.Paid
			},
			"drain": func(*rapid.T) { r.drain() },
			"pay": func(t *rapid.T) {
				o := order(id.New(c.Now()), pick(), rapid.Int64Range(1, 60_000).Draw(t, "amount"))
				for range rapid.IntRange(1, 2).Draw(t, "times") {
					got, err := r.Purse().Start(ctx, o)
					if err != nil {
						t.Fatal(err)
					}
					if got.State == pay.Paid && (len(orders) == 0 || orders[len(orders)-1].attempt != o.Attempt) {
						orders = append(orders, paidOrder{o.Attempt, o.Amount.Minor})
					}
				}
			},
			"give back": func(t *rapid.T) {
				if len(orders) == 0 {
					return
				}
				o := &orders[rapid.IntRange(0, len(orders)-1).Draw(t, "order")]
				refund, amount := id.New(c.Now()), rapid.Int64Range(1, 60_000).Draw(t, "amount")
				for range rapid.IntRange(1, 2).Draw(t, "times") {
					got, err := r.Purse().Refund(ctx, o.attempt, refund, amount)
					if err != nil || (got.State == pay.RefundDone) != (amount <= o.left) {
						t.Fatalf("%+v of %d left: %v", got, o.left, err)
					}
				}
				if amount <= o.left {
					o.left -= amount
				}
			},
			"ticket": func(t *rapid.T) {
				_, err := r.BuyTicket(ctx, self, Want{Person: anna, Card: pick(), Tariff: rapid.SampledFrom([]string{"90min", "day"}).Draw(t, "tariff"), Key: id.New(c.Now())})
				if err != nil && !errors.Is(err, ErrFunds) && !errors.Is(err, ErrState) {
					t.Fatal(err)
				}
			},
			"block": func(t *rapid.T) {
				if err := r.Block(ctx, self, anna, pick()); err != nil && !errors.Is(err, ErrState) {
					t.Fatal(err)
				}
			},
			"unblock": func(t *rapid.T) {
				if err := r.Unblock(ctx, self, anna, pick()); err != nil && !errors.Is(err, ErrState) {
					t.Fatal(err)
				}
			},
			"replace": func(t *rapid.T) {
				i := rapid.IntRange(0, len(cards)-1).Draw(t, "which")
				if len(cards) > 4 {
					return
				}
				fresh, err := r.Replace(ctx, self, anna, cards[i], r.plastic())
				if errors.Is(err, ErrReplace) {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				cards = append(cards, fresh)
			},
			"": func(t *rapid.T) {
				for _, card := range cards {
					if n := r.balance(card); n < 0 {
						t.Fatalf("a card lies at %d", n)
					}
				}
			},
		})
		r.drain()
		r.checkLines()
		if got := r.total(); got-before != in {
			t.Fatalf("the bank holds %d for the cards, the books say %d", in, got-before)
		}
		if err := r.Data().Forget(ctx, anna); err != nil { // the next history begins without cards
			t.Fatal(err)
		}
	})
}

// total is what the bank's clearing has brought into the books.
func (r *rig) total() int64 { return -r.of(pay.Clearing(money.RUB)) }
