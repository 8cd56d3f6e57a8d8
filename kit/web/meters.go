package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meters are the edge's own metrics. Their labels are routes and statuses: never paths, persons or addresses.
type meters struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	shed     *prometheus.CounterVec
	faults   *prometheus.CounterVec
	page     http.Handler
}

func newMeters(registry *prometheus.Registry) (*meters, error) {
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "posad_http_requests_total", Help: "Requests answered."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "posad_http_request_seconds", Help: "Time from the first byte of a request to the last of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "posad_http_in_flight", Help: "Requests being served now."}),
		shed:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "posad_http_shed_total", Help: "Requests refused because the server was full."}, []string{"why"}),
		faults:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "posad_http_faults_total", Help: "Faults told to callers."}, []string{"fault"}),
		page:     promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}
	for _, one := range []prometheus.Collector{m.requests, m.seconds, m.inFlight, m.shed, m.faults} {
		if err := registry.Register(one); err != nil {
			return nil, fmt.Errorf("web: metrics: %w", err)
		}
	}
	return m, nil
}

// note writes one request into log and metrics: the route's pattern, never the path or the query that was asked for, and
// what kind of actor it was, never who.
func (s *Server) note(c *Context, took time.Duration) {
	status := c.w.status
	if status == 0 {
		status = http.StatusOK
	}
	route := c.routeName()
	s.meters.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	s.meters.seconds.WithLabelValues(route).Observe(took.Seconds())
	if c.failed != "" {
		s.meters.faults.WithLabelValues(c.failed).Inc()
	}
	if c.route != nil && c.route.Surface == SurfaceStatic && status < http.StatusBadRequest {
		return
	}
	attributes := []slog.Attr{
		slog.String("request", c.reference), slog.String("route", route), slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("actor", string(c.act.Actor.Kind)),
		slog.Int64("bytes", c.w.bytes),
	}
	if c.failed != "" {
		attributes = append(attributes, slog.String("fault", c.failed))
	}
	s.deps.Log.LogAttrs(context.WithoutCancel(c.ctx), slog.LevelInfo, "request", attributes...)
}
