package charge

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// A bill is divided once, by its revision, into as many parts as its terms let, and not once a penalty has grown.
func TestABillIsDividedOnceAndInTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		plan := func(p *Prepared, n int, revision int64) error {
			return r.base.Store.Write(ctx, func(tx *store.Tx) error { return r.Plan(tx, self, p.Home, p.ID, n, revision) })
		}
		p := r.issue(flatBill("f-1"))
		for _, n := range []int{-1, 0, 1, 7} {
			if err := plan(p, n, 0); !errors.Is(err, ErrPlan) {
				t.Errorf("%d parts: %v", n, err)
			}
		}
		if err := plan(p, 3, 2); !errors.Is(err, ErrChanged) {
			t.Errorf("another revision: %v", err)
		}
		if err := plan(p, 3, 1); err != nil {
			t.Fatal(err)
		}
		c, o := r.read(p)
		if next, _ := o.Next(); len(o.Instalments) != 3 || next != o.Instalments[0].Amount || c.Divides(r.clock.Now(), moscow) != 0 {
			t.Errorf("%+v", o.Instalments)
		}
		if err := plan(p, 4, 0); !errors.Is(err, ErrPlan) {
			t.Errorf("divided again: %v", err)
		}
		late := r.issue(flatBill("f-2"))
		whole := r.issue(fine("no instalments"))
		r.clock.Move(25 * 24 * time.Hour)
		if c, o := r.read(late); o.Late == 0 || c.Divides(r.clock.Now(), moscow) != 6 {
			t.Errorf("late, without a penalty: into %d", c.Divides(r.clock.Now(), moscow))
		}
		r.clock.Move(30 * 24 * time.Hour)
		if err := plan(late, 3, 0); !errors.Is(err, ErrPlanLate) {
			t.Errorf("a debt that is late may be divided: %v", err)
		}
		if err := plan(whole, 2, 0); !errors.Is(err, ErrPlan) {
			t.Errorf("a kind without instalments: %v", err)
		}
		small := flatBill("f-3")
		small.Amount = money.Roubles(199)
		if c, _ := r.read(r.issue(small)); c.Divides(r.clock.Now(), moscow) > 1 {
			t.Errorf("two roubles fall into %d parts", c.Divides(r.clock.Now(), moscow))
		}
	})
}

// The parts of a divided bill always add up to it, their days rise, and dividing never makes more to pay.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		face := rapid.Int64Range(200, 10_000_000).Draw(t, "face")
		most := rapid.IntRange(2, 36).Draw(t, "most")
		day := time.Date(2026, 1, 31, 20, 59, 59, 0, time.UTC)
		c := Charge{Amount: money.Roubles(face), State: Due, Due: day, Terms: Terms{Parts: true, Instalments: &Instalments{Most: most, Every: rapid.IntRange(1, 12).Draw(t, "every")}}}
		now := day.Add(-time.Hour)
		n := rapid.IntRange(2, max(2, c.Divides(now, moscow))).Draw(t, "parts")
		paid := rapid.Int64Range(0, face-1).Draw(t, "paid")
		if paid > 0 {
			c.Paid, c.Parts = paid, []PartPaid{{Payment: id.Derived("payment", "1"), Amount: paid, At: now.Add(-time.Hour)}}
		}
		was, o := c.Owed(now, moscow), c.Divided(n).Owed(now, moscow)
		sum, left := int64(0), int64(0)
		for i, part := range o.Instalments {
			sum, left = sum+part.Amount, left+part.Left
			if i > 0 && !o.Instalments[i-1].Due.Before(part.Due) {
				t.Fatalf("days: %+v", o.Instalments)
			}
		}
		next, _ := o.Next()
		if len(o.Instalments) != n || sum != face || left != o.Left || o.Left != was.Left || next <= 0 || next > o.Left {
			t.Fatalf("%d parts of %d: %+v, next %d", n, face, o, next)
		}
	})
}

func TestAPeriodIsAMonthOrAYear(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.city.Charges[0].Period, r.city.Charges[1].Period = "year", "month"
		for _, c := range []struct {
			kind, period string
			fits         bool
		}{{"fine", "2025", true}, {"fine", "2025-12", false}, {"fine", "", true}, {"flat", "2025-12", true}, {"flat", "2025", false}, {"flat", "2025-13", false}, {"fine", "25", false}} {
			n := fine(c.kind + c.period)
			if c.kind == "flat" {
				n = flatBill("1")
			}
			n.Period = c.period
			if _, err := r.Prepare(ctx, n); err == nil != c.fits || err != nil && !errors.Is(err, ErrPeriod) {
				t.Errorf("%s for %q: %v", c.kind, c.period, err)
			}
		}
		for period, want := range map[string]string{"2025": "2025 год", "2025-12": "декабрь 2025", "": ""} {
			if got := PeriodWords(period, lang.Russian); got != want {
				t.Errorf("%q is %q", period, got)
			}
		}
		old := fine("old")
		old.Period = "2025"
		p := r.issue(old)
		c, _ := r.read(p)
		if c.Period != "2025" {
			t.Errorf("the period is %q", c.Period)
		}
	})
}
