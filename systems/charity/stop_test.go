package charity

import (
	"errors"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// between is a clock that lets something happen once, the next time somebody asks it.
type between struct {
	clock.Clock
	happens func()
}

func (b *between) Now() time.Time {
	if happens := b.happens; happens != nil {
		b.happens = nil
		happens()
	}
	return b.Clock.Now()
}

// An official stops the appeal, or suspends the fund, after another has read the payout and before it is written: nothing is set
// aside and nothing leaves.
func TestWhatIsStoppedMeanwhilePaysNothing(t *testing.T) {
	for name, stop := range map[string]func(*rig, id.ID) error{
		"appeal": func(r *rig, aim id.ID) error {
			return r.DecideAppeal(ctx, r.second(), aim, StopAppeal, "Проверка")
		},
		"fund": func(r *rig, _ id.ID) error {
			return r.DecideFund(ctx, r.second(), river, Suspend, "Проверка", nil)
		},
	} {
		for what, do := range map[string]func(*rig, id.ID, id.ID) error{
			"approved": func(r *rig, _, p id.ID) error { _, err := r.DecidePayout(ctx, r.desk(), p, true, "Да"); return err },
			"asked": func(r *rig, aim, _ id.ID) error {
				_, err := r.AskPayout(ctx, member, r.newPayout(aim, "a", 1_00))
				return err
			},
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				each(t, func(t *testing.T, r *rig) {
					r.fund()
					aim := r.appeal(OverStays, 1000_00).ID
					r.give(aim, 500_00)
					p := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(aim, "a", 100_00)))
					stopped := false
					r.base.Clock = &between{r.clock, func() {
						stopped = true
						if err := stop(r, aim); err != nil {
							t.Error(err)
						}
					}}
					if err := do(r, aim, p); !stopped || !errors.Is(err, ErrClosed) {
						t.Errorf("stopped meanwhile (%v): %v", stopped, err)
					}
					if got := must[Purse](t)(r.Purse(ctx, river, aim)); got.Paid != 0 || got.Asked != 100_00 {
						t.Errorf("%d left, %d are set aside", got.Paid, got.Asked)
					}
					r.sound(t, false)
				})
			})
		}
	}
}

// However many reports an appeal has, no line of its budget is reported above what was paid out for it, and its page shows the newest.
func TestManyReportsAreAllCounted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 1000_00)
		r.give(s.ID, 500_00)
		const many = reportsMost + 2
		r.payOutNow(s.ID, "a", many)
		r.payOutNow(s.ID, "b", 100_00)
		line := func(sum int64) []ReportLine { return []ReportLine{{Line: "a", Amount: sum, What: text("Доска")}} }
		r.till.write(func(tx *store.Tx) error {
			for i := range many {
				one := charitydb.InsertReportParams{Fund: river, ID: id.Derived("report", string(rune('A'+i))), Appeal: s.ID, At: tx.Now().Add(time.Duration(i) * time.Second), Amount: 1, Body: write(ReportBody{Text: text("Купили"), Lines: line(1)})}
				if _, err := charitydb.InsertReport(tx, one); err != nil {
					return err
				}
			}
			_, err := charitydb.TellOfPurse(tx, many, river, s.ID)
			return err
		})
		if _, err := r.Tell(ctx, member, NewReport{Fund: river, Appeal: s.ID, Text: text("Ещё"), Lines: line(1)}); !errors.Is(err, ErrShort) {
			t.Errorf("more than was paid out is reported: %v", err)
		}
		list := must[[]Report](t)(r.Reports(ctx, river, s.ID))
		if last := id.Derived("report", string(rune('A'+many-1))); len(list) != reportsMost || list[len(list)-1].ID != last {
			t.Errorf("%d reports are shown, the last is %s", len(list), list[len(list)-1].ID)
		}
		r.sound(t, false)
	})
}

// A month with more payouts than its table lists says what they come to, so that its rows end at the month's balance.
func TestPayoutsThatAreNotListedAreCounted(t *testing.T) {
	t.Parallel()
	b := Books{Before: 1000, After: 1000}
	rows := []charitydb.DaysOfRow{{Day: "2026-11-01", Kind: "gift", Amount: 500, Entries: 1}, {Day: "2026-11-01", Kind: "payout", Amount: 300, Entries: 3}, {Day: "2026-11-02", Kind: "payout", Amount: 50, Entries: 1}}
	listed := []charitydb.PayoutsOfDaysRow{{Day: "2026-11-01", Amount: 100, Body: "{}"}, {Day: "2026-11-01", Amount: 150, Body: "{}"}}
	if err := b.fold(rows, listed); err != nil {
		t.Fatal(err)
	}
	if b.Days[0].Unlisted() != 50 || b.Days[1].Unlisted() != 50 {
		t.Errorf("%d and %d are not listed", b.Days[0].Unlisted(), b.Days[1].Unlisted())
	}
	if b.Days[0].Balance != 1200 || b.After != 1150 {
		t.Errorf("the balance is %d, then %d", b.Days[0].Balance, b.After)
	}
}
