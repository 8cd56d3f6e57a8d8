package mandate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

func (r *rig) holds(t *testing.T, giver, taker id.ID, scope string) bool {
	t.Helper()
	err := r.base.Store.Read(t.Context(), func(s *store.Snapshot) error {
		_, err := r.Holds(s, giver, taker, scope, "")
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNone) {
		t.Fatal(err)
	}
	return err == nil
}

func TestAParentActsForTheirChildUntilEighteen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna, child := r.people(t, "1986-04-05", "anna")[0], r.people(t, "2008-11-23", "petya")[0]
		parenthood := []mandate.Parenthood{{Parent: anna, Child: child, Birth: calendar.MustDate("2008-11-23")}}
		for range 2 {
			if err := r.Enrol(t.Context(), parenthood); err != nil {
				t.Fatal(err)
			}
		}
		r.drain(t)
		a := r.enter(t, "anna")
		children, err := r.Children(t.Context(), a, anna)
		if err != nil || len(children) != 1 || children[0].Person.ID != child || children[0].Person.Name.Given != "petya" {
			t.Fatalf("children are %+v, %v", children, err)
		}
		for scope, want := range map[string]bool{"apply": true, "read": true, "pay": true, "vote": false} {
			if got := r.holds(t, child, anna, scope); got != want {
				t.Errorf("scope %s: %v", scope, got)
			}
		}
		if r.holds(t, anna, child, "read") {
			t.Error("the child may act for the parent")
		}
		forChild := a.For(child, children[0].Mandate).Using(mandate.ScopeApply, "")
		write := func() error { return r.base.Store.WriteAs(t.Context(), forChild, func(*store.Tx) error { return nil }) }
		if err := write(); err != nil {
			t.Errorf("an act for the child: %v", err)
		}
		r.clock.Move(38 * time.Hour) // 23:00 on the eve of the birthday
		if !r.holds(t, child, anna, "read") {
			t.Error("the mandate ends before the eighteenth birthday")
		}
		r.clock.Move(time.Hour)
		if r.holds(t, child, anna, "read") {
			t.Error("the mandate outlives the eighteenth birthday")
		}
		if children, err := r.Children(t.Context(), a, anna); err != nil || len(children) != 0 {
			t.Errorf("children are %+v, %v", children, err)
		}
		if err := r.base.Store.WriteAs(t.Context(), r.enter(t, "anna").For(child, children[0].Mandate).Using(mandate.ScopeApply, ""), func(*store.Tx) error { return nil }); !errors.Is(err, mandate.ErrEnded) {
			t.Errorf("an act for a grown-up child: %v", err)
		}
	})
}

func TestAnEndedMandateHoldsNowhereAndCanComeBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna, child := r.people(t, "1986-04-05", "anna")[0], r.people(t, "2018-11-23", "petya")[0]
		boris := r.people(t, "1980-01-01", "boris")[0]
		parenthood := []mandate.Parenthood{{Parent: anna, Child: child, Birth: calendar.MustDate("2018-11-23")}}
		if err := r.Enrol(t.Context(), parenthood); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		given, err := r.Of(t.Context(), child)
		if err != nil || len(given) != 1 || given[0].Taker != anna {
			t.Fatalf("given are %+v, %v", given, err)
		}
		stolen := r.enter(t, "boris").For(child, given[0].ID)
		if err := r.base.Store.WriteAs(t.Context(), stolen, func(*store.Tx) error { return nil }); !errors.Is(err, mandate.ErrEnded) {
			t.Errorf("%v acts by another's mandate: %v", boris, err)
		}
		if err := r.base.Store.Write(t.Context(), func(tx *store.Tx) error {
			_, err := r.End(tx, child, given[0].ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if r.holds(t, child, anna, "read") {
			t.Error("an ended mandate holds before its copy knows")
		}
		r.drain(t)
		if taken, err := r.Taken(t.Context(), anna); err != nil || len(taken) != 0 {
			t.Errorf("taken are %+v, %v", taken, err)
		}
		if err := r.Enrol(t.Context(), parenthood); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		if taken, err := r.Taken(t.Context(), anna); err != nil || len(taken) != 1 || taken[0].ID != given[0].ID {
			t.Errorf("after it was confirmed anew: %+v, %v", taken, err)
		}
	})
}

func TestTheFamilyRegisterMakesChildrenOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna := id.Derived("person", "anna")
		err := r.accounts.Enrol(t.Context(), []account.Enrolment{{
			Person: anna, Name: lang.Name{Family: "Смирнова", Given: "Анна"}, Birth: calendar.MustDate("1986-04-05"), SNILS: "112-233-445 95",
			Email: "anna@example.org", Level: act.Standard, SignsIn: true, Password: "password of anna",
		}})
		if err != nil {
			t.Fatal(err)
		}
		a := r.enter(t, "anna")
		if _, err := r.AskRegister(t.Context(), a, anna); !errors.Is(err, mandate.ErrRegister) {
			t.Errorf("no register: %v", err)
		}
		register := &family{children: []mandate.Relative{
			{Name: lang.Name{Family: "Смирнов", Given: "Пётр"}, Birth: calendar.MustDate("2018-11-23"), SNILS: "087-654-303 00"},
			{Name: lang.Name{Family: "Смирнова", Given: "Ольга"}, Birth: calendar.MustDate("2006-01-01"), SNILS: "112-233-445 95"},
			{Name: lang.Name{Family: "Смирнова", Given: "Без номера"}, Birth: calendar.MustDate("2019-01-01")},
		}}
		r.Provide(register)
		for range 2 {
			if n, err := r.AskRegister(t.Context(), a, anna); err != nil || n != 1 {
				t.Fatalf("%d children, %v", n, err)
			}
			r.drain(t)
		}
		children, err := r.Children(t.Context(), a, anna)
		if err != nil || len(children) != 1 || children[0].Person.Name.Given != "Пётр" || children[0].Person.SignsIn {
			t.Fatalf("children are %+v, %v", children, err)
		}
		register.fail = context.DeadlineExceeded
		if _, err := r.AskRegister(t.Context(), a, anna); !errors.Is(err, mandate.ErrRegister) {
			t.Errorf("a register that is down: %v", err)
		}
	})
}

func TestRelations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna, child := r.people(t, "1986-04-05", "anna")[0], r.people(t, "2018-11-23", "petya")[0]
		if err := r.Enrol(t.Context(), []mandate.Parenthood{{Parent: anna, Child: child, Birth: calendar.MustDate("2018-11-23")}}); err != nil {
			t.Fatal(err)
		}
		other, transport, schools := id.Derived("person", "other"), agency.ID("transport"), agency.ID("schools")
		resident := act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}}
		official := act.Act{Actor: act.Actor{Kind: act.Official, Person: anna, Agency: transport, Role: "officer"}}
		admin := act.Act{Actor: act.Actor{Kind: act.Official, Person: anna, Agency: agency.ID("city"), Role: "admin"}}
		falseAdmin := act.Act{Actor: act.Actor{Kind: act.Official, Person: anna, Agency: transport, Role: "admin"}}
		ofOther := act.Object{Kind: "case", Holder: other, Agency: transport, Assigned: anna}
		for name, one := range map[string]struct {
			act    act.Act
			object act.Object
			scope  string
			want   act.Relation
		}{
			"nobody":                      {act.Act{Actor: act.Actor{Kind: act.Nobody}}, ofOther, "read", act.Unsigned},
			"oneself":                     {resident, act.Object{Kind: "case", Holder: anna}, "read", act.Self},
			"the applicant":               {resident, act.Object{Kind: "case", Holder: child, Persons: []id.ID{anna}}, "read", act.Self},
			"a parent":                    {resident, act.Object{Kind: "case", Holder: child}, "read", act.ByMandate},
			"a parent, another scope":     {resident, act.Object{Kind: "case", Holder: child}, "vote", act.Stranger},
			"a parent, no scope":          {resident, act.Object{Kind: "case", Holder: child}, "", act.Stranger},
			"a stranger":                  {resident, ofOther, "read", act.Stranger},
			"a resident, nothing":         {resident, act.Object{}, "", act.Self},
			"assigned":                    {official, ofOther, "", act.SameAgency | act.Assigned},
			"the same agency":             {official, act.Object{Kind: "case", Holder: other, Agency: transport}, "", act.SameAgency},
			"another agency":              {official, act.Object{Kind: "case", Holder: other, Agency: schools, Assigned: anna}, "", act.OtherAgency},
			"an official's own case":      {official, act.Object{Kind: "case", Holder: anna, Agency: transport, Assigned: anna}, "", act.Self},
			"an official, not as parent":  {official, act.Object{Kind: "case", Holder: child, Agency: schools}, "read", act.OtherAgency},
			"an official, nothing":        {official, act.Object{}, "", act.SameAgency},
			"the administrator":           {admin, ofOther, "", act.Admin | act.OtherAgency},
			"an agency's own so-called":   {falseAdmin, ofOther, "", act.SameAgency | act.Assigned},
			"a system of another agency":  {act.Act{Actor: act.Actor{Kind: act.Agency, Agency: schools}}, ofOther, "", act.OtherAgency},
			"a system of the same agency": {act.Act{Actor: act.Actor{Kind: act.Agency, Agency: transport}}, ofOther, "", act.SameAgency},
		} {
			tie, err := r.Relator().Relate(t.Context(), one.act, one.object, one.scope)
			if err != nil || tie.Relation != one.want || tie.Mandate.IsZero() != (one.want != act.ByMandate) {
				t.Errorf("%s: %v by %v, %v; want %v", name, tie.Relation, tie.Mandate, err, one.want)
			}
		}
	})
}

// Whatever the act and the object, there is a relation, and no one whom the object is about is anything but Self to it.
func TestNobodyDecidesTheirOwn(t *testing.T) {
	t.Parallel()
	r := mandate.New(mandate.Deps{}).Relator()
	some := []id.ID{{}, agency.ID("city"), agency.ID("transport"), id.Derived("person", "a"), id.Derived("person", "b")}
	rapid.Check(t, func(t *rapid.T) {
		pick := func(name string) id.ID { return rapid.SampledFrom(some).Draw(t, name) }
		a := act.Act{Actor: act.Actor{Kind: act.Official, Person: some[3], Agency: pick("agency"), Role: rapid.SampledFrom([]string{"", "head", "admin"}).Draw(t, "role")}}
		o := act.Object{Kind: "case", Holder: pick("holder"), Persons: []id.ID{pick("person")}, Agency: pick("of"), Assigned: pick("assigned")}
		tie, err := r.Relate(context.Background(), a, o, "read")
		about := o.Holder == some[3] || o.Persons[0] == some[3]
		if err != nil || tie.Relation == 0 || about != (tie.Relation&act.Self != 0) || about && tie.Relation != act.Self {
			t.Fatalf("%+v to %+v is %v, %v", a.Actor, o, tie, err)
		}
	})
}

func TestTheFamilyPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna, child := r.people(t, "1986-04-05", "anna")[0], r.people(t, "2018-11-23", "petya")[0]
		ask := r.browser(t, "anna")
		if status, body := ask("GET", "/account/family"); status != 200 || !strings.Contains(body, "Здесь пока никого нет") {
			t.Errorf("an empty page: %d %s", status, body)
		}
		if err := r.Enrol(t.Context(), []mandate.Parenthood{{Parent: anna, Child: child, Birth: calendar.MustDate("2018-11-23")}}); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		if status, body := ask("GET", "/account/family"); status != 200 || !strings.Contains(body, "petya") || !strings.Contains(body, lang.Date(lang.Russian, calendar.MustDate("2036-11-22"))) {
			t.Errorf("a page with a child: %d %s", status, body)
		}
		if status, body := ask("POST", "/account/family"); status != 403 || !strings.Contains(body, "подтвердите личность") {
			t.Errorf("asking without a SNILS: %d %s", status, body)
		}
		if status, body := ask("GET", "/api/v1/family"); status != 200 || !strings.Contains(body, `"ends":"2036-11-23"`) {
			t.Errorf("the API: %d %s", status, body)
		}
	})
}

func TestTheAdministratorAppointsOfficials(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		people := r.people(t, "1986-04-05", "anna", "boris")
		city := agency.ID(agency.City)
		if err := r.agencies.Enrol(t.Context(), []agency.Official{{Person: people[0], Agency: city, Role: agency.Admin}}); err != nil {
			t.Fatal(err)
		}
		ask := r.browser(t, "anna")
		if status, _ := ask("GET", "/admin/officials"); status != 403 && status != 404 {
			t.Errorf("without the hat: %d", status)
		}
		if status, body := ask("GET", "/account/profile"); status != 200 || !strings.Contains(body, "Администратор города") {
			t.Errorf("the profile offers no hat: %d %s", status, body)
		}
		if status, body := ask("POST", "/hat", "agency", city.String()); status != 200 || !strings.Contains(body, "anna") {
			t.Fatalf("with the hat: %d %s", status, body)
		}
		put := func(contact, role string) (int, string) {
			return ask("POST", "/admin/officials", "agency", "city", "contact", contact, "role", role, "queues", "parking, freight")
		}
		if status, body := put("nobody@example.org", "officer"); status != 422 || !strings.Contains(body, `href="#f-contact"`) {
			t.Errorf("a stranger: %d %s", status, body)
		}
		if status, body := put("boris@example.org", "king"); status != 422 || !strings.Contains(body, `href="#f-role"`) {
			t.Errorf("an unknown role: %d %s", status, body)
		}
		if status, body := put("anna@example.org", "officer"); status != 422 || !strings.Contains(body, "единственный администратор") {
			t.Errorf("the last administrator: %d %s", status, body)
		}
		if status, body := put("boris@example.org", "officer"); status != 200 || !strings.Contains(body, "boris") || !strings.Contains(body, "freight, parking") {
			t.Errorf("an officer: %d %s", status, body)
		}
		if status, body := ask("POST", "/admin/officials/drop", "agency", "city", "person", people[1].String()); status != 200 || strings.Contains(body, "boris") {
			t.Errorf("after the role was taken away: %d %s", status, body)
		}
		if status, _ := ask("GET", "/admin/officials?agency=nowhere"); status != 422 {
			t.Errorf("no such agency: %d", status)
		}
	})
}
