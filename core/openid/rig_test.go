package openid_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/openid"
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
	"posad.city/ui/assets"
)

// rig is a city that signs people in to other sites, with a site beside it.
type rig struct {
	*openid.Module
	t        testing.TB
	accounts *account.Module
	base     *module.Base
	clock    *clock.Fixed
	url      string // of the city
	site     *site
}

type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

// relator knows oneself, administrators and strangers.
type relator struct{}

func (relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Actor.Kind == act.Official && a.Actor.Role == string(agency.Admin):
		return web.Tie{Relation: act.Admin}, nil
	case o.Kind == "" || o.Holder == a.Actor.Person:
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

func needs() []store.Migrations {
	return []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, openid.Migrations}
}

// each runs the test on every engine that is there.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs()...)
}

func one(t testing.TB) *rig {
	t.Helper()
	s, c := storetest.Open(t, needs()...)
	return newRig(t, s, c)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	running := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(running.Close)
	r := &rig{t: t, clock: c, url: running.URL, site: newSite(t)}
	kek, err := vault.ParseKEK(vault.NewKEKText())
	check(t, err)
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	check(t, err)
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: noLetters{}})
	r.Module = openid.New(openid.Deps{Accounts: r.accounts, Address: r.url, Nearby: true})
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.accounts.Locales(), r.Locales())
	check(t, err)
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: r.url, Raise: "/sign-in/raise", PerAddress: 1e6, PerPerson: 1e6}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: relator{}})
	check(t, err)
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts, Log: log,
	}
	server.Static("GET "+assets.Prefix, assets.Handler())
	for _, m := range []module.Module{agencies, r.accounts, r.Module} {
		check(t, m.Provision(r.base))
	}
	s.SetGuard(r.accounts.Guard)
	check(t, r.base.Feed.Poll(t.Context()))
	server.Provide(web.Deps{
		Sessions: r.accounts.Sessions(), Counters: r.accounts.Counters(), Answers: r.accounts.Answers(), ErrorPage: r.base.Pages.FaultPage,
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	built, err := server.Handler()
	check(t, err)
	handler.Store(&built)
	r.enrol("anna", act.Standard)
	r.enrol("boris", act.Basic)
	check(t, agencies.Enrol(t.Context(), []agency.Official{{Person: person("boris"), Agency: agency.ID(agency.City), Role: agency.Admin}}))
	return r
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func person(key string) id.ID { return id.Derived("person", key) }

func (r *rig) enrol(key string, level act.Level) {
	r.t.Helper()
	e := account.Enrolment{
		Person: person(key), Name: lang.Name{Family: "Смирнова", Given: "Анна", Patronymic: "Ивановна"}, Birth: calendar.MustDate("1990-04-05"),
		Email: key + "@example.org", Phone: map[string]string{"anna": "+79161234567"}[key], Level: level, SignsIn: true, Password: "password of " + key,
	}
	if key == "anna" {
		e.SNILS = "11223344595"
	}
	check(r.t, r.accounts.Enrol(r.t.Context(), []account.Enrolment{e}))
}

// site is another house: it hears words of logouts and has documents.
type site struct {
	url   string
	heard chan url.Values
	say   atomic.Int64 // status that it answers a logout with
	docs  map[string]string
}

func newSite(t testing.TB) *site {
	out := &site{heard: make(chan url.Values, 20), docs: map[string]string{}}
	out.say.Store(200)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if doc, ok := out.docs[r.URL.Path]; ok {
			_, _ = io.WriteString(w, doc)
			return
		}
		_ = r.ParseForm()
		select {
		case out.heard <- r.PostForm:
		default:
		}
		w.WriteHeader(int(out.say.Load()))
	}))
	t.Cleanup(server.Close)
	out.url = server.URL
	return out
}

// profile is a registration that passes; change alters it.
func (r *rig) profile(change ...func(*openid.Profile)) openid.Profile {
	p := openid.Profile{
		Name: lang.Text{RU: "Театры", EN: "Theatres"}, Purpose: lang.Text{RU: "Билеты на ваше имя", EN: "Tickets in your name"},
		Home: "https://theatre.example", Policy: "https://theatre.example/privacy", Redirects: []string{"https://theatre.example/callback"},
		AfterLogout: []string{"https://theatre.example/bye"}, BackChannel: r.site.url + "/logout", Method: openid.AuthBasic,
		Scopes: openid.Scopes(), Optional: []string{openid.ScopePhone}, Grants: openid.Grants(), Alg: "ES256",
	}
	for _, one := range change {
		one(&p)
	}
	return p
}

// client is a registered site with its secret.
type client struct {
	openid.Client
	secret string
}

func (r *rig) register(change ...func(*openid.Profile)) client {
	r.t.Helper()
	c, secret, err := r.Register(r.t.Context(), act.ByJob(id.New(r.clock.Now()), act.Purpose{}), r.profile(change...))
	check(r.t, err)
	return client{c, secret}
}

// browser keeps cookies and follows nothing.
type browser struct {
	r      *rig
	client *http.Client
}

func (r *rig) browser() *browser {
	jar, err := cookiejar.New(nil)
	check(r.t, err)
	return &browser{r, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type reply struct {
	status   int
	location string
	body     string
	header   http.Header
}

func (b *browser) send(method, path string, form url.Values, site string) reply {
	b.r.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.r.url + path
	}
	req, err := http.NewRequestWithContext(b.r.t.Context(), method, path, strings.NewReader(form.Encode()))
	check(b.r.t, err)
	if site != "" {
		req.Header.Set("Sec-Fetch-Site", site)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return do(b.r.t, b.client, req)
}

func do(t testing.TB, client *http.Client, req *http.Request) reply {
	t.Helper()
	res, err := client.Do(req)
	check(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	check(t, err)
	return reply{res.StatusCode, res.Header.Get("Location"), string(body), res.Header}
}

func (b *browser) get(path string) reply {
	b.r.t.Helper()
	return b.send(http.MethodGet, path, nil, "none")
}

func (b *browser) post(path string, fields ...string) reply {
	b.r.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.send(http.MethodPost, path, form, "same-origin")
}

// enter signs a person in.
func (b *browser) enter(key string) *browser {
	b.r.t.Helper()
	got := b.post("/sign-in/password", "contact", key+"@example.org", "password", "password of "+key, "back", "/account/sites")
	if got.status != http.StatusSeeOther || got.location != "/account/sites" {
		b.r.t.Fatalf("signing in: %d to %q", got.status, got.location)
	}
	return b
}

var hiddenRequest = regexp.MustCompile(`name="request" value="([^"]+)"`)

// visit goes along redirects inside the city from a path, and says yes to consent when it is asked. It returns the last
// answer: a page of the city, or the redirect to the site.
func (b *browser) visit(path string, give ...string) reply {
	b.r.t.Helper()
	got := b.send(http.MethodGet, path, nil, "cross-site")
	for range 10 {
		switch {
		case got.status == http.StatusSeeOther && strings.HasPrefix(got.location, "/oauth/"):
			got = b.send(http.MethodGet, got.location, nil, "cross-site")
		case got.status == http.StatusOK && strings.Contains(got.body, `action="/oauth/consent"`):
			fields := []string{"request", hiddenRequest.FindStringSubmatch(got.body)[1], "answer", "yes"}
			for _, scope := range give {
				fields = append(fields, "give", scope)
			}
			got = b.post("/oauth/consent", fields...)
			if address := got.header.Get("Refresh"); address != "" { // the page that goes on by itself
				return reply{http.StatusSeeOther, strings.TrimPrefix(address, "0; url="), got.body, got.header}
			}
		default:
			return got
		}
	}
	b.r.t.Fatal("the city sends the browser round and round")
	return reply{}
}

// want is an authorization request with its PKCE verifier.
type want struct {
	url.Values
	verifier string
}

func (c client) want(fields ...string) want {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	verifier := base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(verifier))
	out := want{url.Values{
		"client_id": {c.Key()}, "redirect_uri": {c.Redirects[0]}, "response_type": {"code"}, "scope": {"openid"}, "state": {"st-1"}, "nonce": {"n-1"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}, verifier}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] == "" {
			out.Del(fields[i])
			continue
		}
		out.Set(fields[i], fields[i+1])
	}
	return out
}

func (w want) path() string { return "/oauth/authorize?" + w.Encode() }

// returned are the parameters with which the browser came to the site.
func (r reply) returned(t testing.TB) url.Values {
	t.Helper()
	u, err := url.Parse(r.location)
	if err != nil || r.status != http.StatusSeeOther || u.Host == "" {
		t.Fatalf("the browser did not come to the site: %d to %q\n%.1500s", r.status, r.location, r.body)
	}
	return u.Query()
}

// tokens is an answer of the token endpoint, or a refusal.
type tokens struct {
	Status  int    `json:"-"`
	Access  string `json:"access_token"`
	Kind    string `json:"token_type"`
	Refresh string `json:"refresh_token"`
	IDToken string `json:"id_token"`
	Scope   string `json:"scope"`
	Error   string `json:"error"`
	Text    string `json:"error_description"`
}

// call posts a form to an endpoint as the client.
func (r *rig) call(c client, path string, change func(*http.Request), fields ...string) reply {
	r.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	if c.Method == openid.AuthNone {
		form.Set("client_id", c.Key())
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, strings.NewReader(form.Encode()))
	check(r.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.Method == openid.AuthBasic {
		req.SetBasicAuth(url.QueryEscape(c.Key()), url.QueryEscape(c.secret))
	}
	if change != nil {
		change(req)
	}
	return do(r.t, http.DefaultClient, req)
}

func (r *rig) tokens(c client, fields ...string) tokens {
	r.t.Helper()
	got := r.call(c, "/oauth/token", nil, fields...)
	return readTokens(r.t, got)
}

func readTokens(t testing.TB, got reply) tokens {
	t.Helper()
	out := tokens{Status: got.status}
	if err := json.Unmarshal([]byte(got.body), &out); err != nil {
		t.Fatalf("%d %q: %v", got.status, got.body, err)
	}
	return out
}

func (r *rig) exchange(c client, code, verifier string) tokens {
	r.t.Helper()
	return r.tokens(c, "grant_type", "authorization_code", "code", code, "redirect_uri", c.Redirects[0], "code_verifier", verifier)
}

func (r *rig) refresh(c client, token string) tokens {
	r.t.Helper()
	return r.tokens(c, "grant_type", "refresh_token", "refresh_token", token)
}

// signIn takes a signed-in browser through the whole flow.
func (r *rig) signIn(b *browser, c client, fields ...string) tokens {
	r.t.Helper()
	w := c.want(fields...)
	code := b.visit(w.path(), openid.Scopes()...).returned(r.t).Get("code")
	got := r.exchange(c, code, w.verifier)
	if got.Error != "" {
		r.t.Fatalf("exchange: %s: %s", got.Error, got.Text)
	}
	return got
}

// userinfo asks for a person's data by a token.
func (r *rig) userinfo(token string) (int, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/oauth/userinfo", nil)
	check(r.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	got := do(r.t, http.DefaultClient, req)
	var out map[string]any
	check(r.t, json.Unmarshal([]byte(got.body), &out))
	return got.status, out
}

// payload reads the claims of a JWT without checking it.
func payload(t testing.TB, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no JWT: %q", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	check(t, err)
	var out map[string]any
	check(t, json.Unmarshal(raw, &out))
	return out
}

func (r *rig) drain() {
	r.t.Helper()
	_, err := r.base.Jobs.Drain(r.t.Context())
	check(r.t, err)
}

func adminAgency() string { return agency.ID(agency.City).String() }

func jobAct() act.Act { return act.ByJob(id.Derived("act", "test"), act.Purpose{}) }
