package studio

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"iter"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/form"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/core/studio/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

//go:embed locale/*.yaml
var locales embed.FS

// Services publishes and opens versions; *service.Module is one.
type Services interface {
	Current() *service.City
	Version(ctx context.Context, hash service.Hash) (*service.City, error)
	Sources(ctx context.Context, hash service.Hash) ([]service.SourceFile, bool, error)
	Switches(ctx context.Context, limit int64) ([]service.Switch, error)
	Plans(ctx context.Context, limit int64) ([]service.Plan, error)
	PreparePublish(ctx context.Context, a act.Act, city *service.City, p service.Publication) (*service.Prepared, error)
	Rollback(ctx context.Context, a act.Act, hash service.Hash, note string) (service.Hash, error)
	CancelPlan(ctx context.Context, a act.Act, plan id.ID) error
	AgencyName(agency id.ID, l lang.Language) string
	Zone() *time.Location
}

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Cases are the decided cases that a simulation tries; *casework.Module is one.
type Cases interface {
	Decided(ctx context.Context, a act.Act, key string, since time.Time) iter.Seq2[service.SimCase, error]
}

// Deps are the module's neighbours, given by the app.
type Deps struct {
	Services Services
	People   People
	Cases    Cases // nil: simulations are of made-up cases alone
	// Preview is a page of a form as a resident sees it; *apply.Preview is one. Nil: the preview shows the card alone.
	Preview func(c *web.Context, in form.Input) (templ.Component, form.View, error)
	// Touched counts open cases and drafts by service and version, for the words of a difference. May be nil.
	Touched func(ctx context.Context) (cases, drafts []service.VersionCount, err error)
}

// Module is the author's studio. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps    Deps
	base    *module.Base
	ops     ops
	folders cache[service.Hash, []service.SourceFile] // by tree
	checks  cache[service.Hash, *Check]               // by tree
	turn    chan struct{}                             // one check of a whole city at a time
}

// New returns the module.
func New(d Deps) *Module {
	return &Module{deps: d, folders: newCache[service.Hash, []service.SourceFile](foldersKept), checks: newCache[service.Hash, *Check](checksKept), turn: make(chan struct{}, 1)}
}

// Name implements module.Module.
func (m *Module) Name() string { return "studio" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "studio", Files: studiodb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// jobSimulate runs one simulation; its holder is the change set, its object the run.
const jobSimulate = "studio.simulate"

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Services == nil || m.deps.People == nil {
		return errors.New("studio: a neighbour is missing")
	}
	m.base = b
	b.Jobs.Handle(jobSimulate, m.simulate)
	if b.Web != nil {
		m.routes(b)
	}
	return nil
}
