package booking

import (
	"context"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/core/service"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// Times to come are read a week at a time, a little further than anybody may book ahead.
const (
	week      = 7 * 24 * time.Hour
	weeks     = 27
	weekMost  = 100_000
	sweepMost = 500
)

// compare looks for booked times that the timetable has no more, after the city has changed, and tells their people: the
// appointment stays, and may be moved or cancelled however late. A node compares each version once.
func (m *Module) compare(ctx context.Context, _ jobs.Job) error {
	city := m.deps.Services.Current()
	if city == nil {
		return nil
	}
	hash := city.Hash()
	if seen := m.compared.Load(); seen != nil && *seen == hash {
		return nil
	}
	resources, err := m.resourcesOf(ctx, noAgency)
	if err != nil {
		return err
	}
	for _, r := range resources {
		if err := m.compareOne(ctx, city, r); err != nil {
			return err
		}
	}
	m.compared.Store(&hash)
	return nil
}

func (m *Module) compareOne(ctx context.Context, city *service.City, r bookingdb.BookingResource) error {
	now := m.base.Clock.Now()
	for i := range weeks {
		var rows []bookingdb.Booking
		first := now.Add(time.Duration(i) * week)
		err := m.base.Store.Look(ctx, m.system(), lookDay, func(p *store.Personal) error {
			var err error
			rows, err = bookingdb.BookedBetween(p, bookingdb.BookedBetweenParams{Resource: r.Resource, First: first, Last: first.Add(week), Most: weekMost})
			return err
		})
		if err != nil {
			return wrap("timetable", err)
		}
		for _, row := range vanished(city, rows) {
			if err := m.tellVanished(ctx, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// vanished are the bookings whose time the timetable has no more, of which nobody was told yet.
func vanished(city *service.City, rows []bookingdb.Booking) []bookingdb.Booking {
	var out []bookingdb.Booking
	for _, row := range rows {
		if row.State != string(Booked) || !row.Vanished.IsZero() {
			continue
		}
		has := false
		if r, ok := city.Resource(row.Key); ok {
			_, has = tableOf(city, r).has(row.Start)
		}
		if !has {
			out = append(out, row)
		}
	}
	return out
}

// tellVanished tells first and notes it then: what is told twice is one notice, by its key.
func (m *Module) tellVanished(ctx context.Context, row bookingdb.Booking) error {
	told, err := m.word(ctx, row, "vanished", "booking/"+row.ID.String()+"/vanished/"+FormatStart(row.Start))
	if err != nil {
		return err
	}
	if err := m.base.Store.Write(ctx, told.Put); err != nil {
		return wrap("tell of a vanished time", err)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := bookingdb.NoteVanished(tx, bookingdb.NoteVanishedParams{Resource: row.Resource, ID: row.ID, Revision: row.Revision, Vanished: tx.Now()})
		return err
	})
}
