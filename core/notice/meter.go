package notice

import "github.com/prometheus/client_golang/prometheus"

// meter counts what providers did with what was handed to them. A provider that has fallen silent shows as a rise of
// temporary and permanent, and as a stop of handed.
type meter struct{ sent *prometheus.CounterVec }

// handedOver is the outcome beside the kinds of failure.
const handedOver = "handed"

func newMeter() *meter {
	return &meter{sent: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "posad_notice_sendings_total", Help: "Tries to hand a notice or a one-time code to a provider, by channel and outcome.",
	}, []string{"channel", "what", "outcome"})}
}

func (m *meter) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	return r.Register(m.sent)
}

func (m *meter) count(channel Channel, what string, f *failure) {
	outcome := handedOver
	if f != nil {
		outcome = string(f.kind)
	}
	m.sent.WithLabelValues(string(channel), what, outcome).Inc()
}
