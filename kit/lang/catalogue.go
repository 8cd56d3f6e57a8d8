package lang

import (
	"fmt"
	"maps"
	"slices"
)

// Catalogue holds every text of the house in every language. It is immutable and safe for concurrent use.
type Catalogue struct {
	texts  map[Language]map[string]*message
	report func(error)
}

// MissError is what Reporting tells: a text was asked for by a key, or needed an argument, that it does not have.
type MissError struct {
	Language Language
	Key      string
	Argument string // empty when the key itself is missing
}

// Error is for the log and for tests.
func (e *MissError) Error() string {
	if e.Argument == "" {
		return fmt.Sprintf("lang: no text %q; add it to locale/%s.yaml of its module", e.Key, e.Language)
	}
	return fmt.Sprintf("lang: text %q (%s) needs the argument %q", e.Key, e.Language, e.Argument)
}

// Reporting returns the same catalogue with a listener for misses: a test passes t.Error, the app its log. The listener
// is called at once, by the goroutine that asked.
func (c *Catalogue) Reporting(report func(error)) *Catalogue {
	return &Catalogue{texts: c.texts, report: report}
}

// Text is the text of the key in the language. args are pairs: "name", value, "name", value; a value may be a string, a
// whole number, a calendar.Date, anything Localised or anything that fmt prints. The argument count chooses the plural
// form. A missing key is shown as itself.
func (c *Catalogue) Text(l Language, key string, args ...any) string {
	return c.text(l, key, func(name string) (any, bool) {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				return args[i+1], true
			}
		}
		return nil, false
	})
}

// TextWith is Text with the arguments in a map, as a fault carries them.
func (c *Catalogue) TextWith(l Language, key string, params map[string]string) string {
	return c.text(l, key, func(name string) (any, bool) {
		value, ok := params[name]
		return value, ok
	})
}

func (c *Catalogue) text(l Language, key string, find func(string) (any, bool)) string {
	m := c.texts[l][key]
	if m == nil {
		c.miss(&MissError{Language: l, Key: key})
		return key
	}
	return m.fill(l, find, func(argument string) {
		c.miss(&MissError{Language: l, Key: key, Argument: argument})
	})
}

// Has tells whether the key exists. Load has made sure that it then exists in every language.
func (c *Catalogue) Has(key string) bool {
	return c.texts[Russian][key] != nil
}

// Keys lists all keys in order.
func (c *Catalogue) Keys() []string {
	return slices.Sorted(maps.Keys(c.texts[Russian]))
}

func (c *Catalogue) miss(err error) {
	if c.report != nil {
		c.report(err)
	}
}
