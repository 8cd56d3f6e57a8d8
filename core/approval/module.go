package approval

import (
	"context"
	"crypto/ecdh"
	"embed"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"posad.city/core/account"
	"posad.city/core/approval/internal/store"
	"posad.city/core/module"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts *account.Module
	Site     string         // the city's address, https://…: push services are told it as whom to write to about messages
	Loopback bool           // push services on this machine may be dialled: for the demo and tests alone
	Zone     *time.Location // the city's; nil: UTC
}

// Module asks and takes approvals. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps     Deps
	accounts *account.Module
	base     *module.Base
	client   *http.Client
	watch    *watch

	keyMu sync.Mutex
	key   *ecdh.PrivateKey // the city's for web push, once it was read
}

// New returns the module.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return &Module{deps: d, accounts: d.Accounts, client: newClient(d.Loopback), watch: newWatch()}
}

// Name implements module.Module.
func (m *Module) Name() string { return "approval" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "approval", Files: approvaldb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base, m.watch.clock = b, b.Clock
	b.Feed.Subscribe(Topic, m.watch.hear)
	b.Jobs.Handle(jobTell, m.tell, jobs.Urgent(), jobs.Tries(4))
	b.Jobs.Handle(jobPush, m.push, jobs.Urgent(), jobs.Tries(5), jobs.Limit(12))
	b.Jobs.Every(jobSweep, sweepEvery, func(ctx context.Context, _ jobs.Job) error { return m.Sweep(ctx) })
	if b.Web != nil {
		m.offers()
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// Stop implements module.Module.
func (m *Module) Stop(context.Context) error {
	m.client.CloseIdleConnections()
	return nil
}

// How often what is over is removed, and how much in one Write.
const (
	sweepEvery = 10 * time.Minute
	sweepMost  = 500
)

// Sweep removes questions an hour after their end and mutes that are over.
func (m *Module) Sweep(ctx context.Context) error {
	now := m.base.Clock.Now()
	for {
		var n int64
		err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
			var err error
			if n, err = approvaldb.SweepApprovals(tx, now.Add(-time.Hour), sweepMost); err != nil {
				return err
			}
			_, err = approvaldb.SweepMutes(tx, now)
			return err
		})
		if err != nil || n < sweepMost {
			return err
		}
	}
}
