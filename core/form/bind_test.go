package form_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// draft is an empty draft of a service by the first person of its examples.
func draft(t testing.TB, key string) form.Input {
	t.Helper()
	city := kitezhCity(t)
	d, ok := city.Service(key)
	if !ok {
		t.Fatalf("no service %s", key)
	}
	return exampleInput(t, city, d, &d.Examples[0])
}

func names(faults []fault.Field) string {
	var out []string
	for _, f := range faults {
		out = append(out, f.Name+" "+strings.TrimPrefix(f.ID, "form."))
	}
	return strings.Join(out, ", ")
}

func bind(t *testing.T, in form.Input, raw url.Values) form.Bound {
	t.Helper()
	bound, err := form.Bind(in, raw)
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

func TestAWrongAnswerIsKeptAsTyped(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	in.Step = "car-and-home"
	bound := bind(t, in, url.Values{"car": {"other"}, "car.plate": {"А 417 М"}})
	if got := names(bound.Faults); got != "car.plate plate" {
		t.Fatalf("faults: %s", got)
	}
	in.Answers, in.Typed = bound.Answers, bound.Typed
	view := show(t, in)
	field := view.Fields[0]
	if field.Controls[0].Value != "А 417 М" || !field.Controls[0].Invalid || field.Fault == nil || field.Answered {
		t.Errorf("%+v", field)
	}
	if len(view.Faults) != 1 || slices.Contains(view.Can, form.Submit) {
		t.Errorf("faults %v, moves %v", view.Faults, view.Can)
	}
}

// TestKnownValuesAreToldWithTheirSource: a verified name is not asked, a telephone is prefilled, an address comes from
// its register and cannot be posted over.
func TestKnownValuesAreToldWithTheirSource(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	view := show(t, in)
	if len(view.Known) != 2 || view.Known[0].Value != "Смирнова Анна Игоревна" || view.Known[0].Source.Kind != "account" {
		t.Errorf("known: %+v", view.Known)
	}
	if view.Fields[0].Source == nil || view.Fields[0].Controls[0].Value != "+7 916 555-01-01" || view.Fields[0].Answered {
		t.Errorf("phone: %+v", view.Fields[0])
	}
	in.Step = "car-and-home"
	in.Answers = bind(t, in, url.Values{"car": {"А417МО52"}, "address": {"Паромная ул., 5"}, "address.flat": {"12"}}).Answers
	view = show(t, in)
	address, _ := view.Draft["address"].(map[string]any)
	if address["id"] != "rechnaya:14" || view.Known[0].Source.Agency == "" || view.Known[0].Source.Day != in.Today {
		t.Errorf("address %v, known %+v", address, view.Known)
	}
}

// TestWhatNobodyCheckedIsAsked: a name that a person gave of themselves fixes nothing.
func TestWhatNobodyCheckedIsAsked(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	in.Applicant.Verified = false
	view := show(t, in)
	if len(view.Known) != 0 || view.Fields[0].Key != "name" || view.Fields[0].Controls[0].Value != "Смирнова" {
		t.Errorf("known %v, fields %+v", view.Known, view.Fields)
	}
}

// TestAHiddenQuestionCountsForNothing: answers of a branch that was left do not reach the case.
func TestAHiddenQuestionCountsForNothing(t *testing.T) {
	t.Parallel()
	in := draft(t, "freight-pass")
	in.Step = "who"
	in.Answers = bind(t, in, url.Values{"acting": {"trader"}, "inn": {"500100732259"}}).Answers
	if in.Answers["inn"] != "500100732259" {
		t.Fatalf("a question that opened in the same post was not read: %v", in.Answers)
	}
	in.Answers = bind(t, in, url.Values{"acting": {"person"}}).Answers
	if _, left := show(t, in).Draft["inn"]; left {
		t.Error("the trader's number is still in the draft")
	}
}

func TestStepsOpenInOrder(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	in.Step = "permit"
	view := show(t, in)
	if view.Steps[view.Current].Key != "car-and-home" || view.Steps[2].State != form.StepAhead {
		t.Errorf("current %d, steps %+v", view.Current, view.Steps)
	}
	in.Step = form.CheckStep
	if view := show(t, in); view.Current != 1 || slices.Contains(view.Can, form.Submit) {
		t.Errorf("current %d, moves %v", view.Current, view.Can)
	}
}

// TestADraftGrowsOld: an answer that was right when it was given is asked again when it no longer is.
func TestADraftGrowsOld(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	d := in.Service
	in.Answers = service.Answers(d.Examples[0].Answers)
	if view := show(t, in); len(view.Missing) != 0 {
		t.Fatalf("missing: %v", view.Missing)
	}
	in.Today = calendar.MustDate("2026-12-02")
	in.Step = "permit"
	view := show(t, in)
	if len(view.Missing) != 1 || view.Missing[0].Field != "starts" || len(view.Faults) != 1 || slices.Contains(view.Can, form.Submit) {
		t.Errorf("missing %v, faults %v", view.Missing, view.Faults)
	}
}

func TestJSONTakesCanonicalAndTypedValues(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	body := `{"phone": "8 916 555 01 01", "car": "a417mo52", "starts": "2026-12-01", "second": "no"}`
	bound, err := form.BindJSON(in, []byte(body))
	if err != nil || len(bound.Faults) > 0 {
		t.Fatal(err, bound.Faults)
	}
	car, _ := bound.Answers["car"].(map[string]any)
	if bound.Answers["phone"] != "+79165550101" || bound.Answers["second"] != false || car["model"] != "Skoda Octavia" {
		t.Errorf("%v", bound.Answers)
	}
	in.Answers = bound.Answers
	bound, err = form.BindJSON(in, []byte(`{"phone": null}`))
	if _, kept := bound.Answers["phone"]; err != nil || kept || len(bound.Answers) != 3 {
		t.Errorf("null did not clear, or cleared too much: %v %v", err, bound.Answers)
	}
}

func TestJSONFaultsNameTheField(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	bound, err := form.BindJSON(in, []byte(`{"phone": 5, "starts": {"day": "31", "month": "2", "year": "2027"}, "second": [], "wheels": 4, "name": {"surname": "Другая", "given": "Анна"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(bound.Faults); got != "phone phone, starts.day date_none, second yes_no_missing, name not_asked, wheels no_field" {
		t.Errorf("faults: %s", got)
	}
	for _, bad := range []string{"", "[]", "{", `{"a":1} {"b":2}`, "null x"} {
		var f *fault.Fault
		if _, err := form.BindJSON(in, []byte(bad)); !errors.As(err, &f) || f.Kind != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAnAddressIsReadWithAndWithoutASuggestion(t *testing.T) {
	t.Parallel()
	in := draft(t, "freight-pass")
	in.Step = "trip"
	in.Answers = service.Answers{"acting": "person"}
	in.Applicant.Verified = true
	for _, c := range []struct {
		text, flat, id string
		want, fault    string
	}{
		{"Паромная ул., 5", "12", "paromnaya:5", "paromnaya:5/12", ""},
		{"ул Паромная 5 кв 12", "", "", "paromnaya:5/12", ""},
		{"Paromnaya St, 5", "12", "", "paromnaya:5/12", ""},
		{"Речная ул., 14", "3", "paromnaya:5", "rechnaya:14/3", ""}, // typed anew after a suggestion was chosen
		{"", "3", "paromnaya:5", "paromnaya:5/3", ""},
		{"Гончарная ул., 3", "", "", "goncharnaya:3/", ""},
		{"Гончарная ул., 3", "1", "", "", "to.flat address_no_flats"},
		{"Паромная ул., 5", "", "", "", "to.flat address_flat_missing"},
		{"Паромная ул., 5", "5000", "", "", "to.flat address_flat"},
		{"Паромная", "", "", "", "to address"},
		{"Невский просп., 1", "", "nevsky:1", "", "to address"},
	} {
		bound := bind(t, in, url.Values{"to": {c.text}, "to.flat": {c.flat}, "to.id": {c.id}, "plate": {"К505ТТ52"}, "day.day": {"25"}, "day.month": {"11"}, "day.year": {"2026"}, "time": {"day"}})
		got := ""
		if a, ok := bound.Answers["to"].(map[string]any); ok {
			id, _ := a["id"].(string)
			flat, _ := a["flat"].(string)
			got = id + "/" + flat
		}
		if got != c.want || names(bound.Faults) != c.fault {
			t.Errorf("%+v: %q, faults %q", c, got, names(bound.Faults))
		}
	}
}

func TestTheFeeIsToldWhenItIsKnown(t *testing.T) {
	t.Parallel()
	in := draft(t, "parking-permit")
	if view := show(t, in); view.ChargeKnown {
		t.Errorf("a fee is told before it can be known: %v", view.Charge)
	}
	in.Answers = service.Answers{"second": true}
	if view := show(t, in); !view.ChargeKnown || view.Charge.Amount != 600000 {
		t.Errorf("%v %v", view.ChargeKnown, view.Charge)
	}
}

// FuzzBind: whatever is posted or sent, binding answers with canonical values or faults, and the form shows itself.
func FuzzBind(f *testing.F) {
	city := kitezhCity(f)
	f.Add("parking-permit", "car-and-home", "car=other&car.plate=a417&address=x")
	f.Add("freight-pass", "trip", "to=Паромная 5 кв 12&day.day=1")
	f.Add("city-appeal", "matter", "topic=yards&text=...&files=f2")
	f.Add("school-first-class", "school", "school=s1&needs=diet&needs=diet&needs=x")
	f.Fuzz(func(t *testing.T, key, step, body string) {
		d, ok := city.Service(key)
		if !ok {
			return
		}
		in := exampleInput(t, city, d, &d.Examples[0])
		in.Step = step
		raw, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		checkBound(t, in, func() (form.Bound, error) { return form.Bind(in, raw) })
		content, err := json.Marshal(map[string]any{"text": body, "topic": step, "files": []string{body}})
		if err != nil {
			t.Fatal(err)
		}
		checkBound(t, in, func() (form.Bound, error) { return form.BindJSON(in, content) })
	})
}

func checkBound(t *testing.T, in form.Input, run func() (form.Bound, error)) {
	t.Helper()
	bound, err := run()
	if err != nil {
		t.Fatal(err)
	}
	in.Answers, in.Typed = bound.Answers, bound.Typed
	if _, err := form.Show(in); err != nil {
		t.Fatal(err)
	}
	if _, err := form.CheckAnswers(in); err != nil {
		t.Fatal(err)
	}
	in.Typed, in.Lang = nil, lang.English
	if view, _ := form.Show(in); len(view.Faults) > 0 {
		t.Fatalf("an accepted answer is refused when it is shown: %v", view.Faults)
	}
}
