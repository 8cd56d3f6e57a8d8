package account

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Agencies *agency.Module
	Courier  Courier
	Identity IdentityChecker // nil: identities can't be confirmed here
	Teller   Teller          // nil: nobody is told of changes to their account
	Zone     *time.Location  // the city's, for dates; nil: UTC
}

// Module is the city's people, their accounts and sessions. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps     Deps
	base     *module.Base
	hasher   *hasher
	sessions *sessions
	forms    *formGate
	offers   []Offer
	dropped  map[Method][]func(*store.Tx, Way) error
	farewell func(*web.Context) string // where a person may go after signing out; nil: home
	counts   funnelCounts
	tallies  []Tally
}

// New returns the module.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	m := &Module{deps: d, hasher: newHasher(), forms: newFormGate(), dropped: map[Method][]func(*store.Tx, Way) error{}}
	m.sessions = newSessions(m)
	return m
}

// Provide gives what is made of later modules: the courier of codes and the question to the population register.
func (m *Module) Provide(c Courier, i IdentityChecker) { m.deps.Courier, m.deps.Identity = c, i }

// OnSignOut has where asked, before a session is closed by its owner, for a page of this house to go to after: one that
// offers to leave an outside provider too. Empty: home.
func (m *Module) OnSignOut(where func(*web.Context) string) { m.farewell = where }

// Name implements module.Module.
func (m *Module) Name() string { return "account" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "account", Files: accountdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	m.sessions.listen(b.Feed)
	b.Jobs.Handle(jobSendCode, m.sendCode, jobs.Urgent(), jobs.Tries(8))
	b.Jobs.Handle(jobAside, m.sendAside, jobs.Urgent(), jobs.Tries(8))
	b.Jobs.Every(jobSweep, sweepEvery, func(ctx context.Context, _ jobs.Job) error { return m.Sweep(ctx) })
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// Start implements module.Module.
func (m *Module) Start(context.Context) error {
	m.sessions.start()
	return nil
}

// Stop implements module.Module.
func (m *Module) Stop(ctx context.Context) error { return m.sessions.stop(ctx) }
