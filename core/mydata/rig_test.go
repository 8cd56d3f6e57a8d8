package mydata

import (
	"context"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/apply"
	"posad.city/core/casework"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/ledger"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/page"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/rule"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	registers "posad.city/sim/agency"
	"posad.city/sim/bank"
	"posad.city/ui"
)

var (
	ctx    = context.Background()
	anna   = id.Derived("person", "anna")
	old    = id.Derived("person", "anna of before") // merged into anna
	misha  = id.Derived("person", "misha")
	ruleva = id.Derived("person", "ruleva") // an official of public places
	chief  = id.Derived("person", "chief")  // head of the road police
)

var migrated = []store.Migrations{
	vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, account.Migrations, mandate.Migrations,
	service.Migrations, document.Migrations, exchange.Migrations, ledger.Migrations, charge.Migrations, pay.Migrations, notice.Migrations, casework.Migrations, apply.Migrations, Migrations,
}

var theCity = sync.OnceValue(func() *service.City {
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
})

var masterKey = sync.OnceValue(func() *vault.KEK {
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		panic(err) // a test's own ground
	}
	return kek
})

// oneCity is the city's definitions with one version.
type oneCity struct{}

func (oneCity) Current() *service.City                                       { return theCity() }
func (oneCity) City() (*service.City, error)                                 { return theCity(), nil }
func (oneCity) Version(context.Context, service.Hash) (*service.City, error) { return theCity(), nil }

// told keeps the words that people are told.
type told struct {
	mu    sync.Mutex
	words []account.Word
}

func (w *told) PrepareWord(_ context.Context, word account.Word) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.words = append(w.words, word)
		})
		return nil
	}, nil
}

func (w *told) kinds() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, one := range w.words {
		out = append(out, strings.TrimPrefix(one.Kind, "mydata.word."))
	}
	return strings.Join(out, " ")
}

// rig is the module with its real neighbours on a fresh store.
type rig struct {
	*Module
	t        testing.TB
	store    *store.Store
	clock    *clock.Fixed
	queue    *jobs.Queue
	vault    *vault.Vault
	base     *module.Base
	told     *told
	bank     *bank.Bank
	account  *account.Module
	mandates *mandate.Module
	papers   *document.Module
	bills    *charge.Module
	pays     *pay.Module
	notices  *notice.Module
	cases    *casework.Module
	drafts   *apply.Module
	server   *httptest.Server
	sessions map[string]web.Session // by token
	mu       sync.Mutex
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(newRig(t, s, c)) }, migrated...)
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	r := &rig{t: t, store: s, clock: c, queue: jobs.NewQueue(s, jobs.Options{}), told: &told{}, sessions: map[string]web.Session{}}
	log := slog.New(slog.DiscardHandler)
	var err error
	r.vault, err = vault.Open(ctx, vault.Options{Store: s, KEK: masterKey(), Clock: c})
	r.must(err)
	blobs, err := blob.Open(t.TempDir(), c)
	r.must(err)
	sealer := seal.New("kitezh", r.vault, c)
	zone := func() *time.Location { return theCity().Days().Zone() }
	agencies := agency.New(agency.Deps{})
	r.account = account.New(account.Deps{Agencies: agencies, Zone: zone()})
	r.mandates = mandate.New(mandate.Deps{Accounts: r.account, Zone: zone()})
	r.papers = document.New(document.Deps{Address: "http://city.test", Zone: zone})
	asks := exchange.New(r.connect(zone))
	r.bank = bank.New("http://bank.test", "key", "secret", c, log)
	r.bank.SetFaults(bank.Faults{Messages: -1})
	bankServer := httptest.NewServer(r.bank.Handler())
	t.Cleanup(bankServer.Close)
	name := func(office id.ID, l lang.Language) string {
		for _, a := range theCity().Agencies {
			if agency.ID(a.Key) == office {
				return a.Short.In(l)
			}
		}
		return ""
	}
	books := ledger.New(ledger.Deps{Zone: zone})
	r.bills = charge.New(charge.Deps{City: theCity, Zone: zone})
	r.pays = pay.New(pay.Deps{Charges: r.bills, Bank: &pay.Hosted{API: bankServer.URL, Key: "key", Secret: "secret", Client: bankServer.Client()}, Address: "http://city.test", AgencyName: name, Zone: zone})
	r.notices = notice.New(notice.Deps{People: r.account, Address: "http://city.test", City: func(lang.Language) string { return "Kitezh" }, Zone: zone})
	r.cases = casework.New(casework.Deps{Services: oneCity{}, Registers: asks, Bills: r.bills, Payments: r.pays, Papers: r.papers, Teller: r.notices, People: r.account, Family: r.mandates})
	r.drafts = apply.New(apply.Deps{Services: oneCity{}, People: r.account, Family: r.mandates, Registers: asks, Papers: apply.Documents(r.papers), Cases: noCases{}})
	asks.Provide(exchange.Any(r.drafts.Lives, r.cases.Lives))
	r.Module = New(Deps{
		Sources: []Source{
			{"account", r.account.Data()}, {"agency", agencies.Data()}, {"mandate", r.mandates.Data()}, {"casework", r.cases.Data()}, {"apply", r.drafts.Data()},
			{"document", r.papers.Data()}, {"exchange", asks.Data()}, {"ledger", books.Data()}, {"charge", r.bills.Data()}, {"pay", r.pays.Data()}, {"notice", r.notices.Data()},
		},
		Words: r.told, People: r.account, Apply: r.drafts, City: theCity, Files: r.papers.HeldFiles, AgencyName: name, LookText: asks.LookText, Zone: zone,
		CaseLink: func(*web.Context, id.ID) (string, string) { return "", "" },
		LookWhy: func(_ context.Context, what string, p act.Purpose, _ lang.Language) string {
			if what == "casework.look.case" && p.Kind == "case" {
				return "Чтобы решить"
			}
			return ""
		},
		Whom: func(ctx context.Context, text string) (id.ID, error) {
			ref, err := r.cases.Find(ctx, text)
			if err != nil {
				return id.ID{}, store.ErrNone
			}
			return ref.Holder, nil
		},
		List: filepath.Join(t.TempDir(), "erased"),
	})
	modules := []module.Module{agencies, r.account, r.mandates, r.papers, asks, books, r.bills, r.pays, r.notices, r.cases, r.drafts, r.Module}
	texts, err := lang.Load(textsOf(modules)...)
	r.must(err)
	texts = texts.Reporting(func(err error) { t.Error(err) })
	server, err := web.New(web.Config{BaseURL: "http://city.test"}, web.Deps{Texts: texts, Clock: c, Log: log})
	r.must(err)
	r.base = &module.Base{
		Web: server, Pages: page.New(), Store: s, Vault: r.vault, Clock: c, Jobs: r.queue, Blobs: blobs, Seal: sealer, Journal: journal.New(sealer, c), Texts: texts,
		Log: log, Feed: feed.Open(s, log),
	}
	for _, m := range modules {
		r.must(m.Provision(r.base))
	}
	t.Cleanup(func() { _ = asks.Stop(ctx) }) // never fails
	server.Provide(web.Deps{
		Sessions: r, Relator: r.mandates.Relator(), Counters: r.account.Counters(), Answers: r.account.Answers(), ErrorPage: r.base.Pages.FaultPage,
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) }, Holder: web.NewHolder(r.account.HeldForms(), c),
	})
	handler, err := server.Handler()
	r.must(err)
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	r.people(agencies)
	return r
}

// textsOf are the texts of the modules and of what they stand on.
func textsOf(modules []module.Module) []fs.FS {
	out := []fs.FS{ui.Locale, page.Locale, web.Locale, blob.Locale, journal.Locale, store.Locale, form.Locale, rule.Locale, service.New(service.Deps{}).Locales()}
	for _, m := range modules {
		if l := m.Locales(); l != nil {
			out = append(out, l)
		}
	}
	return out
}

// connect starts the registers of the demo's people.
func (r *rig) connect(zone func() *time.Location) exchange.Deps {
	people, err := kitezh.Demo()
	r.must(err)
	known := registers.New(registers.Options{Key: "secret", Answer: func(register string, p map[string]string) (any, bool) {
		return people.Reply(register, p, calendar.DateOf(r.clock.Now(), time.UTC))
	}})
	server := httptest.NewServer(known.Handler())
	r.t.Cleanup(server.Close)
	out := exchange.Deps{City: theCity, Endpoints: map[string]exchange.Endpoint{}, Zone: zone, Pause: time.Second, Rest: 20 * time.Millisecond}
	for i := range theCity().Agencies {
		key := theCity().Agencies[i].Key
		out.Endpoints[key] = exchange.Endpoint{URL: server.URL + "/" + key, Key: "secret"}
	}
	return out
}

// noCases stands where drafts are not sent.
type noCases struct{}

func (noCases) Past(context.Context, act.Act, id.ID, string, string) ([]apply.Past, error) {
	return nil, nil
}

func (noCases) Prepare(context.Context, apply.Submission) (apply.PreparedCase, error) {
	return nil, store.ErrNone
}

func (r *rig) people(agencies *agency.Module) {
	person := func(who id.ID, family, given, snils, email string, signs bool) account.Enrolment {
		return account.Enrolment{Person: who, Name: lang.Name{Family: family, Given: given}, Birth: calendar.MustDate("1988-04-12"), SNILS: snils,
			Email: email, Level: act.Verified, Lang: lang.Russian, SignsIn: signs}
	}
	list := []account.Enrolment{
		person(anna, "Смирнова", "Анна", "11223344595", "anna@secret.example", true), person(old, "Прежняя", "Анна", "", "old@secret.example", true),
		person(misha, "Смирнов", "Михаил", "", "", false), person(ruleva, "Рулева", "Тамара", "", "ruleva@kitezh.example", true),
		person(chief, "Дорогин", "Семён", "", "chief@kitezh.example", true),
	}
	list[0].Phone, list[0].Password = "+79165550177", "correct horse battery"
	r.must(r.account.Enrol(ctx, list))
	r.must(r.mandates.Enrol(ctx, []mandate.Parenthood{{Parent: anna, Child: misha, Birth: calendar.MustDate("2020-01-01")}}))
	r.must(agencies.Enrol(ctx, []agency.Official{
		{Agency: agency.ID("housing"), Person: ruleva, Role: agency.Officer}, {Agency: agency.ID("road-police"), Person: chief, Role: agency.Head},
	}))
	r.drain()
}

func (r *rig) drain() {
	r.t.Helper()
	for {
		_, err := r.queue.Drain(ctx)
		r.must(err)
		next, err := r.queue.NextDue(ctx)
		r.must(err)
		if next.IsZero() || next.After(r.clock.Now().Add(time.Minute)) {
			return
		}
		r.clock.Move(max(next.Sub(r.clock.Now()), time.Millisecond))
	}
}

// pass lets time go by with everything done that falls due.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	end := r.clock.Now().Add(d)
	for {
		_, err := r.queue.Drain(ctx)
		r.must(err)
		next, err := r.queue.NextDue(ctx)
		r.must(err)
		if next.IsZero() || next.After(end) {
			r.clock.Move(end.Sub(r.clock.Now()))
			r.must(r.End(ctx))
			return
		}
		r.clock.Move(max(next.Sub(r.clock.Now()), time.Millisecond))
	}
}

// signed is an act of a person with an open session.
func (r *rig) signed(person id.ID) act.Act {
	return act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Verified, Channel: act.Web, Lang: "ru"}
}

func (r *rig) desk(person id.ID, office string, role agency.Role) act.Act {
	a := r.signed(person)
	a.Actor.Kind, a.Actor.Agency, a.Actor.Role, a.Channel = act.Official, agency.ID(office), string(role), act.Desk
	return a
}

// file files an appeal of Anna's about her yard, with the words in its text.
func (r *rig) file(words string) casework.Ref {
	r.t.Helper()
	definition, _ := theCity().Service("city-appeal")
	in := service.Inputs{Today: calendar.MustDate("2026-11-21"), Applicant: definition.Examples[0].Applicant, Facts: service.Facts{}, Answers: map[string]any{
		"topic": "yards", "text": words, "channel": "account", "name": map[string]any{"surname": "Смирнова", "given": "Анна"},
	}}
	prepared, err := r.cases.PrepareOpen(ctx, casework.Opening{
		ID: id.New(r.clock.Now()), Service: "city-appeal", Definition: theCity().Hash(), Holder: anna, Applicant: anna, Inputs: in, Channel: act.Web,
		Lang: lang.Russian, Act: r.signed(anna),
	})
	r.must(err)
	var number string
	r.must(r.store.Write(ctx, func(tx *store.Tx) error {
		n, err := prepared.Put(tx)
		number = n
		return err
	}))
	r.drain()
	ref, err := r.cases.Find(ctx, number)
	r.must(err)
	return ref
}

// decide answers an appeal, as the official of public places.
func (r *rig) decide(ref casework.Ref, words string) {
	r.t.Helper()
	desk := r.desk(ruleva, "housing", agency.Officer)
	s := casework.Step{Holder: ref.Holder, Case: ref.ID}
	revision, err := r.cases.Take(ctx, desk, s)
	r.must(err)
	s.Revision = revision
	_, err = r.cases.Decide(ctx, desk, s, casework.Verdict{Stage: casework.Approved, Words: words})
	r.must(err)
	r.drain()
}

// Find implements web.Sessions: the rig's own.
func (r *rig) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for token, s := range r.sessions {
		if web.HashToken(token) == hash {
			s.Proved, s.Seen = r.clock.Now(), r.clock.Now()
			return s, nil
		}
	}
	return web.Session{}, web.ErrNoSession
}

// Touch implements web.Sessions.
func (r *rig) Touch(context.Context, id.ID, time.Time) {}

// browser is a person at the portal.
type browser struct {
	r      *rig
	client *http.Client
	lang   string
}

func (r *rig) browser(s web.Session, l string) *browser {
	r.t.Helper()
	s.ID, s.Assurance, s.Strong, s.CSRF = id.New(r.clock.Now()), act.Verified, true, []byte(strings.Repeat("k", 32))
	token, _ := web.NewToken()
	r.mu.Lock()
	r.sessions[token] = s
	r.mu.Unlock()
	jar, err := cookiejar.New(nil)
	r.must(err)
	jar.SetCookies(&url.URL{Scheme: "http", Host: "city.test"}, []*http.Cookie{{Name: "posad_session", Value: token}})
	return &browser{r: r, lang: l, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) get(path string) (int, string) {
	b.r.t.Helper()
	status, body, _ := b.send(http.MethodGet, path, nil)
	return status, body
}

func (b *browser) send(method, path string, form url.Values) (int, string, string) {
	b.r.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	q, err := http.NewRequest(method, b.r.server.URL+path, body)
	b.r.must(err)
	q.Host = "city.test"
	q.Header.Set("Accept-Language", b.lang)
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Origin", "http://city.test")
	}
	for _, cookie := range b.client.Jar.Cookies(&url.URL{Scheme: "http", Host: "city.test"}) {
		q.AddCookie(cookie)
	}
	answer, err := b.client.Do(q)
	b.r.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	b.r.must(err)
	return answer.StatusCode, html.UnescapeString(string(text)), answer.Header.Get("Location")
}

var tokenField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// post sends a form of a page and follows nothing: the status and where it leads.
func (b *browser) post(page, path string, form url.Values) (int, string, string) {
	b.r.t.Helper()
	status, text := b.get(page)
	found := tokenField.FindStringSubmatch(text)
	if status != http.StatusOK || found == nil {
		b.r.t.Fatalf("%s has no form: %d", page, status)
	}
	form.Set("_csrf", found[1])
	return b.send(http.MethodPost, path, form)
}
