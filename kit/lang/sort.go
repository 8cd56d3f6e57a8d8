package lang

import (
	"slices"
	"sync"

	"golang.org/x/text/collate"
)

// collators are pooled by language, since a collate.Collator serves one goroutine at a time.
var collators = map[Language]*sync.Pool{Russian: newPool(Russian), English: newPool(English)}

func newPool(l Language) *sync.Pool {
	return &sync.Pool{New: func() any { return collate.New(l.tag(), collate.Numeric) }}
}

func pool(l Language) *sync.Pool {
	if found, ok := collators[l]; ok {
		return found
	}
	return collators[Russian]
}

// Compare orders two texts as people of the language expect: negative, zero or positive.
func Compare(l Language, a, b string) int {
	p := pool(l)
	collator := p.Get().(*collate.Collator)
	defer p.Put(collator)
	return collator.CompareString(a, b)
}

// SortBy sorts items in place by their text in the language; equal texts keep their order.
func SortBy[T any](l Language, items []T, text func(T) string) {
	slices.SortStableFunc(items, func(a, b T) int { return Compare(l, text(a), text(b)) })
}
