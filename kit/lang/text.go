package lang

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Text is a text that a data file carries in both languages itself:
//
//	title: {ru: Парковочное разрешение, en: Resident parking permit}
//
// Reading it from YAML or JSON fails when a language is missing, empty or unknown. The zero Text is "none": a field that
// may be left out has it.
type Text struct {
	RU string `json:"ru" yaml:"ru"`
	EN string `json:"en" yaml:"en"`
}

// ErrText is the cause of every refusal of a Text.
var ErrText = errors.New("a text needs both languages, for example {ru: Разрешение, en: Permit}")

// In is the text in the language.
func (t Text) In(l Language) string {
	if l == English {
		return t.EN
	}
	return t.RU
}

// IsZero tells whether there is no text.
func (t Text) IsZero() bool { return t == Text{} }

// UnmarshalYAML reads the mapping strictly; its errors carry the line and column.
func (t *Text) UnmarshalYAML(node ast.Node) error {
	pairs, ok := mapping(node)
	if !ok {
		return refuse(node, ErrText.Error())
	}
	var out Text
	for _, pair := range pairs {
		text, ok := textOf(pair.Value)
		if !ok {
			return refuse(pair.Value, "want a text here; put numbers and the words true, false, null in quotes")
		}
		switch keyOf(pair) {
		case "ru":
			out.RU = text
		case "en":
			out.EN = text
		default:
			return refuse(pair.Key, fmt.Sprintf("unknown language %q; %v", keyOf(pair), ErrText))
		}
	}
	if !out.whole() {
		return refuse(node, ErrText.Error())
	}
	*t = out
	return nil
}

// UnmarshalJSON reads the object strictly; null is the zero Text.
func (t *Text) UnmarshalJSON(content []byte) error {
	if string(content) == "null" {
		*t = Text{}
		return nil
	}
	if quick, ok := quickText(content); ok && quick.whole() {
		*t = quick
		return nil
	}
	type plain Text
	var out plain
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		return fmt.Errorf("%w: %w", ErrText, err)
	}
	if !Text(out).whole() {
		return ErrText
	}
	*t = Text(out)
	return nil
}

// quickText reads what MarshalJSON writes of texts without escapes, which is nearly every text that was stored; whatever else
// there is takes the long way.
func quickText(content []byte) (Text, bool) {
	rest, ok := bytes.CutPrefix(content, []byte(`{"ru":"`))
	ru, rest, cut := bytes.Cut(rest, []byte(`","en":"`))
	en, end := bytes.CutSuffix(rest, []byte(`"}`))
	plain := func(text []byte) bool {
		return !bytes.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' || r == utf8.RuneError })
	}
	if !ok || !cut || !end || !plain(ru) || !plain(en) {
		return Text{}, false
	}
	return Text{RU: string(ru), EN: string(en)}, true
}

func (t Text) whole() bool {
	return strings.TrimSpace(t.RU) != "" && strings.TrimSpace(t.EN) != ""
}

func refuse(node ast.Node, message string) error {
	return &yaml.SyntaxError{Message: message, Token: node.GetToken()}
}
