package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"posad.city/app/apptest"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// A person without a phone is served at the centre of Kitezh: found, proved, let work at the official's screen, and the
// official comes back.
func TestAVisitToTheServiceCentre(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	h.Run()
	galina := h.Resident("galina") // whom only the registers know
	b := h.Browser(h.Resident("orekhova")).Wear("centre")
	if got := b.Get("/desk/centre"); got.Status != http.StatusOK {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	birth := galina.Birth.String()
	seen := url.Values{
		"document": {"passport"}, "tail": {"4417"}, "looked": {"true"}, "place": {"3"}, "family": {galina.Name.Family}, "given": {galina.Name.Given},
		"patronymic": {galina.Name.Patronymic}, "birth.day": {birth[8:]}, "birth.month": {birth[5:7]}, "birth.year": {birth[:4]}, "snils": {galina.SNILS},
	}
	if got := b.Post("/desk/centre/find", seen); got.Status != http.StatusOK || !strings.Contains(got.Body, "/desk/centre/register") {
		t.Fatalf("the search: %d %s", got.Status, got.Body)
	}
	got := b.Post("/desk/centre/register", seen)
	visit := got.Where()
	if got.Status != http.StatusSeeOther || !strings.HasPrefix(visit, "/desk/centre/visits/") {
		t.Fatalf("the opening: %d %s", got.Status, got.Body)
	}
	for _, step := range []struct {
		path string
		form url.Values
		to   string
	}{{visit + "/prove", url.Values{}, visit}, {visit + "/begin", url.Values{"agree": {"true"}, "note": {"17/2026"}}, "/account"}} {
		if got := b.Post(step.path, step.form); got.Status != http.StatusSeeOther || got.Where() != step.to {
			t.Fatalf("%s: %d to %q %s", step.path, got.Status, got.Where(), got.Body)
		}
	}
	person, err := h.Modules.Account.PersonOf(t.Context(), galina.SNILS)
	h.Must(err)
	for path, want := range map[string]int{"/account": 200, "/services/city-appeal": 200, "/cases": 200, "/account/visits": 200, "/account/security": 403, "/desk/centre": 404, visit: 403} {
		got := b.Get(path)
		if got.Status != want {
			t.Errorf("%s in a visit: %d, want %d", path, got.Status, want)
		}
		if got.Status == http.StatusOK && !strings.Contains(got.Body, `action="/desk/centre/return"`) {
			t.Errorf("%s has no banner", path)
		}
	}
	if got := b.Post("/desk/centre/return", url.Values{}); got.Status != http.StatusSeeOther || got.Where() != "/desk/centre" {
		t.Fatalf("coming back: %d to %q %s", got.Status, got.Where(), got.Body)
	}
	if got := b.Get("/desk/centre"); got.Status != http.StatusOK {
		t.Errorf("the desk after: %d", got.Status)
	}
	people, err := h.Modules.Account.People(t.Context(), act.ByJob(id.New(h.Clock.Now()), act.Purpose{}), "test", person)
	h.Must(err)
	if people[person].Level != act.Verified {
		t.Errorf("Galina is %d", people[person].Level)
	}
}
