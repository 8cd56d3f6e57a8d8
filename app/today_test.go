package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"posad.city/app/apptest"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Whoever works for an agency sees their own card on the home page with the hat on, and that is no look of the agency's:
// neither at themselves nor at their children.
func TestAnOfficialsOwnCardIsNoLookOfTheirAgency(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	anna := h.Resident("anna")
	clerk := agency.Official{Person: anna.ID(), Agency: agency.ID("transport"), Role: agency.Clerk, Since: h.Clock.Now()}
	h.Must(h.Modules.Agency.Enrol(t.Context(), []agency.Official{clerk}))
	h.Run()
	browser := h.Browser(anna).Wear("transport")
	people := []id.ID{anna.ID()}
	for _, child := range h.People.Children(anna) {
		people = append(people, child.ID())
	}
	if got := browser.Get("/"); got.Status != http.StatusOK || !strings.Contains(got.Body, "Анна") {
		t.Fatalf("the home page: %d", got.Status)
	}
	for _, person := range people {
		err := h.Base.Store.Look(t.Context(), act.ByJob(id.New(h.Clock.Now()), act.Purpose{}), "test", func(p *store.Personal) error {
			looks, err := store.LooksAt(p, person, h.Clock.Now().Add(time.Hour), 10)
			for _, look := range looks {
				if look.Actor.Kind == act.Official {
					t.Errorf("the agency is said to have looked at %s: %s", person, look.What)
				}
			}
			return err
		})
		h.Must(err)
	}
}
