package kitezh_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"posad.city/core/service"
)

// catalogueLeast is how many services a city's portal offers at the least.
const catalogueLeast = 60

// TestTheCatalogueIsWhole holds every service to what portals are scored by: all that one must know before one starts,
// in both languages, is there, and what ends is told of and renewed.
func TestTheCatalogueIsWhole(t *testing.T) {
	t.Parallel()
	city, _ := load(t)
	if len(city.Services) < catalogueLeast {
		t.Errorf("%d services, want %d", len(city.Services), catalogueLeast)
	}
	for i := range city.Services {
		s := &city.Services[i]
		for _, fault := range lacking(city, s) {
			t.Errorf("%s: %s", s.Key, fault)
		}
	}
	for i := range city.Topics {
		key := city.Topics[i].Key
		if !slices.ContainsFunc(city.Services, func(s service.Service) bool { return s.Topic == key }) {
			t.Errorf("topic %s has no service", key)
		}
	}
	for i := range city.Situations {
		key := city.Situations[i].Key
		if !slices.ContainsFunc(city.Services, func(s service.Service) bool { return slices.Contains(s.Situations, key) }) {
			t.Errorf("situation %s has no service", key)
		}
	}
}

// lacking are the items of the list that a service does not meet.
func lacking(city *service.City, s *service.Service) []string {
	var out []string
	want := func(ok bool, format string, args ...any) {
		if !ok {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	for name, text := range map[string]service.Text{"title": s.Title, "summary": s.Summary, "who": s.Who, "result": s.Result.Title, "what the result says": s.Result.Text} {
		want(text.RU != "" && text.EN != "", "no %s in a language", name)
	}
	want(len(s.AskedAs.RU) >= 5 && len(s.AskedAs.EN) >= 5, "is asked for by %d and %d phrases", len(s.AskedAs.RU), len(s.AskedAs.EN))
	want(!s.Term.IsZero(), "no term")
	want(s.Form.Minutes > 0, "does not tell how long the form takes")
	for _, fee := range s.Fees {
		want(!fee.Words.IsZero(), "a fee without words")
	}
	refuses := len(s.Grounds) > 0
	want(refuses == (s.Appeal != nil), "grounds of refusal without an appeal, or the other way round")
	if s.Appeal != nil {
		_, ok := city.Service(s.Appeal.Service)
		want(ok, "one can't disagree on the portal")
	}
	for _, g := range s.Grounds {
		want(!g.Instead.IsZero(), "ground %s does not say what one can do", g.Key)
	}
	if strings.Contains(s.Result.Valid, "month") && s.Renewal == nil {
		want(len(s.Reminders) > 0, "the result ends and nobody is told")
	}
	want(len(s.Examples) >= 2, "%d examples", len(s.Examples))
	want(len(city.Plan(s)) > 0 || len(s.Form.Steps) > 0, "does not say what one needs")
	return out
}
