package mandate_test

import (
	"errors"
	"slices"
	"testing"

	"posad.city/core/account"
	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

func TestAMergedPersonsMandatesAreOnesOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		birth := calendar.MustDate("2020-03-05")
		kept, merged, child := id.Derived("person", "kept"), id.Derived("person", "merged"), id.Derived("person", "child")
		err := r.accounts.Enrol(t.Context(), []account.Enrolment{
			{Person: kept, Email: "kept@example.org", Level: act.Standard, SignsIn: true},
			{Person: merged, Email: "merged@example.org", Level: act.Basic, SignsIn: true},
			{Person: child, Name: lang.Name{Family: "Смирнов", Given: "Михаил"}, Birth: birth, Level: act.Standard},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Enrol(t.Context(), []mandate.Parenthood{{Parent: merged, Child: child, Birth: birth}}); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		j, err := r.accounts.PrepareJoin(t.Context(), act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.System}}, kept, merged, account.MergedBySelf)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.base.Store.Write(t.Context(), j.Put); err != nil {
			t.Fatal(err)
		}
		a := r.begin(t, kept)
		things := act.Object{Kind: "case", Holder: child}
		tie, err := r.Relator().Relate(t.Context(), a, things, mandate.ScopeRead)
		if err != nil || tie.Relation != act.ByMandate || tie.Mandate.IsZero() {
			t.Fatalf("%+v, %v", tie, err)
		}
		if tie, err := r.Relator().Relate(t.Context(), a, act.Object{Kind: "case", Holder: merged}, mandate.ScopeRead); err != nil || tie.Relation != act.Self {
			t.Errorf("the merged person's own thing: %+v, %v", tie, err)
		}
		official := a
		official.Actor = act.Actor{Kind: act.Official, Person: kept, Agency: id.Derived("agency", "x"), Role: "officer"}
		if tie, err := r.Relator().Relate(t.Context(), official, act.Object{Kind: "case", Holder: merged, Agency: official.Actor.Agency}, ""); err != nil || tie.Relation != act.Self {
			t.Errorf("an official to what is theirs under another id: %+v, %v", tie, err)
		}
		children, err := r.Children(t.Context(), a, kept)
		if err != nil || len(children) != 1 || children[0].Person.ID != child {
			t.Errorf("%+v, %v", children, err)
		}
		write := a.For(child, tie.Mandate).Using(mandate.ScopeApply, "")
		if err := r.base.Store.WriteAs(t.Context(), write, func(*store.Tx) error { return nil }); err != nil {
			t.Errorf("an act by the merged person's mandate: %v", err)
		}
		if err := r.accounts.Undo(t.Context(), a, j.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.base.Store.WriteAs(t.Context(), write, func(*store.Tx) error { return nil }); !errors.Is(err, account.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		a.Also = nil
		if tie, err := r.Relator().Relate(t.Context(), a, things, mandate.ScopeRead); err != nil || tie.Relation != act.Stranger {
			t.Errorf("after the end: %+v, %v", tie, err)
		}
	})
}

// begin opens a session of an enrolled person and returns its act, as the edge makes it.
func (r *rig) begin(t *testing.T, person id.ID) act.Act {
	t.Helper()
	of := id.Derived("account", person.String())
	entry, err := r.accounts.Begin(t.Context(), account.Proof{Method: account.ByPasskey, Account: of, Person: person, Level: act.Standard}, account.Via{Channel: act.Web})
	if err != nil {
		t.Fatal(err)
	}
	session, err := r.accounts.Sessions().Find(t.Context(), web.HashToken(entry.Token))
	if err != nil || !slices.Contains([]id.ID{person}, session.Person) {
		t.Fatalf("%+v, %v", session, err)
	}
	return act.Act{
		ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: session.Person}, Holder: session.Person, Also: session.Also,
		Session: session.ID, Assurance: session.Assurance, Channel: act.Web,
	}
}
