package form

import (
	"fmt"
	"slices"

	"posad.city/core/service"
)

// Precheck is what is asked before the form, without an account: may one apply at all?
type Precheck struct {
	View View // of the eligibility steps alone; Obstacle says why one may not, and what one can do instead
	May  bool // everything is answered and nothing stands in the way, as far as the answers tell
}

// Eligibility is the check before the form. The input needs no applicant; answers are bound by Bind and BindJSON as in
// the form, and View.Draft are those with which the form itself then begins.
func Eligibility(in Input) (Precheck, error) {
	w, err := newWalk(in)
	if err != nil {
		return Precheck{}, err
	}
	w.steps = slices.DeleteFunc(w.steps, func(p *service.Step) bool { return !p.Eligibility })
	v, err := w.show()
	if err != nil {
		return Precheck{}, err
	}
	v.Can = slices.DeleteFunc(v.Can, func(m Move) bool { return m == Submit })
	v.Draft = w.answersOf(w.steps)
	return Precheck{View: v, May: len(v.Missing) == 0 && v.Obstacle == nil}, nil
}

// stop is the index of the eligibility step at which an obstacle stands by what is answered up to there; -1: none. One is
// not led through a form that ends in a refusal.
func (w *walk) stop() (int, error) {
	for i, step := range w.steps {
		if !step.Eligibility {
			break
		}
		in := w.inputs
		in.Answers = w.answersOf(w.steps[:i+1])
		obstacle, err := w.rules.Obstacle(in)
		if err != nil {
			return -1, fmt.Errorf("form: %s: %w", w.Service.Key, err)
		}
		if obstacle != nil {
			return i, nil
		}
	}
	return -1, nil
}

// answersOf are the standing answers of some steps.
func (w *walk) answersOf(steps []*service.Step) service.Answers {
	out := service.Answers{}
	for _, step := range steps {
		for i := range step.Fields {
			if value, ok := w.left[step.Fields[i].Key]; ok {
				out[step.Fields[i].Key] = value
			}
		}
	}
	return out
}

// draft is what is submitted: all that is left of the answers, of a co-signer those of their own steps.
func (w *walk) draft() service.Answers {
	if w.Signer == nil {
		return w.left
	}
	return w.answersOf(w.steps)
}
