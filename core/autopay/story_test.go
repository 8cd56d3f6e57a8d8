package autopay

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/id"
)

func TestAnOrdinaryMonth(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.past(420000, 410000, 450000)
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 432000, "2026-12-10")
		r.run()
		if got := r.turn(o, bill); got.State != Waiting || got.Rule != RuleEarly || got.PayOn != day("2026-12-08") {
			t.Fatalf("at first: %+v", got)
		}
		r.to("2026-12-05", 12)
		if diff := cmp.Diff([]string{"preview"}, r.letters()); diff != "" {
			t.Fatal(diff)
		}
		r.to("2026-12-08", 12)
		if got := r.turn(o, bill); got.Rule != RuleWindow || !got.Thinking.Equal(at(day("2026-12-08"), 14, moscow).Add(spread(got.ID))) {
			t.Fatalf("on the day: %+v", got)
		}
		r.to("2026-12-08", 15)
		got := r.turn(o, bill)
		if got.State != Paid || r.world.begun != 1 || len(got.Tries) != 1 || got.Tries[0].Fate != Taken {
			t.Fatalf("in the end: %+v, %d payments", got, r.world.begun)
		}
		if diff := cmp.Diff([]string{"preview", "thinking", "paid"}, r.letters()); diff != "" {
			t.Error(diff)
		}
		r.event("charge.paid", flat, bill)
		r.event("charge.changed", flat, bill)
		r.to("2026-12-20", 12)
		if r.world.begun != 1 {
			t.Error("it was paid again")
		}
		r.explains(o, bill, RuleEarly, RuleUntold, RuleWindow, RuleDue)
	})
}

// explains compares why a bill was paid, oldest first, and replays each decision.
func (r *rig) explains(o Order, bill id.ID, want ...Rule) {
	r.t.Helper()
	decisions, err := r.Decisions(ctx, personAct(anna), anna, turnID(o.ID, bill))
	r.must(err)
	var got []Rule
	for i := len(decisions) - 1; i >= 0; i-- {
		got = append(got, decisions[i].Rule)
		if !decisions[i].Replays() {
			r.t.Errorf("%s is not replayed", decisions[i].Rule)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Error(diff)
	}
}

func TestTheOwnerIsAskedAndAnswers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.past(100000)
		o := r.make(usualTerms)
		yes, no := r.bill("да", 200000, "2026-12-01"), r.bill("нет", 210000, "2026-12-01")
		r.to("2026-11-30", 12)
		if diff := cmp.Diff([]string{"asked_unusual", "asked_unusual"}, r.letters()); diff != "" {
			t.Fatal(diff)
		}
		r.must(r.Answer(ctx, personAct(anna), r.turn(o, yes), true, 200000))
		r.must(r.Answer(ctx, personAct(anna), r.turn(o, no), false, 0))
		r.to("2026-12-03", 12)
		if got := r.turn(o, yes); got.State != Paid {
			t.Errorf("a yes: %+v", got)
		}
		if got := r.turn(o, no); got.State != Refused || got.Rule != RuleSkipped {
			t.Errorf("a no: %+v", got)
		}
		if err := r.Answer(ctx, personAct(anna), r.turn(o, yes), false, 0); !errors.Is(err, ErrLate) {
			t.Errorf("a no after the money went: %v", err)
		}
	})
}

func TestADeclinedCardIsTriedByTheSchedule(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 430000, "2026-12-10")
		r.world.declines = 2
		r.to("2026-12-20", 12)
		got := r.turn(o, bill)
		if got.State != Paid || r.world.begun != 3 || got.Tries[1].Day != day("2026-12-09") || got.Tries[2].Day != day("2026-12-12") {
			t.Fatalf("%+v", got)
		}
		if diff := cmp.Diff([]string{"preview", "thinking", "failed", "failed", "paid"}, r.letters()); diff != "" {
			t.Error(diff)
		}
		r.world.declines = 100
		never := r.bill("декабрь", 430000, "2027-01-10")
		r.to("2027-02-20", 12)
		if got := r.turn(o, never); got.State != Refused || got.Rule != RuleTries || r.world.begun != 6 {
			t.Errorf("%+v, %d payments", got, r.world.begun)
		}
	})
}

func TestPauseStopAndCaps(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		first, second := r.bill("один", 430000, "2026-12-10"), r.bill("два", 430000, "2026-12-10")
		r.to("2026-12-06", 12)
		r.must(r.Pause(ctx, personAct(anna), o, day("2026-12-20")))
		r.to("2026-12-19", 23)
		if r.world.begun != 0 {
			t.Fatal("paid while paused")
		}
		r.to("2026-12-22", 12)
		a, b := r.turn(o, first), r.turn(o, second)
		if a.State == Refused {
			a, b = b, a
		}
		if a.State != Paid || b.State != Refused || b.Rule != RuleMonth || r.world.begun != 1 {
			t.Fatalf("the month's cap lets one: %+v, %+v", a, b)
		}
		r.to("2027-01-03", 12)
		if r.world.begun != 2 {
			t.Errorf("in the next month the other: %+v", r.turn(o, b.Charge))
		}
		third := r.bill("три", 600001, "2027-02-10")
		r.run()
		if got := r.turn(o, third); got.State != Refused || got.Rule != RuleEach {
			t.Errorf("above the cap: %+v", got)
		}
		fourth := r.bill("четыре", 430000, "2027-02-10")
		r.to("2027-02-06", 12)
		r.must(r.End(ctx, personAct(anna), o))
		r.to("2027-03-10", 12)
		if got := r.turn(o, fourth); got.State != Refused || got.Rule != RuleStopped || r.world.begun != 2 {
			t.Errorf("stopped: %+v", got)
		}
	})
}

func TestChangedTermsTellAnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 430000, "2026-12-10")
		r.to("2026-12-07", 12)
		lower := usualTerms
		lower.Each = 400000
		r.must(r.Change(ctx, personAct(anna), o, NewOrder{Name: "Дом", Card: card.ID, Terms: lower}))
		r.run()
		if got := r.turn(o, bill); got.Rule != RuleEach {
			t.Fatalf("%+v", got)
		}
		o, err := r.Order(ctx, personAct(anna), anna, o.ID)
		r.must(err)
		if o.Name.Text != "Дом" || o.Card.Label != card.Label {
			t.Errorf("%+v", o)
		}
		r.must(r.Change(ctx, personAct(anna), o, NewOrder{Name: "Дом", Card: card.ID, Terms: usualTerms}))
		r.run()
		r.to("2026-12-07", 20)
		if r.world.begun != 0 {
			t.Error("paid on the day of the new notice")
		}
		r.to("2026-12-08", 20)
		if got := r.turn(o, bill); got.State != Paid {
			t.Errorf("%+v", got)
		}
	})
}

func TestUndo(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 430000, "2026-12-10")
		one := r.world.bills[bill]
		one.Refundable = true
		r.world.bills[bill] = one
		r.to("2026-12-08", 11)
		got := r.turn(o, bill)
		if got.State != Paid || !got.undoable(r.clock.Now()) || got.undoable(r.clock.Now().Add(4*time.Hour)) {
			t.Fatalf("%+v", got)
		}
		r.must(r.Undo(ctx, personAct(anna), o, got))
		if err := r.Undo(ctx, personAct(anna), o, got); !errors.Is(err, ErrLate) {
			t.Errorf("a second time: %v", err)
		}
		if len(r.world.undone) != 1 || r.turn(o, bill).State != Undone {
			t.Errorf("%v, %s", r.world.undone, r.turn(o, bill).State)
		}
		r.event("charge.changed", flat, bill)
		r.to("2026-12-20", 11)
		if r.world.begun != 1 {
			t.Error("what was taken back is paid again")
		}
	})
}

func TestACardThatEnds(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.world.cards = []Card{{ID: card.ID, Label: card.Label, Ends: day("2026-12-15")}}
		r.make(usualTerms)
		r.to("2026-11-25", 12)
		if diff := cmp.Diff([]string{"card"}, r.letters()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMakingAnOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.make(usualTerms)
		past := id.Derived("past", "a")
		for _, c := range []struct {
			name   string
			order  NewOrder
			refuse error
		}{
			{"twice", NewOrder{Person: anna, Charge: past, Name: "Ещё", Card: card.ID, Terms: usualTerms}, ErrExists},
			{"of no bill", NewOrder{Person: anna, Charge: anna, Name: "Ещё", Card: card.ID, Terms: usualTerms}, ErrBill},
			{"without a card", NewOrder{Person: anna, Charge: past, Name: "Ещё", Terms: usualTerms}, ErrFields},
			{"without a cap", NewOrder{Person: anna, Charge: past, Name: "Ещё", Card: card.ID, Terms: Terms{When: Before, Notice: 3}}, ErrFields},
		} {
			if _, err := r.Make(ctx, personAct(anna), c.order); !errors.Is(err, c.refuse) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	})
}

func TestTemplates(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.past(100, 300, 200)
		key, err := r.Keep(ctx, personAct(anna), anna, id.Derived("past", "a"), "")
		r.must(err)
		again, err := r.Keep(ctx, personAct(anna), anna, id.Derived("past", "b"), "Мама")
		r.must(err)
		list, err := r.Templates(ctx, personAct(anna), anna)
		r.must(err)
		if key != again || len(list) != 1 || list[0].Name != (Name{Text: "Мама", Known: "ЛС 1000"}) || list[0].Usual.Minor != 200 {
			t.Fatalf("%+v", list)
		}
		if due, err := r.Use(ctx, personAct(anna), list[0]); err != nil || len(due) != 0 {
			t.Errorf("nothing is owed: %v, %v", due, err)
		}
		bill := r.bill("ноябрь", 200, "2026-12-10")
		due, err := r.Use(ctx, personAct(anna), list[0])
		if r.must(err); len(due) != 1 || due[0] != bill {
			t.Errorf("%v", due)
		}
		r.must(r.Rename(ctx, personAct(anna), list[0], "Дача"))
		one, err := r.Template(ctx, personAct(anna), anna, key)
		if r.must(err); one.Name.Text != "Дача" || one.Times != 1 {
			t.Errorf("%+v", one)
		}
		r.must(r.Drop(ctx, personAct(anna), one))
		if _, err := r.Template(ctx, personAct(anna), anna, key); !errors.Is(err, ErrNone) {
			t.Error(err)
		}
	})
}
