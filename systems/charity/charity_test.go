package charity

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/ledger"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var ctx = context.Background()

func TestAGiftIsFollowedFromTheGiverToTheReport(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverSimilar, 400_00)
		first, second := r.give(s.ID, 100_00), r.give(s.ID, 200_00)
		r.payOutNow(s.ID, "a", 150_00)
		if _, err := r.Tell(ctx, member, NewReport{Fund: river, Appeal: s.ID, Text: text("Купили"), Lines: []ReportLine{{Line: "a", What: text("Доски"), Amount: 120_00}}}); err != nil {
			t.Fatal(err)
		}
		for code, want := range map[string]Way{first.Code: {Given: 100_00, Reported: 100_00}, second.Code: {Given: 200_00, Lies: 150_00, PaidOut: 30_00, Reported: 20_00}} {
			w := must[Where](t)(r.Where(ctx, code))
			got := w.Parts[0].Way
			got.Pieces = nil
			if diff := cmp.Diff(want, got); diff != "" || len(w.Parts) != 1 {
				t.Error(diff)
			}
		}
		r.sound(t, false)
		if _, err := r.Where(ctx, "no such code"); !errors.Is(err, ErrNone) {
			t.Errorf("a code that is nobody's: %v", err)
		}
	})
}

func TestAPaymentThatIsToldTwiceIsOneGift(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 400_00)
		g := r.give(s.ID, 100_00)
		for range 2 {
			err := r.base.Store.Write(ctx, func(tx *store.Tx) error {
				return r.base.Jobs.Emit(tx, jobs.Event{Name: eventPaid, Holder: anna, Object: g.ID, Version: 2})
			})
			if err != nil {
				t.Fatal(err)
			}
			r.drain()
		}
		if got := must[Standing](t)(r.Appeal(ctx, s.ID)); got.Purse.Given != 100_00 || got.Purse.Gifts != 1 {
			t.Errorf("the purse has %+v", got.Purse)
		}
		if g.State != GiftGiven || g.Given.IsZero() {
			t.Errorf("the gift is %+v", g)
		}
		r.sound(t, false)
	})
}

func TestWhatComesAboveTheTargetGoesWhereTheAppealSaid(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		full, next := r.appeal(OverSimilar, 100_00), r.appeal(OverSimilar, 50_00)
		g := r.give(full.ID, 180_00)
		w := must[Where](t)(r.Where(ctx, g.Code))
		var got []int64
		for _, p := range w.Parts {
			got = append(got, p.Amount)
		}
		if diff := cmp.Diff([]int64{100_00, 50_00, 30_00}, got); diff != "" {
			t.Error(diff)
		}
		for _, one := range []Standing{full, next} {
			if s := must[Standing](t)(r.Appeal(ctx, one.ID)); s.State != AppealReached {
				t.Errorf("the appeal is %s with %d of %d", s.State, s.Purse.Given, s.Target)
			}
		}
		if _, err := r.Promise(ctx, self, NewGift{Giver: anna, Fund: river, Appeal: full.ID, Amount: 10_00}); !errors.Is(err, ErrClosed) {
			t.Errorf("a gift to an appeal that has its target: %v", err)
		}
		if err := r.GiveBack(ctx, self, anna, g.ID); err != nil {
			t.Fatal(err)
		}
		r.drain()
		if s := must[Standing](t)(r.Appeal(ctx, full.ID)); s.State != AppealOpen || s.Purse.Given != 0 {
			t.Errorf("after the gift went back the appeal is %s with %d", s.State, s.Purse.Given)
		}
		r.sound(t, false)
	})
}

func TestAGiftGoesBackWhileItLies(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 400_00)
		first, second := r.give(s.ID, 100_00), r.give(s.ID, 100_00)
		payout := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(s.ID, "a", 150_00)))
		if err := r.GiveBack(ctx, self, anna, second.ID); !errors.Is(err, ErrSpent) {
			t.Errorf("money set aside for a payout: %v", err)
		}
		if _, err := r.DecidePayout(ctx, r.desk(), payout, false, "Нет сметы"); err != nil {
			t.Fatal(err)
		}
		r.payOutNow(s.ID, "a", 60_00)
		if err := r.GiveBack(ctx, self, anna, first.ID); !errors.Is(err, ErrSpent) {
			t.Errorf("a gift that was spent in part: %v", err)
		}
		if err := r.GiveBack(ctx, self, anna, second.ID); err != nil {
			t.Errorf("a gift that lies: %v", err)
		}
		if err := r.GiveBack(ctx, self, anna, second.ID); !errors.Is(err, ErrState) {
			t.Errorf("a second time: %v", err)
		}
		r.drain() // the event of our own refund changes nothing more
		if got := must[Standing](t)(r.Appeal(ctx, s.ID)).Purse; got.Given != 100_00 || got.Paid != 60_00 {
			t.Errorf("the purse has %+v", got)
		}
		r.sound(t, false)
	})
}

func TestTwoPeopleForEachPayout(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 400_00)
		r.give(s.ID, 100_00)
		both := r.desk()
		both.Actor.Person = oleg // who asks in the fund's name is an official too
		p := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(s.ID, "a", 100_00)))
		if _, err := r.DecidePayout(ctx, both, p, true, "Сам себе"); !errors.Is(err, ErrTwo) {
			t.Errorf("the same person: %v", err)
		}
		if _, err := r.DecidePayout(ctx, r.desk(), p, true, ""); !errors.Is(err, ErrForm) {
			t.Errorf("no reason: %v", err)
		}
		if _, err := r.DecidePayout(ctx, r.desk(), p, true, "По смете"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.DecidePayout(ctx, r.desk(), p, true, "Ещё раз"); !errors.Is(err, ErrState) {
			t.Errorf("a second time: %v", err)
		}
		if _, err := r.AskPayout(ctx, member, r.newPayout(s.ID, "a", 1)); !errors.Is(err, ErrShort) {
			t.Errorf("an empty purse: %v", err)
		}
		out := must[ledger.Balance](t)(ledger.BalanceAt(ctx, r.base.Store, r.payoutsAccount().ID, r.clock.Now().Add(time.Hour)))
		if out.Net() != 100_00 {
			t.Errorf("%d waits for the bank", out.Net())
		}
		r.sound(t, false)
	})
}

func TestAReportTellsNoMoreThanWasSpent(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverSimilar, 100_00)
		r.give(s.ID, 100_00)
		r.payOutNow(s.ID, "a", 75_00)
		r.payOutNow(s.ID, "b", 25_00)
		tell := func(line string, amount int64) error {
			_, err := r.Tell(ctx, member, NewReport{Fund: river, Appeal: s.ID, Text: text("Отчёт"), Lines: []ReportLine{{Line: line, What: text("Купили"), Amount: amount}}})
			return err
		}
		if err := tell("b", 26_00); !errors.Is(err, ErrShort) {
			t.Errorf("more than was paid for the line: %v", err)
		}
		for line, amount := range map[string]int64{"a": 75_00, "b": 25_00} {
			if err := tell(line, amount); err != nil {
				t.Fatal(err)
			}
		}
		if got := must[Standing](t)(r.Appeal(ctx, s.ID)); got.State != AppealReported {
			t.Errorf("everything is reported, and the appeal is %s", got.State)
		}
		if err := tell("a", 1); !errors.Is(err, ErrShort) {
			t.Errorf("one kopeck more: %v", err)
		}
	})
}

// A suspended fund takes nothing and pays nothing; its page and its books stay.
func TestOfficialsDecideAboutAFund(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		n := NewFund{Organisation: river, Title: text("Река"), Category: "children", Body: r.body()}
		n.Body.Bank.BIC = "12"
		if err := r.AskFund(ctx, member, n); !errors.Is(err, ErrForm) {
			t.Errorf("a wrong BIC: %v", err)
		}
		n.Body = r.body()
		if err := r.AskFund(ctx, member, n); err != nil {
			t.Fatal(err)
		}
		if err := r.DecideFund(ctx, r.desk(), river, Publish, "Да", Checks[:2]); !errors.Is(err, ErrForm) {
			t.Errorf("something was not checked: %v", err)
		}
		if err := r.DecideFund(ctx, r.desk(), river, Suspend, "Рано", nil); !errors.Is(err, ErrState) {
			t.Errorf("suspended before it was published: %v", err)
		}
		if err := r.DecideFund(ctx, r.desk(), river, Publish, "Да", Checks); err != nil {
			t.Fatal(err)
		}
		s := r.appeal(OverStays, 100_00)
		r.give(s.ID, 50_00)
		p := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(s.ID, "a", 20_00)))
		if err := r.DecideFund(ctx, r.desk(), river, Suspend, "Нет отчёта", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Promise(ctx, self, NewGift{Giver: anna, Fund: river, Appeal: s.ID, Amount: 10_00}); !errors.Is(err, ErrClosed) {
			t.Errorf("a gift: %v", err)
		}
		if _, err := r.DecidePayout(ctx, r.desk(), p, true, "Да"); !errors.Is(err, ErrClosed) {
			t.Errorf("a payout: %v", err)
		}
		kinds := []string{}
		for _, d := range must[[]Decision](t)(r.Decisions(ctx, river)) {
			kinds = append(kinds, d.Kind)
		}
		if diff := cmp.Diff([]string{"fund_suspended", "appeal_opened", "fund_published"}, kinds); diff != "" {
			t.Error(diff)
		}
		r.sound(t, false)
	})
}

func TestAMonthlyGiftIsGivenOnceAMonth(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		card := id.Derived("card", anna.String())
		one := must[Monthly](t)(r.StartMonthly(ctx, self, NewMonthly{Giver: anna, Fund: river, Appeal: river, Amount: 50_00, Day: 5, Card: card}))
		given := func() int64 { return must[Purse](t)(r.Purse(ctx, river, river)).Given }
		for month := range 3 {
			r.reach(one.Next.AddMonths(month))
			for range 2 { // the same job again, by another worker or after a crash
				err := r.base.Store.Write(ctx, func(tx *store.Tx) error {
					return r.base.Jobs.Put(tx, jobs.New{Handler: jobMonthly, Holder: anna, Object: one.ID, Payload: one.Next.AddMonths(month).String()})
				})
				if err != nil {
					t.Fatal(err)
				}
				r.drain()
			}
			if got := given(); got != int64(month+1)*50_00 {
				t.Fatalf("after month %d there are %d", month, got)
			}
		}
		if err := r.StopMonthly(ctx, self, anna, one.ID); err != nil {
			t.Fatal(err)
		}
		r.clock.Move(40 * 24 * time.Hour)
		r.drain()
		if got := given(); got != 150_00 {
			t.Errorf("stopped, and %d came", got)
		}
		r.sound(t, false)
	})
}

// A worker that dies between the promise and the payment gives the same gift when it comes again.
func TestAMonthlyGiftSurvivesADeathBetweenItsSteps(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		one := must[Monthly](t)(r.StartMonthly(ctx, self, NewMonthly{Giver: anna, Fund: river, Appeal: river, Amount: 50_00, Day: 5, Card: id.Derived("card", anna.String())}))
		day := one.Next.String()
		n := NewGift{ID: giftOfDay(one.ID, day), Giver: anna, Fund: river, Appeal: river, Amount: 50_00, Monthly: one.ID}
		put := must[func(*store.Tx) error](t)(r.preparePromise(ctx, n, must[Gift](t)(r.promised(ctx, n))))
		if err := r.base.Store.Write(ctx, put); err != nil {
			t.Fatal(err)
		}
		must[Begun](t)(r.till.Begin(ctx, self, Paying{Giver: anna, Gift: n.ID}, lang.Russian)) // and here it died
		r.reach(one.Next)
		if got := must[Purse](t)(r.Purse(ctx, river, river)); got.Given != 50_00 || got.Gifts != 1 {
			t.Errorf("given %+v", got)
		}
	})
}

func TestThreeDeclinesEndAMonthlyGift(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		card := id.Derived("card", anna.String())
		r.till.declines[card] = true
		one := must[Monthly](t)(r.StartMonthly(ctx, self, NewMonthly{Giver: anna, Fund: river, Appeal: river, Amount: 50_00, Day: 28, Card: card}))
		for month := range 5 {
			r.reach(one.Next.AddMonths(month))
		}
		list := must[[]Monthly](t)(r.Monthlies(ctx, self, anna))
		if list[0].On || list[0].Why != "card" || r.till.begun != missesMost {
			t.Errorf("after %d tries it is %+v", r.till.begun, list[0])
		}
		for _, g := range must[[]Gift](t)(r.GiftsOf(ctx, self, anna)) {
			if g.State != GiftDropped {
				t.Errorf("a gift that was never paid is %s", g.State)
			}
		}
	})
}

func TestTheBankTakesAGiftBackAfterItWasSpent(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 400_00)
		g := r.give(s.ID, 100_00)
		r.payOutNow(s.ID, "a", 80_00)
		r.till.reverse(g)
		r.drain()
		r.sound(t, true)
		if got := must[Standing](t)(r.Appeal(ctx, s.ID)).Purse; got.Given != 0 || got.Free() != -80_00 {
			t.Errorf("the purse has %+v", got)
		}
		if _, err := r.AskPayout(ctx, member, r.newPayout(s.ID, "a", 1)); !errors.Is(err, ErrShort) {
			t.Errorf("a payout out of what is owed: %v", err)
		}
	})
}

func TestAPayoutThatTheBankSendsBackLiesAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 400_00)
		g := r.give(s.ID, 100_00)
		p := r.payOutNow(s.ID, "a", 80_00)
		err := r.base.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := ledger.Post(tx, ledger.Movement{ID: id.Derived("returned", p.String()), Holder: river, Act: p, Lines: []ledger.Line{
				{Debit: r.payoutsAccount(), Credit: Account(river), Amount: money.Roubles(80_00), About: p},
			}})
			if err != nil {
				return err
			}
			for range 2 { // it may be told twice
				if err := r.base.Jobs.Emit(tx, jobs.Event{Name: eventCameBack, Holder: river, Object: p}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r.drain()
		r.sound(t, false)
		if w := must[Where](t)(r.Where(ctx, g.Code)); w.Parts[0].Way.Lies != 100_00 {
			t.Errorf("the gift is %+v", w.Parts[0].Way)
		}
		if err := r.GiveBack(ctx, self, anna, g.ID); err != nil {
			t.Errorf("it lies, and does not go back: %v", err)
		}
	})
}

func TestTheEndOfAnAppeal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 400_00)
		for days, want := range map[int]AppealState{60: AppealOpen} {
			r.until(calendar.DateOf(r.clock.Now(), moscow()).AddDays(days).Start(moscow()).Add(time.Hour))
			if err := r.endAppeals(ctx, jobs.Job{}); err != nil {
				t.Fatal(err)
			}
			if got := must[Standing](t)(r.Appeal(ctx, s.ID)); got.State != want {
				t.Errorf("on the last day it is %s", got.State)
			}
		}
		r.clock.Move(24 * time.Hour)
		if err := r.endAppeals(ctx, jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if got := must[Standing](t)(r.Appeal(ctx, s.ID)); got.State != AppealEnded {
			t.Errorf("after it, %s", got.State)
		}
	})
}

func TestWhoNeverSignedInGivesAndSeesTheWay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		nobody := act.Act{ID: id.Derived("act", "nobody"), Actor: act.Actor{Kind: act.Nobody}}
		g := must[Gift](t)(r.Promise(ctx, nobody, NewGift{Fund: river, Appeal: river, Amount: 10_00}))
		must[Begun](t)(r.till.Begin(ctx, nobody, Paying{Giver: g.Giver, Gift: g.ID}, lang.English))
		r.drain()
		if w := must[Where](t)(r.Where(ctx, g.Code)); !w.Paid || w.Parts[0].Way.Lies != 10_00 {
			t.Errorf("it is %+v", w)
		}
		if last := must[[]Entry](t)(r.LastGifts(ctx, river, river, 5)); last[0].Shown != "" {
			t.Errorf("the books name %q", last[0].Shown)
		}
	})
}

func TestTheYearsStatement(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		r.give(river, 100_00)
		back := r.give(river, 70_00)
		if err := r.GiveBack(ctx, self, anna, back.ID); err != nil {
			t.Fatal(err)
		}
		y := must[Year](t)(r.YearOf(ctx, self, anna, calendar.DateOf(r.clock.Now(), moscow()).Year()))
		if y.Total != 100_00 || len(y.Gifts) != 1 || y.Gifts[0].FundINN != "5250000015" {
			t.Errorf("%+v", y)
		}
		for _, l := range lang.All() {
			body := must[[]byte](t)(r.Statement(l, lang.Name{Family: "Смирнова", Given: "Анна"}, y))
			if !bytes.HasPrefix(body, []byte("%PDF-")) {
				t.Errorf("%s: no PDF", l)
			}
		}
		if none := must[Year](t)(r.YearOf(ctx, self, anna, 2001)); none.Total != 0 {
			t.Errorf("%+v", none)
		}
	})
}

// What is forgotten leaves the books as they were, without the name.
func TestWhoIsForgottenIsNotNamed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		r.give(river, 100_00)
		if err := r.Data().Forget(ctx, anna); err != nil {
			t.Fatal(err)
		}
		if last := must[[]Entry](t)(r.LastGifts(ctx, river, river, 5)); last[0].Shown != "" || last[0].Amount != 100_00 {
			t.Errorf("%+v", last)
		}
		r.sound(t, false)
	})
}

// Whatever happens in whatever order, the books are the ledger and every kopeck is somewhere once.
func TestTheBooksStandWhateverHappens(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip()
	}
	rapid.Check(t, func(rt *rapid.T) {
		s, c := storetest.Open(t, needs...)
		r := newRig(t, s, c)
		r.fund()
		aims := []id.ID{river, r.appeal(OverSimilar, 300_00).ID, r.appeal(OverStays, 200_00).ID, r.appeal(OverSimilar, 100_00).ID}
		var gifts []Gift
		reversed := false
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			aim := rapid.SampledFrom(aims).Draw(rt, "aim")
			amount := rapid.Int64Range(10_00, 250_00).Draw(rt, "amount")
			line := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "line")
			if aim == river {
				line = ""
			}
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0, 1, 2, 3:
				g, err := r.Promise(ctx, self, NewGift{Giver: anna, Fund: river, Appeal: aim, Amount: amount})
				if err != nil {
					break
				}
				must[Begun](t)(r.till.Begin(ctx, self, Paying{Giver: anna, Gift: g.ID}, lang.Russian))
				gifts = append(gifts, g)
			case 4, 5, 6:
				p, err := r.AskPayout(ctx, member, r.newPayout(aim, line, amount))
				if err == nil {
					_, _ = r.DecidePayout(ctx, r.desk(), p, rapid.Bool().Draw(rt, "approve"), "Так") // what is short is refused
				}
			case 7:
				if aim != river {
					_, _ = r.Tell(ctx, member, NewReport{Fund: river, Appeal: aim, Text: text("Отчёт"), Lines: []ReportLine{{Line: line, What: text("Купили"), Amount: amount}}})
				}
			case 8:
				if len(gifts) > 0 {
					_ = r.GiveBack(ctx, self, anna, rapid.SampledFrom(gifts).Draw(rt, "back").ID)
				}
			case 9:
				if len(gifts) > 0 {
					g := must[Gift](t)(r.Gift(ctx, self, anna, rapid.SampledFrom(gifts).Draw(rt, "reversed").ID))
					if g.State == GiftGiven {
						reversed = true
						r.till.reverse(g)
					}
				}
			}
			r.drain()
			r.sound(rt, reversed)
		}
	})
}

// What an official looked at is what they decide about: a fund that changed its requisites meanwhile is not published.
func TestAFundThatChangedUnderTheOfficialsEyesIsNotPublished(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		n := NewFund{Organisation: river, Title: text("Река"), Category: "children", Body: r.body()}
		if err := r.AskFund(ctx, member, n); err != nil {
			t.Fatal(err)
		}
		seen := must[Fund](t)(r.Fund(ctx, river)).Revision
		n.Revision, n.Body.Bank.Account = seen, "40703810000000000009"
		if err := r.AskFund(ctx, member, n); err != nil {
			t.Fatal(err)
		}
		if err := r.DecideFundAt(ctx, r.desk(), river, seen, Publish, "Всё в порядке", Checks); !errors.Is(err, ErrChanged) {
			t.Errorf("other requisites than those that were looked at: %v", err)
		}
		if got := must[Fund](t)(r.Fund(ctx, river)); got.State != FundAsked {
			t.Errorf("it is %s", got.State)
		}
		if err := r.DecideFundAt(ctx, r.desk(), river, seen+1, Publish, "Всё в порядке", Checks); err != nil {
			t.Error(err)
		}
	})
}
