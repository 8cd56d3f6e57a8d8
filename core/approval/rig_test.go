package approval_test

import (
	"context"
	"encoding/base64"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/approval"
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
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// rig is a house with accounts and approvals.
type rig struct {
	*approval.Module
	accounts *account.Module
	base     *module.Base
	clock    *clock.Fixed
	server   *httptest.Server
	words    *words
}

// words keeps what people are told about their accounts.
type words struct {
	mu   sync.Mutex
	told []account.Word
}

func (w *words) PrepareWord(_ context.Context, word account.Word) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, word)
		})
		return nil
	}, nil
}

// SendAside implements account.Teller.
func (w *words) SendAside(context.Context, account.Contact, account.Word, lang.Language, id.ID) error {
	return nil
}

// count is how often people were told of a kind.
func (w *words) count(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, word := range w.told {
		if word.Kind == kind {
			n++
		}
	}
	return n
}

type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

type relator struct{}

func (relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	if o.Kind == "" || o.Holder == a.Actor.Person {
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

func needs() []store.Migrations {
	return []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, approval.Migrations}
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs()...)
}

func one(t *testing.T) *rig {
	t.Helper()
	s, c := storetest.Open(t, needs()...)
	return newRig(t, s, c)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	agencies, w := agency.New(agency.Deps{}), &words{}
	r := &rig{clock: c, words: w, accounts: account.New(account.Deps{Agencies: agencies, Courier: noLetters{}, Teller: w})}
	r.Module = approval.New(approval.Deps{Accounts: r.accounts, Site: "https://posad.test", Loopback: true})
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.accounts.Locales(), r.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{
		BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000, Raise: "/sign-in/raise",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: relator{}})
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

// anna and boris are two people; their contacts are their names at example.org.
func (r *rig) people(t *testing.T, names ...string) {
	t.Helper()
	var list []account.Enrolment
	for _, name := range names {
		list = append(list, account.Enrolment{
			Person: personOf(name), Name: lang.Name{Family: "Смирнова", Given: name}, Birth: calendar.MustDate("1986-04-05"),
			Email: name + "@example.org", Level: act.Verified, SignsIn: true, Lang: lang.English, Password: "password of " + name,
		})
	}
	if err := r.accounts.Enrol(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func personOf(name string) id.ID { return id.Derived("person", name) }

func (r *rig) accountOf(t *testing.T, name string) id.ID {
	t.Helper()
	list, err := r.accounts.AccountOf(t.Context(), personOf(name))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

// proof is how somebody signs in where it does not matter how.
func (r *rig) proof(t *testing.T, name string) account.Proof {
	t.Helper()
	return account.Proof{Method: account.ByPassword, Account: r.accountOf(t, name), Person: personOf(name), Level: act.Standard}
}

func (r *rig) drain(t testing.TB) {
	t.Helper()
	if _, err := r.base.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) sessions(t *testing.T, name string) []account.OpenSession {
	t.Helper()
	a := act.ByJob(id.New(r.clock.Now()), act.Purpose{Kind: "account"})
	list, err := r.accounts.SessionsOf(t.Context(), a, personOf(name))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// browser is a browser without JavaScript, somewhere on the Internet.
type browser struct {
	t      testing.TB
	r      *rig
	client *http.Client
	from   string
	token  string // of a program instead of a cookie
	agent  string
}

func (r *rig) browser(t testing.TB, from string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, r: r, client: &http.Client{Jar: jar}, from: from, agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
}

// phone is a browser in which somebody has signed in.
func (r *rig) phone(t *testing.T, from string, p account.Proof) *browser {
	t.Helper()
	b := r.browser(t, from)
	b.agent = "Mozilla/5.0 (Linux; Android 16) Chrome/150.0"
	b.enter(p)
	return b
}

// enter signs somebody in, as if by a page.
func (b *browser) enter(p account.Proof) account.Entry {
	b.t.Helper()
	entry, err := b.r.accounts.Begin(b.t.Context(), p, account.Via{Channel: act.Web, Device: "phone"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.setCookie("posad_session", entry.Token)
	return entry
}

// city is where browsers believe that they are.
var city = &url.URL{Scheme: "http", Host: "posad.test", Path: "/"}

func (b *browser) setCookie(name, value string) {
	b.t.Helper()
	b.client.Jar.SetCookies(city, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (b *browser) cookie(name string) string {
	for _, c := range b.client.Jar.Cookies(city) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

type reply struct {
	status int
	path   string // where the browser stands after redirects
	body   string
	header http.Header
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

// script asks as the page's script does.
func (b *browser) script(method, path string) reply {
	b.t.Helper()
	req := b.request(method, path, "")
	req.Header.Set("HX-Request", "true")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(req)
}

// call is the city's app.
func (b *browser) call(method, path, body string) reply {
	b.t.Helper()
	req := b.request(method, path, body)
	req.Header.Set("Authorization", "Bearer "+b.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
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

func (b *browser) do(req *http.Request) reply {
	b.t.Helper()
	req.Host = "posad.test"
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", b.agent)
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("X-Forwarded-For", b.from)
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Request.URL.RequestURI(), string(body), res.Header}
}

var (
	numberShown = regexp.MustCompile(`id="approval-number">(\d\d)<`)
	choiceShown = regexp.MustCompile(`name="number" value="(\d\d)"`)
	codeShown   = regexp.MustCompile(`src="data:image/png;base64,([^"]+)"`)
	linkShown   = regexp.MustCompile(`href="(/approve/push/[^"]+)"`)
)

// number is the one that a waiting page shows.
func (r reply) number(t testing.TB) string {
	t.Helper()
	found := numberShown.FindStringSubmatch(r.body)
	if found == nil {
		t.Fatalf("no number is shown on %s: %d %s", r.path, r.status, r.body)
	}
	return found[1]
}

func (r reply) choices() []string {
	var out []string
	for _, found := range choiceShown.FindAllStringSubmatch(r.body, -1) {
		out = append(out, found[1])
	}
	return out
}

// other is a number that is offered and wrong.
func (r reply) other(t testing.TB, right string) string {
	t.Helper()
	for _, choice := range r.choices() {
		if choice != right {
			return choice
		}
	}
	t.Fatalf("nothing else is offered on %s: %d %s", r.path, r.status, r.body)
	return ""
}

// picture is the QR code as it is drawn.
func (r reply) picture(t testing.TB) []byte {
	t.Helper()
	found := codeShown.FindStringSubmatch(r.body)
	if found == nil {
		t.Fatalf("no code is shown on %s: %d %s", r.path, r.status, r.body)
	}
	out, err := base64.StdEncoding.DecodeString(html.UnescapeString(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// contains holds a page to its words.
func (r reply) contains(t testing.TB, words ...string) {
	t.Helper()
	text := html.UnescapeString(r.body)
	for _, one := range words {
		if !strings.Contains(text, one) {
			t.Errorf("%s (%d) does not say %q:\n%s", r.path, r.status, one, text)
		}
	}
}

// session is the one that the browser's cookie opens.
func (r *rig) session(t *testing.T, b *browser) web.Session {
	t.Helper()
	got, err := r.accounts.Sessions().Find(t.Context(), web.HashToken(b.cookie("posad_session")))
	if err != nil {
		t.Fatalf("no session: %v", err)
	}
	return got
}

// centre begins a visit to a service centre in a browser.
func (r *rig) centre(t *testing.T, b *browser, p account.Proof) {
	t.Helper()
	entry, err := r.accounts.VisitEntry(t.Context(), p, account.Via{By: personOf("official")})
	if err != nil {
		t.Fatal(err)
	}
	b.setCookie("posad_session", entry.Token)
}

// jobsOf is another node's queue.
func jobsOf(r *rig) *jobs.Queue { return jobs.NewQueue(r.base.Store, jobs.Options{}) }

var (
	pollKey = regexp.MustCompile(`id="approval-poll" data-key="([^"]+)"`)
	tokens  = regexp.MustCompile(`name="_csrf" value="[^"]+"`)
)

// knows lets a person sign in by a browser and out again, so that it is theirs from then on.
func (r *rig) knows(t *testing.T, b *browser, name string) {
	t.Helper()
	entry := b.enter(r.proof(t, name))
	if entry.Browser == "" {
		t.Fatal("the browser was given no name")
	}
	b.setCookie("posad_device", entry.Browser)
	if err := r.accounts.Close(t.Context(), entry.Person, entry.Session); err != nil {
		t.Fatal(err)
	}
	b.setCookie("posad_session", "")
}

// firstStep passes the first step of a sign-in that asks a second: by the password.
func (r *rig) firstStep(t *testing.T, b *browser, name string) {
	t.Helper()
	got := b.post("/sign-in/password", "contact", name+"@example.org", "password", "password of "+name)
	if got.path != "/sign-in/second" {
		t.Fatalf("after the password the browser stands on %s: %d", got.path, got.status)
	}
}
