package exchange

import (
	"bytes"
	"context"
	"net/http"

	"posad.city/kit/act"
	"posad.city/kit/web"
)

// askedMost is how many questions an address may send in a minute: a member's server asks for many people.
const askedMost = 6000

// provideRoutes is the city's own side of X-Road.
func (m *Module) provideRoutes(s *web.Server) {
	op := s.Operation(act.Operation{Name: "exchange.provide", May: act.Everyone, PerMinute: askedMost})
	provider := m.provider()
	answer := func(c *web.Context) error {
		out := &buffered{header: http.Header{}, status: http.StatusOK}
		ctx := context.WithValue(c.Context(), providedKey{}, &provided{})
		provider.ServeHTTP(out, c.Request().WithContext(ctx))
		m.meter.asked.WithLabelValues(outcomeOf(out)).Inc()
		kind := out.header.Get("Content-Type")
		out.header.Del("Content-Type")
		for name := range out.header {
			if err := c.Header(name, out.header.Get(name)); err != nil {
				return err
			}
		}
		return c.Answer(out.status, kind, out.body.Bytes())
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		s.Protocol(op, method+" /r1/{service...}", answer, web.Wire{})
	}
}

// outcomeOf is what came of a question, for the meter.
func outcomeOf(b *buffered) string {
	if kind := b.header.Get("X-Road-Error"); kind != "" {
		return kind
	}
	return "answered"
}

// buffered is an answer that the edge sends.
type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (b *buffered) Header() http.Header { return b.header }

// WriteHeader implements http.ResponseWriter.
func (b *buffered) WriteHeader(status int) { b.status = status }

// Write implements http.ResponseWriter.
func (b *buffered) Write(p []byte) (int, error) { return b.body.Write(p) }
