package booking

import (
	"context"
	"errors"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Mark says whether the person came, on the day of the appointment (not coming: once it has begun) or later. A mark may be
// changed. ErrEarly, ErrOver.
func (m *Module) Mark(ctx context.Context, a act.Act, booking id.ID, came bool) (Booking, error) {
	home, err := m.home(ctx, booking)
	if err != nil {
		return Booking{}, err
	}
	var out Booking
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row, err := bookingdb.BookingByID(tx.As(a, lookBooking), home.Resource, booking)
		if errors.Is(err, store.ErrNone) {
			return ErrNone.Because(err)
		}
		if err != nil {
			return err
		}
		state, err := markOf(row, came, tx.Now(), m.zone())
		if err != nil {
			return err
		}
		if row.State == string(state) {
			out = m.booking(row)
			return nil
		}
		row.State = string(state)
		out, err = m.change(tx, row, EventMarked)
		return err
	})
	return out, err
}

// markOf decides what a mark makes of a booking.
func markOf(row bookingdb.Booking, came bool, now time.Time, zone *time.Location) (State, error) {
	switch State(row.State) {
	case Booked, Attended, Missed:
	default:
		return "", ErrOver
	}
	if came {
		if calendar.DateOf(now, zone).Before(calendar.DateOf(row.Start, zone)) {
			return "", ErrEarly
		}
		return Attended, nil
	}
	if now.Before(row.Start) {
		return "", ErrEarly
	}
	return Missed, nil
}

func (m *Module) zone() *time.Location {
	if city := m.deps.Services.Current(); city != nil {
		return city.Days().Zone()
	}
	return time.UTC
}
