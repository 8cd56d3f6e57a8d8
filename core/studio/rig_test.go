package studio

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/core/service"
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
	"posad.city/ui/assets"
)

var (
	ctx      = context.Background()
	alla     = id.Derived("person", "alla") // administrators
	boris    = id.Derived("person", "boris")
	vera     = id.Derived("person", "vera")  // heads the agency of the small city
	gleb     = id.Derived("person", "gleb")  // heads another agency
	clerk    = id.Derived("person", "clerk") // of vera's agency
	resident = id.Derived("person", "anna")
	migrated = []store.Migrations{Migrations, service.Migrations, agency.Migrations, feed.Migrations, jobs.Migrations, vault.Migrations}
)

var names = map[id.ID]lang.Name{
	alla: {Family: "Зорина", Given: "Алла"}, boris: {Family: "Титов", Given: "Борис"}, vera: {Family: "Котова", Given: "Вера"},
	gleb: {Family: "Мостовой", Given: "Глеб"}, clerk: {Family: "Фомина", Given: "Петра"}, resident: {Family: "Смирнова", Given: "Анна"},
}

var roles = []agency.Official{
	{Person: alla, Agency: agency.ID("city"), Role: agency.Admin}, {Person: boris, Agency: agency.ID("city"), Role: agency.Admin},
	{Person: vera, Agency: agency.ID("transport"), Role: agency.Head}, {Person: gleb, Agency: agency.ID("education"), Role: agency.Head},
	{Person: clerk, Agency: agency.ID("transport"), Role: agency.Clerk},
}

// smallCity is the small city of core/service.
var smallCity = sync.OnceValue(func() *service.City {
	city, faults := service.LoadCity(os.DirFS("../service/testdata/city"))
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
})

var theTexts = sync.OnceValue(func() *lang.Catalogue {
	texts, err := lang.Load((&Module{}).Locales(), service.Locale, agency.New(agency.Deps{}).Locales(), ui.Locale, page.Locale, web.Locale)
	if err != nil {
		panic(err) // a test's own ground
	}
	return texts
})

type people struct{}

func (people) Names(_ context.Context, _ act.Act, _ string, list ...id.ID) (map[id.ID]lang.Name, error) {
	out := map[id.ID]lang.Name{}
	for _, one := range list {
		out[one] = names[one]
	}
	return out, nil
}

type rig struct {
	*Module
	t        testing.TB
	store    *store.Store
	clock    *clock.Fixed
	queue    *jobs.Queue
	services *service.Module
	staff    *agency.Module
	server   *httptest.Server
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, migrated...)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	r := &rig{t: t, store: s, clock: c, queue: jobs.NewQueue(s, jobs.Options{})}
	texts := theTexts().Reporting(func(err error) { t.Error(err) })
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000}, web.Deps{
		Texts: texts, Clock: c, Log: slog.New(slog.DiscardHandler), Sessions: hats{c}, Relator: mandate.New(mandate.Deps{}).Relator(), Operations: new(act.Registry),
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	r.must(err)
	pages := page.New()
	pages.City = func(*web.Context) page.Face { return page.Face{City: ui.City{Name: "Городок"}} }
	server.Provide(web.Deps{ErrorPage: pages.FaultPage})
	base := &module.Base{Feed: feed.Open(s, nil), Web: server, Pages: pages, Store: s, Clock: c, Jobs: r.queue, Texts: texts, Log: slog.New(slog.DiscardHandler)}
	r.staff, r.services = agency.New(agency.Deps{}), service.New(service.Deps{})
	r.Module = New(Deps{Services: r.services, People: people{}})
	for _, m := range []interface{ Provision(*module.Base) error }{r.staff, r.services, r.Module} {
		r.must(m.Provision(base))
	}
	r.must(r.staff.Enrol(ctx, roles))
	r.must(r.services.Publish(ctx, act.ByJob(id.New(c.Now()), act.Purpose{}), smallCity()))
	server.Static("GET "+assets.Prefix, assets.Handler())
	handler, err := server.Handler()
	r.must(err)
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	return r
}

// hats are sessions: the token is the person's id; officials wear their hat and showed just now that they are there.
type hats struct{ clock clock.Clock }

func (h hats) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	for person := range names {
		if web.HashToken(person.String()) != hash {
			continue
		}
		out := web.Session{ID: person, Person: person, Assurance: act.Standard, CSRF: []byte(strings.Repeat("k", 32)), Proved: h.clock.Now()}
		for _, o := range roles {
			if o.Person == person {
				out.Agency, out.Role = o.Agency, string(o.Role)
			}
		}
		return out, nil
	}
	return web.Session{}, web.ErrNoSession
}

func (hats) Touch(context.Context, id.ID, time.Time) {}

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

// begin makes a change set.
func (r *rig) begin(who id.ID) Change {
	r.t.Helper()
	c, err := r.Begin(ctx, as(who), "Срок разрешения")
	r.must(err)
	return c
}

const permit = "services/permit.yaml"

// text is a file of the change set with one thing changed.
func (r *rig) text(c Change, path, old, new string) Edit {
	r.t.Helper()
	w, err := r.Workspace(ctx, c.ID)
	r.must(err)
	content, ok := fileOf(w.Files, path)
	if !ok || !strings.Contains(string(content), old) {
		r.t.Fatalf("%s has no %q", path, old)
	}
	seen, _ := w.SavedOf(path)
	return Edit{Path: path, Text: []byte(strings.Replace(string(content), old, new, 1)), Seen: seen.Revision, Base: hashIn(w.City.Files, path)}
}

func (r *rig) save(who id.ID, c Change, old, new string) {
	r.t.Helper()
	r.must(r.Save(ctx, as(who), c.ID, r.text(c, permit, old, new)))
}

func (r *rig) revision(c Change) int64 {
	r.t.Helper()
	now, err := r.Read(ctx, c.ID)
	r.must(err)
	return now.Revision
}

func (r *rig) propose(who id.ID, c Change) {
	r.t.Helper()
	r.must(r.Propose(ctx, as(who), c.ID, Proposal{Revision: r.revision(c), Note: "Срок стал длиннее"}))
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

func number(n int64) string { return strconv.FormatInt(n, 10) }

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
			t.Errorf("the page (says %q: %v)\n%.6000s", text, !not, body)
		}
	}
}
