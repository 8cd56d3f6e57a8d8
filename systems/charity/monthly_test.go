package charity

import (
	"errors"
	"testing"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
)

func (r *rig) monthly50(t *testing.T) Monthly {
	t.Helper()
	r.fund()
	return must[Monthly](t)(r.StartMonthly(ctx, self, NewMonthly{Giver: anna, Fund: river, Appeal: river, Amount: 50_00, Day: 5, Card: id.Derived("card", anna.String())}))
}

// reach lets the days before a day of giving pass, and that day's hour.
func (r *rig) reach(day calendar.Date) {
	r.t.Helper()
	r.until(r.hourOf(day.AddDays(-soonDays)))
	r.drain()
	r.until(r.hourOf(day).Add(time.Minute))
	r.drain()
}

// days lets days go by, each with its jobs.
func (r *rig) days(n int) {
	r.t.Helper()
	for range n {
		r.clock.Move(24 * time.Hour)
		r.drain()
	}
}

// The button pressed twice begins one monthly gift; the page opened anew, another.
func TestAMonthlyGiftPressedTwiceIsOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		n := NewMonthly{Giver: anna, Fund: river, Appeal: river, Amount: 50_00, Day: 5, Card: id.Derived("card", anna.String()), Key: id.Derived("key", "1")}
		one := must[Monthly](t)(r.StartMonthly(ctx, self, n))
		if again := must[Monthly](t)(r.StartMonthly(ctx, self, n)); again.ID != one.ID {
			t.Error("pressed twice, it is two")
		}
		r.reach(one.Next)
		if got := must[Purse](t)(r.Purse(ctx, river, river)); got.Gifts != 1 {
			t.Errorf("in a month %d gifts were taken", got.Gifts)
		}
		n.Key = id.Derived("key", "2")
		must[Monthly](t)(r.StartMonthly(ctx, self, n))
		if list := must[[]Monthly](t)(r.Monthlies(ctx, self, anna)); len(list) != 2 {
			t.Errorf("there are %d monthly gifts", len(list))
		}
	})
}

// After the city's computers stood still for months, one gift is taken at most, and not before it was told.
func TestMonthsThatWentByAreNotMadeUpFor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		one := r.monthly50(t)
		r.until(r.hourOf(one.Next.AddMonths(3)).Add(time.Minute))
		r.drain()
		if got := must[Purse](t)(r.Purse(ctx, river, river)); got.Gifts != 0 {
			t.Errorf("at once, untold, %d gifts were taken", got.Gifts)
		}
		r.days(35)
		if got := must[Purse](t)(r.Purse(ctx, river, river)); got.Gifts != 1 {
			t.Errorf("a month later there are %d gifts", got.Gifts)
		}
	})
}

// A bank that is silent for a day costs nothing; one that is silent for a week, that month's gift.
func TestASilentBankDoesNotEndAMonthlyGift(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		one := r.monthly50(t)
		r.until(r.hourOf(one.Next).Add(-soonDays * 24 * time.Hour))
		r.drain()
		r.till.fault = errors.New("silent")
		r.until(r.hourOf(one.Next).Add(time.Minute))
		for range 30 {
			r.drain()
			r.clock.Move(time.Hour)
		}
		r.till.fault = nil
		r.days(1)
		if got := must[Purse](t)(r.Purse(ctx, river, river)); got.Gifts != 1 {
			t.Errorf("the bank speaks again, and there are %d gifts", got.Gifts)
		}
		r.until(r.hourOf(one.Next.AddMonths(1)).Add(-soonDays * 24 * time.Hour))
		r.drain()
		r.till.fault = errors.New("silent")
		r.days(10)
		r.till.fault = nil
		list := must[[]Monthly](t)(r.Monthlies(ctx, self, anna))
		if !list[0].On || list[0].Next != one.Next.AddMonths(2) || list[0].Misses != 1 {
			t.Errorf("it is %+v", list[0])
		}
	})
}

// A monthly gift whose job is gone is found and goes on with the next month.
func TestAForgottenMonthlyGiftGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		one := r.monthly50(t)
		r.until(r.hourOf(one.Next.AddDays(10)))
		if err := r.sweep(ctx, jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if list := must[[]Monthly](t)(r.Monthlies(ctx, self, anna)); list[0].Next != one.Next.AddMonths(1) {
			t.Errorf("its next day is %s", list[0].Next)
		}
	})
}

// The card is kept when its owner asked for it, and of nobody without an account.
func TestACardIsSavedWhenAskedFor(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]bool{"save": true, "once": false, "monthly": false, "": false} {
		f := giveForm{How: how}
		if f.saves(true) != want || f.saves(false) {
			t.Errorf("%q: %v, without an account %v", how, f.saves(true), f.saves(false))
		}
	}
}
