package desk

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

//go:embed locale/*.yaml
var locales embed.FS

// Cases are the cases and what is done to them; *casework.Module is one.
type Cases interface {
	Find(ctx context.Context, number string) (casework.Ref, error)
	Queue(ctx context.Context, a act.Act, q casework.QueueQuery) (casework.QueuePage, error)
	Count(ctx context.Context, q casework.QueueQuery, most int64) (int64, bool, error)
	Allowed(ctx context.Context, a act.Act, s casework.Step, w casework.Wish) error
	Filling(ctx context.Context, a act.Act, holder, caseID id.ID) (casework.Filling, error)
	Assign(ctx context.Context, a act.Act, s casework.Step, to id.ID) (int64, error)
	Forward(ctx context.Context, a act.Act, s casework.Step, f casework.Forwarding) (int64, error)
	Release(ctx context.Context, a act.Act, s casework.Step) (int64, error)
	Ask(ctx context.Context, a act.Act, s casework.Step, words string) (int64, error)
	Extend(ctx context.Context, a act.Act, s casework.Step, e casework.Extending) (int64, error)
	Standing(ctx context.Context, a act.Act, holder, caseID id.ID) (casework.Standing, error)
	Restore(ctx context.Context, a act.Act, s casework.Step, was casework.Standing) (int64, error)
	Did(ctx context.Context, a act.Act, s casework.Step) (bool, error)
	Closed(ctx context.Context, holder, caseID id.ID) (casework.Closed, error)
	Whereabouts(ctx context.Context, holder, caseID id.ID) (casework.Whereabouts, error)
	SearchWords(text string) []vault.Keyed
	Assist(a casework.Aide)
}

// Services gives the city version in force; *service.Module is one.
type Services interface{ Current() *service.City }

// Officials knows who serves where; *agency.Module is one.
type Officials interface {
	OfficialOf(ctx context.Context, person id.ID) ([]agency.Official, error)
	Officials(ctx context.Context, office id.ID) ([]agency.Official, error)
}

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Deps are the module's neighbours, given by the app.
type Deps struct {
	Cases     Cases
	Services  Services
	Officials Officials
	People    People
	Family    Family // nil: nobody's relatives are known
	Teller    Teller // nil: heads find unusual looks on their page alone
}

// Module helps officials. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps  Deps
	base  *module.Base
	rules []rule // of unusual looks
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "desk" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "desk", Files: deskdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The jobs.
const (
	jobBulk   = "desk.bulk"
	jobUndo   = "desk.undo"
	jobClosed = "desk.closed"
	jobSweep  = "desk.sweep"
	jobWatch  = "desk.watch"
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	d := m.deps
	if d.Cases == nil || d.Services == nil || d.Officials == nil || d.People == nil {
		return errors.New("desk: a neighbour is missing")
	}
	rules, err := readRules(unusualRules)
	if err != nil {
		return err
	}
	m.base, m.rules = b, rules
	d.Cases.Assist(m)
	b.Jobs.Handle(jobBulk, m.do, jobs.Urgent())
	b.Jobs.Handle(jobUndo, m.undo, jobs.Urgent())
	b.Jobs.OnShared(casework.EventSettled, jobClosed, m.keepClosed)
	b.Jobs.Every(jobSweep, 24*time.Hour, m.sweep)
	b.Jobs.Every(jobWatch, watchEvery, m.watch)
	if b.Web != nil {
		m.routes(b)
	}
	return nil
}

// system is the act of Posad itself, whose reads leave no look.
func (m *Module) system(about id.ID) act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "case", ID: about.String()})
}

// today is the day of the city.
func (m *Module) today() string {
	city := m.deps.Services.Current()
	if city == nil {
		return m.base.Clock.Now().Format(time.DateOnly)
	}
	return city.Days().Today(m.base.Clock.Now()).String()
}

// officeOf is an agency of the published city; nil when it is none.
func (m *Module) officeOf(office id.ID) (*service.City, *service.Agency) {
	city := m.deps.Services.Current()
	if city == nil {
		return nil, nil
	}
	for i := range city.Agencies {
		if agency.ID(city.Agencies[i].Key) == office {
			return city, &city.Agencies[i]
		}
	}
	return city, nil
}

func isHead(a act.Act) bool {
	return a.Actor.Kind == act.Official && a.Actor.Role == string(agency.Head)
}

// head makes sure that the actor heads their agency.
func head(a act.Act) error {
	if !isHead(a) {
		return ErrHead
	}
	return nil
}
