package service

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"posad.city/kit/rule"
)

// randomRule is a rule over four values of the small city's permit.
func randomRule(r *rand.Rand, depth int) string {
	if depth == 0 {
		operator := []string{"==", "!=", "<", "<=", ">", ">="}[r.IntN(6)]
		switch r.IntN(6) {
		case 0:
			return fmt.Sprintf("answers.days %s %d", operator, r.IntN(9)+24)
		case 1:
			return fmt.Sprintf("%d %s facts.owner.debt", r.IntN(6), operator)
		case 2:
			return "answers.kind " + operator[:1] + "= '" + []string{"yard", "street", "roof"}[r.IntN(3)] + "'"
		case 3:
			return "given(facts.owner.debt)"
		case 4:
			return "facts.owner.owner"
		}
		return "answers.kind in ['yard', 'street']"
	}
	left, right := randomRule(r, depth-1), randomRule(r, depth-1)
	switch r.IntN(4) {
	case 0:
		return "!(" + left + ")"
	case 1:
		return "(" + left + ") || (" + right + ")"
	}
	return "(" + left + ") && (" + right + ")"
}

// TestNeverIsNever: what the proof calls impossible is not found by trying every value either; and of these rules, which
// only compare values with constants, it misses none.
func TestNeverIsNever(t *testing.T) {
	t.Parallel()
	city := loadSmall(t)
	permit, _ := city.Service("permit")
	base := city.Rules("permit")
	s := &serviceChecker{checker: &checker{city: city, calendar: city.Days()}, service: permit, scope: base.scope, records: base.records}
	env, err := s.environment(base.scope, city.Days())
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	nevers := 0
	for range 120 {
		text := strings.ReplaceAll(randomRule(random, 3), "answers.kind <= '", "answers.kind == '")
		text = strings.NewReplacer("answers.kind >= '", "answers.kind == '").Replace(text)
		program, err := env.Compile(text, rule.Bool)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		s.rules = &Rules{city: city, service: permit, scope: base.scope, records: base.records, programs: map[programKey]*rule.Program{{rule: Rule(text), want: kindYesNo}: program}}
		p := &proof{serviceChecker: s}
		holds := func(e evaluation) bool {
			yes, err := e.yes(Rule(text))
			return err == nil && yes
		}
		found := p.search([]Rule{Rule(text)}, holds)
		if !found.exact {
			t.Errorf("%s is not taken as simple", text)
		}
		if tried := everyValue(s.rules, holds); tried != found.any {
			t.Errorf("%s: the proof says %v, trying every value %v", text, found.any, tried)
		}
		if found.never() {
			nevers++
		}
	}
	if nevers == 0 || nevers > 100 {
		t.Errorf("%d of the rules are impossible: the test says little", nevers)
	}
}

// everyValue tries all values that a form and a register can give, within bounds beyond the rules' constants.
func everyValue(r *Rules, holds func(evaluation) bool) bool {
	for days := int64(0); days <= 30; days++ {
		for _, kind := range []string{"", "yard", "street"} {
			for debt := int64(-1); debt <= 8; debt++ {
				for owner := range 3 {
					values := map[string]any{"today": proofDay}
					if days > 0 {
						values["answers.days"] = days
					}
					if kind != "" {
						values["answers.kind"] = kind
					}
					if debt >= 0 {
						values["facts.owner.debt"] = debt
					}
					if owner > 0 {
						values["facts.owner.owner"] = owner == 1
					}
					if holds(evaluation{Rules: r, values: values}) {
						return true
					}
				}
			}
		}
	}
	return false
}

// FuzzSimple: whatever a rule holds, finding its values does not fail, and the domain stays bounded.
func FuzzSimple(f *testing.F) {
	city := loadSmall(f)
	permit, _ := city.Service("permit")
	base := city.Rules("permit")
	for _, seed := range []string{"age(answers.birth, today) < 18", "answers.days > 99999999999 && 'a' == 'b'", "date('2026-13-40') < answers.birth", "roubles(9999999999) > 0", "answers.plate.startsWith('Z')", "\\'", "given(facts.owner.debt)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := &proof{serviceChecker: &serviceChecker{checker: &checker{city: city}, service: permit, scope: base.scope, records: base.records, rules: base}}
		d := p.domainOf([]Rule{Rule(text)})
		for i, list := range d.values {
			if len(list) == 0 {
				t.Errorf("%s has no values", d.paths[i])
			}
		}
	})
}
