package reconcile

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/charge"
	"posad.city/core/module"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Deps are what the module is given by the app.
type Deps struct {
	Treasury string // key of the agency that keeps the books
	Account  Own    // without a number no statement is taken
	Payments Payments
	Charges  Charges
	Payees   func(ctx context.Context) ([]Payee, error)
	People   People // nil: officials are not named
	// KindName is what a kind of charges is called; nil, or an empty name: its key.
	KindName func(kind string, l lang.Language) string
	Bank     Banker // nil: statements and orders are carried by hand
	Zone     func() *time.Location
}

// Module is the treasury's side of money. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base

	faults  prometheus.Gauge
	proved  prometheus.Gauge
	late    prometheus.Gauge
	waiting prometheus.Gauge
	skipped prometheus.Counter
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "reconcile" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "reconcile", Files: reconciledb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The jobs.
const (
	jobFold   = "reconcile.fold"
	jobFollow = "reconcile.follow"
	jobDaily  = "reconcile.daily"
	jobBank   = "reconcile.bank"
	jobOver   = "reconcile.over"
	jobGive   = "reconcile.give_back"

	foldEvery  = time.Minute
	dailyEvery = time.Hour
	bankEvery  = 15 * time.Minute
)

// followed are core/pay's events after which a statement must show something.
var followed = []string{pay.EventTaken, pay.EventRefunded, pay.EventGiven, pay.EventDisputed}

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Zone == nil || m.deps.Treasury == "" || m.deps.Charges == nil || m.deps.Payees == nil {
		return errors.New("reconcile: the treasury, the zone, charges and payees are needed")
	}
	m.base = b
	b.Jobs.Every(jobFold, foldEvery, m.foldJob, jobs.Limit(1))
	b.Jobs.Every(jobDaily, dailyEvery, m.daily, jobs.Limit(1))
	b.Jobs.On(charge.EventOver, jobOver, m.over)
	b.Jobs.On(pay.EventGiveBackElsewhere, jobGive, m.giveBack)
	if m.deps.Bank != nil {
		b.Jobs.Every(jobBank, bankEvery, m.askBank, jobs.Limit(1))
	}
	if m.deps.Payments != nil {
		for _, event := range followed {
			b.Jobs.On(event, jobFollow, m.follow)
		}
	}
	if b.Web != nil {
		m.routes(b.Web)
	}
	return m.measure()
}

func (m *Module) measure() error {
	m.faults = prometheus.NewGauge(prometheus.GaugeOpts{Name: "posad_books_faults", Help: "Differences that the last proof of the books found."})
	m.proved = prometheus.NewGauge(prometheus.GaugeOpts{Name: "posad_books_proved_timestamp_seconds", Help: "When the books were last proved."})
	m.late = prometheus.NewGauge(prometheus.GaugeOpts{Name: "posad_books_missing", Help: "Payments, refunds and payouts that no statement has shown in time, at the last proof."})
	m.waiting = prometheus.NewGauge(prometheus.GaugeOpts{Name: "posad_books_order_wait_seconds", Help: "For how long the oldest order to pay out waits that was let out and that the bank has not taken; 0: none waits."})
	m.skipped = prometheus.NewCounter(prometheus.CounterOpts{Name: "posad_books_skipped_lines_total", Help: "Lines of the books about a charge that are no payee's income and no account of the treasury's: they are in no sum by day."})
	if m.base.Metrics == nil {
		return nil
	}
	for _, one := range []prometheus.Collector{m.faults, m.proved, m.late, m.waiting, m.skipped} {
		if err := m.base.Metrics.Register(one); err != nil {
			return fmt.Errorf("reconcile: metrics: %w", err)
		}
	}
	return nil
}

// Zone is the city's time zone.
func (m *Module) Zone() *time.Location { return m.deps.Zone() }

func (m *Module) today() calendar.Date { return calendar.DateOf(m.base.Clock.Now(), m.deps.Zone()) }

// system is the act of the module itself.
func (m *Module) system() act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "books"})
}

// fact is one fact of a journal entry, with its label.
func (m *Module) fact(name, value string) journal.Fact {
	return journal.Fact{Name: name, Label: m.base.Texts.Text(lang.Russian, "reconcile.journal.fact_"+name), Value: value}
}

// entry makes an entry of an official act ready, in the treasury's account.
func (m *Module) entry(ctx context.Context, actID id.ID, kind string, object id.ID, facts ...journal.Fact) (*journal.Ready, error) {
	keys, err := m.base.Vault.Keys(ctx, m.treasury())
	if err != nil {
		return nil, fmt.Errorf("reconcile: the treasury's key: %w", err)
	}
	if actID.IsZero() {
		actID = id.New(m.base.Clock.Now())
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: actID, Kind: kind, Title: m.base.Texts.Text(lang.Russian, "reconcile.journal."+kind[len("reconcile."):]), Object: object, Facts: facts,
	})
	if err != nil {
		return nil, fmt.Errorf("reconcile: journal: %w", err)
	}
	return ready, nil
}
