package casework

import (
	"embed"
	"errors"
	"io/fs"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/module"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are the module's neighbours, given by the app.
type Deps struct {
	Services  Services
	Registers Registers
	Bills     Bills
	Payments  Payments
	Papers    Papers
	Teller    Teller
	People    People
	Family    Family
	Signers   Signers   // nil: nobody is found to sign
	Officials Officials // nil: any official of an agency may take any case of its queues, and no head is told of one that is late
	Visits    Visits    // nil: no case has appointments
}

// Module carries cases. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps  Deps
	base  *module.Base
	queue *store.PersonalList
	ops   operations
	aide  Aide // core/desk, by Assist; nil: every official takes everything

	memory memory
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "casework" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "casework", Files: caseworkdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The jobs.
const (
	jobMove     = "casework.move"
	jobAfter    = "casework.after"
	jobTell     = "casework.tell"
	jobRemind   = "casework.remind"
	jobSweep    = "casework.sweep"
	jobInvite   = "casework.invite"
	jobTie      = "casework.tie"
	jobAppealed = "casework.appealed"
	jobVisits   = "casework.visits"
)

// The neighbours' events that may move a case.
var wakers = []string{"exchange.replied", "exchange.failed", charge.EventPaid, charge.EventCancelled}

// sweepEach is how often every open case is looked at, whatever was lost.
const sweepEach = time.Hour

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	d := m.deps
	if d.Services == nil || d.Registers == nil || d.Bills == nil || d.Payments == nil || d.Papers == nil || d.Teller == nil || d.People == nil || d.Family == nil {
		return errors.New("casework: a neighbour is missing")
	}
	m.base = b
	if b.Journal != nil {
		b.Journal.Compare(m.subject())
	}
	queue, err := store.NewPersonalList(queueSpec)
	if err != nil {
		return err
	}
	m.queue = queue
	b.Jobs.Handle(jobMove, m.move)
	for _, event := range wakers {
		b.Jobs.On(event, "casework.wake", m.move)
	}
	b.Jobs.HandleShared(jobAfter, m.after)
	b.Jobs.Handle(jobTie, m.tie)
	b.Jobs.Handle(jobAppealed, m.appealed)
	b.Jobs.OnShared(EventDecided, "casework.count", m.count, jobs.Limit(1)) // all count in the same rows
	b.Jobs.Handle(jobVisits, m.freeVisits)
	b.Jobs.OnShared(document.EventRevoked, "casework.revoked", m.revoked)
	b.Jobs.HandleShared(jobTell, m.tell)
	b.Jobs.Handle(jobInvite, m.invite)
	b.Jobs.HandleShared(jobRemind, m.remind)
	b.Jobs.Every(jobSweep, sweepEach, m.sweep)
	if b.Web != nil {
		m.routes(b.Web)
	}
	m.deskRoutes(b)
	return nil
}
