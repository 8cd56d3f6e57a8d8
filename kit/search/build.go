package search

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/ru"
	"github.com/blevesearch/bleve/v2/mapping"

	"posad.city/kit/lang"
)

// field is a part of a document with its weight.
type field struct {
	name  string
	boost float64
}

// fields in the order of their weight; each is indexed once a language.
var fields = []field{{"title", 8}, {"asked", 6}, {"summary", 2}, {"body", 1}}

const (
	fieldTopic    = "topic"
	fieldAudience = "audience"
)

// snapshot is one immutable set of documents.
type snapshot struct {
	inUse     sync.RWMutex // held for reading by searches, for writing by close
	closed    bool
	index     bleve.Index
	analyzers map[lang.Language]analysis.Analyzer
	stems     map[string][]string // word of a text, normal form → its stems
	words     []string            // those words, sorted
	known     map[string]bool     // all stems
	synonyms  map[string][]string // stems of a phrase, joined by spaces → stems of what means the same
	phrases   []phrase
}

func (s *snapshot) close() error {
	s.inUse.Lock()
	defer s.inUse.Unlock()
	s.closed = true
	if err := s.index.Close(); err != nil {
		return fmt.Errorf("search: close: %w", err)
	}
	return nil
}

func build(docs []Doc, synonyms [][]string) (*snapshot, error) {
	index, err := bleve.NewMemOnly(newMapping())
	if err != nil {
		return nil, fmt.Errorf("search: index: %w", err)
	}
	s := &snapshot{index: index, stems: map[string][]string{}, known: map[string]bool{}, analyzers: map[lang.Language]analysis.Analyzer{
		lang.Russian: index.Mapping().AnalyzerNamed(ru.AnalyzerName),
		lang.English: index.Mapping().AnalyzerNamed(en.AnalyzerName),
	}}
	if err := s.addAll(docs); err != nil {
		return nil, err
	}
	for word := range s.stems {
		s.words = append(s.words, word)
	}
	slices.Sort(s.words)
	s.synonyms = s.learn(synonyms)
	return s, nil
}

func (s *snapshot) addAll(docs []Doc) error {
	batch := s.index.NewBatch()
	seen := map[string]bool{}
	for _, doc := range docs {
		if doc.ID == "" || seen[doc.ID] || doc.Title.RU == "" || doc.Title.EN == "" {
			return fmt.Errorf("%w: %q", ErrDoc, doc.ID)
		}
		seen[doc.ID] = true
		if err := batch.Index(doc.ID, s.entry(doc)); err != nil {
			return fmt.Errorf("search: %s: %w", doc.ID, err)
		}
	}
	if err := s.index.Batch(batch); err != nil {
		return fmt.Errorf("search: index: %w", err)
	}
	return nil
}

// entry is what bleve indexes of a document; the words are learnt on the way.
func (s *snapshot) entry(doc Doc) map[string]any {
	out := map[string]any{fieldTopic: doc.Topics, fieldAudience: doc.Audience}
	for _, l := range lang.All() {
		texts := map[string]string{
			"title": doc.Title.In(l), "asked": strings.Join(doc.Asked[l], ".\n"), "summary": doc.Summary.In(l), "body": doc.Body.In(l),
		}
		for name, text := range texts {
			text = normal(text)
			out[name+"_"+string(l)] = text
			for _, word := range split(text) {
				s.learnWord(l, word)
			}
		}
		for _, text := range append([]string{doc.Title.In(l)}, doc.Asked[l]...) {
			s.phrases = append(s.phrases, phrase{text, split(normal(text)), l, doc.ID})
		}
	}
	return out
}

func (s *snapshot) learnWord(l lang.Language, word string) {
	stem := s.stem(l, word)
	if stem == "" || slices.Contains(s.stems[word], stem) {
		return
	}
	s.stems[word] = append(s.stems[word], stem)
	s.known[stem] = true
}

// stem is the word without its endings; empty for a word that carries no meaning alone (in, the).
func (s *snapshot) stem(l lang.Language, word string) string {
	tokens := s.analyzers[l].Analyze([]byte(word))
	if len(tokens) == 0 {
		return ""
	}
	return string(tokens[0].Term)
}

// learn turns groups of synonyms into a lookup by stems.
func (s *snapshot) learn(groups [][]string) map[string][]string {
	out := map[string][]string{}
	for _, group := range groups {
		keys := make([]string, 0, len(group))
		for _, text := range group {
			if key := strings.Join(s.stemsOf(text), " "); key != "" {
				keys = append(keys, key)
			}
		}
		for _, from := range keys {
			for _, to := range keys {
				if from != to {
					out[from] = append(out[from], strings.Fields(to)...)
				}
			}
		}
	}
	return out
}

func (s *snapshot) stemsOf(text string) []string {
	var out []string
	for _, word := range split(normal(text)) {
		if stem := s.stem(scriptOf(word), word); stem != "" {
			out = append(out, stem)
		}
	}
	return out
}

func newMapping() mapping.IndexMapping {
	m := bleve.NewIndexMapping()
	m.DefaultMapping.Dynamic = false
	for _, f := range fields {
		m.DefaultMapping.AddFieldMappingsAt(f.name+"_ru", textField(ru.AnalyzerName))
		m.DefaultMapping.AddFieldMappingsAt(f.name+"_en", textField(en.AnalyzerName))
	}
	m.DefaultMapping.AddFieldMappingsAt(fieldTopic, textField(keyword.Name))
	m.DefaultMapping.AddFieldMappingsAt(fieldAudience, textField(keyword.Name))
	return m
}

func textField(analyzer string) *mapping.FieldMapping {
	f := bleve.NewTextFieldMapping()
	f.Analyzer, f.Store, f.IncludeInAll, f.DocValues, f.IncludeTermVectors = analyzer, false, false, false, true
	return f
}
