package web

import (
	"net/http"
	"strings"
)

// secure puts on the headers that every answer has, errors and files too.
func (s *Server) secure(h http.Header) {
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Cache-Control", "no-store")
	if s.conf.Secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// policy allows nothing but our own files: no inline script or style can run, whatever gets into a page. Forms may lead
// to the banks' pages because browsers hold redirects after a form to form-action too.
func policy(formTargets []string) string {
	targets := strings.Join(append([]string{"'self'"}, formTargets...), " ")
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; form-action " + targets + "; frame-ancestors 'none'; base-uri 'none'"
}

// headersFor loosens caching where an answer is nobody's own: it may be kept if it is asked about again each time.
func (c *Context) headersFor() {
	if c.Personal() {
		return
	}
	c.header().Set("Cache-Control", "private, no-cache")
	c.header().Add("Vary", "Cookie, Accept-Language")
}
