package autopay

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/autopay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// A bill that grows each day is told of as it will stand on the day of paying, and is paid on that day.
func TestABillThatGrowsEachDayIsPaid(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.world.daily = 100
		o := r.make(usualTerms)
		late := r.bill("поздний", 430000, "2026-11-20")
		r.to("2026-11-23", 20)
		if got := r.turn(o, late); got.State != Paid || got.Amount != 430200 {
			t.Fatalf("a late one: %+v", got)
		}
		tried := r.bill("с отказами", 330000, "2026-12-10")
		r.world.declines = 2
		r.to("2026-12-20", 20)
		if got := r.turn(o, tried); got.State != Paid || len(got.Tries) != 3 {
			t.Errorf("after two refusals: %+v", got)
		}
	})
}

// Whatever a bill grows each day, whatever the terms, and though the bank declines twice: it is paid, and nothing that its owner was
// not told of the day before.
func TestAGrowingBillComesToAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		known, due, daily := dates(t, "known"), dates(t, "due"), rapid.Int64Range(0, 50).Draw(t, "daily")
		terms := drawTerms(t)
		terms.Each, terms.Month, terms.Low, terms.High, terms.Over = 1_000_000, 1_000_000, 0, 0, 0
		declines, refundable := rapid.IntRange(0, TriesMost-1).Draw(t, "declines"), rapid.Bool().Draw(t, "refundable")
		turn := Turn{Known: known}
		now := at(known, rapid.IntRange(0, 23).Draw(t, "hour"), moscow)
		for range 100 {
			in := Inputs{
				Now: now, Today: calendar.DateOf(now, moscow), Hour: now.In(moscow).Hour(), Terms: terms, Open: true, Follows: true, Refundable: refundable,
				Known: known, Due: due, Told: turn.Told, ToldAmount: turn.ToldAmount, Thinking: turn.Thinking, Tries: turn.Tries,
			}
			owed := func(on calendar.Date) int64 { return 1000 + daily*int64(max(0, due.DaysUntil(on))) }
			in.Amount, in.Ahead = owed(calendar.Latest(in.payDay(), in.Today)), owed(calendar.Latest(in.payDay(), in.Today.AddDays(1)))
			found := Judge(in)
			next := plan(turn, in, found, moscow)
			if next.take && len(turn.Tries) == declines {
				return
			}
			turn.Told, turn.ToldAmount, turn.Thinking, turn.Rule = next.told, next.toldAmount, next.thinking, found.Rule
			if next.take {
				turn.Tries = append(turn.Tries, Try{Day: in.Today, Fate: Declined})
				continue
			}
			if found.Verdict != Wait || !now.Before(next.next) {
				t.Fatalf("%s by %s at %s, next %s", found.Verdict, found.Rule, now, next.next)
			}
			now = next.next
		}
		t.Fatalf("it waits for ever: %s", turn.Rule)
	})
}

// A bill that may not be paid and grows each day is told of when something is new, not each day.
func TestWhatIsRefusedIsNotToldEachDay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.world.daily = 100
		terms := usualTerms
		terms.Each = 400000
		o := r.make(terms)
		late := r.bill("большой", 430000, "2026-11-20")
		r.to("2026-12-20", 20)
		if diff := cmp.Diff([]string{"refused_each"}, r.letters()); diff != "" {
			t.Error(diff)
		}
		decisions, err := r.Decisions(ctx, personAct(anna), anna, turnID(o.ID, late))
		if r.must(err); len(decisions) != 1 {
			t.Errorf("%d decisions", len(decisions))
		}
	})
}

// What core/pay has not heard of is not taken after the owner stopped the order, paused it, or took the bill out.
func TestNothingIsTakenAfterAStop(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for name, stop := range map[string]func(o Order) error{
			"paused":  func(o Order) error { return r.Pause(ctx, personAct(anna), o, day("2027-03-01")) },
			"stopped": func(o Order) error { return r.End(ctx, personAct(anna), o) },
		} {
			r.clock.Move(at(day("2026-11-21"), 12, moscow).Sub(r.clock.Now()))
			terms := usualTerms
			terms.Window, terms.High = 0, 600000
			o := r.make(terms)
			bill := r.bill(name, 430000, "2026-12-10")
			r.world.deaf = true
			r.to("2026-12-08", 11)
			if got := r.turn(o, bill); got.State != Paying {
				t.Fatalf("%s: %+v", name, got)
			}
			r.must(stop(o))
			r.world.deaf = false
			r.to("2026-12-09", 20)
			if got := r.turn(o, bill); r.world.begun != 0 || got.State == Paying || got.Tries[0].Fate != Withdrawn {
				t.Errorf("%s: %d payments, %+v", name, r.world.begun, got)
			}
			if slices.Contains(r.letters(), "failed") {
				t.Errorf("%s: %v", name, r.letters())
			}
			o, err := r.Order(ctx, personAct(anna), anna, o.ID)
			r.must(err)
			r.must(r.End(ctx, personAct(anna), o))
			one := r.world.bills[bill]
			one.Open = false
			r.world.bills[bill] = one
		}
	})
}

// A try that core/pay did not begin, because the bill is not what it was, is no refusal of the bank.
func TestATryThatWasNotBegunIsNoTry(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 430000, "2026-12-10")
		r.world.changed = 2
		r.to("2026-12-08", 20)
		if got := r.turn(o, bill); got.State != Paid || len(got.Tries) != 3 {
			t.Errorf("%+v", got)
		}
		if slices.Contains(r.letters(), "failed") {
			t.Error(r.letters())
		}
	})
}

// Whoever may pay for the owner does not widen what the owner arranged: they may only stop it.
func TestAMandateDoesNotWidenTheOwnersOrders(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.past(100000)
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 430000, "2026-12-10")
		r.to("2026-12-06", 12)
		oleg := id.Derived("person", "oleg")
		helper := act.Act{Actor: act.Actor{Kind: act.Person, Person: oleg}, Assurance: act.Standard, Channel: act.Web}.For(anna, id.Derived("mandate", "one"))
		if err := r.Change(ctx, helper, o, NewOrder{Name: "Дом", Card: card.ID, Terms: usualTerms}); !errors.Is(err, ErrWider) {
			t.Errorf("changed: %v", err)
		}
		if err := r.Answer(ctx, helper, r.turn(o, bill), true, 430000); !errors.Is(err, ErrWider) {
			t.Errorf("a yes: %v", err)
		}
		r.must(r.Pause(ctx, helper, o, day("2026-12-20")))
		o, err := r.Order(ctx, personAct(anna), anna, o.ID)
		r.must(err)
		if err := r.Pause(ctx, helper, o, day("2026-12-10")); !errors.Is(err, ErrWider) {
			t.Errorf("a shorter pause: %v", err)
		}
		if err := r.Pause(ctx, helper, o, calendar.Date{}); !errors.Is(err, ErrWider) {
			t.Errorf("no pause: %v", err)
		}
		if err := r.Undo(ctx, helper, o, r.turn(o, bill)); !errors.Is(err, ErrWider) {
			t.Errorf("taken back: %v", err)
		}
		r.must(r.Answer(ctx, helper, r.turn(o, bill), false, 0))
		r.must(r.End(ctx, helper, o))
	})
}

// Each instalment is a turn of its own; what comes to be owed after a bill was paid is asked about.
func TestInstalmentsAndWhatIsOwedAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		terms := usualTerms
		terms.Window, terms.High = 0, 600000
		o := r.make(terms)
		key := r.bill("рассрочка", 100000, "2026-12-10")
		one := r.world.bills[key]
		one.Term = day("2026-12-10")
		r.world.bills[key] = one
		for _, date := range []string{"2026-12-08", "2027-01-08", "2027-02-08"} {
			r.to(date, 20)
			r.event("charge.changed", flat, key)
			r.run()
		}
		if r.world.begun != 3 {
			t.Fatalf("%d payments", r.world.begun)
		}
		one = r.world.bills[key]
		one.Open = false
		r.world.bills[key] = one

		whole := r.bill("целиком", 100000, "2027-03-10")
		r.to("2027-03-08", 20)
		if got := r.turn(o, whole); got.State != Paid || r.world.begun != 4 {
			t.Fatalf("%+v", got)
		}
		one = r.world.bills[whole]
		one.Open, one.Paid = true, time.Time{}
		one.Amount.Minor = 20000
		r.world.bills[whole] = one
		r.event("charge.changed", flat, whole)
		r.to("2027-03-12", 20)
		again, _, err := r.Turn(ctx, personAct(anna), anna, turnAt(o.ID, whole, one.Term, 1))
		if r.must(err); again.State != Asked || r.world.begun != 4 {
			t.Fatalf("%+v", again)
		}
		r.must(r.Answer(ctx, personAct(anna), again, true, 20000))
		r.to("2027-03-14", 20)
		if r.world.begun != 5 {
			t.Errorf("%d payments", r.world.begun)
		}
	})
}

// Who was forgotten does not stand in the way of others.
func TestTheForgottenAreNotSwept(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.make(usualTerms)
		r.bill("ноябрь", 430000, "2026-12-10")
		r.run()
		r.must(r.Data().Forget(ctx, anna))
		r.clock.Move(90 * 24 * time.Hour)
		rows, err := r.overdue(ctx)
		if r.must(err); len(rows) != 0 {
			t.Errorf("%+v", rows)
		}
	})
}

// Core/pay and the judge may differ for long: it is tried as often as a bank that declines, and nobody is told of a bank.
func TestATryThatIsNeverBegunComesToAnEnd(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 430000, "2026-12-10")
		r.world.changed = 1000
		r.to("2027-01-20", 20)
		if got := r.turn(o, bill); got.State != Refused || got.Rule != RuleTries || len(got.Tries) > TriesMost*(withdrawnMost+1) {
			t.Errorf("%s by %s after %d tries", got.State, got.Rule, len(got.Tries))
		}
		letters := slices.DeleteFunc(r.letters(), func(kind string) bool { return kind == "thinking" })
		if slices.Sort(letters); !slices.Equal(letters, []string{"held", "held", "held", "preview", "refused_tries"}) {
			t.Error(letters)
		}
	})
}

// However long the history: what waits is listed whole and first, what is over by the day on which it came.
func TestWhatWaitsIsListedWhole(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		today := r.today()
		add := func(tx *store.Tx, n int, state State) error {
			p := autopaydb.InsertTurnParams{
				Person: anna, ID: id.Derived("listed", strconv.Itoa(n)), Standing: o.ID, Home: flat, Charge: id.Derived("listed bill", strconv.Itoa(n)), Title: `{"ru":"Счёт","en":"Bill"}`,
				Known: today.AddDays(-n).String(),
			}
			if _, err := autopaydb.InsertTurn(tx, p); err != nil {
				return err
			}
			_, err := autopaydb.JudgeTurn(tx, autopaydb.JudgeTurnParams{Title: `{"ru":"Счёт","en":"Bill"}`, State: string(state), Rule: string(RuleSettled), Person: anna, ID: p.ID, Was: 1})
			return err
		}
		r.must(r.store.Write(ctx, func(tx *store.Tx) error {
			for n := range turnsMost + 50 {
				if err := add(tx, n, Over); err != nil {
					return err
				}
			}
			return errors.Join(add(tx, 1000, Asked), add(tx, 1001, Refused))
		}))
		for name, list := range map[string]func() ([]Turn, error){
			"of a person": func() ([]Turn, error) { return r.Turns(ctx, personAct(anna), anna) },
			"of an order": func() ([]Turn, error) { return r.TurnsOf(ctx, personAct(anna), o) },
		} {
			got, err := list()
			r.must(err)
			if len(got) < 2 || got[0].State != Asked || got[1].State != Refused {
				t.Fatalf("%s: what waits is not first", name)
			}
			if !slices.IsSortedFunc(got[2:], func(x, y Turn) int { return y.Known.Compare(x.Known) }) || got[2].Known != today {
				t.Errorf("%s: not by time", name)
			}
		}
	})
}

// A city's moments lie apart, and each turn's is always the same.
func TestMomentsLieApart(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]int{}
	for n := range 1000 {
		at := spread(id.Derived("turn", strconv.Itoa(n)))
		if seen[at]++; at < 0 || at >= time.Hour || seen[at] > 8 {
			t.Fatalf("%s for %d turns", at, seen[at])
		}
	}
	in := Inputs{Today: day("2026-12-05"), Terms: usualTerms}
	turn := Turn{ID: id.Derived("turn", "one")}
	got := plan(turn, in, Judgement{Verdict: Wait, Rule: RuleNotice, Again: day("2026-12-08")}, moscow).next
	if want := at(day("2026-12-08"), payHour, moscow).Add(spread(turn.ID)); !got.Equal(want) || spread(turn.ID) == 0 {
		t.Errorf("%s, not %s", got, want)
	}
}

// What the owner has said, and what holds the order, stands on its pages at once, before the bill is judged anew.
func TestWhatIsSaidStandsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o := r.make(usualTerms)
		bill := r.bill("ноябрь", 430000, "2026-12-10")
		r.run()
		until := day("2027-01-10")
		r.must(r.Pause(ctx, personAct(anna), o, until))
		o, err := r.Order(ctx, personAct(anna), anna, o.ID)
		r.must(err)
		if got := r.turn(o, bill); o.stands(got, r.today()) != RulePaused || o.payOn(got, r.today()) != until {
			t.Errorf("paused: %s on %s", o.stands(got, r.today()), o.payOn(got, r.today()))
		}
		r.must(r.Answer(ctx, personAct(anna), r.turn(o, bill), false, 0))
		if got := r.turn(o, bill); got.State != Refused || o.stands(got, r.today()) != RuleSkipped {
			t.Errorf("taken out: %s by %s", got.State, o.stands(got, r.today()))
		}
		r.run()
		decisions, err := r.Decisions(ctx, personAct(anna), anna, turnID(o.ID, bill))
		if r.must(err); decisions[0].Rule != RuleSkipped {
			t.Errorf("and why is kept: %+v", decisions[0])
		}
		r.must(r.Answer(ctx, personAct(anna), r.turn(o, bill), true, 430000))
		if got := r.turn(o, bill); got.State != Waiting || o.stands(got, r.today()) != RulePaused {
			t.Errorf("put back: %s by %s", got.State, o.stands(got, r.today()))
		}
	})
}

// Of a bill that waits for its day it is known whether its owner will be asked.
func TestForesee(t *testing.T) {
	t.Parallel()
	known := day("2026-11-21")
	in := Inputs{Today: known, Hour: 12, Now: at(known, 12, moscow), Terms: usualTerms, Open: true, Follows: true, Amount: 430000, Known: known, Due: day("2026-12-10")}
	night := in
	night.Hour, night.Due = 23, known.AddDays(-5)
	usual := in
	usual.Past = []int64{420000}
	for name, one := range map[string]struct {
		in   Inputs
		rule Rule
		day  calendar.Date
	}{
		"the first, early": {in, RuleFirst, day("2026-12-05")}, "the first, late and at night": {night, RuleFirst, known.AddDays(1)}, "an usual one": {usual, RuleUntold, day("2026-12-05")},
	} {
		if got := Foresee(one.in); got.Rule != one.rule || got.Again != one.day {
			t.Errorf("%s: %s on %s", name, got.Rule, got.Again)
		}
	}
}
