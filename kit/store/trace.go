package store

import (
	"regexp"
	"strconv"
	"strings"

	"posad.city/kit/id"
)

// Touch is one statement of a Write that changed rows of a table.
type Touch struct {
	Query string // its name
	Table string
	// Holder is whose rows it changed; the zero ID when Known is false.
	Holder id.ID
	// Known is false when the statement does not name its holder by an argument, and for tables that have none.
	Known bool
}

// TraceRecord is what one committed Write or Append changed, for tests: a Write that touches two holders splits on a
// database that is spread by holder, so it must be on a list with its reason.
type TraceRecord struct{ Touched []Touch }

// Holders are the different holders of a record.
func (t TraceRecord) Holders() []id.ID {
	var out []id.ID
	known := map[id.ID]bool{}
	for _, touch := range t.Touched {
		if touch.Known && !known[touch.Holder] {
			known[touch.Holder] = true
			out = append(out, touch.Holder)
		}
	}
	return out
}

// Touching says which table the query changes and which argument, counted from 1, is the holder; 0 says that it names
// none. Generated code may say so; without it the store reads it off the statement's text, which does for INSERT …
// VALUES and for UPDATE and DELETE with "holder = $n" in their WHERE.
func (q *Query) Touching(table string, holderArg int) *Query {
	out := *q
	out.touches = &touches{table: table, holder: holderArg}
	return &out
}

// touches is what a statement changes: a table, and the argument that is the holder, from 1; 0 for none.
type touches struct {
	table  string
	holder int
}

var (
	changed      = regexp.MustCompile(`(?is)^\s*(?:WITH\b.*?\)\s*)?(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+)`)
	insertValues = regexp.MustCompile(`(?is)INSERT\s+INTO\s+\w+\s*\(([^)]*)\)\s*VALUES\s*\((.*)`)
)

// readTouches reads off a statement what it changes; nil for one that changes nothing.
func readTouches(sql string, decls map[string]Decl) *touches {
	m := changed.FindStringSubmatch(sql)
	if m == nil {
		return nil
	}
	out := &touches{table: m[2]}
	column := decls[out.table].Holder
	if column == "" || !plainName.MatchString(column) {
		return out
	}
	if strings.HasPrefix(strings.ToUpper(m[1]), "INSERT") {
		out.holder = insertedArgument(sql, column)
		return out
	}
	_, where, _ := strings.Cut(strings.ToUpper(sql), "WHERE")
	if m := regexp.MustCompile(`\b` + strings.ToUpper(column) + `\s*=\s*\$(\d+)`).FindStringSubmatch(where); m != nil {
		out.holder, _ = strconv.Atoi(m[1]) // digits only
	}
	return out
}

func insertedArgument(sql, column string) int {
	m := insertValues.FindStringSubmatch(sql)
	if m == nil {
		return 0
	}
	values := strings.Split(m[2], ",")
	for i, name := range strings.Split(m[1], ",") {
		if strings.TrimSpace(name) != column || i >= len(values) {
			continue
		}
		text := strings.Trim(values[i], " \t\n)")
		if n, ok := strings.CutPrefix(text, "$"); ok {
			if n, err := strconv.Atoi(n); err == nil {
				return n
			}
		}
	}
	return 0
}

// touch tells what running the query with the arguments changes.
func (s *Store) touch(q *Query, args []any) (Touch, bool) {
	what := q.touches
	if what == nil {
		what = readTouches(q.pg, s.decls)
	}
	if what == nil {
		return Touch{}, false
	}
	out := Touch{Query: q.name, Table: what.table}
	if what.holder >= 1 && what.holder <= len(args) {
		if v, err := plain(args[what.holder-1]); err == nil {
			out.Holder, out.Known = v.(id.ID)
		}
	}
	return out, true
}
