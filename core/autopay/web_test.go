package autopay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"

	"posad.city/kit/store/storetest"
)

// house is the module behind a real server, with accounts and mandates.
type house struct {
	*rig
	accounts *account.Module
	mandates *mandate.Module
	server   *httptest.Server
}

// present makes every session one of two factors; fresh says whether it was shown a moment ago.
type present struct {
	web.Sessions
	clock *clock.Fixed
	stale *bool
}

func (p present) Find(ctx context.Context, hash web.TokenHash) (web.Session, error) {
	out, err := p.Sessions.Find(ctx, hash)
	out.Strong, out.Proved = true, p.clock.Now()
	if *p.stale {
		out.Proved = p.clock.Now().Add(-time.Hour)
	}
	return out, err
}

type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

func newHouse(t *testing.T, stale *bool) *house {
	t.Helper()
	s, c := storetest.Open(t, append([]store.Migrations{agency.Migrations, account.Migrations, mandate.Migrations}, migrated...)...)
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{rig: &rig{t: t, store: s, clock: c, world: newWorld(), vault: v, queue: jobs.NewQueue(s, jobs.Options{})}}
	agencies := agency.New(agency.Deps{})
	h.accounts = account.New(account.Deps{Agencies: agencies, Courier: noLetters{}, Zone: moscow})
	agencies.Provide(h.accounts, nil)
	h.mandates = mandate.New(mandate.Deps{Accounts: h.accounts, Zone: moscow})
	h.mandates.ProvideCity(func(lang.Language) []agency.Named { return nil }, nil)
	zone := func() *time.Location { return moscow }
	h.told = notice.New(notice.Deps{People: h.accounts, Address: "http://posad.test", City: func(lang.Language) string { return "Kitezh" }, Zone: zone})
	h.accounts.ProvideTeller(h.told)
	h.Module = New(Deps{
		Charges: h.world, Payments: h.world, Mandates: h.mandates, Teller: h.told, Zone: zone, KindName: func(string, lang.Language) string { return "Коммунальные услуги" },
		AgencyName: func(id.ID, lang.Language) string { return "Водоканал" }, Basket: func(list []id.ID) string { return "/pay?charge=" + list[0].String() },
	})
	modules := []module.Module{agencies, h.accounts, h.mandates, h.told, h.Module}
	catalogue, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), h.accounts.Locales(), h.mandates.Locales(), h.told.Locales(), h.Locales())
	if err != nil {
		t.Fatal(err)
	}
	catalogue = catalogue.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: "http://posad.test"}, web.Deps{Texts: catalogue, Clock: c, Log: log, Relator: h.mandates.Relator()})
	if err != nil {
		t.Fatal(err)
	}
	base := &module.Base{Store: s, Vault: v, Clock: c, Jobs: h.queue, Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: catalogue, Log: log}
	for _, m := range modules {
		if err := m.Provision(base); err != nil {
			t.Fatal(err)
		}
	}
	s.SetGuard(h.mandates.Guard)
	server.Provide(web.Deps{
		Sessions: present{h.accounts.Sessions(), c, stale}, Counters: h.accounts.Counters(), Answers: h.accounts.Answers(), ErrorPage: base.Pages.FaultPage,
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(handler)
	t.Cleanup(h.server.Close)
	var list []account.Enrolment
	for _, key := range []string{"anna", "oleg"} {
		list = append(list, account.Enrolment{
			Person: id.Derived("person", key), Name: lang.Name{Family: "Смирнова", Given: key}, Birth: day("1990-01-01"),
			Email: key + "@example.org", Level: act.Standard, SignsIn: true, Password: "password of " + key,
		})
	}
	h.must(h.accounts.Enrol(t.Context(), list))
	return h
}

type ask func(method, path string, fields ...string) (int, string, string)

// browser signs a person in and returns a way to ask for pages: the status, where it leads and what it says.
func (h *house) browser(key string) ask {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	h.must(err)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	do := func(method, path string, fields ...string) (int, string, string) {
		h.t.Helper()
		values := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			values.Set(fields[i], fields[i+1])
		}
		req, err := http.NewRequestWithContext(ctx, method, h.server.URL+path, strings.NewReader(values.Encode()))
		h.must(err)
		req.Host = "posad.test"
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Accept-Language", "ru")
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := client.Do(req)
		h.must(err)
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		h.must(err)
		return res.StatusCode, res.Header.Get("Location"), string(body)
	}
	do(http.MethodPost, "/sign-in/password", "contact", key+"@example.org", "password", "password of "+key, "back", "/account/profile")
	return do
}

func (h *house) wants(status int, body string, want int, words ...string) {
	h.t.Helper()
	if status != want {
		h.t.Fatalf("%d, want %d: %s", status, want, faultWords(body))
	}
	body = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(body)
	for _, one := range words {
		if !strings.Contains(body, one) {
			h.t.Errorf("%q is missing", one)
		}
	}
}

var between = regexp.MustCompile(`(?s)<main.*?</main>`)

func faultWords(body string) string {
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(between.FindString(body), " ")
	return strings.Join(strings.Fields(text), " ")[:min(400, len(strings.Join(strings.Fields(text), " ")))]
}

func orderForm(charge id.ID, more ...string) []string {
	return append([]string{
		"for", "", "charge", charge.String(), "name", "Наша квартира", "card", card.ID.String(), "each", "6000", "month", "8 000", "low", "", "high", "", "over", "30",
		"when", "before", "days", "2", "day", "5", "notice", "3", "window", "4",
	}, more...)
}

func TestPages(t *testing.T) {
	t.Parallel()
	stale := false
	h := newHouse(t, &stale)
	h.past(420000, 410000, 450000)
	bill := h.bill("за ноябрь", 432000, "2026-12-10")
	anna := h.browser("anna")

	status, _, body := anna("GET", listPath)
	h.wants(status, body, 200, "Автоплатежей пока нет")
	status, _, body = anna("GET", listPath+"/new")
	h.wants(status, body, 200, "Коммунальные услуги", "ЛС 1000")
	stale = true
	if status, _, _ := anna("GET", listPath+"/new/terms?charge="+bill.String()); status != http.StatusForbidden {
		t.Errorf("who did not show lately that they are there: %d", status)
	}
	stale = false
	status, _, body = anna("GET", listPath+"/new/terms?charge="+bill.String())
	h.wants(status, body, 200, "Обычно выходит 4", "•• 4242", `value="6500"`)
	status, _, body = anna("POST", listPath+"/new/terms", orderForm(bill, "each", "")...)
	h.wants(status, body, 422, "Укажите сумму больше нуля")
	status, _, body = anna("POST", listPath+"/new/terms", orderForm(bill)...)
	h.wants(status, body, 200, "Проверьте", "Спросим вас, если счёт на 30 % больше обычного", "Согласен, включить")
	if orders, err := h.Orders(ctx, personAct(id.Derived("person", "anna")), id.Derived("person", "anna")); err != nil || len(orders) != 0 {
		t.Fatalf("made before it was confirmed: %v, %v", orders, err)
	}
	status, where, body := anna("POST", listPath+"/new/terms", orderForm(bill, "confirm", "yes")...)
	h.wants(status, body, http.StatusSeeOther)
	order := where
	h.run()
	h.to("2026-12-06", 12)
	anna = h.browser("anna")
	status, _, body = anna("GET", listPath)
	h.wants(status, body, 200, "Наша квартира", "Что впереди", "Предупредили вас. Оплатим 8 декабря", "Граница месяца")
	status, _, body = anna("GET", order)
	h.wants(status, body, 200, "Работает", "Сколько платили раньше", "Остановить автоплатёж", "Не больше 6")
	turn := order + "/bills/" + turnID(id.MustParse(strings.TrimPrefix(order, listPath+"/")), bill).String()
	status, _, body = anna("GET", turn)
	h.wants(status, body, 200, "Почему так", "из тех же данных они получаются снова", "Не платить этот счёт", "Оплатим 8 декабря")

	oleg := h.browser("oleg")
	for _, path := range []string{order, turn, order + "/change"} {
		if status, _, body := oleg("GET", path); status != http.StatusNotFound {
			t.Errorf("a stranger sees %s: %d %s", path, status, faultWords(body))
		}
	}
	if status, _, _ := oleg("POST", order+"/stop"); status != http.StatusNotFound {
		t.Errorf("a stranger stops it: %d", status)
	}

	status, _, body = anna("POST", order+"/pause", "how", "day", "until.day", "1", "until.month", "1", "until.year", "2020")
	h.wants(status, body, 422, "Укажите день в будущем")
	status, _, _ = anna("POST", order+"/pause", "how", "month", "until.day", "", "until.month", "", "until.year", "")
	h.wants(status, "", http.StatusSeeOther)
	status, _, body = anna("GET", order)
	h.wants(status, body, 200, "Пауза до 6 января", "Снять с паузы")
	status, _, _ = anna("POST", order+"/resume")
	h.wants(status, "", http.StatusSeeOther)
	h.run()
	h.to("2026-12-08", 15)
	anna = h.browser("anna")
	status, _, body = anna("GET", turn)
	h.wants(status, body, 200, "Почему это оплачено", "Банк списал деньги", "Всё по вашим условиям")
	status, _, body = anna("POST", order+"/stop")
	h.wants(status, body, http.StatusSeeOther)
	status, _, body = anna("GET", listPath)
	h.wants(status, body, 200, "Остановленные")

	status, _, body = anna("POST", templatesPath, "charge", bill.String(), "name", "", "for", "")
	h.wants(status, body, http.StatusSeeOther)
	status, _, body = anna("GET", templatesPath)
	h.wants(status, body, 200, "Коммунальные услуги", "обычно 4")
}

func TestAPI(t *testing.T) {
	t.Parallel()
	stale := false
	h := newHouse(t, &stale)
	h.past(420000)
	bill := h.bill("за ноябрь", 432000, "2026-12-10")
	owner := id.Derived("person", "anna")
	made, err := h.Make(ctx, h.enter("anna"), NewOrder{Person: owner, Charge: bill, Name: "Дом", Card: card.ID, Terms: usualTerms})
	h.must(err)
	h.run()
	anna := h.browser("anna")
	var list []wireOne
	_, _, body := anna("GET", "/api/v1/autopay/orders")
	h.must(json.Unmarshal([]byte(body), &list))
	if len(list) != 1 || list[0].Order.ID != made || len(list[0].Turns) != 1 || list[0].Turns[0].Amount != 432000 {
		t.Fatalf("%s", body)
	}
	var why wireReason
	_, _, body = anna("GET", fmt.Sprintf("/api/v1/autopay/orders/%s/bills/%s", made, list[0].Turns[0].ID))
	h.must(json.Unmarshal([]byte(body), &why))
	if len(why.Decisions) != 1 || !why.Decisions[0].Replays || Judge(why.Decisions[0].Inputs).Rule != RuleEarly {
		t.Errorf("%s", body)
	}
}

// enter opens a session and returns its act.
func (h *house) enter(key string) act.Act {
	h.t.Helper()
	person := id.Derived("person", key)
	entry, err := h.accounts.Begin(ctx, account.Proof{Method: account.ByEmail, Account: id.Derived("account", person.String()), Person: person, Level: act.Standard}, account.Via{})
	h.must(err)
	return act.Act{ID: id.New(h.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: entry.Person}, Holder: entry.Person, Session: entry.Session, Assurance: act.Standard, Channel: act.Web, Lang: "ru"}
}

// Who made an order for another is bounded by their mandate, and so is the order.
func TestForAnother(t *testing.T) {
	t.Parallel()
	stale := false
	h := newHouse(t, &stale)
	anna, oleg := id.Derived("person", "anna"), id.Derived("person", "oleg")
	right := id.Derived("mandate", "one")
	h.must(h.store.Write(ctx, func(tx *store.Tx) error {
		_, err := h.mandates.Put(tx, mandate.Mandate{ID: right, Giver: anna, Taker: oleg, Kind: mandate.Helper, Scopes: []string{mandate.ScopePay}, Source: "mandate.source.person", Ends: day("2026-12-20")})
		return err
	}))
	h.run()
	h.past(420000)
	first := h.bill("первый", 432000, "2026-12-10")
	ask := h.browser("oleg")
	status, where, body := ask("POST", listPath+"/new/terms", orderForm(first, "for", anna.String(), "confirm", "yes")...)
	h.wants(status, body, http.StatusSeeOther)
	o, err := h.Order(ctx, personAct(anna), anna, id.MustParse(strings.TrimPrefix(where, listPath+"/")))
	h.must(err)
	if o.Maker != oleg || o.Mandate != right || o.Person != anna {
		t.Fatalf("%+v", o)
	}
	status, _, body = ask("GET", listPath+"?for="+anna.String())
	h.wants(status, body, 200, "Наша квартира")
	h.to("2026-12-08", 15)
	turn, _, err := h.Turn(ctx, personAct(anna), anna, turnID(o.ID, first))
	if h.must(err); turn.State != Paid {
		t.Fatalf("%+v", turn)
	}
	second := h.bill("второй", 432000, "2027-01-10")
	h.to("2027-01-10", 15)
	turn, _, err = h.Turn(ctx, personAct(anna), anna, turnID(o.ID, second))
	if h.must(err); turn.State != Refused || turn.Rule != RuleBound || h.world.begun != 1 {
		t.Errorf("after the mandate's end: %+v", turn)
	}
}

// A name, a sum and a term typed in any way come out as they were typed, or as a fault of their field.
func TestFormsOfSums(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"": 0, "6000": 600000, "6 000,50": 600050, "много": -1, "-5": -1} {
		got := minor(text)
		if got != want && !(want == -1 && got < 0) {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
		if want > 0 && minor(typed(got)) != got {
			t.Errorf("%q comes back as %q", text, typed(got))
		}
	}
	if terms := suggest(420000, 432000); terms.Each != 650000 || len(terms.check()) != 0 {
		t.Errorf("%+v", terms)
	}
	f := termsOf(suggest(1, 2))
	if (Terms{}) == f.order(id.ID{}).Terms || f.order(id.ID{}).Terms != suggest(1, 2) {
		t.Errorf("%+v", f.order(id.ID{}).Terms)
	}
}
