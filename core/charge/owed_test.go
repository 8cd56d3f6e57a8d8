package charge

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/money"
)

var moscow = time.FixedZone("MSK", 3*60*60)

// on is an hour of a day in Moscow.
func on(day string, hour int) time.Time {
	return calendar.MustDate(day).Start(moscow).Add(time.Duration(hour) * time.Hour)
}

func paid(payment string, amount int64, at time.Time) PartPaid {
	return PartPaid{Payment: id.Derived("payment", payment), Amount: amount, At: at}
}

func (c Charge) with(parts ...PartPaid) Charge {
	c.Parts = append(c.Parts, parts...)
	for _, p := range parts {
		c.Paid += p.Amount
	}
	return c
}

func TestADiscountLivesToTheEndOfItsLastDay(t *testing.T) {
	t.Parallel()
	fine := Charge{Amount: money.Roubles(75_000), State: Due, Terms: Terms{Discount: &Discount{Percent: 25, Until: calendar.MustDate("2026-12-21")}}}
	for _, one := range []struct {
		name string
		c    Charge
		at   time.Time
		left int64
		off  int64
	}{
		{"the first day", fine, on("2026-11-21", 12), 56_250, 18_750},
		{"the last second", fine, on("2026-12-22", 0).Add(-time.Second), 56_250, 18_750},
		{"midnight after", fine, on("2026-12-22", 0), 75_000, 0},
		{"paid in time, asked late", fine.with(paid("a", 56_250, on("2026-12-21", 23))), on("2027-03-01", 0), 0, 18_750},
		{"a kopeck short in time", fine.with(paid("a", 56_249, on("2026-12-21", 23))), on("2027-03-01", 0), 18_751, 0},
		{"a kopeck short, while it lives", fine.with(paid("a", 56_249, on("2026-12-01", 23))), on("2026-12-02", 0), 1, 18_750},
		{"in two parts, one late", fine.with(paid("a", 56_000, on("2026-12-01", 1)), paid("b", 250, on("2026-12-22", 0))), on("2026-12-23", 0), 18_750, 0},
	} {
		o := one.c.Owed(one.at, moscow)
		if o.Left != one.left || o.Discount != one.off {
			t.Errorf("%s: left %d, discount %d", one.name, o.Left, o.Discount)
		}
	}
}

// A flat's bill of 10 000 roubles: nothing for thirty days, then 1/300 of the rate a day, from the 91st day 1/130.
func TestAPenaltyIsCountedByItsSteps(t *testing.T) {
	t.Parallel()
	bill := Charge{
		Amount: money.Roubles(1_000_000), State: Due, Due: on("2026-01-10", 20),
		Terms: Terms{Parts: true, Penalty: &Penalty{Points: 950, Steps: []PenaltyStep{{From: 31, Share: 1, Of: 300}, {From: 91, Share: 1, Of: 130}}}},
	}
	for day, want := range map[string]int64{
		"2026-01-10": 0, "2026-02-09": 0, // 30 days late
		"2026-02-10": 317,           // 10 000 · 9.5 % / 300 = 3.1667
		"2026-04-10": 19_000,        // 60 days: the 90th
		"2026-04-11": 19_000 + 731,  // and one by 1/130: 7.3077
		"2026-04-20": 19_000 + 7308, // ten of them: 73.0769
	} {
		if got := bill.Owed(on(day, 1), moscow).Penalty; got != want {
			t.Errorf("%s: %d, want %d", day, got, want)
		}
	}
	half := bill.with(paid("a", 500_000, on("2026-02-19", 12)))
	o := half.Owed(on("2026-03-01", 12), moscow)
	want := []Line{
		{Key: "face", Amount: 1_000_000},
		{Key: "penalty", Amount: 1583, Base: 500_000, Days: 10, From: calendar.MustDate("2026-02-10"), To: calendar.MustDate("2026-02-19"), Points: 950, Share: 1, Of: 300},
		{Key: "penalty", Amount: 3167, Base: 500_000, Days: 20, From: calendar.MustDate("2026-02-10"), To: calendar.MustDate("2026-03-01"), Points: 950, Share: 1, Of: 300},
		{Key: "paid", Amount: -500_000},
	}
	if diff := cmp.Diff(want, o.Lines, cmp.Comparer(func(a, b calendar.Date) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if o.Left != 500_000+1583+3167 || o.Late != 50 {
		t.Errorf("left %d, late %d", o.Left, o.Late)
	}
}

// A tax: each day takes the rate of the central bank of that day; the penalty grows to the tax itself at most.
func TestAPenaltyTakesEachDaysRate(t *testing.T) {
	t.Parallel()
	tax := Charge{
		Amount: money.Roubles(300_000), State: Due, Due: on("2025-12-01", 20),
		Rates: []Rate{{calendar.MustDate("2025-10-27"), 1650}, {calendar.MustDate("2025-12-22"), 1600}},
		Terms: Terms{Penalty: &Penalty{Rate: "key", Steps: []PenaltyStep{{From: 1, Share: 1, Of: 300}}, Cap: 100}},
	}
	o := tax.Owed(on("2025-12-23", 9), moscow) // 20 days by 16.5 %, 2 days by 16 %
	if o.Penalty != 3300+320 || len(o.Lines) != 3 {
		t.Errorf("%d: %+v", o.Penalty, o.Lines)
	}
	if o := tax.Owed(on("2035-12-23", 9), moscow); o.Penalty != 300_000 || o.Left != 600_000 {
		t.Errorf("no bound: %d", o.Penalty)
	}
	tax.Terms.Penalty.PaymentDay = true
	if o := tax.Owed(on("2025-12-23", 9), moscow); o.Penalty != 3520 { // 22 days by 16 %
		t.Errorf("by the day of payment: %d", o.Penalty)
	}
}

func TestInstalmentsHaveTheirOwnDays(t *testing.T) {
	t.Parallel()
	c := Charge{
		Amount: money.Roubles(100_000), State: Due, Due: on("2026-01-31", 20),
		Terms: Terms{Instalments: &Instalments{Most: 6, Every: 1, Chosen: 3}, Penalty: &Penalty{Points: 3650, Steps: []PenaltyStep{{From: 1, Share: 1, Of: 365}}}},
	}
	o := c.with(paid("a", 40_000, on("2026-01-20", 1))).Owed(on("2026-03-02", 12), moscow)
	want := []Instalment{
		{calendar.MustDate("2026-01-31"), 33_334, 0}, {calendar.MustDate("2026-02-28"), 33_333, 26_667}, {calendar.MustDate("2026-03-31"), 33_333, 33_333},
	}
	if diff := cmp.Diff(want, o.Instalments, cmp.Comparer(func(a, b calendar.Date) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if o.Penalty != 53 || o.Late != 2 || o.Left != 60_053 { // 266.67 · 36.5 % / 365 · 2
		t.Errorf("%+v", o)
	}
	if next, due := o.Next(); next != 26_667+53 || due != calendar.MustDate("2026-02-28") {
		t.Errorf("next %d %s", next, due)
	}
}
