package casework

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
	"posad.city/ui/assets"
)

var (
	petra = id.Derived("person", "petra") // a clerk
	boss  = id.Derived("person", "boss")  // the head of the transport agency
	rita  = id.Derived("person", "rita")  // an official of another agency
	yana  = id.Derived("person", "yana")  // an official of the housing agency
)

// deskNames are the people of these tests.
var deskNames = map[id.ID]lang.Name{
	anna: {Family: "Смирнова", Given: "Анна", Patronymic: "Игоревна"}, igor: {Family: "Белов", Given: "Игорь", Patronymic: "Петрович"},
	vera: {Family: "Котова", Given: "Вера", Patronymic: "Ильинична"}, petra: {Family: "Фомина", Given: "Петра"}, boss: {Family: "Мостовой", Given: "Глеб"},
	rita: {Family: "Северова", Given: "Рита"}, yana: {Family: "Домова", Given: "Яна"},
}

// deskPeople is People that looks as core/account does: whoever is named by somebody else sees it.
type deskPeople struct{ store *store.Store }

func (p deskPeople) Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error) {
	out := map[id.ID]lang.Name{}
	return out, p.store.Look(ctx, a, what, func(seen *store.Personal) error {
		for _, one := range people {
			seen.Saw(one)
			out[one] = deskNames[one]
		}
		return nil
	})
}

// staff are the roles.
type staff map[id.ID]agency.Official

func (s staff) OfficialOf(_ context.Context, person id.ID) ([]agency.Official, error) {
	if o, ok := s[person]; ok {
		return []agency.Official{o}, nil
	}
	return nil, nil
}

func (s staff) Officials(_ context.Context, office id.ID) ([]agency.Official, error) {
	var out []agency.Official
	for _, o := range s {
		if o.Agency == office {
			out = append(out, o)
		}
	}
	return out, nil
}

var deskStaff = staff{
	igor:  {Person: igor, Agency: agency.ID("transport"), Role: agency.Officer, Queues: []string{"parking"}},
	vera:  {Person: vera, Agency: agency.ID("transport"), Role: agency.Officer},
	petra: {Person: petra, Agency: agency.ID("transport"), Role: agency.Clerk},
	boss:  {Person: boss, Agency: agency.ID("transport"), Role: agency.Head},
	rita:  {Person: rita, Agency: agency.ID("education"), Role: agency.Officer},
	yana:  {Person: yana, Agency: agency.ID("housing"), Role: agency.Officer},
}

// hats are sessions: the token is the person's id; officials wear their hat.
type hats struct{}

func (hats) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	for person := range deskNames {
		if web.HashToken(person.String()) == hash {
			out := web.Session{ID: person, Person: person, Assurance: act.Standard, CSRF: []byte(strings.Repeat("k", 32))}
			if o, ok := deskStaff[person]; ok {
				out.Agency, out.Role = o.Agency, string(o.Role)
			}
			return out, nil
		}
	}
	return web.Session{}, web.ErrNoSession
}

func (hats) Touch(context.Context, id.ID, time.Time) {}

// counter is the desk of a rig over HTTP.
type counter struct {
	*rig
	server *httptest.Server
	pages  *page.Site
}

func eachCounter(t *testing.T, test func(t *testing.T, d *counter)) {
	t.Helper()
	each(t, func(t *testing.T, r *rig) { test(t, newCounter(t, r)) })
}

func newCounter(t testing.TB, r *rig) *counter {
	t.Helper()
	r.deps.People, r.deps.Officials = deskPeople{r.store}, deskStaff
	texts := theTexts().Reporting(func(err error) { t.Error(err) })
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000}, web.Deps{
		Texts: texts, Clock: r.clock, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)), Sessions: hats{}, Relator: mandate.New(mandate.Deps{}).Relator(), Operations: new(act.Registry),
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	r.must(err)
	pages := page.New()
	pages.City = func(*web.Context) page.Face { return page.Face{City: ui.City{Name: "Китеж"}} }
	pages.User = func(c *web.Context) *ui.User {
		name := deskNames[c.Person()]
		return &ui.User{Name: name.Given + " " + name.Family, Initials: string([]rune(name.Given)[:1]) + string([]rune(name.Family)[:1]), Href: "/account"}
	}
	r.base.Pages = pages
	server.Provide(web.Deps{ErrorPage: pages.FaultPage})
	r.deskRoutes(&module.Base{Web: server, Pages: pages})
	server.Static("GET "+assets.Prefix, assets.Handler())
	handler, err := server.Handler()
	r.must(err)
	out := &counter{rig: r, server: httptest.NewServer(handler), pages: pages}
	t.Cleanup(out.server.Close)
	return out
}

// testLog shows faults of the server in the test's log.
type testLog struct{ t testing.TB }

func (l testLog) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "level=ERROR") {
		l.t.Logf("%s", line)
	}
	return len(line), nil
}

// answered is what came back.
type answered struct {
	status int
	to     string // Location
	body   string
	header http.Header
}

func (d *counter) send(who id.ID, method, path, kind, body string) answered {
	d.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, d.server.URL+path, strings.NewReader(body))
	d.must(err)
	req.Host = "posad.test"
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Accept-Language", "ru")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if !who.IsZero() {
		req.AddCookie(&http.Cookie{Name: "posad_session", Value: who.String()})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	d.must(err)
	defer func() { _ = res.Body.Close() }() // read to its end below
	text, err := io.ReadAll(res.Body)
	d.must(err)
	return answered{res.StatusCode, res.Header.Get("Location"), string(text), res.Header}
}

func (d *counter) get(who id.ID, path string) answered { return d.send(who, "GET", path, "", "") }

func (d *counter) post(who id.ID, path string, fields ...string) answered {
	d.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return d.send(who, "POST", path, "application/x-www-form-urlencoded", values.Encode())
}

// wants checks the status and that the page says and does not say some words.
func (a answered) wants(t testing.TB, status int, says ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d; to %q\n%.2000s", a.status, status, a.to, a.body)
	}
	for _, text := range says {
		if text, not := strings.CutPrefix(text, "!"); strings.Contains(a.body, text) == not {
			t.Errorf("the page (says %q: %v)\n%.6000s", text, !not, a.body)
		}
	}
}

// known are the replies of registers that make a parking permit free and clear; change alters them.
func replies(change func(map[string]any)) map[string]any {
	out := map[string]any{
		"residence":         map[string]any{"registered": true, "address": "rechnaya:14/86", "kind": "permanent", "since": "2019-03-14"},
		"vehicle-ownership": map[string]any{"owner": true, "basis": "owned", "model": "Skoda Octavia"},
		"debts":             map[string]any{"amount": 0, "fines": 0},
		"family": map[string]any{"big_family": true, "minors": 3, "children": []any{
			map[string]any{"snils": "00000020107", "name": "Ребёнок", "birth": "2016-03-05"},
		}},
	}
	if change != nil {
		change(out)
	}
	return out
}

// atDesk files a parking permit of a person that comes to an official at once, and returns it when it is there.
func (d *counter) filed(who id.ID, plate string, change func(map[string]any)) Ref {
	d.t.Helper()
	known := replies(change)
	d.replies.Store(&known)
	in := d.inputs("parking-permit", "own-car")
	name := deskNames[who]
	in.Applicant.Name = service.Name{Surname: name.Family, Given: name.Given, Patronymic: name.Patronymic}
	in.Answers["car"] = map[string]any{"plate": plate, "model": "Skoda Octavia", "own": true}
	prepared, err := d.PrepareOpen(ctx, Opening{
		ID: id.New(d.clock.Now()), Service: "parking-permit", Definition: theCity().Hash(), Holder: who, Applicant: who, Inputs: in, Channel: act.Web, Lang: lang.Russian,
		Act: act.Act{ID: id.New(d.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: who}, Holder: who},
	})
	d.must(err)
	var number string
	d.must(d.store.Write(ctx, func(tx *store.Tx) error {
		var err error
		number, err = prepared.Put(tx)
		return err
	}))
	d.run(time.Minute)
	ref, err := d.Find(ctx, number)
	d.must(err)
	return ref
}

// looks are those of others at a person, by what was looked at.
func (d *counter) looks(person id.ID) map[string]int {
	d.t.Helper()
	out := map[string]int{}
	d.must(d.store.Look(ctx, act.Act{Actor: act.Actor{Kind: act.Person, Person: person}}, "test", func(p *store.Personal) error {
		clear(out)
		list, err := store.LooksAt(p, person, d.clock.Now().Add(time.Hour), 500)
		for _, l := range list {
			out[l.What]++
		}
		return err
	}))
	return out
}

// number is a case's number as people write it.
func number(ref Ref) string { return id.FormatNumber(ref.Number) }

func requestOf(agent string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/desk", nil)
	r.Header.Set("User-Agent", agent)
	return r
}
