package apply_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/kit/act"
)

// Whoever may not apply yet is told what they lack, in their language, and is led to where that is shown and back. Nothing
// is begun before, by a program either.
func TestAPersonIsLedToWhatTheyLack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		service string
		level   act.Level
		ru, en  string
		leads   string
	}{
		"a confirmed identity":  {"parking-permit", act.Basic, "понадобится СНИЛС", "(SNILS) at hand", "/account/identity?back=%2Fservices%2Fparking-permit%2Fapply"},
		"a document, from none": {"land-title", act.Basic, "по документу", "by a document", "/sign-in/raise?back=%2Fservices%2Fland-title%2Fapply&level=3"},
		"a document":            {"land-title", act.Standard, "по документу", "by a document", "/sign-in/raise?back=%2Fservices%2Fland-title%2Fapply&level=3"},
		"another factor":        {"land-title", act.Verified, "вход двумя способами", "a sign-in in two ways", "/sign-in/raise?back=%2Fservices%2Fland-title%2Fapply&level=3"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			who := annaPerson
			if tc.level < act.Standard {
				who.Verified, who.SNILS = false, ""
			}
			r.enrolAt("anna", who, tc.level)
			b := r.signIn("anna")
			path := "/services/" + tc.service + "/apply"
			for language, words := range map[string]string{"ru": tc.ru, "en": tc.en} {
				b.lang = language
				if at := b.get(path); at.status != 200 || !strings.Contains(at.body, words) {
					t.Errorf("%s: %d %s", at.path, at.status, at.shown())
				}
			}
			at := b.get(path)
			if at = b.post(path, at.form(t, path).values); at.path != tc.leads || at.status != 200 {
				t.Errorf("led to %d %s", at.status, at.path)
			}
			if got := b.call("POST", "/api/v1/services/"+tc.service+"/drafts", map[string]any{}, nil); got.status != 403 || !strings.Contains(got.body, "apply.level") {
				t.Errorf("%d %s", got.status, got.shown())
			}
			var drafts []wireDraft
			if b.call("GET", "/api/v1/drafts", nil, &drafts); len(drafts) != 0 {
				t.Errorf("%d drafts were begun", len(drafts))
			}
		})
	}
}

// What was answered before the form is there after the person has shown what they lacked.
func TestAnswersBeforeTheFormSurviveTheStepUp(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrolAt("anna", annaPerson, act.Verified)
	b := r.signIn("anna")
	const path = "/services/land-title/apply"
	said := `{"answers":{}}`
	offer := b.post(path, url.Values{carriedName: {said}, "_offer": {"yes"}})
	f := offer.form(t, path)
	if f.values.Get(carriedName) != said {
		t.Fatalf("the page that tells what is lacking has lost the answers: %v", f.values)
	}
	if at := b.post(path, f.values); !strings.HasPrefix(at.path, "/sign-in/raise?") {
		t.Fatalf("led to %s", at.path)
	}
	b.showMore("anna")
	f = b.get(path).form(t, path)
	if f.values.Get(carriedName) != said {
		t.Fatalf("back at the form: %v", f.values)
	}
	if at := b.post(path, f.values); !strings.Contains(at.path, "/steps/") {
		t.Errorf("begun at %s: %d %s", at.path, at.status, at.shown())
	}
}

// carriedName is the field of the answers before the form.
const carriedName = "_answers"

// A draft that was begun in a surer session is sent after its person has shown themselves as surely again.
func TestADraftWaitsForASurerSession(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	for i := range city.Services {
		if city.Services[i].Key != "land-title" {
			continue
		}
		d := &city.Services[i]
		x := newExample(t, city, d, &d.Examples[0])
		at, typed := x.start(), x.typed()
		for range 2*len(d.Form.Steps) + 2 {
			if strings.Contains(at.path, "/steps/") {
				at = x.fill(at, typed)
			}
		}
		delete(x.entries, "applicant")
		x.clock.Move(2 * time.Minute) // a code is sent no oftener than once a minute
		x.b = x.signIn("applicant")   // by one factor
		last := x.b.get(at.path).form(t, "/check")
		last.values.Set("consent", "yes")
		sent := x.b.post(last.action, last.values)
		if want := "/sign-in/raise?" + (url.Values{"back": {last.action}, "level": {"3"}}).Encode(); sent.path != want || len(x.cases.sent) != 0 {
			t.Fatalf("by one factor: %s, %d sent", sent.path, len(x.cases.sent))
		}
		x.b.showMore("applicant")
		last = x.b.get(at.path).form(t, "/check")
		last.values.Set("consent", "yes")
		if sent = x.b.post(last.action, last.values); !strings.HasSuffix(sent.path, "/sent") || len(x.cases.sent) != 1 {
			t.Errorf("by two: %s, %d sent", sent.path, len(x.cases.sent))
		}
	}
}

// A stranger signs in first, and comes to the form.
func TestAStrangerSignsInFirst(t *testing.T) {
	t.Parallel()
	if at := one(t).stranger().get("/services/city-appeal/apply"); at.path != "/sign-in?back=%2Fservices%2Fcity-appeal%2Fapply" {
		t.Errorf("a stranger is sent to %s", at.path)
	}
}
