package factor

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"posad.city/core/account"
	"posad.city/core/factor/internal/store"
	"posad.city/core/module"
	"posad.city/kit/clock"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Accounts *account.Module
	Address  string         // the city's, as people type it: passkeys are bound to its host for ever
	Phones   clock.Clock    // what people's phones show; nil: the house's clock
	Zone     *time.Location // the city's, for dates; nil: UTC
}

// Module is passkeys, authenticator apps and recovery codes. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps     Deps
	accounts *account.Module
	base     *module.Base
	party    *webauthn.WebAuthn // nil where browsers allow no passkeys
}

// New returns the module.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return &Module{deps: d, accounts: d.Accounts}
}

// Name implements module.Module.
func (m *Module) Name() string { return "factor" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "factor", Files: factordb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	var err error
	if m.party, err = newParty(m.deps.Address); err != nil {
		return err
	}
	if m.party == nil {
		b.Log.Warn("no passkeys: browsers bind them to a host name, and the city's address is a bare number", "address", m.deps.Address)
	}
	m.accounts.OnDrop(account.ByRecovery, dropCodes)
	b.Jobs.Every(jobSweep, sweepEvery, func(ctx context.Context, _ jobs.Job) error { return m.Sweep(ctx) })
	if b.Web != nil {
		m.routes(b.Web)
		m.offers()
	}
	return nil
}
