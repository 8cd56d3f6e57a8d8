package docs_test

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"posad.city/city/kitezh"
	"posad.city/core/form"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store/storetest"
)

const fifthName = "services/street-event.yaml"

// fifthText is the service that a city's staff would drop into the folder.
func fifthText(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "testdata", "fifth-service.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// kitezhWith is Kitezh's folder with the given file as the fifth service.
func kitezhWith(t testing.TB, text string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{fifthName: &fstest.MapFile{Data: []byte(text)}}
	err := fs.WalkDir(kitezh.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, "demo/") {
			return err
		}
		content, err := fs.ReadFile(kitezh.Files(), name)
		out[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func told(t testing.TB, faults service.Faults, l lang.Language) string {
	t.Helper()
	var out strings.Builder
	if err := faults.Print(&out, l); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheFifthServiceStandsBesideFour(t *testing.T) {
	t.Parallel()
	four, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		t.Fatal(told(t, faults, lang.English))
	}
	five, faults := service.LoadCity(kitezhWith(t, fifthText(t)))
	if len(faults) > 0 {
		t.Fatal(told(t, faults, lang.English))
	}
	if len(five.Services) != len(four.Services)+1 || four.Hash() == five.Hash() {
		t.Errorf("%d services as %s, %d as %s", len(four.Services), four.Hash(), len(five.Services), five.Hash())
	}
	again, err := service.Open(five.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != five.Hash() {
		t.Errorf("opened as %s, published as %s", again.Hash(), five.Hash())
	}
}

// TestTheFifthServicesFormTakesItsExamples fills the form with each example's answers as the API does.
func TestTheFifthServicesFormTakesItsExamples(t *testing.T) {
	t.Parallel()
	city, faults := service.LoadCity(kitezhWith(t, fifthText(t)))
	if len(faults) > 0 {
		t.Fatal(told(t, faults, lang.English))
	}
	d, _ := city.Service("street-event")
	for i := range d.Examples {
		e := &d.Examples[i]
		t.Run(e.Key, func(t *testing.T) {
			t.Parallel()
			in := form.Input{City: city, Service: d, Lang: lang.Russian, Today: calendar.MustDate(e.Today), Applicant: e.Applicant, Facts: service.Facts{}}
			if values, told := e.Facts["residence"]; told {
				in.Facts["residence"] = service.Fact{State: service.FactKnown, Day: in.Today, Values: values}
			}
			body, err := json.Marshal(e.Answers)
			if err != nil {
				t.Fatal(err)
			}
			bound, err := form.BindJSON(in, body)
			if err != nil || len(bound.Faults) > 0 {
				t.Fatalf("%v %v", err, bound.Faults)
			}
			in.Answers = bound.Answers
			view, err := form.Show(in)
			if err != nil || len(view.Missing) > 0 {
				t.Fatalf("%v, missing: %v", err, view.Missing)
			}
			if got := slices.Contains(view.Can, form.Submit); got != (e.Expect.Obstacle == "") {
				t.Errorf("submission open: %v; obstacle %v", got, view.Obstacle)
			}
		})
	}
}

// TestAStreetIsClosedOnADayOffOnly: the service's own check of an answer speaks up.
func TestAStreetIsClosedOnADayOffOnly(t *testing.T) {
	t.Parallel()
	city, faults := service.LoadCity(kitezhWith(t, fifthText(t)))
	if len(faults) > 0 {
		t.Fatal(told(t, faults, lang.English))
	}
	d, _ := city.Service("street-event")
	in := form.Input{City: city, Service: d, Lang: lang.English, Today: calendar.MustDate("2026-11-21")}
	bound, err := form.BindJSON(in, []byte(`{"kind": "concert", "title": "Choirs", "people": 250, "where": "closed", "day": "2026-12-16"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(bound.Faults, func(f fault.Field) bool { return f.Name == "day" }) {
		t.Errorf("Wednesday 16 December was taken: %v", bound.Faults)
	}
}

// TestTheFifthServiceIsFoundByWordsOfItsOwn searches before and after it is published.
func TestTheFifthServiceIsFoundByWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations)
	m := service.New(service.Deps{})
	log := slog.New(slog.DiscardHandler)
	if err := m.Provision(&module.Base{Store: s, Clock: c, Feed: feed.Open(s, log), Log: log}); err != nil {
		t.Fatal(err)
	}
	queries := map[string]lang.Language{
		"праздник двора": lang.Russian, "ярмарка": lang.Russian, "где провести фестиваль": lang.Russian, "празник соседей": lang.Russian,
		"street party": lang.English, "neighbours' day": lang.English, "festival": lang.English,
	}
	publish := func(files fs.FS) {
		t.Helper()
		city, faults := service.LoadCity(files)
		if len(faults) > 0 {
			t.Fatal(told(t, faults, lang.English))
		}
		if err := m.Publish(t.Context(), act.Act{ID: id.Derived("act", string(city.Hash())), Actor: act.Actor{Kind: act.System}, Channel: act.Command}, city); err != nil {
			t.Fatal(err)
		}
	}
	first := func(query string, l lang.Language) string {
		t.Helper()
		found, _, err := m.Search(query, "", l, 5)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			return ""
		}
		return found[0].Kind + "/" + found[0].Key
	}
	publish(kitezh.Files())
	for query, l := range queries {
		if got := first(query, l); got == "service/street-event" {
			t.Errorf("%q is found before it is there", query)
		}
	}
	publish(kitezhWith(t, fifthText(t)))
	for query, l := range queries {
		if got := first(query, l); got != "service/street-event" {
			t.Errorf("%q finds %q", query, got)
		}
	}
	if got := first("parking permit", lang.English); got != "service/parking-permit" {
		t.Errorf("the fifth service took the parking permit's words: %q", got)
	}
}
