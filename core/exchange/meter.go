package exchange

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// meter is what operators see of the exchange.
type meter struct {
	requests *prometheus.CounterVec
	reused   *prometheus.CounterVec
	asked    *prometheus.CounterVec
	faults   prometheus.Gauge
}

func newMeter() *meter {
	return &meter{requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "posad_exchange_tries_total", Help: "Tries to get a certificate, by register and what came of it.",
	}, []string{"register", "outcome"}), reused: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "posad_exchange_reused_total", Help: "Certificates that were still fresh and were not asked for again.",
	}, []string{"register"}), asked: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "posad_exchange_asked_total", Help: "Questions of other members to the city, by what came of them.",
	}, []string{"outcome"}), faults: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "posad_exchange_log_faults", Help: "What this node's checks of the log of messages found in the round under way, or the last one.",
	})}
}

func (m *meter) tried(register string, t Trouble) {
	outcome := string(t)
	if t == None {
		outcome = "answered"
	}
	m.requests.WithLabelValues(register, outcome).Inc()
}

var (
	breakerOpen  = prometheus.NewDesc("posad_exchange_breaker_open", "1 while the register is left alone, 0.5 while one request tries it.", []string{"agency", "register"}, nil)
	underWay     = prometheus.NewDesc("posad_exchange_under_way", "Requests to the register under way.", []string{"agency", "register"}, nil)
	requestTime  = prometheus.NewDesc("posad_exchange_request_seconds_total", "Time spent on requests to the register.", []string{"agency", "register"}, nil)
	breakerShown = map[string]float64{"open": 1, "half-open": 0.5}
)

// measure registers the metrics; the gates' are read when they are collected.
func (m *Module) measure(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{m.meter.requests, m.meter.reused, m.meter.asked, m.meter.faults, gateCollector{&m.gates}} {
		if err := r.Register(c); err != nil {
			return fmt.Errorf("exchange: metrics: %w", err)
		}
	}
	return nil
}

type gateCollector struct{ gates *gates }

// Describe implements prometheus.Collector.
func (gateCollector) Describe(out chan<- *prometheus.Desc) {
	out <- breakerOpen
	out <- underWay
	out <- requestTime
}

// Collect implements prometheus.Collector.
func (c gateCollector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.gates.standings() {
		out <- prometheus.MustNewConstMetric(breakerOpen, prometheus.GaugeValue, breakerShown[s.Breaker], s.Agency, s.Register)
		out <- prometheus.MustNewConstMetric(underWay, prometheus.GaugeValue, float64(s.UnderWay), s.Agency, s.Register)
		out <- prometheus.MustNewConstMetric(requestTime, prometheus.CounterValue, s.Total.Seconds(), s.Agency, s.Register)
	}
}
