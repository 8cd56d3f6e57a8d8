package booking

import (
	"context"
	"embed"
	"io/fs"
	"sync/atomic"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Services gives the city's versions; *service.Module is one.
type Services interface {
	// Current is the city version in force; nil before the first one is published.
	Current() *service.City
	// Version is the version that offered a time which the current one has no more.
	Version(ctx context.Context, hash service.Hash) (*service.City, error)
}

// Teller tells people; *notice.Module is one.
type Teller interface {
	Prepare(ctx context.Context, n notice.Notice) (*notice.Prepared, error)
}

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Deps are what the module is given by the app.
type Deps struct {
	Services Services
	Teller   Teller
	People   People
	Address  string // the portal's, without a slash at the end: for calendar files
}

// Module keeps appointments. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base

	compared atomic.Pointer[service.Hash] // the city version whose timetable this node has compared with what is booked
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "booking" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "booking", Files: bookingdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The jobs.
const (
	jobCopy   = "booking.copy"
	jobRemind = "booking.remind"
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	for _, event := range []string{EventBooked, EventMoved, EventCancelled, EventMarked} {
		b.Jobs.On(event, jobCopy, m.carry, jobs.Urgent())
	}
	b.Jobs.Handle(jobRemind, m.remind)
	b.Jobs.Every("booking.timetable", 5*time.Minute, m.compare)
	b.Jobs.Every("booking.sweep", time.Hour, m.sweep)
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// system is Posad's own act for a booking.
func (m *Module) system() act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{})
}
