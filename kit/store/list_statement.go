package store

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"posad.city/kit/id"
)

// column is a column of a list with its type in the schema.
type column struct{ name, kind string }

var (
	plainName   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	columnKinds = []string{"UUID", "TEXT", "BIGINT", "BOOLEAN", "TIMESTAMPTZ", "BYTEA", "SEALED", "KEYED"}
)

func parseColumn(text string) (column, error) {
	name, kind, _ := strings.Cut(text, " ")
	if !plainName.MatchString(name) || !slices.Contains(columnKinds, kind) {
		return column{}, fmt.Errorf("column %q: want a name and a type of the schema, as in \"due TIMESTAMPTZ\"", text)
	}
	return column{name, kind}, nil
}

// takes tells whether the value has the column's type, so that a wrong one is a fault of the call and not of the engine.
func (c column) takes(value any) bool {
	v, err := plain(value)
	if err != nil {
		return false
	}
	switch v.(type) {
	case id.ID:
		return c.kind == "UUID"
	case string:
		return c.kind == "TEXT"
	case int64:
		return c.kind == "BIGINT"
	case bool:
		return c.kind == "BOOLEAN"
	case time.Time:
		return c.kind == "TIMESTAMPTZ"
	case []byte:
		return c.kind == "BYTEA" || c.kind == "KEYED"
	}
	return false
}

// statement is a SELECT under way.
type statement struct {
	conds []string
	args  []any
	tail  string
	count bool
}

// bind adds arguments and returns their placeholders.
func (s *statement) bind(values ...any) string {
	marks := make([]string, len(values))
	for i, v := range values {
		s.args = append(s.args, v)
		marks[i] = fmt.Sprintf("$%d", len(s.args))
	}
	return strings.Join(marks, ", ")
}

var operators = map[FilterKind]string{Equal: "=", From: ">=", To: "<=", Before: "<"}

// where makes the conditions. none says that no row can meet them.
func (l *list) where(q ListQuery) (*statement, bool, error) {
	s := new(statement)
	if len(q.Fixed) != len(l.spec.Fixed) {
		return nil, false, fmt.Errorf("store: list %s takes %d fixed values, got %d", l.spec.Name, len(l.spec.Fixed), len(q.Fixed))
	}
	for i, name := range l.spec.Fixed {
		at, _ := l.comparable(name) // checked when the list was made
		if !l.columns[at].takes(q.Fixed[i]) {
			return nil, false, l.refuse("a value of a wrong type for", name)
		}
		s.conds = append(s.conds, name+" = "+s.bind(q.Fixed[i]))
	}
	for _, cond := range q.Where {
		none, err := l.condition(s, cond)
		if err != nil || none {
			return s, none, err
		}
	}
	return s, false, nil
}

func (l *list) condition(s *statement, cond Cond) (bool, error) {
	filter, ok := l.spec.Filters[cond.Filter]
	if !ok {
		return false, l.refuse("no filter", cond.Filter)
	}
	at, _ := l.comparable(filter.Column) // checked when the list was made
	for _, v := range cond.Values {
		if !l.columns[at].takes(v) {
			return false, l.refuse("a value of a wrong type for", cond.Filter)
		}
	}
	if filter.Kind == In {
		if len(cond.Values) > InMost {
			return false, l.refuse("too many values for", cond.Filter)
		}
		if len(cond.Values) == 0 {
			return true, nil
		}
		s.conds = append(s.conds, filter.Column+" IN ("+s.bind(padded(cond.Values)...)+")")
		return false, nil
	}
	if len(cond.Values) != 1 {
		return false, l.refuse("one value is wanted for", cond.Filter)
	}
	s.conds = append(s.conds, filter.Column+" "+operators[filter.Kind]+" "+s.bind(cond.Values[0]))
	return false, nil
}

// padded repeats the last value up to the next power of two, so that lists of any length share a few shapes.
func padded(values []any) []any {
	size := 1
	for size < len(values) {
		size *= 2
	}
	out := slices.Clone(values)
	for len(out) < size {
		out = append(out, values[len(values)-1])
	}
	return out
}

func (s *statement) after(sort []sortColumn, desc bool, values []any) {
	than := ">"
	if desc {
		than = "<"
	}
	names := make([]string, len(sort))
	for i, c := range sort {
		names[i] = c.name
	}
	s.conds = append(s.conds, "("+strings.Join(names, ", ")+") "+than+" ("+s.bind(values...)+")")
}

// order names the fixed columns too, so that both engines see that the index gives the order.
func (s *statement) order(fixed []string, sort []sortColumn, desc bool, limit int) {
	direction := ""
	if desc {
		direction = " DESC"
	}
	var names []string
	for _, name := range fixed {
		names = append(names, name+direction)
	}
	for _, c := range sort {
		names = append(names, c.name+direction)
	}
	s.tail = " ORDER BY " + strings.Join(names, ", ") + " LIMIT " + s.bind(limit)
}

func (s *statement) counted(limit int64) {
	s.count = true
	s.tail = " LIMIT " + s.bind(limit)
}

func (s *statement) text(table, columns string) string {
	where := ""
	if len(s.conds) > 0 {
		where = " WHERE " + strings.Join(s.conds, " AND ")
	}
	if s.count {
		return "SELECT COUNT(*) FROM (SELECT 1 FROM " + table + where + s.tail + ") AS counted"
	}
	return "SELECT " + columns + " FROM " + table + where + s.tail
}
