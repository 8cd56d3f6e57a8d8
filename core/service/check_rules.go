package service

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"posad.city/kit/rule"
)

// placed is a rule with its place in the definition and the kind of value it must give.
type placed struct {
	path  string
	rule  Rule
	want  kind
	group string // key of the group inside which it stands; it may speak of the entry
}

// allRules lists every rule of the definition.
func (s *serviceChecker) allRules() []placed {
	d := s.service
	var out []placed
	add := func(path string, text Rule) {
		if text != "" {
			out = append(out, placed{path: path, rule: text, want: kindYesNo})
		}
	}
	for i, o := range d.Obstacles {
		add(at("obstacles", i, "when"), o.When)
	}
	for i, step := range d.Form.Steps {
		add(at("form.steps", i, "when"), step.When)
		for j, f := range step.Fields {
			path := fieldPath(i, j)
			out = append(out, fieldRules(path, "", &f)...)
			for k := range f.Fields {
				out = append(out, fieldRules(path+".fields."+strconv.Itoa(k), f.Key, &f.Fields[k])...)
			}
		}
	}
	for i, c := range d.Certificates {
		add(at("certificates", i, "when"), c.When)
	}
	return append(out, s.outcomeRules()...)
}

// fieldRules are the rules of one question, of a group's entry when a group is named.
func fieldRules(path, group string, f *Field) []placed {
	var out []placed
	add := func(path string, text Rule, want kind) {
		if text != "" {
			out = append(out, placed{path, text, want, group})
		}
	}
	add(path+".when", f.When, kindYesNo)
	add(path+".value", f.Value, computedKind(f.Type))
	for k, o := range f.Options {
		add(at(path+".options", k, "when"), o.When, kindYesNo)
	}
	for k, check := range f.Checks {
		add(at(path+".checks", k, "rule"), check.Rule, kindYesNo)
	}
	return out
}

// outcomeRules are those of the fee, the table and the waiting list.
func (s *serviceChecker) outcomeRules() []placed {
	d := s.service
	var out []placed
	for i := range d.Fees {
		fee := &d.Fees[i]
		out = append(out, placed{at("fees", i, "when"), fee.When, kindYesNo, ""})
		if fee.Rule != "" {
			out = append(out, placed{at("fees", i, "rule"), fee.Rule, kindMoney, ""})
		}
		for j, x := range fee.Exempt {
			out = append(out, placed{at(at("fees", i, "exempt"), j, "when"), x.When, kindYesNo, ""})
		}
	}
	for i := range d.Steps {
		for j, p := range d.Steps[i].Parts {
			out = append(out, placed{at(at("steps", i, "parts"), j, "when"), p.When, kindYesNo, ""})
		}
	}
	if d.Decision != nil {
		for i, row := range d.Decision.Rows {
			out = append(out, placed{at("decision.rows", i, "when"), row.When, kindYesNo, ""})
		}
	}
	if d.Order != nil {
		for i, g := range d.Order.Groups {
			out = append(out, placed{at("order.groups", i, "when"), g.When, kindYesNo, ""})
		}
	}
	return out
}

func at(list string, i int, key string) string { return list + "." + strconv.Itoa(i) + "." + key }

// compile compiles every rule against the values that it may name.
func (s *serviceChecker) compile() {
	s.rules = &Rules{city: s.city, service: s.service, scope: s.scope, records: s.records, programs: map[programKey]*rule.Program{}}
	for i, fee := range s.service.Fees {
		if (fee.Rule == "") == (fee.Amount == 0) {
			s.fault("fees."+strconv.Itoa(i), "fee_amount_or_rule")
		}
	}
	envs := map[string]*rule.Env{}
	for _, p := range s.allRules() {
		key := programKey{p.rule, p.want, p.group}
		if p.rule == "" || p.want == "" || s.rules.programs[key] != nil {
			continue
		}
		env, err := s.environmentOf(envs, p.group)
		if err != nil {
			s.fault("service", "rule_wrong", "rule", s.service.Key, "message", err.Error())
			return
		}
		compiled, err := env.Compile(string(p.rule), ruleType(p.want, "", nil))
		if err != nil {
			s.ruleFault(p, err)
			continue
		}
		s.rules.programs[key] = compiled
	}
}

// environmentOf is the environment of rules inside a group, or of all others; each is made once.
func (s *serviceChecker) environmentOf(made map[string]*rule.Env, group string) (*rule.Env, error) {
	if env := made[group]; env != nil {
		return env, nil
	}
	env, err := s.environment(s.scopeIn(group), s.calendar)
	made[group] = env
	return env, err
}

// scopeIn is what rules inside a group may name: everything, and the same entry's answers.
func (s *serviceChecker) scopeIn(group string) scope {
	if group == "" {
		return s.scope
	}
	out := maps.Clone(s.scope)
	for path, k := range s.records["answers."+group] {
		out["entry."+path] = k
	}
	return out
}

// ruleFault tells why a rule does not compile, with the likeliest name where one is unknown, at the letter where it goes
// wrong.
func (s *serviceChecker) ruleFault(p placed, err error) {
	var faults rule.Faults
	if !errors.As(err, &faults) || len(faults) == 0 {
		s.fault(p.path, "rule_wrong", "rule", string(p.rule), "message", err.Error())
		return
	}
	first := faults[0]
	if first.ID == "rule.result" && strings.HasSuffix(p.path, ".value") {
		s.fault(p.path, "value_kind", "want", string(p.want), "kind", first.Params["got"])
		return
	}
	if first.ID == "rule.result" && p.want == kindMoney {
		s.fault(p.path, "fee_not_money", "rule", string(p.rule), "kind", first.Params["got"])
		return
	}
	known := s.scopeIn(p.group)
	for _, word := range valuePaths.FindAllString(quoted.ReplaceAllString(string(p.rule), `""`), -1) {
		if !known.covers(word) {
			s.unknownIn(known, p.path, "rule_unknown_value", word)
			return
		}
	}
	before := len(s.faults)
	s.fault(p.path, "rule_wrong", "rule", string(p.rule), "message", first.Text)
	s.inside(&s.faults[before], first)
}

// inside moves a fault from the beginning of a rule to the letter that it is about, where the rule lies on one line.
func (s *serviceChecker) inside(f *Fault, in rule.Fault) {
	if f.Line == 0 || in.Line != 1 {
		return
	}
	line := []rune(f.Source)
	column := f.Column + in.Column - 1
	if at := f.Column - 1; at >= 0 && at < len(line) && (line[at] == '"' || line[at] == '\'') {
		column++
	}
	if column <= len(line) {
		f.Column = column
	}
}

// covers tells whether a path is a value of the scope, or one with a method called on it.
func (s scope) covers(path string) bool {
	for {
		if _, ok := s[path]; ok {
			return true
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			return false
		}
		path = path[:cut]
	}
}

// examples runs every example: its obstacle, questions, fee, decision row and group must be the stated ones, and every
// row of the table and group of the list must be hit by one.
func (s *serviceChecker) examples() {
	hit := map[string]bool{}
	for i := range s.service.Examples {
		s.example("examples."+strconv.Itoa(i), &s.service.Examples[i], hit)
	}
	if table := s.service.Decision; table != nil {
		rules := make([]Rule, len(table.Rows))
		for i := range table.Rows {
			rules[i] = table.Rows[i].When
		}
		s.rowsNotHit("decision.rows", "row", rules, keysOf(table.Rows, func(r *Row) string { return r.Key }), hit)
	}
	if order := s.service.Order; order != nil {
		rules := make([]Rule, len(order.Groups))
		for i := range order.Groups {
			rules[i] = order.Groups[i].When
		}
		s.rowsNotHit("order.groups", "group", rules, keysOf(order.Groups, func(g *Group) string { return g.Key }), hit)
	}
	for i, o := range s.service.Obstacles {
		if !hit["obstacle "+o.Key] {
			s.fault("obstacles."+strconv.Itoa(i), "row_not_hit", "row", o.Key)
		}
	}
}

func (s *serviceChecker) example(path string, e *Example, hit map[string]bool) {
	today := s.date(s.from, path+".today", e.Today, 0)
	if today.IsZero() || !s.exampleNames(path, e) {
		return
	}
	in, err := e.Inputs()
	if err != nil {
		s.fault(path, "example_failed", "message", err.Error())
		return
	}
	s.examplePeople(path, e, in)
	got, err := s.rules.outcome(in)
	if err != nil {
		s.fault(path, "example_failed", "message", err.Error())
		return
	}
	if got.Obstacle != "" {
		hit["obstacle "+got.Obstacle] = true
	} else {
		hit["row "+got.Row], hit["group "+got.Group] = true, true
	}
	s.compare(path+".expect", e.Expect, got)
}

// exampleNames checks that answers and facts are of fields, certificates and values that are there.
func (s *serviceChecker) exampleNames(path string, e *Example) bool {
	right := true
	fields := s.service.fieldKeys()
	for key := range e.Answers {
		right = s.reference(s.from, path+".answers."+key, "field", key, fields) && right
	}
	right = s.exampleParts(path, e) && right
	certificates := keysOf(s.service.Certificates, func(c *Certificate) string { return c.Key })
	for key, values := range e.Facts {
		at := path + ".facts." + key
		if !s.reference(s.from, at, "certificate", key, certificates) {
			right = false
			continue
		}
		certificate, _ := s.service.Certificate(key)
		right = s.exampleReply(at, certificate, values) && right
	}
	return right
}

// exampleReply: a reply of an example must pass the register's own schema.
func (s *serviceChecker) exampleReply(path string, c *Certificate, values map[string]any) bool {
	register, _ := s.city.Register(c.Register)
	validator, err := register.Validator()
	if err != nil {
		return false // told with the register
	}
	if err := validator.Validate(map[string]any(values)); err != nil {
		s.fault(path, "example_reply", "register", register.Key, "message", strings.Join(strings.Fields(err.Error()), " "))
		return false
	}
	return true
}

func (s *serviceChecker) examplePeople(path string, e *Example, in Inputs) {
	if e.Applicant.Birth != "" && !in.Today.IsZero() {
		s.date(s.from, path+".applicant.birth", e.Applicant.Birth, 0)
	}
}

func (d *Service) fieldKeys() []string {
	var out []string
	for i := range d.Form.Steps {
		out = append(out, keysOf(d.Form.Steps[i].Fields, func(f *Field) string { return f.Key })...)
	}
	return out
}

// compare tells each outcome that is not the stated one.
func (s *serviceChecker) compare(path string, want, got Expect) {
	differs := func(key, want, got string) {
		if want != got {
			s.fault(join(path, key), "example_differs", "key", key, "want", orElse(want, "-"), "got", orElse(got, "-"))
		}
	}
	differs("obstacle", want.Obstacle, got.Obstacle)
	if want.Asked != nil {
		differs("asked", strings.Join(want.Asked, ", "), strings.Join(got.Asked, ", "))
	}
	if want.Obstacle != "" || got.Obstacle != "" {
		return
	}
	differs("fee", want.Fee.String(), got.Fee.String())
	differs("exempt", want.Exempt, got.Exempt)
	if want.Fees != nil {
		differs("fees", strings.Join(want.Fees, ", "), strings.Join(got.Fees, ", "))
	}
	differs("row", want.Row, got.Row)
	differs("group", want.Group, got.Group)
}

// outcome is everything that comes out of the inputs.
func (r *Rules) outcome(in Inputs) (Expect, error) {
	asked, pruned, err := r.Asked(in)
	if err != nil {
		return Expect{}, err
	}
	out := Expect{Asked: asked}
	in.Answers = pruned
	obstacle, err := r.Obstacle(in)
	if err != nil {
		return out, err
	}
	if obstacle != nil {
		out.Obstacle = obstacle.Key
		return out, nil // nothing else comes of it, and after an eligibility step nothing else was asked
	}
	charge, err := r.Charge(in)
	if err != nil {
		return out, err
	}
	out.Fee, out.Exempt = charge.Amount, charge.Exempt
	for _, line := range charge.Lines {
		out.Fees = append(out.Fees, line.Key)
	}
	decision, err := r.Decide(in)
	if err != nil {
		return out, err
	}
	group, err := r.Group(in)
	if group != nil {
		out.Group = group.Key
	}
	out.Row = decision.Row
	return out, err
}

// Inputs are an example's, as a case would have them on the day of submission.
func (e *Example) Inputs() (Inputs, error) {
	in := Inputs{Applicant: e.Applicant, Answers: Answers(e.Answers), Facts: Facts{}, Opinions: Opinions(e.Opinions)}
	if err := in.Today.UnmarshalText([]byte(e.Today)); err != nil {
		return in, fmt.Errorf("service: example %s: %w", e.Key, err)
	}
	for key, values := range e.Facts {
		in.Facts[key] = Fact{State: FactKnown, Day: in.Today, Values: values}
	}
	for _, s := range e.Signers {
		in.Signers = append(in.Signers, Signer{Person: Person{SNILS: s.SNILS}, Signed: true, Answers: Answers(s.Answers)})
	}
	return in, nil
}
