package centre_test

import (
	"context"
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
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/centre"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// rig is a house with agencies, accounts and the centre, its letters and words caught.
type rig struct {
	*centre.Module
	accounts *account.Module
	base     *module.Base
	clock    *clock.Fixed
	server   *httptest.Server
	register *register

	mu    sync.Mutex
	codes map[string]string       // contact → last code
	words []account.Word          // put
	aside map[string]account.Word // contact of before → word
}

func (r *rig) SendCode(_ context.Context, to string, _ account.Channel, code string, _ lang.Language, _ id.ID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codes[to] = code
	return nil
}

func (r *rig) PrepareWord(_ context.Context, w account.Word) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.words = append(r.words, w)
		})
		return nil
	}, nil
}

func (r *rig) SendAside(_ context.Context, to account.Contact, w account.Word, _ lang.Language, _ id.ID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.aside[to.Value] = w
	return nil
}

// word is the last word of a kind.
func (r *rig) word(t *testing.T, kind string) account.Word {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.words) - 1; i >= 0; i-- {
		if r.words[i].Kind == kind {
			return r.words[i]
		}
	}
	t.Fatalf("no word %s among %+v", kind, r.words)
	return account.Word{}
}

// register is a population register that knows people by SNILS.
type register struct {
	mu    sync.Mutex
	knows map[string]account.Identity
	fail  error
}

func (g *register) CheckIdentity(_ context.Context, _ id.ID, what account.Identity, _ id.ID) (account.Verdict, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known, ok := g.knows[what.SNILS]
	switch {
	case g.fail != nil:
		return "", g.fail
	case !ok:
		return account.Unknown, nil
	case known != what:
		return account.Differs, nil
	}
	return account.Confirmed, nil
}

// relator knows oneself, colleagues, who has a thing, and strangers.
type relator struct{}

func (relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Is(o.Holder), o.Kind == "" && a.Actor.Kind == act.Person:
		return web.Tie{Relation: act.Self}, nil
	case a.Actor.Kind != act.Official:
		return web.Tie{Relation: act.Stranger}, nil
	case o.Agency != a.Actor.Agency && o.Kind != "":
		return web.Tie{Relation: act.OtherAgency}, nil
	case o.Assigned == a.Actor.Person:
		return web.Tie{Relation: act.SameAgency | act.Assigned}, nil
	}
	return web.Tie{Relation: act.SameAgency}, nil
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

func needs() []store.Migrations {
	return []store.Migrations{vault.Migrations, journal.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, centre.Migrations}
}

var (
	anna  = account.Identity{Name: lang.Name{Family: "Смирнова", Given: "Анна", Patronymic: "Игоревна"}, Birth: calendar.MustDate("1988-04-12"), SNILS: "11223344595"}
	oleg  = account.Identity{Name: lang.Name{Family: "Смирнов", Given: "Олег", Patronymic: "Павлович"}, Birth: calendar.MustDate("1986-11-02"), SNILS: "11223363700"}
	galya = account.Identity{Name: lang.Name{Family: "Петренко", Given: "Галина", Patronymic: "Семёновна"}, Birth: calendar.MustDate("1974-10-14"), SNILS: "11223500785"}
	misha = account.Identity{Name: lang.Name{Family: "Смирнов", Given: "Михаил", Patronymic: "Олегович"}, Birth: calendar.MustDate("2020-03-05"), SNILS: "11223377408"}
)

func personOf(key string) id.ID { return id.Derived("person", key) }

func newRig(t *testing.T, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{clock: c, codes: map[string]string{}, aside: map[string]account.Word{}, register: &register{knows: map[string]account.Identity{}}}
	for _, who := range []account.Identity{anna, oleg, galya, misha} {
		r.register.knows[who.SNILS] = who
	}
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: r, Identity: r.register, Teller: r})
	r.Module = centre.New(centre.Deps{Accounts: r.accounts, Agencies: agencies})
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.accounts.Locales(), r.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000, Raise: "/sign-in/raise"}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: relator{}})
	if err != nil {
		t.Fatal(err)
	}
	sealer := seal.New("kitezh", v, c)
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts, Log: log,
		Seal: sealer, Journal: journal.New(sealer, c),
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
		Sessions: r.accounts.Sessions(), Counters: r.accounts.Counters(), Answers: r.accounts.Answers(), ErrorPage: r.base.Pages.FaultPage,
		Holder: web.NewHolder(r.accounts.HeldForms(), c), Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	r.enrol(t, agencies)
	return r
}

// enrol brings in Anna and Oleg, residents, and two officials of the centre.
func (r *rig) enrol(t *testing.T, agencies *agency.Module) {
	t.Helper()
	of := func(key string, who account.Identity, phone string) account.Enrolment {
		return account.Enrolment{
			Person: personOf(key), Name: who.Name, Birth: who.Birth, SNILS: who.SNILS, Email: key + "@example.org", Phone: phone, Level: act.Standard,
			Lang: lang.English, SignsIn: true,
		}
	}
	natalya := account.Identity{Name: lang.Name{Family: "Орехова", Given: "Наталья"}, Birth: calendar.MustDate("1985-05-16"), SNILS: "11223941714"}
	stepan := account.Identity{Name: lang.Name{Family: "Лукин", Given: "Степан"}, Birth: calendar.MustDate("1994-11-03"), SNILS: "11223955422"}
	r.register.knows[natalya.SNILS], r.register.knows[stepan.SNILS] = natalya, stepan
	err := r.accounts.Enrol(t.Context(), []account.Enrolment{
		of("anna", anna, "+79165550101"), of("oleg", oleg, ""), of("natalya", natalya, ""), of("stepan", stepan, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = agencies.Enrol(t.Context(), []agency.Official{
		{Person: personOf("natalya"), Agency: centre.AgencyID(), Role: agency.Officer}, {Person: personOf("stepan"), Agency: centre.AgencyID(), Role: agency.Clerk},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) drain(t *testing.T) {
	t.Helper()
	if _, err := r.base.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// code is what was sent to a contact last.
func (r *rig) code(t *testing.T, to string) string {
	t.Helper()
	r.drain(t)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.codes[to] == "" {
		t.Fatalf("no code was sent to %s", to)
	}
	return r.codes[to]
}

// looks lists who looked at a person.
func (r *rig) looks(t *testing.T, person id.ID) []store.LookRecord {
	t.Helper()
	var out []store.LookRecord
	err := r.base.Store.Look(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, "test", func(p *store.Personal) error {
		var err error
		out, err = store.LooksAt(p, person, r.clock.Now().Add(time.Minute), 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// entries are the kinds of entries in a person's journal about a thing.
func (r *rig) entries(t *testing.T, person, object id.ID) []string {
	t.Helper()
	var out []string
	err := r.base.Store.Look(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, "test", func(p *store.Personal) error {
		rows, err := journal.EntriesOf(p, person, object)
		out = nil
		for _, row := range rows {
			out = append(out, row.Kind)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// browser is somebody's browser without JavaScript.
type browser struct {
	t   *testing.T
	r   *rig
	jar http.CookieJar
	*http.Client
}

type reply struct {
	status int
	path   string
	body   string
}

func (r *rig) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, r, jar, &http.Client{Jar: jar}}
}

// resident is a browser in which a person is signed in.
func (r *rig) resident(t *testing.T, key string) *browser {
	t.Helper()
	b := r.browser(t)
	of := id.Derived("account", personOf(key).String())
	entry, err := r.accounts.Begin(t.Context(), account.Proof{Method: account.ByPasskey, Account: of, Person: personOf(key), Level: act.Standard}, account.Via{Channel: act.Web, Browser: key})
	if err != nil {
		t.Fatal(err)
	}
	b.put("session", entry.Token)
	return b
}

// official is the browser of an official with the hat of the centre on.
func (r *rig) official(t *testing.T, key string) *browser {
	t.Helper()
	b := r.resident(t, key)
	if at := b.post("/hat", "agency", centre.AgencyID().String(), "back", "/desk/centre"); at.status != 200 || at.path != "/desk/centre" {
		t.Fatalf("%s %d %s", at.path, at.status, at.body)
	}
	return b
}

func (b *browser) get(path string) reply { return b.ask(http.MethodGet, path) }

func (b *browser) post(path string, fields ...string) reply {
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
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Request.URL.RequestURI(), string(body)}
}

// put lays a cookie of the house into the browser.
func (b *browser) put(name, value string) {
	b.t.Helper()
	at, err := url.Parse("http://posad.test/")
	if err != nil {
		b.t.Fatal(err)
	}
	b.jar.SetCookies(at, []*http.Cookie{{Name: "posad_" + name, Value: value, Path: "/"}})
}

// cookie is what the browser keeps under a name of the house.
func (b *browser) cookie(name string) string {
	at, err := url.Parse("http://posad.test/")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(at) {
		if c.Name == "posad_"+name {
			return c.Value
		}
	}
	return ""
}

// seen is what an official types of a person, as form fields.
func seen(who account.Identity) []string {
	date := who.Birth.String()
	return []string{
		"document", "passport", "tail", "4417", "looked", "true", "place", "3", "family", who.Name.Family, "given", who.Name.Given,
		"patronymic", who.Name.Patronymic, "birth.day", date[8:], "birth.month", date[5:7], "birth.year", date[:4], "snils", who.SNILS,
	}
}

// find opens a visit for a person and returns its path.
func (b *browser) find(who account.Identity) string {
	b.t.Helper()
	at := b.post("/desk/centre/find", seen(who)...)
	if !strings.HasPrefix(at.path, "/desk/centre/visits/") {
		b.t.Fatalf("%s %d %s", at.path, at.status, at.body)
	}
	return at.path
}

// proved opens a visit and proves the identity in it.
func (b *browser) proved(who account.Identity) string {
	b.t.Helper()
	path := b.find(who)
	if at := b.post(path + "/prove"); at.path != path || at.status != 200 {
		b.t.Fatalf("%s %d %s", at.path, at.status, at.body)
	}
	return path
}

func visitOf(t *testing.T, path string) id.ID {
	t.Helper()
	out, err := id.Parse(strings.TrimPrefix(path, "/desk/centre/visits/"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r reply) field(t *testing.T, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(r.body)
	if found == nil {
		t.Fatalf("no field %s on %s: %s", name, r.path, r.body)
	}
	return found[1]
}
