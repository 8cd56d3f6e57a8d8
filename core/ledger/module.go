package ledger

import (
	"context"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/agency"
	"posad.city/core/ledger/internal/store"
	"posad.city/core/module"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Zone func() *time.Location // the city's
}

// Module closes the days of the books and proves them. Money is moved by Post, Reserve and their like, which need no module.
type Module struct {
	module.Plain
	deps   Deps
	base   *module.Base
	drifts prometheus.Gauge
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "ledger" }

// Migrations is the schema of the books.
var Migrations = store.Migrations{Module: "ledger", Files: ledgerdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

const (
	jobClose   = "ledger.close"
	closeEvery = 10 * time.Minute
	// closeMost is how many days one round closes, after a city stood still for long.
	closeMost = 100

	// EntryDay is the kind of journal entry that signs a day's totals.
	EntryDay = "ledger.day"
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Zone == nil {
		return errors.New("ledger: no time zone is given")
	}
	m.base = b
	m.drifts = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "posad_ledger_drifts", Help: "Accounts whose balance was not what their transfers come to, when the books were last proved.",
	})
	if b.Metrics != nil {
		if err := b.Metrics.Register(m.drifts); err != nil {
			return fmt.Errorf("ledger: metrics: %w", err)
		}
	}
	b.Jobs.Every(jobClose, closeEvery, m.close)
	return nil
}

// close closes the days that are over and proves the books after each round that closed any.
func (m *Module) close(ctx context.Context, _ jobs.Job) error {
	ctx = store.Background(ctx)
	entry := func(d Day) (*journal.Ready, error) { return m.prepareEntry(ctx, d) }
	closed := 0
	for range closeMost {
		day, did, err := closeNext(ctx, m.base.Store, m.deps.Zone(), m.base.Clock.Now(), entry)
		if err != nil {
			return err
		}
		if !did {
			break
		}
		closed++
		m.base.Log.Info("ledger: a day is closed", "day", day.Day.String(), "transfers", day.Transfers, "amount", day.Amount)
	}
	if closed == 0 {
		return nil
	}
	proof, err := Prove(ctx, m.base.Store, false)
	if err != nil {
		return err
	}
	m.drifts.Set(float64(len(proof.Drifts)))
	for _, d := range proof.Drifts {
		m.base.Log.Error("ledger: an account's balance is not what its transfers come to", "account", d.Account.String(), "balance", d.Balance, "transfers", d.Transfers)
	}
	return nil
}

// prepareEntry makes ready what signs a day's totals into the journal.
func (m *Module) prepareEntry(ctx context.Context, d Day) (*journal.Ready, error) {
	if m.base.Journal == nil || m.base.Vault == nil {
		return nil, nil // a module that stands alone
	}
	keys, err := m.base.Vault.Keys(ctx, agency.ID(agency.City))
	if err != nil {
		return nil, fmt.Errorf("ledger: the city's key: %w", err)
	}
	fact := func(name, value string) journal.Fact {
		return journal.Fact{Name: name, Label: m.base.Texts.Text(lang.Russian, "ledger.journal.fact_"+name), Value: value}
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: id.New(m.base.Clock.Now()), Kind: EntryDay, Title: m.base.Texts.Text(lang.Russian, "ledger.journal.day"), Object: id.Derived("ledger day", d.Day.String()),
		Facts: []journal.Fact{
			fact("day", d.Day.String()), fact("transfers", strconv.FormatInt(d.Transfers, 10)),
			fact("amount", strconv.FormatInt(d.Amount, 10)), fact("digest", hex.EncodeToString(d.Digest[:])),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: enter a day: %w", err)
	}
	return ready, nil
}
