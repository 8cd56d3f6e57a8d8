package form_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/city/kitezh"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

func kitezhCity(t testing.TB) *service.City {
	t.Helper()
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return city
}

// exampleInput is the draft of an example before anything is answered: what the account and the early registers know.
func exampleInput(t testing.TB, city *service.City, d *service.Service, e *service.Example) form.Input {
	t.Helper()
	in := form.Input{City: city, Service: d, Lang: lang.Russian, Today: calendar.MustDate(e.Today), Applicant: e.Applicant, Facts: service.Facts{}}
	for key, values := range e.Facts {
		if c, _ := d.Certificate(key); c != nil && c.Early {
			in.Facts[key] = service.Fact{State: service.FactKnown, Day: in.Today, Values: values}
		}
	}
	for key, answer := range e.Answers {
		content, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		var child service.Child
		if json.Unmarshal(content, &child) == nil && child.Birth != "" {
			in.Children = append(in.Children, child)
		}
		var vehicle service.Vehicle
		if json.Unmarshal(content, &vehicle) == nil && vehicle.Own {
			in.Vehicles = append(in.Vehicles, vehicle)
		}
		var slot service.Slot
		if json.Unmarshal(content, &slot) == nil && slot.Start != "" {
			if in.Slots == nil {
				in.Slots = map[string][]form.SlotOption{}
			}
			in.Slots[key] = []form.SlotOption{{ID: slot.ID, Start: slot.Start, End: slot.End, Day: calendar.MustDate(slot.Day), Text: service.Text{RU: slot.Text, EN: slot.TextEN}, Left: 1}}
		}
		var files []service.File
		if json.Unmarshal(content, &files) == nil && len(files) > 0 && files[0].Size > 0 {
			in.Files = append(in.Files, files...)
		}
	}
	return in
}

func eachExample(t *testing.T, run func(*testing.T, form.Input, *service.Service, *service.Example)) {
	t.Helper()
	city := kitezhCity(t)
	for i := range city.Services {
		d := &city.Services[i]
		for j := range d.Examples {
			e := &d.Examples[j]
			t.Run(d.Key+"/"+e.Key, func(t *testing.T) {
				t.Parallel()
				run(t, exampleInput(t, city, d, e), d, e)
			})
		}
	}
}

// TestEveryExampleByPages goes through the form as a person in a browser does: each step shown, its controls filled and
// posted, until nothing is missing.
func TestEveryExampleByPages(t *testing.T) {
	t.Parallel()
	eachExample(t, func(t *testing.T, in form.Input, _ *service.Service, e *service.Example) {
		for in.Step != form.CheckStep {
			view := show(t, in)
			in.Step = view.Steps[view.Current].Key
			bound, err := form.Bind(in, filled(t, in, view, e))
			if err != nil || len(bound.Faults) > 0 {
				t.Fatalf("step %s: %v %v", in.Step, err, bound.Faults)
			}
			in.Answers = bound.Answers
			after := show(t, in)
			if after.Stopped {
				break
			}
			in.Step = after.After()
		}
		outcome(t, in, e)
	})
}

// filled posts what a browser would: for each control of the step the value that writing the example's answer there gives.
func filled(t *testing.T, in form.Input, view form.View, e *service.Example) url.Values {
	t.Helper()
	out := url.Values{}
	with := in
	with.Answers = e.Answers
	for _, f := range show(t, with).Fields {
		if f.Answered {
			post(out, f)
		}
	}
	for i, f := range view.Fields {
		if i >= 0 && len(f.Controls) == 0 && len(f.Options) == 0 && f.Type != service.TypeFile {
			t.Errorf("%s: nothing to answer with", f.Key)
		}
	}
	return out
}

func post(out url.Values, f form.FieldView) {
	for _, c := range f.Controls {
		out.Set(c.Name, c.Value)
	}
	for _, o := range f.Options {
		if o.Chosen {
			out.Add(f.Key, o.Value)
		}
	}
	for _, file := range f.Files {
		out.Add(f.Key, file.ID)
	}
	for _, entry := range f.Entries {
		for _, inner := range entry.Fields {
			post(out, inner)
		}
	}
}

// TestEveryExampleByJSON sends all answers at once, as the API does.
func TestEveryExampleByJSON(t *testing.T) {
	t.Parallel()
	eachExample(t, func(t *testing.T, in form.Input, _ *service.Service, e *service.Example) {
		body, err := json.Marshal(e.Answers)
		if err != nil {
			t.Fatal(err)
		}
		bound, err := form.BindJSON(in, body)
		if err != nil || len(bound.Faults) > 0 {
			t.Fatalf("%v %v", err, bound.Faults)
		}
		if diff := cmp.Diff(service.Answers(e.Answers), bound.Answers); diff != "" {
			t.Errorf("canonical answers changed on the way:\n%s", diff)
		}
		in.Answers = bound.Answers
		outcome(t, in, e)
	})
}

func show(t *testing.T, in form.Input) form.View {
	t.Helper()
	view, err := form.Show(in)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// outcome: everything is asked and answered that the example expects, and submission is open unless an obstacle stands.
func outcome(t *testing.T, in form.Input, e *service.Example) {
	t.Helper()
	view := show(t, in)
	if view.Stopped && e.Expect.Obstacle != "" {
		if view.Obstacle == nil || view.Obstacle.Key != e.Expect.Obstacle || slices.Contains(view.Can, form.Next) || slices.Contains(view.Can, form.Submit) {
			t.Errorf("stopped by %v, moves %v", view.Obstacle, view.Can)
		}
		return
	}
	if len(view.Missing) > 0 {
		t.Fatalf("missing: %v", view.Missing)
	}
	if got := slices.Contains(view.Can, form.Submit); got != (e.Expect.Obstacle == "") {
		t.Errorf("submission open: %v; obstacle %v", got, view.Obstacle)
	}
	if view.Done != view.Total {
		t.Errorf("%d of %d done", view.Done, view.Total)
	}
	_, whole, err := in.City.Rules(in.Service.Key).Asked(service.Inputs{Today: in.Today, Applicant: in.Applicant, Answers: e.Answers, Facts: in.Facts})
	if err != nil {
		t.Fatal(err)
	}
	for key := range e.Answers {
		want := whole[key] // with what is computed inside entries
		if diff := cmp.Diff(want, view.Draft[key]); diff != "" {
			t.Errorf("%s:\n%s", key, diff)
		}
	}
	for _, l := range lang.All() {
		in.Lang = l
		summary, err := form.CheckAnswers(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range summary.Steps {
			for _, line := range step.Lines {
				if _, answered := view.Draft[line.Field]; answered && line.Value == "" {
					t.Errorf("%s has no words in %s", line.Field, l)
				}
			}
		}
	}
}
