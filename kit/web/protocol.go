package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"posad.city/kit/act"
	"posad.city/kit/fault"
)

// SurfaceProtocol is an endpoint of somebody else's protocol: OAuth's token endpoint, a calendar, a feed of a standard.
// It is neither a page nor our JSON: it knows no session, no form token and no check of origin, and reads the
// Authorization header itself. The operation's limits of size, time and rate and its permission hold as everywhere.
const SurfaceProtocol Surface = "protocol"

// Wire is how a protocol's endpoint speaks.
type Wire struct {
	// Fail answers a fault in the protocol's words: what the handler returned, and the edge's own refusals (rate, size,
	// time). It answers by Answer. nil, or an error from it: a problem of RFC 9457.
	Fail func(c *Context, status int, f *fault.Fault) error
	// People says that browsers come here on their way: a fault is a page. Fail is not asked then.
	People bool
	// Origin tells whether scripts of pages of an origin may read the answer (CORS); nil: no script of any other origin.
	// They never send this city's cookies.
	Origin func(c *Context, origin string) bool
	// Headers are the request headers that such scripts may set beside the few that the browser lets pass.
	Headers []string
}

// preflightAge is how long a browser remembers what an endpoint lets scripts do.
const preflightAge = 10 * time.Minute

// Protocol hangs an endpoint of a foreign protocol on an operation. An operation with PerMinute is held to that alone,
// not to the common limit by address: one server may speak for a million people.
func (s *Server) Protocol(op *Op, pattern string, handler Handler, wire Wire) {
	route := &Route{Pattern: pattern, Surface: SurfaceProtocol, Op: op, handler: handler, wire: wire}
	s.add(route)
	if wire.Origin == nil {
		return
	}
	if slices.ContainsFunc(s.preflights, func(path string) bool { return path == route.Path }) {
		return
	}
	s.preflights = append(s.preflights, route.Path)
	if err := s.mount(&Route{Pattern: "OPTIONS " + route.Path, Method: http.MethodOptions, Path: route.Path, Surface: SurfaceProtocol, Op: op, handler: preflight, wire: wire}); err != nil {
		s.faults = append(s.faults, fmt.Errorf("web: route %q: %w", pattern, err))
	}
}

// preflight answers a browser that asks what scripts may do here.
func preflight(c *Context) error {
	h := c.header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", strings.Join(append([]string{"Content-Type"}, c.route.wire.Headers...), ", "))
	h.Set("Access-Control-Max-Age", strconv.Itoa(int(preflightAge/time.Second)))
	c.answered = true
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// speak takes a request of a protocol through what its operation asks for.
func (s *Server) speak(c *Context) error {
	c.shareWith()
	if err := c.checkProtocolRate(); err != nil {
		return err
	}
	release, err := c.bound()
	defer release()
	if err != nil {
		return err
	}
	c.act = c.makeAct()
	if c.route.Op.Object == "" && c.r.Method != http.MethodOptions {
		if err := c.May(act.Object{}); err != nil {
			return err
		}
	}
	return c.call()
}

func (c *Context) checkProtocolRate() error {
	op := c.route.Op
	if op.PerMinute == 0 {
		return c.checkAddress()
	}
	if wait := c.s.byWhom.take(op.Name+" "+addressKey(c.address), op.PerMinute, c.Now()); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// shareWith lets scripts of an origin read the answer where the endpoint says so.
func (c *Context) shareWith() {
	allow := c.route.wire.Origin
	if allow == nil {
		return
	}
	c.header().Add("Vary", "Origin")
	origin := c.r.Header.Get("Origin")
	if origin == "" || len(origin) > 300 || !allow(c, origin) {
		return
	}
	c.header().Set("Access-Control-Allow-Origin", origin)
	c.header().Set("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Retry-After")
	c.header().Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// failProtocol tells a fault in the protocol's own words.
func (c *Context) failProtocol(status int, f *fault.Fault) {
	if c.route.wire.People {
		c.failPage(status, f)
		return
	}
	if fail := c.route.wire.Fail; fail != nil {
		err := fail(c, status, f)
		if err == nil && c.answered {
			return
		}
		c.s.deps.Log.Error("a protocol's own answer to a fault failed", "route", c.route.Pattern, "error", err)
	}
	c.problem(status, f)
}

// Answer answers bytes of a type with any status, for protocols. An answer without 2xx may leave before May was asked.
func (c *Context) Answer(status int, contentType string, body []byte) error {
	if err := c.leave.given(); err != nil && status < http.StatusBadRequest {
		return err
	}
	c.send(status, contentType, body)
	return nil
}

// Header sets a header of a protocol's answer, or one that an API route has described. Else the edge alone sets them.
func (c *Context) Header(name, value string) error {
	if c.route == nil || c.route.Surface != SurfaceProtocol && !slices.Contains(c.route.Describe.Headers, name) {
		return fmt.Errorf("web: header %s: only protocols set headers, and API routes those that they describe", name)
	}
	c.header().Set(name, value)
	return nil
}

// Leave sends the person's browser to another house, at an address that the caller has compared with one that it knows:
// nothing typed by a stranger belongs here. A browser that came by a form of ours would hold a plain redirect to
// form-action of the policy and refuse it, so it gets a page that goes on by itself, and content says where to.
func (c *Context) Leave(address string, content templ.Component) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(address, "\r\n\"'<> ") {
		return fmt.Errorf("web: leave: not a full http(s) address")
	}
	if !c.fromOurPage() || content == nil {
		c.redirect(address)
		return nil
	}
	c.header().Set("Refresh", "0; url="+address)
	return c.RenderStatus(http.StatusOK, content)
}
