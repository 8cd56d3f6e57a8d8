package charge

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// personal is the act of a person.
func personal(person id.ID) act.Act {
	return act.Act{ID: id.Derived("act", person.String()), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Standard, Channel: act.Web}
}

func (r *rig) seen(person id.ID) []string {
	r.t.Helper()
	out := []string{}
	for _, c := range must[[]Charge](r.t)(r.OfPerson(ctx, personal(person), person, Filter{})) {
		out = append(out, c.External)
	}
	return out
}

// names has the register name a plate as a person's since a day, and the account asked anew.
func (r *rig) names(person id.ID, things ...Thing) {
	r.t.Helper()
	r.deps.Things = func(_ context.Context, _ act.Act, of id.ID) ([]Thing, error) {
		if of == person {
			return things, nil
		}
		return nil, nil
	}
	if err := r.askRegisters(ctx, person); err != nil {
		r.t.Fatal(err)
	}
	r.drain()
}

func (r *rig) fineOf(number string, dated calendar.Date) *Prepared {
	r.t.Helper()
	n := atPlate(number)
	n.Dated = dated
	return r.issue(n)
}

// A car's fines are its owner's of that day: who bought it does not see the former owner's, and who sold it not the next one's, by no
// list, number of bills or address of a bill.
func TestACarsFinesAreItsOwnersOfThatDay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		today := func() calendar.Date { return calendar.DateOf(r.clock.Now(), r.Zone()) }
		bought := today().AddDays(-100)
		r.fineOf("before", bought.AddDays(-1))
		own := r.fineOf("own", bought)
		r.names(anna, Thing{plate, bought.Start(r.Zone())})
		if diff := cmp.Diff([]string{"own"}, r.seen(anna)); diff != "" {
			t.Errorf("the owner sees (-want +got):\n%s", diff)
		}
		r.clock.Move(5 * 24 * time.Hour)
		sold := today()
		r.clock.Move(24 * time.Hour)
		r.names(anna) // sold
		theirs := r.fineOf("theirs", sold.AddDays(1))
		r.names(boris, Thing{plate, sold.AddDays(1).Start(r.Zone())})
		if diff := cmp.Diff([]string{"own"}, r.seen(anna)); diff != "" {
			t.Errorf("the former owner sees (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"theirs"}, r.seen(boris)); diff != "" {
			t.Errorf("the new owner sees (-want +got):\n%s", diff)
		}
		for _, c := range []struct {
			person id.ID
			bill   *Prepared
			sees   bool
		}{{anna, own, true}, {anna, theirs, false}, {boris, own, false}, {boris, theirs, true}} {
			place := must[Place](t)(r.Where(ctx, c.bill.ID))
			if whose := must[id.ID](t)(r.Whose(ctx, personal(c.person), place)); whose == c.person != c.sees {
				t.Errorf("%s: bill %s is %s's", c.person, c.bill.row.External, whose)
			}
			if n := must[int64](t)(r.CountOpen(ctx, personal(c.person), c.person, 10)); n != 1 {
				t.Errorf("%s has %d to pay", c.person, n)
			}
		}
	})
}

// Where no register says since when, a car's bills are seen from the day on which it was named; a watch that goes on keeps its beginning.
func TestACarWithoutADayBeginsToday(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		today := calendar.DateOf(r.clock.Now(), r.Zone())
		r.fineOf("old", today.AddDays(-1))
		r.fineOf("new", today)
		r.names(anna, Thing{Identifier: plate})
		r.clock.Move(10 * 24 * time.Hour)
		r.names(anna, Thing{Identifier: plate})
		if diff := cmp.Diff([]string{"new"}, r.seen(anna)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Whoever saves a plate by a bill sees that bill and later ones, not earlier ones of another's.
func TestASavedPlateBeginsWithItsBill(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		today := calendar.DateOf(r.clock.Now(), r.Zone())
		former := atPlate("former")
		former.Dated, former.Proof = today.AddDays(-40), "77 AA 111111"
		r.issue(former)
		r.fineOf("held", today.AddDays(-20))
		r.fineOf("later", today)
		if err := r.Save(ctx, boris, plate, certificate); err != nil {
			t.Fatal(err)
		}
		if got := r.seen(boris); len(got) != 2 {
			t.Errorf("sees %v", got)
		}
	})
}

// Those who watch a home are told that somebody new does; whoever it is by right sends those away who only held a bill.
func TestWatchersAreToldOfANewOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var told []account.Word
		r.deps.Word = func(_ context.Context, w account.Word) (func(*store.Tx) error, error) {
			told = append(told, w)
			return func(*store.Tx) error { return nil }, nil
		}
		today := calendar.DateOf(r.clock.Now(), r.Zone())
		r.fineOf("fine", today)
		r.names(anna, Thing{Identifier: plate, Since: today.Start(r.Zone())})
		home := must[id.ID](t)(r.HomeOf(plate))
		if err := r.Save(ctx, boris, plate, certificate); err != nil {
			t.Fatal(err)
		}
		r.drain()
		if len(told) != 1 || told[0].Person != anna || told[0].Params["number"] != "А 417 МО 52" {
			t.Fatalf("told: %+v", told)
		}
		if err := r.SendAway(ctx, boris, home); !errors.Is(err, ErrNone) {
			t.Errorf("who only held a bill sends the owner away: %v", err)
		}
		if err := r.SendAway(ctx, anna, home); err != nil {
			t.Fatal(err)
		}
		if got := must[[]id.ID](t)(r.Watchers(ctx, home)); len(got) != 1 || got[0] != anna {
			t.Errorf("watched by %v", got)
		}
		if got := r.seen(boris); len(got) != 0 {
			t.Errorf("sent away, sees %v", got)
		}
	})
}

// What was sold years ago is watched no more at all.
func TestASoldCarIsForgottenOnceNothingCanBeExacted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.names(anna, Thing{Identifier: plate})
		r.names(anna)
		for _, c := range []struct {
			days, want int
		}{{365, 1}, {3 * 366, 0}} {
			r.clock.Move(time.Duration(c.days) * 24 * time.Hour)
			if err := r.sweep(ctx, jobs.Job{}); err != nil {
				t.Fatal(err)
			}
			if got := must[[]Watch](t)(r.Watched(ctx, r.system(), anna)); len(got) != c.want {
				t.Errorf("after %d days more: %+v", c.days, got)
			}
		}
	})
}

// Of a home that owes more than a page holds, everything that is open is listed, however much was settled since, and nothing of the
// sandbox takes its place.
func TestOldDebtsAreListed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		debt := r.issue(fine("debt"))
		for n := range listMost + 10 {
			r.clock.Move(time.Second)
			one := fine(fmt.Sprint(n))
			one.Test = n%2 == 0
			p := r.issue(one)
			if n%2 == 1 {
				r.write(func(tx *store.Tx) error { _, err := r.Cancel(tx, officer, p.Home, p.ID, "mistake"); return err })
			}
		}
		list := must[[]Charge](t)(r.OfPerson(ctx, self, anna, Filter{Most: 50}))
		if len(list) != 51 || list[50].ID != debt.ID {
			t.Errorf("%d bills, the debt is not the last", len(list))
		}
	})
}

// An agency's list is walked whole, page by page, whatever it is narrowed by.
func TestAnAgencysListIsWalkedWhole(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var batch []NewCharge
		for n := range 130 {
			one := fine(fmt.Sprint(n))
			one.Amount = money.Roubles(int64(1000 + n))
			batch = append(batch, one)
		}
		out := must[[]Outcome](t)(r.IssueMany(ctx, officer, batch))
		for _, o := range out[:60] {
			r.write(func(tx *store.Tx) error { _, err := r.Cancel(tx, officer, o.Home, o.ID, "mistake"); return err })
		}
		for _, c := range []struct {
			q    ListQuery
			want int
		}{{ListQuery{}, 130}, {ListQuery{State: Cancelled}, 60}, {ListQuery{State: Due, Kind: "fine"}, 70}, {ListQuery{Kind: "flat"}, 0}} {
			seen, pages := map[id.ID]bool{}, 0
			for q := c.q; ; pages++ {
				list, next, err := r.OfAgency(ctx, officer, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range list {
					seen[one.ID] = true
				}
				if q.After = next; next == "" {
					break
				}
			}
			if len(seen) != c.want || pages != max(0, (c.want-1)/pageMost) {
				t.Errorf("%+v: %d bills by %d pages more", c.q, len(seen), pages)
			}
		}
	})
}

// What is remembered of whom was looked at is bounded, and filling it forgets the oldest half alone.
func TestSeenForgetsByHalves(t *testing.T) {
	t.Parallel()
	s := seen{most: 3}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	who := func(n int) id.ID { return id.Derived("person", fmt.Sprint(n)) }
	for n := range 5 {
		if s.fresh(who(n), now) {
			t.Errorf("%d was not looked at", n)
		}
	}
	if !s.fresh(who(1), now) || !s.fresh(who(4), now) {
		t.Error("filled once, it has forgotten")
	}
	for n := 10; n < 100; n++ {
		s.fresh(who(n), now)
	}
	if len(s.young)+len(s.old) > 6 || s.fresh(who(1), now) {
		t.Errorf("%d and %d are remembered", len(s.young), len(s.old))
	}
	if s.fresh(who(99), now.Add(seenFor)) {
		t.Error("what was long ago is fresh")
	}
}
