package booking

import (
	"context"
	"errors"
	"slices"

	"posad.city/core/booking/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Data tells what appointments a person has.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const holdVisits = "booking.visits"

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{"booking": holdVisits, "booking_visit": holdVisits}
}

// everyVisit is more visits than anybody has in the year that they are remembered.
const everyVisit = 100_000

func (h held) visits(ctx context.Context, a act.Act, person id.ID, most int) ([]bookingdb.BookingVisit, error) {
	var out []bookingdb.BookingVisit
	err := h.m.base.Store.Look(ctx, a, lookVisits, func(p *store.Personal) error {
		var err error
		out, err = bookingdb.VisitsOf(p, person, int64(most))
		return err
	})
	return out, wrap("visits of a person", err)
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	limit := everyVisit
	if most > 0 {
		limit = most + 1
	}
	visits, err := h.visits(ctx, a, person, limit)
	if err != nil {
		return nil, err
	}
	out := module.Holding{Key: holdVisits, Edit: "/visits"}
	if most > 0 && len(visits) > most {
		visits, out.More = visits[:most], true
	}
	bookings, err := h.m.read(ctx, a, lookVisits, homesOf(visits))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(bookings, func(x, y Booking) int { return y.Start.Compare(x.Start) })
	for _, b := range bookings {
		out.Items = append(out.Items, h.item(b))
	}
	return []module.Holding{out}, nil
}

func (h held) item(b Booking) module.Item {
	fact := func(key string, f module.Fact) module.Fact {
		f.Key, f.Label = key, h.m.both("booking.fact."+key)
		return f
	}
	out := module.Item{ID: b.ID, Title: b.Title, At: b.Made, Path: path(b.ID), Facts: []module.Fact{
		fact("when", module.Fact{Time: b.Start}), fact("state", module.Fact{Code: "booking.state." + string(b.State)}),
	}}
	if !b.Address.IsZero() {
		out.Facts = append(out.Facts, fact("address", module.Fact{Words: b.Address}))
	}
	return out
}

// Forget implements module.Data. What the person has booked is gone, and the places are free; what they booked for another
// stays the other's.
func (h held) Forget(ctx context.Context, person id.ID) error {
	visits, err := h.visits(ctx, h.m.system(), person, everyVisit)
	if err != nil {
		return err
	}
	for _, v := range visits {
		if err := h.forget(ctx, person, v); err != nil {
			return wrap("forget", err)
		}
	}
	return h.forgetHolds(ctx, person)
}

func (h held) forget(ctx context.Context, person id.ID, v bookingdb.BookingVisit) error {
	row, err := h.m.row(ctx, h.m.system(), v.ID)
	switch {
	case errors.Is(err, ErrNone):
	case err != nil:
		return err
	case row.Person == person:
		return h.m.drop(ctx, row.Resource, row.ID)
	default:
		err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return bookingdb.SetApplicant(tx, row.Person, row.Resource, row.ID) })
		if err != nil {
			return err
		}
	}
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return bookingdb.DropVisit(tx, person, v.ID) })
}

// forgetHolds drops what has no copy yet.
func (h held) forgetHolds(ctx context.Context, person id.ID) error {
	resources, err := h.m.resourcesOf(ctx, noAgency)
	if err != nil {
		return err
	}
	for _, r := range resources {
		err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
			rows, err := bookingdb.LiveOf(tx.As(h.m.system(), lookVisits), r.Resource, person, tx.Now())
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := dropHold(tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return wrap("forget holds", err)
		}
	}
	return nil
}
