package mandate

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts *account.Module
	Family   FamilyFacts    // nil: the family register can't be asked here
	Zone     *time.Location // the city's, for the day on which a mandate ends; nil: UTC
	// Services are the city's services by key and in words, for mandates that name some; nil: mandates are for all.
	Services func(l lang.Language) []agency.Named
	// CaseLink is the address and public number of a case, for what was done under a mandate; nil: no links.
	CaseLink func(c *web.Context, caseID id.ID) (string, string)
	// Companies names organisations; nil: there are none.
	Companies Companies
	// Guardianship is the key of the agency whose officials appoint guardians; empty: only the register does.
	Guardianship string
}

// Companies names organisations; core/organisation is one.
type Companies interface {
	// Titles are the names of those of the organisations that the city knows.
	Titles(ctx context.Context, a act.Act, companies ...id.ID) (map[id.ID]string, error)
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

// ProvideCity gives what later modules know of the city: its services in words, and where a case is followed.
func (m *Module) ProvideCity(services func(l lang.Language) []agency.Named, caseLink func(c *web.Context, caseID id.ID) (string, string)) {
	m.deps.Services, m.deps.CaseLink = services, caseLink
}

// ProvideCompanies gives the names of organisations.
func (m *Module) ProvideCompanies(c Companies) { m.deps.Companies = c }

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
	b.Jobs.Handle(jobOffered, m.offered)
	b.Jobs.Handle(jobAccepted, m.accepted)
	b.Jobs.Handle(jobWord, m.word)
	b.Jobs.Every("mandate.calendar", calendarEvery, m.calendar)
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}
