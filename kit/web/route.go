package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"posad.city/kit/act"
)

// The limits of an operation that names none.
const (
	DefaultBody    = 64 << 10
	DefaultTimeout = 10 * time.Second
)

// Surface is which face of an operation a route is.
type Surface string

// The surfaces.
const (
	SurfacePage   Surface = "page"
	SurfaceAPI    Surface = "api"
	SurfaceStatic Surface = "static"
)

// Handler answers one request or says what went wrong.
type Handler func(c *Context) error

// Op is a registered operation, ready for routes.
type Op struct {
	act.Operation
	broken bool
}

// Open tells whether a person who has not signed in may come in; the object may still say no.
func (o *Op) Open() bool { return o.May&act.Unsigned != 0 }

// Route is a registered route, for the matrix test and the API document.
type Route struct {
	Pattern  string // method and path, as registered
	Method   string
	Path     string
	Surface  Surface
	Op       *Op
	Describe Describe // of an API route
	handler  Handler
	wire     Wire // of a protocol
}

// Operation registers an operation in the house's registry. A fault in it is told by Server.Handler.
func (s *Server) Operation(op act.Operation) *Op {
	setDefault(&op.Body, DefaultBody)
	setDefault(&op.Timeout, DefaultTimeout)
	if op.May&act.Stranger != 0 && op.Scope == "" {
		op.May &^= act.ByMandate // whom a stranger's tie is enough for needs no mandate; the registry asks each for a scope
	}
	if s.deps.Operations == nil {
		s.deps.Operations = new(act.Registry)
	}
	added, err := s.deps.Operations.Add(op)
	if err == nil && op.May&act.Unsigned != 0 && op.Assurance > act.Anonymous {
		err = fmt.Errorf("web: operation %q is open to unsigned people and asks for a level of sign-in", op.Name)
	}
	if err != nil {
		s.faults = append(s.faults, err)
	}
	return &Op{Operation: added, broken: err != nil}
}

// Page hangs a page on an operation. The pattern is net/http.ServeMux's, with a method. An operation that changes data
// cannot hang on GET.
func (s *Server) Page(op *Op, pattern string, handler Handler) {
	s.add(&Route{Pattern: pattern, Surface: SurfacePage, Op: op, handler: handler})
}

// API hangs a JSON face on an operation; describe enters it into /api/openapi.json.
func (s *Server) API(op *Op, pattern string, handler Handler, describe Describe) {
	s.add(&Route{Pattern: pattern, Surface: SurfaceAPI, Op: op, Describe: describe, handler: handler})
}

// Static hangs a handler for files that belong to nobody: styles, fonts, icons. It is served to everyone, by GET, with
// the security headers and metrics, without session and rate limits; h sets its own caching.
func (s *Server) Static(pattern string, h http.Handler) {
	s.add(&Route{Pattern: pattern, Surface: SurfaceStatic, handler: func(c *Context) error {
		c.header().Del("Cache-Control")
		h.ServeHTTP(c.w, c.r)
		return nil
	}})
}

// Routes lists what is registered, in the order of registration.
func (s *Server) Routes() []Route {
	out := make([]Route, len(s.routes))
	for i, route := range s.routes {
		out[i] = *route
	}
	return out
}

func (s *Server) add(route *Route) {
	route.Method, route.Path, _ = strings.Cut(route.Pattern, " ")
	if route.Op != nil && route.Op.broken {
		return // the fault of the operation is already noted
	}
	err := checkRoute(route)
	if err == nil {
		err = s.mount(route)
	}
	if err != nil {
		s.faults = append(s.faults, fmt.Errorf("web: route %q: %w", route.Pattern, err))
		return
	}
	s.routes = append(s.routes, route)
}

func checkRoute(route *Route) error {
	switch {
	case !strings.HasPrefix(route.Path, "/"):
		return errors.New("want a method and a path, for example GET /cases/{id}")
	case route.handler == nil:
		return errors.New("it has no handler")
	case route.Surface == SurfaceStatic:
		if route.Method != http.MethodGet {
			return errors.New("files are served by GET only")
		}
		return nil
	case route.Op == nil:
		return errors.New("it has no operation")
	case route.Surface == SurfacePage && route.Method != http.MethodGet && route.Method != http.MethodPost:
		return errors.New("a page is GET or POST: forms know no other")
	case route.Op.Changes && route.Method == http.MethodGet:
		return errors.New("an operation that changes data cannot hang on GET")
	case route.Surface == SurfaceProtocol:
		if strings.HasPrefix(route.Path, "/api/") || route.Method == "" || route.Method == http.MethodOptions {
			return errors.New("a protocol has a method of its own and lies outside /api/")
		}
		return nil
	case (route.Surface == SurfaceAPI) != strings.HasPrefix(route.Path, "/api/") && !route.Describe.Root:
		return errors.New("JSON lies under /api/, pages do not")
	case route.Surface == SurfaceAPI && route.Describe.Summary == "":
		return errors.New("the API document needs a summary")
	}
	return nil
}

// mount turns the panic by which ServeMux refuses a pattern into an error.
func (s *Server) mount(route *Route) error {
	var refused any
	func() {
		defer func() { refused = recover() }()
		s.mux.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			c := From(r.Context())
			c.r, c.route = r, route
			c.finish(s.run(c))
		})
	}()
	if refused != nil {
		return fmt.Errorf("%v", refused)
	}
	return nil
}
