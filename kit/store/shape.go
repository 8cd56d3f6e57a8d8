package store

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Column is a column as the schema declares it; Type is one of the types of docs/developer/house.md, such as UUID.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Table is a table as the schema files make it, the same on both engines.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Applied is a schema file that a database has.
type Applied struct {
	Module string `json:"module"`
	Name   string `json:"name"` // schema/001_first.sql
	SHA    string `json:"sha256"`
}

// ErrNewer says that a database has schema files that this program does not know, or knows in another form.
var ErrNewer = errors.New("store: the database was made by another or newer version of the program; use that version")

// errShape says that a schema file is beyond the dialect of the house.
var errShape = errors.New("store: the schema file can't be read as columns")

var (
	addColumn  = regexp.MustCompile(`(?is)^ALTER\s+TABLE\s+(\w+)\s+ADD\s+COLUMN\s+(\w+)\s+(\w+)`)
	dropColumn = regexp.MustCompile(`(?is)^ALTER\s+TABLE\s+(\w+)\s+DROP\s+COLUMN\s+(\w+)$`)
	alterTable = regexp.MustCompile(`(?i)^ALTER\s+TABLE\b`)
)

// Tables reads the schema files of modules as the tables that they leave, in the order in which they are made.
func Tables(modules ...Migrations) ([]Table, error) {
	var out []Table
	for _, m := range modules {
		names, err := fs.Glob(m.Files, "schema/*.sql")
		if err != nil {
			return nil, fmt.Errorf("store: schema of %s: %w", m.Module, err)
		}
		slices.Sort(names)
		for _, name := range names {
			text, err := fs.ReadFile(m.Files, name)
			if err != nil {
				return nil, fmt.Errorf("store: schema of %s: %w", m.Module, err)
			}
			for _, statement := range Statements(string(text)) {
				if out, err = shaped(out, statement); err != nil {
					return nil, fmt.Errorf("%s of %s: %w", name, m.Module, err)
				}
			}
		}
	}
	return out, nil
}

// shaped is what a statement makes of the tables before it.
func shaped(tables []Table, statement string) ([]Table, error) {
	find := func(name string) int {
		return slices.IndexFunc(tables, func(t Table) bool { return t.Name == name })
	}
	if m := createTable.FindStringSubmatch(statement); m != nil {
		columns, err := columnsOf(statement)
		return append(tables, Table{m[1], columns}), err
	}
	if m := dropTable.FindStringSubmatch(statement); m != nil {
		if at := find(m[1]); at >= 0 {
			tables = slices.Delete(tables, at, at+1)
		}
		return tables, nil
	}
	if !alterTable.MatchString(statement) {
		return tables, nil
	}
	if m := addColumn.FindStringSubmatch(statement); m != nil && find(m[1]) >= 0 && columnType.MatchString(m[3]) {
		t := &tables[find(m[1])]
		t.Columns = append(t.Columns, Column{m[2], m[3]})
		return tables, nil
	}
	if m := dropColumn.FindStringSubmatch(statement); m != nil && find(m[1]) >= 0 {
		t := &tables[find(m[1])]
		t.Columns = slices.DeleteFunc(t.Columns, func(c Column) bool { return c.Name == m[2] })
		return tables, nil
	}
	return nil, fmt.Errorf("%w: %s", errShape, statement)
}

// columnsOf reads the columns of a CREATE TABLE. What begins with a word of a constraint is none.
func columnsOf(statement string) ([]Column, error) {
	from, to := strings.IndexByte(statement, '('), strings.LastIndexByte(statement, ')')
	if from < 0 || to < from {
		return nil, fmt.Errorf("%w: %s", errShape, statement)
	}
	var out []Column
	for _, part := range splitAtCommas(statement[from+1 : to]) {
		words := strings.Fields(part)
		if len(words) == 0 || slices.Contains([]string{"PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"}, strings.ToUpper(words[0])) {
			continue
		}
		if len(words) < 2 || !columnType.MatchString(words[1]) {
			return nil, fmt.Errorf("%w: %s", errShape, part)
		}
		out = append(out, Column{words[0], words[1]})
	}
	return out, nil
}

// splitAtCommas cuts at commas that stand in no brackets and no quotes.
func splitAtCommas(text string) []string {
	var out []string
	depth, quoted, from := 0, false, 0
	for i, r := range text {
		switch {
		case r == '\'':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			out = append(out, text[from:i])
			from = i + 1
		}
	}
	return append(out, text[from:])
}

// chosen are some of the schema files of a module.
type chosen struct {
	fs.FS
	names []string
}

// Glob implements fs.GlobFS.
func (c chosen) Glob(string) ([]string, error) { return c.names, nil }

// only leaves of the modules' schema files those that a database has. ErrNewer when it has others.
func only(modules []Migrations, applied []Applied) ([]Migrations, error) {
	left := map[Applied]bool{}
	for _, a := range applied {
		left[a] = true
	}
	var out []Migrations
	for _, m := range modules {
		files, err := filesOf(m)
		if err != nil {
			return nil, err
		}
		some := chosen{FS: m.Files}
		for _, a := range files {
			if left[a] {
				some.names = append(some.names, a.Name)
				delete(left, a)
			}
		}
		out = append(out, Migrations{Module: m.Module, Files: some})
	}
	for a := range left {
		return nil, fmt.Errorf("%w (%s of %s)", ErrNewer, a.Name, a.Module)
	}
	return out, nil
}

func filesOf(m Migrations) ([]Applied, error) {
	names, err := fs.Glob(m.Files, "schema/*.sql")
	if err != nil {
		return nil, fmt.Errorf("store: schema of %s: %w", m.Module, err)
	}
	slices.Sort(names)
	var out []Applied
	for _, name := range names {
		text, err := fs.ReadFile(m.Files, name)
		if err != nil {
			return nil, fmt.Errorf("store: schema of %s: %w", m.Module, err)
		}
		out = append(out, Applied{m.Module, name, shaOf(text)})
	}
	return out, nil
}
