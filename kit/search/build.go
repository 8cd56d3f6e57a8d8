package search

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"posad.city/kit/lang"
)

// part is one of the texts of a document.
type part int

const (
	partTitle part = iota
	partAsked
	partSummary
	partBody
	parts
)

// weights of the parts: a word of a title says more than one of the body.
var partWeights = [parts]float64{8, 6, 2, 1}

// saturation is the weight at which a word counts half: one mention in a title is nearly all, ten in a body never are.
const saturation = 2.5

// snapshot is one immutable set of documents.
type snapshot struct {
	docs     []entry // by id
	words    []word
	byWord   map[string]int32
	stems    map[string]*term
	average  float64 // rarity of a word that nobody knows
	synonyms map[string][]relation
	phrases  []phrase
	openings []opening // to complete what is typed
	spelling spelling
}

// entry is a document as a search needs it.
type entry struct {
	id       string
	weight   float64
	topics   []string
	audience []string
}

// word is a word of the texts, in its normal form.
type word struct {
	text string
	stem string
}

// term is a stem with all its places.
type term struct {
	rarity  float64 // how much a match of it says: the fewer documents have it, the more
	entries []place
	phrases []int32 // titles and ways of asking that have it
	words   []int32
}

// place is a document that has a stem.
type place struct {
	doc    int32
	word   int32   // the word of the weightiest part, to show
	weight float32 // from 0 to 1
}

func build(docs []Doc, groups []Group) (*snapshot, error) {
	s := &snapshot{byWord: map[string]int32{}, stems: map[string]*term{}}
	seen := map[string]bool{}
	docs = slices.SortedFunc(slices.Values(docs), func(a, b Doc) int { return strings.Compare(a.ID, b.ID) })
	for i := range docs {
		doc := &docs[i]
		if doc.ID == "" || seen[doc.ID] || doc.Title.RU == "" || doc.Title.EN == "" {
			return nil, fmt.Errorf("%w: %q", ErrDoc, doc.ID)
		}
		seen[doc.ID] = true
		s.add(doc)
	}
	s.weigh()
	s.open()
	s.synonyms = s.learn(groups)
	s.spelling = newSpelling(s.words)
	return s, nil
}

// add takes a document in.
func (s *snapshot) add(doc *Doc) {
	number := int32(len(s.docs))
	weight := doc.Weight
	if weight == 0 {
		weight = 1
	}
	s.docs = append(s.docs, entry{doc.ID, weight, doc.Topics, doc.Audience})
	found := map[string]*tally{}
	for _, l := range lang.All() {
		s.count(found, partTitle, doc.Title.In(l))
		for _, asked := range doc.Asked[l] {
			s.count(found, partAsked, asked)
			s.addPhrase(asked, l, number)
		}
		s.count(found, partSummary, doc.Summary.In(l))
		s.count(found, partBody, doc.Body.In(l))
		s.addPhrase(doc.Title.In(l), l, number)
	}
	for stem, t := range found {
		at := s.stems[stem]
		sum := t.weight()
		at.entries = append(at.entries, place{number, t.word, float32(sum / (sum + saturation))})
	}
}

// tally is how often a document has a stem, by its parts.
type tally struct {
	word   int32
	counts [parts]int
}

func (t *tally) weight() float64 {
	sum := 0.0
	for p, n := range t.counts {
		sum += partWeights[p] * math.Log2(1+float64(n)) / 2
	}
	return sum
}

func (s *snapshot) count(found map[string]*tally, p part, text string) {
	for _, text := range split(normal(text)) {
		number, ok := s.learnWord(text)
		if !ok {
			continue
		}
		stem := s.words[number].stem
		t := found[stem]
		if t == nil {
			t = &tally{word: number}
			found[stem] = t
		}
		t.counts[p]++
	}
}

// learnWord numbers a word; false for one that carries no meaning alone (in, the).
func (s *snapshot) learnWord(text string) (int32, bool) {
	if number, ok := s.byWord[text]; ok {
		return number, true
	}
	stem := stemOf(text)
	if stem == "" {
		return 0, false
	}
	number := int32(len(s.words))
	s.words = append(s.words, word{text, stem})
	s.byWord[text] = number
	if s.stems[stem] == nil {
		s.stems[stem] = &term{}
	}
	s.stems[stem].words = append(s.stems[stem].words, number)
	return number, true
}

func (s *snapshot) addPhrase(text string, l lang.Language, doc int32) {
	number := int32(len(s.phrases))
	p := phrase{text: text, words: split(normal(text)), lang: l, doc: doc}
	s.phrases = append(s.phrases, p)
	for _, stem := range stemsOf(text) {
		at := s.stems[stem]
		if !slices.Contains(at.phrases, number) {
			at.phrases = append(at.phrases, number)
		}
	}
}

// weigh tells how much a match of each stem says, and how much there is to match in each phrase.
func (s *snapshot) weigh() {
	all, sum := float64(len(s.docs)), 0.0
	for stem, t := range s.stems {
		t.rarity = math.Log(1+(all-float64(len(t.entries))+0.5)/(float64(len(t.entries))+0.5)) * emphasis(stem)
		sum += t.rarity
		slices.SortFunc(t.entries, func(a, b place) int { return int(a.doc - b.doc) })
		for _, p := range t.phrases {
			s.phrases[p].weight += t.rarity
		}
	}
	s.average = sum / float64(max(len(s.stems), 1))
}

// relation is what a word or phrase of a query finds beside itself.
type relation struct {
	stem   string
	weight float64
}

// learn turns groups of synonyms into a lookup by stems.
func (s *snapshot) learn(groups []Group) map[string][]relation {
	out := map[string][]relation{}
	for _, group := range groups {
		finds := group.Finds
		if len(finds) == 0 {
			finds = group.Words
		}
		for _, from := range group.Words {
			key := strings.Join(stemsOf(from), " ")
			if key == "" {
				continue
			}
			for _, to := range finds {
				stems := stemsOf(to)
				for _, stem := range stems {
					if to != from && s.stems[stem] != nil && stem != key {
						out[key] = append(out[key], relation{stem, 1 / float64(len(stems))})
					}
				}
			}
		}
	}
	return out
}

// stemsOf are the stems of the meaningful words of a text, in its order.
func stemsOf(text string) []string {
	var out []string
	for _, word := range split(normal(text)) {
		if stem := stemOf(word); stem != "" {
			out = append(out, stem)
		}
	}
	return out
}
