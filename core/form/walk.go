package form

import (
	"fmt"
	"maps"

	"posad.city/core/service"
	"posad.city/kit/fault"
)

// walk is the form gone through once with the input: which questions are asked, which answers stand.
type walk struct {
	Input
	rules   *service.Rules
	inputs  service.Inputs // with the answers that are left
	left    service.Answers
	asked   map[string]bool
	invalid map[string]*problem // asked questions whose kept answer is not right, today
	steps   []*service.Step     // with something to show

	group *service.Field  // the group inside whose entry a question is read
	entry service.Answers // its answers so far
}

// inputs are what rules see of an input with these answers.
func (in Input) inputs(answers service.Answers) service.Inputs {
	out := service.Inputs{Today: in.Today, Applicant: in.Applicant, Answers: answers, Facts: in.Facts}
	if in.Signer != nil {
		out.Signer, out.Answers = in.Signer, maps.Clone(in.Case)
		if out.Answers == nil {
			out.Answers = service.Answers{}
		}
		maps.Copy(out.Answers, answers)
	}
	return out
}

// ruleInputs are the walk's inputs, and the entry inside which a question is read.
func (w *walk) ruleInputs() service.Inputs {
	out := w.inputs
	if w.group != nil {
		out.Entry = &service.Entry{Group: w.group.Key, Answers: w.entry}
	}
	return out
}

// inside is the walk as the questions of an entry see it.
func (w *walk) inside(group *service.Field, entry service.Answers) *walk {
	out := *w
	out.group, out.entry = group, entry
	return &out
}

func newWalk(in Input) (*walk, error) {
	rules := in.City.Rules(in.Service.Key)
	if rules == nil {
		return nil, fmt.Errorf("form: the city has no service %q", in.Service.Key)
	}
	w := &walk{Input: in, rules: rules, asked: map[string]bool{}, invalid: map[string]*problem{}}
	w.inputs = in.inputs(in.Answers)
	asked, left, err := rules.Asked(w.inputs)
	if err != nil {
		return nil, fmt.Errorf("form: %s: %w", in.Service.Key, err)
	}
	for _, key := range asked {
		w.asked[key] = true
	}
	w.holdSlots(left)
	w.left, w.inputs.Answers = left, left
	for i := range in.Service.Form.Steps {
		w.step(&in.Service.Form.Steps[i])
	}
	return w, nil
}

func (w *walk) step(step *service.Step) {
	if step.ForSigner() != (w.Signer != nil) {
		return
	}
	shown := false
	for i := range step.Fields {
		f := &step.Fields[i]
		_, kept := w.left[f.Key]
		shown = shown || w.asked[f.Key] || kept
		if w.asked[f.Key] && kept {
			if p := w.recheck(f); p != nil {
				w.invalid[f.Key] = p
			}
		}
	}
	if shown {
		w.steps = append(w.steps, step)
	}
}

// recheck reads a kept answer again: a draft of last month may hold a day that is past by now.
func (w *walk) recheck(f *service.Field) *problem {
	k := kindFor(f)
	typed, ok := k.write(w.left[f.Key])
	if !ok {
		return &problem{id: "form.answer"}
	}
	_, p := k.read(w, f, typed)
	if p == nil {
		p = w.ownChecks(f)
	}
	return p
}

// ownChecks are the definition's own rules for an answer; one that needs what is not there yet passes.
func (w *walk) ownChecks(f *service.Field) *problem {
	for _, check := range f.Checks {
		holds, err := w.rules.Meets(check.Rule, w.ruleInputs())
		if err != nil || !holds {
			return &problem{id: "form.answer", text: check.Say.In(w.Lang)}
		}
	}
	return nil
}

// right tells whether a question needs nothing more.
func (w *walk) right(f *service.Field) bool {
	_, kept := w.left[f.Key]
	return w.invalid[f.Key] == nil && (kept || f.Optional)
}

// complete tells whether a step needs nothing more.
func (w *walk) complete(step *service.Step) bool {
	for i := range step.Fields {
		if f := &step.Fields[i]; w.asked[f.Key] && !w.right(f) {
			return false
		}
	}
	return true
}

// current is the index of the step to show: the wanted one unless an earlier one is not complete. An empty draft opens
// at its first step, even when nothing there must be answered.
func (w *walk) current() int {
	if w.Step == "" && len(w.Answers) == 0 {
		return 0
	}
	first := len(w.steps)
	for i, step := range w.steps {
		if !w.complete(step) {
			first = i
			break
		}
	}
	for i, step := range w.steps {
		if step.Key == w.Step {
			return min(i, first)
		}
	}
	return first
}

func (w *walk) missing() []Missing {
	var out []Missing
	for _, step := range w.steps {
		for i := range step.Fields {
			if f := &step.Fields[i]; w.asked[f.Key] && !w.right(f) {
				out = append(out, Missing{Step: step.Key, Field: f.Key, Label: f.Label.In(w.Lang)})
			}
		}
	}
	return out
}

// problem is what is wrong with an answer.
type problem struct {
	part   string
	id     string
	params []string // pairs
	text   string   // the definition's own words
	label  string   // of the question inside an entry; empty: the field's
}

func (p *problem) field(f *service.Field, w *walk) fault.Field {
	out := fault.Field{Name: controlName(f.Key, p.part), ID: p.id, Text: p.text, Params: map[string]string{"label": f.Label.In(w.Lang)}}
	if p.label != "" {
		out.Params["label"] = p.label
	}
	for i := 0; i+1 < len(p.params); i += 2 {
		out.Params[p.params[i]] = p.params[i+1]
	}
	return out
}

func controlName(field, part string) string {
	if part == "" {
		return field
	}
	return field + "." + part
}
