package store

import (
	"fmt"
	"reflect"
	"regexp"
	"time"

	"posad.city/kit/id"
)

// Query is one fixed statement. Generated code keeps one in a package variable; it is immutable and safe to share.
type Query struct {
	name string // for errors and metrics, for example casework.CaseByID
	pg   string // as written: PostgreSQL's dialect with $1, $2
	lite string // the same for SQLite: ?1, ?2
}

var placeholder = regexp.MustCompile(`\$([0-9]+)`)

// NewQuery prepares a statement's text for both engines. The text is a constant of the program, never made of input.
func NewQuery(name, sql string) *Query {
	return &Query{name: name, pg: sql, lite: placeholder.ReplaceAllString(sql, "?$1")}
}

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

// plain brings an argument to one of nil, int64, bool, string, []byte, id.ID and time.Time, so that both engines bind
// the same few types.
func plain(v any) (any, error) {
	switch x := v.(type) {
	case nil, int64, bool, string, id.ID:
		return x, nil
	case []byte:
		if x == nil {
			return []byte{}, nil
		}
		return x, nil
	case time.Time:
		return x.UTC().Truncate(time.Microsecond), nil
	case int:
		return int64(x), nil
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.String:
		return r.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.Slice:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			return plain(r.Bytes())
		}
	}
	return nil, fmt.Errorf("store: cannot bind a %T", v)
}
