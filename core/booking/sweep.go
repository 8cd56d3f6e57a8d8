package booking

import (
	"context"
	"errors"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// noAgency is every agency.
var noAgency id.ID

// ever is after every time that anybody books.
var ever = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// sweep takes away holds that have run out, and bookings whose time was long ago.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	resources, err := m.resourcesOf(ctx, noAgency)
	if err != nil {
		return err
	}
	for _, r := range resources {
		if err := m.sweepOne(ctx, r.Resource); err != nil {
			return wrap("sweep", err)
		}
	}
	return nil
}

func (m *Module) sweepOne(ctx context.Context, home id.ID) error {
	now := m.base.Clock.Now()
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := bookingdb.DropLapsed(tx, home, ever, tx.Now())
		return err
	})
	if err != nil {
		return err
	}
	lapsed := func(r store.Reader) ([]id.ID, error) {
		return bookingdb.LapsedLines(r, bookingdb.LapsedLinesParams{Resource: home, Horizon: ever, Before: now.Add(-LapsedKept), Most: sweepMost})
	}
	old := func(r store.Reader) ([]id.ID, error) { return bookingdb.OldLines(r, home, now.Add(-Kept), sweepMost) }
	if err := m.dropAll(ctx, home, lapsed); err != nil {
		return err
	}
	return m.dropAll(ctx, home, old)
}

// dropAll drops bookings, a bounded list at a time, until there are none.
func (m *Module) dropAll(ctx context.Context, home id.ID, list func(store.Reader) ([]id.ID, error)) error {
	for {
		var ids []id.ID
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			ids, err = list(r)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, booking := range ids {
			if err := m.drop(ctx, home, booking); err != nil {
				return err
			}
		}
	}
}

// drop forgets a booking: the copies first, so that a drop that was cut short is done again.
func (m *Module) drop(ctx context.Context, home, booking id.ID) error {
	row, err := m.row(ctx, m.system(), booking)
	if errors.Is(err, ErrNone) {
		return m.base.Store.Write(ctx, func(tx *store.Tx) error { return bookingdb.DropBooking(tx, home, booking) })
	}
	if err != nil {
		return err
	}
	for _, person := range people(row) {
		if err := m.base.Store.Write(ctx, func(tx *store.Tx) error { return bookingdb.DropVisit(tx, person, booking) }); err != nil {
			return err
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error { return dropHold(tx, row) })
}

// people are those who have a copy of a booking.
func people(row bookingdb.Booking) []id.ID {
	if row.Person == row.Applicant {
		return []id.ID{row.Person}
	}
	return []id.ID{row.Applicant, row.Person}
}
