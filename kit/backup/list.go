package backup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"posad.city/kit/id"
)

// entry is a file of kit/blob in a copy.
type entry struct {
	id    id.ID
	at    int64 // when the file was made, microseconds since 1970
	size  int64
	sha   string
	where string // blobs/ab/ID-TIME.blob
}

const blobSuffix = ".blob"

func newEntry(blob id.ID, at, size int64, sha string) entry {
	name := blob.String()
	return entry{blob, at, size, sha, path.Join("blobs", name[len(name)-2:], name+"-"+strconv.FormatInt(at, 10)+blobSuffix)}
}

// group is the folder of the entry, ab.
func (e entry) group() string { return path.Base(path.Dir(e.where)) }

// home is where the file lies in a city's own folder: ab/ID.blob.
func (e entry) home() string { return path.Join(e.group(), e.id.String()+blobSuffix) }

func (e entry) line() string {
	return e.where + " " + strconv.FormatInt(e.size, 10) + " " + e.sha + "\n"
}

// before orders entries as lists have them.
func (e entry) before(o entry) bool {
	if a, b := e.group(), o.group(); a != b {
		return a < b
	}
	return e.id.String() < o.id.String()
}

var errList = errors.New("backup: the list of files is not in its form")

func parseEntry(line string) (entry, error) {
	words := strings.Split(line, " ")
	if len(words) != 3 {
		return entry{}, errList
	}
	name, ok := strings.CutSuffix(path.Base(words[0]), blobSuffix)
	at := strings.LastIndexByte(name, '-')
	if !ok || at < 0 {
		return entry{}, errList
	}
	blob, err := id.Parse(name[:at])
	if err != nil || blob.IsZero() {
		return entry{}, errList
	}
	made, err := strconv.ParseInt(name[at+1:], 10, 64)
	if err != nil {
		return entry{}, errList
	}
	size, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil || size < 0 || !isSum(words[2]) {
		return entry{}, errList
	}
	if out := newEntry(blob, made, size, words[2]); out.line() == line+"\n" {
		return out, nil
	}
	return entry{}, errList
}

// lister reads a list in its order, one entry ahead.
type lister struct {
	scan *bufio.Scanner
	next *entry
	err  error
	from io.Closer
}

// newLister reads a list; nil reads as an empty one.
func newLister(r io.ReadCloser) *lister {
	if r == nil {
		return new(lister)
	}
	l := &lister{scan: bufio.NewScanner(r), from: r}
	l.advance()
	return l
}

func (l *lister) advance() {
	last := l.next
	l.next = nil
	if l.err != nil || !l.scan.Scan() {
		if l.err == nil {
			l.err = l.scan.Err()
		}
		return
	}
	e, err := parseEntry(l.scan.Text())
	if err == nil && last != nil && !last.before(e) {
		err = errList
	}
	if err != nil {
		l.err = err
		return
	}
	l.next = &e
}

// take gives the entry of the id, if the list has one; entries before it are passed to skipped, which may be nil.
func (l *lister) take(e entry, skipped func(entry) error) (entry, bool, error) {
	for l.next != nil && l.next.before(e) {
		if skipped != nil {
			if err := skipped(*l.next); err != nil {
				return entry{}, false, err
			}
		}
		l.advance()
	}
	if l.err != nil || l.next == nil || l.next.id != e.id {
		return entry{}, false, l.err
	}
	out := *l.next
	l.advance()
	return out, true, l.err
}

// each gives all that is left.
func (l *lister) each(fn func(entry) error) error {
	for l.next != nil {
		if err := fn(*l.next); err != nil {
			return err
		}
		l.advance()
	}
	return l.err
}

func (l *lister) close() error {
	if l.from == nil {
		return nil
	}
	if err := l.from.Close(); err != nil {
		return fmt.Errorf("backup: list of files: %w", err)
	}
	return nil
}
