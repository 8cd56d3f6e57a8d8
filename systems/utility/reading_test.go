package utility

import (
	"errors"
	"testing"

	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// Who kept silent for years does not get back what was billed by a reading that is near the meter's first.
func TestALowReadingAfterSilentMonthsIsLower(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		p := month(t, "2025-06")
		at(r.clock, p.Day(20).Start(moscow))
		r.give(home, map[string]int64{"C1": 400})
		for ; p.Before(month(t, "2026-08")); p = p.Add(1) {
			r.month(p.String())
		}
		at(r.clock, p.Day(20).Start(moscow))
		dial := must[[]DialView](t)(r.Dials(ctx, annaAct, home))[0]
		if dial.Last != decimal.Of(400) || dial.LastDay != calendar.MustDate("2025-06-20") {
			t.Errorf("the last reading: %s of %s", dial.Last, dial.LastDay)
		}
		for value, want := range map[int64]string{101: Asked, 399: Asked, 400: Taken, 405: Taken} {
			if got := r.give(home, map[string]int64{"C1": value})[0]; got.State != want {
				t.Errorf("%d: %s, want %s", value, got.State, want)
			}
		}
	})
}

// What is billed without a reading may come back, what the meter has shown may not: also when its readings are not known.
func TestTheFloorOfADial(t *testing.T) {
	t.Parallel()
	of := func(n int64) Decimal { return decimal.Of(n) }
	d := dialState{To: of(50), History: []used{{Quantity: of(3), Basis: ByNorm}, {Quantity: of(5), Basis: ByMeter}, {Quantity: of(4), Basis: ByEstimate}, {Quantity: of(6), Basis: ByNorm}}}
	if got := d.sure(); got != of(40) {
		t.Errorf("sure of %s", got)
	}
}

// A low reading that an official gave is taken by another one alone, and the journal has it.
func TestALowReadingIsLookedAtByASecondOfficial(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		other := clerkAct
		other.ID, other.Actor.Person = id.Derived("act", "second"), id.Derived("person", "second")
		dial := must[[]DialView](t)(r.Dials(ctx, clerkAct, home))[0]
		got := must[[]Reading](t)(r.Give(ctx, clerkAct, home, FromAgency, []Given{{Meter: dial.Meter, Value: decimal.Of(1), Confirmed: true}}))
		if got[0].State != Review {
			t.Errorf("taken with one pair of eyes: %s", got[0].State)
		}
		if err := r.Judge(ctx, clerkAct, got[0], true); !errors.Is(err, ErrOwn) {
			t.Errorf("taken by who gave it: %v", err)
		}
		if err := r.Judge(ctx, other, got[0], true); err != nil || r.entries(home, got[0].ID) != 1 {
			t.Errorf("%v; %d entries", err, r.entries(home, got[0].ID))
		}
	})
}

func (r *rig) entries(home, object id.ID) int {
	r.t.Helper()
	var rows []journal.Row
	err := r.base.Store.Look(ctx, r.system(), lookFlat, func(p *store.Personal) error {
		var err error
		rows, err = journal.EntriesOf(p, home, object)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return len(rows)
}

// Two absences on the same days are no more people than live there.
func TestNobodyIsAwayTwice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		away := func(from, until string, people int) error {
			_, err := r.Recalculate(ctx, clerkAct, f, month(t, "2026-10"), Recalculation{Sort: Absence, Tariff: "waste", From: calendar.MustDate(from), Until: calendar.MustDate(until), People: people, Reason: "Были в отъезде"})
			return err
		}
		for _, err := range []error{away("2026-10-01", "2026-10-10", 1), away("2026-10-02", "2026-10-20", 1), away("2026-10-12", "2026-10-25", 1)} {
			if err != nil {
				t.Error(err)
			}
		}
		if err := away("2026-10-05", "2026-10-15", 1); !errors.Is(err, ErrOverlap) {
			t.Errorf("three of two are away: %v", err)
		}
	})
}

// A reading may be put right many times in a month, and not without end.
func TestADialIsReadSoManyTimes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		for i := range int64(givenMost) {
			r.give(home, map[string]int64{"C1": 101 + i})
		}
		dial := must[[]DialView](t)(r.Dials(ctx, annaAct, home))[0]
		if _, err := r.Give(ctx, annaAct, home, FromResident, []Given{{Meter: dial.Meter, Value: decimal.Of(150)}}); !errors.Is(err, ErrMany) {
			t.Errorf("once more: %v", err)
		}
	})
}
