package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"
	"github.com/prometheus/client_golang/prometheus"

	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// Config is what the operator decides. The zero value of a field means what its comment says.
type Config struct {
	BaseURL        string         // the city's address as people type it, for example https://posad.example; required
	Secure         bool           // the city is reached by https: cookies are Secure and __Host-, HSTS is sent
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; empty: nobody's
	Operators      []netip.Prefix // who may read /metrics, without a proxy between; empty: loopback
	FormTargets    []string       // other origins that a form may lead to: banks' payment pages
	SignIn         string         // path of the sign-in page; empty: /sign-in
	Raise          string         // path of the page where a signed-in person shows more; empty: such a fault is told as any other
	Secrets        [][]byte       // keys of at least 32 bytes for cookies: the first seals, all open; empty: a random one
	InFlight       int            // requests served at once before others get 503; 0: 512
	Uploads        int            // of these, requests that may carry over a MiB; 0: 8
	PerAddress     int            // requests a minute from one address; 0: 1200 (a whole school may share one)
	PerPerson      int            // requests a minute by one person; 0: 300
	Drain          time.Duration  // how long /readyz says no before connections close; 0: at once
	Version        string         // of the API document
}

// Deps is what the server is given by the rest of the house. Deps may come in two parts, New and Provide, because some
// of them register pages themselves.
type Deps struct {
	Operations *act.Registry
	Sessions   Sessions
	Relator    Relator
	Texts      Texts
	Clock      clock.Clock
	Log        *slog.Logger
	Metrics    *prometheus.Registry // nil: a registry of its own
	Holder     Holder               // nil: in memory
	Counters   Counters             // nil: Guard fails
	Answers    Answers              // nil: the Idempotency-Key header is refused
	Keys       Keys                 // of agencies' programs; nil: none is known

	// ErrorPage is the page of a fault. It must not fail for want of a session.
	ErrorPage func(c *Context, f *fault.Fault) templ.Component
	// Shell puts a page's content between header and footer; nil: content is a whole page already.
	Shell func(c *Context, content templ.Component) templ.Component
	// Breach is told of every handler that answered without permission asked. A test fails by it. May be nil.
	Breach func(operation, what string)
}

// Texts finds the words; *lang.Catalogue is one.
type Texts interface {
	Text(l lang.Language, key string, args ...any) string
	TextWith(l lang.Language, key string, params map[string]string) string
	Has(key string) bool
}

// Server holds the routes. Register everything before Handler is called; after that it is safe for concurrent use.
type Server struct {
	conf       Config
	deps       Deps
	host       string
	mux        *http.ServeMux
	routes     []*Route
	faults     []error
	preflights []string // paths of protocols that answer OPTIONS
	origin     *http.CrossOriginProtection
	box        atomic.Pointer[box]
	byWhom     *buckets
	meters     *meters
	checks     []check
	slots      chan struct{}
	uploads    chan struct{}
	wall       clock.System // for deadlines of connections, which the demo's moved clock must not touch
	draining   atomic.Bool
	document   []byte
	policy     string // Content-Security-Policy
}

// New checks the configuration and returns a server with no routes.
func New(conf Config, deps Deps) (*Server, error) {
	base, err := url.Parse(conf.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || strings.Trim(base.Path, "/") != "" {
		return nil, fmt.Errorf("web: base address %q: want http(s)://host with no path", conf.BaseURL)
	}
	conf.BaseURL = base.Scheme + "://" + base.Host
	conf = withDefaults(conf)
	if len(conf.Secrets) == 0 {
		conf.Secrets = [][]byte{randomBytes(32)}
	}
	sealer, err := newBox(conf.Secrets)
	if err != nil {
		return nil, err
	}
	s := &Server{
		conf: conf, host: base.Host, mux: http.NewServeMux(), byWhom: newBuckets(),
		origin: http.NewCrossOriginProtection(), policy: policy(conf.FormTargets),
		slots: make(chan struct{}, conf.InFlight), uploads: make(chan struct{}, conf.Uploads),
	}
	s.box.Store(sealer)
	if err := s.origin.AddTrustedOrigin(conf.BaseURL); err != nil {
		return nil, fmt.Errorf("web: base address: %w", err)
	}
	for _, target := range conf.FormTargets {
		if u, err := url.Parse(target); err != nil || u.Host == "" || strings.ContainsAny(target, " ;,'\"") {
			return nil, fmt.Errorf("web: form target %q: want an origin such as https://bank.example", target)
		}
	}
	s.Provide(deps)
	return s, nil
}

// Rekey changes the secrets under which cookies and form tokens are made: the first makes, each opens. What is open stays
// open as long as its secret is among them.
func (s *Server) Rekey(secrets [][]byte) error {
	fresh, err := newBox(secrets)
	if err != nil {
		return err
	}
	if len(secrets) == 0 {
		return errors.New("web: rekey: no secrets are given")
	}
	s.box.Store(fresh)
	return nil
}

func withDefaults(conf Config) Config {
	setDefault(&conf.SignIn, "/sign-in")
	setDefault(&conf.InFlight, 512)
	setDefault(&conf.Uploads, 8)
	setDefault(&conf.PerAddress, 1200)
	setDefault(&conf.PerPerson, 300)
	setDefault(&conf.Version, "1")
	if len(conf.Operators) == 0 {
		conf.Operators = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return conf
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Provide adds the dependencies that are set in d to those that the server has; later ones win. Call it before Handler.
func (s *Server) Provide(d Deps) {
	provide(&s.deps.Operations, d.Operations)
	provide(&s.deps.Log, d.Log)
	provide(&s.deps.Metrics, d.Metrics)
	if d.Sessions != nil {
		s.deps.Sessions = d.Sessions
	}
	if d.Relator != nil {
		s.deps.Relator = d.Relator
	}
	if d.Texts != nil {
		s.deps.Texts = d.Texts
	}
	if d.Clock != nil {
		s.deps.Clock = d.Clock
	}
	if d.Holder != nil {
		s.deps.Holder = d.Holder
	}
	if d.Counters != nil {
		s.deps.Counters = d.Counters
	}
	if d.Answers != nil {
		s.deps.Answers = d.Answers
	}
	if d.Keys != nil {
		s.deps.Keys = d.Keys
	}
	s.provideFaces(d)
}

func (s *Server) provideFaces(d Deps) {
	if d.ErrorPage != nil {
		s.deps.ErrorPage = d.ErrorPage
	}
	if d.Shell != nil {
		s.deps.Shell = d.Shell
	}
	if d.Breach != nil {
		s.deps.Breach = d.Breach
	}
}

func provide[T any](have **T, given *T) {
	if given != nil {
		*have = given
	}
}

// Handler checks that everything was registered well and provided, and returns the whole edge. The error joins all that
// is wrong. Call it once.
func (s *Server) Handler() (http.Handler, error) {
	s.openAPIRoute()
	faults := s.faults
	for name, missing := range map[string]bool{
		"Operations": s.deps.Operations == nil, "Sessions": s.deps.Sessions == nil, "Relator": s.deps.Relator == nil,
		"Texts": s.deps.Texts == nil, "Clock": s.deps.Clock == nil, "Log": s.deps.Log == nil, "ErrorPage": s.deps.ErrorPage == nil,
	} {
		if missing {
			faults = append(faults, fmt.Errorf("web: %s is not provided", name))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if s.deps.Holder == nil {
		s.deps.Holder = NewHolder(NewMemory(s.deps.Clock), s.deps.Clock)
	}
	meters, err := newMeters(s.deps.Metrics)
	if err != nil {
		return nil, err
	}
	s.meters = meters
	if s.document, err = s.describe(); err != nil {
		return nil, err
	}
	return http.HandlerFunc(s.serve), nil
}

func randomBytes(n int) []byte {
	out := make([]byte, n)
	if _, err := rand.Read(out); err != nil {
		panic("web: the system's random source failed: " + err.Error()) // crypto/rand documents that this never returns an error
	}
	return out
}
