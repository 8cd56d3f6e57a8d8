package apply_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/apply"
	"posad.city/core/form"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

var (
	mariaPerson = service.Person{Name: service.Name{Surname: "Петрова", Given: "Мария", Patronymic: "Львовна"}, Birth: "1948-02-01", SNILS: "11223363700", Phone: "+79165550199", Verified: true}
	ivanPerson  = service.Person{Name: service.Name{Surname: "Петров", Given: "Иван"}, Birth: "1995-07-07", SNILS: "11223344696", Verified: true}
)

// gives makes a mandate of one for another.
func (r *rig) gives(giver, taker id.ID, kind mandate.Kind, services ...string) mandate.Mandate {
	r.t.Helper()
	one := mandate.Mandate{ID: id.New(r.clock.Now()), Giver: giver, Taker: taker, Kind: kind, Scopes: kind.Scopes(), Services: services, Source: "mandate.source." + string(kind),
		Ends: calendar.DateOf(r.clock.Now(), time.UTC).AddYears(1)}
	err := r.base.Store.Write(r.t.Context(), func(tx *store.Tx) error {
		_, err := r.mandates.Put(tx, one)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.drain()
	return one
}

const letter = `{"topic":"other","text":"Прошу починить фонарь у дома.","channel":"account"}`

func bindLetter(in form.Input) (form.Bound, error) { return form.BindJSON(in, []byte(letter)) }

// A grandson applies for his grandmother by her mandate: with her data, into her account, with the look at her recorded, for
// the services that the mandate names alone, and not a moment after it was revoked.
func TestAGrandsonAppliesForHisGrandmother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		maria, ivan := r.enrol("maria", mariaPerson), r.enrol("ivan", ivanPerson)
		one := r.gives(maria, ivan, mandate.Helper, "city-appeal")
		b := r.signIn("ivan")
		if got := b.get("/services/city-appeal/apply?for=" + maria.String()); got.status != 200 || !strings.Contains(got.body, "За кого вы подаёте?") || !strings.Contains(got.body, "Петрова Мария") {
			t.Errorf("the first page does not ask for whom: %d %s", got.status, got.shown())
		}
		if got := b.begin("freight-pass", "for", maria.String()); got.status != http.StatusNotFound {
			t.Errorf("a service that the mandate does not name: %d", got.status)
		}
		at := b.begin("city-appeal", "for", maria.String())
		draft := at.draft(t)
		if !strings.Contains(at.body, "Вы действуете за другого: Петрова Мария Львовна") {
			t.Errorf("the form does not say for whom ivan acts: %s", at.shown())
		}
		if strings.Contains(b.get("/drafts").body, "Вы действуете за другого") {
			t.Error("ivan's own list says that he acts for another")
		}
		a := r.self("ivan").For(maria, one.ID).Using("apply", "city-appeal")
		if _, err := r.Save(t.Context(), a, draft, apply.Change{Lang: lang.Russian, Bind: bindLetter}); err != nil {
			t.Fatal(err)
		}
		if got := b.get("/drafts/" + draft.String() + "/steps/answer"); !strings.Contains(got.body, `value="Мария"`) {
			t.Errorf("the grandmother's data are not in the form: %s", got.shown())
		}
		if !r.lookedAt(t, maria, ivan, one.ID) {
			t.Error("the look at the grandmother's data is not on record")
		}
		_, err := r.Save(t.Context(), a, draft, apply.Change{Lang: lang.Russian, Bind: func(in form.Input) (form.Bound, error) {
			return form.BindJSON(in, []byte(`{"name":{"surname":"Петрова","given":"Мария","patronymic":"Львовна"}}`))
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Submit(t.Context(), a, draft, true, lang.Russian); err != nil {
			t.Fatal(err)
		}
		sent := r.cases.sent[len(r.cases.sent)-1]
		if sent.Holder != maria || sent.Applicant != ivan || sent.Mandate != one.ID || sent.Inputs.Applicant.SNILS != mariaPerson.SNILS {
			t.Errorf("what was sent is %+v", sent)
		}
		deeds, err := r.mandates.Trace(t.Context(), r.self("maria"), one, r.clock.Now().Add(time.Minute), 50)
		if err != nil || !slices.ContainsFunc(deeds, func(d mandate.Deed) bool { return d.Case == draft && !d.Look && d.Actor == ivan }) {
			t.Errorf("the trace is %+v, %v", deeds, err)
		}
		second := b.begin("city-appeal", "for", maria.String())
		if err := r.mandates.Revoke(t.Context(), r.self("maria"), maria, one.ID); err != nil {
			t.Fatal(err)
		}
		if got := b.get(second.path); got.status != http.StatusNotFound {
			t.Errorf("reading after it was revoked: %d", got.status)
		}
		if _, err := r.Save(t.Context(), a, second.draft(t), apply.Change{Lang: lang.Russian, Bind: bindLetter}); !errors.Is(err, mandate.ErrEnded) {
			t.Errorf("saving after it was revoked: %v", err)
		}
		if _, _, err := r.Begin(t.Context(), r.self("ivan"), apply.Beginning{Service: "city-appeal", For: maria, Lang: lang.Russian}); !errors.Is(err, apply.ErrWhom) {
			t.Errorf("beginning after it was revoked: %v", err)
		}
	})
}

// lookedAt tells whether a look at a person by another's use of their mandate is on record.
func (r *rig) lookedAt(t *testing.T, person, by, mandateID id.ID) bool {
	t.Helper()
	found := false
	err := r.base.Store.Look(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, "test", func(p *store.Personal) error {
		looks, err := store.LooksAt(p, person, r.clock.Now().Add(time.Minute), 100)
		found = slices.ContainsFunc(looks, func(l store.LookRecord) bool {
			return l.Actor.Person == by && l.Mandate == mandateID && l.What == "apply.look.applicant"
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// companies names organisations.
type companies map[id.ID]string

func (c companies) Titles(_ context.Context, _ act.Act, _ ...id.ID) (map[id.ID]string, error) {
	return c, nil
}

// An organisation's application lies with it; who fills it in is the applicant.
func TestStaffApplyForTheirOrganisation(t *testing.T) {
	t.Parallel()
	on(t, changed(t, "city-appeal", "for: person", "for: organisation"), func(t *testing.T, r *rig) {
		ivan := r.enrol("ivan", ivanPerson)
		b := r.signIn("ivan")
		if got := b.get("/services/city-appeal/apply"); got.status != 200 || !strings.Contains(got.body, "У вас нет организаций") {
			t.Errorf("without an organisation: %d %s", got.status, got.shown())
		}
		if _, _, err := r.Begin(t.Context(), r.self("ivan"), apply.Beginning{Service: "city-appeal", Lang: lang.Russian}); !errors.Is(err, apply.ErrWhom) {
			t.Errorf("for oneself: %v", err)
		}
		company := id.Derived("organisation", "1")
		r.mandates.ProvideCompanies(companies{company: "ООО «Ромашка»"})
		one := r.gives(company, ivan, mandate.Company)
		at := b.begin("city-appeal", "for", company.String())
		if !strings.Contains(at.body, "Вы действуете за другого: ООО «Ромашка»") {
			t.Errorf("the form does not say for whom: %s", at.shown())
		}
		a := r.self("ivan").For(company, one.ID).Using("apply", "city-appeal")
		_, err := r.Save(t.Context(), a, at.draft(t), apply.Change{Lang: lang.Russian, Bind: func(in form.Input) (form.Bound, error) {
			return form.BindJSON(in, []byte(strings.TrimSuffix(letter, "}")+`,"name":{"surname":"Петров","given":"Иван","patronymic":""}}`))
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Submit(t.Context(), a, at.draft(t), true, lang.Russian); err != nil {
			t.Fatal(err)
		}
		if sent := r.cases.sent[0]; sent.Holder != company || sent.Applicant != ivan || sent.Inputs.Applicant.SNILS != ivanPerson.SNILS {
			t.Errorf("what was sent is %+v", sent)
		}
	})
}
