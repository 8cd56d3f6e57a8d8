package store

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/kit/id"
)

// Query is one fixed statement. Generated code keeps one in a package variable; it is immutable and safe to share.
type Query struct {
	name string // for errors and metrics, for example casework.CaseByID
	pg   string // as written: PostgreSQL's dialect with $1, $2
	lite string // the same for SQLite: +?1, +?2

	params    int  // how many arguments it takes
	reads     bool // it can change nothing; one that gives rows back of what it changes does not
	touches   *touches
	transient bool // a rare shape of a list: not worth a prepared statement on every connection
}

// selects is how a statement begins that only reads.
var selects = regexp.MustCompile(`^\s*SELECT\b`)

var placeholder = regexp.MustCompile(`\$([0-9]+)`)

// NewQuery prepares a statement's text for both engines. The text is a constant of the program, never made of input.
func NewQuery(name, sql string) *Query {
	params := 0
	for _, m := range placeholder.FindAllStringSubmatch(sql, -1) {
		n, _ := strconv.Atoi(m[1]) // the expression takes digits only; a number too long makes a query that takes nothing
		params = max(params, n)
	}
	return &Query{name: name, pg: sql, lite: placeholder.ReplaceAllString(sql, liteMark), params: params, reads: selects.MatchString(sql)}
}

// liteMark is an argument in SQLite's text. SQLite plans an ORDER BY and a LIMIT by the values that are bound to plain
// marks, and then prepares the statement anew each time that one is bound, the same value too: a third of a short list's
// time. It looks behind no sign, and a plus changes no value.
const liteMark = "+?$1"

// Name is what errors and metrics call the query.
func (q *Query) Name() string { return q.name }

// Stmt is a query with its arguments, for Append.
type Stmt struct {
	Query *Query
	Args  []any
}

// Nullable turns a zero value into NULL, for columns that may hold it. Without it a zero ID is sixteen zero bytes and a
// zero time is the year 1.
func Nullable(v any) any {
	switch x := v.(type) {
	case id.ID:
		if x.IsZero() {
			return nil
		}
	case time.Time:
		if x.IsZero() {
			return nil
		}
	case []byte:
		if x == nil {
			return nil
		}
	default:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Slice && r.IsNil() {
			return nil
		}
	}
	return v
}

// Bounds of a value, the same on both engines.
var (
	timeLeast = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	timeMost  = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	timeEnd   = timeMost.Add(time.Microsecond)
)

// valueMost is the longest TEXT or BYTEA in bytes. Files belong into kit/blob.
const valueMost = 16 << 20

// arguments brings all arguments of a query to the few types that both engines bind, before either sees them.
func (q *Query) arguments(args []any) ([]any, error) {
	if len(args) != q.params {
		return nil, q.miscounted(args)
	}
	out := make([]any, len(args))
	for i, arg := range args {
		v, err := plain(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		out[i] = v
	}
	return out, nil
}

func (q *Query) miscounted(args []any) error {
	return fmt.Errorf("%w: it takes %d arguments, got %d", ErrValue, q.params, len(args))
}

// plain brings an argument to one of nil, int64, bool, string, []byte, id.ID and time.Time, so that both engines bind
// the same few types.
func plain(v any) (any, error) {
	switch x := v.(type) {
	case nil, int64, bool, id.ID:
		return x, nil
	case string:
		return v, textFault(x)
	case []byte:
		if x == nil {
			return []byte{}, nil
		}
		return v, bytesFault(x)
	case time.Time:
		return x.UTC().Truncate(time.Microsecond), timeFault(x)
	case int:
		return int64(x), nil
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.String:
		return plain(r.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.Slice:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			return plain(r.Bytes())
		}
	}
	return nil, fmt.Errorf("%w: a %T", ErrValue, v)
}

// textFault refuses what PostgreSQL refuses, so that the embedded engine doesn't take it either.
func textFault(text string) error {
	switch {
	case len(text) > valueMost:
		return fmt.Errorf("%w: a text of %d bytes", ErrValue, len(text))
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: a text that is not UTF-8", ErrValue)
	case strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("%w: a text with a zero character", ErrValue)
	}
	return nil
}

func bytesFault(b []byte) error {
	if len(b) > valueMost {
		return fmt.Errorf("%w: %d bytes", ErrValue, len(b))
	}
	return nil
}

// timeFault lets pass what is between the last microsecond and the end: it is cut off.
func timeFault(t time.Time) error {
	if t.Before(timeLeast) || !t.Before(timeEnd) {
		return fmt.Errorf("%w: a moment outside the years 1 to 9999", ErrValue)
	}
	return nil
}
