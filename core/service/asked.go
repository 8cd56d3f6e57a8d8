package service

import (
	"maps"
	"strings"
)

// Asked walks the form in its order and tells which fields are asked under these inputs: those whose step's and own
// rules hold and whose value is not fixed by what the city knows nor computed. What a person has told of themselves, and
// nobody has checked, fixes nothing. The answers come back with all that is not asked taken out, and with fixed and
// computed values put in: an answer to a question that is no longer there counts for nothing.
//
// The applicant is asked the steps that are theirs. With Inputs.Signer the co-signer steps are asked instead, and the
// applicant's answers stand as they are.
func (r *Rules) Asked(in Inputs) ([]string, Answers, error) {
	w := &askedWalk{rules: r, in: in, left: Answers{}}
	for i := range r.service.Form.Steps {
		step := &r.service.Form.Steps[i]
		if step.ForSigner() == (in.Signer != nil) {
			if err := w.step(step); err != nil {
				return nil, nil, err
			}
		} else if in.Signer != nil {
			w.keep(step)
		}
	}
	return w.asked, w.left, nil
}

// Shown tells which fields of a step are shown: the asked ones and those that are fixed by a known value.
func (r *Rules) Shown(in Inputs) (map[string]bool, error) {
	asked, left, err := r.Asked(in)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, key := range asked {
		out[key] = true
	}
	for key := range maps.Keys(left) {
		out[key] = true
	}
	return out, nil
}

type askedWalk struct {
	rules *Rules
	in    Inputs
	left  Answers
	asked []string
}

// keep leaves the answers of a step that somebody else has filled.
func (w *askedWalk) keep(step *Step) {
	for i := range step.Fields {
		if value, ok := w.in.Answers[step.Fields[i].Key]; ok && value != nil {
			w.left[step.Fields[i].Key] = value
		}
	}
}

func (w *askedWalk) step(step *Step) error {
	shown, err := w.holds(step.When)
	if err != nil || !shown {
		return err
	}
	for i := range step.Fields {
		f := &step.Fields[i]
		shown, err := w.holds(f.When)
		if err != nil {
			return err
		}
		if shown {
			if err := w.field(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds computes a rule over the answers that are left so far: a question that is not asked can't cause another.
func (w *askedWalk) holds(rule Rule) (bool, error) {
	if rule == "" {
		return true, nil
	}
	return w.rules.Holds(rule, w.now())
}

func (w *askedWalk) now() Inputs {
	in := w.in
	in.Answers = w.left
	return in
}

func (w *askedWalk) field(f *Field) error {
	if f.Value != "" {
		if value, ok := w.rules.Computed(f, w.now()); ok {
			w.left[f.Key] = value
		}
		return nil
	}
	if f.Fixed && w.vouched(f.Known) {
		if value, ok := w.rules.KnownAnswer(f, w.in); ok {
			w.left[f.Key] = value
			return nil
		}
	}
	w.asked = append(w.asked, f.Key)
	value, ok := w.in.Answers[f.Key]
	if !ok || value == nil {
		return nil
	}
	if f.Type == TypeGroup {
		kept, err := w.entries(f, value)
		w.left[f.Key] = kept
		return err
	}
	w.left[f.Key] = value
	return nil
}

// vouched tells whether a known value may stand for an answer without being asked.
func (w *askedWalk) vouched(path string) bool {
	switch {
	case strings.HasPrefix(path, "applicant."):
		return w.in.Applicant.Verified
	case strings.HasPrefix(path, "signer."):
		return w.in.Signer != nil && w.in.Signer.Verified
	}
	return true
}

// entries are a group's entries with what is not asked in each taken out and what is computed put in.
func (w *askedWalk) entries(f *Field, value any) (any, error) {
	list, ok := Entries(value)
	if !ok {
		return value, nil // the form tells what is wrong with it
	}
	out := make([]any, len(list))
	for i, entry := range list {
		kept := Answers{}
		for j := range f.Fields {
			if _, err := w.rules.AskedInside(f, &f.Fields[j], kept, entry, w.now()); err != nil {
				return nil, err
			}
		}
		out[i] = map[string]any(kept)
	}
	return out, nil
}

// AskedInside tells whether a question of a group is asked in an entry, and puts its answer from the entry, or its
// computed value, into kept, which has the answers to the questions before it.
func (r *Rules) AskedInside(group, f *Field, kept, entry Answers, in Inputs) (bool, error) {
	in.Entry = &Entry{Group: group.Key, Answers: kept}
	shown, err := r.Holds(f.When, in)
	if err != nil || !shown {
		return false, err
	}
	if f.Value != "" {
		if value, ok := r.Computed(f, in); ok {
			kept[f.Key] = value
		}
		return false, nil
	}
	if value, ok := entry[f.Key]; ok && value != nil {
		kept[f.Key] = value
	}
	return true, nil
}

// Computed is the canonical answer that a computed field's rule gives; false when it needs what is not answered yet, or
// comes out too large.
func (r *Rules) Computed(f *Field, in Inputs) (any, bool) {
	value, err := r.with(in).value(f.Value, computedKind(f.Type))
	if err != nil {
		return nil, false
	}
	if n, ok := value.(int64); ok && (n >= mostExact || n <= -mostExact) {
		return nil, false
	}
	return r.canonical(f, value)
}

// mostExact bounds whole numbers to those that JSON readers of every kind keep.
const mostExact = int64(1) << 53

// computedKind is what the rule of a computed field of the type gives; empty when the type can't be computed.
func computedKind(t Type) kind {
	switch t {
	case TypeNumber:
		return kindNumber
	case TypeMoney:
		return kindMoney
	case TypeDate:
		return kindDate
	case TypeText:
		return kindText
	case TypeYesNo:
		return kindYesNo
	}
	return ""
}

// KnownAnswer is the canonical answer that a field's known value makes; false when the value is not known.
func (r *Rules) KnownAnswer(f *Field, in Inputs) (any, bool) {
	if f.Known == "" {
		return nil, false
	}
	if f.Type == TypeName && (f.Known == "applicant.name" || f.Known == "signer.name") {
		n := in.Applicant.Name
		if f.Known == "signer.name" {
			if in.Signer == nil {
				return nil, false
			}
			n = in.Signer.Name
		}
		return map[string]any{"surname": n.Surname, "given": n.Given, "patronymic": n.Patronymic}, n.Surname != ""
	}
	value, ok := r.Value(f.Known, in)
	if !ok {
		return nil, false
	}
	return r.canonical(f, value)
}
