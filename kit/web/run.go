package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/clock"
)

// serve meets every request: health first, then a place among those in flight, then the route.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if s.operations(w, r) {
		return
	}
	c := s.newContext(w, r)
	measure := clock.Measure()
	s.meters.inFlight.Inc()
	defer func() {
		s.meters.inFlight.Dec()
		s.note(c, measure())
	}()
	defer c.rescue()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		s.shed(c, "in flight")
		return
	}
	if handler, pattern := s.mux.Handler(r); pattern == "" {
		c.unmatched(handler)
		return
	}
	s.mux.ServeHTTP(c.w, c.r)
}

func (s *Server) newContext(w http.ResponseWriter, r *http.Request) *Context {
	c := &Context{s: s, w: &recorder{ResponseWriter: w}, reference: newReference(), address: clientAddress(r, s.conf.TrustedProxies)}
	c.ctx = context.WithValue(r.Context(), contextKey{}, c)
	c.r = r.WithContext(c.ctx)
	c.act = act.Act{Actor: act.Actor{Kind: act.Nobody}, Channel: act.Web, Request: c.reference}
	s.secure(c.header())
	return c
}

// run takes one request through everything that its operation asks for. The order matters: what costs least and trusts
// least comes first.
func (s *Server) run(c *Context) error {
	if c.route.Surface == SurfaceStatic {
		return c.route.handler(c)
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.route.Op.Body)
	if c.route.Surface == SurfaceProtocol {
		return s.speak(c)
	}
	if err := c.checkAddress(); err != nil {
		return err
	}
	if err := c.checkOrigin(); err != nil {
		return err
	}
	release, err := c.bound()
	defer release()
	if err != nil {
		return err
	}
	if err := c.identify(); err != nil {
		return err
	}
	if err := c.checkToken(); err != nil {
		return err
	}
	if c.route.Op.Object == "" { // there is nothing to read first: who the actor is decides
		if err := c.May(act.Object{}); err != nil {
			return err
		}
	}
	return c.once(c.call)
}

// bound puts the operation's limits of time and of memory on the request. The function that it returns takes them off
// again: an error page is made in its own time. Call it whatever the error.
func (c *Context) bound() (func(), error) {
	op := c.route.Op
	leaveUploads, ok := c.enterUploads()
	if !ok {
		return leaveUploads, faultBusy
	}
	whole := c.ctx
	ctx, cancel := context.WithTimeout(whole, op.Timeout)
	c.ctx = ctx
	c.r = c.r.WithContext(ctx)
	// A writer that knows no deadlines is a test's; it has the context's.
	control, end := http.NewResponseController(c.w), c.s.wall.Now().Add(op.Timeout+deadlineSlack)
	_ = control.SetReadDeadline(end)
	_ = control.SetWriteDeadline(end)
	return func() {
		cancel()
		leaveUploads()
		c.ctx = whole
		c.r = c.r.WithContext(whole)
	}, nil
}

// enterUploads takes a place among the few requests that may carry much, since these are held in memory.
func (c *Context) enterUploads() (func(), bool) {
	if c.route.Op.Body <= 1<<20 || safeMethod(c.r.Method) {
		return func() {}, true
	}
	select {
	case c.s.uploads <- struct{}{}:
		return func() { <-c.s.uploads }, true
	default:
		c.s.meters.shed.WithLabelValues("uploads").Inc()
		return func() {}, false
	}
}

// identify finds who is there and whether that is enough for the operation.
func (c *Context) identify() error {
	if err := c.enter(); err != nil {
		return err
	}
	c.language = "" // the session may know better
	c.act = c.makeAct()
	c.headersFor()
	if c.key != nil {
		return c.admit()
	}
	if c.session == nil {
		if !c.route.Op.Open() {
			return faultUnsigned
		}
		return nil
	}
	if now := c.Now(); now.Sub(c.session.Seen) >= touchEvery {
		c.s.deps.Sessions.Touch(c.ctx, c.session.ID, now)
	}
	if err := c.checkRate("person "+c.session.Person.String(), c.s.conf.PerPerson); err != nil {
		return err
	}
	return c.enough(c.route.Op.Operation)
}

// enough tells whether the sign-in is sure, strong and fresh enough for an operation.
func (c *Context) enough(op act.Operation) error {
	switch s := c.session; {
	case !s.By.IsZero() && !op.AtCentre():
		return faultCentre
	case s.Assurance < op.Assurance:
		return faultAssurance
	case !s.Strong && (op.Strong || s.Two && op.Fresh > 0):
		return faultStrong
	case op.Fresh > 0 && c.Now().Sub(s.Proved) >= op.Fresh:
		return faultFresh
	}
	return nil
}

// call runs the handler and holds it to its word: an answer, or an error.
func (c *Context) call() error {
	err := c.route.handler(c)
	if err == nil && !c.answered {
		return fmt.Errorf("web: %s answered nothing", c.route.Pattern)
	}
	if errors.Is(err, errUnasked) {
		c.breach("answered before May was asked")
	}
	return err
}

// rescue turns a panic of a handler into an error page and a line in the log.
func (c *Context) rescue() {
	thrown := recover()
	if thrown == nil {
		return
	}
	if thrown == http.ErrAbortHandler {
		panic(thrown) // net/http breaks the connection: the answer had begun
	}
	defer func() {
		switch again := recover(); again {
		case nil:
		case http.ErrAbortHandler:
			panic(again)
		default:
			c.plainly(http.StatusInternalServerError) // the error page panics too
		}
	}()
	c.s.deps.Log.Error("panic", "request", c.reference, "route", c.routeName(), "thrown", fmt.Sprint(thrown), "stack", string(debug.Stack()))
	c.finish(faultInternal)
}

// unmatched answers for a path that no route has: the mux knows whether it is another method's, or needs a slash.
func (c *Context) unmatched(handler http.Handler) {
	if wait := c.s.byWhom.take(addressKey(c.address), c.s.conf.PerAddress, c.Now()); wait > 0 {
		c.finish(tooMany(wait))
		return
	}
	if err := c.enter(); err == nil { // the page of a missing page knows who reads it
		c.act = c.makeAct()
	}
	probe := &probe{header: http.Header{}}
	handler.ServeHTTP(probe, c.r)
	switch {
	case probe.status == http.StatusMethodNotAllowed:
		c.header().Set("Allow", probe.header.Get("Allow"))
		c.finishAs(http.StatusMethodNotAllowed, faultMethod)
	case probe.status >= 300 && probe.status < 400:
		c.header().Set("Location", probe.header.Get("Location"))
		c.answered = true
		c.w.WriteHeader(probe.status)
	default:
		c.finish(faultMissing)
	}
}

// probe is a response writer that only looks.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// shed refuses at once, with as little work as can be: a page of one line in both languages.
func (s *Server) shed(c *Context, why string) {
	s.meters.shed.WithLabelValues(why).Inc()
	c.answered = true
	c.header().Set("Retry-After", "2")
	c.header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = c.w.Write([]byte("Сейчас очень много посетителей. Подождите несколько секунд и обновите страницу.\n" +
		"Very many people are here right now. Wait a few seconds and reload the page.\n"))
}

// newReference names a request so that a person can dictate it: eight letters and digits without look-alikes.
func newReference() string {
	const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // 32 of them, so that a byte falls on each alike
	out := randomBytes(8)
	for i, b := range out {
		out[i] = letters[b%32]
	}
	return string(out[:4]) + "-" + string(out[4:])
}

func (c *Context) routeName() string {
	if c.route == nil {
		return "none"
	}
	return c.route.Pattern
}

// isAPI tells which kind of error the caller reads.
func (c *Context) isAPI() bool {
	if c.route != nil {
		return c.route.Surface == SurfaceAPI
	}
	return strings.HasPrefix(c.r.URL.Path, "/api/")
}

// deadlineSlack is what reading and writing may take beyond the operation's own time.
const deadlineSlack = 5 * time.Second
