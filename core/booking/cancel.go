package booking

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Cancel ends a booking in a Write of its own and frees its place at once; a hold is dropped as if it had never been. The
// person may until the resource's notice (ErrLate), but not one of a case (ErrOfCase); an official until it begins (ErrOver). A second Cancel changes nothing.
func (m *Module) Cancel(ctx context.Context, a act.Act, booking id.ID) (Booking, error) {
	home, err := m.home(ctx, booking)
	if err != nil {
		return Booking{}, err
	}
	var out Booking
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		out, err = m.cancel(tx, a, home.Resource, booking)
		return err
	})
	return out, err
}

func (m *Module) cancel(tx *store.Tx, a act.Act, home, booking id.ID) (Booking, error) {
	row, err := bookingdb.BookingByID(tx.As(a, lookBooking), home, booking)
	if errors.Is(err, store.ErrNone) {
		return Booking{}, ErrNone.Because(err)
	}
	if err != nil {
		return Booking{}, err
	}
	switch State(row.State) {
	case Cancelled:
		return m.booking(row), nil
	case Held:
		row.EndedBy = endedBy(a)
		out := m.booking(row)
		out.State = Cancelled
		return out, dropHold(tx, row)
	}
	if err := m.mayChange(a, row, tx.Now()); err != nil {
		return Booking{}, err
	}
	if err := free(tx, row); err != nil {
		return Booking{}, err
	}
	row.State, row.EndedBy = string(Cancelled), endedBy(a)
	return m.change(tx, row, EventCancelled)
}

func endedBy(a act.Act) string {
	if a.Actor.Kind == act.Official {
		return ByAgency
	}
	return ByPerson
}

// EndCase frees what a case holds and cancels what it has booked for a time to come, whatever the notice: the case was
// withdrawn, or its draft dropped. Each booking has a Write of its own; it may be repeated.
func (m *Module) EndCase(ctx context.Context, caseID id.ID) error {
	homes, err := m.homesOfCase(ctx, caseID)
	if err != nil {
		return err
	}
	a := m.system()
	for _, home := range homes {
		err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := m.cancel(tx, a, home.Resource, home.ID)
			return err
		})
		if err != nil && !errors.Is(err, ErrOver) && !errors.Is(err, ErrNone) {
			return fmt.Errorf("booking: end case: %w", err)
		}
	}
	return nil
}

// FreeHold drops a hold that is not wanted any more; what is booked, and what is not there, stays as it is.
func (m *Module) FreeHold(ctx context.Context, a act.Act, booking id.ID) error {
	home, err := m.home(ctx, booking)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row, err := bookingdb.BookingByID(tx.As(a, lookBooking), home.Resource, booking)
		if errors.Is(err, store.ErrNone) || err == nil && row.State != string(Held) {
			return nil
		}
		if err != nil {
			return err
		}
		return dropHold(tx, row)
	})
}
