package booking

import (
	"errors"
	"slices"
	"testing"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"

	"github.com/google/go-cmp/cmp"
)

func TestAPersonBooksMovesAndCancels(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		held, err := r.Hold(ctx, annaAct, Hold{Person: anna, Resource: "office", Start: at("2026-11-23 09:00")})
		r.must(err)
		if held.State != Held || !held.Until.Equal(r.clock.Now().Add(HoldLife)) || held.Place != 1 {
			t.Errorf("held %+v", held)
		}
		b, err := r.Confirm(ctx, annaAct, held.ID)
		r.must(err)
		again, err := r.Confirm(ctx, annaAct, held.ID)
		r.must(err)
		if diff := cmp.Diff(b, again); diff != "" || b.State != Booked {
			t.Errorf("a second confirmation: %s", diff)
		}
		r.run()
		moved, err := r.Move(ctx, annaAct, b.ID, at("2026-11-24 14:30"))
		r.must(err)
		if moved.ID != b.ID || !moved.Start.Equal(at("2026-11-24 14:30")) {
			t.Errorf("moved %+v", moved)
		}
		r.run()
		if left := r.left("2026-11-23 09:00"); left != 2 {
			t.Errorf("the time that was left has %d places", left)
		}
		if left := r.left("2026-11-24 14:30"); left != 1 {
			t.Errorf("the time that was taken has %d places", left)
		}
		list, err := r.OfPerson(ctx, annaAct, anna)
		r.must(err)
		if len(list) != 1 || list[0].State != Booked || list[0].Title.EN != "Reception" {
			t.Errorf("the person's list: %+v", list)
		}
		_, err = r.Cancel(ctx, annaAct, b.ID)
		r.must(err)
		r.run()
		if left := r.left("2026-11-24 14:30"); left != 2 {
			t.Errorf("a cancelled time has %d places", left)
		}
		if diff := cmp.Diff([]string{"booked", "cancelled", "moved"}, r.letters(anna)); diff != "" {
			t.Error(diff)
		}
	})
}

// left is how many places a time has; -1: it is not offered.
func (r *rig) left(start string) int {
	r.t.Helper()
	d := at(start)
	date := day(d.Format(time.DateOnly))
	all, err := r.times(ctx, "office", date, date)
	r.must(err)
	for _, s := range all {
		if s.Start.Equal(d) {
			return s.Left
		}
	}
	return -1
}

func TestAFullTimeTellsTheNearest(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.book(anna, "2026-11-23 09:00")
		r.book(boris, "2026-11-23 09:00")
		_, err := r.Hold(ctx, personAct(misha), Hold{Person: misha, Resource: "office", Start: at("2026-11-23 09:00")})
		var none *NoPlace
		if !errors.Is(err, ErrFull) || !errors.As(err, &none) {
			t.Fatalf("a full time: %v", err)
		}
		if len(none.Near) != NearMost || !none.Near[0].Start.Equal(at("2026-11-23 09:30")) {
			t.Errorf("near: %v", none.Near)
		}
		free, err := r.Free(ctx, "office", day("2026-11-23"), day("2026-11-23"))
		r.must(err)
		if len(free) != 15 {
			t.Errorf("%d free times", len(free))
		}
	})
}

func TestAHoldThatRanOutIsReplaced(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		start := at("2026-11-23 09:00")
		r.book(misha, "2026-11-23 09:00")
		first, err := r.Hold(ctx, annaAct, Hold{Person: anna, Resource: "office", Start: start})
		r.must(err)
		if _, err := r.Hold(ctx, borisAct, Hold{Person: boris, Resource: "office", Start: start}); !errors.Is(err, ErrFull) {
			t.Fatalf("a place that is kept: %v", err)
		}
		r.clock.Move(HoldLife)
		second, err := r.Hold(ctx, borisAct, Hold{Person: boris, Resource: "office", Start: start})
		r.must(err)
		if _, err := r.Confirm(ctx, annaAct, first.ID); !errors.Is(err, ErrGone) {
			t.Errorf("a lost hold: %v", err)
		}
		_, err = r.Confirm(ctx, borisAct, second.ID)
		r.must(err)
	})
}

func TestAHoldThatRanOutIsConfirmedWhileThereIsAPlace(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		held, err := r.Hold(ctx, annaAct, Hold{Person: anna, Resource: "office", Start: at("2026-11-23 09:00")})
		r.must(err)
		r.clock.Move(time.Hour)
		r.must(r.sweep(ctx, jobOf("")))
		b, err := r.Confirm(ctx, annaAct, held.ID)
		r.must(err)
		if b.State != Booked || r.left("2026-11-23 09:00") != 1 {
			t.Errorf("%+v", b)
		}
		other, err := r.Hold(ctx, borisAct, Hold{Person: boris, Resource: "office", Start: at("2026-11-23 09:00")})
		r.must(err)
		r.clock.Move(LapsedKept + HoldLife + time.Minute)
		r.must(r.sweep(ctx, jobOf("")))
		if _, err := r.Confirm(ctx, borisAct, other.ID); !errors.Is(err, ErrGone) {
			t.Errorf("a forgotten hold: %v", err)
		}
	})
}

func TestACaseHasOneHoldOfAResource(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		caseID := id.Derived("case", "one")
		h := Hold{Person: anna, Case: caseID, Service: "permit", Resource: "office", Start: at("2026-11-23 09:00")}
		first, err := r.Hold(ctx, annaAct, h)
		r.must(err)
		r.clock.Move(10 * time.Minute)
		renewed, err := r.Hold(ctx, annaAct, h)
		r.must(err)
		if renewed.ID != first.ID || !renewed.Until.Equal(r.clock.Now().Add(HoldLife)) {
			t.Errorf("renewed: %+v", renewed)
		}
		h.Start = at("2026-11-23 10:00")
		second, err := r.Hold(ctx, annaAct, h)
		r.must(err)
		if second.ID == first.ID || r.left("2026-11-23 09:00") != 2 {
			t.Error("the older hold is not freed")
		}
		list, err := r.OfCase(ctx, annaAct, caseID)
		r.must(err)
		if len(list) != 1 || list[0].ID != second.ID {
			t.Errorf("of the case: %+v", list)
		}
		_, err = r.Confirm(ctx, annaAct, second.ID)
		r.must(err)
		r.must(r.EndCase(ctx, caseID))
		r.must(r.EndCase(ctx, caseID))
		if r.left("2026-11-23 10:00") != 2 {
			t.Error("an ended case keeps its place")
		}
	})
}

// ofCase books a time for a case of Anna's.
func (r *rig) ofCase(start string) Booking {
	r.t.Helper()
	b, err := r.Hold(ctx, annaAct, Hold{Person: anna, Case: id.Derived("case", "one"), Service: "permit", Resource: "office", Start: at(start)})
	r.must(err)
	b, err = r.Confirm(ctx, annaAct, b.ID)
	r.must(err)
	return b
}

// A case's checks and documents know the day: the appointment does not change behind their back.
func TestACasesTimeGoesWithTheCaseAlone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.ofCase("2026-11-25 12:00")
		if b.Movable(r.clock.Now()) {
			t.Error("the person may move it")
		}
		if _, err := r.Move(ctx, annaAct, b.ID, at("2026-11-26 12:00")); !errors.Is(err, ErrOfCase) {
			t.Errorf("moved: %v", err)
		}
		if _, err := r.Cancel(ctx, annaAct, b.ID); !errors.Is(err, ErrOfCase) {
			t.Errorf("cancelled: %v", err)
		}
		if now, err := r.Booking(ctx, annaAct, b.ID); err != nil || now.State != Booked || !now.Start.Equal(b.Start) {
			t.Errorf("it stands %+v, %v", now, err)
		}
		r.run()
		_, err := r.Cancel(ctx, igorAct, b.ID)
		r.must(err)
		r.run()
		if diff := cmp.Diff([]string{"booked_case", "called_off_case"}, r.letters(anna)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAHoldIsNotRenewedForEver(t *testing.T) {
	r := one(t)
	h := Hold{Person: anna, Case: id.Derived("case", "one"), Resource: "office", Start: at("2026-11-23 09:00")}
	first, err := r.Hold(ctx, annaAct, h)
	r.must(err)
	for r.clock.Now().Before(first.Made.Add(HoldMost)) {
		now, err := r.Hold(ctx, annaAct, h)
		r.must(err)
		if now.ID != first.ID || now.Until.After(first.Made.Add(HoldMost)) {
			t.Fatalf("%+v at %s", now, r.clock.Now())
		}
		r.clock.Move(10 * time.Minute)
	}
}

func TestBoundsOfBooking(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, start := range []string{
			"2026-11-21 15:00", // Saturday
			"2026-11-20 09:00", // past
			"2026-11-23 13:00", // the break
			"2026-11-23 09:10", // between times
			"2026-11-27 09:00", // closed
			"2026-12-22 09:00", // too far ahead
			"2026-12-31 09:00", // a holiday
		} {
			if _, err := r.Hold(ctx, annaAct, Hold{Person: anna, Resource: "office", Start: at(start)}); !errors.Is(err, ErrTime) {
				t.Errorf("%s: %v", start, err)
			}
		}
		if _, err := r.Hold(ctx, annaAct, Hold{Person: anna, Resource: "nowhere", Start: at("2026-11-23 09:00")}); !errors.Is(err, ErrResource) {
			t.Errorf("an unknown resource: %v", err)
		}
		for _, start := range []string{"2026-11-23 09:00", "2026-11-23 09:30", "2026-11-23 10:00", "2026-11-23 10:30", "2026-11-23 11:00"} {
			r.book(anna, start)
		}
		if _, err := r.Hold(ctx, annaAct, Hold{Person: anna, Resource: "office", Start: at("2026-11-24 09:00")}); !errors.Is(err, ErrMany) {
			t.Errorf("more than one person may have: %v", err)
		}
		r.clock.Move(at("2026-11-23 07:30").Sub(r.clock.Now()))
		if _, err := r.Hold(ctx, borisAct, Hold{Person: boris, Resource: "office", Start: at("2026-11-23 09:00")}); !errors.Is(err, ErrTime) {
			t.Errorf("two hours before: %v", err)
		}
		if _, err := r.Free(ctx, "office", day("2026-11-23"), day("2026-12-24")); !errors.Is(err, ErrRange) {
			t.Errorf("32 days: %v", err)
		}
	})
}

func TestLateChangesAreTheOffices(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.book(anna, "2026-11-23 12:00")
		r.run()
		r.clock.Move(at("2026-11-23 09:01").Sub(r.clock.Now()))
		if _, err := r.Cancel(ctx, annaAct, b.ID); !errors.Is(err, ErrLate) {
			t.Errorf("less than three hours before: %v", err)
		}
		if _, err := r.Move(ctx, annaAct, b.ID, at("2026-11-24 12:00")); !errors.Is(err, ErrLate) {
			t.Errorf("less than three hours before: %v", err)
		}
		_, err := r.Cancel(ctx, igorAct, b.ID)
		r.must(err)
		r.run()
		if got := r.letters(anna); !slices.Contains(got, "called_off") {
			t.Errorf("told %v", got)
		}
		if _, err := r.Move(ctx, annaAct, b.ID, at("2026-11-24 12:00")); !errors.Is(err, ErrOver) {
			t.Errorf("a cancelled one is moved: %v", err)
		}
	})
}

func TestWhoHasComeIsMarked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.book(anna, "2026-11-23 12:00")
		if _, err := r.Mark(ctx, igorAct, b.ID, true); !errors.Is(err, ErrEarly) {
			t.Errorf("before the day: %v", err)
		}
		r.clock.Move(at("2026-11-23 11:50").Sub(r.clock.Now()))
		if _, err := r.Mark(ctx, igorAct, b.ID, false); !errors.Is(err, ErrEarly) {
			t.Errorf("missed before it began: %v", err)
		}
		marked, err := r.Mark(ctx, igorAct, b.ID, true)
		r.must(err)
		r.clock.Move(time.Hour)
		corrected, err := r.Mark(ctx, igorAct, b.ID, false)
		r.must(err)
		if marked.State != Attended || corrected.State != Missed {
			t.Errorf("%s, then %s", marked.State, corrected.State)
		}
		r.run()
		list, _, err := r.Day(ctx, igorAct, igorAct.Actor.Agency, day("2026-11-23"), "")
		r.must(err)
		if len(list) != 1 || list[0].State != Missed {
			t.Errorf("the day: %+v", list)
		}
		if other, _, err := r.Day(ctx, igorAct, agencyID("tax"), day("2026-11-23"), ""); err != nil || len(other) > 0 {
			t.Errorf("another agency's day: %v %v", other, err)
		}
	})
}

func TestADayOfTooManySaysSo(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.book(anna, "2026-11-23 09:00")
		add := func(from, to int) {
			t.Helper()
			r.must(r.store.Write(ctx, func(tx *store.Tx) error {
				for i := from; i < to; i++ {
					b := bookingdb.InsertBookingParams{
						Resource: ResourceID("office"), ID: id.New(tx.Now()), Key: "office", Agency: igorAct.Actor.Agency, Person: boris, Applicant: boris, Service: "", Lang: "ru",
						Start: at("2026-11-23 10:00"), Ends: at("2026-11-23 10:30"), Number: int64(i), Until: at("2026-11-23 09:30"), Made: tx.Now(),
					}
					if err := bookingdb.InsertBooking(tx, b); err != nil {
						return err
					}
					_, err := bookingdb.ChangeBooking(tx, bookingdb.ChangeBookingParams{
						Resource: b.Resource, ID: b.ID, Start: b.Start, Ends: b.Ends, Number: b.Number, State: string(Booked), Changed: tx.Now(), Revision: 1,
					})
					if err != nil {
						return err
					}
				}
				return nil
			}))
		}
		add(1, dayMost)
		if list, more, err := r.Day(ctx, igorAct, igorAct.Actor.Agency, day("2026-11-23"), ""); err != nil || len(list) != dayMost || more {
			t.Errorf("as many as are shown: %d, %v, %v", len(list), more, err)
		}
		add(dayMost, dayMost+1)
		if list, more, err := r.Day(ctx, igorAct, igorAct.Actor.Agency, day("2026-11-23"), ""); err != nil || len(list) != dayMost || !more {
			t.Errorf("one more: %d, %v, %v", len(list), more, err)
		}
	})
}

func TestTheDayBeforeReminds(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.book(anna, "2026-11-25 12:00")
		r.run()
		_, err := r.Move(ctx, annaAct, b.ID, at("2026-11-26 12:00"))
		r.must(err)
		r.run()
		r.clock.Move(at("2026-11-24 10:01").Sub(r.clock.Now()))
		r.run()
		if got := r.letters(anna); slices.Contains(got, "reminder") {
			t.Errorf("reminded of a time that was moved: %v", got)
		}
		r.clock.Move(24 * time.Hour)
		r.run()
		if diff := cmp.Diff([]string{"booked", "moved", "reminder"}, r.letters(anna)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTimesThatVanishStayAndAreTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.book(anna, "2026-11-23 09:30")
		kept := r.book(boris, "2026-11-23 10:00")
		r.run()
		r.city.publish(cityWith(replace(office, "minutes: 30", "minutes: 60")))
		for range 2 {
			r.must(r.compare(ctx, jobOf("")))
		}
		if diff := cmp.Diff([]string{"booked", "vanished"}, r.letters(anna)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"booked"}, r.letters(boris)); diff != "" {
			t.Error(diff)
		}
		now, err := r.Booking(ctx, annaAct, b.ID)
		r.must(err)
		if now.State != Booked || now.Vanished.IsZero() || !now.Start.Equal(b.Start) {
			t.Errorf("%+v", now)
		}
		// What is taken by the old timetable counts in the new one's times: 9:00 to 10:00 has one place, 10:00 another.
		if l := r.left("2026-11-23 09:00"); l != 1 {
			t.Errorf("9:00 has %d places", l)
		}
		r.book(misha, "2026-11-23 09:00")
		if _, err := r.Hold(ctx, borisAct, Hold{Person: boris, Resource: "office", Start: at("2026-11-23 09:00")}); !errors.Is(err, ErrFull) {
			t.Errorf("a third at one time: %v", err)
		}
		r.clock.Move(at("2026-11-23 09:20").Sub(r.clock.Now()))
		_, err = r.Move(ctx, annaAct, b.ID, at("2026-11-24 09:00"))
		r.must(err)
		r.city.publish(cityWith())
		r.must(r.compare(ctx, jobOf("")))
		gone, err := r.Booking(ctx, borisAct, kept.ID)
		r.must(err)
		if gone.Title.EN != "Reception" || gone.Vanished.IsZero() {
			t.Errorf("of a resource that is no more: %+v", gone)
		}
		_, err = r.Cancel(ctx, borisAct, kept.ID)
		r.must(err)
	})
}

func TestAChildsVisitIsInBothAccounts(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b, err := r.Hold(ctx, annaAct, Hold{Person: misha, Resource: "office", Start: at("2026-11-23 09:00")})
		r.must(err)
		_, err = r.Confirm(ctx, annaAct, b.ID)
		r.must(err)
		r.run()
		for _, person := range []id.ID{anna, misha} {
			list, err := r.OfPerson(ctx, personAct(person), person)
			r.must(err)
			if len(list) != 1 {
				t.Errorf("%s has %d visits", person, len(list))
			}
		}
		if got := r.letters(misha); len(got) > 0 {
			t.Errorf("the child is told: %v", got)
		}
		r.must(r.Data().Forget(ctx, anna))
		left, err := r.Booking(ctx, personAct(misha), b.ID)
		r.must(err)
		if left.Applicant != misha {
			t.Errorf("who booked is still known: %+v", left)
		}
		r.must(r.Data().Forget(ctx, misha))
		if _, err := r.Booking(ctx, personAct(misha), b.ID); !errors.Is(err, ErrNone) {
			t.Errorf("forgotten: %v", err)
		}
		if r.left("2026-11-23 09:00") != 2 {
			t.Error("a forgotten visit keeps its place")
		}
	})
}

func TestHeldShowsVisitsAndSweepForgetsThem(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.book(anna, "2026-11-23 09:00")
		_, err := r.Hold(ctx, annaAct, Hold{Person: anna, Resource: "office", Start: at("2026-11-23 10:00")})
		r.must(err)
		r.run()
		list, err := r.Data().Held(ctx, annaAct, anna, 0)
		r.must(err)
		if len(list) != 1 || len(list[0].Items) != 1 || len(list[0].Items[0].Facts) != 3 {
			t.Errorf("%+v", list)
		}
		r.clock.Move(Kept + 3*24*time.Hour)
		r.must(r.sweep(ctx, jobOf("")))
		if got, err := r.OfPerson(ctx, annaAct, anna); err != nil || len(got) > 0 {
			t.Errorf("a year later: %v %v", got, err)
		}
	})
}

// A Write that is rolled back after the place was taken leaves nothing: no place, no booking, no event.
func TestAWriteThatFailsLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		broken := errors.New("the machine stops here")
		p, err := r.PrepareHold(ctx, annaAct, Hold{Person: anna, Resource: "office", Start: at("2026-11-23 09:00")})
		r.must(err)
		err = r.store.Write(ctx, func(tx *store.Tx) error {
			if _, err := p.Put(tx); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) || r.left("2026-11-23 09:00") != 2 {
			t.Fatalf("%v, %d left", err, r.left("2026-11-23 09:00"))
		}
		b := r.book(anna, "2026-11-23 09:00")
		move, err := r.PrepareMove(ctx, annaAct, b.ID, at("2026-11-23 10:00"))
		r.must(err)
		err = r.store.Write(ctx, func(tx *store.Tx) error {
			if _, err := move.Put(tx); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) || r.left("2026-11-23 09:00") != 1 || r.left("2026-11-23 10:00") != 2 {
			t.Errorf("%v: half a move", err)
		}
	})
}

func TestAnswerIsTheFormsCanonicalSlot(t *testing.T) {
	r := one(t)
	b := r.book(anna, "2026-12-01 09:30")
	want := map[string]any{
		"id": b.ID.String(), "resource": "office", "start": "2026-12-01T09:30", "end": "2026-12-01T10:00", "day": "2026-12-01",
		"text": "1\u00a0декабря, 9:30, Купеческая ул., 5", "text_en": "1\u00a0December, 9:30, Kupecheskaya St, 5",
	}
	if diff := cmp.Diff(want, b.Answer()); diff != "" {
		t.Error(diff)
	}
	if o := b.Object(); o.Holder != anna || o.Agency != agencyID("property") || o.Kind != "booking" || len(o.Persons) != 0 {
		t.Errorf("%+v", o)
	}
}
