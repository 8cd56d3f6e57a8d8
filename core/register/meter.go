package register

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Why a result did not change just the entry that it means.
const (
	meansNone = "none"    // no entry fits: nothing was changed
	meansMany = "several" // several fit: the newest was changed
)

// newUnclear counts results that alter or end no entry, or one of several. One that is told twice counts twice.
func newUnclear() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "posad_register_unclear_total", Help: "Results that should alter or end an entry and fit none, or several.",
	}, []string{"register", "service", "fit"})
}

// measure registers the metrics.
func (m *Module) measure(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	if err := r.Register(m.unclear); err != nil {
		return fmt.Errorf("register: metrics: %w", err)
	}
	return nil
}
