package search

import (
	"errors"
	"fmt"
	"sync"
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
}

// Settings of an index.
type Settings struct {
	// Synonyms are groups of words or short phrases that mean the same to a searcher, in both languages: a query with one
	// finds texts with any other. At most three words each.
	Synonyms [][]string
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
	Same     How = "same"    // the same word, in whatever form
	Synonym  How = "synonym" // a word that means the same
	Layout   How = "layout"  // typed in the other keyboard layout
	Latin    How = "latin"   // typed in Latin letters
	Typo     How = "typo"    // a letter or two differ
	Begins   How = "begins"  // the last word was not finished
	maxQuery     = 200       // letters of a query that are read
	maxWords     = 16        // words of a query that are read
	maxLimit     = 100
)

// Match says why a document was found.
type Match struct {
	Typed string // word of the query, as typed
	Found string // stem of the text's word
	How   How
}

// Index holds the documents. Make it with New.
type Index struct {
	settings Settings
	replace  sync.Mutex
	current  atomic.Pointer[snapshot]
}

// ErrDoc is the cause of a refused document.
var ErrDoc = errors.New("search: a document needs an id of its own and a title in both languages")

// New returns an index with no documents.
func New(settings Settings) (*Index, error) {
	x := &Index{settings: settings}
	return x, x.Replace(nil)
}

// Replace makes the documents the whole content of the index. Searches see the old set until the new one is ready, and
// an error leaves the old set in place.
func (x *Index) Replace(docs []Doc) error {
	x.replace.Lock()
	defer x.replace.Unlock()
	next, err := build(docs, x.settings.Synonyms)
	if err != nil {
		return err
	}
	if old := x.current.Swap(next); old != nil {
		return old.close()
	}
	return nil
}

// Close lets the memory go. A search after it finds nothing.
func (x *Index) Close() error {
	x.replace.Lock()
	defer x.replace.Unlock()
	if old := x.current.Swap(nil); old != nil {
		return old.close()
	}
	return nil
}

// Search finds documents, best first; equal ones in the order of their ids. The number counts all that fit, beyond the
// limit too. An empty query finds nothing.
func (x *Index) Search(query string, options Options) ([]Hit, int, error) {
	s := x.hold()
	if s == nil {
		return nil, 0, nil
	}
	defer s.inUse.RUnlock()
	wanted := s.understand(query)
	if len(wanted) == 0 {
		return nil, 0, nil
	}
	hits, total, err := s.find(wanted, options)
	if err != nil {
		return nil, 0, fmt.Errorf("search: %w", err)
	}
	if total == 0 && x.settings.Missed != nil {
		x.settings.Missed(mask(query))
	}
	return hits, total, nil
}

// hold takes the present snapshot for reading, or nil after Close. A snapshot that was swapped out between the two
// steps is closed; then the next one is there.
func (x *Index) hold() *snapshot {
	for {
		s := x.current.Load()
		if s == nil {
			return nil
		}
		s.inUse.RLock()
		if !s.closed {
			return s
		}
		s.inUse.RUnlock()
	}
}
