package autopay

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"posad.city/core/autopay/internal/store"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Charges  Charges
	Payments Payments
	// Mandates bound what one arranges for another; nil: nobody does here.
	Mandates Mandates
	Teller   Teller
	// KindName is what a kind of charges is called, and AgencyName a payee.
	KindName   func(kind string, l lang.Language) string
	AgencyName func(payee id.ID, l lang.Language) string
	// Basket is the page on which bills are paid by hand, with them chosen.
	Basket func(charges []id.ID) string
	Zone   func() *time.Location
}

// Teller tells people; *notice.Module is one.
type Teller interface {
	Prepare(ctx context.Context, n notice.Notice) (*notice.Prepared, error)
}

// Mandates are those by which one person pays for another; *mandate.Module is one.
type Mandates interface {
	Mandate(ctx context.Context, giver, mandateID id.ID) (mandate.Mandate, error)
	Purse(ctx context.Context, giver, mandateID id.ID) (mandate.Purse, bool, error)
	Taken(ctx context.Context, taker id.ID) ([]mandate.Mandate, error)
	Holds(r store.Reader, giver, taker id.ID, scope, service string) (id.ID, error)
	Reserve(tx *store.Tx, a act.Act, payment id.ID, amount money.Amount) error
	Release(tx *store.Tx, giver, payment id.ID) error
	Settle(tx *store.Tx, giver, payment id.ID) error
}

// Module keeps standing orders. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "autopay" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "autopay", Files: autopaydb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The jobs.
const (
	jobBill   = "autopay.bill"   // something happened to a bill
	jobJudge  = "autopay.judge"  // a turn is looked at
	jobTake   = "autopay.take"   // a try is taken to core/pay
	jobFate   = "autopay.fate"   // core/pay says how a payment ended
	jobMeet   = "autopay.meet"   // a bill is shown to an order
	jobBounds = "autopay.bounds" // a mandate changed
)

// The events that the module hears, by name: those of core/charge and core/pay.
var (
	billEvents = []string{"charge.due", "charge.changed", "charge.paid", "charge.cancelled"}
	fateEvents = []string{"pay.taken", "pay.failed"}
)

// The recurring work.
const (
	sweepEvery = 10 * time.Minute
	cardsEvery = 6 * time.Hour
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	d := m.deps
	if d.Charges == nil || d.Payments == nil || d.Teller == nil || d.KindName == nil || d.AgencyName == nil || d.Basket == nil || d.Zone == nil {
		return errors.New("autopay: bills, payments, notices, names and the zone are compulsory")
	}
	m.base = b
	for _, event := range billEvents {
		b.Jobs.On(event, jobBill, m.heardBill)
	}
	for _, event := range fateEvents {
		b.Jobs.On(event, jobFate, m.heardFate)
	}
	b.Jobs.On(mandate.EventGiven, jobBounds, m.heardMandate)
	b.Jobs.Handle(jobMeet, m.meet)
	b.Jobs.Handle(jobJudge, m.judge)
	b.Jobs.Handle(jobTake, m.take)
	b.Jobs.Every("autopay.sweep", sweepEvery, m.sweep)
	b.Jobs.Every("autopay.cards", cardsEvery, m.cards)
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// today is the city's day now.
func (m *Module) today() calendar.Date { return calendar.DateOf(m.base.Clock.Now(), m.deps.Zone()) }

// system is the house's own act of seeing to somebody's orders: nobody looks.
func (m *Module) system() act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "account"})
}

// kindName is what a kind of bills is called, also when the city has it no more.
func (m *Module) kindName(kind string, l lang.Language) string {
	if name := m.deps.KindName(kind, l); name != "" {
		return name
	}
	return m.base.Texts.Text(l, "autopay.kind_other")
}

// home finds whose an order, a turn, a template or a payment is.
func (m *Module) home(ctx context.Context, what id.ID) (autopaydb.AutopayHome, error) {
	var out autopaydb.AutopayHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = autopaydb.HomeOf(r, what)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// wake has a turn judged soon.
func (m *Module) wake(tx *store.Tx, person, turn id.ID) error {
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobJudge, Holder: person, Object: turn})
}
