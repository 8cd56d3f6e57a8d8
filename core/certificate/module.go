package certificate

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net"
	"time"

	"posad.city/core/account"
	"posad.city/core/certificate/internal/store"
	"posad.city/core/certificate/internal/trust"
	"posad.city/core/module"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts *account.Module
	People   People         // nil: nobody begins an account with a certificate
	Config   Config         // checked by New
	Address  string         // the city's own, https://posad.city
	Zone     *time.Location // the city's; nil: UTC
	Listener net.Listener   // instead of Config.Listen, for tests; closed by Stop
}

// Module lets people in by their certificates. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps    Deps
	base    *module.Base
	sources []source
	trust   *trust.Trust
	door    door
}

// New checks the configuration, reads the authorities' files and returns the module.
func New(d Deps) (*Module, error) {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	sources, err := d.Config.read()
	if err != nil {
		return nil, err
	}
	m := &Module{deps: d, sources: sources}
	if err := m.door.prepare(d.Config); err != nil {
		return nil, err
	}
	return m, nil
}

// Provide gives what is made of later modules, or of the app.
func (m *Module) Provide(p People) { m.deps.People = p }

// Name implements module.Module.
func (m *Module) Name() string { return "certificate" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "certificate", Files: certificatedb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	options := trust.Options{Clock: b.Clock, Shelf: shelf{m}, Inside: m.deps.Config.Inside, Lenient: m.deps.Config.Unchecked == uncheckedLower}
	for _, s := range m.sources {
		options.Authorities = append(options.Authorities, s.Authority)
	}
	m.trust = trust.New(options)
	b.Jobs.Every(jobSweep, sweepEvery, func(ctx context.Context, _ jobs.Job) error { return m.Sweep(ctx) })
	b.Jobs.Every(jobRefresh, refreshEvery, func(ctx context.Context, _ jobs.Job) error { return m.Refresh(ctx, false) })
	m.deps.Accounts.Offer(account.Offer{
		Method: account.ByCertificate, Order: 70, Icon: "certificate", Title: "certificate.offer", Lead: "certificate.offer_lead",
		First: enterPath, Second: enterPath, Add: enterPath, Show: func(*web.Context) bool { return m.offered() },
	})
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// Start implements module.Module.
func (m *Module) Start(ctx context.Context) error { return m.door.open(ctx, m) }

// Stop implements module.Module.
func (m *Module) Stop(ctx context.Context) error { return m.door.close(ctx) }

// offered tells whether anybody can sign in by a certificate here.
func (m *Module) offered() bool { return len(m.sources) > 0 }

// connects tells whether there is a host that asks for certificates.
func (m *Module) connects() bool { return m.offered() && m.deps.Config.Listen != "" }

// The jobs.
const (
	jobSweep     = "certificate.sweep"
	sweepEvery   = 10 * time.Minute
	jobRefresh   = "certificate.refresh"
	refreshEvery = 10 * time.Minute
	refusalsLife = 30 * 24 * time.Hour
)

// Refresh fetches the lists of revoked certificates that are old or end soon, or, with all, every one. What could not be
// fetched is on the administrator's page and is tried again by the next job: that is no failure of the job.
func (m *Module) Refresh(ctx context.Context, all bool) error {
	if err := m.trust.Refresh(ctx, all); err != nil {
		m.base.Log.Warn("certificate: lists of revoked certificates", "error", err)
	}
	return ctx.Err()
}

// Sweep removes what is over; a job calls it every ten minutes.
func (m *Module) Sweep(ctx context.Context) error {
	now := m.base.Clock.Now()
	for _, drop := range []func(tx *store.Tx) (int64, error){
		func(tx *store.Tx) (int64, error) { return certificatedb.SweepShown(tx, now, module.SweepMost) },
		func(tx *store.Tx) (int64, error) { return certificatedb.SweepChallenges(tx, now, module.SweepMost) },
		func(tx *store.Tx) (int64, error) { return certificatedb.SweepRefusals(tx, now.Add(-refusalsLife)) },
		func(tx *store.Tx) (int64, error) { return certificatedb.DropLists(tx, trust.Unused(now)) },
		func(tx *store.Tx) (int64, error) { return certificatedb.DropBodies(tx) },
	} {
		if err := m.base.Sweep(ctx, drop); err != nil {
			return fmt.Errorf("certificate: sweep: %w", err)
		}
	}
	return nil
}
