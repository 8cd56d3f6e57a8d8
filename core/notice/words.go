package notice

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// words are what a notice says, in every language.
type words struct {
	Title  lang.Text `json:"-"`
	Text   lang.Text `json:"text"`
	Action lang.Text `json:"action"`
}

// compose takes each part from the notice's own words, or else from the locale under its kind.
func compose(texts *lang.Catalogue, n Notice) (words, error) {
	var out words
	for _, part := range []struct {
		own  lang.Text
		key  string
		to   *lang.Text
		must bool
	}{{n.Title, ".title", &out.Title, true}, {n.Text, ".text", &out.Text, true}, {n.Action, ".action", &out.Action, false}} {
		key := n.Kind + part.key
		switch {
		case !part.own.IsZero():
			*part.to = lang.Text{RU: fill(lang.Russian, part.own.RU, n.Params), EN: fill(lang.English, part.own.EN, n.Params)}
		case texts.Has(key):
			args := pairs(n.Params)
			*part.to = lang.Text{RU: texts.Text(lang.Russian, key, args...), EN: texts.Text(lang.English, key, args...)}
		case part.must:
			return out, fmt.Errorf("notice: no words under the key %s", key)
		default:
			*part.to = lang.Text{RU: texts.Text(lang.Russian, "notice.open"), EN: texts.Text(lang.English, "notice.open")}
		}
	}
	out.Title = lang.Text{RU: oneLine(out.Title.RU), EN: oneLine(out.Title.EN)}
	if out.Title.RU == "" || out.Title.EN == "" || out.Text.RU == "" || out.Text.EN == "" {
		return out, errors.New("notice: a title or text is empty")
	}
	return out, nil
}

func pairs(params map[string]any) []any {
	out := make([]any, 0, 2*len(params))
	for name, value := range params {
		out = append(out, name, value)
	}
	return out
}

// fill puts the arguments into a service's own words: {number} becomes the argument of that name; an unknown one stays.
func fill(l lang.Language, text string, params map[string]any) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var list []string
	for name, value := range params {
		list = append(list, "{"+name+"}", say(l, value))
	}
	return strings.NewReplacer(list...).Replace(text)
}

func say(l lang.Language, value any) string {
	switch v := value.(type) {
	case lang.Localised:
		return v.In(l)
	case calendar.Date:
		return lang.Date(l, v)
	case int:
		return lang.Number(l, int64(v))
	case int64:
		return lang.Number(l, v)
	}
	return fmt.Sprint(value)
}

// oneLine makes a text fit for a subject: whatever is not printed becomes a space, and spaces come singly.
func oneLine(text string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.FieldsFunc(clean, func(r rune) bool { return r == ' ' }), " ")
}

// paragraphs parts a text at its empty lines.
func paragraphs(text string) []string {
	parts := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}
