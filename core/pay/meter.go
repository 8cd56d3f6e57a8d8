package pay

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// meters are what an operator watches of payments; docs/operator/monitoring.md names them.
type meters struct {
	refused prometheus.Counter // refunds that the bank refused for good
	kept    prometheus.Counter // sums that are to go back and can't by any payment
	outside prometheus.Counter // money that moved at a provider otherwise than agreed
	fiscal  prometheus.Counter // receipts that the fiscal operator did not take for good
}

func (m *Module) measure() error {
	m.met = meters{
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "posad_pay_refunds_refused_total", Help: "Refunds that a provider refused for good: somebody must look"}),
		kept:    prometheus.NewCounter(prometheus.CounterOpts{Name: "posad_pay_over_kept_total", Help: "Sums paid beyond what is owed that no payment can give back: somebody must look"}),
		outside: prometheus.NewCounter(prometheus.CounterOpts{Name: "posad_pay_outside_total", Help: "Money that moved at a provider otherwise than the city asked for: given back by others, another amount taken, disputed anew: somebody must look"}),
		fiscal:  prometheus.NewCounter(prometheus.CounterOpts{Name: "posad_pay_fiscal_refused_total", Help: "Receipts that the fiscal operator refused for good"}),
	}
	if m.base.Metrics == nil {
		return nil
	}
	return errors.Join(m.base.Metrics.Register(m.met.refused), m.base.Metrics.Register(m.met.kept), m.base.Metrics.Register(m.met.outside), m.base.Metrics.Register(m.met.fiscal))
}
