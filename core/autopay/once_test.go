package autopay

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// history is one run of the property: an owner with an order, two nodes, a bank that misbehaves and a clock that is moved.
type history struct {
	*rig
	other  *rig
	order  Order
	bills  []id.ID
	person id.ID
}

// step does one thing that may happen.
func (h *history) step(t *rapid.T) {
	switch rapid.SampledFrom([]string{"bill", "hours", "hours", "hours", "day", "days", "back", "event", "decline", "silence", "slow", "settle", "pause", "resume", "answer", "change", "elsewhere", "crash"}).Draw(t, "step") {
	case "bill":
		if len(h.bills) < 6 {
			due := calendar.DateOf(h.clock.Now(), moscow).AddDays(rapid.IntRange(-2, 25).Draw(t, "due"))
			h.bills = append(h.bills, h.bill(fmt.Sprintf("%s-%d", h.person, len(h.bills)), rapid.Int64Range(1, 1000).Draw(t, "amount"), due.String()))
		}
	case "hours":
		h.clock.Move(time.Duration(rapid.IntRange(1, 12).Draw(t, "n")) * time.Hour)
	case "day":
		h.clock.Move(24 * time.Hour)
	case "days":
		h.clock.Move(time.Duration(rapid.IntRange(2, 40).Draw(t, "n")) * 24 * time.Hour)
	case "back":
		h.clock.Move(-time.Duration(rapid.IntRange(1, 100).Draw(t, "n")) * time.Hour)
	case "event":
		if len(h.bills) > 0 {
			name := rapid.SampledFrom(billEvents).Draw(t, "event")
			h.event(name, h.order.Biller.Home, rapid.SampledFrom(h.bills).Draw(t, "of"))
		}
	case "decline":
		h.world.declines = rapid.IntRange(0, 4).Draw(t, "n")
	case "silence":
		h.world.silent = rapid.IntRange(0, 4).Draw(t, "n")
	case "slow":
		h.world.slow = true
	case "settle":
		h.world.slow = false
		for _, payment := range h.world.paid {
			h.event("pay.taken", h.person, payment)
			h.event("pay.failed", h.person, payment)
		}
	case "pause":
		h.must(h.Pause(ctx, personAct(h.person), h.order, calendar.DateOf(h.clock.Now(), moscow).AddDays(rapid.IntRange(1, 20).Draw(t, "until"))))
	case "resume":
		h.must(h.Pause(ctx, personAct(h.person), h.order, calendar.Date{}))
	case "answer":
		if len(h.bills) > 0 {
			bill := rapid.SampledFrom(h.bills).Draw(t, "of")
			if turn, _, err := h.Turn(ctx, personAct(h.person), h.person, turnID(h.order.ID, bill)); err == nil {
				_ = h.Answer(ctx, personAct(h.person), turn, rapid.Bool().Draw(t, "yes"), turn.Amount) // ErrLate is as good
			}
		}
	case "change":
		o, err := h.Order(ctx, personAct(h.person), h.person, h.order.ID)
		h.must(err)
		terms := o.Terms
		terms.Days, terms.Notice, terms.Window = rapid.IntRange(0, 9).Draw(t, "days"), rapid.IntRange(1, 9).Draw(t, "notice"), rapid.IntRange(0, 8).Draw(t, "window")
		h.must(h.Change(ctx, personAct(h.person), o, NewOrder{Name: "Дом", Card: card.ID, Terms: terms}))
	case "elsewhere":
		if len(h.bills) > 0 {
			bill := h.world.bills[rapid.SampledFrom(h.bills).Draw(t, "of")]
			bill.Open = false
			h.world.bills[bill.ID] = bill
		}
	case "crash":
		h.restart(jobs.Options{})
	}
}

// both nodes run what is due, at once.
func (h *history) drain() {
	var wait sync.WaitGroup
	for _, node := range []*rig{h.rig, h.other} {
		wait.Go(func() {
			_, err := node.queue.Drain(ctx)
			if err != nil {
				h.t.Error(err)
			}
		})
	}
	wait.Wait()
}

// once: whatever happened, each bill was paid once at most, within the caps.
func (h *history) once(t *rapid.T) {
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	taken, month := map[id.ID]int{}, map[string]int64{}
	for key, payment := range h.world.paid {
		c := h.world.charging[payment]
		if key != c.Key || c.Payer != h.person {
			continue
		}
		if c.Amount > h.order.Terms.Each || c.Amount > h.world.bills[c.Charge].Amount.Minor {
			t.Fatalf("%d was taken of a bill of %d", c.Amount, h.world.bills[c.Charge].Amount.Minor)
		}
		if h.world.fates[payment] != Declined {
			taken[c.Charge]++
			month[h.monthOfTry(t, c)] += c.Amount
		}
	}
	for charge, n := range taken {
		if n > 1 {
			t.Fatalf("%s was paid %d times", charge, n)
		}
	}
	for name, sum := range month {
		if sum > h.order.Terms.Month {
			t.Fatalf("%d in %s", sum, name)
		}
	}
}

func (h *history) monthOfTry(t *rapid.T, c Charging) string {
	turn, _, err := h.Turn(ctx, personAct(h.person), h.person, turnID(h.order.ID, c.Charge))
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range turn.attempts {
		if one.key == c.Key {
			return monthOf(turn.Tries[i].Day)
		}
	}
	t.Fatal("money was taken for no try")
	return ""
}

// Whatever the clock, the nodes, the bank and the owner do: each bill is paid once at most, within the caps, and in the end
// there is an answer for each.
func TestEachBillIsPaidOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := newRig(t, s, c)
		paid, runs := 0, int64(0)
		rapid.Check(t, func(rt *rapid.T) {
			runs++
			h := begin(r, runs)
			for range rapid.IntRange(5, 25).Draw(rt, "steps") {
				h.step(rt)
				if rapid.IntRange(0, 2).Draw(rt, "runs") > 0 {
					h.drain()
				}
				h.once(rt)
			}
			paid += h.finish(rt)
		})
		if paid == 0 {
			t.Error("nothing was ever paid: it proves nothing")
		}
	}, migrated...)
}

func begin(r *rig, number int64) *history {
	r.clock.Move(storetest.Start.Sub(r.clock.Now()))
	h := &history{person: id.Derived("owner", fmt.Sprint(number))}
	own := *r
	own.world = newWorld()
	own.restart(jobs.Options{})
	h.rig, h.other = &own, own.node()
	h.past(500)
	made, err := h.Make(ctx, personAct(h.person), NewOrder{Person: h.person, Charge: id.Derived("past", "a"), Name: "Дом", Card: card.ID,
		Terms: Terms{Each: 900, Month: 1500, Over: 100, When: Before, Days: 2, Notice: 3, Window: 4}})
	h.must(err)
	h.order, err = h.Order(ctx, personAct(h.person), h.person, made)
	h.must(err)
	return h
}

// calm tells whether no bill waits for anything but its owner.
func (h *history) calm() bool {
	turns, err := h.Turns(ctx, personAct(h.person), h.person)
	h.must(err)
	return !slices.ContainsFunc(turns, func(t Turn) bool { return t.State == Waiting || t.State == Paying })
}

// finish lets the world calm down for two months and counts what was paid; nothing is left in between.
func (h *history) finish(t *rapid.T) int {
	h.world.slow, h.world.silent, h.world.declines = false, 0, 0
	h.must(h.Pause(ctx, personAct(h.person), h.order, calendar.Date{}))
	for range 300 {
		if h.clock.Move(6 * time.Hour); h.calm() {
			break
		}
		h.drain()
	}
	h.once(t)
	paid := 0
	for _, bill := range h.bills {
		turn, _, err := h.Turn(ctx, personAct(h.person), h.person, turnID(h.order.ID, bill))
		if err != nil {
			continue // the order never met it: it was closed before
		}
		switch {
		case turn.State == Paying, turn.State == Waiting:
			t.Fatalf("still %s by %s, next %s", turn.State, turn.Rule, turn.Next)
		case turn.State == Paid:
			paid++
		}
	}
	h.must(h.End(ctx, personAct(h.person), h.order))
	return paid
}
