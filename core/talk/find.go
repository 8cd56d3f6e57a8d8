package talk

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/form"
	"posad.city/core/service"
)

// stage is what a conversation is about now.
type stage int

const (
	asking stage = iota
	another
	checking
	consent
	stopped
)

// spot is where a conversation stands.
type spot struct {
	stage stage
	view  form.View // of the step of the question; of the check after the last one
	field form.FieldView
	group *form.FieldView // the group inside whose entry the question stands; for another: the group itself
	part  string          // of a question that is asked in parts: name, birth, snils, flat, plate
	all   []placed        // every question that can be answered now, in order
}

// placed is a question with its step.
type placed struct {
	view  form.View
	field form.FieldView
}

// find tells where a conversation stands.
func find(in form.Input, d Dialogue) (spot, error) {
	out := spot{}
	in.Step = ""
	first, err := form.Show(in)
	if err != nil {
		return out, err
	}
	for _, step := range first.Steps {
		view, reached, err := showStep(in, d, step.Key)
		if err != nil {
			return out, err
		}
		if !reached {
			break
		}
		for _, f := range view.Fields {
			out.all = append(out.all, placed{view, f})
		}
	}
	if out.wanted(d) || out.open(d) {
		return out, out.remember(in)
	}
	in.Step = form.CheckStep
	if out.view, err = form.Show(in); err != nil {
		return out, err
	}
	switch {
	case out.view.Obstacle != nil:
		out.stage = stopped
	case d.Agreed:
		out.stage = consent
	default:
		out.stage = checking
	}
	return out, nil
}

// showStep shows a step, with an empty entry in the group that gets one more. False: its turn has not come.
func showStep(in form.Input, d Dialogue, step string) (form.View, bool, error) {
	in.Step = step
	view, err := form.Show(in)
	if err != nil || view.Current >= len(view.Steps) || view.Steps[view.Current].Key != step {
		return view, false, err
	}
	at := slices.IndexFunc(view.Fields, func(f form.FieldView) bool { return f.Key == d.Adding })
	if d.Adding == "" || at < 0 {
		return view, true, nil
	}
	in.Typed = maps.Clone(in.Typed)
	if in.Typed == nil {
		in.Typed = map[string]form.Typed{}
	}
	in.Typed[d.Adding] = oneMore(view.Fields[at])
	view, err = form.Show(in)
	return view, true, err
}

// oneMore is what stands in a group, with an empty entry at its end.
func oneMore(f form.FieldView) form.Typed {
	out := form.Typed{"count": {strconv.Itoa(len(f.Entries) + 1)}, "_open": {"yes"}}
	for _, entry := range f.Entries {
		for _, inner := range entry.Fields {
			for _, c := range inner.Controls {
				out[strings.TrimPrefix(c.Name, f.Key+".")] = []string{c.Value}
			}
			for _, o := range inner.Options {
				if o.Chosen {
					name := strings.TrimPrefix(inner.Key, f.Key+".")
					out[name] = append(slices.Clone(out[name]), o.Value)
				}
			}
		}
	}
	return out
}

// remember brings back what the city has for a question whose reply was refused: it can still be confirmed.
func (s *spot) remember(in form.Input) error {
	f := s.field
	parted := f.Type == service.TypeAddress || f.Type == service.TypePerson || f.Type == service.TypeVehicle
	if s.stage != asking || s.group != nil || f.Fault == nil || parted || in.Typed[f.Key] == nil {
		return nil
	}
	in.Step, in.Typed = stepKey(s.view), maps.Clone(in.Typed)
	delete(in.Typed, f.Key)
	view, err := form.Show(in)
	if err != nil {
		return err
	}
	for _, one := range view.Fields {
		if one.Key == f.Key && one.Source != nil {
			one.Fault = f.Fault
			s.field = one
		}
	}
	return nil
}

// wanted goes to the question that the person wants to answer again.
func (s *spot) wanted(d Dialogue) bool {
	if d.Change == "" {
		return false
	}
	for i, one := range s.all {
		if one.field.Key == d.Change {
			s.at(i, one.field, nil)
			if one.field.Type == service.TypeGroup {
				s.stage, s.group = another, &s.all[i].field
			}
			return true
		}
		for _, entry := range one.field.Entries {
			for _, inner := range entry.Fields {
				if inner.Key == d.Change {
					s.at(i, inner, &s.all[i].field)
					return true
				}
			}
		}
	}
	return false
}

func (s *spot) at(i int, f form.FieldView, group *form.FieldView) {
	s.stage, s.view, s.field, s.group = asking, s.all[i].view, f, group
	s.part = partOf(f)
}

// open goes to the first question that waits for an answer.
func (s *spot) open(d Dialogue) bool {
	for i, one := range s.all {
		f := one.field
		if f.Type == service.TypeGroup {
			if s.openGroup(d, i) {
				return true
			}
			continue
		}
		more := f.Type == service.TypeFile && f.Answered && len(f.Files) < f.MaxFiles && !slices.Contains(d.Passed, f.Key)
		if !f.Answered && !(f.Optional && slices.Contains(d.Passed, f.Key)) || more {
			s.at(i, f, nil)
			return true
		}
	}
	return false
}

func (s *spot) openGroup(d Dialogue, i int) bool {
	group := &s.all[i].field
	for _, entry := range group.Entries {
		for _, inner := range entry.Fields {
			if !inner.Answered && !(inner.Optional && slices.Contains(d.Passed, inner.Key)) {
				s.at(i, inner, group)
				return true
			}
		}
	}
	whole := slices.Contains(d.Passed, group.Key) && (group.Answered || group.Optional)
	if group.Add != "" && !slices.Contains(d.Passed, group.Key) || !whole && !group.Answered {
		s.stage, s.view, s.field, s.group = another, s.all[i].view, *group, group
		return true
	}
	return false
}

// partOf tells which part of a question is to be asked: the one that is wrong, else the first.
func partOf(f form.FieldView) string {
	wrong := ""
	if f.Fault != nil {
		wrong = strings.TrimPrefix(strings.TrimPrefix(f.Fault.Name, f.Key), ".")
	}
	switch f.Type {
	case service.TypePerson:
		switch {
		case strings.HasPrefix(wrong, "birth"):
			return "birth"
		case wrong == "snils":
			return "snils"
		}
		return "name"
	case service.TypeAddress:
		if wrong == "flat" && controlOf(f, "") != "" {
			return "flat"
		}
	case service.TypeVehicle:
		if wrong == "plate" && len(f.Options) > 0 {
			return "plate"
		}
	}
	return ""
}

// controlOf is what stands in a part of a question.
func controlOf(f form.FieldView, part string) string {
	name := f.Key
	if part != "" {
		name += "." + part
	}
	for _, c := range f.Controls {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// valueOf is what stands in a question, as form.BindJSON takes it; nil: nothing.
func valueOf(f form.FieldView) any {
	var chosen []any
	for _, o := range f.Options {
		if o.Chosen {
			chosen = append(chosen, o.Value)
		}
	}
	switch {
	case f.Type == service.TypeChoices && len(chosen) > 0:
		return chosen
	case len(chosen) > 0 && f.Type != service.TypeVehicle:
		return chosen[0]
	case len(chosen) > 0 && controlOf(f, "plate") == "":
		return chosen[0]
	case f.Type == service.TypeAddress && controlOf(f, "id") != "":
		return map[string]any{"id": controlOf(f, "id"), "text": controlOf(f, ""), "flat": controlOf(f, "flat")}
	}
	parts, any := map[string]any{}, false
	for _, c := range f.Controls {
		if part := strings.TrimPrefix(strings.TrimPrefix(c.Name, f.Key), "."); part != "id" {
			parts[part] = c.Value
			any = any || c.Value != ""
		}
	}
	if !any {
		return nil
	}
	if text, single := parts[""]; single && len(parts) == 1 {
		return text
	}
	return parts
}

// entries are a group's entries as form.BindJSON takes them.
func entries(group *form.FieldView) []any {
	out := []any{}
	for i, entry := range group.Entries {
		one := map[string]any{}
		for _, inner := range entry.Fields {
			if value := valueOf(inner); value != nil {
				one[strings.TrimPrefix(inner.Key, group.Key+"."+strconv.Itoa(i)+".")] = value
			}
		}
		out = append(out, one)
	}
	return out
}

// answered puts the value of a question into what form.BindJSON takes; nil clears it.
func (s *spot) answered(value any) map[string]any {
	if s.group == nil {
		return map[string]any{s.field.Key: value}
	}
	list := entries(s.group)
	rest := strings.TrimPrefix(s.field.Key, s.group.Key+".")
	index, key, _ := strings.Cut(rest, ".")
	if i, err := strconv.Atoi(index); err == nil && i < len(list) {
		one, _ := list[i].(map[string]any)
		if value == nil {
			delete(one, key)
		} else {
			one[key] = value
		}
	}
	return map[string]any{s.group.Key: list}
}

// leaves are the keys of the questions in order, those inside entries included.
func (s *spot) leaves() []string {
	var out []string
	for _, one := range s.all {
		if one.field.Type != service.TypeGroup {
			out = append(out, one.field.Key)
			continue
		}
		for _, entry := range one.field.Entries {
			for _, inner := range entry.Fields {
				out = append(out, inner.Key)
			}
		}
		if len(one.field.Entries) == 0 {
			out = append(out, one.field.Key)
		}
	}
	return out
}

// numbered are the questions by the number that the answers read back give them: 4, or 4.1.2 inside an entry.
func (s *spot) numbered() map[string]string {
	out := map[string]string{}
	for i, one := range s.all {
		number := strconv.Itoa(i + 1)
		out[number] = one.field.Key
		for j, entry := range one.field.Entries {
			for k, inner := range entry.Fields {
				out[number+"."+strconv.Itoa(j+1)+"."+strconv.Itoa(k+1)] = inner.Key
			}
		}
	}
	return out
}
