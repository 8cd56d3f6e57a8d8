package seal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrCanonical says that a value has no canonical form: a text that is not UTF-8, or something other than texts, lists
// and objects.
var ErrCanonical = errors.New("seal: the value has no canonical form")

// Canonical writes a value made of string, bool, []any and map[string]any as canonical JSON (RFC 8785). Numbers are left
// out on purpose: languages differ on them, so they travel as texts.
func Canonical(v any) ([]byte, error) { return appendCanonical(nil, v) }

func appendCanonical(out []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case string:
		return appendText(out, x)
	case bool:
		return fmt.Append(out, x), nil
	case []any:
		return appendList(out, x)
	case map[string]any:
		return appendObject(out, x)
	}
	return nil, fmt.Errorf("%w: %T", ErrCanonical, v)
}

func appendList(out []byte, list []any) ([]byte, error) {
	out = append(out, '[')
	for i, item := range list {
		if i > 0 {
			out = append(out, ',')
		}
		next, err := appendCanonical(out, item)
		if err != nil {
			return nil, err
		}
		out = next
	}
	return append(out, ']'), nil
}

func appendObject(out []byte, object map[string]any) ([]byte, error) {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.SortFunc(names, compareNames)
	out = append(out, '{')
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		next, err := appendText(out, name)
		if err != nil {
			return nil, err
		}
		if next, err = appendCanonical(append(next, ':'), object[name]); err != nil {
			return nil, err
		}
		out = next
	}
	return append(out, '}'), nil
}

// compareNames is the order of RFC 8785, by UTF-16 units. Up to the surrogates it is the order of bytes.
func compareNames(a, b string) int {
	if low(a) && low(b) {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// low tells whether a name has nothing above ASCII, as those of every format of ours.
func low(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendText(out []byte, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%w: a text is not UTF-8", ErrCanonical)
	}
	out = append(out, '"')
	if strings.IndexFunc(text, escaped) < 0 {
		return append(append(out, text...), '"'), nil
	}
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\b':
			out = append(out, `\b`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\f':
			out = append(out, `\f`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r < 0x20:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"'), nil
}

// escaped tells whether a character is not written as it is.
func escaped(r rune) bool { return r < 0x20 || r == '"' || r == '\\' }
