package form

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/fault"
)

// Bounds of what is read of one posted form; more is cut off before parsing.
const (
	maxValues = 50     // values of one control
	maxValue  = 20_000 // bytes of one value
)

// Bind reads a page's posted step, the one named by in.Step: every question of it that is asked is answered by what was
// posted, and one that was not posted is cleared, as browsers post nothing for an empty choice. A question that only
// appears because of an answer in the same post is bound too.
//
// A post of the buttons AddName and RemoveName adds or removes an entry of a group: everything that was typed is kept, and
// what is still empty is not told as a fault. The step is then to be shown again.
func Bind(in Input, raw url.Values) (Bound, error) {
	b := binding{Input: in, open: Entering(in, raw)}
	return b.all(func(w *walk, f *service.Field) (Typed, bool) {
		if w.stepOf(f) != in.Step {
			return nil, false
		}
		if f.Type == service.TypeGroup {
			return postedEntries(f, raw), true
		}
		return postedTyped(kindFor(f), f, raw), true
	})
}

// BindJSON reads the API's answers, an object by field: a value is canonical (see service.Answers) or as a person would
// type it; null clears; a field that is not named stays. A field that the service does not have, or that is not asked,
// is a fault of that field. Only a text that is not a JSON object is an error: a *fault.Fault of the kind Invalid.
func BindJSON(in Input, raw []byte) (Bound, error) {
	values := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&values); err != nil || decoder.More() {
		return Bound{}, fault.New(fault.Invalid, "form.json").Because(err)
	}
	bound, err := binding{Input: in}.all(func(_ *walk, f *service.Field) (Typed, bool) {
		value, named := values[f.Key]
		if !named {
			return nil, false
		}
		if f.Type == service.TypeGroup {
			return jsonEntries(f, value), true
		}
		return jsonTyped(kindFor(f), value), true
	})
	if err != nil {
		return Bound{}, err
	}
	asked, _, err := in.City.Rules(in.Service.Key).Asked(in.inputs(bound.Answers))
	if err != nil {
		return Bound{}, err
	}
	bound.Faults = append(bound.Faults, unasked(in, values, asked, bound)...)
	return bound, nil
}

// unasked tells the fields of a JSON body that the form does not ask.
func unasked(in Input, values map[string]any, asked []string, bound Bound) []fault.Field {
	open := map[string]bool{}
	for _, key := range asked {
		open[key] = true
	}
	var out []fault.Field
	for _, key := range sortedKeys(values) {
		if open[key] || values[key] == nil {
			out = append(out, unaskedInside(in, key, values[key])...)
			continue
		}
		id := "form.not_asked"
		if _, ok := in.Service.Field(key); !ok {
			id = "form.no_field"
		}
		delete(bound.Answers, key)
		out = append(out, fault.Field{Name: key, ID: id, Params: map[string]string{"label": key}})
	}
	return out
}

// binding is one reading of answers. With open, what is still empty is not told as a fault.
type binding struct {
	Input
	open bool
}

// all goes through the form in order, so that a question opened by an earlier answer of the same post is read as well.
func (b binding) all(sent func(*walk, *service.Field) (Typed, bool)) (Bound, error) {
	in := b.Input
	out := Bound{Answers: maps.Clone(in.Answers), Typed: map[string]Typed{}}
	if out.Answers == nil {
		out.Answers = service.Answers{}
	}
	for i := range in.Service.Form.Steps {
		for j := range in.Service.Form.Steps[i].Fields {
			if err := b.field(&out, &in.Service.Form.Steps[i].Fields[j], sent); err != nil {
				return Bound{}, err
			}
		}
	}
	return out, nil
}

func (b binding) field(out *Bound, f *service.Field, sent func(*walk, *service.Field) (Typed, bool)) error {
	now := b.Input
	now.Answers, now.Typed = out.Answers, nil
	w, err := newWalk(now)
	if err != nil {
		return err
	}
	if !w.asked[f.Key] {
		return nil
	}
	typed, ok := sent(w, f)
	if !ok {
		return nil
	}
	if f.Type == service.TypeGroup {
		b.group(w, out, f, typed)
		return nil
	}
	answer, p := value(w, f, typed)
	switch {
	case b.open && empty(typed):
		delete(out.Answers, f.Key)
		return nil
	case p == nil && answer == nil:
		delete(out.Answers, f.Key)
	case p == nil:
		out.Answers[f.Key] = answer
		p = w.ownChecksWith(f, out.Answers)
	}
	if p != nil {
		delete(out.Answers, f.Key)
		out.Typed[f.Key] = typed
		out.Faults = append(out.Faults, p.field(f, w))
	}
	return nil
}

// value reads one question: the canonical answer, nil for an optional one left empty, or what is wrong.
func value(w *walk, f *service.Field, typed Typed) (any, *problem) {
	k := kindFor(f)
	if empty(typed) {
		if f.Optional {
			return nil, nil
		}
		return nil, k.missing()
	}
	return k.read(w, f, typed)
}

func (w *walk) ownChecksWith(f *service.Field, answers service.Answers) *problem {
	with := *w
	with.inputs = w.Input.inputs(answers)
	return with.ownChecks(f)
}

func (w *walk) stepOf(f *service.Field) string {
	for i := range w.Service.Form.Steps {
		for j := range w.Service.Form.Steps[i].Fields {
			if w.Service.Form.Steps[i].Fields[j].Key == f.Key {
				return w.Service.Form.Steps[i].Key
			}
		}
	}
	return ""
}

// postedTyped takes a question's controls out of a post.
func postedTyped(k kind, f *service.Field, raw url.Values) Typed {
	out := Typed{}
	take := func(part string) {
		if values, ok := raw[controlName(f.Key, part)]; ok {
			out[part] = bounded(values)
		}
	}
	take("")
	for _, part := range k.parts(f) {
		take(part.name)
	}
	return out
}

func bounded(values []string) []string {
	out := make([]string, 0, min(len(values), maxValues))
	for _, value := range values[:min(len(values), maxValues)] {
		out = append(out, strings.ToValidUTF8(value[:min(len(value), maxValue)], ""))
	}
	return out
}

// jsonTyped makes typed parts of a JSON value: canonical where it is, else a text or texts as typed.
func jsonTyped(k kind, value any) Typed {
	if value == nil {
		return Typed{}
	}
	if typed, ok := k.write(value); ok {
		return typed
	}
	switch v := value.(type) {
	case string:
		return Typed{"": bounded([]string{v})}
	case []any:
		out := Typed{"": {}}
		for _, item := range v[:min(len(v), maxValues)] {
			text, _ := item.(string)
			out[""] = append(out[""], bounded([]string{text})...)
		}
		return out
	case map[string]any:
		out := Typed{}
		for key, item := range v {
			if text, ok := item.(string); ok && len(out) < maxValues {
				out[key] = bounded([]string{text})
			}
		}
		return out
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return Typed{"": {"?"}}
	}
	return Typed{"": bounded([]string{string(encoded)})}
}
