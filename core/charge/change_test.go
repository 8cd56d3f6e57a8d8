package charge

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// history is one charge under random acts.
type history struct {
	*rig
	t        *rapid.T
	p        *Prepared
	payments int
	taken    map[id.ID]int64 // what Settle said it took
}

func (h *history) charge() Charge {
	c, err := h.Charge(ctx, self, h.p.Home, h.p.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// do runs one act in a Write and tells whether it was let.
func (h *history) do(fn func(tx *store.Tx) error) bool {
	err := h.base.Store.Write(ctx, fn)
	for _, refusal := range []error{ErrSettled, ErrBack, ErrPlan, ErrPlanLate, ErrAmount} {
		if errors.Is(err, refusal) {
			return false
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return true
}

func (h *history) settle() {
	payment := id.Derived("payment", fmt.Sprint(h.p.ID, rapid.IntRange(0, h.payments).Draw(h.t, "payment")))
	h.payments++
	before := h.clock.Now().Add(-time.Duration(rapid.IntRange(0, 48).Draw(h.t, "hours")) * time.Hour)
	part := PartPayment{Payment: payment, Amount: rapid.Int64Range(1, 130_000).Draw(h.t, "amount"), At: before}
	left := h.charge().Owed(part.At, h.Zone()).Left
	var taken int64
	h.do(func(tx *store.Tx) error {
		var err error
		taken, err = h.Settle(tx, self, h.p.Home, h.p.ID, part)
		return err
	})
	if was, twice := h.taken[payment]; twice && was != taken {
		h.t.Fatalf("the second time a payment takes %d, not %d", taken, was)
	} else if !twice && taken != min(part.Amount, left) {
		h.t.Fatalf("taken %d of %d, left %d", taken, part.Amount, left)
	}
	h.taken[payment] = taken
}

func (h *history) takeBack(back func(*store.Tx, id.ID, int64) error) {
	parts := h.charge().Parts
	if len(parts) == 0 {
		return
	}
	part := rapid.SampledFrom(parts).Draw(h.t, "part")
	amount := rapid.Int64Range(1, part.Amount+1).Draw(h.t, "back")
	if rapid.Bool().Draw(h.t, "all") {
		amount = part.net()
	}
	if let := h.do(func(tx *store.Tx) error { return back(tx, part.Payment, amount) }); let != (amount > 0 && amount <= part.net()) {
		h.t.Fatalf("%d of %+v: let %v", amount, part, let)
	}
}

// check compares what is kept with itself: not a kopeck is lost, and nothing is paid beyond what was owed.
func (h *history) check() {
	c := h.charge()
	var paid, given, forgiven, in, reversed int64
	for _, p := range c.Parts {
		paid, given, forgiven, reversed = paid+p.Amount-p.Reversed, given+p.Given, forgiven+p.Forgiven, reversed+p.Reversed
		if p.Amount != h.taken[p.Payment] {
			h.t.Fatalf("a part of %d, taken %d", p.Amount, h.taken[p.Payment])
		}
	}
	for _, taken := range h.taken {
		in += taken
	}
	o := c.Owed(h.clock.Now(), h.Zone())
	sum := int64(0)
	for _, l := range o.Lines {
		sum += l.Amount
	}
	switch {
	case c.Paid != paid || c.Given != given || c.Forgiven != forgiven:
		h.t.Fatalf("%+v: its parts come to %d, %d, %d", c, paid, given, forgiven)
	case in != c.Paid-c.Given+given+reversed:
		h.t.Fatalf("%d came in; %d stay, %d and %d went back", in, c.Paid-c.Given, given, reversed)
	case sum != o.Left-o.Over || o.Left < 0 || o.Over < 0 || o.Left > 0 && o.Over > 0:
		h.t.Fatalf("the lines come to %d: %+v", sum, o)
	case !c.State.Open() && o.Left != 0, c.State == Paid && c.Paid == c.Given && c.Paid > 0 && forgiven > 0, c.State.Open() != c.Settled.IsZero():
		h.t.Fatalf("%+v: %+v", c, o)
	case c.State == Due && c.Paid > c.Given, c.State == Part && c.Paid == c.Given:
		h.t.Fatalf("state %s: paid %d, given %d", c.State, c.Paid, c.Given)
	}
	h.steps(c)
}

// steps compares the revision with the history.
func (h *history) steps(c Charge) {
	err := h.base.Store.Look(ctx, self, "test", func(p *store.Personal) error {
		list, err := chargedb.ChangesOf(p, c.Home, c.ID)
		if err == nil && int64(len(list)) != c.Revision-1 {
			return fmt.Errorf("revision %d after %d changes", c.Revision, len(list))
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// Whatever happens to a charge in whatever order, once or twice, its sums agree to the kopeck.
func TestRandomHistoriesLoseNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := newRig(t, s, c)
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			one := fine(fmt.Sprint("П-", n))
			if rapid.Bool().Draw(t, "flat") {
				one.Kind, one.Person, one.For = "flat", id.ID{}, Identifier{By: ByFlat, Value: "5200001234"}
			}
			one.Amount = money.Roubles(rapid.Int64Range(1, 100_000).Draw(t, "face"))
			h := &history{rig: r, t: t, p: r.issue(one), taken: map[id.ID]int64{}}
			for range rapid.IntRange(1, 10).Draw(t, "acts") {
				h.act()
				h.check()
			}
			c.Move(time.Hour)
		})
	}, needs...)
}

func (h *history) act() {
	home, charge := h.p.Home, h.p.ID
	switch rapid.IntRange(0, 9).Draw(h.t, "act") {
	case 0, 1, 2:
		h.settle()
	case 3:
		h.takeBack(func(tx *store.Tx, payment id.ID, amount int64) error {
			return h.GiveBack(tx, self, home, charge, payment, amount)
		})
	case 4:
		h.takeBack(func(tx *store.Tx, payment id.ID, amount int64) error {
			return h.Reverse(tx, self, home, charge, payment, amount)
		})
	case 5:
		n := Correction{Amount: rapid.Int64Range(1, 120_000).Draw(h.t, "new"), Reason: "mistake"}
		open := h.charge().State
		if let := h.do(func(tx *store.Tx) error { return h.Correct(tx, officer, home, charge, n) }); let == (open == Cancelled || open == Refunded) {
			h.t.Fatalf("%s: let %v", open, let)
		}
	case 6:
		h.clock.Move(time.Duration(rapid.IntRange(1, 60*24).Draw(h.t, "on")) * time.Hour)
	case 7:
		h.do(func(tx *store.Tx) error { return h.Plan(tx, self, home, charge, 3, 0) })
	case 9:
		to := rapid.SampledFrom([]int64{0, 1, 50_000, 120_000}).Draw(h.t, "bring")
		h.do(func(tx *store.Tx) error { return h.Bring(tx, officer, home, charge, 0, to, "mistake") })
		if c := h.charge(); to == 0 && c.State != Cancelled || to > 0 && (c.State == Cancelled || c.Amount.Minor != to) {
			h.t.Fatalf("brought to %d: %+v", to, c)
		}
	case 8:
		if rapid.IntRange(0, 3).Draw(h.t, "cancel") == 0 {
			h.do(func(tx *store.Tx) error { _, err := h.Cancel(tx, officer, home, charge, "mistake"); return err })
		}
	}
}
