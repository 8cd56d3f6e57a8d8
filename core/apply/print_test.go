package apply

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"posad.city/city/kitezh"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/pdf"
)

var printCity = sync.OnceValue(func() *service.City {
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
})

// words speaks the module's own texts and the form's.
func words(t testing.TB, l lang.Language) func(string, ...any) string {
	t.Helper()
	texts, err := lang.Load(locales, form.Locale)
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	return func(key string, args ...any) string { return texts.Text(l, key, args...) }
}

// printInput is an example's draft with its answers.
func printInput(t testing.TB, d *service.Service, e *service.Example, l lang.Language) form.Input {
	t.Helper()
	in := form.Input{City: printCity(), Service: d, Lang: l, Today: calendar.MustDate(e.Today), Applicant: e.Applicant, Facts: service.Facts{}}
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
			in.Slots = map[string][]form.SlotOption{key: {{ID: slot.ID, Start: slot.Start, End: slot.End, Day: calendar.MustDate(slot.Day), Text: service.Text{RU: slot.Text, EN: slot.TextEN}, Left: 1}}}
		}
		var files []service.File
		if json.Unmarshal(content, &files) == nil && len(files) > 0 && files[0].Size > 0 {
			in.Files = append(in.Files, files...)
		}
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
	return in
}

// read is a form's text without spaces: a line may break anywhere.
func read(t *testing.T, f pdf.Form) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	body, err := pdf.RenderForm(f)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-raw", "-", "-")
	cmd.Stdin = bytes.NewReader(body)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func tight(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

const printAddress = "https://kitezh.example/services/one"

// TestTheBlankFormNamesEveryQuestion in both languages and in large print.
func TestTheBlankFormNamesEveryQuestion(t *testing.T) {
	t.Parallel()
	city := printCity()
	for i := range city.Services {
		d := &city.Services[i]
		l, large := lang.All()[i%2], i%3 == 0
		t.Run(d.Key, func(t *testing.T) {
			t.Parallel()
			p := printing{in: form.Input{City: city, Service: d, Lang: l, Today: calendar.MustDate("2026-11-22")}, t: words(t, l), large: large}
			text := tight(read(t, p.blank(printAddress, short(printAddress))))
			for _, want := range questions(d, l) {
				if !strings.Contains(text, tight(want)) {
					t.Errorf("%q is not on the blank", want)
				}
			}
		})
	}
}

// questions are the words of all that a service may ask.
func questions(d *service.Service, l lang.Language) []string {
	out := []string{d.Title.In(l), short(printAddress)}
	for _, step := range d.Form.Steps {
		out = append(out, step.Title.In(l))
		for _, f := range step.Fields {
			for _, one := range append([]service.Field{f}, f.Fields...) {
				if one.Value != "" {
					continue
				}
				out = append(out, one.Label.In(l))
				for _, o := range one.Options {
					out = append(out, o.Label.In(l))
				}
			}
		}
	}
	return out
}

// TestTheFilledFormShowsEveryAnswer of every example of every service.
func TestTheFilledFormShowsEveryAnswer(t *testing.T) {
	t.Parallel()
	city := printCity()
	for i := range city.Services {
		d := &city.Services[i]
		for j := range d.Examples {
			e := &d.Examples[j]
			l := lang.All()[j%2]
			t.Run(d.Key+"/"+e.Key, func(t *testing.T) {
				t.Parallel()
				in := printInput(t, d, e, l)
				p := printing{in: in, t: words(t, l), large: j%3 == 2}
				draft := Draft{ID: id.Derived("draft", e.Key), Saved: in.Today.Start(time.UTC)}
				f, err := p.filled(draft, printAddress, short(printAddress), time.UTC)
				if err != nil {
					t.Fatal(err)
				}
				shows(t, in, tight(read(t, f)), draft)
			})
		}
	}
}

func shows(t *testing.T, in form.Input, text string, draft Draft) {
	t.Helper()
	view, err := form.Show(in)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := form.CheckAnswers(in)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, draft.ID.String()) {
		t.Error("the form has no number")
	}
	if view.Stopped {
		return // what lies behind the obstacle is not asked
	}
	for _, step := range summary.Steps {
		for _, line := range step.Lines {
			f, _ := in.Service.Field(line.Field)
			if line.Value == "" || len(line.Entries) > 0 {
				continue
			}
			for _, part := range strings.Split(line.Value, "; ") {
				want := tight(part)
				if line.Source != nil {
					want = tight(part) // known, and not asked
				} else if f.Type == service.TypeChoice || f.Type == service.TypeChoices || f.Type == service.TypeYesNo {
					want = "X" + want // ticked, not only offered
				}
				if f.Type == service.TypeChild {
					want = "X"
				}
				if !strings.Contains(text, want) {
					t.Errorf("%s: %q is not on the form", line.Field, part)
				}
			}
		}
		for _, line := range step.Lines {
			for _, entry := range line.Entries {
				for _, inner := range entry.Lines {
					if !strings.Contains(text, tight(inner.Value)) {
						t.Errorf("%s: %q is not on the form", line.Field, inner.Value)
					}
				}
			}
		}
	}
}
