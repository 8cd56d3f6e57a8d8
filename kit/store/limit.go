package store

import (
	"regexp"
	"strconv"
	"sync"
)

// limit writes the bound of a list into SQLite's text. SQLite plans by the value that is bound to a LIMIT, and therefore
// prepares the statement anew each time that one is bound, the same value too; written out, the prepared statement stays.
type limit struct {
	param      int    // number of the argument that is the bound
	head, tail string // of the text, around its placeholder

	mu    sync.RWMutex
	texts map[int64]string
}

// limitTexts is how many bounds of one query are written out: each costs a prepared statement on every connection that
// meets it. Further ones are bound.
const limitTexts = 8

var (
	limitMark       = regexp.MustCompile(`\bLIMIT \?([0-9]+)`)
	litePlaceholder = regexp.MustCompile(`\?[0-9]+`)
)

// newLimit finds the bound of a statement; nil when there is none, or when its argument is used elsewhere too.
func newLimit(lite string) *limit {
	found := limitMark.FindAllStringSubmatchIndex(lite, -1)
	if len(found) != 1 {
		return nil
	}
	at := found[0]
	mark := lite[at[2]-1 : at[3]]
	uses := 0
	for _, other := range litePlaceholder.FindAllString(lite, -1) {
		if other == mark {
			uses++
		}
	}
	param, err := strconv.Atoi(mark[1:])
	if err != nil || uses != 1 {
		return nil
	}
	return &limit{param: param, head: lite[:at[2]-1], tail: lite[at[3]:], texts: map[int64]string{}}
}

// text is the statement with the bound written out; false: bind it.
func (l *limit) text(values []any) (string, bool) {
	if l == nil {
		return "", false
	}
	most, ok := values[l.param-1].(int64)
	if !ok || most < 0 {
		return "", false
	}
	l.mu.RLock()
	text, ok := l.texts[most]
	full := len(l.texts) >= limitTexts
	l.mu.RUnlock()
	if ok || full {
		return text, ok
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.texts) < limitTexts {
		// Safety: the only thing put into the text is a whole number.
		l.texts[most] = l.head + strconv.FormatInt(most, 10) + l.tail
	}
	text, ok = l.texts[most]
	return text, ok
}
