package search

import (
	"slices"
	"strings"

	"posad.city/kit/lang"
)

// wish is one word of a query with the stems that would answer it.
type wish struct {
	typed string
	stems map[string]How // stem → the way that led to it; the best way wins
}

// weights of the ways to a match.
var weights = map[How]float64{Same: 1, Layout: 0.95, Latin: 0.85, Synonym: 0.7, Typo: 0.6, Begins: 0.5}

// understand turns a query into wishes. Where no word is known as typed, the whole query is tried in the other keyboard
// layout.
func (s *snapshot) understand(query string) []wish {
	text := normal(clip(query))
	wishes := s.wishes(text, Same)
	if !s.anyKnown(wishes) {
		if other := s.wishes(otherLayout(text), Layout); s.anyKnown(other) {
			wishes = other
		}
	}
	s.addSynonyms(wishes)
	s.begins(wishes)
	for i := range wishes {
		if len(wishes[i].stems) == 0 {
			s.guess(&wishes[i])
		}
	}
	return wishes
}

// wishes are the meaningful words of a text, each with its own stems as far as the index knows them.
func (s *snapshot) wishes(text string, how How) []wish {
	var out []wish
	for _, word := range split(text) {
		w := wish{typed: word, stems: map[string]How{}}
		meaning := false
		for _, l := range lang.All() {
			stem := s.stem(l, word)
			meaning = meaning || stem != "" && l == scriptOf(word)
			if s.known[stem] {
				w.stems[stem] = how
			}
		}
		if meaning && len(out) < maxWords {
			out = append(out, w)
		}
	}
	return out
}

func (s *snapshot) anyKnown(wishes []wish) bool {
	return slices.ContainsFunc(wishes, func(w wish) bool {
		if len(w.stems) > 0 {
			return true
		}
		_, ok := s.synonyms[s.stem(scriptOf(w.typed), w.typed)]
		return ok
	})
}

// addSynonyms looks up each run of one to three words.
func (s *snapshot) addSynonyms(wishes []wish) {
	stems := make([]string, len(wishes))
	for i, w := range wishes {
		stems[i] = s.stem(scriptOf(w.typed), w.typed)
	}
	for length := 1; length <= 3; length++ {
		for i := 0; i+length <= len(wishes); i++ {
			for _, stem := range s.synonyms[strings.Join(stems[i:i+length], " ")] {
				for k := i; k < i+length; k++ {
					wishes[k].add(stem, Synonym, s.known)
				}
			}
		}
	}
}

// add keeps a stem of the index, unless a better way to it is known.
func (w *wish) add(stem string, how How, known map[string]bool) {
	if old, ok := w.stems[stem]; known[stem] && (!ok || weights[how] > weights[old]) {
		w.stems[stem] = how
	}
}

// guess finds stems for a word that the index does not know: Latin letters for Cyrillic, wrong letters in this layout,
// then in the other.
func (s *snapshot) guess(w *wish) {
	if scriptOf(w.typed) == lang.English {
		cyrillic := fromLatin.Replace(w.typed)
		if stem := s.stem(lang.Russian, cyrillic); s.known[stem] {
			w.stems[stem] = Latin
			return
		}
		for stem := range s.near(cyrillic) {
			w.add(stem, Latin, s.known)
		}
	}
	for stem := range s.near(w.typed) {
		w.add(stem, Typo, s.known)
	}
	if len(w.stems) == 0 {
		for stem := range s.near(otherLayout(w.typed)) {
			w.add(stem, Layout, s.known)
		}
	}
}

// near are the stems of the words closest to a word, by letters of the words or of their stems, within what its length
// allows.
func (s *snapshot) near(word string) map[string]bool {
	limit := allowed(len([]rune(word)))
	best := map[string]bool{}
	typed, typedStem := []rune(word), []rune(s.stem(scriptOf(word), word))
	for _, candidate := range s.words {
		for _, stem := range s.stems[candidate] {
			d := distance(typed, []rune(candidate), limit)
			ofStems := min(limit, allowed(len(typedStem)))
			if between := distance(typedStem, []rune(stem), ofStems); ofStems > 0 && between <= ofStems {
				d = min(d, between)
			}
			if d > limit {
				continue
			}
			if d < limit {
				clear(best)
				limit = d
			}
			best[stem] = true
		}
		if limit == 0 {
			break
		}
	}
	return best
}

// shortest beginning of a word that is worth completing.
const shortestBeginning = 3

// begins lets the last word be unfinished.
func (s *snapshot) begins(wishes []wish) {
	if len(wishes) == 0 {
		return
	}
	w := &wishes[len(wishes)-1]
	if len([]rune(w.typed)) < shortestBeginning {
		return
	}
	from, _ := slices.BinarySearch(s.words, w.typed)
	for _, word := range s.words[from:] {
		if !strings.HasPrefix(word, w.typed) || len(w.stems) > 50 {
			break
		}
		for _, stem := range s.stems[word] {
			w.add(stem, Begins, s.known)
		}
	}
}
