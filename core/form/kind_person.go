package form

import (
	"strings"

	"posad.city/core/service"
)

// personKind asks for another person: name, date of birth and insurance number, by which the city finds them.
type personKind struct{}

const birthPart = "birth."

func (personKind) parts(f *service.Field) []part {
	out := make([]part, 0, 7)
	for _, p := range nameParts {
		p.autocomplete = "off" // it is somebody else's
		out = append(out, p)
	}
	for _, p := range (dateKind{}).parts(f) {
		p.name = birthPart + p.name
		out = append(out, p)
	}
	return append(out, part{name: "snils", label: "form.word.snils", kind: "text", inputMode: "numeric", width: 16})
}

func (personKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (personKind) missing() *problem                                 { return wrong("surname", "form.person_missing") }

func (personKind) read(w *walk, _ *service.Field, typed Typed) (any, *problem) {
	name, p := nameKind{}.read(w, nil, typed)
	if p != nil {
		return nil, p
	}
	birth, p := dateKind{birth: true}.read(w, &service.Field{}, bornTyped(typed))
	if p != nil {
		p.part = strings.TrimSuffix(birthPart+p.part, ".")
		return nil, p
	}
	if strings.TrimSpace(typed.first("snils")) == "" {
		return nil, wrong("snils", "form.snils_missing")
	}
	snils, fault := cleanSNILS(strings.TrimSpace(typed.first("snils")))
	if fault != "" {
		return nil, wrong("snils", "form."+fault)
	}
	if own := w.filler().SNILS; own != "" && own == snils {
		return nil, wrong("snils", "form.person_self")
	}
	return map[string]any{"name": name, "birth": birth, "snils": snils}, nil
}

// filler is who fills the form.
func (w *walk) filler() service.Person {
	if w.Signer != nil {
		return *w.Signer
	}
	return w.Applicant
}

// bornTyped are the controls of the date of birth; a whole day may stand in "birth", as the API gives it.
func bornTyped(typed Typed) Typed {
	out := Typed{}
	for part, values := range typed {
		if part == "birth" {
			out[""] = values
		} else if name, ok := strings.CutPrefix(part, birthPart); ok {
			out[name] = values
		}
	}
	return out
}

func (personKind) write(value any) (Typed, bool) {
	object, ok := value.(map[string]any)
	out, named := nameKind{}.write(object["name"])
	if !named {
		return nil, false
	}
	snils, hasSNILS := object["snils"].(string)
	out["snils"] = []string{showSNILS(snils)}
	birth, born := dateKind{}.write(object["birth"])
	for part, values := range birth {
		out[birthPart+part] = values
	}
	if text, isText := object["birth"].(string); !born && isText {
		out["birth"], born = bounded([]string{text}), true
	}
	return out, ok && hasSNILS && born
}

func (personKind) words(w *walk, _ *service.Field, value any) string {
	object, _ := value.(map[string]any)
	name, _ := object["name"].(map[string]any)
	birth, _ := object["birth"].(string)
	snils, _ := object["snils"].(string)
	return nameOf(name).Full(w.Lang) + ", " + dateKind{}.words(w, nil, birth) + ", " + showSNILS(snils)
}
