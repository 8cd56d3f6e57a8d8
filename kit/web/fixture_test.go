package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

var moment = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// city is a small house around the edge: people, sessions, an agency.
type city struct {
	t        *testing.T
	server   *Server
	clock    *clock.Fixed
	log      *strings.Builder
	breaches []string
	mu       sync.Mutex
	sessions map[TokenHash]Session
	touched  int
	url      string
}

var (
	anna, boris, clerk = id.Derived("person", "anna"), id.Derived("person", "boris"), id.Derived("person", "clerk")
	agency, mandate    = id.Derived("agency", "transport"), id.Derived("mandate", "1")
)

func (y *city) Find(_ context.Context, hash TokenHash) (Session, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	session, ok := y.sessions[hash]
	if !ok {
		return Session{}, ErrNoSession
	}
	return session, nil
}

func (y *city) Touch(context.Context, id.ID, time.Time) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.touched++
}

// Relate: one's own, a mandate of Anna for Boris, the clerk's agency, else strangers.
func (y *city) Relate(_ context.Context, a act.Act, object act.Object, scope string) (Tie, error) {
	switch {
	case a.Actor.Kind == act.Program && (object.Kind == "" || object.Agency == a.Actor.Agency && object.Test == a.Test):
		return Tie{Relation: act.OwnProgram}, nil
	case a.Actor.Kind == act.Program:
		return Tie{Relation: act.OtherAgency}, nil
	case object.Kind != "" && object.Holder == a.Actor.Person:
		return Tie{Relation: act.Self}, nil
	case object.Kind == "" && a.Actor.Kind == act.Official, object.Kind != "" && !object.Agency.IsZero() && object.Agency == a.Actor.Agency:
		return Tie{Relation: act.SameAgency}, nil
	case a.Actor.Kind == act.Official:
		return Tie{Relation: act.OtherAgency}, nil
	case object.Kind == "":
		return Tie{Relation: act.Self}, nil
	case object.Holder == boris && a.Actor.Person == anna && scope == "apply":
		return Tie{Relation: act.ByMandate, Mandate: mandate}, nil
	}
	return Tie{Relation: act.Stranger}, nil
}

// newCity builds the edge with routes and starts it. conf may change the configuration.
func newCity(t *testing.T, conf func(*Config, *Deps), routes func(s *Server)) *city {
	t.Helper()
	texts, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	y := &city{t: t, clock: clock.At(moment), log: new(strings.Builder), sessions: map[TokenHash]Session{}}
	config := Config{BaseURL: "http://posad.example"}
	deps := Deps{
		Operations: new(act.Registry), Sessions: y, Relator: y, Clock: y.clock,
		Texts: texts.Reporting(func(err error) { t.Error(err) }),
		Log:   slog.New(slog.NewJSONHandler(&locked{w: y.log, mu: &y.mu}, nil)),
		ErrorPage: func(c *Context, f *fault.Fault) templ.Component {
			return text("<h1>" + c.T("web.kind."+string(f.Kind)) + "</h1><p>" + c.FaultText(f) + "</p>" + c.Reference())
		},
		Breach: func(operation, what string) { y.breaches = append(y.breaches, operation) },
	}
	if conf != nil {
		conf(&config, &deps)
	}
	if y.server, err = New(config, deps); err != nil {
		t.Fatal(err)
	}
	routes(y.server)
	handler, err := y.server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	running := httptest.NewServer(handler)
	t.Cleanup(running.Close)
	y.url = running.URL
	return y
}

type locked struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (y *city) logged() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.log.String()
}

func text(content string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
}

// signIn opens a session and returns its token.
func (y *city) signIn(person id.ID, change ...func(*Session)) string {
	token, hash := NewToken()
	session := Session{ID: id.New(moment), Person: person, Assurance: act.Standard, CSRF: randomBytes(32), Seen: moment}
	for _, one := range change {
		one(&session)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.sessions[hash] = session
	return token
}

func official(s *Session) { s.Agency, s.Role = agency, "clerk" }

// browser keeps cookies as a browser does and follows nothing.
type browser struct {
	y       *city
	cookies map[string]string
	headers map[string]string
}

func (y *city) browser(token string) *browser {
	b := &browser{y, map[string]string{}, map[string]string{"Sec-Fetch-Site": "same-origin"}}
	if token != "" {
		b.cookies[y.server.cookieName(cookieSession)] = token
	}
	return b
}

type reply struct {
	*http.Response
	body string
}

func (b *browser) send(method, path, contentType, body string, change ...func(*http.Request)) reply {
	b.y.t.Helper()
	request, err := http.NewRequest(method, b.y.url+path, strings.NewReader(body))
	if err != nil {
		b.y.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for name, value := range b.headers {
		request.Header.Set(name, value)
	}
	for name, value := range b.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for _, one := range change {
		one(request)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		b.y.t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		b.y.t.Fatal(err)
	}
	for _, cookie := range response.Cookies() {
		b.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	return reply{response, string(got)}
}

func (b *browser) get(path string, change ...func(*http.Request)) reply {
	b.y.t.Helper()
	return b.send("GET", path, "", "", change...)
}

func (b *browser) post(path string, form url.Values, change ...func(*http.Request)) reply {
	b.y.t.Helper()
	return b.send("POST", path, "application/x-www-form-urlencoded", form.Encode(), change...)
}

func (b *browser) json(method, path, body string, change ...func(*http.Request)) reply {
	b.y.t.Helper()
	return b.send(method, path, "application/json", body, change...)
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(name)
			return
		}
		r.Header.Set(name, value)
	}
}

func wantStatus(t *testing.T, got reply, want int) {
	t.Helper()
	if got.StatusCode != want {
		t.Fatalf("%s %s: status %d, want %d; body %.300s", got.Request.Method, got.Request.URL.Path, got.StatusCode, want, got.body)
	}
}

// annas is a thing in Anna's account.
var annas = act.Object{Kind: "case", Holder: anna}

// open is an operation for everyone.
func open(name string) act.Operation { return act.Operation{Name: name, May: act.Everyone} }
