package utility

import (
	"testing"

	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
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
