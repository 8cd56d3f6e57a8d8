package exchange

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/asic"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	sim "posad.city/sim/agency"
	"posad.city/ui"
)

// sessions are open for whoever comes with a name as token.
type sessions map[web.TokenHash]web.Session

func (s sessions) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	if found, ok := s[hash]; ok {
		return found, nil
	}
	return web.Session{}, web.ErrNoSession
}

func (sessions) Touch(context.Context, id.ID, time.Time) {}

// relations: the city's administrator is one, everybody else is a stranger.
type relations struct{}

func (relations) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Actor.Kind == act.Official && a.Actor.Role == string(agency.Admin) && a.Actor.Agency == agency.ID(agency.City):
		return web.Tie{Relation: act.Admin}, nil
	case a.Actor.Kind == act.Official:
		return web.Tie{Relation: act.OtherAgency}, nil
	case o.Holder == a.Actor.Person && !o.Holder.IsZero():
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

// site is the stand with pages; its tokens are "admin", "officer" and "anna".
func site(t *testing.T) (*stand, func(token, path, language string) (int, string)) {
	t.Helper()
	s, address := served(t)
	return s, func(token, path, language string) (int, string) { return get(t, address+path, token, language) }
}

// served is the stand on the wire, with its address.
func served(t *testing.T, change ...func(*Deps)) (*stand, string) {
	t.Helper()
	st, c := storetest.Open(t, Migrations, jobs.Migrations, vault.Migrations)
	s := newStand(t, st, c, change...)
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, s.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	city, transportID := agency.ID(agency.City), transport
	open := sessions{
		web.HashToken("admin"):   {ID: id.New(c.Now()), Person: id.Derived("kitezh", "admin"), Agency: city, Role: "admin", Assurance: act.Standard, Proved: c.Now()},
		web.HashToken("officer"): {ID: id.New(c.Now()), Person: id.Derived("kitezh", "officer"), Agency: transportID, Role: "officer", Assurance: act.Standard},
		web.HashToken("anna"):    {ID: id.New(c.Now()), Person: anna, Assurance: act.Standard},
	}
	pages, log := page.New(), slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000, PerPerson: 100_000}, web.Deps{
		Texts: texts, Clock: c, Log: log, ErrorPage: pages.FaultPage, Sessions: open, Relator: relations{},
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	if err != nil {
		t.Fatal(err)
	}
	base := *s.base
	base.Jobs, base.Web, base.Pages, base.Texts = jobs.NewQueue(st, jobs.Options{}), server, pages, texts
	if err := s.Provision(&base); err != nil {
		t.Fatal(err)
	}
	s.queue = base.Jobs
	read := server.Operation(act.Operation{Name: "test.read", Object: "case", May: act.Self})
	server.Page(read, "GET /test/cases/{case}", s.showCase)
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	wire := httptest.NewServer(handler)
	t.Cleanup(wire.Close)
	return s, wire.URL
}

// showCase is a later module's page that shows the certificates of a case.
func (s *stand) showCase(c *web.Context) error {
	if err := c.May(act.Object{Kind: "case", Holder: anna}); err != nil {
		return err
	}
	caseID, err := c.ID("case")
	if err != nil {
		return err
	}
	list, err := s.Certificates(c.Context(), c.Act(), []id.ID{anna}, caseID)
	if err != nil {
		return err
	}
	return s.base.Pages.Render(c, page.Options{Title: "test"}, s.CertificateList(c, list))
}

func get(t *testing.T, address, token, language string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "posad.test"
	r.Header.Set("Accept-Language", language)
	if strings.Contains(address, "/api/") {
		r.Header.Set("Authorization", "Bearer "+token)
	} else {
		r.AddCookie(&http.Cookie{Name: "posad_session", Value: token})
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // read to its end below
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestTheAdministratorSeesHowRegistersStand(t *testing.T) {
	t.Parallel()
	s, get := site(t)
	s.agency.SetFaults("debts", sim.Faults{Lie: 1})
	caseID := s.newCase()
	s.mustPut(s.question(caseID, "debts"))
	s.toTheEnd()
	for language, want := range map[string][]string{
		"en": {"Parking debts", "Is asked", "wrong answer: 1", "Not asked yet", "not asked yet"},
		"ru": {"Долги за парковку", "Спрашиваем", "неправильный ответ: 1", "Ещё не спрашивали", "ещё не спрашивали"},
	} {
		status, body := get("admin", "/desk/exchange", language)
		for _, text := range want {
			if status != 200 || !strings.Contains(body, text) {
				t.Errorf("%d, no %q", status, text)
			}
		}
	}
	status, body := get("admin", "/api/v1/admin/registers", "en")
	var list []wireStanding
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != 200 || len(list) != len(loadCity().Registers) {
		t.Fatalf("%d %s %v", status, body, err)
	}
	got := list[slices.IndexFunc(list, func(s wireStanding) bool { return s.Register == "debts" })]
	if got.Breaker != "closed" || got.WrongSchema != 1 || got.Answered != 1 || !got.Connected {
		t.Errorf("%+v", got)
	}
	for _, token := range []string{"officer", "anna", ""} {
		for _, path := range []string{"/desk/exchange", "/api/v1/admin/registers"} {
			if status, body := get(token, path, "en"); status < 300 || strings.Contains(body, "debts") {
				t.Errorf("%q sees %s: %d", token, path, status)
			}
		}
	}
}

func TestThePersonSeesWhatWasAskedAndWhy(t *testing.T) {
	t.Parallel()
	s, get := site(t)
	s.agency.SetFaults("family", sim.Faults{Lie: -1})
	s.agency.SetFaults("residence", sim.Faults{Absent: true})
	caseID := s.newCase()
	for _, key := range []string{"debts", "family", "residence"} {
		s.mustPut(s.question(caseID, key))
	}
	s.drain()
	status, body := get("anna", "/test/cases/"+caseID.String(), "en")
	for _, text := range []string{"Parking debts", "Answered", "A permit is given when parking fines are paid", "0 ₽", "Registered residence", "The agency is slow to answer"} {
		if status != 200 || !strings.Contains(strings.ReplaceAll(body, "\u00a0", " "), text) {
			t.Errorf("%d, no %q", status, text)
		}
	}
	s.toTheEnd()
	_, body = get("anna", "/test/cases/"+caseID.String(), "ru")
	for _, text := range []string{"Состав семьи", "Ответ ведомства неправильный, мы его не использовали", "Ведомство не ответило"} {
		if !strings.Contains(body, text) {
			t.Errorf("no %q", text)
		}
	}
	if _, body := get("anna", "/test/cases/"+s.newCase().String(), "en"); !strings.Contains(body, "The city has asked no registers") {
		t.Error("an empty list says nothing")
	}
}

func TestTheAdministratorHasASignedMessage(t *testing.T) {
	t.Parallel()
	s, get := site(t)
	s.mustPut(s.question(s.newCase(), "debts"))
	s.toTheEnd()
	if _, body := get("admin", "/desk/exchange", "en"); !strings.Contains(body, "Exchanges that wait to be signed") {
		t.Error("the page says nothing of the log")
	}
	s.mustSign()
	if _, err := s.CheckLog(ctx); err != nil {
		t.Fatal(err)
	}
	_, body := get("admin", "/desk/exchange", "en")
	for _, text := range []string{"Batches signed", "batches: 1, exchanges: 1", "Nothing is wrong", "95 of 100 in"} {
		if !strings.Contains(body, text) {
			t.Errorf("no %q", text)
		}
	}
	try := s.log(1)[0].ID
	list := pathLog + "/" + anna.String()
	if status, body := get("admin", list, "en"); status != 200 || !strings.Contains(body, list+"/"+try.String()+"/answer") || !strings.Contains(body, "Parking debts") {
		t.Errorf("the list: %d", status)
	}
	trust, err := s.trust()
	if err != nil {
		t.Fatal(err)
	}
	for side, want := range map[string]string{"question": `"register":"debts"`, "answer": `{"`} {
		status, file := get("admin", list+"/"+try.String()+"/"+side, "en")
		got, err := asic.Verify([]byte(file), trust)
		if status != 200 || err != nil || !strings.Contains(string(got.Parts[1].Content), want) {
			t.Errorf("%s: %d %v", side, status, err)
		}
	}
	seen := 0
	for _, look := range s.looks(anna) {
		if look.What == lookLog && look.Actor.Person == id.Derived("kitezh", "admin") {
			seen++
		}
	}
	if seen == 0 { // the same look within an hour is told once
		t.Error("anna does not see that the administrator looked")
	}
	for _, token := range []string{"officer", "anna", ""} {
		for _, path := range []string{list, list + "/" + try.String() + "/answer"} {
			if status, body := get(token, path, "en"); status == 200 || strings.Contains(body, "debts") {
				t.Errorf("%q sees %s: %d", token, path, status)
			}
		}
	}
	if status, _ := get("admin", list+"/"+try.String()+"/else", "en"); status != http.StatusNotFound {
		t.Errorf("another side: %d", status)
	}
}
