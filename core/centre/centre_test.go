package centre_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

func TestAnOfficialFindsExactlyAndThePersonSeesIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.official(t, "natalya")
		for name, change := range map[string]func(*account.Identity){
			"another birth date": func(w *account.Identity) { w.Birth = calendar.MustDate("1988-04-13") },
			"another name":       func(w *account.Identity) { w.Name.Given = "Алла" },
			"nobody's number":    func(w *account.Identity) { w.SNILS = galya.SNILS },
		} {
			who := anna
			change(&who)
			at := b.post("/desk/centre/find", seen(who)...)
			if at.path != "/desk/centre/find" || !strings.Contains(at.body, "/desk/centre/register") || strings.Contains(at.body, "anna@") {
				t.Errorf("%s: %s %d", name, at.path, at.status)
			}
		}
		if n := len(r.looks(t, personOf("anna"))); n == 0 {
			t.Error("tries at Anna's number left no look")
		}
		before := len(r.looks(t, personOf("anna")))
		path := b.find(anna)
		looks := r.looks(t, personOf("anna"))
		if len(looks) <= before || !slices.ContainsFunc(looks, func(l store.LookRecord) bool {
			return l.Purpose == act.Purpose{Kind: "visit", ID: visitOf(t, path).String()} && l.Actor.Person == personOf("natalya") && l.What == "account.look.centre"
		}) {
			t.Errorf("the visit left the looks %+v", looks)
		}
		if at := r.official(t, "stepan").get(path); at.status != http.StatusForbidden {
			t.Errorf("a colleague sees the visit: %d", at.status)
		}
		if at := r.browser(t).get(path); !strings.HasPrefix(at.path, "/sign-in") {
			t.Errorf("a stranger came to %s", at.path)
		}
	})
}

func TestWhoIsNotServed(t *testing.T) {
	t.Parallel()
	r := one(t)
	b := r.official(t, "natalya")
	child := seen(misha)
	blind := slices.Clone(seen(anna))
	blind[5] = "" // did not look
	short := slices.Clone(seen(anna))
	short[3] = "417"
	own := account.Identity{Name: lang.Name{Family: "Орехова", Given: "Наталья"}, Birth: calendar.MustDate("1985-05-16"), SNILS: "11223941714"}
	for name, fields := range map[string][]string{"a small child": child, "a document nobody saw": blind, "three digits": short, "oneself": seen(own)} {
		if at := b.post("/desk/centre/find", fields...); strings.HasPrefix(at.path, "/desk/centre/visits/") || at.status == 500 {
			t.Errorf("%s: %s %d", name, at.path, at.status)
		}
	}
}

func TestAnAccountIsOpenedWhereNoneIs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.official(t, "natalya")
		liar := galya
		liar.Birth = calendar.MustDate("1974-10-15")
		if at := b.post("/desk/centre/register", seen(liar)...); at.path != "/desk/centre/register" || at.status != 422 {
			t.Errorf("the register does not confirm, and yet %s %d", at.path, at.status)
		}
		at := b.post("/desk/centre/register", seen(galya)...)
		if !strings.HasPrefix(at.path, "/desk/centre/visits/") {
			t.Fatalf("%s %d %s", at.path, at.status, at.body)
		}
		person, err := r.accounts.PersonOf(t.Context(), galya.SNILS)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := r.accounts.AccountOf(t.Context(), person); err != nil || len(list) != 1 {
			t.Errorf("%v, %v", list, err)
		}
		if b.post("/desk/centre/register", seen(galya)...); len(mustPeople(t, r, person)) != 1 {
			t.Error("a second press made a second person")
		}
	})
}

func mustPeople(t *testing.T, r *rig, person id.ID) map[id.ID]account.Person {
	t.Helper()
	people, err := r.accounts.People(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, "test", person)
	if err != nil {
		t.Fatal(err)
	}
	return people
}

func TestIdentityProvedInPersonIsJournalled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.official(t, "natalya")
		path := b.find(anna)
		if at := b.post(path+"/contact", "contact", "new@example.org"); at.path == path || !strings.Contains(at.body, "Prove the identity first") && !strings.Contains(at.body, "Сначала подтвердите") {
			t.Errorf("a contact is set before the identity was proved: %s %d", at.path, at.status)
		}
		if at := b.post(path + "/prove"); at.status != 200 {
			t.Fatalf("%d %s", at.status, at.body)
		}
		p := mustPeople(t, r, personOf("anna"))[personOf("anna")]
		if p.Level != act.Verified {
			t.Errorf("level %d", p.Level)
		}
		if got := r.entries(t, personOf("anna"), visitOf(t, path)); !slices.Equal(got, []string{"centre.proved"}) {
			t.Errorf("entries %v", got)
		}
		v, err := r.Visit(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, personOf("anna"), visitOf(t, path))
		if err != nil || v.Tail != "4417" || v.ServedBy != "Орехова Наталья" || v.Proved.IsZero() {
			t.Errorf("%+v, %v", v, err)
		}
		if at := b.post(path + "/end"); at.path != "/desk/centre" {
			t.Errorf("%s %d", at.path, at.status)
		}
		if at := b.get(path); strings.Contains(at.body, "Смирнова") {
			t.Error("the page of a visit that ended shows the person")
		}
		word := r.word(t, "centre.word.served")
		if word.Person != personOf("anna") || !strings.HasPrefix(word.Path, "/not-me/") || word.Params["place"] != "3" {
			t.Errorf("%+v", word)
		}
	})
}

func TestALostContactIsSetAndTheOldOnesCanFreeze(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		thief := r.resident(t, "anna")
		if at := thief.get("/account/profile"); at.status != 200 || at.path != "/account/profile" {
			t.Fatalf("%s %d", at.path, at.status)
		}
		b := r.official(t, "natalya")
		path := b.proved(anna)
		at := b.post(path+"/contact", "contact", "new@example.org", "drop", "true", "forget", "true")
		try := at.field(t, "try")
		if at := b.post(path+"/contact/code", "try", try, "code", "000000x", "drop", "true"); at.path == path {
			t.Error("a wrong code was taken")
		}
		if at = b.post(path+"/contact/code", "try", try, "code", r.code(t, "new@example.org"), "drop", "true", "forget", "true"); at.path != path {
			t.Fatalf("%s %d %s", at.path, at.status, at.body)
		}
		p := mustPeople(t, r, personOf("anna"))[personOf("anna")]
		if p.Email != "new@example.org" || p.Phone != "" {
			t.Errorf("%+v", p)
		}
		if at := thief.get("/account/profile"); !strings.HasPrefix(at.path, "/sign-in") {
			t.Errorf("an old session goes on: %s", at.path)
		}
		if _, err := r.accounts.Find(t.Context(), "anna@example.org"); err == nil {
			t.Error("the lost e-mail still signs in")
		}
		if who, err := r.accounts.Find(t.Context(), "new@example.org"); err != nil || who != personOf("anna") {
			t.Errorf("%s, %v", who, err)
		}
		r.drain(t)
		told := r.aside["anna@example.org"]
		if told.Path == "" || r.aside["+79165550101"].Path != told.Path {
			t.Fatalf("the old channels got %+v", r.aside)
		}
		anybody := r.browser(t)
		if at := anybody.post(told.Path); at.status != 200 {
			t.Fatal(at.status)
		}
		second := b.proved(anna)
		if at := b.get(second); !strings.Contains(at.body, second+"/unfreeze") {
			t.Errorf("the account is not frozen: %s", at.body)
		}
		if at := b.post(second + "/unfreeze"); at.path != second || strings.Contains(at.body, second+"/unfreeze") {
			t.Errorf("%s %d", at.path, at.status)
		}
	})
}

func TestASecondAccountIsJoinedAtTheDesk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		second := id.Derived("person", "second")
		err := r.accounts.Enrol(t.Context(), []account.Enrolment{{
			Person: second, Name: lang.Name{Family: "Иванова", Given: "Анна"}, Phone: "+79160000077", Level: act.Basic, SignsIn: true,
		}})
		if err != nil {
			t.Fatal(err)
		}
		b := r.official(t, "natalya")
		path := b.proved(anna)
		at := b.post(path+"/join", "contact", "+79160000077")
		if strings.Contains(at.body, "Иванова") {
			t.Error("the page tells whose account the contact is")
		}
		if at = b.post(path+"/join/code", "try", at.field(t, "try"), "code", r.code(t, "+79160000077")); at.path != path {
			t.Fatalf("%s %d %s", at.path, at.status, at.body)
		}
		if who, err := r.accounts.Find(t.Context(), "+79160000077"); err != nil || who != personOf("anna") {
			t.Errorf("%s, %v", who, err)
		}
		for _, person := range []id.ID{second, personOf("anna")} {
			if !slices.ContainsFunc(r.words, func(w account.Word) bool { return w.Kind == "account.word.merged" && w.Person == person }) {
				t.Errorf("%s got no word", person)
			}
		}
	})
}
