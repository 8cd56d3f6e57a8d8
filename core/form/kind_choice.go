package form

import (
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

// choiceKind asks for one of the options, or for several.
type choiceKind struct{ several bool }

func (choiceKind) parts(*service.Field) []part { return nil }
func (k choiceKind) missing() *problem {
	if k.several {
		return wrong("", "form.choices_missing")
	}
	return wrong("", "form.choice_missing")
}

func (choiceKind) options(w *walk, f *service.Field, typed Typed) []OptionView {
	var out []OptionView
	for _, o := range w.offered(f) {
		out = append(out, OptionView{Value: o.Key, Label: o.Label.In(w.Lang), Hint: o.Hint.In(w.Lang), Chosen: slices.Contains(typed[""], o.Key)})
	}
	return out
}

// offered are the options whose rules hold.
func (w *walk) offered(f *service.Field) []service.Option {
	return slices.DeleteFunc(slices.Clone(f.Options), func(o service.Option) bool {
		holds, err := w.rules.Holds(o.When, w.ruleInputs())
		return err != nil || !holds
	})
}

func (k choiceKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	offered := w.offered(f)
	var out []any
	for _, o := range offered { // in the order of the definition, each once, whatever the order of posting
		if slices.Contains(typed[""], o.Key) {
			out = append(out, o.Key)
		}
	}
	for _, value := range typed[""] {
		if value != "" && !slices.ContainsFunc(offered, func(o service.Option) bool { return o.Key == value }) {
			return nil, wrong("", "form.choice")
		}
	}
	switch {
	case len(out) == 0:
		return nil, k.missing()
	case k.several:
		return out, nil
	case len(out) > 1:
		return nil, wrong("", "form.choice_one")
	}
	return out[0], nil
}

func (k choiceKind) write(value any) (Typed, bool) {
	if text, ok := value.(string); ok && !k.several {
		return Typed{"": {text}}, true
	}
	list, ok := value.([]any)
	out := Typed{"": {}}
	for _, item := range list {
		text, isText := item.(string)
		ok = ok && isText
		out[""] = append(out[""], text)
	}
	return out, ok && k.several
}

func (choiceKind) words(w *walk, f *service.Field, value any) string {
	chosen, _ := value.([]any)
	if text, ok := value.(string); ok {
		chosen = []any{text}
	}
	var out []string
	for _, o := range f.Options {
		if slices.Contains(chosen, any(o.Key)) {
			out = append(out, o.Label.In(w.Lang))
		}
	}
	return strings.Join(out, "; ")
}

// yesNoKind asks yes or no.
type yesNoKind struct{}

func (yesNoKind) parts(*service.Field) []part { return nil }
func (yesNoKind) missing() *problem           { return wrong("", "form.yes_no_missing") }

func (yesNoKind) options(w *walk, _ *service.Field, typed Typed) []OptionView {
	chosen := typed.first("")
	return []OptionView{
		{Value: "yes", Label: say(w.Lang, "form.word.yes"), Chosen: chosen == "yes"},
		{Value: "no", Label: say(w.Lang, "form.word.no"), Chosen: chosen == "no"},
	}
}

func (yesNoKind) read(_ *walk, _ *service.Field, typed Typed) (any, *problem) {
	switch typed.first("") {
	case "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return nil, wrong("", "form.yes_no_missing")
}

func (yesNoKind) write(value any) (Typed, bool) {
	yes, ok := value.(bool)
	if yes {
		return Typed{"": {"yes"}}, ok
	}
	return Typed{"": {"no"}}, ok
}

func (yesNoKind) words(w *walk, _ *service.Field, value any) string {
	if yes, _ := value.(bool); yes {
		return say(w.Lang, "form.word.yes")
	}
	return say(w.Lang, "form.word.no")
}

// childKind asks for one of the applicant's children.
type childKind struct{}

func (childKind) parts(*service.Field) []part { return nil }
func (childKind) missing() *problem           { return wrong("", "form.child_missing") }

func (childKind) options(w *walk, _ *service.Field, typed Typed) []OptionView {
	var out []OptionView
	for _, c := range w.Children {
		view := OptionView{Value: c.ID, Label: childName(c).Full(w.Lang), Chosen: typed.first("") == c.ID}
		view.Hint = say(w.Lang, "form.word.born", "day", dateKind{}.words(w, nil, c.Birth))
		out = append(out, view)
	}
	return out
}

func childName(c service.Child) lang.Name {
	return lang.Name{Family: c.Name.Surname, Given: c.Name.Given, Patronymic: c.Name.Patronymic}
}

func (childKind) read(w *walk, _ *service.Field, typed Typed) (any, *problem) {
	for _, c := range w.Children {
		if c.ID == typed.first("") {
			return map[string]any{
				"id": c.ID, "birth": c.Birth, "snils": c.SNILS,
				"name": map[string]any{"surname": c.Name.Surname, "given": c.Name.Given, "patronymic": c.Name.Patronymic},
			}, nil
		}
	}
	return nil, wrong("", "form.child")
}

func (childKind) write(value any) (Typed, bool) {
	object, ok := value.(map[string]any)
	id, isText := object["id"].(string)
	return Typed{"": {id}}, ok && isText
}

func (childKind) words(w *walk, _ *service.Field, value any) string {
	object, _ := value.(map[string]any)
	name, _ := object["name"].(map[string]any)
	birth, _ := object["birth"].(string)
	return nameOf(name).Full(w.Lang) + ", " + dateKind{}.words(w, nil, birth)
}
