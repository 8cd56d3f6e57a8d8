package search

import (
	"slices"
	"strings"

	"posad.city/kit/lang"
)

// phrase is a title or a way of asking, offered as people type.
type phrase struct {
	text  string
	words []string
	lang  lang.Language
	id    string
}

// Suggestion completes what is being typed.
type Suggestion struct {
	Text string // a title or a way of asking, in the language asked for
	ID   string // of the document that it belongs to
}

// Suggest offers up to limit completions in the language: phrases in which each typed word begins a word, those that
// start with the first typed word before the rest, shorter before longer; one a document. The other keyboard layout is
// tried when nothing fits.
func (x *Index) Suggest(typed string, l lang.Language, limit int) []Suggestion {
	s := x.hold()
	if s == nil {
		return nil
	}
	defer s.inUse.RUnlock()
	text := normal(clip(typed))
	out := s.complete(split(text), l, limit)
	if len(out) == 0 {
		out = s.complete(split(otherLayout(text)), l, limit)
	}
	return out
}

func (s *snapshot) complete(typed []string, l lang.Language, limit int) []Suggestion {
	if len(typed) == 0 {
		return nil
	}
	var fits []phrase
	for _, p := range s.phrases {
		if p.lang == l && p.fits(typed) {
			fits = append(fits, p)
		}
	}
	slices.SortStableFunc(fits, func(a, b phrase) int {
		if first := a.starts(typed) - b.starts(typed); first != 0 {
			return -first
		}
		return len(a.text) - len(b.text)
	})
	var out []Suggestion
	seen := map[string]bool{}
	for _, p := range fits {
		if !seen[p.id] && len(out) < limit {
			seen[p.id] = true
			out = append(out, Suggestion{p.text, p.id})
		}
	}
	return out
}

func (p phrase) fits(typed []string) bool {
	for _, beginning := range typed {
		if !slices.ContainsFunc(p.words, func(word string) bool { return strings.HasPrefix(word, beginning) }) {
			return false
		}
	}
	return true
}

func (p phrase) starts(typed []string) int {
	if strings.HasPrefix(p.words[0], typed[0]) {
		return 1
	}
	return 0
}
