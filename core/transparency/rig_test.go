package transparency

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/clock"
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

// nobody is who comes to a public page: no session, no relation.
type nobody struct{}

func (nobody) Find(context.Context, web.TokenHash) (web.Session, error) {
	return web.Session{}, web.ErrNoSession
}
func (nobody) Touch(context.Context, id.ID, time.Time) {}
func (nobody) Relate(context.Context, act.Act, act.Object, string) (web.Tie, error) {
	return web.Tie{Relation: act.Unsigned}, nil
}

// rig is a city with a log, behind a server.
type rig struct {
	*Module
	t      *testing.T
	clock  *clock.Fixed
	keys   *vault.Keys
	base   *module.Base
	server *httptest.Server
	client *http.Client
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) },
		vault.Migrations, journal.Migrations, jobs.Migrations)
}

func newRig(t *testing.T, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	return newRigWith(t, s, c, Deps{Folder: t.TempDir()})
}

func newRigWith(t *testing.T, s *store.Store, c *clock.Fixed, d Deps) *rig {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	kek, err := vault.ParseKEK(vault.NewKEKText())
	must(err)
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	must(err)
	keys, err := v.Keys(t.Context(), id.Derived("person", "anna"))
	must(err)
	r := &rig{Module: New(d), t: t, clock: c, keys: keys}
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, journal.Locale, r.Locales())
	must(err)
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000, Raise: "/raise"}, web.Deps{Texts: texts, Clock: c, Log: log, Breach: func(op, what string) { t.Errorf("%s: %s", op, what) }})
	must(err)
	sealer := seal.New("http://kitezh.test", v, c)
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Web: server, Pages: page.New(), Texts: texts, Log: log,
		Seal: sealer, Journal: journal.New(sealer, c), Metrics: prometheus.NewRegistry(),
	}
	must(r.Provision(r.base))
	server.Provide(web.Deps{Sessions: nobody{}, Relator: nobody{}, ErrorPage: r.base.Pages.FaultPage})
	handler, err := server.Handler()
	must(err)
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	jar, err := cookiejar.New(nil)
	must(err)
	r.client = &http.Client{Jar: jar}
	return r
}

// enter enters so many acts and returns them.
func (r *rig) enter(count int) []journal.Entered {
	r.t.Helper()
	var out []journal.Entered
	for range count {
		ready, err := r.base.Journal.Prepare(r.keys, journal.Entry{
			Act: id.New(r.clock.Now()), Kind: "casework.submitted", Title: "Заявление подано", Object: id.New(r.clock.Now()),
			Facts: []journal.Fact{{Name: "number", Label: "Номер", Value: "1234-567-890"}},
		})
		if err != nil {
			r.t.Fatal(err)
		}
		err = r.base.Store.Write(r.t.Context(), func(tx *store.Tx) error {
			e, err := journal.Enter(tx, ready)
			if err == nil {
				out = append(out[:min(len(out), count)], e)
			}
			return err
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return out
}

// receipt is the file that the holder downloads now.
func (r *rig) receipt(entry id.ID) []byte {
	r.t.Helper()
	var row journal.Row
	own := act.Act{Actor: act.Actor{Kind: act.Person, Person: r.keys.Holder()}, Holder: r.keys.Holder()}
	err := r.base.Store.Look(r.t.Context(), own, "journal.look.entry", func(p *store.Personal) error {
		one, err := journal.EntryByID(p, r.keys.Holder(), entry)
		row = one
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	e, err := r.base.Journal.Open(r.keys, row)
	if err != nil {
		r.t.Fatal(err)
	}
	file, err := r.base.Journal.Receipt(r.t.Context(), e)
	if err != nil {
		r.t.Fatal(err)
	}
	return file
}

func (r *rig) round() {
	r.t.Helper()
	if err := r.log.Round(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) get(path string) (int, string) {
	r.t.Helper()
	return r.answer(r.client.Get(r.server.URL + path))
}

func (r *rig) answer(got *http.Response, err error) (int, string) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }() // it is read whole
	body, err := io.ReadAll(got.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return got.StatusCode, string(body)
}

var token = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// give posts a receipt as the page's form does.
func (r *rig) give(file []byte) (int, string) {
	r.t.Helper()
	_, body := r.get("/log")
	found := token.FindStringSubmatch(body)
	if found == nil {
		r.t.Fatal("the form has no token")
	}
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.WriteField("_csrf", found[1]); err != nil {
		r.t.Fatal(err)
	}
	part, err := w.CreateFormFile("receipt", "one.posad.json")
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		r.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.server.URL+"/log", &out)
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return r.answer(r.client.Do(request))
}

func query(values ...string) string {
	out := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		out.Set(values[i], values[i+1])
	}
	return "?" + out.Encode()
}

const late = journal.Delay + time.Hour
