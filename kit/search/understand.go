package search

import (
	"slices"
	"strings"
)

// wish is one word of a query with the stems that would answer it.
type wish struct {
	typed  string
	weight float64 // how much an answer says
	stems  map[string]way
}

// way is how a word led to a stem.
type way struct {
	how    How
	weight float64 // from 0 to 1
}

// weights of the ways to a match.
var weights = map[How]float64{Same: 1, Layout: 0.95, Latin: 0.85, Typo: 0.8, Synonym: 0.7, Kin: 0.5, Begins: 0.45}

// understand turns a query into wishes. Where the words make more sense in the other keyboard layout, it is read so.
func (s *snapshot) understand(query string) []wish {
	text := normal(clip(query))
	wishes := s.wishes(text, Same)
	if other := s.wishes(otherLayout(text), Layout); s.knows(other) > s.knows(wishes) {
		wishes = other
	}
	s.begins(wishes)
	for i := range wishes {
		if len(wishes[i].stems) == 0 && !s.related(wishes[i].typed) {
			s.guess(&wishes[i])
		}
	}
	s.addSynonyms(wishes)
	for i := range wishes {
		s.weighWish(&wishes[i])
	}
	return wishes
}

// weighWish: a word counts by the rarity of what it leads to.
func (s *snapshot) weighWish(w *wish) {
	own := 0.0
	for stem, way := range w.stems {
		if way.how != Begins && way.how != Synonym && way.how != Kin {
			own = max(own, s.stems[stem].rarity)
		}
	}
	for stem, way := range w.stems {
		switch {
		case own == 0:
			w.weight = max(w.weight, s.stems[stem].rarity)
		case way.how == Synonym:
			w.weight = max(w.weight, s.stems[stem].rarity*way.weight)
		}
	}
	w.weight = max(w.weight, own)
	if len(w.stems) == 0 {
		w.weight = s.average * emphasis(stemOf(w.typed))
	}
}

// wishes are the meaningful words of a text, each with its own stem if the index knows it.
func (s *snapshot) wishes(text string, how How) []wish {
	var out []wish
	for _, typed := range split(text) {
		stem := stemOf(typed)
		if stem == "" || len(out) == maxWords {
			continue
		}
		w := wish{typed: typed, stems: map[string]way{}}
		w.add(s, stem, how, 1)
		out = append(out, w)
	}
	return out
}

// knows counts the letters of the words that the index or the synonyms know.
func (s *snapshot) knows(wishes []wish) int {
	letters := 0
	for _, w := range wishes {
		if len(w.stems) > 0 || s.related(w.typed) {
			letters += len([]rune(w.typed))
		}
	}
	return letters
}

func (s *snapshot) related(typed string) bool { return len(s.synonyms[stemOf(typed)]) > 0 }

// addSynonyms looks up each run of one to three words, by what they are understood as.
func (s *snapshot) addSynonyms(wishes []wish) {
	typed, stems, sure := make([]string, len(wishes)), make([]string, len(wishes)), make([]float64, len(wishes))
	for i, w := range wishes {
		typed[i] = stemOf(w.typed)
		stems[i], sure[i] = typed[i], 1
		if s.stems[typed[i]] == nil && !s.related(w.typed) {
			stems[i], sure[i] = w.best(typed[i])
		}
	}
	for length := 1; length <= maxPhrase; length++ {
		for i := 0; i+length <= len(wishes); i++ {
			run := wishes[i : i+length]
			if same := s.synonyms[strings.Join(typed[i:i+length], " ")]; same != nil {
				s.relate(run, same, 1)
			} else {
				s.relate(run, s.synonyms[strings.Join(stems[i:i+length], " ")], slices.Min(sure[i:i+length]))
			}
		}
	}
}

// relate lets each word of a run find what the run is related to.
func (s *snapshot) relate(run []wish, relations []relation, sure float64) {
	for _, to := range relations {
		for k := range run {
			run[k].add(s, to.stem, Synonym, to.weight*sure)
		}
	}
}

// best is the stem that a word leads to most surely, and how surely; or else the given one.
func (w *wish) best(otherwise string) (string, float64) {
	best, weight := otherwise, 0.0
	for stem, way := range w.stems {
		if way.weight > weight || way.weight == weight && stem < best {
			best, weight = stem, way.weight
		}
	}
	return best, weight
}

// add keeps a stem of the index, unless a better way to it is known.
func (w *wish) add(s *snapshot, stem string, how How, part float64) {
	weight := weights[how] * part
	if s.stems[stem] != nil && weight > w.stems[stem].weight {
		w.stems[stem] = way{how, weight}
	}
}

// guess finds stems for a word that the index does not know: wrong letters, Latin letters for Cyrillic, the other
// layout, a word of the same root.
func (s *snapshot) guess(w *wish) {
	numbers, off := s.spelling.plain.near(w.typed)
	for _, number := range numbers {
		w.add(s, s.words[number].stem, Typo, 1-0.1*float64(off))
	}
	if len(numbers) == 0 {
		numbers, off = s.spelling.stems.near(stemOf(w.typed))
		for _, number := range numbers {
			w.add(s, s.words[number].stem, Typo, 0.9-0.1*float64(off))
		}
	}
	how, spelt := Typo, sound(w.typed)
	if spelt == "" {
		how, spelt = Latin, fold.Replace(w.typed)
	}
	if numbers, off := s.spelling.sounds.near(spelt); numbers != nil && (len(w.stems) == 0 || off == 0) {
		for _, number := range numbers {
			w.add(s, s.words[number].stem, how, 1-0.1*float64(off))
		}
	}
	if len(w.stems) == 0 {
		other := otherLayout(w.typed)
		if stem := stemOf(other); s.stems[stem] != nil {
			w.add(s, stem, Layout, 1)
			return
		}
		numbers, _ := s.spelling.plain.near(other)
		for _, number := range numbers {
			w.add(s, s.words[number].stem, Layout, 0.9)
		}
	}
	if len(w.stems) == 0 {
		s.kin(w)
	}
}

// The least that words of one root share at their beginning: letters, and a part of the longer stem.
const (
	kinLetters = 4
	kinPart    = 0.6
)

// kin finds stems that begin as the word's own does: for "таксовать" what is said of a "такси".
func (s *snapshot) kin(w *wish) {
	own := []rune(stemOf(w.typed))
	if len(own) < kinLetters {
		return
	}
	start := string(own[:kinLetters])
	best := 0
	var found []string
	for _, number := range s.spelling.beginning(s.words, start) {
		stem := []rune(s.words[number].stem)
		shared := 0
		for shared < min(len(own), len(stem)) && own[shared] == stem[shared] {
			shared++
		}
		if float64(shared) < kinPart*float64(max(len(own), len(stem))) || shared < best {
			continue
		}
		if shared > best {
			best, found = shared, found[:0]
		}
		found = append(found, string(stem))
	}
	for _, stem := range found {
		w.add(s, stem, Kin, 1)
	}
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
	for _, number := range s.spelling.beginning(s.words, w.typed) {
		if len(w.stems) > maxBegins {
			return
		}
		w.add(s, s.words[number].stem, Begins, 1)
	}
}

// beginning are the numbers of the words that begin with a text, in the order of letters.
func (l *spelling) beginning(words []word, text string) []int32 {
	from, _ := slices.BinarySearchFunc(l.sorted, text, func(number int32, text string) int { return strings.Compare(words[number].text, text) })
	to := from
	for to < len(l.sorted) && strings.HasPrefix(words[l.sorted[to]].text, text) {
		to++
	}
	return l.sorted[from:to]
}
