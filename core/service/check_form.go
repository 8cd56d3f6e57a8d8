package service

import (
	"slices"
	"strconv"
	"strings"

	"posad.city/kit/calendar"
)

// asked is the walk through the form in the order of asking: what is already known at a question.
type asked struct {
	*serviceChecker
	before map[string]bool // fields asked so far
	inside map[string]bool // in a group: fields of the entry asked so far; nil outside
}

// form checks each question, and that a condition speaks only of what was asked before it.
func (s *serviceChecker) form() {
	a := &asked{serviceChecker: s, before: map[string]bool{}}
	for i := range s.service.Form.Steps {
		step := &s.service.Form.Steps[i]
		a.known("form.steps."+strconv.Itoa(i)+".when", string(step.When))
		for j := range step.Fields {
			a.field(fieldPath(i, j), &step.Fields[j])
		}
	}
	for i, o := range s.service.Obstacles {
		a.known("obstacles."+strconv.Itoa(i)+".when", string(o.When))
	}
	for i := range s.service.Certificates {
		if c := &s.service.Certificates[i]; c.Early {
			a.known("certificates."+strconv.Itoa(i), string(c.When))
		}
	}
}

func (a *asked) field(path string, f *Field) {
	a.known(path+".when", string(f.When))
	a.known(path+".known", f.Known)
	a.known(path+".value", string(f.Value))
	a.knownKind(path, f)
	a.options(path, f)
	a.bounds(path, f)
	a.typeKeys(path, f)
	a.entry(path, f)
	a.paper(path, f)
	if f.Type != TypeFile && (len(f.Accept) > 0 || f.MaxSize > 0 || f.MaxFiles > 0) {
		a.fault(path, "key_not_for_type", "key", "accept, max-size, max-files", "type", string(f.Type))
	}
	if f.Type == TypeFile && (len(f.Accept) == 0 || f.MaxSize == 0 || f.MaxFiles == 0) {
		a.fault(path, "file_without_limits", "field", f.Key)
	}
	a.before[f.Key] = true
	for i, check := range f.Checks {
		a.known(path+".checks."+strconv.Itoa(i)+".rule", string(check.Rule))
	}
}

// known tells when an expression speaks of a question that comes later, or of a register that is asked only after
// submission.
func (a *asked) known(path, text string) {
	a.knownInside(path, text)
	for _, m := range mentioned(text) {
		certificate, ok := a.service.Certificate(m.key)
		switch {
		case m.fact && ok && !certificate.Early:
			a.fault(path, "fact_too_late", "certificate", m.key)
		case !m.fact && !a.before[m.key] && a.isField(m.key):
			a.fault(path, "field_before_asked", "field", m.key)
		}
	}
}

func (a *asked) isField(key string) bool {
	_, ok := a.service.Field(key)
	return ok
}

// knownKind checks that a prefilled value is there and fits the question.
func (a *asked) knownKind(path string, f *Field) {
	if f.Known == "" {
		if f.Fixed {
			a.fault(path+".fixed", "fixed_without_known", "field", f.Key)
		}
		return
	}
	if (f.Known == "applicant.name" || f.Known == "signer.name" && a.service.coSigned()) && f.Type == TypeName {
		return
	}
	k, ok := a.scope[f.Known]
	if !ok {
		a.unknownValue(path+".known", "known_unknown_value", f.Known)
		return
	}
	if !fieldTakes(f.Type, k) {
		a.fault(path+".known", "known_kind", "value", f.Known, "kind", string(k), "type", string(f.Type))
	}
}

// fieldTakes tells whether a known value of the kind can fill a question of the type. Texts are parsed as if typed.
func fieldTakes(t Type, k kind) bool {
	switch t {
	case TypeBirth, TypeDate:
		return k == kindDate
	case TypeMoney:
		return k == kindMoney
	case TypeNumber:
		return k == kindNumber
	case TypeYesNo:
		return k == kindYesNo
	case TypeChoices:
		return k == kindTexts
	case TypeName, TypeFile, TypeChild, TypePerson, TypeSlot, TypeGroup:
		return false
	}
	return k == kindText
}

func (a *asked) options(path string, f *Field) {
	choice := f.Type == TypeChoice || f.Type == TypeChoices
	if choice && len(f.Options) < 2 {
		a.fault(path, "choice_without_options", "field", f.Key)
	}
	if !choice && len(f.Options) > 0 {
		a.fault(path+".options", "key_not_for_type", "key", "options", "type", string(f.Type))
	}
	a.keys(a.from, path+".options", "key", '-', keysOf(f.Options, func(o *Option) string { return o.Key }))
	for i, o := range f.Options {
		at := path + ".options." + strconv.Itoa(i)
		a.known(at+".when", string(o.When))
		if o.Queue == "" {
			continue
		}
		agency, queue, _ := strings.Cut(o.Queue, "/")
		if found, ok := a.city.Agency(agency); ok {
			a.reference(a.from, at+".queue", "queue", queue, keysOf(found.Queues, func(q *Queue) string { return q.Key }))
			continue
		}
		a.reference(a.from, at+".queue", "agency", agency, keysOf(a.city.Agencies, func(g *Agency) string { return g.Key }))
	}
}

// bounds checks min and max in the form of the type.
func (a *asked) bounds(path string, f *Field) {
	for _, pair := range [][2]string{{"min", f.Min}, {"max", f.Max}} {
		if pair[1] != "" && !boundFits(f.Type, pair[1]) {
			a.fault(path+"."+pair[0], "bad_bound", "value", pair[1], "type", string(f.Type))
		}
	}
	if f.Type == TypeLongText && f.Max == "" {
		a.fault(path, "long_text_without_limit", "field", f.Key)
	}
}

func boundFits(t Type, text string) bool {
	switch t {
	case TypeNumber, TypeText, TypeLongText:
		n, err := strconv.Atoi(text)
		return err == nil && n >= 0 && n <= 1_000_000_000
	case TypeGroup:
		n, err := strconv.Atoi(text)
		return err == nil && n >= 0 && n <= mostEntries
	case TypeMoney:
		var m Money
		return m.UnmarshalText([]byte(text)) == nil
	case TypeDate, TypeBirth:
		_, ok := BoundDate(text, calendar.MustDate("2026-01-01"))
		return ok
	}
	return false
}

// BoundDate reads a bound of a date: a day, today, today+30, today-30.
func BoundDate(text string, today calendar.Date) (calendar.Date, bool) {
	rest, relative := strings.CutPrefix(text, "today")
	if !relative {
		day, err := calendar.ParseDate(text)
		return day, err == nil
	}
	if rest == "" {
		return today, true
	}
	n, err := strconv.Atoi(rest)
	if err != nil || rest[0] != '+' && rest[0] != '-' || n > 36600 || n < -36600 {
		return calendar.Date{}, false
	}
	return today.AddDays(n), true
}

// paper finds a question that asks for a paper which a register of the city holds.
func (a *asked) paper(path string, f *Field) {
	if f.InsteadOf != "" {
		known := keysOf(a.service.Certificates, func(c *Certificate) string { return c.Key })
		if a.reference(a.from, path+".instead-of", "certificate", f.InsteadOf, known) && f.Hint.IsZero() {
			a.fault(path, "paper_without_reason", "field", f.Key)
		}
		return
	}
	if f.Type != TypeFile {
		return
	}
	words := strings.ToLower(f.Label.RU + " " + f.Label.EN)
	for i := range a.city.Registers {
		r := &a.city.Registers[i]
		held := func(paper string) bool { return strings.Contains(words, strings.ToLower(paper)) }
		if at := slices.IndexFunc(r.Paper, held); at >= 0 {
			a.fault(path, "paper_held", "paper", r.Paper[at], "register", r.Key)
		}
	}
}

// uses tells fields that nothing uses: the city asks for what it needs and for nothing else.
func (s *serviceChecker) uses() {
	used := map[string]bool{}
	for _, text := range s.texts() {
		for _, m := range mentioned(text) {
			if !m.fact {
				used[m.key] = true
			}
		}
	}
	for i := range s.service.Steps {
		used[s.service.Steps[i].Route] = true
		for _, key := range s.service.Steps[i].Signers {
			used[key] = true
		}
	}
	for i := range s.service.Form.Steps {
		for j := range s.service.Form.Steps[i].Fields {
			f := &s.service.Form.Steps[i].Fields[j]
			if !used[f.Key] && f.Why.IsZero() && f.InsteadOf == "" && f.Type != TypeSlot && !s.usedOfSigners(f.Key) {
				s.fault(fieldPath(i, j), "field_unused", "field", f.Key)
			}
			s.usesInside(fieldPath(i, j), f)
		}
	}
}

// texts are all rules and paths of the definition.
func (s *serviceChecker) texts() []string {
	var out []string
	for _, r := range s.allRules() {
		out = append(out, string(r.rule))
	}
	for _, c := range s.service.Certificates {
		for _, from := range c.With {
			out = append(out, from)
		}
	}
	for _, f := range s.service.Result.Facts {
		out = append(out, f.Value)
	}
	if s.service.Already != nil {
		out = append(out, s.service.Already.Same...)
	}
	return append(out, s.service.Result.Valid, s.service.Result.From)
}
