package service

import (
	"maps"
	"strings"
)

// Asked walks the form in its order and tells which fields are asked under these inputs: those whose step's and own
// rules hold and whose value is not fixed by what the city knows. What a person has told of themselves, and nobody has checked, fixes
// nothing. The answers come back with all that is not asked taken
// out and fixed values put in: an answer to a question that is no longer there counts for nothing.
func (r *Rules) Asked(in Inputs) ([]string, Answers, error) {
	w := &askedWalk{rules: r, in: in, left: Answers{}}
	for i := range r.service.Form.Steps {
		if err := w.step(&r.service.Form.Steps[i]); err != nil {
			return nil, nil, err
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
			w.field(f)
		}
	}
	return nil
}

// holds computes a rule over the answers that are left so far: a question that is not asked can't cause another.
func (w *askedWalk) holds(rule Rule) (bool, error) {
	if rule == "" {
		return true, nil
	}
	in := w.in
	in.Answers = w.left
	return w.rules.Holds(rule, in)
}

func (w *askedWalk) field(f *Field) {
	if f.Fixed && (w.in.Applicant.Verified || !strings.HasPrefix(f.Known, "applicant.")) {
		if value, ok := w.rules.KnownAnswer(f, w.in); ok {
			w.left[f.Key] = value
			return
		}
	}
	w.asked = append(w.asked, f.Key)
	if value, ok := w.in.Answers[f.Key]; ok && value != nil {
		w.left[f.Key] = value
	}
}

// KnownAnswer is the canonical answer that a field's known value makes; false when the value is not known.
func (r *Rules) KnownAnswer(f *Field, in Inputs) (any, bool) {
	if f.Known == "" {
		return nil, false
	}
	if f.Known == "applicant.name" && f.Type == TypeName {
		n := in.Applicant.Name
		return map[string]any{"surname": n.Surname, "given": n.Given, "patronymic": n.Patronymic}, n.Surname != ""
	}
	value, ok := r.Value(f.Known, in)
	if !ok {
		return nil, false
	}
	return r.canonical(f, value)
}
