package document

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/page"
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
	"posad.city/ui"
)

var (
	anna, boris, misha = id.Derived("person", "anna"), id.Derived("person", "boris"), id.Derived("person", "misha")
	transport          = agency.ID("transport")
	caseID             = id.Derived("case", "1")
	own                = act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Basic, Lang: "ru"}
	officer            = act.Act{Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "clerk"), Agency: transport, Role: "officer"}, Assurance: act.Standard, Channel: act.Desk}
)

// rig is a house with people, mandates and documents; misha is Anna's child.
type rig struct {
	*Module
	accounts *account.Module
	mandates *mandate.Module
	clock    *clock.Fixed
	folder   string // of the blobs
	server   *httptest.Server
	heard    map[string]int // how often an event was heard
}

var needs = []store.Migrations{
	vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, account.Migrations, mandate.Migrations, Migrations,
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs...)
}

func one(t *testing.T) *rig {
	t.Helper()
	s, c := storetest.Open(t, needs...)
	return newRig(t, s, c)
}

type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
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

func newRig(t *testing.T, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	return newRigAt(t, s, c, t.TempDir(), vault.NewKEKText())
}

// newRigAt is a rig whose blobs and key may outlive it.
func newRigAt(t *testing.T, s *store.Store, c *clock.Fixed, folder, key string) *rig {
	t.Helper()
	kek := must[*vault.KEK](t)(vault.ParseKEK(key))
	v := must[*vault.Vault](t)(vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c}))
	r := &rig{clock: c, folder: folder, heard: map[string]int{}}
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: noLetters{}})
	agencies.Provide(r.accounts, nil)
	r.mandates = mandate.New(mandate.Deps{Accounts: r.accounts})
	r.Module = New(Deps{Address: "https://kitezh.example", Zone: func() *time.Location { return time.FixedZone("Moscow", 3*3600) }, Families: r.mandates})
	files := []fs.FS{ui.Locale, page.Locale, web.Locale, blob.Locale, journal.Locale}
	modules := []module.Module{agencies, r.accounts, r.mandates, r.Module}
	for _, m := range modules {
		files = append(files, m.Locales())
	}
	texts := must[*lang.Catalogue](t)(lang.Load(files...)).Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server := must[*web.Server](t)(web.New(web.Config{BaseURL: "http://posad.test"}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: r.mandates.Relator()}))
	signer := seal.New("kitezh", v, c)
	base := &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts,
		Log: log, Blobs: must[*blob.Folder](t)(blob.Open(r.folder, c)), Seal: signer, Journal: journal.New(signer, c),
	}
	for _, event := range []string{EventIssued, EventRevoked, EventEnded, EventChecked, EventInfected} {
		base.Jobs.On(event, "test."+event, func(context.Context, jobs.Job) error { r.heard[event]++; return nil })
	}
	for _, m := range modules {
		if err := m.Provision(base); err != nil {
			t.Fatal(err)
		}
	}
	server.Provide(web.Deps{
		Sessions: hatted{r.accounts.Sessions()}, Counters: r.accounts.Counters(), Answers: r.accounts.Answers(), ErrorPage: base.Pages.FaultPage,
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	r.server = httptest.NewServer(must[http.Handler](t)(server.Handler()))
	t.Cleanup(r.server.Close)
	return r
}

// hats are sessions by a bearer token that is the name: officials of an agency, and people of no account.
var hats = map[string]web.Session{
	"clerk": {Person: id.Derived("person", "clerk"), Agency: transport, Role: "officer"}, "boss": {Person: id.Derived("person", "boss"), Agency: transport, Role: "head"},
	"other": {Person: id.Derived("person", "other"), Agency: agency.ID("education"), Role: "head"}, "anna": {Person: anna}, "boris": {Person: boris},
}

type hatted struct{ web.Sessions }

func (h hatted) Find(ctx context.Context, hash web.TokenHash) (web.Session, error) {
	for name, s := range hats {
		if web.HashToken("token of "+name) == hash {
			s.ID, s.Assurance, s.CSRF = s.Person, act.Standard, []byte(strings.Repeat("k", 32))
			return s, nil
		}
	}
	return h.Sessions.Find(ctx, hash)
}

func (h hatted) Touch(ctx context.Context, session id.ID, at time.Time) {
	for _, s := range hats {
		if s.Person == session {
			return
		}
	}
	h.Sessions.Touch(ctx, session, at)
}

// as sends one request under a hat; empty: nobody's. Headers come in pairs.
func (r *rig) as(t testing.TB, hat, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, r.server.URL+path, body))
	req.Host = "posad.test"
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if hat != "" {
		req.AddCookie(&http.Cookie{Name: "posad_session", Value: "token of " + hat})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return answer{} // the line broke
	}
	defer func() { _ = res.Body.Close() }()
	return answer{res.StatusCode, res.Header, string(must[[]byte](t)(io.ReadAll(res.Body)))}
}

func (r *rig) write(t testing.TB, fn func(*store.Tx) error) {
	t.Helper()
	if err := r.base.Store.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) drain(t testing.TB) {
	t.Helper()
	if _, err := r.base.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var (
	pdfBytes = []byte("%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\nthe secret of the attachment\n")
	pngBytes = picturePNG(3, 2)
)

// picturePNG is a whole picture of noise-free red.
func picturePNG(width, height int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.NRGBA{200, 30, 30, 255}), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func upload(name string, data []byte) Upload {
	return Upload{Holder: anna, Purpose: caseID, Field: "proof", File: web.File{Name: name, Data: data}}
}

// kept uploads a file and puts its row.
func (r *rig) kept(t testing.TB, name string, data []byte) File {
	t.Helper()
	p := must[*PreparedUpload](t)(r.PrepareUpload(t.Context(), own, upload(name, data)))
	r.write(t, p.Put)
	return p.File()
}

func permit(holder id.ID) NewResult {
	return NewResult{
		ID: id.Derived("result", holder.String()), Holder: holder, Case: caseID, Service: "parking-permit", Kind: "parking-permit", Agency: transport,
		Office: lang.Text{RU: "Департамент транспорта", EN: "Department of Transport"}, Signer: Same("Ладыгина В. А."),
		City: lang.Text{RU: "Китеж", EN: "Kitezh"}, Title: lang.Text{RU: "Разрешение на парковку жителя", EN: "Resident parking permit"},
		Text: lang.Text{RU: "Автомобиль может стоять в зоне.", EN: "The car may be parked in the zone."},
		Facts: []Fact{
			{Key: "plate", Label: lang.Text{RU: "Госномер", EN: "Plate"}, Value: Same("А417МО52")},
			{Key: "zone", Label: lang.Text{RU: "Парковочная зона", EN: "Parking zone"}, Value: lang.Text{RU: "Заречье", EN: "Zarechye"}},
			{Key: "holder", Label: lang.Text{RU: "Владелец", EN: "Holder"}, Value: Same("Смирнова Анна")},
			{Key: "empty", Label: lang.Text{RU: "Пусто", EN: "Empty"}},
		},
		Public: []string{"plate", "zone"}, Parts: []Part{{Heading: lang.Text{RU: "Если не согласны", EN: "If you disagree"}, Text: Same("…")}},
		From: calendar.MustDate("2026-12-01"), Until: calendar.MustDate("2027-11-30"), Lang: lang.Russian,
	}
}

// issue issues a document and returns it.
func (r *rig) issue(t testing.TB, n NewResult) Result {
	t.Helper()
	p := must[*PreparedResult](t)(r.PrepareResult(t.Context(), n))
	r.write(t, p.Put)
	return p.Result()
}

// looks lists the kinds and purposes of the looks at a person.
func (r *rig) looks(t testing.TB, person id.ID) []string {
	t.Helper()
	var list []store.LookRecord
	err := r.base.Store.Look(t.Context(), act.ByJob(id.ID{}, act.Purpose{}), "test", func(p *store.Personal) error {
		var err error
		list, err = store.LooksAt(p, person, r.clock.Now().Add(time.Hour), 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range list {
		out = append(out, strings.Join([]string{string(l.Actor.Kind), l.What, l.Purpose.ID}, " "))
	}
	return out
}

// family enrols Anna, her child Misha, and Boris.
func (r *rig) family(t testing.TB) {
	t.Helper()
	var list []account.Enrolment
	for key, born := range map[string]string{"anna": "1988-04-12", "boris": "1990-01-01", "misha": "2020-03-05"} {
		list = append(list, account.Enrolment{
			Person: id.Derived("person", key), Name: lang.Name{Family: "Смирнова", Given: key}, Birth: calendar.MustDate(born),
			Email: key + "@example.org", Level: act.Standard, SignsIn: true, Password: "password of " + key,
		})
	}
	if err := r.accounts.Enrol(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if err := r.mandates.Enrol(t.Context(), []mandate.Parenthood{{Parent: anna, Child: misha, Birth: calendar.MustDate("2020-03-05")}}); err != nil {
		t.Fatal(err)
	}
	r.drain(t)
}

// answer is what a browser got.
type answer struct {
	status int
	header http.Header
	body   string
}

// browser asks for pages, signed in as the person of the key; empty: nobody.
func (r *rig) browser(t *testing.T, key string) func(path string) answer {
	t.Helper()
	client := &http.Client{Jar: must[*cookiejar.Jar](t)(cookiejar.New(nil)), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, body string) answer {
		t.Helper()
		req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, r.server.URL+path, strings.NewReader(body)))
		req.Host = "posad.test"
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Accept-Language", "en")
		if body != "" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res := must[*http.Response](t)(client.Do(req))
		defer func() { _ = res.Body.Close() }()
		return answer{res.StatusCode, res.Header, string(must[[]byte](t)(io.ReadAll(res.Body)))}
	}
	if key != "" {
		form := url.Values{"contact": {key + "@example.org"}, "password": {"password of " + key}}
		if got := ask(http.MethodPost, "/sign-in/password", form.Encode()); got.status != http.StatusSeeOther {
			t.Fatalf("sign-in: %d %s", got.status, got.body)
		}
	}
	return func(path string) answer { t.Helper(); return ask(http.MethodGet, path, "") }
}
