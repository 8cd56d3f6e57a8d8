package booking

import (
	"context"
	"errors"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// PreparedMove waits for its Write.
type PreparedMove struct {
	m    *Module
	act  act.Act
	home id.ID
	id   id.ID
	t    timetable
	slot Slot
}

// PrepareMove makes a booking ready to be moved to another time of its resource: ErrTime when the timetable does not offer it.
func (m *Module) PrepareMove(ctx context.Context, a act.Act, booking id.ID, start time.Time) (*PreparedMove, error) {
	row, err := m.row(ctx, a, booking)
	if err != nil {
		return nil, err
	}
	t, err := m.resource(row.Key)
	if err != nil {
		return nil, err
	}
	slot, ok := t.offers(start, m.base.Clock.Now())
	if !ok {
		return nil, ErrTime
	}
	return &PreparedMove{m: m, act: a, home: row.Resource, id: booking, t: t, slot: slot}, nil
}

// Put moves in the caller's Write: the new place is taken and the old one freed, or nothing happens (*NoPlace, ErrLate,
// ErrOver, ErrOfCase). The booking keeps its id. It touches the resource's rows alone.
func (p *PreparedMove) Put(tx *store.Tx) (Booking, error) {
	row, err := bookingdb.BookingByID(tx.As(p.act, lookBooking), p.home, p.id)
	if errors.Is(err, store.ErrNone) {
		return Booking{}, ErrNone.Because(err)
	}
	if err != nil {
		return Booking{}, err
	}
	if err := p.m.mayChange(p.act, row, tx.Now()); err != nil {
		return Booking{}, err
	}
	if row.Start.Equal(p.slot.Start) {
		return p.m.booking(row), nil
	}
	if err := free(tx, row); err != nil { // first: it may overlap the new time
		return Booking{}, err
	}
	number, err := p.t.claim(tx, p.slot, row.ID, time.Time{})
	if err != nil {
		return Booking{}, err
	}
	row.Start, row.Ends, row.Number, row.Definition, row.Vanished = p.slot.Start, p.slot.End, number, string(p.t.city.Hash()), time.Time{}
	return p.m.change(tx, row, EventMoved)
}

// Move is PrepareMove and Put in a Write of its own.
func (m *Module) Move(ctx context.Context, a act.Act, booking id.ID, start time.Time) (Booking, error) {
	p, err := m.PrepareMove(ctx, a, booking, start)
	if err != nil {
		return Booking{}, err
	}
	return m.atOnce(ctx, a, p)
}

// free gives a booking's place back. That it is not there is a mistake of ours: the Write fails.
func free(tx *store.Tx, row bookingdb.Booking) error {
	n, err := bookingdb.FreePlace(tx, bookingdb.FreePlaceParams{Resource: row.Resource, Start: row.Start, Number: row.Number, Booking: row.ID})
	if err != nil {
		return err
	}
	return missing(n, row.ID)
}

// mayChange tells whether a booking may be moved or cancelled now: an official may until it begins, the person until the
// resource's notice, or until it begins when its time has vanished from the timetable; never one of a case (ErrOfCase).
func (m *Module) mayChange(a act.Act, row bookingdb.Booking, now time.Time) error {
	b := m.booking(row)
	switch {
	case b.State != Booked || !now.Before(b.Start):
		return ErrOver
	case a.Actor.Kind == act.Official || a.Actor.Kind == act.System || b.Movable(now):
		return nil
	case !b.Case.IsZero():
		return ErrOfCase
	}
	return ErrLate
}
