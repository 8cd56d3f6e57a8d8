package agency

import (
	"embed"
	"io/fs"

	"posad.city/core/agency/internal/store"
	"posad.city/core/module"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Directory Directory // people by contact and by name; nil: the administrator's page says that it is not there
	Agencies  Agencies  // what agencies there are; nil: none
}

// Module is the agencies' officials. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Provide adds what came into being after New, since the directory is made of a later module.
func (m *Module) Provide(d Directory, a Agencies) { m.deps.Directory, m.deps.Agencies = d, a }

// Name implements module.Module.
func (m *Module) Name() string { return "agency" }

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "agency", Files: agencydb.Schema}

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}
