package service

import (
	"strconv"
)

// proof looks for what no single line shows: rows that nothing can reach, questions that nobody is ever asked, fees below
// zero, terms that their own steps outlast. It runs when everything else of the definition is right.
//
// What an example shows needs no proof. The rest is looked for in the finite values that its rules can tell apart (see
// domain): when the rules only compare single values with constants, and all combinations were tried, an answer "never"
// is a proof and a fault. Otherwise nothing is claimed: docs/author/faults.md says so.
type proof struct {
	*serviceChecker
	cases []proofCase
}

// proofCase is an example that the rules were run on.
type proofCase struct {
	values evaluation // with the answers that were asked
	in     Inputs
}

func (s *serviceChecker) prove() {
	p := &proof{serviceChecker: s}
	for i := range s.service.Examples {
		in, err := s.service.Examples[i].Inputs()
		if err != nil {
			continue
		}
		if _, pruned, err := s.rules.Asked(in); err == nil {
			in.Answers = pruned
		}
		p.cases = append(p.cases, proofCase{values: s.rules.with(in), in: in})
	}
	p.shown()
	p.obstacles()
	p.fees()
	p.times()
	p.idle()
	p.people()
}

// holdsInExample tells whether a rule is true in one of the examples.
func (p *proof) holdsInExample(rules ...Rule) bool {
	for _, c := range p.cases {
		all := true
		for _, r := range rules {
			yes, err := c.values.known(r)
			all = all && err == nil && yes
		}
		if all {
			return true
		}
	}
	return false
}

// shown finds pages, questions and options whose rule can never be true.
func (p *proof) shown() {
	for i := range p.service.Form.Steps {
		step := &p.service.Form.Steps[i]
		p.canShow("form.steps."+strconv.Itoa(i)+".when", "page", step.Key, step.When)
		for j := range step.Fields {
			f := &step.Fields[j]
			p.canShow(fieldPath(i, j)+".when", "question", f.Key, f.When)
			for k := range f.Options {
				p.canShow(fieldPath(i, j)+".options."+strconv.Itoa(k)+".when", "option", f.Options[k].Key, f.Options[k].When)
			}
		}
	}
}

func (p *proof) canShow(path, what, key string, when Rule) {
	if when == "" || p.holdsInExample(when) {
		return
	}
	found := p.search([]Rule{when}, func(e evaluation) bool {
		yes, err := e.known(when)
		return err == nil && yes
	})
	switch {
	case found.never():
		p.fault(path, "never_shown", "what", what, "key", key)
	default:
		p.fault(path, "not_shown", "what", what, "key", key)
	}
}

// obstacles finds one that stands for everybody.
func (p *proof) obstacles() {
	for i, o := range p.service.Obstacles {
		free := false
		for _, c := range p.cases {
			stands, err := c.values.known(o.When)
			free = free || err == nil && !stands
		}
		if free {
			continue
		}
		found := p.search([]Rule{o.When}, func(e evaluation) bool {
			stands, err := e.known(o.When)
			return err == nil && !stands
		})
		if found.never() {
			p.fault("obstacles."+strconv.Itoa(i)+".when", "obstacle_always", "obstacle", o.Key)
		}
	}
}

// rowFault tells why a row that no example hits can't be reached; false when it can, or when that is not proved.
func (s *serviceChecker) rowFault(path string, rules []Rule, keys []string, at int) bool {
	for i := range at {
		if rules[i] == rules[at] {
			s.fault(path, "row_twice", "row", keys[at], "first", keys[i])
			return true
		}
	}
	p := &proof{serviceChecker: s}
	covering := map[string]bool{}
	alone := false
	found := p.search(rules[:at+1], func(e evaluation) bool {
		hit, err := e.yes(rules[at])
		if err != nil || !hit {
			return false
		}
		alone = true
		for i := range at {
			earlier, err := e.yes(rules[i])
			if err != nil {
				covering[keys[i]] = true // it can't be computed there: an official decides before this row is asked
				return false
			}
			if earlier {
				covering[keys[i]] = true
				return false
			}
		}
		return true
	})
	switch {
	case !found.never():
		return false
	case !alone:
		s.fault(path, "row_never", "row", keys[at])
	default:
		s.fault(path, "row_covered", "row", keys[at], "by", inOrder(keys, covering))
	}
	return true
}

// inOrder lists the marked keys in the order of the list.
func inOrder(keys []string, marked map[string]bool) string {
	out := ""
	for _, key := range keys {
		if !marked[key] {
			continue
		}
		if out != "" {
			out += ", "
		}
		out += key
	}
	return out
}

// rowsNotHit tells rows that no example hits, with the reason where it is proved that none can.
func (s *serviceChecker) rowsNotHit(list, mark string, rules []Rule, keys []string, hit map[string]bool) {
	for i, key := range keys {
		path := list + "." + strconv.Itoa(i)
		if !hit[mark+" "+key] && !s.rowFault(path, rules, keys, i) {
			s.fault(path, "row_not_hit", "row", key)
		}
	}
}
