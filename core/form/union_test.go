package form_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// unionDraft is an example of the small city's union, which uses every kind of question and step.
func unionDraft(t testing.TB, example string) (form.Input, *service.Example) {
	t.Helper()
	city, faults := service.LoadCity(os.DirFS(filepath.Join("..", "service", "testdata", "city")))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	d, ok := city.Service("union")
	if !ok {
		t.Fatal("the small city has no union")
	}
	at := slices.IndexFunc(d.Examples, func(e service.Example) bool { return e.Key == example })
	e := &d.Examples[at]
	return exampleInput(t, city, d, e), e
}

// atPeople is a draft at the step of witnesses.
func atPeople(t testing.TB) form.Input {
	in, e := unionDraft(t, "right")
	in.Answers = maps.Clone(service.Answers(e.Answers))
	delete(in.Answers, "witnesses")
	delete(in.Answers, "guests")
	in.Step = "people"
	return in
}

func witness(n int, snils, age, side string) url.Values {
	at := "witnesses." + strconv.Itoa(n) + "."
	return url.Values{
		at + "who.surname": {"Сидоров"}, at + "who.given": {"Пётр"}, at + "who.birth.day": {"5"}, at + "who.birth.month": {"5"}, at + "who.birth.year": {"1990"},
		at + "who.snils": {snils}, at + "age": {age}, at + "side": {side},
	}
}

func together(count string, all ...url.Values) url.Values {
	out := url.Values{"witnesses.count": {count}, "guests": {"3"}}
	for _, one := range all {
		maps.Copy(out, one)
	}
	return out
}

func TestEveryKeyByPagesAndJSON(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"right", "crowd", "in-union", "too-loud"} {
		in, e := unionDraft(t, key)
		for in.Step != form.CheckStep {
			view := show(t, in)
			in.Step = view.Steps[view.Current].Key
			bound, err := form.Bind(in, filled(t, in, view, e))
			if err != nil || len(bound.Faults) > 0 {
				t.Fatalf("%s, step %s: %v %v", key, in.Step, err, bound.Faults)
			}
			in.Answers = bound.Answers
			after := show(t, in)
			if after.Stopped {
				break
			}
			in.Step = after.After()
		}
		outcome(t, in, e)
		whole, _ := unionDraft(t, key)
		body, err := json.Marshal(e.Answers)
		if err != nil {
			t.Fatal(err)
		}
		bound, err := form.BindJSON(whole, body)
		if err != nil || len(bound.Faults) > 0 {
			t.Fatalf("%s: %v %v", key, err, bound.Faults)
		}
		if diff := cmp.Diff(service.Answers(e.Answers), bound.Answers); diff != "" {
			t.Errorf("%s: canonical answers changed on the way:\n%s", key, diff)
		}
	}
}

func TestAGroupBeginsWithItsLeastEntriesAndNoFaults(t *testing.T) {
	t.Parallel()
	view := show(t, atPeople(t))
	g := view.Fields[0]
	if len(g.Entries) != 2 || g.Entries[1].Title != "Свидетель 2" || g.Add != "Добавить: свидетель" || g.Entries[0].Remove != "" || len(view.Faults) != 0 {
		t.Errorf("%d entries, add %q, remove %q, faults %v", len(g.Entries), g.Add, g.Entries[0].Remove, view.Faults)
	}
	if name := g.Entries[1].Fields[0].Controls[0].Name; name != "witnesses.1.who.surname" || g.Controls[0].Name != "witnesses.count" {
		t.Errorf("controls %q, %q", name, g.Controls[0].Name)
	}
	pets := view.Fields[2]
	if pets.Key != "pets" || len(pets.Entries) != 0 || pets.Add == "" {
		t.Errorf("%+v", pets)
	}
}

// TestFaultsOfAGroupStandAtTheirControls: the rest of the group is shown as it was typed.
func TestFaultsOfAGroupStandAtTheirControls(t *testing.T) {
	t.Parallel()
	in := atPeople(t)
	bound := bind(t, in, together("2", witness(0, "123-456-789 64", "16а", "first"), witness(1, "223-456-781 66", "40", "")))
	if got := names(bound.Faults); got != "witnesses.0.age number, witnesses.1.who.snils snils_sum, witnesses.1.side choice_missing" {
		t.Fatalf("faults: %s", got)
	}
	in.Answers, in.Typed = bound.Answers, bound.Typed
	view := show(t, in)
	if len(view.Faults) != 3 || view.Fields[0].Answered {
		t.Fatalf("%v", view.Faults)
	}
	age := view.Fields[0].Entries[0].Fields[1]
	if age.Controls[0].Value != "16а" || !age.Controls[0].Invalid || age.Fault == nil {
		t.Errorf("%+v", age)
	}
	if surname := view.Fields[0].Entries[0].Fields[0]; !surname.Answered || surname.Controls[0].Value != "Сидоров" {
		t.Errorf("%+v", surname)
	}
}

// TestEntriesComeAndGoWithoutAScript: buttons add and remove; what was typed stays, and what is empty is no fault yet.
func TestEntriesComeAndGoWithoutAScript(t *testing.T) {
	t.Parallel()
	in := atPeople(t)
	raw := together("2", witness(0, "123-456-789 64", "40", "first"))
	raw.Set("guests", "")
	raw.Set(form.AddName, "witnesses")
	if !form.Entering(in, raw) {
		t.Fatal("the button is not known")
	}
	bound := bind(t, in, raw)
	in.Answers, in.Typed = bound.Answers, bound.Typed
	view := show(t, in)
	g := view.Fields[0]
	if len(bound.Faults) != 0 || len(view.Faults) != 0 || len(g.Entries) != 3 || g.Entries[2].Remove == "" {
		t.Fatalf("faults %v %v, %d entries", bound.Faults, view.Faults, len(g.Entries))
	}
	raw = together("3", witness(0, "", "1", "first"), witness(1, "123-456-789 64", "41", "first"), witness(2, "223-456-781 65", "42", "second"))
	raw.Set(form.RemoveName, "witnesses.0")
	bound = bind(t, in, raw)
	entries, _ := service.Entries(bound.Answers["witnesses"])
	if len(bound.Faults) != 0 || len(entries) != 2 || entries[0]["age"] != 41.0 || entries[1]["side"] != "second" {
		t.Errorf("faults %v, entries %v", bound.Faults, entries)
	}
}

// A list that is longer than any group may be is refused, and not cut short without a word.
func TestALongListIsRefusedWhole(t *testing.T) {
	t.Parallel()
	in := atPeople(t)
	d := *in.Service
	d.Form.Steps = slices.Clone(d.Form.Steps)
	for i := range d.Form.Steps {
		d.Form.Steps[i].Fields = slices.Clone(d.Form.Steps[i].Fields)
		for j := range d.Form.Steps[i].Fields {
			if d.Form.Steps[i].Fields[j].Key == "witnesses" {
				d.Form.Steps[i].Fields[j].Max = "50"
			}
		}
	}
	in.Service = &d
	var many []url.Values
	var listed []map[string]any
	for i := range 60 {
		many = append(many, witness(i, "123-456-789 64", "40", "first"))
		listed = append(listed, map[string]any{"age": 40})
	}
	if got := names(bind(t, in, together("60", many...)).Faults); !strings.Contains(got, "witnesses group_many") {
		t.Errorf("sixty: %s", got)
	}
	body, err := json.Marshal(map[string]any{"witnesses": listed})
	if err != nil {
		t.Fatal(err)
	}
	bound, err := form.BindJSON(in, body)
	if got := names(bound.Faults); err != nil || !strings.Contains(got, "witnesses group_many") {
		t.Errorf("sixty of a program: %s, %v", got, err)
	}
}

func TestARuleOfTheGroupSpeaksOfAllEntries(t *testing.T) {
	t.Parallel()
	in := atPeople(t)
	bound := bind(t, in, together("2", witness(0, "123-456-789 64", "16", "first"), witness(1, "223-456-781 65", "40", "second")))
	if len(bound.Faults) != 1 || bound.Faults[0].Name != "witnesses" || bound.Faults[0].Text != "Свидетели должны быть взрослыми" {
		t.Fatalf("%v", bound.Faults)
	}
	in.Answers, in.Typed = bound.Answers, bound.Typed
	if view := show(t, in); len(view.Faults) != 1 || view.Fields[0].Fault == nil || view.Fields[0].Entries[0].Fields[1].Controls[0].Value != "16" {
		t.Errorf("%v", view.Faults)
	}
	four := []url.Values{}
	for i := range 5 {
		four = append(four, witness(i, "123-456-789 64", "40", "first"))
	}
	if got := names(bind(t, in, together("5", four...)).Faults); got != "witnesses group_many" {
		t.Errorf("five of four: %s", got)
	}
	if got := names(bind(t, in, together("2")).Faults); !strings.HasPrefix(got, "witnesses.0.who.surname person_missing") {
		t.Errorf("nobody: %s", got)
	}
}

// TestQuestionsOfAnEntryFollowItsOwnAnswers: what is hidden in an entry counts for nothing, and a computed answer is put in.
func TestQuestionsOfAnEntryFollowItsOwnAnswers(t *testing.T) {
	t.Parallel()
	in := atPeople(t)
	first, second := witness(0, "123-456-789 64", "20", "second"), witness(1, "223-456-781 65", "40", "second")
	first.Set("witnesses.0.school", "Лицей")
	second.Set("witnesses.1.school", "Лицей")
	if got := names(bind(t, in, together("2", first, second)).Faults); got != "witnesses.0.side choice" {
		t.Errorf("an option that is not offered: %s", got)
	}
	first.Set("witnesses.0.side", "first")
	first.Set("witnesses.0.since.day", "1")
	first.Set("witnesses.0.since.month", "1")
	first.Set("witnesses.0.since.year", "2010")
	in.Answers = bind(t, in, together("2", first, second)).Answers
	view := show(t, in)
	entries, _ := service.Entries(view.Draft["witnesses"])
	if entries[0]["school"] != "Лицей" || entries[0]["years"] != 16.0 || entries[1]["school"] != nil || entries[1]["years"] != nil {
		t.Errorf("%v", entries)
	}
	if known := view.Fields[0].Entries[0].Known; len(known) != 1 || known[0].Value != "16" || known[0].Source.Kind != "computed" {
		t.Errorf("%+v", known)
	}
	if view.Draft["total"] != 5.0 || len(view.Known) != 1 || view.Known[0].Source.Name != "Посчитано по вашим ответам" {
		t.Errorf("total %v, known %+v", view.Draft["total"], view.Known)
	}
}

func TestASlotThatIsGoneCostsNothingElse(t *testing.T) {
	t.Parallel()
	in, e := unionDraft(t, "right")
	in.Answers = service.Answers(e.Answers)
	in.Slots = map[string][]form.SlotOption{"time": {{ID: "s2", Start: "2026-12-01T10:00", End: "2026-12-01T10:30", Day: calendar.MustDate("2026-12-01"), Left: 2}}}
	in.Step = "two"
	view := show(t, in)
	if names(view.Faults) != "time slot_gone" || len(view.Missing) != 1 || view.Draft["house"] == nil || slices.Contains(view.Can, form.Submit) {
		t.Errorf("faults %v, missing %v", view.Faults, view.Missing)
	}
	if o := view.Fields[2].Options[0]; o.Label != "10:00" || o.Group == "" || o.Hint != "осталось 2 места" || o.Chosen {
		t.Errorf("%+v", o)
	}
	in.Held = map[string]form.HeldSlot{"time": {ID: "hold", Slot: form.SlotOption{ID: "s1", Start: "2026-12-01T09:30", End: "2026-12-01T10:00", Day: calendar.MustDate("2026-12-01")}}}
	view = show(t, in)
	slot, _ := view.Draft["time"].(map[string]any)
	if len(view.Faults) != 0 || slot["id"] != "hold" || !view.Fields[2].Options[0].Chosen {
		t.Errorf("held: %v %v", view.Faults, slot)
	}
	in.Slots, in.Held = nil, nil
	if view := show(t, in); len(view.Faults) != 0 {
		t.Errorf("where nobody asked what is free an answer stands: %v", view.Faults)
	}
}

func TestNobodyNamesThemselves(t *testing.T) {
	t.Parallel()
	in, _ := unionDraft(t, "right")
	in.Answers, in.Step = service.Answers{"free": true}, "two"
	raw := url.Values{"partner.surname": {"Иванов"}, "partner.given": {"Иван"}, "partner.birth.day": {"1"}, "partner.birth.month": {"1"}, "partner.birth.year": {"1990"}, "partner.snils": {"112-233-445 95"}}
	if got := names(bind(t, in, raw).Faults); !strings.HasPrefix(got, "partner.snils person_self") {
		t.Error(got)
	}
	raw.Set("partner.birth.month", "13")
	if got := names(bind(t, in, raw).Faults); !strings.HasPrefix(got, "partner.birth.month date_month") {
		t.Error(got)
	}
}

func TestEligibilityNeedsNobody(t *testing.T) {
	t.Parallel()
	in, _ := unionDraft(t, "right")
	in.Applicant, in.Slots = service.Person{}, nil
	check, err := form.Eligibility(in)
	if err != nil || check.May || len(check.View.Steps) != 1 || !check.View.Steps[0].Eligibility || len(check.View.Fields) != 1 {
		t.Fatalf("%+v %v", check, err)
	}
	in.Step = "may"
	in.Answers = bind(t, in, url.Values{"free": {"no"}}).Answers
	check, _ = form.Eligibility(in)
	if check.May || check.View.Obstacle == nil || check.View.Obstacle.Instead == "" || !check.View.Stopped {
		t.Errorf("%+v", check.View.Obstacle)
	}
	in.Step = form.CheckStep
	if view := show(t, in); view.Current != 0 || !view.Stopped || slices.Contains(view.Can, form.Next) || view.Steps[1].State != form.StepAhead {
		t.Errorf("led on: %d %v", view.Current, view.Can)
	}
	in.Answers = bind(t, form.Input{City: in.City, Service: in.Service, Today: in.Today, Step: "may"}, url.Values{"free": {"yes"}}).Answers
	check, _ = form.Eligibility(in)
	if diff := cmp.Diff(service.Answers{"free": true}, check.View.Draft); !check.May || diff != "" || slices.Contains(check.View.Can, form.Submit) {
		t.Errorf("%+v\n%s", check, diff)
	}
}

func TestACoSignerSeesTheirPartAlone(t *testing.T) {
	t.Parallel()
	in, e := unionDraft(t, "right")
	in.Case, in.Answers = service.Answers(e.Answers), nil
	in.Signer = &service.Person{Name: service.Name{Surname: "Петрова", Given: "Анна"}, Birth: "1991-01-01", SNILS: "08765430300", Phone: "+79165550101", Verified: true}
	view := show(t, in)
	if len(view.Steps) != 1 || view.Steps[0].Key != "second" || len(view.Known) != 1 || view.Known[0].Value != "Петрова Анна" {
		t.Fatalf("%+v", view)
	}
	if view.Fields[0].Controls[0].Value != "+7 916 555-01-01" || view.Fields[1].Key != "agrees" {
		t.Errorf("%+v", view.Fields)
	}
	in.Step = "second"
	bound := bind(t, in, url.Values{"phone": {"+79165550101"}, "agrees": {"yes"}})
	in.Answers = bound.Answers
	view = show(t, in)
	want := service.Answers{"agrees": true, "phone": "+79165550101", "name": map[string]any{"surname": "Петрова", "given": "Анна", "patronymic": ""}}
	if diff := cmp.Diff(want, view.Draft); diff != "" || !slices.Contains(view.Can, form.Submit) {
		t.Errorf("%v\n%s", view.Can, diff)
	}
	bound, err := form.BindJSON(in, []byte(`{"free": false}`))
	if err != nil || names(bound.Faults) != "free not_asked" {
		t.Errorf("a co-signer answers for the applicant: %v %v", bound.Faults, err)
	}
	in.Signer = nil
	if view := show(t, in); slices.ContainsFunc(view.Steps, func(s form.StepView) bool { return s.Key == "second" }) {
		t.Error("the applicant is led through the other's part")
	}
}

func TestJSONOfAGroupNamesTheControl(t *testing.T) {
	t.Parallel()
	in := atPeople(t)
	bound, err := form.BindJSON(in, []byte(`{"witnesses": [{"age": 40, "side": "first", "hat": 1}, {"who": {"name": {"surname": "Козлова", "given": "Ольга"}, "birth": "2006-05-05", "snils": "22345678165"}, "age": "20", "side": "first"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(bound.Faults); got != "witnesses.0.who.surname person_missing, witnesses.0.hat no_field" {
		t.Errorf("faults: %s", got)
	}
	for _, body := range []string{`{"witnesses": 5}`, `{"witnesses": "x"}`, `{"witnesses": [1]}`, `{"witnesses": {}}`, `{"witnesses": []}`} {
		if bound, err := form.BindJSON(in, []byte(body)); err != nil || bound.Right() {
			t.Errorf("%s: %v %v", body, bound.Faults, err)
		}
	}
}

// TestGroupsAreStable: whatever is posted into a group, adding and removing too, what is accepted is written, shown and
// read again without a change, and no more entries are kept than the definition allows.
func TestGroupsAreStable(t *testing.T) {
	t.Parallel()
	base := atPeople(t)
	rapid.Check(t, func(t *rapid.T) {
		in := base
		raw := url.Values{}
		count := rapid.IntRange(0, 6).Draw(t, "count")
		raw.Set("witnesses.count", strconv.Itoa(count))
		for i := range count {
			one := witness(i, rapid.SampledFrom([]string{"123-456-789 64", "22345678165", "", "1"}).Draw(t, "snils"),
				rapid.SampledFrom([]string{"18", "20", "40", "", "x"}).Draw(t, "age"), rapid.SampledFrom([]string{"first", "second", ""}).Draw(t, "side"))
			for name, values := range one {
				if rapid.IntRange(0, 9).Draw(t, "kept") > 0 {
					raw[name] = values
				}
			}
		}
		switch rapid.IntRange(0, 2).Draw(t, "button") {
		case 1:
			raw.Set(form.AddName, "witnesses")
		case 2:
			raw.Set(form.RemoveName, "witnesses."+strconv.Itoa(rapid.IntRange(0, 6).Draw(t, "which")))
		}
		bound, err := form.Bind(in, raw)
		if err != nil {
			t.Fatal(err)
		}
		in.Answers, in.Typed = bound.Answers, bound.Typed
		view, err := form.Show(in)
		if err != nil {
			t.Fatal(err)
		}
		if form.Entering(in, raw) && len(view.Fields[0].Entries) < 2 {
			t.Fatalf("fewer entries than the least: %d", len(view.Fields[0].Entries))
		}
		again := url.Values{}
		for _, f := range view.Fields {
			post(again, f)
		}
		twice, err := form.Bind(in, again)
		if err != nil {
			t.Fatal(err)
		}
		kept, answered := bound.Answers["witnesses"]
		if !answered {
			return
		}
		if diff := cmp.Diff(kept, twice.Answers["witnesses"]); diff != "" {
			t.Fatalf("posted again it changed:\n%s", diff)
		}
		if entries, ok := service.Entries(kept); !ok || len(entries) < 2 || len(entries) > 4 {
			t.Fatalf("%d entries", len(entries))
		}
	})
}

// FuzzGroup: no post and no JSON makes the form fail, and what is accepted is accepted when it is shown.
func FuzzGroup(f *testing.F) {
	in := atPeople(f)
	f.Add("witnesses.count=2&witnesses.0.age=40&_add=witnesses", `[{"age": 40}]`)
	f.Add("witnesses.count=99999999999&witnesses.7.who.birth.day=1&_remove=witnesses.7", `[[],{},null]`)
	f.Add("pets.count=3&pets.0.quiet=yes&pets.02.quiet=no&pets.-1.quiet=no&_remove=pets", `{"0": {}}`)
	f.Add("witnesses.0=x&witnesses.=&witnesses._open=yes&_add=pets.0", `"x"`)
	f.Fuzz(func(t *testing.T, body, value string) {
		raw, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		checkBound(t, in, func() (form.Bound, error) { return form.Bind(in, raw) })
		if !json.Valid([]byte(value)) {
			return
		}
		content := []byte(`{"witnesses": ` + value + `, "pets": ` + value + `}`)
		checkBound(t, in, func() (form.Bound, error) { return form.BindJSON(in, content) })
	})
}

func TestAGroupInWords(t *testing.T) {
	t.Parallel()
	in, e := unionDraft(t, "right")
	in.Answers, in.Lang = service.Answers(e.Answers), lang.English
	summary, err := form.CheckAnswers(in)
	if err != nil {
		t.Fatal(err)
	}
	line := summary.Steps[2].Lines[0]
	if len(line.Entries) != 2 || line.Entries[1].Title != "Witness 2" || line.Entries[1].Lines[1].Value != "20" || !strings.Contains(line.Value, "\nWitness 2. Who it is: Ольга Козлова") {
		t.Errorf("%q %+v", line.Value, line.Entries)
	}
	if total := summary.Steps[2].Lines[2]; total.Field != "total" || total.Value != "5" || total.Source == nil {
		t.Errorf("%+v", total)
	}
}
