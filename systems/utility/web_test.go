package utility

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
	"posad.city/ui"
	"posad.city/ui/assets"
)

// folk are the people with browsers: Anna lives in the flat, Boris has saved its number, Igor works at the settlement centre,
// Oleg at another agency.
var folk = map[string]id.ID{"anna": anna, "boris": id.Derived("person", "boris"), "igor": id.Derived("person", "igor"), "oleg": id.Derived("person", "oleg"), "vera": id.Derived("person", "vera")}

// cookies stand for core/account: the token is the person's key.
type cookies struct{}

func (cookies) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	for key, person := range folk {
		if web.HashToken(tokens()[key]) == hash {
			out := web.Session{ID: id.Derived("session", key), Person: person, Assurance: act.Standard, CSRF: []byte(strings.Repeat("k", 32))}
			switch key {
			case "igor":
				out.Agency, out.Role = agency.ID("housing"), "officer"
			case "oleg":
				out.Agency, out.Role = agency.ID("tax"), "officer"
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
	case o.Holder == a.Actor.Person:
		return web.Tie{Relation: act.Self}, nil
	case a.Actor.Kind == act.Official && o.Agency == a.Actor.Agency:
		return web.Tie{Relation: act.SameAgency}, nil
	case a.Actor.Kind == act.Official:
		return web.Tie{Relation: act.OtherAgency}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

// site is the module with its pages on the wire, and a house with a year of bills.
type site struct {
	*rig
	server *httptest.Server
	home   id.ID
}

func newSite(t *testing.T) *site {
	t.Helper()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	out := &site{rig: r}
	out.year()
	texts := must[*lang.Catalogue](t)(lang.Load(locales, r.deps.Charges.Locales(), ui.Locale, page.Locale, web.Locale))
	server := must[*web.Server](t)(web.New(web.Config{BaseURL: "http://city.test"}, web.Deps{
		Texts: texts.Reporting(func(err error) { t.Error(err) }), Clock: c, Log: slog.New(slog.DiscardHandler), Relator: ties{}, Sessions: cookies{},
	}))
	r.base.Texts, r.base.Web, r.base.Pages = texts, server, page.New()
	r.routes(server, r.base.Pages)
	server.Static("GET "+assets.Prefix, assets.Handler())
	server.Provide(web.Deps{ErrorPage: r.base.Pages.FaultPage, Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) }})
	out.server = httptest.NewServer(must[http.Handler](t)(server.Handler()))
	t.Cleanup(out.server.Close)
	return out
}

// year enters a house of twelve flats with bills of the year before the clock's month. Anna lives in the first.
func (s *site) year() {
	s.t.Helper()
	var accounts []Account
	for i := range 12 {
		a := account(fmt.Sprintf("52990140%02d", i+1))
		a.Address = lang.Text{RU: "Речная ул., 14, кв. " + a.Number, EN: "Rechnaya St, 14, flat " + a.Number}
		accounts = append(accounts, a)
	}
	accounts[0].Residents = []id.ID{anna}
	s.home = s.enter(accounts...)[0]
	saved := must[*charge.PreparedWatch](s.t)(s.deps.Charges.PrepareWatch(ctx, folk["boris"], charge.Identifier{By: charge.ByFlat, Value: accounts[0].Account}, charge.SourceSaved))
	if err := s.base.Store.Write(ctx, func(tx *store.Tx) error { return saved.Put(tx) }); err != nil {
		s.t.Fatal(err)
	}
	for n, p := 1, month(s.t, "2025-10"); n <= 12; n, p = n+1, p.Add(1) {
		var list []PastReading
		for i, a := range accounts {
			up := int64(n*(5+i%3) + n%2*2)
			list = append(list,
				PastReading{a.Account, "cold-water", "C1", "", decimal.Of(100 + up)}, PastReading{a.Account, "hot-water", "H1", "", decimal.Of(100 + up/2)},
				PastReading{a.Account, "power", "P1", "day", decimal.Of(1000 + up*25)}, PastReading{a.Account, "power", "P1", "night", decimal.Of(500 + up*9)})
		}
		if err := s.EnterReadings(ctx, p, list); err != nil {
			s.t.Fatal(err)
		}
		if err := s.EnterBills(ctx, p, n > 10); err != nil {
			s.t.Fatal(err)
		}
	}
}

// browser is a person at the pages.
type browser struct {
	*site
	client *http.Client
	lang   string
	where  string
}

func (s *site) browser(key, l string) *browser {
	jar := must[*cookiejar.Jar](s.t)(cookiejar.New(nil))
	host := must[*url.URL](s.t)(url.Parse("http://city.test"))
	if key != "" {
		jar.SetCookies(host, []*http.Cookie{{Name: "posad_session", Value: tokens()[key]}})
	}
	return &browser{site: s, lang: l, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) send(method, path, contentType, body string) (int, string) {
	b.t.Helper()
	q := must[*http.Request](b.t)(http.NewRequest(method, b.server.URL+path, strings.NewReader(body)))
	q.Host = "city.test"
	q.Header.Set("Accept-Language", b.lang)
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		q.Header.Set("Content-Type", contentType)
		q.Header.Set("Origin", "http://city.test")
	}
	a := must[*http.Response](b.t)(b.client.Do(q))
	defer func() { _ = a.Body.Close() }() // it was read
	b.where = a.Header.Get("Location")
	text := must[[]byte](b.t)(io.ReadAll(a.Body))
	return a.StatusCode, string(text)
}

func (b *browser) says(path string, status int, words ...string) string {
	b.t.Helper()
	got, text := b.send(http.MethodGet, path, "", "")
	plain := strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " ")
	if got != status {
		b.t.Fatalf("%s: %d %s", path, got, b.where)
	}
	for _, w := range words {
		if !strings.Contains(plain, w) {
			b.t.Errorf("%s does not say %q", path, w)
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
		b.t.Fatalf("POST %s: %d", path, got)
	}
	return strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " ")
}

func TestAResidentReadsTheirBill(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at(s.clock, time.Date(2026, 10, 20, 12, 0, 0, 0, moscow))
	b := s.browser("anna", "ru")
	b.says("/flats", http.StatusSeeOther)
	if b.where != path(s.home) {
		t.Errorf("one flat leads to %s", b.where)
	}
	b.says(path(s.home), http.StatusOK, "Речная ул., 14, кв. 1", "Счёт за сентябрь 2026", "Оплатить", "Показания счётчиков", "За двенадцать месяцев", "Что изменилось: август 2026", "Похожие квартиры дома", "их 11", "октябрь 2025")
	bill := billPath(s.home, month(t, "2026-09"))
	b.says(bill, http.StatusOK, "Холодная вода", "Счётчик C1", "подогрев", "0,0607", "Норматив отопления 0,0164 Гкал", "Цена действует с 1 января 2026", "А", "1/2")
	b.says(bill+"/check", http.StatusOK, "Сошлось до копейки")
	b.says(path(s.home)+"/debt", http.StatusOK, "Август 2026", "Осталось оплатить")
	b.says(billPath(s.home, month(t, "2024-01")), http.StatusNotFound)
	b.says(billPath(s.home, Period{})+"x", http.StatusNotFound)
	if got, text := b.send(http.MethodGet, bill+"/pdf", "", ""); got != http.StatusOK || !strings.HasPrefix(text, "%PDF") {
		t.Errorf("PDF: %d", got)
	}
	en := s.browser("anna", "en")
	en.says(path(s.home), http.StatusOK, "Rechnaya St, 14, flat 1", "Twelve months", "Similar flats of the house")
	en.says(bill, http.StatusOK, "The norm of heating is 0.0164 Gcal")
}

// The open data of a bill computes to the bill, by a program that has nothing else.
func TestTheOpenDataReplays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, text := s.browser("anna", "en").send(http.MethodGet, "/api/v1/utility/flats/"+s.home.String()+"/bills/2026-09", "", "")
	var got wireBill
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	again := must[Bill](t)(Compute(got.Input))
	if !got.Same || again.Total != got.Result.Total || len(again.Lines) != len(got.Result.Lines) || again.Total == 0 {
		t.Errorf("same %v; %d again, %d told", got.Same, again.Total, got.Result.Total)
	}
}

func TestOthersSeeNothingOfAFlat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	pages := []string{path(s.home), path(s.home) + "/readings", path(s.home) + "/debt", billPath(s.home, month(t, "2026-09")), billPath(s.home, month(t, "2026-09")) + "/pdf", "/api/v1/utility/flats/" + s.home.String() + "/bills"}
	for _, who := range []string{"boris", "igor", "oleg"} {
		for _, p := range pages {
			if got, text := s.browser(who, "ru").send(http.MethodGet, p, "", ""); got < 300 || strings.Contains(text, "кв. 1") {
				t.Errorf("%s at %s: %d", who, p, got)
			}
		}
	}
	for _, who := range []string{"anna", "oleg"} {
		for _, p := range []string{"/desk/utility", deskPath(s.home), "/desk/utility/house?house=rechnaya:14", "/desk/utility/import", "/desk/utility/runs/2026-09", "/desk/utility/imports/" + s.home.String()} {
			if got, _ := s.browser(who, "ru").send(http.MethodGet, p, "", ""); got < 300 {
				t.Errorf("%s at %s: %d", who, p, got)
			}
		}
	}
	s.browser("boris", "ru").says("/flats", http.StatusOK, "видна только сумма")
}

func TestReadingsAreGivenOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at(s.clock, time.Date(2026, 10, 20, 12, 0, 0, 0, moscow))
	b := s.browser("anna", "ru")
	here := path(s.home) + "/readings"
	b.says(here, http.StatusOK, "Холодная вода", "Было 160", "м³")
	field := func(tariff, number string) string { return "r-" + MeterID(s.home, tariff, number).String() }
	cold, hot := field("cold-water", "C1"), field("hot-water", "H1")
	b.post(here, here, http.StatusUnprocessableEntity, url.Values{cold: {"много"}, hot: {"134"}})
	text := b.post(here, here, http.StatusConflict, url.Values{cold: {"140,5"}, hot: {"134"}})
	if !strings.Contains(text, "Это меньше, чем было (160)") || !strings.Contains(text, `value="140,5"`) {
		t.Error("a lower reading is not asked about with what was typed")
	}
	b.post(here, here, http.StatusSeeOther, url.Values{cold: {"166,2"}, hot: {"134"}})
	all := must[[]Reading](t)(s.Readings(ctx, s.system(), s.home))
	states := map[string]int{}
	for _, r := range all {
		if r.Period == month(t, "2026-10") {
			states[r.State]++
		}
	}
	if states[Taken] != 2 || states[Asked] != 1 {
		t.Errorf("readings of October: %v", states)
	}
}

func TestTheCentreWorksAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at(s.clock, time.Date(2026, 10, 28, 12, 0, 0, 0, moscow))
	b := s.browser("igor", "ru")
	b.says("/desk/utility", http.StatusOK, "12", "Сделать счета за октябрь 2026")
	b.says("/desk/utility?account=Речная+14", http.StatusOK, "Речная ул., 14", "квартир 12")
	b.says("/desk/utility?account=5299014001", http.StatusSeeOther)
	b.says("/desk/utility?account=777", http.StatusOK, "Такого лицевого счёта или дома нет")
	b.says("/desk/utility/house?house=rechnaya:14", http.StatusOK, "5299014012")
	here := deskPath(s.home)
	b.says(here, http.StatusOK, "5299014001", "C1", "Перерасчёт")
	b.post(here, here+"/recalculations", http.StatusUnprocessableEntity, url.Values{"period": {"2026-11"}, "tariff": {"upkeep"}, "sort": {"sum"}, "amount": {"много"}, "reason": {"Не убирали двор"}})
	b.post(here, here+"/recalculations", http.StatusUnprocessableEntity, url.Values{"period": {"2026-08"}, "tariff": {"upkeep"}, "sort": {"sum"}, "amount": {"−150,50"}, "reason": {"Не убирали двор"}})
	b.post(here, here+"/recalculations", http.StatusSeeOther, url.Values{"period": {"2026-11"}, "tariff": {"upkeep"}, "sort": {"sum"}, "amount": {"−150,50"}, "reason": {"Не убирали двор"}})
	b.says(here, http.StatusOK, "−150,50", "Не убирали двор")
	b.post("/desk/utility", "/desk/utility/run", http.StatusSeeOther, url.Values{"period": {"2026-10"}})
	b.says("/desk/utility", http.StatusOK, "0 из 12")
	if _, err := s.queue.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	b.says("/desk/utility", http.StatusOK, "счетов 12")
	b.says(here+"/bills/2026-10", http.StatusOK, "по среднему")
	b.says("/desk/utility/import", http.StatusOK)
	b.post("/desk/utility/import", "/desk/utility/import", http.StatusUnprocessableEntity, url.Values{"lines": {" "}})
	b.post("/desk/utility/import", "/desk/utility/import", http.StatusSeeOther, url.Values{"lines": {"5299014002;C1;;250;" + calendar.MustDate("2026-10-27").String() + "\nмусор"}})
	file := b.where
	b.says(file, http.StatusOK, "1 из 2", "Принимаем показания", "мусор")
	if _, err := s.queue.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	b.says(file, http.StatusOK, "не пять частей", "Скачать непринятые строки")
	if got, text := b.send(http.MethodGet, file+"/bad.csv", "", ""); got != http.StatusOK || text != "# Строка 2. не пять частей через точку с запятой\nмусор\n" {
		t.Errorf("lines to put right: %d %q", got, text)
	}
	b.says("/desk/utility", http.StatusOK, "1 из 2")
	b.says("/desk/utility/runs/2026-10", http.StatusOK, "Счета есть у всех квартир")
	b.says("/desk/utility/runs/2025-01", http.StatusNotFound)
}

// A month that is none, or long past, begins nothing, and the page says so at its field.
func TestAWrongMonthIsRefusedAtTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at(s.clock, time.Date(2026, 10, 28, 12, 0, 0, 0, moscow))
	b := s.browser("igor", "ru")
	for _, wrong := range []string{"", "октябрь", "2026-13", "2025-01", "2027-01"} {
		text := b.post("/desk/utility", "/desk/utility/run", http.StatusUnprocessableEntity, url.Values{"period": {wrong}})
		if !strings.Contains(text, `value="`+wrong+`"`) || !strings.Contains(text, `href="#`+ui.FieldID("period")+`"`) {
			t.Errorf("%q: not shown at its field", wrong)
		}
	}
	if runs := must[[]Run](t)(s.Runs(ctx, s.system(), 5)); len(runs) != 0 {
		t.Errorf("begun: %+v", runs)
	}
	b.post("/desk/utility", "/desk/utility/review", http.StatusUnprocessableEntity, url.Values{"period": {""}, "take": {"yes"}})
	here := deskPath(s.home)
	b.post(here, here+"/again", http.StatusUnprocessableEntity, url.Values{"period": {""}})
}

// A dial that is said to show nothing is asked about, as often as it is said.
func TestAZeroIsAskedAbout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at(s.clock, time.Date(2026, 10, 20, 12, 0, 0, 0, moscow))
	b := s.browser("anna", "ru")
	here := path(s.home) + "/readings"
	cold := "r-" + MeterID(s.home, "cold-water", "C1").String()
	for range 2 {
		text := b.post(here, here, http.StatusConflict, url.Values{cold: {"0"}})
		if !strings.Contains(text, "Это меньше, чем было (160)") {
			t.Error("not asked")
		}
	}
}

// A second press of the same button enters nothing twice; an official's own flat is another's to change.
func TestARecalculationIsEnteredOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at(s.clock, time.Date(2026, 10, 28, 12, 0, 0, 0, moscow))
	b := s.browser("igor", "ru")
	here := deskPath(s.home)
	form := url.Values{"period": {"2026-11"}, "tariff": {"upkeep"}, "sort": {"sum"}, "amount": {"-100"}, "reason": {"Не убирали двор"}, "key": {id.Derived("page", "1").String()}}
	for range 2 {
		b.post(here, here+"/recalculations", http.StatusSeeOther, form)
	}
	if text := b.says(here, http.StatusOK); strings.Count(text, "Не убирали двор") != 1 {
		t.Errorf("entered %d times", strings.Count(text, "Не убирали двор"))
	}
	own := must[*charge.PreparedWatch](t)(s.deps.Charges.PrepareWatch(ctx, folk["igor"], charge.Identifier{By: charge.ByFlat, Value: "5299014001"}, charge.SourceResident))
	if err := s.base.Store.Write(ctx, func(tx *store.Tx) error { return own.Put(tx) }); err != nil {
		t.Fatal(err)
	}
	form.Set("key", id.Derived("page", "2").String())
	b.post(here, here+"/recalculations", http.StatusForbidden, form)
}
