package charity

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Module is the city's charity service. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps     Deps
	charges  Charges
	payments Payments
	base     *module.Base
	names    sync.Map // of funds, by id
	shelves  shelves
}

// New returns the module. Provide gives it what takes money.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = func() *time.Location { return time.UTC }
	}
	return &Module{deps: d}
}

// Provide gives what gifts are paid by.
func (m *Module) Provide(c Charges, p Payments) { m.charges, m.payments = c, p }

// Name implements module.Module.
func (m *Module) Name() string { return "charity" }

// Migrations is the module's schema.
var Migrations = store.Migrations{Module: "charity", Files: charitydb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The events that the module hears of charges. Object is the gift, holder its giver.
const (
	eventPaid     = "charge.paid"
	eventRefunded = "charge.refunded"
	eventChanged  = "charge.changed"   // owed again, for example
	eventEnded    = "charge.cancelled" // by an official, for example
	// eventCameBack: holder is the fund, object the payout that the bank sent back; its money is on the fund's account again.
	eventCameBack = "reconcile.came_back"
)

// The jobs.
const (
	jobPaid      = "charity.paid"
	jobBack      = "charity.back"
	jobOwed      = "charity.owed"
	jobEnded     = "charity.ended"
	jobLapse     = "charity.lapse"
	jobUnwelcome = "charity.unwelcome"
	jobReturned  = "charity.returned"
	jobTellSoon  = "charity.monthly_soon"
	jobMonthly   = "charity.monthly"
	jobDays      = "charity.days"
	jobSweep     = "charity.monthly_sweep"
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.City == nil || m.charges == nil || m.payments == nil {
		return errors.New("charity: the city and what takes money are needed")
	}
	m.base = b
	for event, job := range map[string]string{eventPaid: jobPaid, eventRefunded: jobBack, eventChanged: jobOwed, eventEnded: jobEnded} {
		b.Jobs.On(event, job, m.heard)
	}
	b.Jobs.On(eventCameBack, jobReturned, m.heardReturned)
	b.Jobs.Handle(jobUnwelcome, m.sendBack)
	b.Jobs.Handle(jobLapse, m.lapse)
	b.Jobs.Handle(jobTellSoon, m.tellSoon)
	b.Jobs.Handle(jobMonthly, m.giveMonthly)
	b.Jobs.Every(jobDays, 6*time.Hour, m.endAppeals)
	b.Jobs.Every(jobSweep, 6*time.Hour, m.sweep)
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

func (m *Module) now() time.Time { return m.base.Clock.Now() }

func (m *Module) today() calendar.Date { return calendar.DateOf(m.now(), m.deps.Zone()) }

func (m *Module) dayOf(at time.Time) string { return calendar.DateOf(at, m.deps.Zone()).String() }

// both is a text of the module in both languages.
func (m *Module) both(key string, args ...any) lang.Text {
	return lang.Text{RU: m.base.Texts.Text(lang.Russian, key, args...), EN: m.base.Texts.Text(lang.English, key, args...)}
}

func (m *Module) system(what id.ID) act.Act {
	return act.ByJob(id.New(m.now()), act.Purpose{Kind: "charity", ID: what.String()})
}

// payoutsAccount is where the money of approved payouts waits for the bank.
func (m *Module) payoutsAccount() ledger.Account {
	if m.deps.Payouts != nil {
		return m.deps.Payouts.Source()
	}
	return ledger.Named("payouts", money.RUB, ledger.Free)
}

// official is an act of office about a fund: a decision that everybody reads and an entry in the journal.
type official struct {
	fund   Fund
	object id.ID
	kind   string // fund_published …; the journal's kind is charity.<kind>
	reason string
	checks []string // keys of what was checked
	facts  []journal.Fact
}

// ready is an official act that waits for its Write.
type ready struct {
	after    func()
	decision charitydb.InsertDecisionParams
	entry    *journal.Ready
}

func (m *Module) prepareOfficial(ctx context.Context, a act.Act, o official) (*ready, error) {
	keys, err := m.base.Vault.Keys(ctx, o.fund.ID)
	if err != nil {
		return nil, fmt.Errorf("charity: keys: %w", err)
	}
	t := func(key string, args ...any) string { return m.base.Texts.Text(lang.Russian, key, args...) }
	facts := append([]journal.Fact{
		{Name: "fund", Label: t("charity.fact.fund"), Value: o.fund.Title.RU}, {Name: "ogrn", Label: t("charity.ogrn"), Value: o.fund.OGRN},
	}, o.facts...)
	for _, check := range o.checks {
		facts = append(facts, journal.Fact{Name: "checked_" + check, Label: t("charity.fact.checked"), Value: t("charity.check." + check)})
	}
	if o.reason != "" {
		facts = append(facts, journal.Fact{Name: "reason", Label: t("charity.reason"), Value: o.reason})
	}
	entry, err := m.base.Journal.Prepare(keys, journal.Entry{Act: a.ID, Kind: "charity." + o.kind, Title: t("charity.journal." + o.kind), Object: o.object, Facts: facts})
	if err != nil {
		return nil, fmt.Errorf("charity: journal: %w", err)
	}
	return &ready{after: m.unshelve, entry: entry, decision: charitydb.InsertDecisionParams{
		Fund: o.fund.ID, ID: id.New(m.now()), Object: o.object, Kind: o.kind, Reason: o.reason, Body: write(o.checks), Official: a.Actor.Person, Agency: a.Actor.Agency,
	}}, nil
}

func (r *ready) put(tx *store.Tx) error {
	d := r.decision
	d.At = tx.Now()
	tx.AfterCommit(r.after)
	if err := charitydb.InsertDecision(tx, d); err != nil {
		return err
	}
	_, err := journal.Enter(tx, r.entry)
	return err
}

// none turns an absent row into the module's own fault.
func none(err error) error {
	if errors.Is(err, store.ErrNone) {
		return ErrNone.Because(err)
	}
	return err
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("charity: %s: %w", what, err)
}
