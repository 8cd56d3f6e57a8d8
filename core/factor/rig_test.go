package factor_test

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/factor"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/clock"
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

// rig is a house with agencies, accounts and these ways in.
type rig struct {
	*factor.Module
	accounts *account.Module
	base     *module.Base
	clock    *clock.Fixed
	words    *words
	server   *httptest.Server
}

const address = "http://posad.test"

// noLetters is a courier of a house in which nobody needs a code.
type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

// words keeps what people were told of their accounts.
type words struct {
	account.Teller
	mu   sync.Mutex
	said map[string]account.Word // by key, so that the second run of a Write says nothing new
}

func (w *words) PrepareWord(_ context.Context, one account.Word) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.said[one.Key] = one
		})
		return nil
	}, nil
}

// count tells how many words of a kind were said.
func (w *words) count(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, one := range w.said {
		if one.Kind == kind {
			n++
		}
	}
	return n
}

// relator knows oneself and strangers.
type relator struct{}

func (relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	if o.Kind == "" || o.Holder == a.Actor.Person {
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

func needs() []store.Migrations {
	return []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, factor.Migrations}
}

// each runs the test on every engine that is there.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c, address)) }, needs()...)
}

func one(t *testing.T) *rig {
	t.Helper()
	s, c := storetest.Open(t, needs()...)
	return newRig(t, s, c, address)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed, at string) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{clock: c, words: &words{said: map[string]account.Word{}}}
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: noLetters{}, Teller: r.words})
	r.Module = factor.New(factor.Deps{Accounts: r.accounts, Address: at})
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.accounts.Locales(), r.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: at, PerAddress: 100_000, PerPerson: 100_000, Raise: "/sign-in/raise"},
		web.Deps{Texts: texts, Clock: c, Log: log, Relator: relator{}})
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
	return r
}

// enrol makes a person with an account that is signed in to by an e-mail and a password, and returns both ids.
func (r *rig) enrol(t *testing.T, key string) (person, of id.ID) {
	t.Helper()
	person = id.Derived("person", key)
	err := r.accounts.Enrol(t.Context(), []account.Enrolment{{
		Person: person, Name: lang.Name{Family: "Смирнова", Given: key}, Email: key + "@example.org", Level: act.Standard, SignsIn: true,
		Password: "password of " + key,
	}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.accounts.AccountOf(t.Context(), person)
	if err != nil || len(list) != 1 {
		t.Fatalf("accounts of %s: %v, %v", key, list, err)
	}
	return person, list[0]
}

// browser is a person's browser; what a script would do, the test does.
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

// signIn signs in by the password and returns the browser.
func (b *browser) signIn(key string) *browser {
	b.t.Helper()
	got := b.post("/sign-in/password", "contact", key+"@example.org", "password", "password of "+key, "back", "/account/security")
	if got.status != http.StatusOK || got.path != "/account/security" {
		b.t.Fatalf("%s is not signed in: %d %s", key, got.status, got.path)
	}
	return b
}

// signedIn tells whether a person's own page opens.
func (b *browser) signedIn() bool {
	b.t.Helper()
	return strings.HasPrefix(b.get("/account/security").path, "/account/security")
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, ""))
}

func (b *browser) post(path string, fields ...string) reply {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	req := b.request(http.MethodPost, path, values.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

// call calls a JSON face as the page's script does.
func (b *browser) call(method, path, body string) reply {
	b.t.Helper()
	req := b.request(method, path, body)
	req.Header.Set("Content-Type", "application/json")
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

type reply struct {
	status int
	path   string // where the browser stands after redirects, with its query
	body   string
}

func (b *browser) do(req *http.Request) reply {
	b.t.Helper()
	req.Host = "posad.test"
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Accept-Language", "en")
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

// json reads a JSON answer.
func (r reply) json(t *testing.T, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), out); err != nil || r.status >= 300 {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
}

// want fails unless the page says the sentence of a key in English.
func (r reply) want(t *testing.T, rig *rig, key string) {
	t.Helper()
	if text := rig.base.Texts.Text(lang.English, key); !strings.Contains(html.UnescapeString(r.body), text) {
		t.Fatalf("%s (%d) does not say %q, but %s", r.path, r.status, text, r.text())
	}
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
	main   = regexp.MustCompile(`(?s)<main.*</main>`)
)

// text is what the middle of a page says.
func (r reply) text() string {
	return spaces.ReplaceAllString(tags.ReplaceAllString(main.FindString(r.body), " "), " ")
}

// methods are how the session of a browser was begun.
func (r *rig) methods(t *testing.T, b *browser) []string {
	t.Helper()
	u, err := url.Parse(address + "/") // the jar goes by the Host header
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(u) {
		if cookie.Name != "posad_session" {
			continue
		}
		s, err := r.accounts.Sessions().Find(t.Context(), web.HashToken(cookie.Value))
		if err != nil {
			t.Fatal(err)
		}
		out := strings.Fields(s.Methods)
		if s.Strong {
			out = append(out, "strong")
		}
		slices.Sort(out)
		return out
	}
	return nil
}

// actOf is the act of a browser's person, as the edge would make it.
func (r *rig) actOf(t *testing.T, b *browser) act.Act {
	t.Helper()
	u, err := url.Parse(address + "/") // the jar goes by the Host header
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(u) {
		if cookie.Name == "posad_session" {
			s, err := r.accounts.Sessions().Find(t.Context(), web.HashToken(cookie.Value))
			if err != nil {
				t.Fatal(err)
			}
			return act.Act{
				ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: s.Person}, Holder: s.Person, Session: s.ID,
				Assurance: act.Standard, Channel: act.Web,
			}
		}
	}
	t.Fatal("nobody is signed in")
	return act.Act{}
}
