package lang

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"posad.city/kit/calendar"
)

// Localised is a value that knows its own words in a language: a Text, an amount of money.
type Localised interface {
	In(l Language) string
}

// countName is the argument that chooses the plural form.
const countName = "count"

// part is a piece of a text: words as they stand, or the name of an argument.
type part struct {
	words string
	name  string
}

// message is one text in one language: one sequence of parts, or one for each plural form.
type message struct {
	forms  [formCount][]part
	plural bool
}

var errBrace = errors.New("a brace stands for an argument such as {name}: small Latin letters, digits and underscores between { and }")

// parseParts splits a text at its placeholders.
func parseParts(text string) ([]part, error) {
	var parts []part
	for text != "" {
		open := strings.IndexAny(text, "{}")
		if open < 0 {
			return append(parts, part{words: text}), nil
		}
		if open > 0 {
			parts = append(parts, part{words: text[:open]})
		}
		length := strings.IndexByte(text[open:], '}')
		if length < 1 || !validName(text[open+1:open+length]) {
			return nil, errBrace
		}
		parts = append(parts, part{name: text[open+1 : open+length]})
		text = text[open+length+1:]
	}
	return parts, nil
}

func validName(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// names lists the arguments of the text, sorted, each once; count is left out of a plural text, which may spell it
// out ("one day") or not.
func (m *message) names() []string {
	var names []string
	for _, parts := range m.forms {
		for _, p := range parts {
			if p.name != "" && !(m.plural && p.name == countName) {
				names = append(names, p.name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// fill writes the text with its arguments; find tells the value of a name. A name without a value stays in its braces
// and is told to missed.
func (m *message) fill(l Language, find func(string) (any, bool), missed func(string)) string {
	parts := m.forms[formOne]
	if m.plural {
		value, _ := find(countName)
		n, ok := whole(value)
		if !ok {
			missed(countName)
		}
		parts = m.forms[l.plural(n)]
	}
	if len(parts) == 1 && parts[0].name == "" {
		return parts[0].words
	}
	var out strings.Builder
	for _, p := range parts {
		if p.name == "" {
			out.WriteString(p.words)
			continue
		}
		value, ok := find(p.name)
		if !ok {
			missed(p.name)
			value = "{" + p.name + "}"
		}
		out.WriteString(words(l, value))
	}
	return out.String()
}

// words says a value in the language: whole numbers are grouped, dates are spelled out.
func words(l Language, value any) string {
	switch v := value.(type) {
	case string:
		return v
	case Localised:
		return v.In(l)
	case calendar.Date:
		return Date(l, v)
	}
	if n, ok := whole(value); ok {
		return Number(l, n)
	}
	return fmt.Sprint(value)
}

// whole reads a count that came as a number or, out of a fault's parameters, as digits.
func whole(value any) (int64, bool) {
	switch v := value.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}
