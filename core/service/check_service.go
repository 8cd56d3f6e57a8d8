package service

import (
	"strconv"
	"strings"
)

// serviceChecker checks one definition.
type serviceChecker struct {
	*checker
	service *Service
	from    string
	scope   scope
	records map[string]scope
	rules   *Rules
}

func (s *serviceChecker) fault(path, kind string, params ...string) {
	s.tell(s.from, path, kind, params...)
}

// run checks from the names to the outcomes; examples run only when the rest is right.
func (s *serviceChecker) run() {
	before := len(s.faults)
	s.references()
	s.names()
	if len(s.faults) > before {
		return // rules and graph speak of names; with wrong ones every fault would be told twice
	}
	s.scope, s.records = scopeOf(s.city, s.service), recordScopes(s.city, s.service)
	s.compile()
	s.form()
	s.formSteps()
	s.coSigners()
	s.certificates()
	s.process()
	s.decision()
	s.result()
	s.notices()
	s.life()
	s.uses()
	if len(s.faults) == before {
		s.examples()
		s.prove()
	}
}

func (s *serviceChecker) references() {
	d := s.service
	agencies := keysOf(s.city.Agencies, func(a *Agency) string { return a.Key })
	s.reference(s.from, "agency", "agency", d.Agency, agencies)
	if d.Appeal != nil && d.Appeal.Service != "" {
		s.reference(s.from, "appeal.service", "service", d.Appeal.Service, keysOf(s.city.Services, func(other *Service) string { return other.Key }))
	}
	s.reference(s.from, "topic", "topic", d.Topic, keysOf(s.city.Topics, func(t *Topic) string { return t.Key }))
	situations := keysOf(s.city.Situations, func(t *Situation) string { return t.Key })
	for i, key := range d.Situations {
		s.reference(s.from, "situations."+strconv.Itoa(i), "situation", key, situations)
	}
	registers := keysOf(s.city.Registers, func(r *Register) string { return r.Key })
	for i := range d.Certificates {
		s.reference(s.from, "certificates."+strconv.Itoa(i)+".register", "register", d.Certificates[i].Register, registers)
	}
	for i := range d.Steps {
		s.queue("steps."+strconv.Itoa(i), &d.Steps[i])
		s.workers("steps."+strconv.Itoa(i), &d.Steps[i])
	}
	s.resultHome()
	s.consequences()
}

// queue checks the agency and queue of a step.
func (s *serviceChecker) queue(path string, t *Task) {
	needs := t.Kind == TaskReview || t.Kind == TaskDecide && t.By == "official"
	if !needs {
		return
	}
	if t.Queue == "" {
		s.fault(path, "missing_key", "key", "queue")
		return
	}
	key := orElse(t.Agency, s.service.Agency)
	agency, ok := s.city.Agency(key)
	if !ok {
		s.reference(s.from, path+".agency", "agency", key, keysOf(s.city.Agencies, func(a *Agency) string { return a.Key }))
		return
	}
	s.reference(s.from, path+".queue", "queue", t.Queue, keysOf(agency.Queues, func(q *Queue) string { return q.Key }))
}

// names checks the form and uniqueness of every key of the definition.
func (s *serviceChecker) names() {
	d := s.service
	if !keyed(d.Key, '-') {
		s.fault("service", "bad_key", "key", d.Key, "joiner", "-")
	}
	s.keys(s.from, "obstacles", "key", '-', keysOf(d.Obstacles, func(o *Obstacle) string { return o.Key }))
	s.keys(s.from, "form.steps", "key", '-', keysOf(d.Form.Steps, func(p *Step) string { return p.Key }))
	s.keys(s.from, "certificates", "key", '_', keysOf(d.Certificates, func(c *Certificate) string { return c.Key }))
	s.keys(s.from, "steps", "key", '-', keysOf(d.Steps, func(t *Task) string { return t.Key }))
	s.keys(s.from, "grounds", "key", '-', keysOf(d.Grounds, func(g *Ground) string { return g.Key }))
	s.keys(s.from, "result.facts", "key", '_', keysOf(d.Result.Facts, func(f *ResultFact) string { return f.Key }))
	s.keys(s.from, "examples", "key", '-', keysOf(d.Examples, func(e *Example) string { return e.Key }))
	s.keys(s.from, "reminders", "key", '-', keysOf(d.Reminders, func(r *Reminder) string { return r.Key }))
	if d.Decision != nil {
		s.keys(s.from, "decision.rows", "key", '-', keysOf(d.Decision.Rows, func(r *Row) string { return r.Key }))
	}
	s.keys(s.from, "fees", "key", '-', keysOf(d.Fees, func(f *Fee) string { return f.Key }))
	for i := range d.Fees {
		s.keys(s.from, "fees."+strconv.Itoa(i)+".exempt", "key", '-', keysOf(d.Fees[i].Exempt, func(e *Exemption) string { return e.Key }))
	}
	if d.Order != nil {
		s.keys(s.from, "order.groups", "key", '-', keysOf(d.Order.Groups, func(g *Group) string { return g.Key }))
	}
	s.partNames()
	s.fieldNames()
}

func (s *serviceChecker) fieldNames() {
	first := map[string]string{}
	for i := range s.service.Form.Steps {
		for j := range s.service.Form.Steps[i].Fields {
			f := &s.service.Form.Steps[i].Fields[j]
			path := fieldPath(i, j)
			if !keyed(f.Key, '_') {
				s.fault(path+".key", "bad_key", "key", f.Key, "joiner", "_")
			}
			if was, taken := first[f.Key]; taken {
				s.fault(path+".key", "duplicate_key", "key", f.Key, "first", was)
			}
			if f.Key == reservedKey {
				s.fault(path+".key", "reserved_key", "key", f.Key)
			}
			first[f.Key] = s.service.Form.Steps[i].Key
			s.keys(s.from, path+".fields", "key", '_', keysOf(f.Fields, func(f *Field) string { return f.Key }))
		}
	}
}

func fieldPath(step, field int) string {
	return "form.steps." + strconv.Itoa(step) + ".fields." + strconv.Itoa(field)
}

// certificates checks that a register is given what it asks for, from values that are there.
func (s *serviceChecker) certificates() {
	for i := range s.service.Certificates {
		certificate := &s.service.Certificates[i]
		path := "certificates." + strconv.Itoa(i)
		register, ok := s.city.Register(certificate.Register)
		if !ok {
			continue
		}
		for _, p := range register.Parameters {
			if _, given := certificate.With[p.Name]; !given {
				s.fault(path, "parameter_missing", "parameter", p.Name, "register", register.Key)
			}
		}
		s.asksInstead(path, certificate)
		for name, from := range certificate.With {
			s.parameter(path+".with."+name, register, name, from)
		}
	}
}

// asksInstead checks that the question which stands in for a certificate is one of the form, names this certificate, and can
// still be asked when the register has failed.
func (s *serviceChecker) asksInstead(path string, certificate *Certificate) {
	if certificate.Ask == "" {
		return
	}
	var known []string
	for i := range s.service.Form.Steps {
		for j := range s.service.Form.Steps[i].Fields {
			if f := &s.service.Form.Steps[i].Fields[j]; f.InsteadOf == certificate.Key {
				known = append(known, f.Key)
			}
		}
	}
	if !s.reference(s.from, path+".ask", "field", certificate.Ask, known) {
		return
	}
	if !certificate.Early {
		s.fault(path+".ask", "ask_not_early", "certificate", certificate.Key)
	}
}

func (s *serviceChecker) parameter(path string, r *Register, name, from string) {
	p, ok := find(r.Parameters, func(p *Parameter) string { return p.Name }, name)
	if !ok {
		known := keysOf(r.Parameters, func(p *Parameter) string { return p.Name })
		s.reference(s.from, path, "parameter", name, known)
		return
	}
	k, ok := s.scope[from]
	if !ok {
		s.unknownValue(path, "parameter_unknown_value", from)
		return
	}
	if !parameterTakes(p.Type, k) {
		s.fault(path, "parameter_kind", "parameter", name, "want", p.Type, "value", from, "kind", string(k))
	} else if p.Type == "snils" && !s.confirmed(from) {
		s.fault(path, "parameter_unconfirmed", "parameter", name, "value", from)
	}
}

// unknownValue tells a path that names no value.
func (s *serviceChecker) unknownValue(path, kind, value string) {
	s.unknownIn(s.scope, path, kind, value)
}

func (s *serviceChecker) unknownIn(known scope, path, kind, value string) {
	s.fault(path, kind, "value", value, "near", nearest(value, known.names()), "known", strings.Join(known.names(), ", "))
}

// result checks that the document prints values that are there, and its life.
func (s *serviceChecker) result() {
	r := &s.service.Result
	for i, f := range r.Facts {
		if _, ok := s.scope[f.Value]; !ok && f.Value != "case.group" && f.Value != "applicant.name" {
			s.unknownValue("result.facts."+strconv.Itoa(i)+".value", "result_unknown_value", f.Value)
		}
	}
	if _, span := ParseSpan(r.Valid); r.Valid != "" && !span && s.scope[r.Valid] != kindDate {
		s.fault("result.valid", "bad_span", "value", r.Valid)
	}
	if r.From != "" && s.scope[r.From] != kindDate {
		s.unknownValue("result.from", "result_unknown_value", r.From)
	}
	for i, key := range r.Public {
		s.reference(s.from, "result.public."+strconv.Itoa(i), "fact", key, keysOf(r.Facts, func(f *ResultFact) string { return f.Key }))
	}
	for i, reminder := range s.service.Reminders {
		if r.Valid == "" {
			s.fault("reminders."+strconv.Itoa(i), "reminder_without_end", "reminder", reminder.Key)
			continue
		}
		if _, ok := ParseSpan(reminder.Before); !ok {
			s.fault("reminders."+strconv.Itoa(i)+".before", "bad_span", "value", reminder.Before)
		}
	}
}

// Span is a stretch of the calendar.
type Span struct{ Months, Days int }

// ParseSpan reads "12 months", "1 month", "30 days", "1 year".
func ParseSpan(text string) (Span, bool) {
	words := strings.Fields(text)
	if len(words) != 2 {
		return Span{}, false
	}
	n, err := strconv.Atoi(words[0])
	if err != nil || n < 1 || n > maxTerm {
		return Span{}, false
	}
	switch strings.TrimSuffix(words[1], "s") {
	case "day":
		return Span{Days: n}, true
	case "month":
		return Span{Months: n}, true
	case "year":
		return Span{Months: 12 * n}, n <= 100
	}
	return Span{}, false
}

// notices checks that each step is worded once.
func (s *serviceChecker) notices() {
	seen := map[string]bool{}
	for i, n := range s.service.Notices {
		if seen[n.On] {
			s.fault("notices."+strconv.Itoa(i)+".on", "duplicate_key", "key", n.On, "first", "notices")
		}
		seen[n.On] = true
	}
}
