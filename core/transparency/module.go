package transparency

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/module"
	"posad.city/kit/fault"
	"posad.city/kit/journal"
	"posad.city/kit/witness"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	Folder string         // where this node keeps what was published; empty: no files
	Zone   *time.Location // the city's; nil: UTC
	// Witnesses outside who are asked to confirm the log, and how many of them together are believed; 0: more than half.
	Witnesses []witness.Known
	Quorum    int
}

// Module shows the public log. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
	log  *journal.Log
}

// The faults of what is asked for.
var (
	ErrLeaf    = fault.New(fault.Invalid, "transparency.bad_leaf")     // not 32 bytes as base64 or hexadecimal digits
	ErrUnknown = fault.New(fault.Missing, "transparency.unknown_leaf") // no act of the city has this leaf
	ErrWaits   = fault.New(fault.Missing, "transparency.waits")        // the act waits for its place
	ErrSizes   = fault.New(fault.Invalid, "transparency.bad_sizes")    // not two sizes of the log, the smaller first
	ErrBegins  = fault.New(fault.Conflict, "transparency.begins")      // the first checkpoint is not published yet
	ErrTile    = fault.New(fault.Missing, "transparency.no_tile")      // the log has no such tile
	ErrBroken  = fault.New(fault.Unavailable, "transparency.broken")   // a proof could not be made
)

// New returns the module.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return &Module{deps: d}
}

// Name implements module.Module.
func (m *Module) Name() string { return "transparency" }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if b.Seal == nil || b.Journal == nil || b.Vault == nil {
		return errors.New("transparency: seal, journal and vault are needed")
	}
	m.base = b
	m.log = journal.OpenLog(journal.LogOptions{Store: b.Store, Seal: b.Seal, Clock: b.Clock, Log: b.Log, Folder: m.deps.Folder, Zone: m.deps.Zone, Witnesses: m.deps.Witnesses, Quorum: m.deps.Quorum})
	b.Journal.Attach(m.log)
	if b.Web != nil {
		m.routes(b.Web)
	}
	return m.meters()
}

// Log is this node's side of the public log.
func (m *Module) Log() *journal.Log { return m.log }

// Start implements module.Module.
func (m *Module) Start(ctx context.Context) error { return m.log.Start(ctx) }

// Stop implements module.Module.
func (m *Module) Stop(context.Context) error {
	if m.log != nil {
		m.log.Stop()
	}
	return nil
}

// meters tell an operator how the log stands.
func (m *Module) meters() error {
	if m.base.Metrics == nil {
		return nil
	}
	gauges := []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posad_log_size", Help: "Entries of the published log."}, func() float64 {
			if p := m.log.Published(); p != nil {
				return float64(p.Size)
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posad_log_stopped", Help: "1 while the database differs from what was published."}, func() float64 {
			if m.log.Stopped() != nil {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posad_log_confirmed_size", Help: "Entries of the newest checkpoint that a quorum of witnesses has signed."}, func() float64 {
			return float64(m.log.Confirmations().Size)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posad_log_witness_quorum_missing_seconds", Help: "How long no quorum of witnesses has signed the log; 0 without witnesses."}, func() float64 {
			return m.log.Confirmations().Missing(m.base.Clock.Now()).Seconds()
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posad_log_witnesses_failing", Help: "Witnesses whose last word was not a signature."}, func() float64 {
			failing := 0
			for _, w := range m.log.Confirmations().Witnesses {
				if w.Trouble != "" {
					failing++
				}
			}
			return float64(failing)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posad_log_held", Help: "1 while witnesses know more of the log than the database, or another history, and no places are given."}, func() float64 {
			if m.log.Confirmations().Hold != nil {
				return 1
			}
			return 0
		}),
	}
	for _, g := range gauges {
		if err := m.base.Metrics.Register(g); err != nil {
			return fmt.Errorf("transparency: meters: %w", err)
		}
	}
	return nil
}
