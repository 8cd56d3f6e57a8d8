package storegen

import (
	"fmt"
	"strings"

	"github.com/sqlc-dev/plugin-sdk-go/plugin"
)

// file is everything that the written text depends on.
type file struct {
	options Options
	models  []record
	queries []query
}

// record is a struct to write: a table's row, a query's row or a query's parameters.
type record struct {
	name, about string
	fields      []field
}

// field is a column of a result or a parameter.
type field struct {
	name     string // in the schema or the query
	kind     kind
	nullable bool
}

// query is one function to write.
type query struct {
	name, sql string
	about     []string // the comment lines of queries.sql
	command   string   // :one, :many, :exec, :execrows
	reads     bool     // a SELECT, so that any Reader serves
	personal  bool     // only a PersonalReader serves, and seen are told to it
	seen      []int    // places of the result's columns that name persons
	arguments []field  // in the order of their numbers
	list      bool     // the last argument is a list of values for IN
	columns   []field
	model     string // the result's struct when a table's own fits; "" for the query's own
	table     string
}

// table is what the schema says about one table.
type table struct {
	name     string
	columns  []field
	personal []string
}

func planFile(options Options, request *plugin.GenerateRequest) (file, []error) {
	tables, faults := planTables(request.GetCatalog())
	out := file{options: options}
	used := map[string]bool{}
	for _, q := range request.GetQueries() {
		planned, err := planQuery(tables, q)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: query %s: %w", options.Module, q.GetName(), err))
			continue
		}
		if planned.model != "" {
			used[planned.table] = true
		}
		out.queries = append(out.queries, planned)
	}
	for _, t := range tables {
		if used[t.name] {
			out.models = append(out.models, record{exported(t.name), "a row of the table " + t.name, t.columns})
		}
	}
	return out, append(faults, clashes(out)...)
}

// planTables reads the schema public; sqlc's catalogue has the system's own schemas beside it.
func planTables(catalog *plugin.Catalog) ([]table, []error) {
	var out []table
	var faults []error
	for _, schema := range catalog.GetSchemas() {
		if schema.GetName() != catalog.GetDefaultSchema() {
			continue
		}
		for _, t := range schema.GetTables() {
			planned, err := planTable(t)
			faults = append(faults, err...)
			out = append(out, planned)
		}
	}
	return out, faults
}

func planTable(t *plugin.Table) (table, []error) {
	name := t.GetRel().GetName()
	out := table{name: name, personal: personalColumns(t.GetComment())}
	var faults []error
	for _, column := range t.GetColumns() {
		found, ok := columnKind(column)
		if !ok {
			faults = append(faults, fmt.Errorf("%s.%s: type %s is not one of UUID, TEXT, BIGINT, BOOLEAN, TIMESTAMPTZ, BYTEA, SEALED, KEYED", name, column.GetName(), typeName(column)))
		} else if !column.GetNotNull() && !found.nullable {
			faults = append(faults, fmt.Errorf("%s.%s: a %s column is NOT NULL; give it a default value that means nothing", name, column.GetName(), found.sql))
		}
		out.columns = append(out.columns, field{column.GetName(), found, !column.GetNotNull()})
	}
	for _, column := range out.personal {
		if !holds(out.columns, column) {
			faults = append(faults, fmt.Errorf("%s: the comment names the personal column %s, which is not there", name, column))
		}
	}
	return out, faults
}

// personalColumns reads the part "personal: a, b" of a table's comment.
func personalColumns(comment string) []string {
	for _, part := range strings.Split(comment, ";") {
		list, ok := strings.CutPrefix(strings.TrimSpace(part), "personal:")
		if !ok {
			continue
		}
		var out []string
		for _, name := range strings.Split(list, ",") {
			out = append(out, strings.TrimSpace(name))
		}
		return out
	}
	return nil
}

func holds(fields []field, name string) bool {
	for _, f := range fields {
		if f.name == name {
			return true
		}
	}
	return false
}

// clashes finds two things that would have one Go name.
func clashes(f file) []error {
	names := map[string]string{"Schema": "the embedded schema"}
	var faults []error
	claim := func(name, what string) {
		if other, ok := names[name]; ok {
			faults = append(faults, fmt.Errorf("%s: %s and %s would both be called %s; rename the query", f.options.Module, other, what, name))
		}
		names[name] = what
	}
	for _, m := range f.models {
		claim(m.name, "a row struct")
	}
	for _, q := range f.queries {
		claim(q.name, "the query "+q.name)
		if q.command == ":exec" && !q.list {
			claim(q.name+"Stmt", "the statement of "+q.name)
		}
		if q.ownRow() {
			claim(q.name+"Row", "the row of "+q.name)
		}
		if q.wide() {
			claim(q.name+"Params", "the parameters of "+q.name)
		}
	}
	return faults
}
