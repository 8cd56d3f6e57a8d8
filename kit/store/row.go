package store

import (
	"encoding/binary"
	"time"

	"posad.city/kit/id"
	"zombiezen.com/go/sqlite"
)

// Row is one row of a result, valid only inside the function that it is handed to. Columns are numbered from 0 and read
// by the type that the schema gives them; NULL reads as the zero value.
type Row struct {
	lite *sqlite.Stmt
	pg   [][]byte // PostgreSQL's binary format
}

// Null tells whether the column is NULL.
func (r *Row) Null(i int) bool {
	if r.lite != nil {
		return r.lite.ColumnIsNull(i)
	}
	return r.pg[i] == nil
}

// ID reads a UUID.
func (r *Row) ID(i int) id.ID {
	var out id.ID
	if r.lite != nil {
		r.lite.ColumnBytes(i, out[:])
		return out
	}
	copy(out[:], r.pg[i])
	return out
}

// Text reads a TEXT.
func (r *Row) Text(i int) string {
	if r.lite != nil {
		return r.lite.ColumnText(i)
	}
	return string(r.pg[i])
}

// Int reads a BIGINT.
func (r *Row) Int(i int) int64 {
	if r.lite != nil {
		return r.lite.ColumnInt64(i)
	}
	switch b := r.pg[i]; len(b) {
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b)))
	default:
		return 0
	}
}

// Bool reads a BOOLEAN.
func (r *Row) Bool(i int) bool {
	if r.lite != nil {
		return r.lite.ColumnInt64(i) != 0
	}
	b := r.pg[i]
	return len(b) == 1 && b[0] == 1
}

// postgresEpoch is the moment from which PostgreSQL counts microseconds, 2000-01-01, in microseconds since 1970.
const postgresEpoch = 946_684_800_000_000

// Time reads a TIMESTAMPTZ, in UTC, to the microsecond.
func (r *Row) Time(i int) time.Time {
	if r.lite != nil {
		if r.lite.ColumnIsNull(i) {
			return time.Time{}
		}
		return time.UnixMicro(r.lite.ColumnInt64(i)).UTC()
	}
	b := r.pg[i]
	if len(b) != 8 {
		return time.Time{}
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(b)) + postgresEpoch).UTC()
}

// Bytes reads a BYTEA, SEALED or KEYED as a copy that the caller owns.
func (r *Row) Bytes(i int) []byte {
	if r.lite != nil {
		if r.lite.ColumnIsNull(i) {
			return nil
		}
		out := make([]byte, r.lite.ColumnLen(i))
		r.lite.ColumnBytes(i, out)
		return out
	}
	if r.pg[i] == nil {
		return nil
	}
	return append(make([]byte, 0, len(r.pg[i])), r.pg[i]...)
}
