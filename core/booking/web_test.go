package booking

import (
	"context"
	"encoding/json"
	"html"
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

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
	"posad.city/ui"

	"posad.city/core/notice"
)

// folk are the people with browsers; igor is an official of the agency property, and oleg of another.
var (
	oleg = id.Derived("person", "oleg")
	folk = map[string]id.ID{"anna": anna, "boris": boris, "igor": igor, "oleg": oleg}
)

// cookies stand for core/account: the token is the person's key.
type cookies struct{}

func (cookies) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	for key, person := range folk {
		if web.HashToken(tokens()[key]) == hash {
			out := web.Session{ID: id.Derived("session", key), Person: person, Assurance: act.Standard, CSRF: []byte(strings.Repeat("k", 32))}
			switch key {
			case "igor":
				out.Agency, out.Role = agencyID("property"), "officer"
			case "oleg":
				out.Agency, out.Role = agencyID("tax"), "officer"
			}
			return out, nil
		}
	}
	return web.Session{}, web.ErrNoSession
}

func (cookies) Touch(context.Context, id.ID, time.Time) {}

var tokens = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for key := range folk {
		out[key], _ = web.NewToken()
	}
	return out
})

// ties stand for core/mandate.
type ties struct{}

func (ties) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Actor.Person.IsZero():
		return web.Tie{Relation: act.Unsigned}, nil
	case o.Holder == a.Actor.Person, slices.Contains(o.Persons, a.Actor.Person):
		return web.Tie{Relation: act.Self}, nil
	case a.Actor.Kind == act.Official && o.Agency == a.Actor.Agency:
		return web.Tie{Relation: act.SameAgency}, nil
	case a.Actor.Kind == act.Official:
		return web.Tie{Relation: act.OtherAgency}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

// site is the module with its pages on the wire.
type site struct {
	*rig
	server *httptest.Server
}

func newSite(t *testing.T) *site {
	t.Helper()
	s, c := storetest.Open(t, migrated...)
	r := newRig(t, s, c)
	texts, err := lang.Load(New(Deps{}).Locales(), notice.New(notice.Deps{}).Locales(), ui.Locale, page.Locale, web.Locale)
	r.must(err)
	server, err := web.New(web.Config{BaseURL: "http://city.test"}, web.Deps{
		Texts: texts.Reporting(func(err error) { t.Error(err) }), Clock: c, Log: slog.New(slog.DiscardHandler), Relator: ties{}, Sessions: cookies{},
	})
	r.must(err)
	r.base.Web, r.base.Pages = server, page.New()
	r.routes(server, r.base.Pages)
	server.Provide(web.Deps{ErrorPage: r.base.Pages.FaultPage, Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) }})
	handler, err := server.Handler()
	r.must(err)
	out := &site{rig: r, server: httptest.NewServer(handler)}
	t.Cleanup(out.server.Close)
	return out
}

// browser is a person at the pages.
type browser struct {
	*site
	client *http.Client
	lang   string
	where  string
}

func (s *site) browser(key, l string) *browser {
	jar, err := cookiejar.New(nil)
	s.must(err)
	host, err := url.Parse("http://city.test")
	s.must(err)
	if key != "" {
		jar.SetCookies(host, []*http.Cookie{{Name: "posad_session", Value: tokens()[key]}})
	}
	return &browser{site: s, lang: l, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) send(method, path, contentType, body string) (int, string) {
	b.t.Helper()
	q, err := http.NewRequest(method, b.server.URL+path, strings.NewReader(body))
	b.must(err)
	q.Host = "city.test"
	q.Header.Set("Accept-Language", b.lang)
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		q.Header.Set("Content-Type", contentType)
		q.Header.Set("Origin", "http://city.test")
	}
	a, err := b.client.Do(q)
	b.must(err)
	defer func() { _ = a.Body.Close() }() // it was read
	b.where = a.Header.Get("Location")
	text, err := io.ReadAll(a.Body)
	b.must(err)
	return a.StatusCode, string(text)
}

func (b *browser) says(path string, status int, words ...string) string {
	b.t.Helper()
	got, text := b.send(http.MethodGet, path, "", "")
	text = strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " ")
	if got != status {
		b.t.Fatalf("%s: %d %s\n%s", path, got, b.where, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("%s does not say %q:\n%s", path, w, text)
		}
	}
	return text
}

var tokenField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

func (b *browser) post(page, path string, status int, form url.Values) string {
	b.t.Helper()
	found := tokenField.FindStringSubmatch(b.says(page, http.StatusOK))
	if found == nil {
		b.t.Fatalf("%s has no form", page)
	}
	form.Set("_csrf", found[1])
	got, text := b.send(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
	if got != status {
		b.t.Fatalf("POST %s: %d\n%s", path, got, text)
	}
	return strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " ")
}

func TestAPersonBooksOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	guest, ru, boris := s.browser("", "en"), s.browser("anna", "ru"), s.browser("boris", "en")
	guest.says("/visits/resources", http.StatusOK, "Reception", "Kupecheskaya St, 5", `href="/visits/new/office"`)
	guest.says("/visits/new/office", http.StatusOK, "Monday, 23 November", "Before noon", "you will be asked to sign in", `value="20261123T0600Z"`)
	guest.says("/visits/new/nowhere", http.StatusNotFound)
	ru.says("/visits", http.StatusOK, "Записей пока нет")
	ru.says("/visits/new/office?day=2026-11-24", http.StatusOK, "Вторник, 24 ноября", "Утром")

	ru.post("/visits/new/office", "/visits/new/office", http.StatusSeeOther, url.Values{"start": {"20261123T0600Z"}})
	visit := ru.where
	ru.says(visit, http.StatusOK, "Держим время за вами до 12:15", "понедельник, 23 ноября, 9:00–9:30", "Паспорт")
	boris.says(visit, http.StatusNotFound)
	booking := strings.TrimPrefix(visit, "/visits/")
	ru.post(visit, "/visits/confirm/"+booking, http.StatusSeeOther, url.Values{})
	s.run()
	ru.says(visit, http.StatusOK, "Вы записаны", "Перенести или отменить можно до")
	ru.says("/visits", http.StatusOK, "Предстоят", "Приёмная")
	file := ru.says("/visits/file/"+booking, http.StatusOK, "DTSTART:20261123T060000Z", "SUMMARY:Приёмная", "SEQUENCE:2", "UID:"+booking+"@city.test")
	if !strings.HasPrefix(file, "BEGIN:VCALENDAR\r\n") {
		t.Error("not a calendar")
	}
	ru.post("/visits/move/"+booking, "/visits/move/"+booking, http.StatusSeeOther, url.Values{"start": {"20261124T0600Z"}})
	ru.says(visit, http.StatusOK, "вторник, 24 ноября, 9:00")
	s.book(id.Derived("person", "one"), "2026-11-23 09:00")
	s.book(id.Derived("person", "two"), "2026-11-23 09:00")
	refused := boris.post("/visits/new/office", "/visits/new/office", http.StatusConflict, url.Values{"start": {"20261123T0600Z"}})
	if !strings.Contains(refused, "just been taken") || !strings.Contains(refused, `value="20261123T0630Z"`) {
		t.Errorf("a full time: %s", refused)
	}
	boris.post("/visits/new/office", "/visits/new/office", http.StatusConflict, url.Values{"start": {"tomorrow"}})
	ru.post("/visits/cancel/"+booking, "/visits/cancel/"+booking, http.StatusSeeOther, url.Values{})
	s.run()
	ru.says("/visits", http.StatusOK, "Раньше", "Отменена")
}

func TestACasesTimeLeadsToTheCase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.ofCase("2026-11-25 12:00")
	anna := s.browser("anna", "en")
	page := anna.says(path(b.ID), http.StatusOK, "part of an application", `href="/drafts/`+b.Case.String()+`"`)
	if strings.Contains(page, "/visits/move/") || strings.Contains(page, "/visits/cancel/") {
		t.Error("the page offers to move or cancel it")
	}
	for _, way := range []string{"move", "cancel"} {
		if anna.says("/visits/"+way+"/"+b.ID.String(), http.StatusSeeOther); anna.where != path(b.ID) {
			t.Errorf("%s leads to %s", way, anna.where)
		}
	}
	token := url.Values{"start": {"20261126T0900Z"}}
	anna.post("/visits/new/office", "/visits/cancel/"+b.ID.String(), http.StatusConflict, token)
	anna.post("/visits/new/office", "/visits/move/"+b.ID.String(), http.StatusConflict, url.Values{"start": {"20261126T0900Z"}})
}

func TestTheDeskSeesItsDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	igor, stranger, anna := s.browser("igor", "en"), s.browser("oleg", "en"), s.browser("anna", "en")
	b := s.book(id.Derived("person", "one"), "2026-11-23 09:00")
	second := s.book(id.Derived("person", "two"), "2026-11-23 17:30")
	anna.says("/desk/visits", http.StatusForbidden)
	stranger.says("/desk/visits?day=2026-11-23", http.StatusOK, "Nobody is booked")
	stranger.says("/desk/visits/off/"+second.ID.String(), http.StatusNotFound)
	igor.says("/desk/visits", http.StatusOK, "Nobody is booked")
	igor.says("/desk/visits?day=2026-11-23", http.StatusOK, "Смирнова", "9:00", "Window 1")
	s.clock.Move(at("2026-11-23 10:00").Sub(s.clock.Now()))
	igor.post("/desk/visits", "/desk/visits/mark/"+b.ID.String(), http.StatusSeeOther, url.Values{"came": {"yes"}, "back": {"https://elsewhere.test/"}})
	if igor.where != "/desk/visits" {
		t.Errorf("back to %s", igor.where)
	}
	igor.says("/desk/visits", http.StatusOK, "Came")
	igor.post("/desk/visits/off/"+second.ID.String(), "/desk/visits/off/"+second.ID.String(), http.StatusSeeOther, url.Values{})
	s.run()
	if got := s.letters(id.Derived("person", "two")); !slices.Contains(got, "called_off") {
		t.Errorf("told %v", got)
	}
}

func TestProgramsBookToo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	guest, anna := s.browser("", "en"), s.browser("anna", "en")
	guest.says("/api/v1/resources", http.StatusOK, `"key":"office"`, `"minutes":30`)
	guest.says("/api/v1/resources/office/slots?from=2026-11-23&to=2026-11-23", http.StatusOK, `"start":"2026-11-23T09:00:00+03:00"`, `"left":2`)
	guest.says("/api/v1/resources/office/slots?from=monday", http.StatusUnprocessableEntity)
	guest.says("/api/v1/resources/office/slots?from=2026-11-23&to=2027-11-23", http.StatusUnprocessableEntity)
	guest.says("/api/v1/visits", http.StatusUnauthorized)
	token := tokenField.FindStringSubmatch(anna.says("/visits/new/office", http.StatusOK))[1]
	call := func(path, body string) (int, map[string]any) {
		t.Helper()
		q, err := http.NewRequest(http.MethodPost, s.server.URL+path, strings.NewReader(body))
		s.must(err)
		q.Host = "city.test"
		for name, value := range map[string]string{"Content-Type": "application/json", "Origin": "http://city.test", "Sec-Fetch-Site": "same-origin", web.HeaderToken: token, "Accept-Language": "en"} {
			q.Header.Set(name, value)
		}
		a, err := anna.client.Do(q)
		s.must(err)
		defer func() { _ = a.Body.Close() }() // it was read
		out := map[string]any{}
		s.must(json.NewDecoder(a.Body).Decode(&out))
		return a.StatusCode, out
	}
	status, visit := call("/api/v1/visits", `{"resource":"office","start":"2026-11-23T09:00:00+03:00","hold":false}`)
	if status != http.StatusCreated || visit["state"] != "booked" {
		t.Fatalf("%d %v", status, visit)
	}
	key, _ := visit["id"].(string)
	s.book(boris, "2026-11-23 10:00")
	s.book(misha, "2026-11-23 10:00")
	if status, refusal := call("/api/v1/visits/"+key+"/move", `{"start":"2026-11-23T10:00:00+03:00"}`); status != http.StatusConflict || refusal["code"] != "booking.full" || refusal["near"] == nil {
		t.Errorf("%d %v", status, refusal)
	}
	if status, moved := call("/api/v1/visits/"+key+"/move", `{"start":"2026-11-23T11:00:00+03:00"}`); status != http.StatusOK || moved["start"] != "2026-11-23T11:00:00+03:00" {
		t.Errorf("%d %v", status, moved)
	}
	s.run()
	anna.says("/api/v1/visits", http.StatusOK, key)
	if status, gone := call("/api/v1/visits/"+key+"/cancel", `{}`); status != http.StatusOK || gone["state"] != "cancelled" {
		t.Errorf("%d %v", status, gone)
	}
}
