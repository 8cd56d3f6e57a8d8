package centre

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/centre/internal/store"
	"posad.city/core/module"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts *account.Module
	Agencies *agency.Module
	Zone     *time.Location // the city's; nil: UTC
}

// Module is the service centre. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return &Module{deps: d}
}

// Name implements module.Module.
func (m *Module) Name() string { return "centre" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "centre", Files: centredb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

const (
	jobFinish  = "centre.finish"
	jobSweep   = "centre.sweep"
	sweepEvery = time.Hour
	sweepMost  = 500
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	b.Jobs.Handle(jobFinish, m.finishJob)
	b.Jobs.Every(jobSweep, sweepEvery, func(ctx context.Context, _ jobs.Job) error { return m.sweep(ctx) })
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

func (m *Module) sweep(ctx context.Context) error {
	now := m.base.Clock.Now()
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		_, err := centredb.SweepReturns(tx, now, sweepMost)
		return err
	})
}
