package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/app"
	"posad.city/core/organisation"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// testLooks reads every thing once by each relation that may: what is another's leaves a record with that person, what is
// one's own leaves none.
func testLooks(t *testing.T, w *world) {
	others := map[string]bool{}
	for _, r := range w.Base.Web.Routes() {
		if r.Surface == web.SurfaceStatic || r.Op.Look == "" || r.Method != http.MethodGet {
			continue
		}
		tried := map[stance]bool{}
		for i, one := range w.things.targets(r) {
			for _, s := range subjects(w) {
				stands := stance{relation: s.relations(w, one.object(s), r.Op.Scope), centre: s.centre}
				if one.each {
					stands.hat = s.hat
				}
				if stands.relation&r.Op.May == 0 || !s.enough(r.Op.Operation) || tried[stands] || narrowed(r, s) {
					continue
				}
				tried[stands] = true
				others[r.Op.Name] = lookOnce(t, w, r, i, s) || others[r.Op.Name]
			}
		}
	}
	w.enterAll()
	for _, op := range w.Operations() {
		if op.Look != "" && op.May&^(act.Self|act.ByMandate) != 0 && !op.Changes && !others[op.Name] && rare[op.Name] == "" {
			t.Errorf("%s looks at people, and nobody was shown another in this test", op.Name)
		}
	}
}

// rare are looks at what this world has none of, with what brings it about.
var rare = map[string]string{"card.losses": "a bank that takes a top-up back after its money was spent: systems/card's TestALossIsMadeGoodFirst"}

// stance is how a subject stands to a thing, and whether an official sees the screen.
type stance struct {
	relation act.Relation
	centre   bool
	hat      string // where every agency has its own
}

// families are the names by which a list that shows people is told from an empty one.
var families = []string{"Смирнов", "Егоров"}

// lookOnce makes one request in an hour of its own, since there is one record an hour, and tells whether another person
// was seen.
func lookOnce(t *testing.T, w *world, r web.Route, place int, s *subject) bool {
	w.Clock.Move(time.Hour)
	w.things.live(r)
	w.enter(s.member)
	one := w.things.targets(r)[place]
	client := s.browser
	if r.Surface == web.SurfaceAPI {
		client = s.program
	}
	from := len(w.Traces())
	got := w.do(client, one.call(r))
	seen := looked(w, from)
	holder := one.object(s).Holder
	shown := func(family string) bool { return strings.Contains(got.Body, family) }
	switch {
	case s.centre && slices.ContainsFunc(families, shown) && len(seen) == 0:
		t.Errorf("%s by %s: an official sees the screen, and that is not on record", r.Pattern, s.name)
	case s.hat == "" && !s.centre && slices.Contains(seen, s.id()):
		t.Errorf("%s by %s: a record of a look at oneself", r.Pattern, s.name)
	case holder == s.id():
		return false
	case !holder.IsZero() && holder != organisation.ID(companyOGRN) && got.Status == http.StatusOK && !slices.Contains(seen, holder):
		t.Errorf("%s of %s by %s: the look is not on record", r.Pattern, one.name, s.name)
	case holder.IsZero() && slices.ContainsFunc(families, shown) && len(seen) == 0:
		t.Errorf("%s by %s: it shows people and nobody can see that", r.Pattern, s.name)
	}
	return len(seen) > 0
}

// testOperator: who reads the messages about a person by a command is seen by that person like any other.
func testOperator(t *testing.T, w *world) {
	anna := w.Resident("anna").ID()
	from := len(w.Traces())
	said, err := w.Exchange(t.Context(), app.ExchangeCommand{Do: "log", About: anna.String()})
	if err != nil || !strings.Contains(said, "residence") {
		t.Fatalf("%v: %s", err, said)
	}
	if !slices.Contains(looked(w, from), anna) {
		t.Error("an operator read what was asked about Anna, and she can't see it")
	}
}

// looked are the persons of whom a record of a look was written since the trace.
func looked(w *world, from int) []id.ID {
	var out []id.ID
	for _, record := range w.Traces()[from:] {
		for _, touch := range record.Touched {
			if touch.Table == "look" {
				out = append(out, touch.Holder)
			}
		}
	}
	return out
}
