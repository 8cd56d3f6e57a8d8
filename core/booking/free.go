package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// longest is the longest appointment: what began earlier than this before a time can't overlap it.
const longest = 480 * time.Minute

// resource finds a resource of the current city.
func (m *Module) resource(key string) (timetable, error) {
	city := m.deps.Services.Current()
	if city == nil {
		return timetable{}, ErrCity
	}
	r, ok := city.Resource(key)
	if !ok {
		return timetable{}, ErrResource
	}
	return tableOf(city, r), nil
}

// Resources lists what can be booked, in the order of the city's data.
func (m *Module) Resources() []service.Resource {
	city := m.deps.Services.Current()
	if city == nil {
		return nil
	}
	return slices.Clone(city.Resources)
}

// Free lists the times of a resource with a free place from one day to another, both included, as far as one may book now. It
// is the same for everybody and shows nobody. At most RangeMost days: ErrRange. Zero days mean from today, for two weeks.
func (m *Module) Free(ctx context.Context, resource string, from, to calendar.Date) ([]Slot, error) {
	all, err := m.times(ctx, resource, from, to)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(s Slot) bool { return s.Left == 0 }), nil
}

// times are all times that one may book now, with the places that are left of each.
func (m *Module) times(ctx context.Context, resource string, from, to calendar.Date) ([]Slot, error) {
	t, err := m.resource(resource)
	if err != nil {
		return nil, err
	}
	now := m.base.Clock.Now()
	if from.IsZero() {
		from = t.days.Today(now)
	}
	if to.IsZero() {
		to = from.AddDays(13)
	}
	if to.Before(from) || from.DaysUntil(to) >= RangeMost {
		return nil, ErrRange
	}
	slots := t.bookable(from, to, now)
	var out []Slot
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out, err = leftOf(r, slots, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("booking: free times: %w", err)
	}
	return out, nil
}

// leftOf counts the places that are left of each time. The slots are in order and of one resource.
func leftOf(r store.Reader, slots []Slot, now time.Time) ([]Slot, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	taken, err := bookingdb.Taken(r, bookingdb.TakenParams{
		Resource: ResourceID(slots[0].Resource), After: slots[0].Start.Add(-longest), Before: slots[len(slots)-1].End, Now: now,
	})
	if err != nil {
		return nil, err
	}
	return minus(slots, taken), nil
}

// minus takes what is taken off the times. A place that was taken by another timetable counts in every time that it overlaps.
func minus(slots []Slot, taken []bookingdb.TakenRow) []Slot {
	out := slices.Clone(slots)
	first := 0
	for i := range out {
		s := &out[i]
		for first < len(taken) && !taken[first].Start.Add(longest).After(s.Start) {
			first++
		}
		for _, row := range taken[first:] {
			if !row.Start.Before(s.End) {
				break
			}
			if row.Ends.After(s.Start) {
				s.Left -= int(row.Taken)
			}
		}
		s.Left = max(s.Left, 0)
	}
	return out
}

// nearDays is how far from a time others are sought.
const nearDays = 14

// near lists free times around a moment, at most NearMost, by time.
func (t timetable) near(r store.Reader, start, now time.Time) ([]Slot, error) {
	day := calendar.DateOf(start, t.zone)
	slots, err := leftOf(r, t.bookable(day.AddDays(-nearDays), day.AddDays(nearDays), now), now)
	if err != nil {
		return nil, err
	}
	slots = slices.DeleteFunc(slots, func(s Slot) bool { return s.Left == 0 })
	far := func(s Slot) time.Duration { return s.Start.Sub(start).Abs() }
	slices.SortStableFunc(slots, func(a, b Slot) int { return cmp.Compare(far(a), far(b)) })
	slots = slots[:min(len(slots), NearMost)]
	slices.SortFunc(slots, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return slots, nil
}

// claim takes a free place of a time for a booking, until a moment (zero: for good), or returns *NoPlace. The row's key
// decides; what is read before it only says which numbers to try.
func (t timetable) claim(tx *store.Tx, s Slot, booking id.ID, until time.Time) (int64, error) {
	now, home := tx.Now(), ResourceID(s.Resource)
	rows, err := bookingdb.PlacesBetween(tx, home, s.Start.Add(-longest), s.End)
	if err != nil {
		return 0, err
	}
	for _, number := range freeNumbers(rows, s, t.resource.Places, now) {
		n, err := bookingdb.TakePlace(tx, bookingdb.TakePlaceParams{
			Resource: home, Start: s.Start, Number: number, Booking: booking, Ends: s.End, Until: until, Now: now,
		})
		if err != nil || n == 1 {
			return number, err
		}
	}
	return 0, &NoPlace{Fault: ErrFull, Resource: s.Resource, Start: s.Start}
}

// WithNear adds near free times to an error that is a *NoPlace, after the Write that it comes from. Any other error is
// returned as it is.
func (m *Module) WithNear(ctx context.Context, err error) error {
	var none *NoPlace
	if !errors.As(err, &none) || none.Near != nil {
		return err
	}
	t, gone := m.resource(none.Resource)
	if gone != nil {
		return err // the city has it no more: there are none
	}
	out := *none
	read := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		near, err := t.near(r, none.Start, r.Now())
		out.Near = near
		return err
	})
	if read != nil {
		return wrap("near times", errors.Join(err, read))
	}
	return &out
}

// freeNumbers are the numbers of places that nobody has during the time; none when as many are taken as there are places,
// whatever their numbers: a new timetable may have fewer.
func freeNumbers(rows []bookingdb.BookingPlace, s Slot, places int, now time.Time) []int64 {
	used := map[int64]bool{}
	taken := 0
	for _, row := range rows {
		live := row.Until.IsZero() || row.Until.After(now)
		if live && row.Ends.After(s.Start) && row.Start.Before(s.End) {
			used[row.Number] = true
			taken++
		}
	}
	var out []int64
	for number := int64(1); number <= int64(places) && taken < places; number++ {
		if !used[number] {
			out = append(out, number)
		}
	}
	return out
}
