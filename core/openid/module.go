package openid

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/core/module"
	"posad.city/core/openid/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Accounts is what the module needs of core/account, whose Module is one.
type Accounts interface {
	People
	// Close closes one of a person's sessions.
	Close(ctx context.Context, person, session id.ID) error
	// SessionsOf lists a person's open sessions.
	SessionsOf(ctx context.Context, a act.Act, person id.ID) ([]account.OpenSession, error)
	// AccountOf lists a person's accounts; none when the person is gone.
	AccountOf(ctx context.Context, person id.ID) ([]id.ID, error)
	// Blocked tells what keeps an account closed.
	Blocked(ctx context.Context, account id.ID) (account.Block, error)
	// Guard tells, inside a Write, whether an act's session is open.
	Guard(tx *store.Tx, a act.Act) error
}

// Deps are what the module is given by the app.
type Deps struct {
	Accounts Accounts
	Address  string // the city's own address without a slash at the end: the issuer
	// Live tells whether a session is open now; nil: it is asked of Accounts, which is slower.
	Live   func(ctx context.Context, person, session id.ID) (bool, error)
	Zone   *time.Location // the city's, for dates; nil: UTC
	Nearby bool           // sites may lie on this machine and in private networks: a demo, a test
	Client *http.Client   // for calls to sites; nil: one that reaches no private address unless Nearby
}

// Module is the city's identity provider. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps    Deps
	base    *module.Base
	ring    *ring
	origins origins
}

// New returns the module.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	if d.Client == nil {
		d.Client = outward(d.Nearby)
	}
	d.Address = strings.TrimRight(d.Address, "/")
	return &Module{deps: d}
}

// Name implements module.Module.
func (m *Module) Name() string { return "openid" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "openid", Files: openiddb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Names of the jobs.
const (
	jobSweep  = "openid.sweep"
	jobKeys   = "openid.keys"
	jobClosed = "openid.session_closed"
	jobLogout = "openid.tell_logout"
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	m.ring = &ring{store: b.Store, vault: b.Vault, clock: b.Clock}
	b.Jobs.On(account.EventClosed, jobClosed, m.sessionClosed, jobs.Urgent())
	b.Jobs.Handle(jobLogout, m.tellLogout, jobs.Tries(logoutTries))
	b.Jobs.Every(jobSweep, 10*time.Minute, func(ctx context.Context, _ jobs.Job) error { return m.Sweep(ctx) })
	b.Jobs.Every(jobKeys, time.Hour, func(ctx context.Context, _ jobs.Job) error { return m.KeepKeys(ctx) })
	if b.Web != nil {
		m.routes(b.Web, b.Pages)
	}
	return nil
}

// KeepKeys puts new keys beside old ones when their period is over, and destroys those whose tokens are over. A job calls
// it every hour; RotateKeys does not wait for the period.
func (m *Module) KeepKeys(ctx context.Context) error {
	due, err := m.ring.due(ctx)
	if err == nil && due {
		err = m.ring.rotate(ctx, keyLead)
	}
	if err != nil {
		return err
	}
	return m.ring.wipe(ctx)
}

// RotateKeys publishes new keys now; they sign an hour later, when every client has had time to read them.
func (m *Module) RotateKeys(ctx context.Context) error { return m.ring.rotate(ctx, keyLead) }

// Sweep removes what nobody can use any more.
func (m *Module) Sweep(ctx context.Context) error {
	now := m.base.Clock.Now()
	for _, drop := range []func(*store.Tx) (int64, error){
		func(tx *store.Tx) (int64, error) { return openiddb.SweepRequests(tx, now, module.SweepMost) },
		func(tx *store.Tx) (int64, error) {
			return openiddb.SweepCodes(tx, now.Add(-24*time.Hour), module.SweepMost)
		},
		func(tx *store.Tx) (int64, error) {
			return openiddb.SweepTokens(tx, now.Add(-24*time.Hour), module.SweepMost)
		},
		func(tx *store.Tx) (int64, error) {
			return openiddb.SweepFamilies(tx, now.Add(-RefreshLife), module.SweepMost)
		},
		func(tx *store.Tx) (int64, error) {
			return openiddb.SweepDevices(tx, now.Add(-time.Hour), module.SweepMost)
		},
		func(tx *store.Tx) (int64, error) { return openiddb.SweepProofs(tx, now, module.SweepMost) },
	} {
		if err := m.base.Sweep(ctx, drop); err != nil {
			return err
		}
	}
	return nil
}

// holds tells whether a family is good at this moment beyond its own rows: its session is open, or, where it outlives one,
// the person's account is neither blocked nor gone.
func (m *Module) holds(ctx context.Context, f family) (bool, error) {
	if !f.offline {
		return m.live(ctx, f.person, f.session)
	}
	accounts, err := m.deps.Accounts.AccountOf(ctx, f.person)
	if err != nil || len(accounts) == 0 {
		return false, err
	}
	for _, one := range accounts {
		block, err := m.deps.Accounts.Blocked(ctx, one)
		if err != nil || block.Any() {
			return false, err
		}
	}
	return true, nil
}

// live tells whether a session is open now.
func (m *Module) live(ctx context.Context, person, session id.ID) (bool, error) {
	if m.deps.Live != nil {
		return m.deps.Live(ctx, person, session)
	}
	own := house
	own.Session = session // an unused session is listed for itself alone
	list, err := m.deps.Accounts.SessionsOf(ctx, own, person)
	if err != nil {
		return false, err
	}
	for _, one := range list {
		if one.ID == session {
			return true, nil
		}
	}
	return false, nil
}
