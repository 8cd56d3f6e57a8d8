package vault

import (
	"bytes"
	"errors"
	"slices"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// FinderWords is how many words one statement of a Finder compares; the rest are asked of each thing that it finds.
const FinderWords = 4

// rareMost is how far the things of a word are counted to find the rarest.
const rareMost = 500

// newest is above every id.
var newest = id.ID(bytes.Repeat([]byte{0xff}, len(id.ID{})))

// Finder finds things by keyed words, which a module keeps in a table of its own: a row for each word of a thing. The module
// gives the queries.
type Finder struct {
	// Count counts the things that have a word, up to most.
	Count func(word Keyed, most int64) (int, error)
	// Page lists the things before one that have every word, at most most, the newest first. It should go through the first
	// word's and probe the others by key. Fewer words than FinderWords are filled up with the last.
	Page func(words [FinderWords]Keyed, before id.ID, most int64) ([]id.ID, error)
	// Has returns store.ErrNone when a thing has not the word.
	Has func(word Keyed, one id.ID) error
}

// Newest are the newest things that have every word, at most most; without words there are none. No word's own things are
// cut: those of the rarest are gone through, however many the others have.
func (f Finder) Newest(words []Keyed, most int) ([]id.ID, error) {
	if len(words) == 0 {
		return nil, nil
	}
	words, err := f.rarestFirst(words)
	if err != nil {
		return nil, err
	}
	var first [FinderWords]Keyed
	for i := range first {
		first[i] = words[min(i, len(words)-1)]
	}
	rest := words[min(FinderWords, len(words)):]
	var out []id.ID
	for before := newest; ; {
		page, err := f.Page(first, before, int64(most))
		if err != nil {
			return nil, err
		}
		for _, before = range page {
			has, err := f.hasAll(rest, before)
			if err != nil {
				return nil, err
			}
			if has {
				out = append(out, before)
			}
			if len(out) == most {
				return out, nil
			}
		}
		if len(page) < most {
			return out, nil
		}
	}
}

// rarestFirst puts the word first that the fewest things have, as far as rareMost of them tell.
func (f Finder) rarestFirst(words []Keyed) ([]Keyed, error) {
	if len(words) < 2 {
		return words, nil
	}
	best, fewest := 0, rareMost+1
	for i, word := range words {
		n, err := f.Count(word, rareMost)
		if err != nil {
			return nil, err
		}
		if n < fewest {
			best, fewest = i, n
		}
	}
	out := slices.Clone(words)
	out[0], out[best] = out[best], out[0]
	return out, nil
}

func (f Finder) hasAll(words []Keyed, one id.ID) (bool, error) {
	for _, word := range words {
		err := f.Has(word, one)
		if errors.Is(err, store.ErrNone) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
