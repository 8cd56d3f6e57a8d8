package search

import (
	"errors"
	"sync/atomic"

	"posad.city/kit/lang"
)

// Doc is a public thing that people look for.
type Doc struct {
	ID       string                     // unique; what Hit gives back
	Title    lang.Text                  // weighs most
	Asked    map[lang.Language][]string // what people call it and how they ask for it; weighs almost as much
	Summary  lang.Text
	Body     lang.Text
	Topics   []string // keys for the filter
	Audience []string // keys for the filter
	Weight   float64  // how much it counts beside others that fit as well; 1 when zero
}

// Group is a group of words or short phrases, at most three words each, in both languages.
type Group struct {
	Words []string // what is typed
	Finds []string // what a text may say instead; empty: any other of Words
}

// Settings of an index.
type Settings struct {
	// Missed is told each query that found nothing, masked, so that an editor can add the words. May be nil. It is called
	// by the searching goroutine and must be quick.
	Missed func(query string)
}

// Options of one search.
type Options struct {
	Topic    string // only documents with this topic; empty for all
	Audience string // only documents for this audience; empty for all
	From     int    // how many hits to leave out
	Limit    int    // how many hits to give; 10 when zero, at most 100
}

// Hit is a document that was found.
type Hit struct {
	ID      string
	Score   float64
	Matched []Match // in the order of the query
}

// How tells in what way a word of a query led to a word of a text.
type How string

// The ways to a match.
const (
	Same    How = "same"    // the same word, in whatever form
	Synonym How = "synonym" // a word that means the same
	Layout  How = "layout"  // typed in the other keyboard layout
	Latin   How = "latin"   // typed in Latin letters
	Typo    How = "typo"    // a letter or two differ
	Kin     How = "kin"     // a word that begins alike, of the same root as a rule
	Begins  How = "begins"  // the last word was not finished
)

// The bounds of a search.
const (
	maxQuery  = 200 // letters of a query that are read
	maxWords  = 16  // words of a query that are read
	maxPhrase = 3   // words of a synonym
	maxBegins = 50  // stems that an unfinished word may stand for
	maxLimit  = 100
)

// Match says why a document was found.
type Match struct {
	Typed string // word of the query, as typed
	Found string // the word of the text
	How   How
}

// Index holds the documents. Make it with New.
type Index struct {
	settings Settings
	current  atomic.Pointer[snapshot]
}

// ErrDoc is the cause of a refused document.
var ErrDoc = errors.New("search: a document needs an id of its own and a title in both languages")

// New returns an index with no documents.
func New(settings Settings) (*Index, error) {
	x := &Index{settings: settings}
	return x, x.Replace(nil, nil)
}

// Replace makes the documents, with the words that mean the same in them, the whole content of the index. Searches see
// the old set until the new one is ready, and an error leaves the old set in place.
func (x *Index) Replace(docs []Doc, synonyms []Group) error {
	next, err := build(docs, synonyms)
	if err != nil {
		return err
	}
	x.current.Store(next)
	return nil
}

// Close lets the memory go. A search after it finds nothing.
func (x *Index) Close() error {
	x.current.Store(nil)
	return nil
}

// Search finds documents, best first; equal ones in the order of their ids. The number counts all that fit, beyond the
// limit too. An empty query finds nothing.
func (x *Index) Search(query string, options Options) ([]Hit, int, error) {
	s := x.current.Load()
	if s == nil {
		return nil, 0, nil
	}
	wanted := s.understand(query)
	if len(wanted) == 0 {
		return nil, 0, nil
	}
	hits, total := s.find(wanted, options)
	if total == 0 && x.settings.Missed != nil {
		x.settings.Missed(mask(query))
	}
	return hits, total, nil
}
