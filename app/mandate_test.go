package app_test

import (
	"net/http"
	"testing"

	"posad.city/app/apptest"
	"posad.city/core/casework"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// A parent who may act for a child no more sees no case of the child's and changes none, those that they filed included.
func TestACaseOfAChildClosesToItsApplicantWithTheMandate(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	h.Run()
	anna := h.Resident("anna")
	taken, err := h.Modules.Mandate.Taken(t.Context(), anna.ID())
	h.Must(err)
	mandate := taken[0]
	number := fileForChild(h, anna.ID(), mandate.Giver, mandate.ID)
	program := h.Program(anna)
	path := "/api/v1/cases/" + number
	if got := program.Get(path); got.Status != http.StatusOK {
		t.Fatalf("before: %d %s", got.Status, got.Body)
	}
	h.Must(h.Base.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := h.Modules.Mandate.End(tx, mandate.Giver, mandate.ID)
		return err
	}))
	if got := program.Get(path); got.Status != http.StatusNotFound {
		t.Errorf("reading after: %d", got.Status)
	}
	if got := program.Send(http.MethodPost, path+"/withdraw", map[string]string{}); got.Status != http.StatusNotFound {
		t.Errorf("withdrawing after: %d %s", got.Status, got.Body)
	}
}

func fileForChild(h *apptest.House, parent, child, mandate id.ID) string {
	h.T.Helper()
	definition, _ := h.City.Service("school-first-class")
	in, err := definition.Examples[0].Inputs()
	h.Must(err)
	in.Facts = service.Facts{}
	caseID := id.New(h.Clock.Now())
	prepared, err := h.Modules.Casework.PrepareOpen(h.T.Context(), casework.Opening{
		ID: caseID, Service: definition.Key, Definition: h.City.Hash(), Holder: child, Applicant: parent, Mandate: mandate, Inputs: in,
		Channel: act.Web, Lang: lang.Russian, Act: act.Act{ID: caseID, Actor: act.Actor{Kind: act.Person, Person: parent}, Holder: child},
	})
	h.Must(err)
	var number string
	h.Must(h.Base.Store.Write(h.T.Context(), func(tx *store.Tx) error {
		var err error
		number, err = prepared.Put(tx)
		return err
	}))
	return number
}
