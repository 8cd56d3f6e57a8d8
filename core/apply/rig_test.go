package apply_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/apply"
	"posad.city/core/booking"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/page"
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
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	sim "posad.city/sim/agency"
	"posad.city/ui"
)

const host = "posad.test"

var needs = []store.Migrations{
	vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, account.Migrations, mandate.Migrations,
	service.Migrations, document.Migrations, exchange.Migrations, notice.Migrations, booking.Migrations, apply.Migrations,
}

// blobs is one folder of files for all houses: making its many subfolders anew for each costs more than the rest.
var blobs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "posad-apply-")
	if err != nil {
		panic(err) // no ground to test on
	}
	blobs = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		code = 1
	}
	os.Exit(code)
}

var kitezhCity = sync.OnceValue(func() *service.City {
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
})

// rig is a house with everything that applications stand on: real accounts, mandates, files, and registers on the wire.
// Only cases are a record of what was sent.
type rig struct {
	*apply.Module
	t        *testing.T
	base     *module.Base
	clock    *clock.Fixed
	accounts *account.Module
	mandates *mandate.Module
	services *service.Module
	exchange *exchange.Module
	visits   *booking.Module
	down     atomic.Bool // free times can't be read
	agency   *sim.Agency
	cases    *cases
	letters  *letters
	entries  map[string]account.Entry                                        // sessions by key of the person
	answer   func(register string, parameters map[string]string) (any, bool) // of the registers
	vehicles []service.Vehicle
	server   *httptest.Server
}

// cases keep what was sent; a number follows from the draft.
type cases struct {
	mu   sync.Mutex
	sent []apply.Submission
	puts int
	fail error
	past []apply.Past // of whoever asks
}

type prepared struct {
	c *cases
	s apply.Submission
}

func (c *cases) Prepare(_ context.Context, s apply.Submission) (apply.PreparedCase, error) {
	return prepared{c, s}, nil
}

func (c *cases) Past(_ context.Context, _ act.Act, _ id.ID, service, number string) ([]apply.Past, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []apply.Past
	for _, p := range c.past {
		if (service == "" || p.Service == service) && (number == "" || p.Number == number || p.ID.String() == number) {
			out = append(out, p)
		}
	}
	return out, nil
}

func numberOf(draft id.ID) string {
	out := ""
	for _, b := range draft[6:16] {
		out += fmt.Sprint(b % 10)
	}
	return out
}

func (p prepared) Put(tx *store.Tx) (string, error) {
	if p.c.fail != nil {
		return "", p.c.fail
	}
	tx.AfterCommit(func() {
		p.c.mu.Lock()
		defer p.c.mu.Unlock()
		p.c.sent, p.c.puts = append(p.c.sent, p.s), p.c.puts+1
	})
	return numberOf(p.s.ID), nil
}

// timetables are appointments whose free times may be out of reach.
type timetables struct {
	*booking.Module
	down *atomic.Bool
}

func (v timetables) Free(ctx context.Context, resource string, from, to calendar.Date) ([]booking.Slot, error) {
	if v.down.Load() {
		return nil, errors.New("the timetable is down")
	}
	return v.Module.Free(ctx, resource, from, to)
}

type letters struct {
	mu   sync.Mutex
	code string
}

func (l *letters) SendCode(_ context.Context, _ string, _ account.Channel, code string, _ lang.Language, _ id.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code = code
	return nil
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c, kitezhCity())) }, needs...)
}

func one(t *testing.T) *rig {
	t.Helper()
	s, c := storetest.Open(t, needs...)
	return newRig(t, s, c, kitezhCity())
}

func newRig(t *testing.T, s *store.Store, c *clock.Fixed, city *service.City) *rig {
	t.Helper()
	kek := must[*vault.KEK](t)(vault.ParseKEK(vault.NewKEKText()))
	v := must[*vault.Vault](t)(vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c}))
	log := slog.New(slog.DiscardHandler)
	r := &rig{t: t, clock: c, cases: &cases{}, letters: &letters{}, entries: map[string]account.Entry{}}
	endpoints := r.registers(city)
	zone := must[*time.Location](t)(time.LoadLocation("Europe/Moscow"))
	inZone := func() *time.Location { return zone }
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: r.letters, Zone: zone})
	r.mandates = mandate.New(mandate.Deps{Accounts: r.accounts, Zone: zone})
	r.services = service.New(service.Deps{})
	documents := document.New(document.Deps{Address: "http://" + host, Zone: inZone, Families: r.mandates})
	letters := notice.New(notice.Deps{People: r.accounts, Address: "http://" + host, City: func(lang.Language) string { return "Китеж" }, Zone: inZone})
	visits := booking.New(booking.Deps{Services: r.services, Teller: letters, People: r.accounts, Address: "http://" + host})
	registers := exchange.New(exchange.Deps{City: r.services.Current, Endpoints: endpoints, Zone: inZone, Pause: time.Millisecond, Rest: time.Millisecond})
	r.Module = apply.New(apply.Deps{
		Services: r.services, People: r.accounts, Family: r.mandates, Registers: registers, Papers: apply.Documents(documents), Cases: r.cases, Visits: timetables{visits, &r.down},
		Vehicles: func(context.Context, act.Act, id.ID) ([]service.Vehicle, error) { return r.vehicles, nil },
	})
	r.exchange, r.visits = registers, visits
	registers.Provide(r.Lives)
	agencies.Provide(r.accounts, r.services)
	modules := []module.Module{agencies, r.accounts, r.mandates, r.services, documents, registers, letters, visits, r.Module}
	texts := must[*lang.Catalogue](t)(lang.Load(ui.Locale, page.Locale, web.Locale, form.Locale, blob.Locale, journal.Locale, agencies.Locales(), r.accounts.Locales(), r.mandates.Locales(),
		r.services.Locales(), documents.Locales(), registers.Locales(), letters.Locales(), visits.Locales(), r.Locales()))
	texts = texts.Reporting(func(err error) { t.Error(err) })
	server := must[*web.Server](t)(web.New(web.Config{BaseURL: "http://" + host, PerAddress: 1_000_000, PerPerson: 1_000_000}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: r.mandates.Relator()}))
	keys := seal.New("http://"+host, v, c)
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts, Log: log,
		Blobs: must[*blob.Folder](t)(blob.Open(blobs, c)), Seal: keys, Journal: journal.New(keys, c),
	}
	for _, m := range modules {
		if err := m.Provision(r.base); err != nil {
			t.Fatal(err)
		}
	}
	s.SetGuard(r.mandates.Guard)
	if err := r.base.Feed.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Provide(web.Deps{
		Sessions: r.accounts.Sessions(), Counters: r.accounts.Counters(), Answers: r.accounts.Answers(), Holder: web.NewHolder(r.accounts.HeldForms(), c),
		ErrorPage: r.base.Pages.FaultPage, Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	if err := r.services.Publish(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, city); err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(must[http.Handler](t)(server.Handler()))
	t.Cleanup(r.server.Close)
	return r
}

// registers are the agencies' registers on the wire, answering what the test says.
func (r *rig) registers(city *service.City) map[string]exchange.Endpoint {
	r.agency = sim.New(sim.Options{Key: "secret", Answer: func(register string, parameters map[string]string) (any, bool) {
		if r.answer == nil {
			return nil, false
		}
		return r.answer(register, parameters)
	}})
	server := httptest.NewServer(r.agency.Handler())
	r.t.Cleanup(server.Close)
	out := map[string]exchange.Endpoint{}
	for i := range city.Agencies {
		out[city.Agencies[i].Key] = exchange.Endpoint{URL: server.URL + "/" + city.Agencies[i].Key, Key: "secret"}
	}
	return out
}

// enrol brings a person in and lets them sign in.
func (r *rig) enrol(key string, p service.Person) id.ID {
	r.t.Helper()
	level := act.Basic
	if p.Verified {
		level = act.Standard
	}
	return r.enrolAt(key, p, level)
}

// enrolAt brings a person in whom the city is so sure of.
func (r *rig) enrolAt(key string, p service.Person, level act.Level) id.ID {
	r.t.Helper()
	e := account.Enrolment{
		Person: id.Derived("person", key), Name: lang.Name{Family: p.Name.Surname, Given: p.Name.Given, Patronymic: p.Name.Patronymic},
		SNILS: p.SNILS, Phone: p.Phone, Email: key + "@example.org", Level: level, SignsIn: true,
	}
	if p.Birth != "" {
		e.Birth = calendar.MustDate(p.Birth)
	}
	if err := r.accounts.Enrol(r.t.Context(), []account.Enrolment{e}); err != nil {
		r.t.Fatal(err)
	}
	return e.Person
}

// child brings in a child of the parent.
func (r *rig) child(parent id.ID, c service.Child) {
	r.t.Helper()
	person := must[id.ID](r.t)(id.Parse(c.ID))
	e := account.Enrolment{Person: person, Name: lang.Name{Family: c.Name.Surname, Given: c.Name.Given, Patronymic: c.Name.Patronymic}, Birth: calendar.MustDate(c.Birth), SNILS: c.SNILS, Level: act.Standard}
	if err := r.accounts.Enrol(r.t.Context(), []account.Enrolment{e}); err != nil {
		r.t.Fatal(err)
	}
	if err := r.mandates.Enrol(r.t.Context(), []mandate.Parenthood{{Parent: parent, Child: person, Birth: e.Birth}}); err != nil {
		r.t.Fatal(err)
	}
	r.drain()
}

func (r *rig) drain() {
	r.t.Helper()
	must[int](r.t)(r.base.Jobs.Drain(r.t.Context()))
}

// browser is a signed-in person's browser without JavaScript; it can call the API too.
type browser struct {
	r     *rig
	token string
	*http.Client
	lang string
}

// signIn opens a browser in the person's session; the first time a code is asked for.
func (r *rig) signIn(key string) *browser {
	r.t.Helper()
	if _, ok := r.entries[key]; !ok {
		contact := must[account.Contact](r.t)(account.ParseContact(key + "@example.org"))
		sent := must[account.Sent](r.t)(r.accounts.AskCode(r.t.Context(), contact, lang.Russian, ""))
		r.drain()
		r.entries[key] = must[account.Entry](r.t)(r.accounts.EnterByCode(r.t.Context(), sent.Try, r.letters.code, account.Via{Channel: act.Web, Lang: lang.Russian}))
	}
	b := r.stranger()
	b.token = r.entries[key].Token
	return b
}

// showMore makes the browser's session one of two factors, as its person would: a code to the phone beside the one to the
// mailbox.
func (b *browser) showMore(key string) {
	b.r.t.Helper()
	page := b.get("/sign-in/raise?level=3&back=%2Fdrafts")
	page = b.post("/sign-in/second?level=3", page.form(b.r.t, "/sign-in/second").values)
	b.r.drain()
	code := page.form(b.r.t, "/sign-in/code")
	code.values.Set("code", b.r.letters.code)
	if page = b.post(code.action, code.values); page.path != "/drafts" {
		b.r.t.Fatalf("the second factor leads to %s: %d %s", page.path, page.status, page.shown())
	}
	for _, cookie := range b.Jar.Cookies(&url.URL{Scheme: "http", Host: host, Path: "/"}) {
		if cookie.Name == "posad_session" {
			b.token = cookie.Value
		}
	}
	entry := b.r.entries[key]
	entry.Token = b.token
	b.r.entries[key] = entry
}

// self is the person's act as their session makes it.
func (r *rig) self(key string) act.Act {
	r.t.Helper()
	r.signIn(key)
	e := r.entries[key]
	return act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: e.Person}, Holder: e.Person, Session: e.Session, Assurance: act.Standard, Channel: act.Web}
}

func (r *rig) stranger() *browser {
	r.t.Helper()
	return &browser{r: r, Client: &http.Client{Jar: must[*cookiejar.Jar](r.t)(cookiejar.New(nil))}, lang: "ru"}
}

// answer is what the house said.
type answer struct {
	status int
	path   string // where the browser stands after redirects
	body   string
	kind   string // content type
}

// shown is the beginning of what the page is about, for the words of a failure.
func (a answer) shown() string {
	text := a.body
	if i := strings.Index(text, "<main"); i >= 0 {
		text = text[i:]
	}
	return string([]rune(text)[:min(300, len([]rune(text)))])
}

func (b *browser) send(method, path, kind string, body io.Reader) answer {
	b.r.t.Helper()
	req := must[*http.Request](b.r.t)(http.NewRequestWithContext(b.r.t.Context(), method, b.r.server.URL+path, body))
	req.Host = host
	req.Header.Set("Accept-Language", b.lang)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if strings.HasPrefix(path, "/api/") {
		if b.token != "" {
			req.Header.Set("Authorization", "Bearer "+b.token)
		}
	} else if b.token != "" {
		b.Jar.SetCookies(&url.URL{Scheme: "http", Host: host, Path: "/"}, []*http.Cookie{{Name: "posad_session", Value: b.token, Path: "/"}})
	}
	res := must[*http.Response](b.r.t)(b.Do(req))
	defer func() { _ = res.Body.Close() }() // read to its end below
	text := must[[]byte](b.r.t)(io.ReadAll(res.Body))
	return answer{res.StatusCode, res.Request.URL.RequestURI(), string(text), res.Header.Get("Content-Type")}
}

func (b *browser) get(path string) answer {
	b.r.t.Helper()
	return b.send(http.MethodGet, path, "", nil)
}

func (b *browser) post(path string, values url.Values) answer {
	b.r.t.Helper()
	return b.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

// call sends JSON to the API and reads the answer into out, when it is one of success.
func (b *browser) call(method, path string, body, out any) answer {
	b.r.t.Helper()
	var reader io.Reader
	if body != nil {
		reader = strings.NewReader(string(must[[]byte](b.r.t)(json.Marshal(body))))
	}
	got := b.send(method, path, "application/json", reader)
	if out != nil && got.status < 300 {
		if err := json.Unmarshal([]byte(got.body), out); err != nil {
			b.r.t.Fatalf("%s %s: %v: %s", method, path, err, got.shown())
		}
	}
	return got
}

// document is a page's tree.
func (a answer) document(t *testing.T) *html.Node {
	t.Helper()
	return must[*html.Node](t)(html.Parse(strings.NewReader(a.body)))
}

// postForm is a form of a page: its address, and what a browser would post of it untouched.
type postForm struct {
	action, kind string
	values       url.Values
	names        map[string]bool // every control, chosen or not
	files        map[string]bool
	buttons      url.Values
}

// form finds the page's form whose address has the part.
func (a answer) form(t *testing.T, part string) postForm {
	t.Helper()
	for n := range a.document(t).Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.Contains(attribute(n, "action"), part) && attribute(n, "method") == "post" {
			return readForm(n)
		}
	}
	t.Fatalf("%s: %d: no form for %s in %s", a.path, a.status, part, a.shown())
	return postForm{}
}

func readForm(form *html.Node) postForm {
	out := postForm{action: attribute(form, "action"), kind: attribute(form, "enctype"), values: url.Values{}, names: map[string]bool{}, files: map[string]bool{}, buttons: url.Values{}}
	for n := range form.Descendants() {
		name := attribute(n, "name")
		if n.Type != html.ElementNode || name == "" {
			continue
		}
		switch kind := attribute(n, "type"); {
		case n.Data == "button":
			out.buttons.Add(name, attribute(n, "value"))
			continue
		case n.Data == "textarea":
			text := ""
			if n.FirstChild != nil {
				text = n.FirstChild.Data
			}
			out.values.Add(name, text)
		case kind == "file":
			out.files[name] = true
		case kind == "radio" || kind == "checkbox":
			if has(n, "checked") {
				out.values.Add(name, attribute(n, "value"))
			}
		case n.Data == "input":
			out.values.Add(name, attribute(n, "value"))
		default:
			continue
		}
		out.names[name] = true
	}
	return out
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}
