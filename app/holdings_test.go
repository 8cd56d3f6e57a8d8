package app_test

import (
	"slices"
	"testing"

	"posad.city/app/apptest"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Every table with personal data is told of on the person's page of their data, or somebody has said why not.
func TestEveryPersonalTableIsTold(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	left := slices.DeleteFunc(h.Modules.MyData.Uncovered(h.Base.Store.Decls()), func(table string) bool { return ownTables[table] != "" })
	if len(left) > 0 {
		t.Errorf("nobody tells of %v: add them to Covers of their module's Data", left)
	}
}

// ownTables hold what is no module's to tell.
var ownTables = map[string]string{
	"look":          "shown on the page of looks",
	"journal_entry": "acts without personal data but ids",
}

// What is held of a person can be told for everybody in the demo city, whoever they are.
func TestTheDataOfEverybodyCanBeTold(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	h.Run()
	for _, p := range h.People {
		if p.Account == nil {
			continue
		}
		by := act.Act{ID: id.New(h.Clock.Now()), Actor: act.Actor{Kind: act.Person, Person: p.ID()}, Holder: p.ID(), Channel: act.Web, Lang: "ru"}
		if _, err := h.Modules.Centre.Data().Held(t.Context(), by, p.ID(), 0); err != nil {
			t.Errorf("%s: %v", p.Key, err)
		}
		if got := h.Browser(p).Get("/account/data"); got.Status != 200 {
			t.Errorf("%s: %d", p.Key, got.Status)
		}
	}
}
