package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// home finds the resource of a booking, or ErrNone.
func (m *Module) home(ctx context.Context, booking id.ID) (bookingdb.BookingHome, error) {
	var out bookingdb.BookingHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = bookingdb.HomeOf(r, booking)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, wrap("home", err)
}

func (m *Module) homesOfCase(ctx context.Context, caseID id.ID) ([]bookingdb.BookingHome, error) {
	var out []bookingdb.BookingHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = bookingdb.HomesOfCase(r, caseID)
		return err
	})
	return out, wrap("bookings of a case", err)
}

// row reads a booking at its home.
func (m *Module) row(ctx context.Context, a act.Act, booking id.ID) (bookingdb.Booking, error) {
	home, err := m.home(ctx, booking)
	if err != nil {
		return bookingdb.Booking{}, err
	}
	var out bookingdb.Booking
	err = m.base.Store.Look(ctx, a, lookBooking, func(p *store.Personal) error {
		var err error
		out, err = bookingdb.BookingByID(p, home.Resource, booking)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, wrap("read", err)
}

// Booking reads a booking or a hold as it is now, or ErrNone.
func (m *Module) Booking(ctx context.Context, a act.Act, booking id.ID) (Booking, error) {
	row, err := m.row(ctx, a, booking)
	if err != nil {
		return Booking{}, err
	}
	return m.booked(ctx, row), nil
}

// OfCase lists what a case holds and has booked, cancelled ones too.
func (m *Module) OfCase(ctx context.Context, a act.Act, caseID id.ID) ([]Booking, error) {
	homes, err := m.homesOfCase(ctx, caseID)
	if err != nil || len(homes) == 0 {
		return nil, err
	}
	return m.read(ctx, a, lookBooking, homes)
}

// read reads bookings at their homes; what is not there is left out.
func (m *Module) read(ctx context.Context, a act.Act, what string, homes []bookingdb.BookingHome) ([]Booking, error) {
	var rows []bookingdb.Booking
	err := m.base.Store.Look(ctx, a, what, func(p *store.Personal) error {
		rows = rows[:0]
		for _, home := range homes {
			row, err := bookingdb.BookingByID(p, home.Resource, home.ID)
			if errors.Is(err, store.ErrNone) {
				continue
			}
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return nil, wrap("read", err)
	}
	return m.bookedAll(ctx, rows), nil
}

// visitsMost is how many of a person's visits a list shows, the newest first.
const visitsMost = 100

// OfPerson lists a person's bookings, at most 100, the latest time first, from their copy. Holds are not among them.
func (m *Module) OfPerson(ctx context.Context, a act.Act, person id.ID) ([]Booking, error) {
	var visits []bookingdb.BookingVisit
	err := m.base.Store.Look(ctx, a, lookVisits, func(p *store.Personal) error {
		visits = visits[:0]
		for _, one := range a.Records(person) {
			some, err := bookingdb.VisitsOf(p, one, visitsMost)
			if err != nil {
				return err
			}
			visits = append(visits, some...)
		}
		return nil
	})
	if err != nil {
		return nil, wrap("visits", err)
	}
	out, err := m.read(ctx, a, lookVisits, homesOf(visits))
	slices.SortStableFunc(out, func(x, y Booking) int { return y.Start.Compare(x.Start) })
	return out, err
}

func homesOf(visits []bookingdb.BookingVisit) []bookingdb.BookingHome {
	out := make([]bookingdb.BookingHome, 0, len(visits))
	for _, v := range visits {
		out = append(out, bookingdb.BookingHome{ID: v.ID, Resource: v.Resource})
	}
	return out
}

// dayMost is how many appointments of one resource a day's list shows.
const dayMost = 500

// Day lists who has booked an agency's resources on a day, by time; key narrows it to one resource. The second value says that
// some resource has more than dayMost, and only its first are listed.
func (m *Module) Day(ctx context.Context, a act.Act, agency id.ID, day calendar.Date, key string) ([]Booking, bool, error) {
	resources, err := m.resourcesOf(ctx, agency)
	if err != nil {
		return nil, false, err
	}
	zone := m.zone()
	var rows []bookingdb.Booking
	more := false
	err = m.base.Store.Look(ctx, a, lookDay, func(p *store.Personal) error {
		rows, more = rows[:0], false
		for _, r := range resources {
			if key != "" && key != r.Key {
				continue
			}
			some, err := bookingdb.BookedBetween(p, bookingdb.BookedBetweenParams{
				Resource: r.Resource, First: day.Start(zone), Last: day.AddDays(1).Start(zone), Most: dayMost + 1,
			})
			if err != nil {
				return err
			}
			more = more || len(some) > dayMost
			rows = append(rows, some[:min(len(some), dayMost)]...)
		}
		return nil
	})
	if err != nil {
		return nil, false, wrap("day", err)
	}
	slices.SortStableFunc(rows, func(x, y bookingdb.Booking) int { return x.Start.Compare(y.Start) })
	return m.bookedAll(ctx, rows), more, nil
}

// resourcesOf are an agency's resources that anybody has ever booked.
func (m *Module) resourcesOf(ctx context.Context, agency id.ID) ([]bookingdb.BookingResource, error) {
	var out []bookingdb.BookingResource
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = bookingdb.Resources(r)
		return err
	})
	out = slices.DeleteFunc(out, func(r bookingdb.BookingResource) bool { return !agency.IsZero() && r.Agency != agency })
	return out, wrap("resources", err)
}

func (m *Module) bookedAll(ctx context.Context, rows []bookingdb.Booking) []Booking {
	out := make([]Booking, 0, len(rows))
	for _, row := range rows {
		out = append(out, m.booked(ctx, row))
	}
	return out
}

// booked is a row in words of the current city, or, of a resource that is no more, of the version that offered the time.
func (m *Module) booked(ctx context.Context, row bookingdb.Booking) Booking {
	out := m.booking(row)
	if !out.Title.IsZero() {
		return out
	}
	city, err := m.deps.Services.Version(ctx, service.Hash(row.Definition))
	if err != nil {
		m.base.Log.Warn("booking: the version that offered a time", "error", err)
		return out
	}
	if r, ok := city.Resource(row.Key); ok {
		out.Title, out.Address, out.Bring = r.Title, r.Address, r.Bring
	}
	return out
}

// booking is a row in words of the current city; a resource that is no more has none.
func (m *Module) booking(row bookingdb.Booking) Booking {
	if t, err := m.resource(row.Key); err == nil {
		return t.booking(row)
	}
	return bare(row, m.zone())
}

func (t timetable) booking(row bookingdb.Booking) Booking {
	out := bare(row, t.zone)
	out.Title, out.Address, out.Bring = t.resource.Title, t.resource.Address, t.resource.Bring
	if out.Vanished.IsZero() {
		out.Notice = t.notice(row.Start)
	}
	return out
}

func bare(row bookingdb.Booking, zone *time.Location) Booking {
	return Booking{
		ID: row.ID, Resource: row.Key, Home: row.Resource, Agency: row.Agency, Person: row.Person, Applicant: row.Applicant, Case: row.CaseID,
		Service: row.Service, Start: row.Start.In(zone), End: row.Ends.In(zone), Place: int(row.Number), State: State(row.State), Until: row.Until,
		Made: row.Made, Vanished: row.Vanished, EndedBy: row.EndedBy, Revision: row.Revision,
	}
}
