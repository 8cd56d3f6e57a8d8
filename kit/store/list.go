package store

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"posad.city/kit/fault"
)

// Locale holds the words of the faults of lists, for the list in app.
//
//go:embed locale/*.yaml
var Locale embed.FS

// FilterKind is how a filter compares its column.
type FilterKind string

// The kinds of filter.
const (
	Equal  FilterKind = "eq"     // the column is the value
	From   FilterKind = "from"   // the value or more
	To     FilterKind = "to"     // the value or less
	Before FilterKind = "before" // less than the value: the end of a span of time
	In     FilterKind = "in"     // one of the values, InMost at most; no value means no row
)

// Filter is a comparison that callers may ask for by its name.
type Filter struct {
	Column string
	Kind   FilterKind
}

// ListSpec declares a list: what it reads and by what it may be narrowed and sorted. Nothing else can be asked of it.
//
//	ListSpec{
//	    Name: "casework.queue", Table: "queue",
//	    Columns: []string{"agency UUID", "queue TEXT", "due TIMESTAMPTZ", "id UUID", "holder UUID"},
//	    Fixed:   []string{"agency", "queue"},
//	    Filters: map[string]Filter{"due_before": {"due", Before}},
//	    Sorts:   map[string][]string{"due": {"due", "id"}},
//	    Person:  []int{4},
//	}
//
// Every sort needs an index: the fixed columns, then the sort's own, in that order.
type ListSpec struct {
	Name    string
	Table   string
	Columns []string            // "name TYPE", with the types of the schema; rows come with these columns in this order
	Fixed   []string            // compared by equality; every one must be given
	Filters map[string]Filter   // by name
	Sorts   map[string][]string // columns, never NULL, that end with a key unique among rows with the same fixed columns
	Person  []int               // for a personal table: indexes of Columns that hold the persons whom the row is about
}

// ListQuery asks for one page.
type ListQuery struct {
	Fixed []any  // values of ListSpec.Fixed, in its order
	Where []Cond // all must hold
	Sort  string
	Desc  bool   // all columns of the sort from the greatest to the least
	After string // the mark that the page before returned; empty for the first page
	Limit int    // 0 means 20; at most PageMost
}

// Cond is one filter with its value; several for In.
type Cond struct {
	Filter string
	Values []any
}

// Bounds of a list.
const (
	PageMost = 200
	InMost   = 100
	// shapesMost is how many shapes of statement a list keeps prepared; further ones are prepared anew each time.
	shapesMost = 64
)

var (
	// ErrCursor says that the mark of a page is damaged, or from another list or sort.
	ErrCursor = fault.New(fault.Invalid, "store.cursor")
	// ErrFilter says that a filter or sort was asked for that the list does not have, or with a value that can't be one.
	ErrFilter = fault.New(fault.Invalid, "store.filter")
)

// List reads pages of a plain table. It is immutable for callers and safe for concurrent use; make it once.
type List struct{ list *list }

// PersonalList reads pages of a personal table; everybody on a page is seen by the look.
type PersonalList struct{ list *list }

// NewList checks the declaration of a list on a plain table.
func NewList(spec ListSpec) (*List, error) {
	if len(spec.Person) > 0 {
		return nil, fmt.Errorf("store: list %s names persons: make it with NewPersonalList", spec.Name)
	}
	l, err := newList(spec)
	if err != nil {
		return nil, err
	}
	return &List{l}, nil
}

// NewPersonalList checks the declaration of a list on a personal table.
func NewPersonalList(spec ListSpec) (*PersonalList, error) {
	if len(spec.Person) == 0 {
		return nil, fmt.Errorf("store: list %s names no persons: make it with NewList", spec.Name)
	}
	l, err := newList(spec)
	if err != nil {
		return nil, err
	}
	return &PersonalList{l}, nil
}

// Run hands the rows of one page to each and returns the mark of the next page, empty after the last. A row is valid
// inside each only. Pages hang on values, not on counts: rows that come or go between two pages neither repeat nor hide
// others.
func (l *List) Run(r Reader, q ListQuery, each func(*Row) error) (string, error) {
	return l.list.run(r, q, each)
}

// Count counts the rows of all pages, up to most: more says that there are more than that ("1000+").
func (l *List) Count(r Reader, q ListQuery, most int64) (int64, bool, error) {
	return l.list.count(r, q, most)
}

// Run is List.Run on a look.
func (l *PersonalList) Run(r PersonalReader, q ListQuery, each func(*Row) error) (string, error) {
	return l.list.run(r, q, func(row *Row) error {
		for _, i := range l.list.spec.Person {
			r.Saw(row.ID(i))
		}
		return each(row)
	})
}

// Count is List.Count. A number shows nobody, so that it needs no look.
func (l *PersonalList) Count(r Reader, q ListQuery, most int64) (int64, bool, error) {
	return l.list.count(r, q, most)
}

type list struct {
	spec    ListSpec
	columns []column
	sorts   map[string][]sortColumn

	mu     sync.Mutex
	shapes map[string]*Query
}

// sortColumn is a column of a sort with its place in the row.
type sortColumn struct {
	column
	index int
}

func newList(spec ListSpec) (*list, error) {
	l := &list{spec: spec, sorts: map[string][]sortColumn{}, shapes: map[string]*Query{}}
	for _, text := range spec.Columns {
		c, err := parseColumn(text)
		if err != nil {
			return nil, fmt.Errorf("store: list %s: %w", spec.Name, err)
		}
		l.columns = append(l.columns, c)
	}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("store: list %s: %w", spec.Name, err)
	}
	return l, nil
}

func (l *list) check() error {
	if l.spec.Name == "" || !plainName.MatchString(l.spec.Table) || len(l.columns) == 0 || len(l.spec.Sorts) == 0 {
		return errors.New("wants a name, a table, columns and at least one sort")
	}
	for _, name := range l.spec.Fixed {
		if _, err := l.comparable(name); err != nil {
			return err
		}
	}
	for name, filter := range l.spec.Filters {
		if _, err := l.comparable(filter.Column); err != nil {
			return err
		}
		if !slices.Contains([]FilterKind{Equal, From, To, Before, In}, filter.Kind) {
			return fmt.Errorf("filter %s has no kind %q", name, filter.Kind)
		}
	}
	for name, columns := range l.spec.Sorts {
		if len(columns) == 0 {
			return fmt.Errorf("sort %s has no columns", name)
		}
		for _, column := range columns {
			i, err := l.comparable(column)
			if err != nil {
				return err
			}
			l.sorts[name] = append(l.sorts[name], sortColumn{l.columns[i], i})
		}
	}
	for _, i := range l.spec.Person {
		if i < 0 || i >= len(l.columns) || l.columns[i].kind != "UUID" {
			return fmt.Errorf("person column %d is not a UUID among the columns", i)
		}
	}
	return nil
}

// comparable finds a column that the engine may compare: anything but a sealed value, in which SQL sees only noise.
func (l *list) comparable(name string) (int, error) {
	i := slices.IndexFunc(l.columns, func(c column) bool { return c.name == name })
	if i < 0 {
		return 0, fmt.Errorf("column %q is not among the columns", name)
	}
	if l.columns[i].kind == "SEALED" {
		return 0, fmt.Errorf("column %q is sealed and can't be compared", name)
	}
	return i, nil
}

func (l *list) run(r Reader, q ListQuery, each func(*Row) error) (string, error) {
	if err := l.allowed(r); err != nil {
		return "", err
	}
	limit := q.Limit
	if limit == 0 {
		limit = 20
	}
	sort, ok := l.sorts[q.Sort]
	if !ok || limit < 0 || limit > PageMost {
		return "", l.refuse("sort or limit", q.Sort)
	}
	s, none, err := l.where(q)
	if err != nil || none {
		return "", err
	}
	mark := cursor{list: l.spec.Name, sort: q.Sort, desc: q.Desc, columns: sort}
	if q.After != "" {
		values, err := mark.read(q.After)
		if err != nil {
			return "", err
		}
		s.after(sort, q.Desc, values)
	}
	s.order(l.spec.Fixed, sort, q.Desc, limit+1)
	return l.page(r, s, mark, limit, each)
}

// page reads one row more than the page holds, to know whether there is a next one.
func (l *list) page(r Reader, s *statement, mark cursor, limit int, each func(*Row) error) (string, error) {
	n, last, more := 0, "", false
	err := r.Query(l.prepared(s), func(row *Row) error {
		if n == limit {
			more = true
			return nil
		}
		n++
		if n == limit {
			made, err := mark.write(row)
			if err != nil {
				return fmt.Errorf("store: list %s: %w", l.spec.Name, err)
			}
			last = made
		}
		return each(row)
	}, s.args...)
	if err != nil || !more {
		return "", err
	}
	return last, nil
}

func (l *list) count(r Reader, q ListQuery, most int64) (int64, bool, error) {
	s, none, err := l.where(q)
	if err != nil || none {
		return 0, false, err
	}
	s.counted(most + 1)
	var n int64
	err = r.Query(l.prepared(s), func(row *Row) error { n = row.Int(0); return nil }, s.args...)
	return min(n, most), n > most, err
}

// allowed holds the wall around personal tables: what the schema says of the table must be what the list says.
func (l *list) allowed(r Reader) error {
	d, ok := declared(r, l.spec.Table)
	if !ok {
		return fmt.Errorf("store: list %s: no table %s is declared", l.spec.Name, l.spec.Table)
	}
	for _, name := range d.Personal {
		if !slices.ContainsFunc(l.spec.Person, func(i int) bool { return l.columns[i].name == name }) {
			return fmt.Errorf("store: list %s: %s.%s names a person; put it among Columns and Person", l.spec.Name, l.spec.Table, name)
		}
	}
	return nil
}

func (l *list) refuse(what, name string) error {
	return fault.New(ErrFilter.Kind, ErrFilter.ID, "name", name).Because(fmt.Errorf("store: list %s: %s %q", l.spec.Name, what, name))
}

// prepared finds or makes the query for a shape.
func (l *list) prepared(s *statement) *Query {
	// Safety: the text is made of names in the declaration and of placeholders; what callers ask for only chooses
	// among them, and their values are arguments.
	text := s.text(l.spec.Table, l.names())
	l.mu.Lock()
	defer l.mu.Unlock()
	if q := l.shapes[text]; q != nil {
		return q
	}
	q := NewQuery(l.spec.Name, text)
	if len(l.shapes) < shapesMost {
		l.shapes[text] = q
	} else {
		q.transient = true
	}
	return q
}

func (l *list) names() string {
	names := make([]string, len(l.columns))
	for i, c := range l.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}
