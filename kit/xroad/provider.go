package xroad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Asked is a question as a service gets it.
type Asked struct {
	Client      ClientID
	Service     ServiceID
	Method      string
	Path        string // after the service, percent-encoded, with its slash; empty: none
	Query       string // as it was sent
	ID          string // of the message; the same question may come again under it
	RequestID   string // ours, of this exchange
	UserID      string
	Issue       string
	Represented string // CLASS/MEMBER; empty: the client asks for itself
	Header      http.Header
	Body        []byte
	Message     Message
}

// Answer is what a service answers. A refusal of the service's own is an Answer too, with its status.
type Answer struct {
	Status int // 0: 200
	Type   string
	Body   []byte
}

// Endpoint is a method and a path of a service, where * stands for one part or, at the end, for any.
type Endpoint struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// Service is one service of a subsystem.
type Service struct {
	Code        string
	Endpoints   []Endpoint
	Description []byte // OpenAPI 3 as JSON; nil: the service has none
	Handle      func(ctx context.Context, q Asked) (Answer, error)
}

// Provider answers for one subsystem. It is safe for concurrent use; its functions must be.
type Provider struct {
	Subsystem ClientID
	Services  func() []Service // now
	// Known says whether the connection is the client's: by TLS certificate, by key. nil: the network says it.
	Known func(r *http.Request, client ClientID) bool
	// Allowed says whether a client may use a service at all. Why it may ask in this case is the service's own to judge.
	Allowed func(ctx context.Context, client ClientID, code string) bool
	// Log keeps an exchange before the answer leaves; when it fails, nothing leaves. nil: none.
	Log func(ctx context.Context, q Asked, answer Message) error
	// ID makes ids of exchanges: UUIDs.
	ID   func() string
	Most int64 // bytes that a question's body may have; 0: 1 MB
}

// targetMost is how long a path with its query may be, as the protocol advises.
const targetMost = 2000

// ServeHTTP implements http.Handler, for all that begins with /r1/.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := p.ID()
	q, err := p.read(w, r)
	q.RequestID = requestID
	if err != nil {
		p.fail(w, requestID, err)
		return
	}
	answer, err := p.answer(r.Context(), q)
	if err != nil {
		p.fail(w, requestID, err)
		return
	}
	if err := p.send(w, r.Context(), q, answer); err != nil {
		p.fail(w, requestID, err)
	}
}

// read takes a request apart. Its errors are *Fault.
func (p *Provider) read(w http.ResponseWriter, r *http.Request) (Asked, error) {
	q := Asked{Method: r.Method, Query: r.URL.RawQuery, Header: r.Header}
	target := r.URL.EscapedPath()
	if q.Query != "" {
		target += "?" + q.Query
	}
	if len(target) > targetMost {
		return q, Refuse(BadRequest, "The address is too long.")
	}
	if err := q.readTarget(r.URL.EscapedPath()); err != nil {
		return q, err
	}
	if err := q.readHeaders(r.Header); err != nil {
		return q, err
	}
	most := p.Most
	if most == 0 {
		most = answerMost
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return q, Refuse(BadRequest, "The body is too long or was cut off.")
	}
	q.Body, q.Message = body, question(r.Method, target, r.Header, body)
	if p.Known != nil && !p.Known(r, q.Client) {
		return q, Refuse(AccessDenied, "The connection is not the client's.")
	}
	return q, nil
}

func (q *Asked) readTarget(path string) error {
	parts := strings.SplitN(path, "/", 8)
	if len(parts) < 7 || parts[0] != "" || parts[1] != version {
		return Refuse(BadRequest, "The address must be /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/service.")
	}
	service, err := ParseService(strings.Join(parts[2:7], "/"))
	if err != nil {
		return Refuse(BadRequest, "The service's identifier is malformed.")
	}
	q.Service = service
	if len(parts) == 8 {
		q.Path = "/" + parts[7]
	}
	for _, part := range strings.Split(q.Path, "/") {
		if plain, err := url.PathUnescape(part); err != nil || plain == "." || plain == ".." {
			return Refuse(BadRequest, "The path must have no dots of its own.")
		}
	}
	return nil
}

func (q *Asked) readHeaders(h http.Header) error {
	for _, name := range []string{HeaderClient, HeaderID, HeaderUserID, HeaderIssue, HeaderRepresented, HeaderSecurityServer} {
		if len(h.Values(name)) > 1 || len(h.Get(name)) > 1024 {
			return Refuse(BadRequest, name+" may be there once.")
		}
	}
	client, err := ParseClient(h.Get(HeaderClient))
	if err != nil {
		return Refuse(BadRequest, "X-Road-Client is missing or malformed.")
	}
	q.Client = client
	q.ID, q.UserID, q.Issue, q.Represented = h.Get(HeaderID), h.Get(HeaderUserID), h.Get(HeaderIssue), h.Get(HeaderRepresented)
	return nil
}

// answer finds the service, asks whether the client may, and calls it.
func (p *Provider) answer(ctx context.Context, q Asked) (Answer, error) {
	if q.Service.ClientID != p.Subsystem {
		return Answer{}, Refuse(UnknownMember, "No such member here: "+q.Service.ClientID.String())
	}
	if meta, ok := p.meta(ctx, q); ok {
		return meta()
	}
	service, ok := p.service(q.Service.Code)
	if !ok {
		return Answer{}, Refuse(UnknownService, "Unknown service: "+q.Service.String())
	}
	if !p.allowed(ctx, q.Client, q.Service.Code) || !service.has(q.Method, q.Path) {
		return Answer{}, Refuse(AccessDenied, "Request is not allowed: "+q.Service.String())
	}
	return service.Handle(ctx, q)
}

func (p *Provider) allowed(ctx context.Context, client ClientID, code string) bool {
	return p.Allowed != nil && p.Allowed(ctx, client, code)
}

func (p *Provider) service(code string) (Service, bool) {
	for _, s := range p.Services() {
		if s.Code == code {
			return s, true
		}
	}
	return Service{}, false
}

// has tells whether a service has an endpoint for a method and a path.
func (s Service) has(method, path string) bool {
	for _, e := range s.Endpoints {
		if (e.Method == "*" || e.Method == method) && fits(e.Path, path) {
			return true
		}
	}
	return false
}

// fits compares a path with a pattern: * is one part, ** at the end is any number.
func fits(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, part := range want {
		if part == "**" {
			return true
		}
		if i >= len(got) || (part != "*" && part != got[i]) || (part == "*" && got[i] == "") {
			return false
		}
	}
	return len(want) == len(got)
}

// send logs the answer and lets it out.
func (p *Provider) send(w http.ResponseWriter, ctx context.Context, q Asked, a Answer) error {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Type == "" {
		a.Type = "application/json;charset=utf-8"
	}
	id := q.ID
	if id == "" {
		id = q.RequestID
	}
	h := http.Header{}
	for name, value := range map[string]string{
		"Content-Type": a.Type, HeaderClient: q.Client.String(), HeaderService: q.Service.String(), HeaderID: id,
		HeaderRequestID: q.RequestID, HeaderRequestHash: q.Message.Hash(),
	} {
		h.Set(name, value)
	}
	if p.Log != nil {
		if err := p.Log(ctx, q, reply(a.Status, h, a.Body)); err != nil {
			return fmt.Errorf("%w: %w", Refuse(LoggingFailed, "The exchange could not be logged."), err)
		}
	}
	for name, values := range h {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // whoever hung up gets no answer
	return nil
}

// fail tells a fault. What is not one of the protocol's says nothing of itself.
func (p *Provider) fail(w http.ResponseWriter, requestID string, err error) {
	var f *Fault
	told := Refuse(InternalError, "The service failed.")
	if errors.As(err, &f) {
		told = &Fault{Status: f.Status, Type: f.Type, Message: f.Message}
	}
	told.Detail = requestID
	body, _ := json.Marshal(told) // three texts
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.Header().Set(HeaderError, told.Type)
	w.Header().Set(HeaderRequestID, requestID)
	w.WriteHeader(told.Status)
	_, _ = w.Write(body) // whoever hung up gets no answer
}
