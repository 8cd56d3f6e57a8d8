package pay

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Bank Bank
	// Mandates bound what one pays for another; nil: nobody does here.
	Mandates Mandates
	Address  string // the portal's, without a slash at the end: where the bank sends people and messages
	// AgencyName is what an agency is called; the city's published version knows.
	AgencyName func(agency id.ID, l lang.Language) string
	// Zone is the city's time zone.
	Zone func() *time.Location
}

// Mandates are those by which one person pays for another; *mandate.Module is one. What a payment takes of a mandate's purse
// commits with the payment.
type Mandates interface {
	Reserve(tx *store.Tx, a act.Act, payment id.ID, amount money.Amount) error
	// Release gives back what a payment that failed, or whose money went back, had taken.
	Release(tx *store.Tx, payer, payment id.ID) error
	// Settle counts a payment whose money was taken, also after it was given up.
	Settle(tx *store.Tx, payer, payment id.ID) error
	// Taken lists the mandates by which a person may act now.
	Taken(ctx context.Context, taker id.ID) ([]mandate.Mandate, error)
}

// Module takes payments. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "pay" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "pay", Files: paydb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Bank == nil {
		return errors.New("pay: no bank is configured")
	}
	m.base = b
	b.Jobs.Handle(jobPoll, m.poll)
	b.Jobs.Handle(jobRefund, m.refund)
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}
