package organisation

import (
	"embed"
	"errors"
	"io/fs"
	"time"

	"posad.city/core/account"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/organisation/internal/store"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts     *account.Module
	Mandates     *mandate.Module
	Certificates Certificates   // nil: certificates prove nothing here
	Register     Register       // nil: the state register can't be asked here
	Zone         *time.Location // the city's, for the day on which a head's mandate ends; nil: UTC
}

// Module is the city's organisations and sole traders. It is safe for concurrent use.
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

// Provide gives what is made of a later module: the questions to the state register.
func (m *Module) Provide(r Register) { m.deps.Register = r }

// Name implements module.Module.
func (m *Module) Name() string { return "organisation" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "organisation", Files: organisationdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module. It names organisations for core/mandate.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Accounts == nil || m.deps.Mandates == nil {
		return errors.New("organisation: accounts and mandates are needed")
	}
	m.base = b
	m.deps.Mandates.ProvideCompanies(m)
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}
