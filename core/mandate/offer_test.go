package mandate_test

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/account"
	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// grandma and ivan are two adults whom the city is sure of; boris is a third.
func (r *rig) adults(t *testing.T) (id.ID, id.ID, id.ID) {
	t.Helper()
	var list []account.Enrolment
	for key, snils := range map[string]string{"maria": "112-233-445 95", "ivan": "087-654-303 00", "boris": ""} {
		list = append(list, account.Enrolment{
			Person: id.Derived("person", key), Name: lang.Name{Family: "Смирнов", Given: key}, Birth: calendar.MustDate("1950-01-01"), SNILS: snils,
			Email: key + "@example.org", Level: act.Standard, SignsIn: true, Password: "password of " + key,
		})
	}
	if err := r.accounts.Enrol(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	return id.Derived("person", "maria"), id.Derived("person", "ivan"), id.Derived("person", "boris")
}

func (r *rig) day() calendar.Date { return calendar.DateOf(r.clock.Now(), time.UTC) }

// terms are a helper's: everything, with a purse, for a year.
func (r *rig) terms(services ...string) mandate.Terms {
	return mandate.Terms{Scopes: []string{"apply", "read", "pay"}, Services: services, Each: 300000, Cap: 1000000, Ends: r.day().AddYears(1)}
}

func (r *rig) offer(t *testing.T, from string, p mandate.Proposal) id.ID {
	t.Helper()
	a := r.enter(t, from)
	if p.Maker.IsZero() {
		p.Maker = a.Actor.Person
	}
	made, err := r.Propose(t.Context(), a, p)
	if err != nil {
		t.Fatal(err)
	}
	r.drain(t)
	return made
}

// given makes a mandate of maria for ivan.
func (r *rig) given(t *testing.T, terms mandate.Terms) mandate.Mandate {
	t.Helper()
	made := r.offer(t, "maria", mandate.Proposal{Way: mandate.Give, Whom: mandate.Whom{Family: "Смирнов", Given: "Ivan", Contact: "IVAN@example.org"}, Terms: terms})
	one, err := r.Accept(t.Context(), r.enter(t, "ivan"), made)
	if err != nil {
		t.Fatal(err)
	}
	r.drain(t)
	return one
}

func (r *rig) does(t *testing.T, key string, one mandate.Mandate, scope, service string) error {
	t.Helper()
	a := r.enter(t, key).For(one.Giver, one.ID).Using(scope, service)
	return r.base.Store.WriteAs(t.Context(), a, func(*store.Tx) error { return nil })
}

func TestAGrandmotherLetsHerGrandsonActAndTakesItBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		maria, ivan, _ := r.adults(t)
		one := r.given(t, r.terms("parking"))
		if one.Giver != maria || one.Taker != ivan || one.Kind != mandate.Helper {
			t.Fatalf("the mandate is %+v", one)
		}
		if diff := cmp.Diff([]string{"accepted_giver", "made_give"}, r.words.of(maria)); diff != "" {
			t.Errorf("maria was told: %s", diff)
		}
		if diff := cmp.Diff([]string{"accepted_taker", "got_give"}, r.words.of(ivan)); diff != "" {
			t.Errorf("ivan was told: %s", diff)
		}
		for name, want := range map[string]error{"apply parking": nil, "apply school": mandate.ErrBeyond, "apply ": mandate.ErrBeyond, "staff parking": mandate.ErrBeyond, " parking": mandate.ErrBeyond} {
			scope, service, _ := strings.Cut(name, " ")
			if err := r.does(t, "ivan", one, scope, service); !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%q: %v, want %v", name, err, want)
			}
		}
		if err := r.does(t, "boris", one, "apply", "parking"); !errors.Is(err, mandate.ErrEnded) {
			t.Errorf("somebody else by ivan's mandate: %v", err)
		}
		if list, err := r.Acting(t.Context(), r.enter(t, "ivan"), ivan); err != nil || len(list) != 1 || list[0].Called("ru") != "Смирнов maria" {
			t.Errorf("ivan acts for %+v, %v", list, err)
		}
		if err := r.Revoke(t.Context(), r.enter(t, "maria"), maria, one.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.does(t, "ivan", one, "apply", "parking"); !errors.Is(err, mandate.ErrEnded) {
			t.Errorf("after it was taken back: %v", err)
		}
		r.drain(t)
		if diff := cmp.Diff([]string{"revoked_taker"}, r.words.of(ivan)); diff != "" {
			t.Errorf("ivan was told: %s", diff)
		}
		deeds, err := r.Trace(t.Context(), r.enter(t, "maria"), one, r.clock.Now().Add(time.Minute), 100)
		if err != nil || len(slices.DeleteFunc(deeds, func(d mandate.Deed) bool { return d.Look })) != 1 {
			t.Errorf("the trace is %+v, %v: want what passed and nothing of what was refused", deeds, err)
		}
	})
}

func TestTheTakerMayAskAndEitherSideMayEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		maria, ivan, _ := r.adults(t)
		made := r.offer(t, "ivan", mandate.Proposal{Way: mandate.Ask, Whom: mandate.Whom{Family: "смирнов", Given: "MARIA", Contact: "112-233-445 95"}, Terms: r.terms()})
		received, err := r.Received(t.Context(), r.enter(t, "maria"), maria)
		if err != nil || len(received) != 1 || received[0].ID != made {
			t.Fatalf("maria has received %+v, %v", received, err)
		}
		one, err := r.Accept(t.Context(), r.enter(t, "maria"), made)
		if err != nil || one.Giver != maria || one.Taker != ivan {
			t.Fatalf("%+v, %v", one, err)
		}
		if _, err := r.Accept(t.Context(), r.enter(t, "maria"), made); !errors.Is(err, mandate.ErrNone) {
			t.Errorf("accepted twice: %v", err)
		}
		if err := r.Withdraw(t.Context(), r.enter(t, "ivan"), ivan, made); !errors.Is(err, mandate.ErrOver) {
			t.Errorf("withdrawn after it was accepted: %v", err)
		}
		r.drain(t)
		if list, err := r.Made(t.Context(), r.enter(t, "ivan"), ivan); err != nil || len(list) != 0 {
			t.Errorf("an accepted request waits on: %+v, %v", list, err)
		}
		if err := r.Revoke(t.Context(), r.enter(t, "ivan"), maria, one.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.does(t, "ivan", one, "read", ""); !errors.Is(err, mandate.ErrEnded) {
			t.Errorf("after the taker gave it up: %v", err)
		}
	})
}

// An offer finds only the person whose name and contact both are theirs, and only when the city is sure of the name.
func TestAnOfferFindsNobodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, ivan, boris := r.adults(t)
		basic := id.Derived("person", "basic")
		err := r.accounts.Enrol(t.Context(), []account.Enrolment{{Person: basic, Name: lang.Name{Family: "Смирнов", Given: "basic"}, Email: "basic@example.org", Level: act.Basic, SignsIn: true, Password: "password of basic"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, whom := range []mandate.Whom{
			{Family: "Смирнов", Given: "Ivan", Contact: "boris@example.org"}, {Family: "Петров", Given: "ivan", Contact: "ivan@example.org"},
			{Family: "Смирнов", Given: "basic", Contact: "basic@example.org"}, {Family: "Никто", Given: "Нигде", Contact: "+7 999 000-00-00"},
		} {
			r.offer(t, "maria", mandate.Proposal{Way: mandate.Give, Whom: whom, Terms: r.terms()})
		}
		for key, person := range map[string]id.ID{"ivan": ivan, "boris": boris, "basic": basic} {
			if list, err := r.Received(t.Context(), r.enter(t, key), person); err != nil || len(list) != 0 {
				t.Errorf("%s has received %+v, %v", key, list, err)
			}
			if told := r.words.of(person); len(told) != 0 {
				t.Errorf("%s was told %v", key, told)
			}
		}
		made := r.offer(t, "maria", mandate.Proposal{Way: mandate.Give, Whom: mandate.Whom{Family: "Смирнов", Given: "ivan", Contact: "087-654-303 00"}, Terms: r.terms()})
		if _, err := r.Accept(t.Context(), r.enter(t, "boris"), made); !errors.Is(err, mandate.ErrNone) {
			t.Errorf("another's offer: %v", err)
		}
		r.clock.Move(mandate.OfferLife)
		if _, err := r.Accept(t.Context(), r.enter(t, "ivan"), made); !errors.Is(err, mandate.ErrNone) {
			t.Errorf("an offer of 14 days ago: %v", err)
		}
	})
}

func TestWhatIsWrongWithAProposal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		maria, _, _ := r.adults(t)
		whom := mandate.Whom{Family: "Смирнов", Given: "ivan", Contact: "ivan@example.org"}
		for field, change := range map[string]func(*mandate.Proposal){
			"family":   func(p *mandate.Proposal) { p.Whom.Family = " " },
			"given":    func(p *mandate.Proposal) { p.Whom.Given = "-" },
			"contact":  func(p *mandate.Proposal) { p.Whom.Contact = "112-233-445 96" },
			"scopes":   func(p *mandate.Proposal) { p.Scopes = []string{"staff"} },
			"services": func(p *mandate.Proposal) { p.Services = []string{"no-such"} },
			"cap":      func(p *mandate.Proposal) { p.Cap, p.Each = -1, 1 },
			"each":     func(p *mandate.Proposal) { p.Each = p.Cap + 1 },
			"until":    func(p *mandate.Proposal) { p.Ends = r.day() },
		} {
			p := mandate.Proposal{Way: mandate.Give, Maker: maria, Whom: whom, Terms: r.terms()}
			change(&p)
			_, err := r.Propose(t.Context(), r.enter(t, "maria"), p)
			if f := fault.Of(err); f.ID != mandate.ErrFields.ID || len(f.Fields) == 0 || !slices.ContainsFunc(f.Fields, func(one fault.Field) bool { return one.Name == field }) {
				t.Errorf("%s: %v", field, err)
			}
		}
		self := mandate.Proposal{Way: mandate.Give, Maker: maria, Whom: mandate.Whom{Family: "Смирнов", Given: "Maria", Contact: "maria@example.org"}, Terms: r.terms()}
		if _, err := r.Propose(t.Context(), r.enter(t, "maria"), self); fault.Of(err).ID != mandate.ErrFields.ID {
			t.Errorf("to oneself: %v", err)
		}
		far := mandate.Proposal{Way: mandate.Give, Maker: maria, Whom: whom, Terms: r.terms()}
		far.Ends = r.day().AddYears(6)
		if _, err := r.Propose(t.Context(), r.enter(t, "maria"), far); fault.Of(err).ID != mandate.ErrFields.ID {
			t.Errorf("for six years: %v", err)
		}
	})
}

var offerLink = regexp.MustCompile(`/account/mandates/[0-9a-f-]{36}`)

// The pages, as a grandmother and her grandson press them. The answer to an offer is the same for a person whom the city
// does not know.
func TestThePagesOfAMandate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.adults(t)
		maria, ivan, boris := r.browser(t, "maria"), r.browser(t, "ivan"), r.browser(t, "boris")
		form := func(contact, confirm string) []string {
			return []string{"family", "Смирнов", "given", "Ivan", "contact", contact, "scopes", "pay", "range", "all", "each", "3000", "cap", "10 000,00", "term", "year", "confirm", confirm}
		}
		if status, body := maria("POST", "/account/mandates/give", form("", "")...); status != 422 || !strings.Contains(body, `href="#f-contact"`) {
			t.Errorf("no contact: %d %s", status, body)
		}
		status, body := maria("POST", "/account/mandates/give", form("ivan@example.org", "")...)
		for _, want := range []string{"Ivan Смирнов сможет", "оплачивать счета", "не сможет", "10\u00a0000", "видеть дела"} {
			if !strings.Contains(strings.ReplaceAll(body, "Смирнов Ivan", "Ivan Смирнов"), want) {
				t.Errorf("what it comes to lacks %q: %d %s", want, status, body)
			}
		}
		var answers []string
		for _, contact := range []string{"nobody@example.org", "ivan@example.org"} {
			_, body := maria("POST", "/account/mandates/give", form(contact, "yes")...)
			_, after, _ := strings.Cut(body, "<main")
			answers = append(answers, offerLink.ReplaceAllString(after, ""))
		}
		if !strings.Contains(answers[0], "Предложение отправлено") || strings.Count(answers[1], "Вы предложили") != 2 {
			t.Errorf("the answers are %s", answers)
		}
		r.drain(t)
		status, body = ivan("GET", "/account/mandates")
		link := offerLink.FindString(body)
		if status != 200 || link == "" || !strings.Contains(body, "предлагает вам действовать") {
			t.Fatalf("ivan's page: %d %s", status, body)
		}
		if status, _ := boris("GET", link); status != http.StatusNotFound {
			t.Errorf("a stranger at an offer: %d", status)
		}
		if status, body := ivan("GET", link); status != 200 || !strings.Contains(body, link+"/accept") {
			t.Errorf("ivan at the offer: %d %s", status, body)
		}
		if status, _ := boris("POST", link+"/accept"); status != http.StatusNotFound {
			t.Errorf("a stranger accepts: %d", status)
		}
		if status, body := ivan("POST", link+"/accept"); status != 200 || !strings.Contains(body, "Вы можете действовать за другого") {
			t.Errorf("ivan accepts: %d %s", status, body)
		}
		r.drain(t)
		for name, ask := range map[string]func(string, string, ...string) (int, string){"maria": maria, "ivan": ivan} {
			if status, body := ask("GET", link); status != 200 || !strings.Contains(body, link+"/end") {
				t.Errorf("%s at the mandate: %d %s", name, status, body)
			}
			if status, body := ask("GET", "/api/v1"+strings.TrimPrefix(link, "/account")); status != 200 || !strings.Contains(body, `"cap":1000000`) {
				t.Errorf("%s at the API: %d %s", name, status, body)
			}
		}
		for _, method := range []string{"GET", "POST"} {
			path := link
			if method == "POST" {
				path += "/end"
			}
			if status, _ := boris(method, path); status != http.StatusNotFound {
				t.Errorf("a stranger, %s: %d", path, status)
			}
		}
		if status, body := maria("POST", link+"/end"); status != 200 || !strings.Contains(body, "Прекращено") {
			t.Errorf("maria ends it: %d %s", status, body)
		}
		if status, body := ivan("GET", "/api/v1/mandates"); status != 200 || !strings.Contains(body, `"taken":[]`) {
			t.Errorf("after it was ended: %d %s", status, body)
		}
	})
}

// An act's trace names its operation and case once, however often it is saved.
func TestSavingLeavesOneLine(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		maria, _, _ := r.adults(t)
		one := r.given(t, r.terms())
		draft := id.Derived("draft", "1")
		for _, operation := range []string{"apply.save", "apply.save", "apply.submit"} {
			a := r.enter(t, "ivan").For(maria, one.ID).Using("apply", "parking").ForCase(draft)
			a.Use.Operation = operation
			if err := r.base.Store.WriteAs(t.Context(), a, func(*store.Tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
			r.clock.Move(time.Second)
		}
		deeds, err := r.Trace(t.Context(), r.enter(t, "maria"), one, r.clock.Now(), 100)
		deeds = slices.DeleteFunc(deeds, func(d mandate.Deed) bool { return d.Look })
		if err != nil || len(deeds) != 2 || deeds[0].Operation != "apply.submit" || deeds[0].Case != draft || deeds[1].Operation != "apply.save" {
			t.Errorf("the trace is %+v, %v", deeds, err)
		}
		_, body := r.browser(t, "maria")("GET", "/account/mandates/"+one.ID.String())
		if !strings.Contains(body, "ivan, по полномочию: отправлено заявление · Парковка") {
			t.Errorf("the page does not tell: %s", body)
		}
	})
}
