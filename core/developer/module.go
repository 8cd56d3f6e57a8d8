package developer

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/developer/internal/store"
	"posad.city/core/module"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/webhook"
)

//go:embed locale/*.yaml
var locales embed.FS

// Agencies knows what the city's agencies are; the app has one on core/service.
type Agencies interface {
	// AgencyName is what an agency is called; empty for none.
	AgencyName(agency id.ID, l lang.Language) string
}

// Deps are what the module is given by the app.
type Deps struct {
	Agencies Agencies              // nil: agencies have no names
	Keys     func() []string       // the city's agencies by key, in its order; nil: none
	Zone     func() *time.Location // the city's
	Address  string                // the city's own, for examples
	Nearby   bool                  // endpoints may lie on this machine and in private networks: a demo, a test
}

// Module keeps keys and sends messages. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps    Deps
	base    *module.Base
	client  *webhook.Client
	sender  *sender
	source  Source
	sandbox Sandbox
	paused  TellPaused
	sent    *prometheus.CounterVec
	ops     ops
}

// New returns the module.
func New(d Deps) *Module {
	return &Module{deps: d, client: webhook.NewClient(d.Nearby), sender: newSender(), sent: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "posad_webhooks_total", Help: "Tries to send a message to an agency's endpoint, by what came of them.",
	}, []string{"outcome"})}
}

// Provide gives the module whose events are, and where trials are paid: of modules above it. The app calls it before the
// house starts.
func (m *Module) Provide(s Source, b Sandbox) { m.source, m.sandbox = s, b }

// TellPaused makes ready what tells an agency's heads that an endpoint was paused. It may be asked again for the same pause.
type TellPaused func(ctx context.Context, e Endpoint) ([]func(*store.Tx) error, error)

// ProvidePaused gives the module who tells heads; nil: nobody does.
func (m *Module) ProvidePaused(tell TellPaused) { m.paused = tell }

// Name implements module.Module.
func (m *Module) Name() string { return "developer" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "developer", Files: developerdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

const (
	jobSweep   = "developer.sweep"
	jobPaused  = "developer.tell_paused"
	jobSandbox = "developer.sandbox"
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Zone == nil {
		return errors.New("developer: no time zone is given")
	}
	m.base = b
	if b.Metrics != nil {
		if err := b.Metrics.Register(m.sent); err != nil {
			return fmt.Errorf("developer: metrics: %w", err)
		}
	}
	for _, kind := range Types() {
		b.Jobs.OnShared(kind, jobTell, m.tell)
	}
	b.Jobs.Handle(jobPaused, m.pausedJob)
	b.Jobs.Handle(jobSandbox, m.sandboxJob)
	b.Jobs.Handle(jobAnew, m.anewJob)
	b.Jobs.Every(jobSweep, time.Hour, func(ctx context.Context, _ jobs.Job) error { return m.Sweep(ctx) })
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// pausedJob has the heads of an endpoint's agency told that it was paused.
func (m *Module) pausedJob(ctx context.Context, j jobs.Job) error {
	e, err := m.Endpoint(ctx, j.Holder, j.Object)
	if errors.Is(err, ErrMissing) || err == nil && (e.State != Paused || m.paused == nil) {
		return nil
	}
	if err != nil {
		return err
	}
	tell, err := m.paused(ctx, e)
	if err != nil {
		return fmt.Errorf("developer: tell that an endpoint is paused: %w", err)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, put := range tell {
			if err := put(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// Sweep drops messages that are kept long enough, with what is written down of them, and the sandbox's old payments.
func (m *Module) Sweep(ctx context.Context) error {
	before := m.base.Clock.Now().Add(-Kept)
	for _, drop := range []func(*store.Tx) (int64, error){
		func(tx *store.Tx) (int64, error) { return developerdb.SweepTries(tx, before, module.SweepMost) },
		func(tx *store.Tx) (int64, error) { return developerdb.SweepDeliveries(tx, before, module.SweepMost) },
		func(tx *store.Tx) (int64, error) { return developerdb.SweepMessages(tx, before, module.SweepMost) },
		func(tx *store.Tx) (int64, error) {
			return developerdb.SweepPayments(tx, m.base.Clock.Now().Add(-TrialsKept), module.SweepMost)
		},
	} {
		if err := m.base.Sweep(ctx, drop); err != nil {
			return err
		}
	}
	return nil
}
