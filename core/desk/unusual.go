package desk

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/casework"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"

	"github.com/goccy/go-yaml"
)

//go:embed unusual.yaml
var unusualRules []byte

// The rules.
const (
	ruleOutside   = "outside"
	ruleNoCase    = "no_case"
	ruleMany      = "many"
	ruleRelatives = "relatives"
	ruleHours     = "after_hours"
)

// rule says which looks are unusual; see unusual.yaml.
type rule struct {
	Rule      string   `yaml:"rule"`
	Except    []string `yaml:"except"`     // beginnings of kinds of looks
	Purposes  []string `yaml:"purposes"`   // kinds of purposes that are left out
	AfterDays int      `yaml:"after_days"` // how long after its decision a case may be looked at
	People    int64    `yaml:"people"`
	Times     int64    `yaml:"times"`
	Days      int      `yaml:"days"` // over which the usual is taken
	From      int      `yaml:"from"` // hours of the day
	Until     int      `yaml:"until"`
}

// readRules reads the declared rules; a word that is none of theirs is a mistake.
func readRules(content []byte) ([]rule, error) {
	var out struct {
		Rules []rule `yaml:"rules"`
	}
	if err := yaml.UnmarshalWithOptions(content, &out, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("desk: the rules of unusual looks: %w", err)
	}
	for _, r := range out.Rules {
		if !slices.Contains([]string{ruleOutside, ruleNoCase, ruleMany, ruleRelatives, ruleHours}, r.Rule) {
			return nil, fmt.Errorf("desk: there is no rule %q of unusual looks", r.Rule)
		}
	}
	return out.Rules, nil
}

// leaves tells whether the rule leaves a look out.
func (r rule) leaves(l store.MadeLook) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(l.What, prefix) }
	return slices.ContainsFunc(r.Except, begins) || slices.Contains(r.Purposes, l.Purpose.Kind)
}

// hourLooks are the looks of an agency's officials in one hour, with what the rules ask about them.
type hourLooks struct {
	office    id.ID
	hour      time.Time
	looks     []store.MadeLook
	cases     map[string]casework.Whereabouts // by the purpose's id; absent: there is no such case
	districts map[id.ID][]string              // of officials; none: every district
	kin       map[id.ID][]id.ID               // of officials: for whom they may act, and who may act for them
	usual     map[id.ID]int64                 // of officials: people an hour
	days      *calendar.City
}

// finding is what a rule found.
type finding struct {
	Rule                 string
	Official             id.ID
	Number               string // of the case; empty: about no one case
	Looks, People, Usual int64
	seen                 map[id.ID]bool
}

// id names a finding by what it is, so that it is kept once.
func (f finding) id(h hourLooks) id.ID {
	return id.Derived("unusual look", fmt.Sprintf("%s/%s/%s/%d/%s", h.office, f.Rule, f.Official, h.hour.Unix(), f.Number))
}

// find applies the rules to an hour. It depends on nothing but its arguments; the findings are in a fixed order.
func (h hourLooks) find(rules []rule) []finding {
	found := map[string]*finding{}
	for _, r := range rules {
		for _, l := range h.looks {
			if l.Actor.Kind != act.Official || r.leaves(l) || !h.fits(r, l) {
				continue
			}
			one := finding{Rule: r.Rule, Official: l.Actor.Person, Usual: h.usual[l.Actor.Person]}
			if r.Rule == ruleOutside || r.Rule == ruleNoCase || r.Rule == ruleRelatives {
				one.Number = h.cases[l.Purpose.ID].Number
			}
			key := one.id(h).String()
			if found[key] == nil {
				one.seen = map[id.ID]bool{}
				found[key] = &one
			}
			found[key].Looks++
			found[key].seen[l.Person] = true
		}
	}
	var out []finding
	for _, one := range found {
		one.People = int64(len(one.seen))
		if r := ruleOf(rules, one.Rule); r.Rule != ruleMany || one.People >= max(r.People, r.Times*one.Usual) {
			out = append(out, *one)
		}
	}
	slices.SortFunc(out, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), strings.Compare(a.Official.String(), b.Official.String()), cmp.Compare(a.Number, b.Number))
	})
	return out
}

func ruleOf(rules []rule, key string) rule {
	for _, r := range rules {
		if r.Rule == key {
			return r
		}
	}
	return rule{}
}

// fits tells whether a look is one of those that the rule speaks of.
func (h hourLooks) fits(r rule, l store.MadeLook) bool {
	at, there := h.cases[l.Purpose.ID]
	there = there && l.Purpose.Kind == "case"
	official := l.Actor.Person
	switch r.Rule {
	case ruleOutside:
		own := h.districts[official]
		return there && at.District != "" && len(own) > 0 && !slices.Contains(own, at.District) && !slices.Contains(at.Officials, official)
	case ruleNoCase:
		return !there || !slices.Contains(at.Offices, h.office) || !at.Decided.IsZero() && l.At.After(at.Decided.AddDate(0, 0, r.AfterDays))
	case ruleMany:
		return true
	case ruleRelatives:
		return l.Person == official || slices.Contains(h.kin[official], l.Person)
	case ruleHours:
		local := l.At.In(h.days.Zone())
		return local.Hour() < r.From || local.Hour() >= r.Until || !h.days.IsWorking(h.days.Today(l.At))
	}
	return false
}

// usualOf is the middle of how many people an official looked at in each hour in which they looked at any.
func usualOf(counts []store.LookPeople) map[id.ID]int64 {
	hours := map[id.ID][]int64{}
	for _, c := range counts {
		hours[c.Official] = append(hours[c.Official], c.People)
	}
	out := map[id.ID]int64{}
	for official, list := range hours {
		slices.Sort(list)
		out[official] = list[len(list)/2]
	}
	return out
}
