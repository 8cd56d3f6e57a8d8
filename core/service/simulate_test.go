package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// keptCases are cases of the small city's permit as a store would give them.
func keptCases(t *testing.T, city *City, days ...string) iter.Seq2[SimCase, error] {
	t.Helper()
	permit, _ := city.Service("permit")
	return func(yield func(SimCase, error) bool) {
		for _, day := range days {
			for i := range permit.Examples {
				in, err := permit.Examples[i].Inputs()
				if err != nil {
					t.Error(err)
				}
				in.Today = calendar.MustDate(day)
				decided := Approve
				if permit.Examples[i].Expect.Row == "debt" {
					decided = Refuse
				}
				if !yield(SimCase{Inputs: in, Decided: decided}, nil) {
					return
				}
			}
		}
	}
}

func TestSimulateCountsWhatChanges(t *testing.T) {
	t.Parallel()
	one := loadSmall(t)
	text := string(smallCity(t)[permit].Data)
	for _, pair := range [][2]string{
		{"term: 5 working days", "term: 10 working days"}, {"rule: roubles(answers.days)", "rule: roubles(answers.days * 2)"},
		{"fee: 10.00 RUB, row: right", "fee: 20.00 RUB, row: right"}, {"      decide: refuse\n      ground: debt", "      decide: official"},
		{"    expect: {obstacle: minor}", "    expect: {fee: 0.00 RUB, exempt: yard, row: silent}"},
		{"obstacles:\n  - key: minor\n    when: age(answers.birth, today) < 18\n    because: {ru: Вам нет 18, en: You are under 18}\n    instead: {ru: Подождите, en: Wait}\n", ""},
		{"{key: birth, type: birth, label: {ru: Рождение, en: Birth}}", "{key: birth, type: birth, label: {ru: Рождение, en: Birth}, why: {ru: Так, en: So}}"},
	} {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the file has no %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	files := smallCity(t)
	files[permit].Data = []byte(text)
	two, faults := LoadCity(files)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	heard := 0
	got, err := Simulate(one, two, "permit", keptCases(t, one, "2026-06-01", "2026-06-15"), func(int) { heard++ })
	if err != nil {
		t.Fatal(err)
	}
	if got.Cases != 8 || heard != 8 || got.Days != 10 {
		t.Errorf("%d cases, %d heard, %d days", got.Cases, heard, got.Days)
	}
	want := map[string]int{"approve right → approve right": 2, "refuse debt → official debt": 2, "official silent → official silent": 2, "obstacle minor → official silent": 2}
	said := map[string]int{}
	for _, f := range got.Flows {
		said[plain(f.From)+" → "+plain(f.To)] = f.Cases
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	if got.Changed != 4 {
		t.Errorf("%d are decided otherwise", got.Changed)
	}
	if got.Fees.Before != 2000 || got.Fees.After != 4000 || got.Fees.Changed != 2 || len(got.Fees.Flows) != 1 || got.Fees.Flows[0] != (SimFeeFlow{1000, 2000, 2}) {
		t.Errorf("fees: %+v", got.Fees)
	}
	if got.Term.From >= got.Term.To || got.Term.From < 5 {
		t.Errorf("terms: %+v", got.Term)
	}
	loads := map[string][2]int{}
	for _, l := range got.Load {
		loads[l.Agency+"/"+l.Queue] = [2]int{l.Before, l.After}
	}
	if diff := cmp.Diff(map[string][2]int{"transport/letters": {2, 6}}, loads); diff != "" {
		t.Error(diff)
	}
}

func plain(o SimOutcome) string {
	if o.Obstacle != "" {
		return "obstacle " + o.Obstacle
	}
	return string(o.Verdict) + " " + o.Row
}

func TestSimulateOfTheSameChangesNothing(t *testing.T) {
	t.Parallel()
	one := loadSmall(t)
	got, err := Simulate(one, one, "permit", Generate(one, "permit", 300, 7), nil)
	if err != nil || got.Cases != 300 || got.Changed != 0 || got.Fees.Changed != 0 || got.Fees.Before != got.Fees.After || got.NotAsked != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, f := range got.Flows {
		if f.From != f.To {
			t.Errorf("goes otherwise: %+v", f)
		}
	}
	if len(got.Flows) < 4 { // three rows and the obstacle
		t.Errorf("generated cases show only %v", got.Flows)
	}
	if _, err := Simulate(one, one, "nothing", Generate(one, "nothing", 3, 7), nil); !errors.Is(err, ErrNone) {
		t.Errorf("an unknown service: %v", err)
	}
	if len(SimServices(one, one)) != 0 {
		t.Error("equal versions have services to simulate")
	}
}

func TestGeneratedCasesAreTheSameForASeed(t *testing.T) {
	t.Parallel()
	one := loadSmall(t)
	list := func(seed uint64) string {
		var out bytes.Buffer
		for c, err := range Generate(one, "permit", 50, seed) {
			if err != nil {
				t.Fatal(err)
			}
			content, err := json.Marshal(c.Inputs)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(content)
		}
		return out.String()
	}
	if list(1) != list(1) || list(1) == list(2) {
		t.Error("a seed does not name the cases")
	}
	permit, _ := one.Service("permit")
	if again := servicePermit(loadSmall(t)); ServiceHash(permit) != ServiceHash(again) {
		t.Error("the examples were changed")
	}
}

func TestAnErrorOfTheCasesEndsTheSimulation(t *testing.T) {
	t.Parallel()
	one, broken := loadSmall(t), errors.New("the disk is gone")
	_, err := Simulate(one, one, "permit", func(yield func(SimCase, error) bool) { yield(SimCase{}, broken) }, nil)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestASimulationIsToldInBothLanguages(t *testing.T) {
	t.Parallel()
	one := loadSmall(t)
	two := loadSmall(t, change{"", permit, "term: 5 working days", "term: 6 working days"})
	got, err := Simulate(one, two, "permit", Generate(one, "permit", 100, 7), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lang.All() {
		var text, page bytes.Buffer
		if err := errors.Join(got.Print(&text, l), SimulationHTML(&page, l, got)); err != nil {
			t.Fatal(err)
		}
		for _, said := range []string{text.String(), page.String()} {
			if strings.Contains(said, "service.") || strings.ContainsRune(said, '{') && said == text.String() {
				t.Errorf("%s: %s", l, said)
			}
		}
		if !strings.Contains(text.String(), "█") || !strings.Contains(page.String(), `<html lang="`+string(l)+`">`) {
			t.Errorf("%s: no chart: %s", l, text.String())
		}
	}
}

func TestBarsShowTheSmallest(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{0: "", 0.0001: "▏", 1: strings.Repeat("█", barWidth), 0.5: strings.Repeat("█", barWidth/2)} {
		if got := bar(share); got != want {
			t.Errorf("%v: %q", share, got)
		}
	}
}
