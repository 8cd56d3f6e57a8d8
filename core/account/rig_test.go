package account_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/fault"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// rig is a house with agencies and accounts alone, its letters caught.
type rig struct {
	*account.Module
	agencies *agency.Module
	base     *module.Base
	clock    *clock.Fixed
	letters  *letters
	server   *httptest.Server
	people   []human // whom a test of merges works with
}

type caught struct {
	to, code string
	channel  account.Channel
	lang     lang.Language
}

// letters is a courier that keeps what it was given.
type letters struct {
	mu   sync.Mutex
	sent []caught
	fail error
}

func (l *letters) SendCode(_ context.Context, to string, channel account.Channel, code string, language lang.Language, _ id.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.sent = append(l.sent, caught{to, code, channel, language})
	return nil
}

func (l *letters) last(t testing.TB) caught {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sent) == 0 {
		t.Fatal("no letter was sent")
	}
	return l.sent[len(l.sent)-1]
}

// register is a population register that knows one person.
type register struct {
	verdict account.Verdict
	fail    error
	asked   int
}

func (r *register) CheckIdentity(context.Context, id.ID, account.Identity, id.ID) (account.Verdict, error) {
	r.asked++
	return r.verdict, r.fail
}

// relator knows oneself and strangers.
type relator struct{}

func (relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	if a.Actor.Kind == act.Official && a.Actor.Role == string(agency.Admin) && o.Holder != a.Actor.Person {
		return web.Tie{Relation: act.Admin | act.OtherAgency}, nil
	}
	if o.Kind == "" || o.Holder == a.Actor.Person {
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

func needs() []store.Migrations {
	return []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations}
}

// each runs the test on every engine that is there.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs()...)
}

// eachWith is each in a house that more is hung into before its server is made.
func eachWith(t *testing.T, hang func(*rig, *web.Server), test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRigWith(t, s, c, hang)) }, needs()...)
}

func one(t *testing.T) *rig {
	t.Helper()
	s, c := storetest.Open(t, needs()...)
	return newRig(t, s, c)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	return newRigWith(t, s, c, func(*rig, *web.Server) {})
}

func newRigWith(t testing.TB, s *store.Store, c *clock.Fixed, hang func(*rig, *web.Server)) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{clock: c, letters: &letters{}, agencies: agency.New(agency.Deps{})}
	r.Module = account.New(account.Deps{Agencies: r.agencies, Courier: r.letters})
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, r.agencies.Locales(), r.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{Raise: "/sign-in/raise", BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: relator{}})
	if err != nil {
		t.Fatal(err)
	}
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts, Log: log,
	}
	for _, m := range []module.Module{r.agencies, r.Module} {
		if err := m.Provision(r.base); err != nil {
			t.Fatal(err)
		}
	}
	hang(r, server)
	s.SetGuard(r.Guard)
	if err := r.base.Feed.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Provide(web.Deps{
		Sessions: r.Sessions(), Counters: r.Counters(), Answers: r.Answers(), Holder: web.NewHolder(r.HeldForms(), c), ErrorPage: r.base.Pages.FaultPage,
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	return r
}

// deliver sends what is to be sent.
func (r *rig) deliver(t testing.TB) {
	t.Helper()
	if _, err := r.base.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// code asks for a code to a contact and returns it as it was delivered.
func (r *rig) code(t testing.TB, contact string) (account.Sent, string) {
	t.Helper()
	c, err := account.ParseContact(contact)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := r.AskCode(t.Context(), c, lang.English, "")
	if err != nil {
		t.Fatal(err)
	}
	r.deliver(t)
	return sent, r.letters.last(t).code
}

// enter lets a person in by a code and returns their act.
func (r *rig) enter(t testing.TB, contact string) (account.Entry, act.Act) {
	t.Helper()
	sent, code := r.code(t, contact)
	entry, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{Channel: act.Web, Device: "Firefox, Linux", Lang: lang.English})
	if err != nil {
		t.Fatal(err)
	}
	return entry, r.as(entry)
}

func (r *rig) as(e account.Entry) act.Act {
	return act.Act{
		ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: e.Person}, Holder: e.Person, Session: e.Session,
		Assurance: act.Basic, Channel: act.Web,
	}
}

// wrong is a code that is not the right one.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// browser is a person's browser without JavaScript.
type browser struct {
	t      *testing.T
	r      *rig
	client *http.Client
}

func (r *rig) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, r: r, client: &http.Client{Jar: jar}}
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, ""))
}

// post sends a form as its page would; from is that page.
func (b *browser) post(from, path string, fields ...string) reply {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	req := b.request(http.MethodPost, path, values.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Referer", "http://posad.test"+from)
	return b.do(req)
}

func (b *browser) request(method, path, body string) *http.Request {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.r.server.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return req
}

// cookie is what the browser keeps under a name.
func (b *browser) cookie(name string) string {
	b.t.Helper()
	at := &url.URL{Scheme: "http", Host: "posad.test", Path: "/"} // as the requests name their host
	for _, one := range b.client.Jar.Cookies(at) {
		if one.Name == name {
			return one.Value
		}
	}
	return ""
}

type reply struct {
	status int
	path   string // where the browser stands after redirects, with its query
	body   string
}

func (b *browser) do(req *http.Request) reply {
	b.t.Helper()
	req.Host = "posad.test"
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
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

var tryField = regexp.MustCompile(`name="try" value="([^"]+)"`)

func (r reply) try(t *testing.T) string {
	t.Helper()
	found := tryField.FindStringSubmatch(r.body)
	if found == nil {
		t.Fatalf("no code is asked for on %s: %d %s", r.path, r.status, r.body)
	}
	return found[1]
}

// regexpField is the value of a hidden field.
func regexpField(t *testing.T, body, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no field %s in %s", name, body)
	}
	return found[1]
}

func nameOf(family, given string) lang.Name { return lang.Name{Family: family, Given: given} }
func dateOf(text string) calendar.Date      { return calendar.MustDate(text) }
func isFault(err error, id string, n int) bool {
	f := fault.Of(err)
	return err != nil && f.ID == id && len(f.Fields) == n
}

func (r *rig) session(t *testing.T, token string) web.Session {
	t.Helper()
	got, err := r.Sessions().Find(t.Context(), web.HashToken(token))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// try makes an empty Write for the act.
func (r *rig) try(t *testing.T, a act.Act) error {
	t.Helper()
	return r.base.Store.WriteAs(t.Context(), a, func(*store.Tx) error { return nil })
}

func (r *rig) drop(t *testing.T, from, person id.ID) {
	t.Helper()
	err := r.base.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := r.agencies.Drop(tx, from, person)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
