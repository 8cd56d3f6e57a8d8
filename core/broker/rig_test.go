package broker

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// rig is a house with agencies, accounts and the broker.
type rig struct {
	*Module
	accounts *account.Module
	base     *module.Base
	clock    *clock.Fixed
	server   *httptest.Server
	log      *strings.Builder
}

// noLetters is a courier of a house in which nobody needs a code.
type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

// relator knows oneself, strangers and the administrator.
type relator struct{}

func (relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Actor.Kind == act.Official && a.Actor.Role == string(agency.Admin):
		return web.Tie{Relation: act.Admin | act.Self}, nil
	case o.Kind == "" || o.Holder == a.Actor.Person:
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

func needs() []store.Migrations {
	return []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, Migrations}
}

func newRig(t *testing.T, s *store.Store, c *clock.Fixed, d Deps) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{clock: c, log: &strings.Builder{}}
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: noLetters{}})
	d.Accounts, d.Loopback = r.accounts, true
	if r.Module, err = New(d); err != nil {
		t.Fatal(err)
	}
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.accounts.Locales(), r.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.NewTextHandler(r.log, nil))
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: relator{}})
	if err != nil {
		t.Fatal(err)
	}
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts, Log: log,
	}
	for _, m := range []module.Module{agencies, r.accounts, r.Module} {
		if err := m.Provision(r.base); err != nil {
			t.Fatal(err)
		}
	}
	s.SetGuard(r.accounts.Guard)
	if err := r.base.Feed.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Provide(web.Deps{
		Sessions: r.accounts.Sessions(), Counters: r.accounts.Counters(), Answers: r.accounts.Answers(),
		Holder: web.NewHolder(r.accounts.HeldForms(), c), ErrorPage: r.base.Pages.FaultPage,
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	admin := r.person(t, "admin", account.Enrolment{Level: act.Standard, Name: annaName})
	if err := agencies.Enrol(t.Context(), []agency.Official{{Person: admin, Agency: city(), Role: agency.Admin, Since: c.Now()}}); err != nil {
		t.Fatal(err)
	}
	return r
}

// annaSNILS is a number whose check digits fit.
const annaSNILS = "11223344595"

var annaName = lang.Name{Family: "Смирнова", Given: "Анна", Patronymic: "Ивановна"}

// anna is a person as the city knows her when she is confirmed.
func anna(level act.Level) account.Enrolment {
	out := account.Enrolment{Name: annaName, Level: level}
	if level >= act.Standard {
		out.Birth, out.SNILS = calendar.MustDate("1986-04-05"), annaSNILS
	}
	return out
}

// person enrols one who signs in by the password "password of KEY".
func (r *rig) person(t *testing.T, key string, e account.Enrolment) id.ID {
	t.Helper()
	e.Person, e.Email, e.SignsIn, e.Password = id.Derived("person", key), key+"@example.org", true, "password of "+key
	if err := r.accounts.Enrol(t.Context(), []account.Enrolment{e}); err != nil {
		t.Fatal(err)
	}
	return e.Person
}

// known is a person as the city has them now.
func (r *rig) known(t *testing.T, person id.ID) account.Person {
	t.Helper()
	a := act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person}
	p, err := r.accounts.Person(t.Context(), a, "account.look.profile", person)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// browser is a person's browser without JavaScript.
type browser struct {
	t      *testing.T
	r      *rig
	client *http.Client
	from   string
}

// houses numbers the browsers' addresses: each is of a house of its own.
var houses atomic.Int64

func (r *rig) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, r: r, client: &http.Client{Jar: jar, Timeout: time.Minute}, from: "203.0.113." + strconv.Itoa(int(houses.Add(1)%250)+1)}
}

// reply is where the browser stands.
type reply struct {
	status int
	path   string // after redirects, with its query
	body   string
}

func (b *browser) get(path string) reply { b.t.Helper(); return b.ask(http.MethodGet, path) }

func (b *browser) post(path string, fields ...string) reply {
	b.t.Helper()
	return b.ask(http.MethodPost, path, fields...)
}

func (b *browser) ask(method, path string, fields ...string) reply {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.r.server.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Host = "posad.test"
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("X-Forwarded-For", b.from)
	if method == http.MethodPost {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Request.URL.RequestURI(), string(body)}
}

// signIn signs in by the password.
func (b *browser) signIn(key string) {
	b.t.Helper()
	b.post("/sign-in/password", "contact", key+"@example.org", "password", "password of "+key, "back", "/account/profile")
	if got := b.get("/account/profile"); got.status != http.StatusOK || got.path != "/account/profile" {
		b.t.Fatalf("could not sign in: %d %s", got.status, got.path)
	}
}

// who is the person who is signed in, as the page of their data shows them; "" for nobody.
func (b *browser) who() string {
	b.t.Helper()
	got := b.get("/account/profile")
	if got.path != "/account/profile" {
		return ""
	}
	return got.body
}

var onward = regexp.MustCompile(`content="0; url=([^"]+)"`)

// begin goes out to a provider and returns the address that the browser is sent to.
func (b *browser) begin(path string) *url.URL {
	b.t.Helper()
	got := b.get(path)
	found := onward.FindStringSubmatch(got.body)
	if found == nil {
		b.t.Fatalf("%s leads nowhere: %d %s %s", path, got.status, got.path, got.text())
	}
	u, err := url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// back brings the browser to where a provider sent it.
func (b *browser) back(location string) reply {
	b.t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		b.t.Fatal(err)
	}
	if u.Host != "posad.test" {
		b.t.Fatalf("the provider sends to %s", location)
	}
	return b.get(u.RequestURI())
}

var tryField = regexp.MustCompile(`name="try" value="([^"]+)"`)

func (g reply) try(t *testing.T) string {
	t.Helper()
	found := tryField.FindStringSubmatch(g.body)
	if found == nil {
		t.Fatalf("nothing is asked on %s: %d %s", g.path, g.status, g.text())
	}
	return found[1]
}

var tags = regexp.MustCompile(`(?s)<[^>]*>|\s+`)

// text is what a person reads on the page.
func (g reply) text() string {
	_, main, _ := strings.Cut(g.body, "<main")
	return strings.Join(strings.Fields(tags.ReplaceAllString(main, " ")), " ")
}

func (g reply) want(t *testing.T, status int, words ...string) {
	t.Helper()
	if g.status != status {
		t.Errorf("%s: status %d, want %d: %s", g.path, g.status, status, g.text())
	}
	for _, word := range words {
		if !strings.Contains(g.body, html.EscapeString(word)) && !strings.Contains(g.body, word) {
			t.Errorf("%s does not say %q: %s", g.path, word, g.text())
		}
	}
}

// newForward is an address known before the house stands, which passes requests on to it: what is posted there is the
// same as at the house itself.
func newForward(t *testing.T, to func() string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next, err := http.NewRequestWithContext(r.Context(), r.Method, to()+r.URL.RequestURI(), r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		next.Header, next.Host = r.Header.Clone(), "posad.test"
		res, err := http.DefaultClient.Do(next)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer func() { _ = res.Body.Close() }() // passed on to its end
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// machine posts a logout token as a provider's server does: with nothing that a browser sends.
func (b *browser) machine(path, token string) reply {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.r.server.URL+path, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Host = "posad.test"
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Forwarded-For", b.from)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{res.StatusCode, path, string(body)}
}
