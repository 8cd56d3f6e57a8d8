package charity

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/notice"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// busy is a teller that fails some times before it tells.
type busy struct{ fails int }

func (b *busy) Prepare(context.Context, notice.Notice) (*notice.Prepared, error) {
	if b.fails > 0 {
		b.fails--
		return nil, errors.New("busy")
	}
	return nil, nil
}

// What a payment, a dispute, a second payment and a refund tell may come late, twice and in any order, and the teller may fail
// in between: the fund has what the charges say, never more.
func TestEventsOfAGiftComeInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, c := storetest.Open(t, needs...)
		r := newRig(t, s, c)
		teller := &busy{}
		r.deps.Teller = teller
		r.fund()
		aim := r.appeal(OverSimilar, 150_00).ID
		g := must[Gift](t)(r.Promise(ctx, self, NewGift{Giver: anna, Fund: river, Appeal: aim, Amount: 200_00}))
		r.till.silent = true
		pay := func() { must[Begun](t)(r.till.Begin(ctx, self, Paying{Giver: anna, Gift: g.ID}, lang.Russian)) }
		tell := func(e jobs.Event) {
			r.till.write(func(tx *store.Tx) error { return r.base.Jobs.Emit(tx, e) })
			r.drain()
		}
		for range rapid.IntRange(1, 5).Draw(rt, "steps") {
			stands := r.till.stands[g.ID]
			switch what := rapid.IntRange(0, 2).Draw(rt, "what"); {
			case stands == 0:
				pay()
			case what == 0:
				r.till.reverse(g)
			case what == 1 && stands == g.Amount:
				r.till.reversePart(g, rapid.Int64Range(1, stands-1).Draw(rt, "part"))
			case what == 2 && len(r.till.kept) > 0:
				teller.fails = rapid.IntRange(0, 2).Draw(rt, "fails")
				tell(rapid.SampledFrom(r.till.kept).Draw(rt, "early"))
			}
		}
		left := append(slices.Clone(r.till.kept), rapid.SampledFrom(r.till.kept).Draw(rt, "twice"))
		for _, e := range rapid.Permutation(left).Draw(rt, "order") {
			tell(e)
		}
		r.clock.Move(time.Hour) // what failed is done again
		r.drain()
		r.sound(rt, true)
		stands := r.till.stands[g.ID]
		total := must[Totals](t)(r.Totals(ctx, river))
		if total.Balance() != stands {
			rt.Fatalf("the charge has %d, the fund %d", stands, total.Balance())
		}
		if got := must[Gift](t)(r.Gift(ctx, self, anna, g.ID)); (got.State == GiftGiven) != (stands > 0) {
			rt.Fatalf("the charge has %d, and the gift is %s", stands, got.State)
		}
	})
}

// A gift that was promised before the city suspended its fund, and is paid after, goes back by itself.
func TestAGiftThatCanNotStayGoesBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		g := must[Gift](t)(r.Promise(ctx, self, NewGift{Giver: anna, Fund: river, Appeal: river, Amount: 50_00}))
		if err := r.DecideFund(ctx, r.desk(), river, Suspend, "Нет отчёта", nil); err != nil {
			t.Fatal(err)
		}
		must[Begun](t)(r.till.Begin(ctx, self, Paying{Giver: anna, Gift: g.ID}, lang.Russian))
		r.drain()
		if got := must[Gift](t)(r.Gift(ctx, self, anna, g.ID)); got.State != GiftBack || r.till.stands[g.ID] != 0 {
			t.Errorf("it is %s, and %d stay", got.State, r.till.stands[g.ID])
		}
		r.sound(t, false)
	})
}

// A promise that nobody keeps ends, and its charge with it; one that was kept does not.
func TestAPromiseEnds(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		kept := r.give(river, 10_00)
		g := must[Gift](t)(r.Promise(ctx, self, NewGift{Giver: anna, Fund: river, Appeal: river, Amount: 50_00}))
		r.clock.Move(payWithin + time.Minute)
		r.drain()
		if got := must[Gift](t)(r.Gift(ctx, self, anna, g.ID)); got.State != GiftDropped || !r.till.ended[g.ID] {
			t.Errorf("the promise is %s", got.State)
		}
		if got := must[Gift](t)(r.Gift(ctx, self, anna, kept.ID)); got.State != GiftGiven || r.till.ended[kept.ID] {
			t.Errorf("the gift is %s", got.State)
		}
	})
}
