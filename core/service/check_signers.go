package service

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// needAccount are the types that can't be asked before one has signed in.
var needAccount = []Type{TypeChild, TypeVehicle, TypeFile, TypeSlot, TypePerson}

// formSteps checks what is asked before the form, and by whom each step is filled.
func (s *serviceChecker) formSteps() {
	begun := false
	for i := range s.service.Form.Steps {
		step := &s.service.Form.Steps[i]
		path := "form.steps." + strconv.Itoa(i)
		if !step.Eligibility {
			begun = true
			continue
		}
		switch {
		case step.ForSigner():
			s.fault(path+".eligibility", "key_not_for_type", "key", "eligibility", "type", byCoSigner)
		case begun:
			s.fault(path+".eligibility", "eligibility_not_first", "step", step.Key)
		}
		for j := range step.Fields {
			s.beforeAccount(fieldPath(i, j), &step.Fields[j])
		}
	}
}

// beforeAccount tells a question that needs to know who asks.
func (s *serviceChecker) beforeAccount(path string, f *Field) {
	if slices.Contains(needAccount, f.Type) {
		s.fault(path+".type", "eligibility_needs_account", "field", f.Key, "type", string(f.Type))
	}
	for i := range f.Fields {
		s.beforeAccount(path+".fields."+strconv.Itoa(i), &f.Fields[i])
	}
}

// coSigners checks that those who sign are named, have their part, and that nobody else's rules wait for their answers.
func (s *serviceChecker) coSigners() {
	signs, parts := false, false
	for i := range s.service.Steps {
		t := &s.service.Steps[i]
		if t.Kind != TaskSign {
			continue
		}
		signs = true
		for j, key := range t.Signers {
			if !s.namesPerson(key) {
				s.fault("steps."+strconv.Itoa(i)+".signers."+strconv.Itoa(j), "signer_not_person", "field", key)
			}
		}
	}
	for i := range s.service.Form.Steps {
		if step := &s.service.Form.Steps[i]; step.ForSigner() {
			parts = true
			if !signs {
				s.fault("form.steps."+strconv.Itoa(i)+".by", "cosigner_without_sign", "step", step.Key)
			}
		}
	}
	for i := range s.service.Steps {
		if t := &s.service.Steps[i]; t.Kind == TaskSign && !parts {
			s.fault("steps."+strconv.Itoa(i), "sign_without_part", "step", t.Key)
		}
	}
	s.othersAnswers()
}

// namesPerson tells whether a field of the applicant's names a person.
func (s *serviceChecker) namesPerson(key string) bool {
	f, ok := s.service.Field(key)
	if !ok || s.signerField(key) {
		return false
	}
	return f.Type == TypePerson || f.Type == TypeGroup && slices.ContainsFunc(f.Fields, func(inner Field) bool { return inner.Type == TypePerson })
}

// signs tells whether a field names those who sign.
func (s *serviceChecker) signs(key string) bool {
	return slices.ContainsFunc(s.service.Steps, func(t Task) bool { return t.Kind == TaskSign && slices.Contains(t.Signers, key) })
}

// signerField tells whether a field is of a co-signer step.
func (s *serviceChecker) signerField(key string) bool {
	for i := range s.service.Form.Steps {
		if step := &s.service.Form.Steps[i]; step.ForSigner() && slices.ContainsFunc(step.Fields, func(f Field) bool { return f.Key == key }) {
			return true
		}
	}
	return false
}

var signerMentions = regexp.MustCompile(`(?:^|[^.\w])signer\.`)

// othersAnswers tells rules and paths outside a co-signer's part that name its answers as if they were the applicant's.
func (s *serviceChecker) othersAnswers() {
	tell := func(path, text string) {
		if step, field, ok := s.stepAt(path); ok && step.ForSigner() && field {
			return
		}
		plain := quoted.ReplaceAllString(text, `""`)
		if signerMentions.MatchString(plain) {
			s.fault(path, "cosigner_answer", "value", "signer")
			return
		}
		for _, m := range mentioned(text) {
			if !m.fact && s.signerField(m.key) {
				s.fault(path, "cosigner_answer", "value", "answers."+m.key)
				return
			}
		}
	}
	for _, r := range s.allRules() {
		tell(r.path, string(r.rule))
	}
	for i := range s.service.Form.Steps {
		for j := range s.service.Form.Steps[i].Fields {
			tell(fieldPath(i, j)+".known", s.service.Form.Steps[i].Fields[j].Known)
		}
	}
	for i, c := range s.service.Certificates {
		for name, from := range c.With {
			tell(at("certificates", i, "with")+"."+name, from)
		}
	}
	for i, f := range s.service.Result.Facts {
		tell(at("result.facts", i, "value"), f.Value)
	}
}

// stepAt is the step of the form in which a path lies; field tells that it lies in one of its questions or its rule.
func (s *serviceChecker) stepAt(path string) (*Step, bool, bool) {
	rest, ok := strings.CutPrefix(path, "form.steps.")
	if !ok {
		return nil, false, false
	}
	head, _, deep := strings.Cut(rest, ".")
	i, err := strconv.Atoi(head)
	if err != nil || i >= len(s.service.Form.Steps) {
		return nil, false, false
	}
	return &s.service.Form.Steps[i], deep, true
}

// usedOfSigners tells whether a rule reads a co-signer's answer from the list of signers.
func (s *serviceChecker) usedOfSigners(key string) bool {
	if !s.signerField(key) {
		return false
	}
	of := regexp.MustCompile(`\.answers\.` + regexp.QuoteMeta(key) + `\b`)
	return slices.ContainsFunc(s.allRules(), func(r placed) bool { return of.MatchString(string(r.rule)) })
}

// confirmed tells whether a person's number was proved to be of whom it is said to be: the applicant's own by the
// population register, or their child's.
func (s *serviceChecker) confirmed(path string) bool {
	key, ok := strings.CutPrefix(path, "answers.")
	if !ok {
		return true
	}
	owner, _, _ := strings.Cut(key, ".")
	f, ok := s.service.Field(owner)
	switch {
	case !ok:
		return true
	case f.Type == TypeSNILS:
		return f.Fixed && f.Known == "applicant.snils"
	}
	return f.Type == TypeChild
}

// exampleParts checks the opinions and the co-signers' answers of an example.
func (s *serviceChecker) exampleParts(path string, e *Example) bool {
	right := true
	var parts, fields []string
	for i := range s.service.Steps {
		parts = append(parts, keysOf(s.service.Steps[i].Parts, func(p *Part) string { return p.Key })...)
	}
	for _, key := range s.service.fieldKeys() {
		if s.signerField(key) {
			fields = append(fields, key)
		}
	}
	for key, opinion := range e.Opinions {
		at := path + ".opinions." + key
		right = s.reference(s.from, at, "part", key, parts) && right
		right = s.reference(s.from, at, "opinion", opinion, []string{OpinionAgree, OpinionObject}) && right
	}
	for i, signed := range e.Signers {
		for key := range signed.Answers {
			right = s.reference(s.from, at(path+".signers", i, "answers")+"."+key, "field", key, fields) && right
		}
	}
	return right
}
