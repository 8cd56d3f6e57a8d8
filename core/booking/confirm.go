package booking

import (
	"context"
	"errors"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// PreparedConfirm waits for its Write.
type PreparedConfirm struct {
	m    *Module
	act  act.Act
	home id.ID
	id   id.ID
	t    timetable // of the resource now; zero when the city has it no more
}

// PrepareConfirm makes a hold ready to become a booking. ErrGone when nobody remembers the hold.
func (m *Module) PrepareConfirm(ctx context.Context, a act.Act, booking id.ID) (*PreparedConfirm, error) {
	row, err := m.row(ctx, a, booking)
	if errors.Is(err, ErrNone) {
		return nil, ErrGone.Because(err)
	}
	if err != nil {
		return nil, err
	}
	p := &PreparedConfirm{m: m, act: a, home: row.Resource, id: booking}
	if t, err := m.resource(row.Key); err == nil {
		p.t = t
	}
	return p, nil
}

// Put books in the caller's Write, and emits booking.booked. A hold that has run out is booked all the same while its time
// has a free place; else ErrGone, as *NoPlace when the resource is still there. A second Put changes nothing. It touches
// the resource's rows alone.
func (p *PreparedConfirm) Put(tx *store.Tx) (Booking, error) {
	row, err := bookingdb.BookingByID(tx.As(p.act, lookBooking), p.home, p.id)
	if errors.Is(err, store.ErrNone) {
		return Booking{}, ErrGone.Because(err)
	}
	if err != nil {
		return Booking{}, err
	}
	switch State(row.State) {
	case Booked:
		return p.m.booking(row), nil
	case Held:
	default:
		return Booking{}, ErrGone
	}
	number, err := p.fix(tx, row)
	if err != nil {
		return Booking{}, err
	}
	row.Number, row.State, row.Until = number, string(Booked), time.Time{}
	return p.m.change(tx, row, EventBooked)
}

// fix makes the place the booking's for good.
func (p *PreparedConfirm) fix(tx *store.Tx, row bookingdb.Booking) (int64, error) {
	n, err := bookingdb.FixPlace(tx, bookingdb.FixPlaceParams{Resource: row.Resource, Start: row.Start, Number: row.Number, Booking: row.ID, Now: tx.Now()})
	if err != nil || n == 1 {
		return row.Number, err
	}
	if _, err := bookingdb.FreePlace(tx, bookingdb.FreePlaceParams{Resource: row.Resource, Start: row.Start, Number: row.Number, Booking: row.ID}); err != nil {
		return 0, err
	}
	if p.t.resource == nil {
		return 0, ErrGone
	}
	slot, ok := p.t.offers(row.Start, tx.Now())
	if !ok {
		return 0, &NoPlace{Fault: ErrGone, Resource: row.Key, Start: row.Start}
	}
	number, err := p.t.claim(tx, slot, row.ID, time.Time{})
	var none *NoPlace
	if errors.As(err, &none) {
		return 0, &NoPlace{Fault: ErrGone, Resource: row.Key, Start: row.Start}
	}
	return number, err
}

// Confirm is PrepareConfirm and Put in a Write of its own.
func (m *Module) Confirm(ctx context.Context, a act.Act, booking id.ID) (Booking, error) {
	p, err := m.PrepareConfirm(ctx, a, booking)
	if err != nil {
		return Booking{}, err
	}
	return m.atOnce(ctx, a, p)
}

// change keeps a booking as row says, one revision later, and emits the event. row.Revision is the one that was read.
func (m *Module) change(tx *store.Tx, row bookingdb.Booking, event string) (Booking, error) {
	n, err := bookingdb.ChangeBooking(tx, bookingdb.ChangeBookingParams{
		Resource: row.Resource, ID: row.ID, Start: row.Start, Ends: row.Ends, Number: row.Number, State: row.State, Definition: row.Definition,
		Changed: tx.Now(), Vanished: row.Vanished, EndedBy: row.EndedBy, Revision: row.Revision,
	})
	if err != nil {
		return Booking{}, err
	}
	if n == 0 {
		return Booking{}, errors.New("booking: a row that was read is not there")
	}
	row.Revision++
	return m.booking(row), m.base.Jobs.Emit(tx, jobs.Event{Name: event, Holder: row.Resource, Object: row.ID, Version: row.Revision})
}
