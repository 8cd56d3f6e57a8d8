package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// The kinds of look.
const (
	lookVisits  = "booking.look.visits"
	lookBooking = "booking.look.booking"
	lookDay     = "booking.look.day"
)

// PreparedHold waits for its Write.
type PreparedHold struct {
	m    *Module
	act  act.Act
	hold Hold
	t    timetable
	slot Slot
	id   id.ID
}

// PrepareHold makes a hold ready to be put: ErrResource, ErrTime, or *NoPlace when the time is full already, without a
// Write. The act is of the person or of somebody who may act for them: the caller has asked.
func (m *Module) PrepareHold(ctx context.Context, a act.Act, h Hold) (*PreparedHold, error) {
	if h.Person.IsZero() {
		return nil, errors.New("booking: a hold is somebody's")
	}
	t, err := m.resource(h.Resource)
	if err != nil {
		return nil, err
	}
	now := m.base.Clock.Now()
	p := &PreparedHold{m: m, act: a, hold: h, t: t, id: id.New(now)}
	slot, ok := t.offers(h.Start, now)
	if !ok {
		return nil, ErrTime
	}
	p.slot = slot
	return p, p.early(ctx, now)
}

// early refuses a full time before the Write, so that a crowd at one time does not wait for the writer, unless the person has
// something there already: that may be the place itself.
func (p *PreparedHold) early(ctx context.Context, now time.Time) error {
	full := false
	err := p.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		one, err := leftOf(r, []Slot{p.slot}, now)
		full = err == nil && one[0].Left == 0
		return err
	})
	if err != nil || !full {
		return wrap("free places", err)
	}
	mine := false
	err = p.m.base.Store.Look(ctx, p.act, lookVisits, func(r *store.Personal) error {
		rows, err := bookingdb.LiveOf(r, ResourceID(p.hold.Resource), p.hold.Person, now)
		mine = len(rows) > 0
		return err
	})
	if err != nil || mine {
		return wrap("own holds", err)
	}
	return p.m.WithNear(ctx, &NoPlace{Fault: ErrFull, Resource: p.hold.Resource, Start: p.slot.Start})
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("booking: %s: %w", what, err)
}

// Put keeps the place in the caller's Write, for HoldLife. A hold of the same case at the same time is renewed and keeps its
// id; one at another time of the resource is freed in the same Write. *NoPlace: the time is full, and nothing has changed;
// ErrMany: the person has too many appointments there. It touches the resource's rows alone.
func (p *PreparedHold) Put(tx *store.Tx) (Booking, error) {
	now := tx.Now()
	mine, err := bookingdb.LiveOf(tx.As(p.act, lookVisits), p.home(), p.hold.Person, now)
	if err != nil {
		return Booking{}, err
	}
	same, others := p.sort(mine, now)
	for _, row := range same {
		if row.Start.Equal(p.slot.Start) && row.Until.After(now) {
			return p.renew(tx, row)
		}
	}
	for _, row := range same {
		if err := dropHold(tx, row); err != nil {
			return Booking{}, err
		}
	}
	if others >= MostOfPerson {
		return Booking{}, ErrMany
	}
	return p.take(tx)
}

func (p *PreparedHold) home() id.ID { return ResourceID(p.hold.Resource) }

// sort finds the holds of the same case, and counts what else the person has to come.
func (p *PreparedHold) sort(mine []bookingdb.Booking, now time.Time) ([]bookingdb.Booking, int) {
	others := 0
	same := slices.DeleteFunc(slices.Clone(mine), func(row bookingdb.Booking) bool {
		held := row.State == string(Held)
		if held && row.CaseID == p.hold.Case {
			return false
		}
		if !held || row.Until.After(now) {
			others++
		}
		return true
	})
	return same, others
}

func (p *PreparedHold) until(made, now time.Time) time.Time {
	until := now.Add(HoldLife)
	if most := made.Add(HoldMost); most.Before(until) {
		until = most
	}
	if p.slot.Start.Before(until) {
		until = p.slot.Start
	}
	return until.UTC()
}

func (p *PreparedHold) renew(tx *store.Tx, row bookingdb.Booking) (Booking, error) {
	if until := p.until(row.Made, tx.Now()); until.After(row.Until) {
		n, err := bookingdb.RenewPlace(tx, bookingdb.RenewPlaceParams{
			Resource: row.Resource, Start: row.Start, Number: row.Number, Booking: row.ID, Until: until, Now: tx.Now(),
		})
		if err != nil || n == 0 {
			return Booking{}, errors.Join(err, missing(n, row.ID))
		}
		if err := bookingdb.RenewBooking(tx, until, row.Resource, row.ID); err != nil {
			return Booking{}, err
		}
		row.Until = until
	}
	return p.t.booking(row), nil
}

// missing says that a hold has lost its row before its time: two rows of one Write disagree.
func missing(n int64, booking id.ID) error {
	if n > 0 {
		return nil
	}
	return fmt.Errorf("booking: the place of %s is not there", booking)
}

func (p *PreparedHold) take(tx *store.Tx) (Booking, error) {
	now := tx.Now()
	until := p.until(now, now)
	number, err := p.t.claim(tx, p.slot, p.id, until)
	if err != nil {
		return Booking{}, err
	}
	row := bookingdb.Booking{
		Resource: p.home(), ID: p.id, Key: p.hold.Resource, Agency: agencyID(p.t.resource.Agency), Person: p.hold.Person, Applicant: p.applicant(),
		CaseID: p.hold.Case, Service: p.hold.Service, Definition: string(p.t.city.Hash()), Lang: p.act.Lang, Start: p.slot.Start, Ends: p.slot.End,
		Number: number, State: string(Held), Until: until, Made: now, Changed: now, Revision: 1,
	}
	if err := bookingdb.PutResource(tx, row.Resource, row.Key, row.Agency); err != nil {
		return Booking{}, err
	}
	if err := bookingdb.InsertHome(tx, row.ID, row.Resource, row.CaseID); err != nil {
		return Booking{}, err
	}
	return p.t.booking(row), bookingdb.InsertBooking(tx, bookingdb.InsertBookingParams{
		Resource: row.Resource, ID: row.ID, Key: row.Key, Agency: row.Agency, Person: row.Person, Applicant: row.Applicant, CaseID: row.CaseID,
		Service: row.Service, Definition: row.Definition, Lang: row.Lang, Start: row.Start, Ends: row.Ends, Number: row.Number, Until: until, Made: now,
	})
}

// applicant is who is told: who acts, or the person when Posad does.
func (p *PreparedHold) applicant() id.ID {
	if p.act.Actor.Person.IsZero() || p.act.Actor.Kind == act.Official {
		return p.hold.Person
	}
	return p.act.Actor.Person
}

// dropHold frees a hold, as if it had never been.
func dropHold(tx *store.Tx, row bookingdb.Booking) error {
	if _, err := bookingdb.FreePlace(tx, bookingdb.FreePlaceParams{Resource: row.Resource, Start: row.Start, Number: row.Number, Booking: row.ID}); err != nil {
		return err
	}
	if err := bookingdb.DropHome(tx, row.ID); err != nil {
		return err
	}
	return bookingdb.DropBooking(tx, row.Resource, row.ID)
}

// Hold is PrepareHold and Put in a Write of its own.
func (m *Module) Hold(ctx context.Context, a act.Act, h Hold) (Booking, error) {
	p, err := m.PrepareHold(ctx, a, h)
	if err != nil {
		return Booking{}, err
	}
	return m.atOnce(ctx, a, p)
}

// atOnce puts what was prepared in a Write of its own.
func (m *Module) atOnce(ctx context.Context, a act.Act, p interface {
	Put(tx *store.Tx) (Booking, error)
}) (Booking, error) {
	var out Booking
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		var err error
		out, err = p.Put(tx)
		return err
	})
	return out, m.WithNear(ctx, err)
}
