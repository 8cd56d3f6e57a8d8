package desk

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

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/ledger"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/page"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
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
	"posad.city/ui/assets"
)

var (
	ctx      = context.Background()
	housing  = agency.ID("housing")
	anna     = id.Derived("person", "anna")
	igor     = id.Derived("person", "igor")
	vera     = id.Derived("person", "vera")
	petra    = id.Derived("person", "petra") // a clerk
	boss     = id.Derived("person", "boss")  // heads the agency
	rita     = id.Derived("person", "rita")  // of another agency
	olga     = id.Derived("person", "olga")  // of another department of the agency
	panin    = id.Derived("person", "panin") // of the agency that sends the answers
	migrated = []store.Migrations{Migrations, casework.Migrations, agency.Migrations, feed.Migrations, vault.Migrations, journal.Migrations, jobs.Migrations, ledger.Migrations, charge.Migrations, pay.Migrations, exchange.Migrations,
		document.Migrations, notice.Migrations}
)

var names = map[id.ID]lang.Name{
	anna: {Family: "Смирнова", Given: "Анна", Patronymic: "Игоревна"}, igor: {Family: "Белов", Given: "Игорь", Patronymic: "Петрович"},
	vera: {Family: "Котова", Given: "Вера", Patronymic: "Ильинична"}, petra: {Family: "Фомина", Given: "Петра"}, boss: {Family: "Мостовой", Given: "Глеб"},
	rita: {Family: "Северова", Given: "Рита"}, olga: {Family: "Лесная", Given: "Ольга"}, panin: {Family: "Панин", Given: "Григорий"},
}

var roles = []agency.Official{
	{Person: igor, Agency: housing, Role: agency.Officer, Queues: []string{"letters"}}, {Person: vera, Agency: housing, Role: agency.Officer},
	{Person: petra, Agency: housing, Role: agency.Clerk}, {Person: boss, Agency: housing, Role: agency.Head},
	{Person: panin, Agency: agency.ID("city"), Role: agency.Officer}, {Person: olga, Agency: housing, Role: agency.Officer, Queues: []string{"works"}},
	{Person: rita, Agency: agency.ID("education"), Role: agency.Head},
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

var theTexts = sync.OnceValue(func() *lang.Catalogue {
	texts, err := lang.Load((&Module{}).Locales(), agency.New(agency.Deps{}).Locales(), casework.New(casework.Deps{}).Locales(), charge.New(charge.Deps{}).Locales(), pay.New(pay.Deps{}).Locales(), document.New(document.Deps{}).Locales(),
		notice.New(notice.Deps{}).Locales(), exchange.New(exchange.Deps{}).Locales(), ui.Locale, page.Locale, web.Locale, blob.Locale, journal.Locale)
	if err != nil {
		panic(err) // a test's own ground
	}
	return texts
})

type oneCity struct{}

func (oneCity) Current() *service.City                                       { return theCity() }
func (oneCity) Version(context.Context, service.Hash) (*service.City, error) { return theCity(), nil }

// people look as core/account does: whoever is named by somebody else sees it.
type people struct{ store *store.Store }

func (p people) Names(ctx context.Context, a act.Act, what string, list ...id.ID) (map[id.ID]lang.Name, error) {
	out := map[id.ID]lang.Name{}
	return out, p.store.Look(ctx, a, what, func(seen *store.Personal) error {
		for _, one := range list {
			seen.Saw(one)
			out[one] = names[one]
		}
		return nil
	})
}

func (p people) Person(_ context.Context, _ act.Act, _ string, person id.ID) (account.Person, error) {
	return account.Person{ID: person, Name: names[person]}, nil
}

func (people) Taken(_ context.Context, taker id.ID) ([]mandate.Mandate, error) {
	return kin[taker], nil
}

// kin are for whom officials may act.
var kin = map[id.ID][]mandate.Mandate{vera: {{Kind: mandate.Parent, Giver: id.Derived("person", "veras son"), Taker: vera}}}

func (people) Acting(context.Context, act.Act, id.ID) ([]mandate.Principal, error) { return nil, nil }
func (people) Of(context.Context, id.ID) ([]mandate.Mandate, error)                { return nil, nil }

// rig is the module with the real cases on a fresh store, and the desk over HTTP.
type rig struct {
	*Module
	t      testing.TB
	store  *store.Store
	clock  *clock.Fixed
	queue  *jobs.Queue
	cases  *casework.Module
	server *httptest.Server
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c, nil)) }, migrated...)
}

// newRig makes a rig; between, when given, stands between the desk and the cases.
func newRig(t testing.TB, s *store.Store, c *clock.Fixed, between func(Cases) Cases) *rig {
	t.Helper()
	r := &rig{t: t, store: s, clock: c, queue: jobs.NewQueue(s, jobs.Options{})}
	log := slog.New(slog.DiscardHandler)
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: masterKey(), Clock: c})
	r.must(err)
	blobs, err := blob.Open(t.TempDir(), c)
	r.must(err)
	sealer := seal.New("kitezh", v, c)
	texts := theTexts().Reporting(func(err error) { t.Error(err) })
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000}, web.Deps{
		Texts: texts, Clock: c, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)), Sessions: hats{}, Relator: mandate.New(mandate.Deps{}).Relator(), Operations: new(act.Registry),
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	r.must(err)
	pages := page.New()
	pages.City = func(*web.Context) page.Face { return page.Face{City: ui.City{Name: "Китеж"}} }
	server.Provide(web.Deps{ErrorPage: pages.FaultPage})
	base := &module.Base{Feed: feed.Open(s, nil), Web: server, Pages: pages, Store: s, Vault: v, Clock: c, Jobs: r.queue, Blobs: blobs, Seal: sealer, Journal: journal.New(sealer, c), Texts: texts, Log: log}
	zone := func() *time.Location { return theCity().Days().Zone() }
	who := people{s}
	bills := charge.New(charge.Deps{City: theCity, Zone: zone})
	payments := pay.New(pay.Deps{Charges: bills, Bank: noBank{}, Address: "http://city.test", AgencyName: func(id.ID, lang.Language) string { return "Agency" }, Zone: zone})
	asks := exchange.New(exchange.Deps{City: theCity, Zone: zone})
	papers := document.New(document.Deps{Address: "http://city.test", Zone: zone, Families: who})
	told := notice.New(notice.Deps{People: who, Address: "http://city.test", City: func(lang.Language) string { return "Kitezh" }, Zone: zone})
	staff := agency.New(agency.Deps{})
	r.cases = casework.New(casework.Deps{Services: oneCity{}, Registers: asks, Bills: bills, Payments: payments, Papers: papers, Teller: told, People: who, Family: who, Officials: staff})
	var cases Cases = r.cases
	if between != nil {
		cases = between(cases)
	}
	r.Module = New(Deps{Cases: cases, Services: oneCity{}, Officials: staff, People: who, Family: who, Teller: told})
	asks.Provide(r.cases.Lives)
	for _, m := range []interface{ Provision(*module.Base) error }{staff, bills, payments, asks, papers, told, r.cases, r.Module} {
		r.must(m.Provision(base))
	}
	t.Cleanup(func() { _ = asks.Stop(ctx) }) // never fails
	r.must(staff.Enrol(ctx, roles))
	server.Static("GET "+assets.Prefix, assets.Handler())
	handler, err := server.Handler()
	r.must(err)
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	return r
}

// noBank is never asked: letters cost nothing.
type noBank struct{ pay.Provider }

func (noBank) Name() string { return "none" }

// hats are sessions: the token is the person's id; officials wear their hat.
type hats struct{}

func (hats) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	for person := range names {
		if web.HashToken(person.String()) == hash {
			out := web.Session{ID: person, Person: person, Assurance: act.Standard, CSRF: []byte(strings.Repeat("k", 32))}
			for _, o := range roles {
				if o.Person == person {
					out.Agency, out.Role = o.Agency, string(o.Role)
				}
			}
			return out, nil
		}
	}
	return web.Session{}, web.ErrNoSession
}

func (hats) Touch(context.Context, id.ID, time.Time) {}

type testLog struct{ t testing.TB }

func (l testLog) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "level=ERROR") {
		l.t.Logf("%s", line)
	}
	return len(line), nil
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// as is the act of an official.
func as(person id.ID) act.Act {
	for _, o := range roles {
		if o.Person == person {
			return act.Act{Actor: act.Actor{Kind: act.Official, Person: person, Agency: o.Agency, Role: string(o.Role)}, Holder: person, Assurance: act.Verified, Channel: act.Desk, Session: person}
		}
	}
	return act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Standard, Channel: act.Web}
}

// run lets everything happen that is due, and what falls due within the time.
func (r *rig) run(d time.Duration) {
	r.t.Helper()
	end := r.clock.Now().Add(d)
	for {
		_, err := r.queue.Drain(ctx)
		r.must(err)
		next, err := r.queue.NextDue(ctx)
		r.must(err)
		if next.IsZero() || next.After(end) {
			r.clock.Move(end.Sub(r.clock.Now()))
			return
		}
		r.clock.Move(max(next.Sub(r.clock.Now()), time.Millisecond))
	}
}

// letter files a letter on a yard of a district, which comes to the desk of housing.
func (r *rig) letter(district string) casework.Ref {
	r.t.Helper()
	definition, _ := theCity().Service("city-appeal")
	example := definition.Examples[0]
	answers := map[string]any{
		"topic": "yards", "text": "Во дворе яма, машины объезжают её по газону", "channel": "account",
		"place": map[string]any{"id": "paromnaya:5", "flat": "12", "text": "Паромная ул., 5, кв. 12", "text_en": "Paromnaya St, 5, flat 12", "district": district},
		"name":  map[string]any{"surname": "Смирнова", "given": "Анна", "patronymic": "Игоревна"},
	}
	in := service.Inputs{Today: theCity().Days().Today(r.clock.Now()), Applicant: example.Applicant, Answers: answers, Facts: service.Facts{}}
	in.Applicant.Name = service.Name{Surname: "Смирнова", Given: "Анна", Patronymic: "Игоревна"}
	prepared, err := r.cases.PrepareOpen(ctx, casework.Opening{
		ID: id.New(r.clock.Now()), Service: "city-appeal", Definition: theCity().Hash(), Holder: anna, Applicant: anna, Inputs: in, Channel: act.Web, Lang: lang.Russian,
		Act: act.Act{ID: id.New(r.clock.Now()), Actor: as(anna).Actor, Holder: anna},
	})
	r.must(err)
	var number string
	r.must(r.store.Write(ctx, func(tx *store.Tx) error {
		var err error
		number, err = prepared.Put(tx)
		return err
	}))
	r.run(time.Second)
	return r.ref(number)
}

func (r *rig) letters(n int) ([]casework.Ref, []string) {
	r.t.Helper()
	var refs []casework.Ref
	var numbers []string
	for range n {
		ref := r.letter("zarechye")
		refs, numbers = append(refs, ref), append(numbers, ref.Number)
	}
	return refs, numbers
}

func (r *rig) ref(number string) casework.Ref {
	r.t.Helper()
	ref, err := r.cases.Find(ctx, number)
	r.must(err)
	return ref
}

// stands is how a case stands for housing.
func (r *rig) stands(ref casework.Ref) casework.Standing {
	r.t.Helper()
	out, err := r.cases.Standing(ctx, as(boss), ref.Holder, ref.ID)
	r.must(err)
	return out
}

// begin plans and begins an act of an official, and returns its id.
func (r *rig) begin(who id.ID, o Order) id.ID {
	r.t.Helper()
	plan, err := r.Plan(ctx, as(who), o)
	r.must(err)
	key := id.New(r.clock.Now())
	r.must(r.Begin(ctx, as(who), plan, key))
	return key
}

func (r *rig) bulk(who, key id.ID) Bulk {
	r.t.Helper()
	b, err := r.BulkOf(ctx, as(who), key)
	r.must(err)
	return b
}

type answered struct {
	status int
	to     string
	body   string
}

func (r *rig) send(who id.ID, method, path, kind, body string) answered {
	r.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, r.server.URL+path, strings.NewReader(body))
	r.must(err)
	req.Host = "posad.test"
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Accept-Language", "ru")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.AddCookie(&http.Cookie{Name: "posad_session", Value: who.String()})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	r.must(err)
	defer func() { _ = res.Body.Close() }() // read to its end below
	text, err := io.ReadAll(res.Body)
	r.must(err)
	return answered{res.StatusCode, res.Header.Get("Location"), string(text)}
}

func (r *rig) get(who id.ID, path string) answered { return r.send(who, "GET", path, "", "") }

func (r *rig) post(who id.ID, path string, fields ...string) answered {
	r.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return r.send(who, "POST", path, "application/x-www-form-urlencoded", values.Encode())
}

// wants checks the status and that the page says and does not say some words.
func (a answered) wants(t testing.TB, status int, says ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d; to %q\n%.3000s", a.status, status, a.to, a.body)
	}
	for _, text := range says {
		if text, not := strings.CutPrefix(text, "!"); strings.Contains(a.body, text) == not {
			body := a.body
			if i := strings.Index(body, "<main"); i >= 0 {
				body = body[i:]
			}
			t.Errorf("the page (says %q: %v)\n%.4000s", text, !not, body)
		}
	}
}
