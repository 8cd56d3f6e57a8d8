package broker

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"posad.city/core/account"
	"posad.city/core/broker/internal/store"
	"posad.city/core/module"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts  *account.Module
	Providers []Provider // from the configuration; checked by New
	Loopback  bool       // a provider may stand on this machine, over http: the demo and tests alone
	// Leave answers by a redirect to another house; nil: a page with a link that goes on by itself.
	Leave func(c *web.Context, address string) error
	Wait  time.Duration // for one answer of a provider; 0: 5 s
}

// Module lets people in by outside providers. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base

	mu    sync.Mutex
	peers map[string]*peer
}

// New checks the providers of the configuration and returns the module. The error joins all that is wrong with them.
func New(d Deps) (*Module, error) {
	m := &Module{deps: d, peers: map[string]*peer{}}
	m.deps.Providers = slices.Clone(d.Providers)
	for i, p := range m.deps.Providers {
		if faults := p.check(d.Loopback); len(faults) > 0 {
			return nil, fmt.Errorf("configuration: providers: %q: %s: %s", p.Key, faults[0].Name, faults[0].ID)
		}
		if slices.ContainsFunc(m.deps.Providers[:i], func(o Provider) bool { return o.Key == p.Key || o.Issuer == p.Issuer && o.Client == p.Client }) {
			return nil, fmt.Errorf("configuration: providers: %q: it is there twice", p.Key)
		}
		m.deps.Providers[i].fixed = true
	}
	return m, nil
}

// Name implements module.Module.
func (m *Module) Name() string { return "broker" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "broker", Files: brokerdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	b.Jobs.Every(jobSweep, sweepEvery, func(ctx context.Context, _ jobs.Job) error { return m.Sweep(ctx) })
	m.deps.Accounts.Offer(account.Offer{
		Method: account.ByProvider, Order: 60, Icon: "identification-card", Title: "broker.offer.title", TitleOf: m.offerTitle,
		Lead: "broker.offer.lead", First: "/sign-in/provider", Add: "/account/provider", Show: m.offered,
	})
	m.deps.Accounts.OnDrop(account.ByProvider, func(tx *store.Tx, w account.Way) error {
		_, err := brokerdb.ForgetWay(tx, w.ID)
		return err
	})
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// peer is the way to an issuer, made on first use and kept: it carries the breaker and the keys.
func (m *Module) peer(issuer string) *peer {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.peers[issuer]
	if p == nil {
		p = newPeer(issuer, m.base.Clock, m.deps.Loopback, m.deps.Wait)
		m.peers[issuer] = p
	}
	return p
}

// local tells whether an issuer of this machine is allowed to be one.
func (m *Module) local(issuer string) bool { return m.deps.Loopback && loopbackHost(issuer) }

// The sweep.
const (
	jobSweep   = "broker.sweep"
	sweepEvery = 10 * time.Minute
)

// Sweep removes tries, entries and logout tokens that are over; a job calls it every ten minutes.
func (m *Module) Sweep(ctx context.Context) error {
	now := m.base.Clock.Now()
	for _, drop := range []func(*store.Tx, time.Time, int64) (int64, error){brokerdb.SweepTries, brokerdb.SweepEntries, brokerdb.SweepLogouts} {
		err := m.base.Sweep(ctx, func(tx *store.Tx) (int64, error) { return drop(tx, now, module.SweepMost) })
		if err != nil {
			return fmt.Errorf("broker: sweep: %w", err)
		}
	}
	return nil
}
