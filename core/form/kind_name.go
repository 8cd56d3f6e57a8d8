package form

import (
	"strings"
	"unicode"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

// nameKind asks for a person's name in parts; the patronymic may be absent.
type nameKind struct{}

var nameParts = []part{
	{name: "surname", label: "form.word.surname", kind: "text", autocomplete: "family-name", width: 30},
	{name: "given", label: "form.word.given", kind: "text", autocomplete: "given-name", width: 30},
	{name: "patronymic", label: "form.word.patronymic", kind: "text", autocomplete: "additional-name", width: 30},
}

func (nameKind) parts(*service.Field) []part                       { return nameParts }
func (nameKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (nameKind) missing() *problem                                 { return wrong("surname", "form.name_missing") }

func (nameKind) read(_ *walk, _ *service.Field, typed Typed) (any, *problem) {
	out := map[string]any{}
	for _, p := range nameParts {
		text := strings.Join(strings.Fields(typed.first(p.name)), " ")
		if text == "" && p.name != "patronymic" {
			return nil, wrong(p.name, "form.name_"+p.name)
		}
		if !nameFits(text) {
			return nil, wrong(p.name, "form.name_letters")
		}
		out[p.name] = text
	}
	return out, nil
}

// nameFits lets letters of any alphabet, hyphens, apostrophes, dots and spaces through, up to 100 of them.
func nameFits(text string) bool {
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) && !strings.ContainsRune("-'’. ", r) {
			return false
		}
	}
	return len([]rune(text)) <= 100 && (text == "" || strings.ContainsFunc(text, unicode.IsLetter))
}

func (nameKind) write(value any) (Typed, bool) {
	object, ok := value.(map[string]any)
	out := Typed{}
	for _, p := range nameParts {
		text, isText := object[p.name].(string)
		if _, there := object[p.name]; there && !isText {
			ok = false
		}
		out[p.name] = []string{text}
	}
	return out, ok
}

func (nameKind) words(w *walk, _ *service.Field, value any) string {
	object, _ := value.(map[string]any)
	return nameOf(object).Full(w.Lang)
}

func nameOf(object map[string]any) lang.Name {
	text := func(key string) string {
		out, _ := object[key].(string)
		return out
	}
	return lang.Name{Family: text("surname"), Given: text("given"), Patronymic: text("patronymic")}
}
