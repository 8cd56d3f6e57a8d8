package storegen

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sqlc-dev/plugin-sdk-go/plugin"
)

// takePersons decides whether the query is a look. Every personal table that a SELECT names must show who was seen.
func (q *query) takePersons(tables []table, columns []*plugin.Column, counts bool) error {
	if !q.reads {
		if counts {
			return errors.New("\"counts only\" is for a SELECT")
		}
		return nil
	}
	named, read := false, usesOf(q.sql)
	for _, t := range tables {
		if len(t.personal) == 0 || len(read[t.name]) == 0 {
			continue
		}
		named = true
		if counts {
			continue
		}
		if err := q.seePersons(t, columns); err != nil {
			return err
		}
	}
	if counts && !named {
		return errors.New("\"counts only\" stands on a query that names no personal table")
	}
	if counts {
		return q.checkCounts()
	}
	return nil
}

// checkCounts keeps sealed and keyed values out of a result that no look records.
func (q *query) checkCounts() error {
	for _, c := range q.columns {
		if c.kind == kindSealed || c.kind == kindKeyed {
			return fmt.Errorf("\"counts only\" may not return the %s column %s", c.kind.sql, c.name)
		}
	}
	return nil
}

// seePersons finds the personal columns of one table in the result, once for each time that the statement uses the
// table: sqlc does not tell under which alias a column came. A column that the statement holds equal to one in the
// result is seen there.
func (q *query) seePersons(t table, columns []*plugin.Column) error {
	if slices.Contains(words(q.sql), "union") {
		return fmt.Errorf("it reads the personal table %s, and UNION hides whose data a row is; write two queries", t.name)
	}
	names := usesOf(q.sql)
	for _, person := range t.personal {
		places := placesOf(columns, t.name, person)
		if len(places) == 0 && len(names[t.name]) == 1 {
			places = equated(q.sql, names, [2]string{names[t.name][0], person}, columns)
		}
		if len(places) < max(1, len(names[t.name])) {
			return fmt.Errorf("it reads the personal table %s and must return its column %s (or one that it is joined to by =), once for each use of the table, so that the look knows who was seen; or add a line \"-- counts only\" if no person's data comes back", t.name, person)
		}
		q.seen = append(q.seen, places...)
	}
	slices.Sort(q.seen)
	q.seen = slices.Compact(q.seen)
	q.personal = true
	return nil
}

func placesOf(columns []*plugin.Column, table, name string) []int {
	var out []int
	for i, column := range columns {
		if column.GetTable().GetName() == table && column.GetOriginalName() == name {
			out = append(out, i)
		}
	}
	return out
}

// usesOf lists, for every table, the names under which the statement uses it: its alias or its own name.
func usesOf(sql string) map[string][]string {
	out := map[string][]string{}
	all := append(tokens(sql), ";", ";")
	for _, i := range tablePlaces(all) {
		name := all[i+1]
		if name == "as" {
			name = all[i+2]
		}
		if !isWordByte(name[0]) || clauseWords[name] || joinWords[name] {
			name = all[i]
		}
		out[all[i]] = append(out[all[i]], name)
	}
	return out
}

// joinWords may follow a table that has no alias.
var joinWords = map[string]bool{"join": true, "left": true, "right": true, "inner": true, "cross": true, "full": true, "natural": true, "on": true, "using": true}

// equated finds a column of the result that the statement holds equal to a person's by a plain "a.x = b.y". A column
// that may be NULL (it may come from the empty side of a join) proves nothing, nor does an equation in a statement with
// OR or NOT, nor a column of a table that is used twice.
func equated(sql string, names map[string][]string, person [2]string, columns []*plugin.Column) []int {
	all := tokens(sql)
	for _, doubt := range []string{"or", "not", "case", "exists"} {
		if slices.Contains(all, doubt) {
			return nil
		}
	}
	for place, column := range columns {
		uses := names[column.GetTable().GetName()]
		if len(uses) != 1 || !column.GetNotNull() {
			continue
		}
		if other := [2]string{uses[0], column.GetOriginalName()}; holdsEqual(all, person, other) || holdsEqual(all, other, person) {
			return []int{place}
		}
	}
	return nil
}

func holdsEqual(all []string, left, right [2]string) bool {
	want := []string{left[0], ".", left[1], "=", right[0], ".", right[1]}
	for i := range all {
		if i+len(want) <= len(all) && slices.Equal(all[i:i+len(want)], want) {
			return true
		}
	}
	return false
}
