package utility

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/charge"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

func TestAMonthIsRun(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var accounts []Account
		for i := range batchMost + 20 {
			accounts = append(accounts, account(fmt.Sprintf("52990%05d", i)))
		}
		homes := r.enter(accounts...)
		r.give(homes[3], map[string]int64{"C1": 107, "H1": 103, "P1/day": 1100, "P1/night": 550})
		r.month("2026-10")

		runs := must[[]Run](t)(r.Runs(ctx, clerkAct, 5))
		if len(runs) != 1 || !runs[0].Done || runs[0].Made != int64(len(homes)) || runs[0].Did != runs[0].Flats || runs[0].Failed != 0 {
			t.Fatalf("runs: %+v", runs)
		}
		bills := must[[]Issued](t)(r.Bills(ctx, clerkAct, homes[3], month(t, "2025-01")))
		if len(bills) != 1 || bills[0].Lines[0].Basis != ByMeter || bills[0].Lines[0].Quantity != decimal.Of(7) {
			t.Fatalf("bills: %+v", bills)
		}
		in := must[Input](t)(r.Whole(ctx, bills[0]))
		again := must[Bill](t)(Compute(in))
		if diff := cmp.Diff(bills[0].Bill, again); diff != "" {
			t.Errorf("computed again (-issued +again):\n%s", diff)
		}
		charges := must[map[string]charge.Charge](t)(r.Charges(ctx, clerkAct, homes[3]))
		c := charges["2026-10"]
		if len(charges) != 1 || c.Amount.Minor != bills[0].Total || c.ID != charge.IDOf(r.agencyID(), charge.KeyedExternal(homes[3], "2026-10")) {
			t.Errorf("charge %+v of a bill of %d", c, bills[0].Total)
		}
		if want := time.Date(2026, 11, 15, 23, 59, 59, 0, moscow); !c.Due.Equal(want) {
			t.Errorf("due %v, want %v", c.Due, want)
		}
		similar, enough, err := r.Similar(ctx, must[Flat](t)(r.Flat(ctx, clerkAct, homes[3])), month(t, "2026-10"), bills[0].Bill)
		if err != nil || !enough || similar.Flats != int64(len(homes)-1) || similar.Kinds["upkeep"] != 174944 {
			t.Errorf("similar: %+v, %v, %v", similar, enough, err)
		}
	})
}

// A run that was broken off at any place is done to the end by its next try, and nothing is there twice.
func TestARunBegunAgainMakesNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		homes := r.enter(account("5299000001"), account("5299000002"), account("5299000003"))
		p := month(t, "2026-10")
		at(r.clock, p.Day(28).Start(moscow))
		if err := r.Begin(ctx, clerkAct, p); err != nil {
			t.Fatal(err)
		}
		if err := r.Begin(ctx, clerkAct, p); !errors.Is(err, ErrRunning) {
			t.Errorf("begun twice: %v", err)
		}
		// What a crash leaves: bills without charges and without a note, then charges without a note.
		for _, charged := range []bool{false, true} {
			b := &batch{m: r.Module, city: plainCity(), period: p, charged: charged}
			if err := b.do(ctx); err != nil || len(b.flats) != 3 {
				t.Fatalf("%d flats: %v", len(b.flats), err)
			}
		}
		if _, err := r.queue.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		run := must[[]Run](t)(r.Runs(ctx, clerkAct, 1))[0]
		if !run.Done || run.Did != 3 {
			t.Errorf("run: %+v", run)
		}
		for _, home := range homes {
			if bills := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p)); len(bills) != 1 {
				t.Errorf("%d versions", len(bills))
			}
			if charges := must[map[string]charge.Charge](t)(r.Charges(ctx, clerkAct, home)); len(charges) != 1 {
				t.Errorf("%d charges", len(charges))
			}
		}
		similar, _, err := r.Similar(ctx, must[Flat](t)(r.Flat(ctx, clerkAct, homes[0])), p, must[[]Issued](t)(r.Versions(ctx, clerkAct, homes[0], p))[0].Bill)
		if err != nil || similar.Flats != 2 {
			t.Errorf("compared with %d flats, %v", similar.Flats, err)
		}
	})
}

// A job whose context ends in the middle leaves a month that the next one finishes.
func TestAStoppedRunGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.enter(account("5299000001"), account("5299000002"))
		p := month(t, "2026-10")
		at(r.clock, p.Day(28).Start(moscow))
		if err := r.Begin(ctx, clerkAct, p); err != nil {
			t.Fatal(err)
		}
		row := r.runRow(p)
		over, cancel := context.WithCancel(ctx)
		cancel()
		if err := r.run(over, jobs.Job{Holder: row.Agency, Object: row.ID, Payload: p.String()}); err == nil {
			t.Error("a job that was stopped says that it is done")
		}
		if _, err := r.queue.Drain(ctx); err != nil || !must[[]Run](t)(r.Runs(ctx, clerkAct, 1))[0].Done {
			t.Errorf("not done: %v", err)
		}
	})
}

func (r *rig) runRow(p Period) utilitydb.UtilityRun {
	r.t.Helper()
	var out utilitydb.UtilityRun
	err := r.base.Store.Look(ctx, r.system(), lookDesk, func(v *store.Personal) error {
		var err error
		out, err = utilitydb.RunOf(v, r.agencyID(), p.String())
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func TestReadingsThatAreOddAreAskedAbout(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		for i, p := range []string{"2026-06", "2026-07", "2026-08", "2026-09"} {
			at(r.clock, month(t, p).Day(20).Start(moscow))
			r.give(home, map[string]int64{"C1": 100 + 5*int64(i+1)})
			r.month(p)
		}
		at(r.clock, month(t, "2026-10").Day(20).Start(moscow))
		dial := must[[]DialView](t)(r.Dials(ctx, annaAct, home))[0]
		if dial.Last != decimal.Of(120) || dial.Usual != decimal.Of(5) || dial.Known != 4 {
			t.Fatalf("dial: %+v", dial)
		}
		for _, test := range []struct {
			value     int64
			confirmed bool
			state     string
			doubt     string
		}{
			{119, false, Asked, Lower}, {119, true, Review, Lower}, {171, false, Asked, High}, {171, true, Taken, High}, {170, false, Taken, ""}, {120, false, Taken, ""},
		} {
			got := must[[]Reading](t)(r.Give(ctx, annaAct, home, FromResident, []Given{{Meter: dial.Meter, Value: decimal.Of(test.value), Confirmed: test.confirmed}}))
			if got[0].State != test.state || got[0].Doubt != test.doubt {
				t.Errorf("%d: %s %q, want %s %q", test.value, got[0].State, got[0].Doubt, test.state, test.doubt)
			}
			at(r.clock, r.clock.Now().Add(time.Minute))
		}
		if all := must[[]Reading](t)(r.Readings(ctx, annaAct, home)); len(all) != 4+6 {
			t.Errorf("%d readings are kept, 10 were given", len(all))
		}
		waiting := must[[]Reading](t)(r.ToReview(ctx, clerkAct, 10))
		if len(waiting) != 1 {
			t.Fatalf("%d wait", len(waiting))
		}
		if err := r.Judge(ctx, clerkAct, waiting[0], false); err != nil {
			t.Error(err)
		}
		if err := r.Judge(ctx, clerkAct, waiting[0], true); !errors.Is(err, ErrNone) {
			t.Errorf("judged twice: %v", err)
		}
	})
}

// Months without a reading go by the average, and the reading that comes settles the difference: what is billed in all is what
// the meter counted.
func TestEstimatesAreSettled(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		value := int64(100)
		for _, p := range []string{"2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08"} {
			at(r.clock, month(t, p).Day(20).Start(moscow))
			if value += 5; p < "2026-04" || p == "2026-08" {
				r.give(home, map[string]int64{"C1": value})
			}
			r.month(p)
		}
		var bases []Basis
		var sum Decimal
		for _, b := range must[[]Issued](t)(r.Bills(ctx, annaAct, home, month(t, "2026-01"))) {
			for _, l := range b.Lines {
				if l.Tariff == "cold-water" {
					bases, sum = append(bases, l.Basis), sum+l.Quantity
				}
			}
		}
		if diff := cmp.Diff([]Basis{ByMeter, ByNorm, ByEstimate, ByEstimate, ByEstimate, ByMeter, ByMeter, ByMeter}, bases); diff != "" {
			t.Errorf("bases, the newest first:\n%s", diff)
		}
		if sum != decimal.Of(value-100) {
			t.Errorf("billed %s m³, the meter counted %d", sum, value-100)
		}
	})
}

func TestARecalculationMakesTheNextVersion(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		p := month(t, "2026-10")
		r.give(home, map[string]int64{"C1": 107, "H1": 103, "P1/day": 1100, "P1/night": 550})
		r.month("2026-10")
		first := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))[0]
		if changed, err := r.Again(ctx, clerkAct, home, p); changed || err != nil {
			t.Errorf("nothing differs, and yet: %v, %v", changed, err)
		}
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		for want, bad := range map[error]Recalculation{
			ErrTariff: {Sort: Sum, Tariff: "gas", Amount: -100, Reason: "A mistake"}, ErrReason: {Sort: Sum, Tariff: "upkeep", Amount: -100, Reason: "-"},
			ErrSum:  {Sort: Quality, Tariff: "heating", Percent: decimal.Of(101), Reason: "A mistake"},
			ErrDays: {Sort: Absence, Tariff: "waste", From: calendar.MustDate("2026-10-01"), Until: calendar.MustDate("2026-10-06"), People: 1, Reason: "A mistake"},
		} {
			if _, err := r.Recalculate(ctx, clerkAct, f, p, bad); !errors.Is(err, want) {
				t.Errorf("%+v: %v, want %v", bad, err, want)
			}
		}
		if _, err := r.Recalculate(ctx, clerkAct, f, p, Recalculation{Sort: Sum, Tariff: "upkeep", Amount: -10000, Reason: "Двор не убирали"}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // a second time changes nothing
			if _, err := r.Again(ctx, clerkAct, home, p); err != nil {
				t.Fatal(err)
			}
		}
		versions := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))
		if len(versions) != 2 || versions[0].Total != first.Total-10000 || versions[1].Total != first.Total {
			t.Fatalf("%d versions: %d, then %d", len(versions), first.Total, versions[0].Total)
		}
		if c := must[map[string]charge.Charge](t)(r.Charges(ctx, clerkAct, home))["2026-10"]; c.Amount.Minor != versions[0].Total {
			t.Errorf("the charge is %d, the bill %d", c.Amount.Minor, versions[0].Total)
		}
		// The month after goes on from where the second version stands.
		at(r.clock, month(t, "2026-11").Day(20).Start(moscow))
		r.give(home, map[string]int64{"C1": 110})
		r.month("2026-11")
		next := must[[]Issued](t)(r.Bills(ctx, clerkAct, home, month(t, "2026-11")))[0]
		if next.Lines[0].Quantity != decimal.Of(3) {
			t.Errorf("cold water of the next month: %s", next.Lines[0].Quantity)
		}
		if _, err := r.Again(ctx, clerkAct, home, p); !errors.Is(err, ErrNone) {
			t.Errorf("a month before the last was made again: %v", err)
		}
	})
}

func TestBeforeIsTheIDRightBefore(t *testing.T) {
	t.Parallel()
	for _, one := range []id.ID{{15: 1}, {14: 1}, {0: 1}, id.Derived("a", "b")} {
		back := before(one)
		for i := len(back) - 1; i >= 0; i-- {
			if back[i]++; back[i] != 0 {
				break
			}
		}
		if back != one || before(one) == one {
			t.Errorf("%s: %s", one, before(one))
		}
	}
}
