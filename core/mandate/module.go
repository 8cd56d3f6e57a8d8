package mandate

import (
	"embed"
	"io/fs"
	"time"

	"posad.city/core/account"
	"posad.city/core/mandate/internal/store"
	"posad.city/core/module"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts *account.Module
	Family   FamilyFacts    // nil: the family register can't be asked here
	Zone     *time.Location // the city's, for the day on which a mandate ends; nil: UTC
}

// Module is the city's mandates. It is safe for concurrent use.
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

// Provide gives what is made of a later module: the question to the family register.
func (m *Module) Provide(f FamilyFacts) { m.deps.Family = f }

// Name implements module.Module.
func (m *Module) Name() string { return "mandate" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "mandate", Files: mandatedb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	b.Jobs.On(EventGiven, jobCopy, m.copyToTaker)
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}
