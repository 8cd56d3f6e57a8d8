package web

import (
	"net/http"
	"strings"
	"testing"

	"posad.city/kit/act"
)

// Whatever host a request names, addresses that leave the city by letters and QR codes are the city's own, and no answer
// leads to the host that was named.
func TestNoAnswerNamesTheHostOfARequest(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "letter.write", May: act.Everyone})
		s.Page(op, "GET /letter", func(c *Context) error { return c.Render(text("read " + c.URL("/letters/1"))) })
		s.Page(s.Operation(act.Operation{Name: "desk.see", May: act.SignedIn}), "GET /desk", func(c *Context) error { return c.Render(text("desk")) })
	})
	for _, path := range []string{"/letter", "/desk", "/nowhere", "/desk/"} {
		got := y.browser("").get(path, func(r *http.Request) {
			r.Host = "evil.example"
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Header.Set("Forwarded", "host=evil.example")
		})
		if strings.Contains(got.body, "evil.example") || strings.Contains(got.Header.Get("Location"), "evil.example") {
			t.Errorf("%s: %d %q %q", path, got.StatusCode, got.Header.Get("Location"), got.body)
		}
		if path == "/letter" && !strings.Contains(got.body, y.server.conf.BaseURL+"/letters/1") {
			t.Errorf("the letter's address is not the city's: %q", got.body)
		}
	}
}
