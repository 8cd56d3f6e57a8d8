package register

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/webhook"
)

//go:embed locale/*.yaml
var locales embed.FS

// Papers reads documents, issues them anew and revokes them; *document.Module is one.
type Papers interface {
	Result(ctx context.Context, a act.Act, holder, result id.ID) (document.Result, error)
	Results(ctx context.Context, a act.Act, holder, caseID id.ID) ([]document.Result, error)
	PrepareCorrection(ctx context.Context, c document.Correction) (*document.PreparedCorrection, error)
	PrepareRevoke(ctx context.Context, r document.Revocation) (*document.PreparedRevoke, error)
}

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Teller tells people; *notice.Module is one.
type Teller interface {
	Prepare(ctx context.Context, n notice.Notice) (*notice.Prepared, error)
}

// Case is whose a case is and who works on it.
type Case struct {
	Holder, Applicant, Agency id.ID
	Service                   string
}

// Cases finds a case; store.ErrNone for none.
type Cases func(ctx context.Context, caseID id.ID) (Case, error)

// Deps are what the module is given by the app.
type Deps struct {
	City   func() *service.City // the published version; may give nil while nothing is published
	Papers Papers
	Teller Teller                // nil: nobody is told
	People People                // nil: officials are told by agency and role
	Zone   func() *time.Location // the city's time zone
	Lives  exchange.Lives        // or by Provide; nil: no case is a reason to read
	Case   Cases
	Hooks  map[string]Hook // addresses for messages, by key of the agency
}

// Module keeps the city's own registers. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps   Deps
	base   *module.Base
	client *webhook.Client
	ops    ops

	unclear *prometheus.CounterVec
}

// New returns the module.
func New(d Deps) *Module {
	return &Module{deps: d, client: webhook.NewClient(true), unclear: newUnclear()} // its addresses are the operator's own
}

// Provide gives the judges of cases, which are made of later modules.
func (m *Module) Provide(l exchange.Lives, c Cases) { m.deps.Lives, m.deps.Case = l, c }

// Name implements module.Module.
func (m *Module) Name() string { return "register" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "register", Files: registerdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// sweepEvery is how often entries whose years are over are looked for.
const sweepEvery = 24 * time.Hour

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.City == nil || m.deps.Papers == nil || m.deps.Zone == nil || b.Vault == nil || b.Journal == nil || b.Texts == nil {
		return errors.New("register: the city, documents, the zone, vault, journal and texts are needed")
	}
	m.base = b
	for _, event := range followed {
		b.Jobs.On(event, "register.follow", m.onDocument)
	}
	b.Jobs.On(EventChanged, "register.started", m.onChanged)
	b.Jobs.Handle(jobSend, m.sendJob, jobs.Limit(sendsAtOnce))
	b.Jobs.Every("register.sweep", sweepEvery, m.sweep, jobs.Limit(1))
	if b.Web != nil {
		m.routes(b.Web)
	}
	return m.measure(b.Metrics)
}
