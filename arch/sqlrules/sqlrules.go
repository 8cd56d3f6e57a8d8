// Package sqlrules holds the house's rules about SQL text: the dialect that both engines run, the eight column types,
// and what every table declares about its holder and its persons.
//
// It reads text only and knows neither engine nor sqlc. The architecture test runs it over the whole tree, and
// tools/generate runs it (through sqlcheck) before it generates. What needs types of expressions, such as a NULL that
// would reach a string, is the generator's.
package sqlrules

import "fmt"

// File is one SQL file.
type File struct {
	Name string // as a fault shows it
	Text string
}

// Fault is one broken rule at one place.
type Fault struct {
	File string
	Line int // from 1
	Text string
}

func (f Fault) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Check reads the schema files of one module in their order, then its queries, and returns every fault.
func Check(schema, queries []File) []Fault {
	var out []Fault
	tables := newCatalog()
	for _, f := range schema {
		tokens := scan(f.Text)
		out = append(out, located(f.Name, checkWords(tokens))...)
		out = append(out, located(f.Name, tables.read(f.Name, tokens))...)
	}
	out = append(out, tables.check()...)
	for _, f := range queries {
		out = append(out, tables.checkQueries(f)...)
	}
	return out
}

// CheckQuery is Check for queries alone: the schema's own faults are left out.
func CheckQuery(schema []File, queries File) []Fault {
	return readCatalog(schema).checkQueries(queries)
}

func (c *catalog) checkQueries(f File) []Fault {
	var out []Fault
	for _, statement := range split(scan(f.Text)) {
		out = append(out, located(f.Name, checkWords(statement))...)
		out = append(out, located(f.Name, c.checkStatement(statement))...)
	}
	return out
}

func readCatalog(schema []File) *catalog {
	out := newCatalog()
	for _, f := range schema {
		out.read(f.Name, scan(f.Text))
	}
	return out
}

// Reads are the faults of hand-written queries that would read a personal table past the look: only generated code
// tells the look who was seen.
func Reads(schema []File, query File) []Fault {
	tables := readCatalog(schema)
	var out []Fault
	for _, s := range split(scan(query.Text)) {
		if first := at(s, 0); (first == "select" || first == "with") && tables.namesPersons(s) {
			out = append(out, Fault{query.Name, s[0].line, "a read of a personal table is generated, from internal/store/queries.sql, so that it is a look"})
		}
	}
	return out
}

func located(file string, faults []Fault) []Fault {
	for i := range faults {
		faults[i].File = file
	}
	return faults
}
