package utility

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/systems/utility/internal/store"
)

// A large sum, and many small ones that make a large one, wait for a second official, who is not the first.
func TestALargeRecalculationWaitsForASecondOfficial(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		p := month(t, "2026-10")
		sum := func(amount int64) (string, id.ID) {
			one := Recalculation{ID: id.New(r.clock.Now()), Sort: Sum, Tariff: "upkeep", Amount: amount, Reason: "A mistake"}
			return must[string](t)(r.Recalculate(ctx, clerkAct, f, p, one)), one.ID
		}
		for _, test := range []struct {
			amount int64
			want   string
		}{{-600_000, Entered}, {300_000, Entered}, {-100_000, Entered}, {-1, Waits}, {-100_000_000, Waits}} {
			if got, _ := sum(test.amount); got != test.want {
				t.Errorf("%d: %s, want %s", test.amount, got, test.want)
			}
		}
		at(r.clock, r.clock.Now().Add(time.Hour))
		state, large := sum(-2_000_000)
		if state != Waits {
			t.Fatal(state)
		}
		if err := r.Decide(ctx, clerkAct, home, large, true); !errors.Is(err, ErrOwn) {
			t.Errorf("whoever entered it approves it: %v", err)
		}
		r.month("2026-10")
		bill := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))[0]
		var taken int64
		for _, c := range bill.Input.Recalculations {
			taken += c.Amount
		}
		if taken != -400_000 {
			t.Errorf("the bill takes %d off; what waits is none of its business", taken)
		}
		for _, one := range must[[]Kept](t)(r.ToDecide(ctx, otherAct, 10)) {
			if err := r.Decide(ctx, otherAct, home, one.ID, one.ID == large); err != nil {
				t.Error(err)
			}
		}
		if err := r.Decide(ctx, otherAct, home, large, true); !errors.Is(err, ErrNone) || r.entries(home, large) != 2 {
			t.Errorf("decided twice: %v; %d entries", err, r.entries(home, large))
		}
		again := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))[0] // the approval made it
		if owed := r.chargeOf(home, p).Owed(r.clock.Now(), moscow); again.Version != 2 || owed.Left != again.Total {
			t.Errorf("approved: version %d of %d, %d is owed", again.Version, again.Total, owed.Left)
		}
		if again.Total+again.Carry != bill.Total+bill.Carry-2_000_000 {
			t.Errorf("made again: %d and %d, before %d and %d", again.Total, again.Carry, bill.Total, bill.Carry)
		}
	})
}

// What waited until another month was billed goes into the open one, and is not lost.
func TestWhatWaitedTooLongGoesIntoTheOpenMonth(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		one := Recalculation{ID: id.New(r.clock.Now()), Sort: Sum, Tariff: "upkeep", Amount: -2_000_000, Reason: "A mistake"}
		if state := must[string](t)(r.Recalculate(ctx, clerkAct, f, month(t, "2026-10"), one)); state != Waits {
			t.Fatal(state)
		}
		r.month("2026-10")
		at(r.clock, month(t, "2026-11").Day(20).Start(moscow))
		r.month("2026-11")
		if err := r.Decide(ctx, otherAct, home, one.ID, true); err != nil {
			t.Fatal(err)
		}
		at(r.clock, month(t, "2026-12").Day(20).Start(moscow))
		r.month("2026-12")
		next := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, month(t, "2026-12")))[0]
		if got := next.Input.Recalculations; len(got) != 1 || got[0].Amount != -2_000_000 {
			t.Errorf("December takes in %+v", got)
		}
	})
}

// What was approved after its month was billed, and can't go into that bill any more, goes into the open month's.
func TestWhatCannotGoIntoTheBilledMonthGoesIntoTheOpenOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		p := month(t, "2026-10")
		one := Recalculation{ID: id.New(r.clock.Now()), Sort: Sum, Tariff: "upkeep", Amount: -2_000_000, Reason: "A mistake"}
		must[string](t)(r.Recalculate(ctx, clerkAct, f, p, one))
		r.month("2026-10")
		good := account(annasFlat)
		good.Benefits = []NewBenefit{{Key: "disability", People: 1, Since: calendar.MustDate("2026-11-01")}}
		broken := utilitydb.PutBenefitParams{Home: home, ID: id.Derived("utility benefit", home.String()+"/disability/2026-11-01"), Since: "2026-11-01", Details: []byte("broken")}
		if err := r.base.Store.Append(ctx, utilitydb.PutBenefitStmt(broken)); err != nil { // no bill can be made while it is so
			t.Fatal(err)
		}
		if err := r.Decide(ctx, otherAct, home, one.ID, true); err != nil {
			t.Fatal(err)
		}
		r.enter(good)
		r.month("2026-11")
		next := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p.Add(1)))[0]
		if got := next.Input.Recalculations; len(got) != 1 || got[0].ID != one.ID {
			t.Errorf("November takes in %+v", got)
		}
	})
}

// However bad a service was and whoever was away, together they take off no more than it comes to.
func TestBadQualityAndAbsenceTogetherTakeOffAtMostTheLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		in := flat(t, cold(t), drains(t), upkeep(t))
		for range rapid.IntRange(1, 6).Draw(rt, "recalculations") {
			r := Recalculation{Tariff: rapid.SampledFrom([]string{"cold-water", "drainage", "upkeep"}).Draw(rt, "tariff"), Sort: Quality}
			if r.Percent = decimal.Of(rapid.Int64Range(1, 100).Draw(rt, "percent")); rapid.Bool().Draw(rt, "absence") {
				r.Sort, r.From, r.Until = Absence, calendar.MustDate("2026-06-01"), calendar.MustDate("2026-06-01").AddDays(rapid.IntRange(6, 40).Draw(rt, "days"))
				r.People = rapid.IntRange(1, 3).Draw(rt, "people")
			}
			in.Recalculations = append(in.Recalculations, r)
		}
		bill, err := Compute(in)
		if err != nil {
			rt.Fatal(err)
		}
		for _, s := range sums(bill) {
			if s.total < 0 {
				rt.Errorf("%s comes to %d", s.tariff, s.total)
			}
		}
	})
}
