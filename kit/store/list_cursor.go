package store

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/kit/id"
)

// cursor writes and reads the mark of a place in a list: the sort's values in the last row of a page. The mark is opaque
// and bound to the list, the sort and its direction; it opens nothing that the list would not show anyway, so it is
// checked for its form and not signed.
type cursor struct {
	list, sort string
	desc       bool
	columns    []sortColumn
}

// cursorMost bounds what is read: a mark of a sort by texts stays far below it.
const cursorMost = 4096

// print ties a mark to its list, sort and direction.
func (c cursor) print() uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "1\x00%s\x00%s\x00%v", c.list, c.sort, c.desc) // a hash never fails to write
	for _, column := range c.columns {
		_, _ = fmt.Fprintf(h, "\x00%s %s", column.name, column.kind)
	}
	return h.Sum32()
}

func (c cursor) write(row *Row) (string, error) {
	out := binary.BigEndian.AppendUint32(nil, c.print())
	for _, column := range c.columns {
		if row.Null(column.index) {
			return "", fmt.Errorf("column %s, by which it is sorted, holds NULL", column.name)
		}
		switch column.kind {
		case "UUID":
			v := row.ID(column.index)
			out = append(out, v[:]...)
		case "BIGINT":
			out = binary.BigEndian.AppendUint64(out, uint64(row.Int(column.index)))
		case "TIMESTAMPTZ":
			out = binary.BigEndian.AppendUint64(out, uint64(row.Time(column.index).UnixMicro()))
		case "BOOLEAN":
			out = append(out, 0)
			if row.Bool(column.index) {
				out[len(out)-1] = 1
			}
		case "TEXT":
			out = appendSized(out, []byte(row.Text(column.index)))
		default:
			out = appendSized(out, row.Bytes(column.index))
		}
	}
	if len(out) > cursorMost*3/4 {
		return "", errors.New("the values by which it is sorted are too long for a mark of a page")
	}
	return base64.RawURLEncoding.EncodeToString(out), nil
}

func appendSized(out, value []byte) []byte {
	return append(binary.AppendUvarint(out, uint64(len(value))), value...)
}

func (c cursor) read(mark string) ([]any, error) {
	if len(mark) > cursorMost {
		return nil, ErrCursor.Because(errors.New("store: the mark is too long"))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(mark)
	if err != nil {
		return nil, ErrCursor.Because(err)
	}
	in := &scanner{raw: raw}
	if binary.BigEndian.Uint32(in.take(4)) != c.print() {
		return nil, ErrCursor.Because(errors.New("store: the mark is of another list or sort"))
	}
	var out []any
	for _, column := range c.columns {
		out = append(out, in.value(column.kind))
	}
	if in.bad || len(in.raw) != 0 {
		return nil, ErrCursor.Because(errors.New("store: the mark has the wrong form"))
	}
	return out, nil
}

// scanner takes values off a mark. After the first that does not fit, bad is set and all values are empty.
type scanner struct {
	raw []byte
	bad bool
}

func (s *scanner) take(n int) []byte {
	if n > len(s.raw) || s.bad {
		s.bad = true
		return make([]byte, min(n, 16))
	}
	out := s.raw[:n]
	s.raw = s.raw[n:]
	return out
}

func (s *scanner) value(kind string) any {
	switch kind {
	case "UUID":
		return id.ID(s.take(16))
	case "BIGINT":
		return int64(binary.BigEndian.Uint64(s.take(8)))
	case "TIMESTAMPTZ":
		return s.moment()
	case "BOOLEAN":
		b := s.take(1)[0]
		s.bad = s.bad || b > 1
		return b == 1
	case "TEXT":
		text := string(s.sized())
		s.bad = s.bad || !utf8.ValidString(text) || strings.ContainsRune(text, 0)
		return text
	}
	return s.sized()
}

// moment takes a time that both engines can hold.
func (s *scanner) moment() time.Time {
	t := time.UnixMicro(int64(binary.BigEndian.Uint64(s.take(8)))).UTC()
	s.bad = s.bad || t.Before(timeLeast) || t.After(timeMost)
	return t
}

func (s *scanner) sized() []byte {
	n, used := binary.Uvarint(s.raw)
	if used <= 0 || n > uint64(len(s.raw)) {
		s.bad = true
		return nil
	}
	s.raw = s.raw[used:]
	return s.take(int(n))
}
