package service

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/rule"
)

func personAnswer(surname, snils string) map[string]any {
	return map[string]any{"name": map[string]any{"surname": surname, "given": "Анна", "patronymic": ""}, "birth": "1991-01-01", "snils": snils}
}

func unionInputs() Inputs {
	return inputs(Answers{
		"free": true, "partner": personAnswer("Петрова", "08765430300"), "guests": float64(3),
		"witnesses": []any{
			map[string]any{"who": personAnswer("Сидорова", "12345678964"), "age": float64(36), "side": "second", "since": "2010-01-01"},
			map[string]any{"who": personAnswer("Петрова", "08765430300"), "age": float64(20), "side": "first", "school": "Лицей"},
		},
	}, nil)
}

// TestEachSignerIsNamedOnce: one person in two places signs once, and who has not signed is in the list too.
func TestEachSignerIsNamedOnce(t *testing.T) {
	t.Parallel()
	city := loadSmall(t)
	s, _ := city.Service("union")
	in := unionInputs()
	in.Opinions = Opinions{"noise": OpinionAgree, "law": OpinionAgree}
	got := s.Named(in.Answers, []string{"partner", "witnesses"})
	if len(got) != 2 || got[0].Person.Name.Surname != "Петрова" || got[1].Person.SNILS != "12345678964" {
		t.Fatalf("%+v", got)
	}
	r := city.Rules("union")
	for signed, want := range []string{"unwilling", "unwilling", "right"} {
		in.Signers = nil
		for _, one := range got[:signed] {
			in.Signers = append(in.Signers, Signer{Person: one.Person, Signed: true, Answers: Answers{"agrees": true}})
		}
		if d, err := r.Decide(in); err != nil || d.Row != want {
			t.Errorf("%d signed: %v %v, want %s", signed, d.Row, err, want)
		}
	}
	in.Signers[1].Answers["agrees"] = false
	if d, err := r.Decide(in); err != nil || d.Row != "unwilling" {
		t.Errorf("one does not agree: %v %v", d.Row, err)
	}
}

// TestComputedAnswersFollow: they are put in, are never asked, and an answer to them counts for nothing.
func TestComputedAnswersFollow(t *testing.T) {
	t.Parallel()
	r := loadSmall(t).Rules("union")
	in := unionInputs()
	in.Answers["total"] = float64(999)
	asked, left, err := r.Asked(in)
	if err != nil || left["total"] != float64(5) {
		t.Fatalf("%v %v", left["total"], err)
	}
	if diff := cmp.Diff([]string{"free", "partner", "house", "time", "witnesses", "guests", "pets"}, asked); diff != "" {
		t.Error(diff)
	}
	entries, _ := Entries(left["witnesses"])
	if entries[0]["years"] != float64(16) || entries[1]["years"] != nil {
		t.Errorf("%v", entries)
	}
	in.Answers["guests"] = float64(1<<53 - 1)
	if _, left, _ := r.Asked(in); left["total"] != nil {
		t.Errorf("a number that JSON does not keep: %v", left["total"])
	}
	if _, also := unionInputs().Answers["witnesses"].([]any)[0].(map[string]any)["years"]; also {
		t.Error("the answers themselves were changed")
	}
}

// TestAnEntryMayLackAnAnswer: a rule that needs it says so, as everywhere.
func TestAnEntryMayLackAnAnswer(t *testing.T) {
	t.Parallel()
	city := loadSmall(t)
	s, _ := city.Service("union")
	c := &checker{city: city, sources: map[string]*source{}, calendar: city.Days()}
	one := &serviceChecker{checker: c, service: s, from: "service/union"}
	s.Decision.Rows[0].When = "answers.witnesses.all(w, w.school != '')"
	one.scope, one.records = scopeOf(city, s), recordScopes(city, s)
	one.compile()
	var need *rule.NeedError
	if _, err := one.rules.Decide(unionInputs()); !errors.As(err, &need) {
		t.Errorf("%v", err)
	}
	if yes, err := one.rules.Holds(s.Decision.Rows[0].When, unionInputs()); yes || err != nil {
		t.Errorf("%v %v", yes, err)
	}
}

// TestWhoWasMerelyNamedIsNotLookedUp: a number that somebody typed opens nobody's data at a register.
func TestWhoWasMerelyNamedIsNotLookedUp(t *testing.T) {
	t.Parallel()
	r := loadSmall(t).Rules("union")
	if r.proved("answers.partner.snils", Person{Verified: true}) || !r.proved("applicant.snils", Person{Verified: true}) || !r.proved("answers.house.id", Person{}) {
		t.Error("a typed number opens data")
	}
}
