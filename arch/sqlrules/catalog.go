package sqlrules

import (
	"fmt"
	"slices"
	"strings"
)

// types are all that a column may have; the value tells whether NULL has a place in Go.
var types = map[string]bool{
	"uuid": true, "text": false, "bigint": false, "boolean": false, "timestamptz": true, "bytea": true, "sealed": true, "keyed": true,
}

type column struct {
	kind    string
	notNull bool
}

// key is a primary key, a unique key or a unique index.
type key struct {
	what    string
	columns []string
	line    int
	file    string
}

type table struct {
	name, file string
	line       int
	columns    map[string]column
	keys       []key
	primary    bool
	comment    *string
}

// catalog is what the schema files of one module add up to.
type catalog struct {
	tables map[string]*table
	order  []string
}

func newCatalog() *catalog { return &catalog{tables: map[string]*table{}} }

// read follows the statements of one schema file.
func (c *catalog) read(file string, tokens []token) []Fault {
	var out []Fault
	for _, s := range split(tokens) {
		switch {
		case follows(s, 0, "create", "table"):
			out = append(out, c.createTable(file, s)...)
		case follows(s, 0, "alter", "table"):
			out = append(out, c.alterTable(s)...)
		case follows(s, 0, "create", "unique", "index"):
			out = append(out, c.uniqueIndex(file, s)...)
		case follows(s, 0, "comment", "on", "table"):
			out = append(out, c.commentOn(s)...)
		case follows(s, 0, "drop", "table"):
			delete(c.tables, at(s, len(s)-1))
		}
	}
	return out
}

func (c *catalog) createTable(file string, s []token) []Fault {
	i := 2
	if follows(s, i, "if", "not", "exists") {
		i += 3
	}
	t := &table{name: at(s, i), file: file, line: s[0].line, columns: map[string]column{}}
	if at(s, i+1) != "(" {
		return []Fault{{Line: s[0].line, Text: "CREATE TABLE " + t.name + " lists its columns in brackets"}}
	}
	c.tables[t.name] = t
	c.order = append(c.order, t.name)
	var out []Fault
	for _, item := range items(s, i+1) {
		out = append(out, t.add(item)...)
	}
	return out
}

// items are the parts between the commas of a bracket that opens at a place.
func items(s []token, open int) [][]token {
	var out [][]token
	depth, start := 0, open+1
	for i := open; i < len(s); i++ {
		switch at(s, i) {
		case "(":
			depth++
		case ")":
			depth--
			if depth == 0 {
				return append(out, s[start:i])
			}
		case ",":
			if depth == 1 {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	return append(out, s[start:])
}

// add takes one part of CREATE TABLE: a column or a constraint.
func (t *table) add(item []token) []Fault {
	if len(item) == 0 {
		return nil
	}
	rest := item
	if at(rest, 0) == "constraint" {
		rest = rest[min(2, len(rest)):]
	}
	switch at(rest, 0) {
	case "primary":
		t.primary = true
		t.keys = append(t.keys, key{"the primary key", names(rest, 2), item[0].line, t.file})
		return nil
	case "unique":
		t.keys = append(t.keys, key{"a unique key", names(rest, 1), item[0].line, t.file})
		return nil
	case "check", "foreign":
		return nil
	}
	return t.addColumn(rest)
}

func (t *table) addColumn(item []token) []Fault {
	name, kind := at(item, 0), at(item, 1)
	var col = column{kind: kind}
	for i := range item {
		switch {
		case follows(item, i, "not", "null"):
			col.notNull = true
		case follows(item, i, "primary", "key"):
			col.notNull, t.primary = true, true
			t.keys = append(t.keys, key{"the primary key", []string{name}, item[0].line, t.file})
		case i > 0 && at(item, i) == "unique":
			t.keys = append(t.keys, key{"a unique key", []string{name}, item[0].line, t.file})
		}
	}
	t.columns[name] = col
	mayBeNull, known := types[kind]
	switch {
	case !known || at(item, 2) == "(":
		return []Fault{{Line: item[0].line, Text: fmt.Sprintf("%s.%s: type %s is not one of UUID, TEXT, BIGINT, BOOLEAN, TIMESTAMPTZ, BYTEA, SEALED, KEYED", t.name, name, strings.ToUpper(kind))}}
	case !mayBeNull && !col.notNull:
		return []Fault{{Line: item[0].line, Text: fmt.Sprintf("%s.%s: a %s column is NOT NULL; give it a default value that means nothing", t.name, name, strings.ToUpper(kind))}}
	}
	return nil
}

// names are the columns in the bracket that opens at a place, by the first word of each part.
func names(s []token, open int) []string {
	var out []string
	if at(s, open) != "(" {
		return nil
	}
	for _, item := range items(s, open) {
		out = append(out, at(item, 0))
	}
	return out
}

func (c *catalog) alterTable(s []token) []Fault {
	t := c.tables[at(s, 2)]
	if t == nil {
		return []Fault{{Line: s[0].line, Text: "ALTER TABLE " + at(s, 2) + ": this module made no such table"}}
	}
	switch {
	case follows(s, 3, "add", "column"):
		return t.addColumn(s[5:])
	case follows(s, 3, "drop", "column"):
		delete(t.columns, at(s, 5))
		return nil
	case follows(s, 3, "rename"):
		return nil
	}
	return []Fault{{Line: s[0].line, Text: "ALTER TABLE knows ADD COLUMN, DROP COLUMN and RENAME on both engines; for more, make a new table"}}
}

func (c *catalog) uniqueIndex(file string, s []token) []Fault {
	on := slices.IndexFunc(s, func(t token) bool { return !t.quoted && t.text == "on" })
	if on < 0 || c.tables[at(s, on+1)] == nil {
		return []Fault{{Line: s[0].line, Text: "CREATE UNIQUE INDEX stands on a table that this module made"}}
	}
	t := c.tables[at(s, on+1)]
	t.keys = append(t.keys, key{"a unique index", names(s, on+2), s[0].line, file})
	return nil
}

func (c *catalog) commentOn(s []token) []Fault {
	t := c.tables[at(s, 3)]
	if t == nil || len(s) < 6 || !s[5].quoted {
		return []Fault{{Line: s[0].line, Text: "COMMENT ON TABLE names a table of this module and gives a text in quotes"}}
	}
	t.comment = &s[5].text
	return nil
}
