package utility

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// The kinds of look.
const (
	lookFlat = "utility.look.flat"
	lookDesk = "utility.look.desk"
)

// Services gives the city's versions; *service.Module is one.
type Services interface {
	// Current is the city version in force; nil before the first one is published.
	Current() *service.City
	// Version is the version with which an earlier bill was made.
	Version(ctx context.Context, hash service.Hash) (*service.City, error)
}

// Deps are what the module is given by the app.
type Deps struct {
	Services Services
	Charges  *charge.Module
	Zone     func() *time.Location
}

// Module makes flats' bills. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "utility" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "utility", Files: utilitydb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

const (
	jobRun      = "utility.run"
	jobRevive   = "utility.revive"
	reviveEvery = time.Hour
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Zone == nil || m.deps.Charges == nil || m.deps.Services == nil {
		return errors.New("utility: a neighbour is missing")
	}
	m.base = b
	b.Jobs.Handle(jobRun, m.run)
	b.Jobs.Every(jobRevive, reviveEvery, m.revive)
	b.Jobs.Handle(jobImport, m.take)
	b.Jobs.Every(jobImportSweep, importSweepGap, m.sweepImports)
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// utilities is the city's file; ErrNoCity for a city that makes no bills.
func (m *Module) utilities() (*service.Utilities, error) {
	city := m.deps.Services.Current()
	if city == nil || city.Utilities == nil {
		return nil, ErrNoCity
	}
	return city.Utilities, nil
}

// agencyID is the settlement centre; zero for a city that makes no bills.
func (m *Module) agencyID() id.ID {
	u, err := m.utilities()
	if err != nil {
		return id.ID{}
	}
	return agency.ID(u.Agency)
}

func (m *Module) today() calendar.Date {
	return calendar.DateOf(m.base.Clock.Now(), m.deps.Zone())
}

// Open is the month for which readings are taken now: this one until the day on which the city closes it, then the next.
func (m *Module) Open(u *service.Utilities) Period {
	today := m.today()
	p := PeriodOf(today)
	if today.Day() > u.Closes {
		return p.Add(1)
	}
	return p
}

// system is Posad's own act.
func (m *Module) system() act.Act { return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{}) }

// own is the act with the homes that the actor is a resident of as their own, so that a look at them leaves no record. The caller
// has asked that they are.
func own(a act.Act, homes ...id.ID) act.Act {
	if a.Actor.Kind == act.Person && a.Channel != act.Centre {
		a.Also = append(append([]id.ID{}, a.Also...), homes...)
	}
	return a
}

// bare is the act without the homes that own added: who acts is asked again in the Write, and homes are nobody's account.
func bare(a act.Act, home id.ID) act.Act {
	a.Also = slices.DeleteFunc(slices.Clone(a.Also), func(one id.ID) bool { return one == home })
	return a
}

func splitWords(text string) []string { return strings.Fields(text) }
