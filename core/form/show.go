package form

import (
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/fault"
)

// Show is the form now. The error is a rule that could not be computed, which the check of definitions keeps out.
func Show(in Input) (View, error) {
	w, err := newWalk(in)
	if err != nil {
		return View{}, err
	}
	return w.show()
}

func (w *walk) show() (View, error) {
	in := w.Input
	v := View{Service: in.Service.Key, Current: w.current(), Missing: w.missing(), Draft: w.draft()}
	stop, err := w.stop()
	if err != nil {
		return View{}, err
	}
	if stop >= 0 && v.Current > stop {
		v.Current = stop
	}
	v.Stopped = stop >= 0
	v.Steps = w.stepViews(v.Current, stop)
	if v.Current < len(w.steps) {
		w.fields(&v, w.steps[v.Current])
	}
	w.progress(&v)
	obstacle, err := w.rules.Obstacle(w.inputs)
	if err != nil {
		return View{}, err
	}
	if obstacle != nil {
		v.Obstacle = &ObstacleView{obstacle.Key, obstacle.Because.In(in.Lang), obstacle.Instead.In(in.Lang)}
	}
	charge, err := w.rules.Charge(w.inputs)
	v.Charge, v.ChargeKnown = charge, err == nil
	v.Can = moves(&v)
	return v, nil
}

// After is the step to go to when the current one is saved: the next one, or CheckStep after the last. Where the form has
// stopped it is the current one, which tells why.
func (v View) After() string {
	if v.Stopped {
		return v.Steps[v.Current].Key
	}
	if v.Current+1 < len(v.Steps) {
		return v.Steps[v.Current+1].Key
	}
	return CheckStep
}

// Before is the step before the current one; empty at the first.
func (v View) Before() string {
	if v.Current == 0 || v.Current > len(v.Steps) {
		return ""
	}
	return v.Steps[v.Current-1].Key
}

func (w *walk) stepViews(current, stop int) []StepView {
	out := make([]StepView, len(w.steps))
	reachable := true
	for i, step := range w.steps {
		state := StepAhead
		switch {
		case i == current:
			state = StepCurrent
		case reachable && w.complete(step):
			state = StepDone
		case reachable:
			state = StepOpen
		}
		reachable = reachable && w.complete(step) && i != stop
		out[i] = StepView{step.Key, step.Title.In(w.Lang), step.Lead.In(w.Lang), state, step.Eligibility}
	}
	return out
}

// fields shows the questions of the current step and what is known instead of asked.
func (w *walk) fields(v *View, step *service.Step) {
	for i := range step.Fields {
		f := &step.Fields[i]
		if w.asked[f.Key] {
			field := w.fieldView(f)
			v.Faults = append(v.Faults, field.faults()...)
			v.Fields = append(v.Fields, field)
		} else if value, ok := w.left[f.Key]; ok {
			v.Known = append(v.Known, KnownValue{f.Key, f.Label.In(w.Lang), kindFor(f).words(w, f, value), w.source(f)})
		}
	}
}

func (w *walk) progress(v *View) {
	for _, step := range w.steps {
		for i := range step.Fields {
			f := &step.Fields[i]
			if !w.asked[f.Key] {
				continue
			}
			v.Total++
			if w.right(f) {
				v.Done++
			}
		}
	}
}

func moves(v *View) []Move {
	var out []Move
	if v.Current < len(v.Steps) {
		out = append(out, Save)
		if !v.Stopped {
			out = append(out, Next)
		}
	}
	if v.Current > 0 {
		out = append(out, Back)
	}
	if len(v.Missing) == 0 && v.Obstacle == nil {
		out = append(out, Submit)
	}
	return out
}

// fieldView shows a question: what was typed and refused, else the answer, else what the city knows.
func (w *walk) fieldView(f *service.Field) FieldView {
	out := w.blankView(f)
	if f.Type == service.TypeGroup {
		w.groupView(f, &out)
		return out
	}
	typed, p := w.shownAnswer(f, kindFor(f), &out)
	w.fill(f, &out, typed, p)
	return out
}

// blankView is a question without what is answered.
func (w *walk) blankView(f *service.Field) FieldView {
	return FieldView{
		Key: f.Key, Type: f.Type, Label: f.Label.In(w.Lang), Hint: f.Hint.In(w.Lang), Why: f.Why.In(w.Lang), Optional: f.Optional,
		Limit: textLimit(f), Accept: f.Accept, MaxBytes: maxBytes(f), MaxFiles: f.MaxFiles, Suggest: f.Type == service.TypeAddress,
	}
}

// fill puts what was typed, and what is wrong with it, into a question.
func (w *walk) fill(f *service.Field, out *FieldView, typed Typed, p *problem) {
	k := kindFor(f)
	for _, part := range k.parts(f) {
		control := Control{
			Name: controlName(f.Key, part.name), Value: typed.first(part.name), Kind: part.kind, InputMode: part.inputMode,
			Autocomplete: part.autocomplete, Width: part.width, Invalid: p != nil && (p.part == part.name || p.part == ""),
		}
		if part.label != "" {
			control.Label = say(w.Lang, part.label)
		}
		out.Controls = append(out.Controls, control)
	}
	out.Options = k.options(w, f, typed)
	if p != nil {
		wrong := p.field(f, w)
		out.Fault = &wrong
	}
	if f.Type == service.TypeFile {
		out.Files = w.files(typed[""])
	}
	if f.Type == service.TypeSlot && w.Open[f.Key].Unknown {
		out.Empty = say(w.Lang, "form.slot_unknown")
	} else if f.Type == service.TypeSlot && len(out.Options) == 0 {
		out.Empty = say(w.Lang, "form.slot_none")
	}
}

// faults are all that is wrong with a question: its own, and those inside its entries.
func (f FieldView) faults() []fault.Field {
	var out []fault.Field
	if f.Fault != nil {
		out = append(out, *f.Fault)
	}
	for _, entry := range f.Entries {
		for _, inner := range entry.Fields {
			out = append(out, inner.faults()...)
		}
	}
	return out
}

// shownAnswer is what stands in the controls of a question, and what is wrong with it.
func (w *walk) shownAnswer(f *service.Field, k kind, out *FieldView) (Typed, *problem) {
	if typed, ok := w.Typed[f.Key]; ok {
		_, p := k.read(w, f, typed)
		if p == nil && empty(typed) && !f.Optional {
			p = k.missing()
		}
		return typed, p
	}
	if value, ok := w.left[f.Key]; ok {
		out.Answered = w.invalid[f.Key] == nil
		out.Shown = k.words(w, f, value)
		typed, _ := k.write(value)
		return typed, w.invalid[f.Key]
	}
	if value, ok := w.rules.KnownAnswer(f, w.inputs); ok {
		source := w.source(f)
		out.Source = &source
		typed, _ := k.write(value)
		return typed, nil
	}
	return Typed{}, nil
}

// source tells where a field's known value comes from.
func (w *walk) source(f *service.Field) Source {
	if f.Value != "" {
		return Source{Kind: "computed", Name: say(w.Lang, "form.word.computed")}
	}
	path := strings.Split(f.Known, ".")
	if len(path) == 3 && path[0] == "facts" {
		if certificate, ok := w.Service.Certificate(path[1]); ok {
			return w.registerSource(certificate)
		}
	}
	return Source{Kind: "account", Name: say(w.Lang, "form.word.account")}
}

func (w *walk) registerSource(c *service.Certificate) Source {
	out := Source{Kind: "register", Day: w.Facts[c.Key].Day}
	if register, ok := w.City.Register(c.Register); ok {
		out.Name = register.Title.In(w.Lang)
		if agency, ok := w.City.Agency(register.Agency); ok {
			out.Agency = agency.Short.In(w.Lang)
		}
	}
	return out
}

// CheckAnswers is the summary before submission: every answer in words, and what the city knows.
func CheckAnswers(in Input) (Summary, error) {
	w, err := newWalk(in)
	if err != nil {
		return Summary{}, err
	}
	var out Summary
	for _, step := range w.steps {
		s := SummaryStep{Key: step.Key, Title: step.Title.In(in.Lang)}
		for i := range step.Fields {
			if line, ok := w.line(&step.Fields[i]); ok {
				s.Lines = append(s.Lines, line)
			}
		}
		out.Steps = append(out.Steps, s)
	}
	return out, nil
}

func (w *walk) line(f *service.Field) (SummaryLine, bool) {
	value, kept := w.left[f.Key]
	if !kept && !w.asked[f.Key] {
		return SummaryLine{}, false
	}
	line := SummaryLine{Field: f.Key, Label: f.Label.In(w.Lang)}
	if kept {
		line.Value = kindFor(f).words(w, f, value)
		line.Entries = w.entryLines(f, value)
	}
	if !w.asked[f.Key] {
		source := w.source(f)
		line.Source = &source
	}
	return line, true
}

// AnswerWords is a canonical answer in words, for a case's page, a desk and a document. An empty text means that the
// value is not one of the field.
func AnswerWords(in Input, f *service.Field, value any) string {
	return kindFor(f).words(&walk{Input: in}, f, value)
}

func empty(t Typed) bool {
	for part, values := range t {
		if part != "id" && slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" }) {
			return false
		}
	}
	return true
}

func (t Typed) first(part string) string {
	if values := t[part]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func textLimit(f *service.Field) int {
	if f.Type == service.TypeText || f.Type == service.TypeLongText {
		_, most := lengths(f)
		return most
	}
	return 0
}
