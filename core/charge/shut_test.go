package charge

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

func (r *rig) dropped(person, home id.ID) {
	r.t.Helper()
	if err := r.Drop(ctx, person, home); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) shutTo(person id.ID, i Identifier, second string) {
	r.t.Helper()
	if err := r.Save(ctx, person, i, second); !errors.Is(err, ErrShut) {
		r.t.Errorf("it is opened by %q: %v", second, err)
	}
}

// Whoever sold a car opens it by no fine of their own time, watched, dropped or not: the fines that come are the buyer's.
func TestAFormerOwnerOpensNothingByAnOldFine(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		today := func() calendar.Date { return calendar.DateOf(r.clock.Now(), r.Zone()) }
		home := must[id.ID](t)(r.HomeOf(plate))
		r.fineOf("own", today())
		r.names(anna, Thing{plate, today().Start(r.Zone())})
		r.clock.Move(5 * 24 * time.Hour)
		r.names(anna)                 // sold
		r.fineOf("own-late", today()) // decided after the register's last word, still by the old certificate
		r.clock.Move(24 * time.Hour)
		buyers := atPlate("theirs")
		buyers.Dated, buyers.Proof = today(), "11 ВВ 222222"
		r.issue(buyers)
		r.shutTo(anna, plate, certificate)
		if diff := cmp.Diff([]string{"own"}, r.seen(anna)); diff != "" {
			t.Errorf("the former owner sees (-want +got):\n%s", diff)
		}
		r.dropped(anna, home)
		r.shutTo(anna, plate, certificate)
		r.dropped(anna, home)
		r.shutTo(anna, plate, certificate)
		if got := r.seen(anna); len(got) != 0 {
			t.Errorf("dropped, sees %v", got)
		}
		if got := must[[]Watch](t)(r.Watched(ctx, r.system(), anna)); len(got) != 0 {
			t.Errorf("watches %+v", got)
		}
		r.names(anna, Thing{plate, today().Start(r.Zone())}) // bought back
		if diff := cmp.Diff([]string{"theirs"}, r.seen(anna)); diff != "" {
			t.Errorf("the owner again sees (-want +got):\n%s", diff)
		}
	})
}

// A shut watch is forgotten with what it was of.
func TestAShutWatchIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.names(anna, Thing{Identifier: plate})
		r.dropped(anna, must[id.ID](t)(r.HomeOf(plate)))
		kept := func() int { return len(must[[]Watch](t)(r.keptWatches(ctx, r.system(), anna))) }
		if n := kept(); n != 1 {
			t.Fatalf("%d are kept", n)
		}
		r.clock.Move(4 * 366 * 24 * time.Hour)
		if err := r.sweep(ctx, jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if n := kept(); n != 0 {
			t.Errorf("%d are kept", n)
		}
	})
}

// Whoever was sent away does not come back by the same bill, by dropping it or by a later one, until it is nobody's by right.
func TestWhoWasSentAwayStaysAway(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		today := func() calendar.Date { return calendar.DateOf(r.clock.Now(), r.Zone()) }
		home := must[id.ID](t)(r.HomeOf(plate))
		r.fineOf("fine", today())
		r.names(anna, Thing{plate, today().Start(r.Zone())})
		if err := r.Save(ctx, boris, plate, certificate); err != nil {
			t.Fatal(err)
		}
		if got := must[[]id.ID](t)(r.guests(ctx, anna, home)); len(got) != 1 || got[0] != boris {
			t.Fatalf("guests: %v", got)
		}
		if err := r.SendAway(ctx, anna, home); err != nil {
			t.Fatal(err)
		}
		r.shutTo(boris, plate, certificate)
		r.dropped(boris, home)
		r.clock.Move(24 * time.Hour)
		r.fineOf("later", today())
		r.shutTo(boris, plate, certificate)
		if got := r.seen(boris); len(got) != 0 {
			t.Errorf("sent away, sees %v", got)
		}
		r.names(anna) // sold
		if err := r.Save(ctx, boris, plate, certificate); err != nil {
			t.Errorf("nobody's by right: %v", err)
		}
	})
}

// Who moved out opens the flat by no bill of their time, only by one that those who stayed gave them since.
func TestWhoMovedOutOpensNothingByAnOldBill(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.city.Utilities = utilities()
		flat := Identifier{By: ByFlat, Value: "5200001234"}
		own := r.issue(flatBill("1"))
		live := func(people ...id.ID) {
			var list []*PreparedWatch
			for _, person := range people {
				list = append(list, must[*PreparedWatch](t)(r.PrepareWatch(ctx, person, flat, SourceResident)))
			}
			r.write(func(tx *store.Tx) error { return r.Residents(tx, own.Home, list) })
		}
		live(anna, boris)
		r.clock.Move(24 * time.Hour)
		live(anna)
		r.clock.Move(24 * time.Hour)
		later := r.issue(flatBill("2"))
		if err := r.Save(ctx, boris, flat, own.Number); !errors.Is(err, ErrSecond) {
			t.Errorf("by the old bill: %v", err)
		}
		if err := r.Save(ctx, boris, flat, later.Number); err != nil {
			t.Errorf("by one that they were given: %v", err)
		}
	})
}

// Whoever only held a bill pays it, and does not divide it: that is for those whose the home is, or was when it was decided.
func TestAGuestDividesNobodysBill(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.city.Utilities = utilities()
		flat := Identifier{By: ByFlat, Value: "5200001234"}
		bill := r.issue(flatBill("1"))
		place := must[Place](t)(r.Where(ctx, bill.ID))
		r.write(must[*PreparedWatch](t)(r.PrepareWatch(ctx, anna, flat, SourceResident)).Put)
		if err := r.Save(ctx, boris, flat, bill.Number); err != nil {
			t.Fatal(err)
		}
		if whose := must[id.ID](t)(r.Whose(ctx, personal(boris), place)); whose != boris {
			t.Fatal("a guest may not pay it")
		}
		for person, want := range map[id.ID]bool{anna: true, boris: false} {
			if got := must[bool](t)(r.owes(ctx, personal(person), person, place)); got != want {
				t.Errorf("%s may divide it: %v", person, got)
			}
		}
		own := must[Place](t)(r.Where(ctx, r.issue(fine("own")).ID))
		if !must[bool](t)(r.owes(ctx, personal(anna), anna, own)) {
			t.Error("nobody may divide their own bill")
		}
	})
}

func utilities() *service.Utilities { return &service.Utilities{Agency: "transport", Charge: "flat"} }
