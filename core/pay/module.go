package pay

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"posad.city/core/charge"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/pay/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Charges Charges
	// Bank takes payments by page, saved card and QR.
	Bank Provider
	// Wallet takes payments from the city's cards; nil: there are none. It may be given later by Provide.
	Wallet Purse
	// Mandates bound what one pays for another; nil: nobody does here.
	Mandates Mandates
	// Fiscal sends receipts to a fiscal operator; nil: there is none.
	Fiscal FiscalOperator
	// Mail sends receipts where somebody asked for them; nil: nobody can ask.
	Mail    Mailer
	From    string // sender of receipts
	Address string // the portal's, without a slash at the end: where the bank sends people and messages
	City    func(l lang.Language) string
	// AgencyName is what a payee is called; the city's published version knows.
	AgencyName func(payee id.ID, l lang.Language) string
	// KindTitle is what a kind of charge is called; empty: it has no name.
	KindTitle func(kind string, l lang.Language) string
	// Regular says that core/autopay stands above: a receipt then offers to keep a template, and to pay the next bills by an order.
	Regular bool
	// Origin is the page that tells why something is owed, for who reads the bill: an application, a flat's bill line by line;
	// empty: there is none that they may read. Nil: there is none at all.
	Origin func(ctx context.Context, a act.Act, o Origin) string
	// Gifts are offered beside bills; nil: none are. They may be given later by ProvideGifts.
	Gifts Gifts
	// Zone is the city's time zone.
	Zone func() *time.Location
}

// Origin is what a charge says of why it is owed.
type Origin struct {
	Home, Subject   id.ID
	Service, Period string
}

// Charges are what is owed; *charge.Module is one.
type Charges interface {
	Charge(ctx context.Context, a act.Act, home, charge id.ID) (charge.Charge, error)
	// Read reads one inside somebody's look or Write.
	Read(r store.PersonalReader, home, charge id.ID) (charge.Charge, error)
	Details(ctx context.Context, a act.Act, home, charge id.ID) ([]charge.Detail, error)
	// ChangeRows are what an agency did to a charge, with the reasons, as its payer reads it.
	ChangeRows(c *web.Context, one charge.Charge) ([]ui.SummaryRow, error)
	OfPerson(ctx context.Context, a act.Act, person id.ID, f charge.Filter) ([]charge.Charge, error)
	CountOpen(ctx context.Context, a act.Act, person id.ID, most int64) (int64, error)
	// Whose is in whose account a charge lies, as far as the act goes: what a permission is asked of.
	Whose(ctx context.Context, a act.Act, p charge.Place) (id.ID, error)
	Where(ctx context.Context, charge id.ID) (charge.Place, error)
	// Find finds bills without signing in, by the ways that their kinds let.
	Find(ctx context.Context, q charge.Query) ([]charge.Found, error)
	Ways() []service.ChargeFound
	// Settle counts a part of a payment for a charge, once, and returns how much of it was still owed: the rest is a surplus.
	Settle(tx *store.Tx, a act.Act, home, charge id.ID, p charge.PartPayment) (int64, error)
	// GiveBack says that a part of what a payment paid goes back: the charge is not owed again.
	GiveBack(tx *store.Tx, a act.Act, home, charge, payment id.ID, amount int64) error
	// Reverse says that the bank or the payer took back a part of what a payment paid: the charge is owed again.
	Reverse(tx *store.Tx, a act.Act, home, charge, payment id.ID, amount int64) error
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

// Mailer hands letters over; *mail.Sender is one.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Module takes payments. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
	met  meters
	code func() string // makes check codes
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d, code: id.NewCode} }

// Provide gives what is made of later modules. Call it before anything runs.
func (m *Module) Provide(wallet Purse) { m.deps.Wallet = wallet }

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
	if m.deps.Bank == nil || m.deps.Charges == nil {
		return errors.New("pay: no bank is configured, or nobody keeps charges")
	}
	m.base = b
	b.Jobs.On(charge.EventOver, jobOver, m.over)
	for handler, do := range map[string]jobs.Handler{jobPoll: m.poll, jobAsk: m.ask, jobRefund: m.refund, jobGiveBack: m.giveBackLater, jobList: m.list, jobLetter: m.letter, jobFiscal: m.fiscal, jobWipe: m.wipe} {
		b.Jobs.Handle(handler, do)
	}
	if err := m.measure(); err != nil {
		return err
	}
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// provider is the one that an attempt was made at, or that takes a method.
func (m *Module) provider(name string) (Provider, error) {
	if m.deps.Bank.Name() == name {
		return m.deps.Bank, nil
	}
	if m.deps.Wallet != nil && m.deps.Wallet.Name() == name {
		return m.deps.Wallet, nil
	}
	return nil, fmt.Errorf("pay: the provider %q is not there", name)
}

func (m *Module) providerFor(method Method) (Provider, error) {
	switch {
	case method == ByPage || method == ByCard || method == ByQR:
		return m.deps.Bank, nil
	case method == ByWallet && m.deps.Wallet != nil:
		return m.deps.Wallet, nil
	}
	return nil, ErrMethod
}
