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
	nulls, rest := (len(columns)+7)/8, row
	if len(row) < nulls {
		return nil, fmt.Errorf("%w: it is cut off", ErrRow)
	}
	rest = row[nulls:]
	for i, c := range columns {
		if row[i/8]&(1<<(i%8)) != 0 {
			args = append(args, nil)
			continue
		}
		value, left, err := parseValue(c.Type, rest)
		if err != nil {
			return nil, fmt.Errorf("%w: column %s", err, c.Name)
		}
		args, rest = append(args, value), left
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%w: it is too long", ErrRow)
	}
	return args, nil
}

func parseValue(kind string, b []byte) (any, []byte, error) {
	switch kind {
	case "UUID":
		if len(b) < 16 {
			return nil, nil, ErrRow
		}
		return id.ID(b[:16]), b[16:], nil
	case "BOOLEAN":
		if len(b) < 1 || b[0] > 1 {
			return nil, nil, ErrRow
		}
		return b[0] == 1, b[1:], nil
	case "BIGINT", "TIMESTAMPTZ":
		v, n := binary.Varint(b)
		if n <= 0 {
			return nil, nil, ErrRow
		}
		if kind == "BIGINT" {
			return v, b[n:], nil
		}
		return time.UnixMicro(v).UTC(), b[n:], nil
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, ErrRow
	}
	value := b[n : n+int(size)]
	if kind == "TEXT" {
		return string(value), b[n+int(size):], nil
	}
	return value, b[n+int(size):], nil
}

// CheckRow tells whether bytes are a row of the table. The error is ErrRow.
func CheckRow(t Table, row []byte) error {
	_, err := parseRow(nil, t.Columns, row)
	return err
}
