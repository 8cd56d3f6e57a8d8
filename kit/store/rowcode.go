package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"posad.city/kit/id"
)

// ErrRow says that bytes are not a row of the table.
var ErrRow = errors.New("store: this is not a row of the table")

// A row of an export: a bit for each column that is NULL, then the values of the others. UUID is 16 bytes, BOOLEAN one,
// BIGINT and TIMESTAMPTZ (microseconds since 1970) a zigzag varint, everything else its length as a varint and its bytes.

// appendRow writes a row that either engine has read.
func appendRow(out []byte, columns []Column, r *Row) []byte {
	nulls := len(out)
	for range (len(columns) + 7) / 8 {
		out = append(out, 0)
	}
	for i, c := range columns {
		if r.Null(i) {
			out[nulls+i/8] |= 1 << (i % 8)
			continue
		}
		switch c.Type {
		case "UUID":
			value := r.ID(i)
			out = append(out, value[:]...)
		case "BOOLEAN":
			out = append(out, flag(r.Bool(i)))
		case "BIGINT":
			out = binary.AppendVarint(out, r.Int(i))
		case "TIMESTAMPTZ":
			out = binary.AppendVarint(out, r.micros(i))
		default:
			out = r.appendBytes(out, i)
		}
	}
	return out
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// micros reads a TIMESTAMPTZ as it lies.
func (r *Row) micros(i int) int64 {
	if r.lite != nil {
		return r.lite.ColumnInt64(i)
	}
	return r.Int(i) + postgresEpoch
}

// appendBytes writes a TEXT, BYTEA, SEALED or KEYED without a copy between.
func (r *Row) appendBytes(out []byte, i int) []byte {
	if r.lite == nil {
		out = binary.AppendUvarint(out, uint64(len(r.pg[i])))
		return append(out, r.pg[i]...)
	}
	n := r.lite.ColumnLen(i)
	out = binary.AppendUvarint(out, uint64(n))
	from := len(out)
	for range n {
		out = append(out, 0)
	}
	r.lite.ColumnBytes(i, out[from:])
	return out
}

// parseRow reads a row as arguments of an insert. What it returns lies in row's memory. The error is ErrRow.
func parseRow(args []any, columns []Column, row []byte) ([]any, error) {
	args = args[:0]
	err := cutRow(columns, row, func(c Column, value []byte) { args = append(args, valueOf(c.Type, value)) })
	if err != nil {
		return nil, err
	}
	return args, nil
}

// cutRow gives each column its bytes, nil for NULL. The error is ErrRow.
func cutRow(columns []Column, row []byte, each func(c Column, value []byte)) error {
	nulls := (len(columns) + 7) / 8
	if len(row) < nulls {
		return fmt.Errorf("%w: it is cut off", ErrRow)
	}
	rest := row[nulls:]
	for i, c := range columns {
		if row[i/8]&(1<<(i%8)) != 0 {
			each(c, nil)
			continue
		}
		from, to := span(c.Type, rest)
		if to < 0 {
			return fmt.Errorf("%w: column %s", ErrRow, c.Name)
		}
		each(c, rest[from:to:to])
		rest = rest[to:]
	}
	if len(rest) != 0 {
		return fmt.Errorf("%w: it is too long", ErrRow)
	}
	return nil
}

// span tells where a value lies at the beginning of b; to is -1 when none does.
func span(kind string, b []byte) (from, to int) {
	switch kind {
	case "UUID":
		if len(b) < 16 {
			return 0, -1
		}
		return 0, 16
	case "BOOLEAN":
		if len(b) < 1 || b[0] > 1 {
			return 0, -1
		}
		return 0, 1
	case "BIGINT", "TIMESTAMPTZ":
		if _, n := binary.Varint(b); n > 0 {
			return 0, n
		}
		return 0, -1
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return 0, -1
	}
	return n, n + int(size)
}

// valueOf makes an argument of a value's bytes.
func valueOf(kind string, b []byte) any {
	if b == nil {
		return nil
	}
	switch kind {
	case "UUID":
		return id.ID(b)
	case "BOOLEAN":
		return b[0] == 1
	case "BIGINT":
		v, _ := binary.Varint(b)
		return v
	case "TIMESTAMPTZ":
		v, _ := binary.Varint(b)
		return time.UnixMicro(v).UTC()
	case "TEXT":
		return string(b)
	}
	return b
}

// CheckRow tells whether bytes are a row of the table. It makes nothing of the values, since a whole copy is checked so. The
// error is ErrRow.
func CheckRow(t Table, row []byte) error {
	return cutRow(t.Columns, row, func(Column, []byte) {})
}
