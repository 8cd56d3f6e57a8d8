package search

import (
	"cmp"
	"slices"
	"strings"

	"posad.city/kit/lang"
)

// phrase is a title or a way of asking, offered as people type.
type phrase struct {
	text   string
	words  []string
	lang   lang.Language
	doc    int32
	weight float64 // the rarities of its stems, added up
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
	s := x.current.Load()
	if s == nil {
		return nil
	}
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
	var fits []*phrase
	last := int32(-1)
	for _, number := range s.fewest(typed) {
		if p := &s.phrases[number]; number != last && p.lang == l && p.fits(typed) {
			fits = append(fits, p)
		}
		last = number
	}
	slices.SortStableFunc(fits, func(a, b *phrase) int {
		if first := a.starts(typed) - b.starts(typed); first != 0 {
			return -first
		}
		return len(a.text) - len(b.text)
	})
	var out []Suggestion
	seen := map[int32]bool{}
	for _, p := range fits {
		if !seen[p.doc] && len(out) < limit {
			seen[p.doc] = true
			out = append(out, Suggestion{p.text, s.docs[p.doc].id})
		}
	}
	return out
}

// opening is a word of a phrase.
type opening struct {
	word   string
	phrase int32
}

// open lists the words of all phrases in the order of letters.
func (s *snapshot) open() {
	for i := range s.phrases {
		for _, word := range s.phrases[i].words {
			s.openings = append(s.openings, opening{word, int32(i)})
		}
	}
	slices.SortFunc(s.openings, func(a, b opening) int {
		return cmp.Or(strings.Compare(a.word, b.word), cmp.Compare(a.phrase, b.phrase))
	})
}

// fewest are the phrases, in their order, with a word that begins as the rarest of the typed ones.
func (s *snapshot) fewest(typed []string) []int32 {
	best := s.openings
	for _, beginning := range typed {
		from, _ := slices.BinarySearchFunc(s.openings, beginning, func(o opening, text string) int { return strings.Compare(o.word, text) })
		length, _ := slices.BinarySearchFunc(s.openings[from:], beginning, func(o opening, text string) int {
			if strings.HasPrefix(o.word, text) {
				return -1
			}
			return 1
		})
		if length < len(best) {
			best = s.openings[from : from+length]
		}
	}
	out := make([]int32, len(best))
	for i, o := range best {
		out[i] = o.phrase
	}
	slices.Sort(out)
	return out
}

func (p *phrase) fits(typed []string) bool {
	for _, beginning := range typed {
		if !slices.ContainsFunc(p.words, func(word string) bool { return strings.HasPrefix(word, beginning) }) {
			return false
		}
	}
	return true
}

func (p *phrase) starts(typed []string) int {
	if len(p.words) > 0 && strings.HasPrefix(p.words[0], typed[0]) {
		return 1
	}
	return 0
}
