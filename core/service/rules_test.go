package service

import (
	"errors"
	"slices"
	"testing"

	"posad.city/kit/calendar"
	"posad.city/kit/rule"
)

func inputs(answers Answers, facts map[string]any) Inputs {
	in := Inputs{Today: calendar.MustDate("2026-11-21"), Answers: answers, Facts: Facts{}}
	if facts != nil {
		in.Facts["owner"] = Fact{State: FactKnown, Values: facts}
	}
	return in
}

func TestRulesSayWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	r := loadSmall(t).Rules("permit")
	in := inputs(Answers{}, nil)
	if o, err := r.Obstacle(in); o != nil || err != nil {
		t.Errorf("an obstacle stands on nothing: %v %v", o, err)
	}
	var need *rule.NeedError
	if _, err := r.Charge(in); !errors.As(err, &need) {
		t.Errorf("the fee of nothing: %v", err)
	}
	if p, ok := r.Parameters("owner", in); ok {
		t.Errorf("parameters out of nothing: %v", p)
	}
	if d, err := r.Decide(in); err != nil || d.Row != "silent" || d.Verdict != ByOfficial {
		t.Errorf("%+v %v", d, err)
	}
}

// Whoever has only typed a number is told nothing of the person whose number it is.
func TestATypedNumberOpensNobodysData(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, field string
		verified    bool
		want        bool
	}{
		"of a confirmed applicant": {from: "applicant.snils", verified: true, want: true}, "of an unconfirmed one": {from: "applicant.snils"},
		"fixed":                        {from: "answers.number", field: ", known: applicant.snils, fixed: true", verified: true, want: true},
		"fixed, of an unconfirmed one": {from: "answers.number", field: ", known: applicant.snils, fixed: true"},
		"typed by a confirmed one":     {from: "answers.number", verified: true},
	} {
		files := smallCity(t)
		change{"", permit, "        - {key: plate,", "        - {key: number, type: snils, optional: true, label: {ru: Номер, en: Number}, why: {ru: Так, en: So}" + test.field + "}\n        - {key: plate,"}.apply(t, files)
		change{"", permit, "asked: [birth, plate", "asked: [birth, number, plate"}.apply(t, files)
		change{"", permit, "with: {plate: answers.plate}", "with: {plate: " + test.from + "}"}.apply(t, files)
		city, faults := LoadCity(files)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		in := inputs(Answers{"number": "11223344595"}, nil)
		in.Applicant = Person{SNILS: "11223344595", Verified: test.verified}
		if p, ok := city.Rules("permit").Parameters("owner", in); ok != test.want {
			t.Errorf("%s: %v %v", name, p, ok)
		}
	}
}

func TestRulesFollowAnswersAndFacts(t *testing.T) {
	t.Parallel()
	r := loadSmall(t).Rules("permit")
	in := inputs(Answers{"birth": "2015-01-01", "plate": "А417МО52", "days": float64(10), "kind": "street"}, map[string]any{"owner": true, "debt": float64(500)})
	if o, err := r.Obstacle(in); err != nil || o == nil || o.Key != "minor" {
		t.Errorf("%v %v", o, err)
	}
	if c, err := r.Charge(in); err != nil || c.Amount != 1000 || c.Exempt != "" {
		t.Errorf("%v %v", c, err)
	}
	if d, err := r.Decide(in); err != nil || d.Verdict != Refuse || d.Ground != "debt" {
		t.Errorf("%+v %v", d, err)
	}
	if p, ok := r.Parameters("owner", in); !ok || p["plate"] != "А417МО52" {
		t.Errorf("%v %v", p, ok)
	}
	if v, ok := r.Value("facts.owner.debt", in); !ok || v != int64(500) {
		t.Errorf("%v %v", v, ok)
	}
	in.Facts["owner"] = Fact{State: FactFailed, Values: map[string]any{"owner": true, "debt": float64(0)}}
	if d, _ := r.Decide(in); d.Row != "silent" {
		t.Errorf("a failed register counts: %+v", d)
	}
}

// TestAFeeOfTheWrongSizeIsNoFee: days come from a form that was bound, but a replay may hold anything.
func TestAFeeOfTheWrongSizeIsNoFee(t *testing.T) {
	t.Parallel()
	r := loadSmall(t).Rules("permit")
	for _, days := range []any{float64(-1), float64(1e13), "ten", nil} {
		if c, err := r.Charge(inputs(Answers{"days": days, "kind": "street"}, nil)); err == nil {
			t.Errorf("days %v cost %v", days, c)
		}
	}
}

// TestAHiddenQuestionCausesNone: b hangs on kind and c on b; an old answer to b does not bring c back.
func TestAHiddenQuestionCausesNone(t *testing.T) {
	t.Parallel()
	chain := change{"", permit, "        - {key: note,", "        - {key: b, type: yes-no, when: answers.kind == 'street', label: {ru: Б, en: B}}\n        - {key: c, type: text, optional: true, when: answers.b, label: {ru: В, en: C}, why: {ru: Так, en: So}}\n        - {key: note,"}
	expect := change{"", permit, "asked: [birth, plate, days, kind, note]", "asked: [birth, plate, days, kind, b, note]"}
	r := loadSmall(t, chain, expect).Rules("permit")
	asked, left, err := r.Asked(inputs(Answers{"kind": "street", "b": true, "c": "x"}, nil))
	if err != nil || !slices.Contains(asked, "c") || left["c"] != "x" {
		t.Errorf("%v %v %v", asked, left, err)
	}
	asked, left, err = r.Asked(inputs(Answers{"kind": "yard", "b": true, "c": "x"}, nil))
	if err != nil || slices.Contains(asked, "c") || len(left) != 1 {
		t.Errorf("%v %v %v", asked, left, err)
	}
}
