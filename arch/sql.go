package arch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"posad.city/arch/sqlrules"
)

// sqlText is how a literal with a statement begins. Sentences for people start with one capital letter only.
var sqlText = regexp.MustCompile(`^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\s|WITH\s+(RECURSIVE\s+)?\w+\s+AS\s|(CREATE|ALTER|DROP)\s+(UNIQUE\s+)?(TABLE|INDEX|VIEW)\s|PRAGMA\s|select\s.*\sfrom\s|insert\s+into\s|delete\s+from\s)`)

// sqlOnlyInStores finds statements written into Go. They belong into a module's queries.sql, where they are checked.
func sqlOnlyInStores(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.goes {
		if f.test || f.generated || excepted("sql text", f.path) || t.ownQueries(f) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if value, err := strconv.Unquote(literal.Value); err == nil && sqlText.MatchString(value) {
				out = append(out, Fault{f.path, t.line(literal), "SQL in Go: write it into internal/store/queries.sql and run make generate"})
			}
			return true
		})
	}
	return out
}

// queriesAreGenerated keeps store.NewQuery for generated code: only the generator knows whether a query is a look.
func queriesAreGenerated(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.goes {
		if f.test || f.generated || excepted("sql queries", f.path) || t.ownQueries(f) {
			continue
		}
		f.uses(Module+"/kit/store", func(s *ast.SelectorExpr) {
			if s.Sel.Name == "NewQuery" {
				out = append(out, Fault{f.path, t.line(s), "store.NewQuery is for generated code: only the generator knows whether a query is a look"})
			}
		})
	}
	return out
}

// stores are the folders with SQL, and the files of each: schema/*.sql in order, then queries.sql.
func stores(t *Tree) map[string][]text {
	out := map[string][]text{}
	for _, f := range t.texts {
		switch {
		case inTestdata(f.path) || path.Ext(f.path) != ".sql":
		case path.Base(f.dir()) == "schema":
			out[path.Dir(f.dir())] = append(out[path.Dir(f.dir())], f)
		case path.Base(f.path) == "queries.sql":
			out[f.dir()] = append(out[f.dir()], f)
		}
	}
	for _, files := range out {
		slices.SortFunc(files, func(a, b text) int {
			if last := rank(a) - rank(b); last != 0 {
				return last
			}
			return strings.Compare(a.path, b.path)
		})
	}
	return out
}

func rank(f text) int {
	if path.Base(f.path) == "queries.sql" {
		return 1
	}
	return 0
}

func sqlIsOfTheHouse(t *Tree) []Fault {
	var out []Fault
	for _, files := range stores(t) {
		var schema, queries []sqlrules.File
		for _, f := range files {
			if rank(f) == 1 {
				queries = append(queries, sqlrules.File{Name: f.path, Text: f.body})
			} else {
				schema = append(schema, sqlrules.File{Name: f.path, Text: f.body})
			}
		}
		for _, fault := range sqlrules.Check(schema, queries) {
			out = append(out, Fault{fault.File, fault.Line, fault.Text})
		}
	}
	return append(out, strayTextSQL(t)...)
}

// strayTextSQL finds SQL files that no store reads.
func strayTextSQL(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.texts {
		if path.Ext(f.path) == ".sql" && !inTestdata(f.path) && path.Base(f.dir()) != "schema" && path.Base(f.path) != "queries.sql" {
			out = append(out, Fault{f.path, 0, "SQL is schema/NNN_name.sql or queries.sql of a store"})
		}
	}
	return out
}

const (
	generatedName    = "queries.gen.go"
	generatorVersion = "tools/storegen/version.txt"
)

var madeFrom = regexp.MustCompile(`(?m)^// made from: sha256 ([0-9a-f]{64})$`)

// generatedIsCurrent finds stores whose generated code was made from other SQL, or by an older generator.
func generatedIsCurrent(t *Tree) []Fault {
	version, _ := t.body(generatorVersion)
	var out []Fault
	for dir, files := range stores(t) {
		if rank(files[len(files)-1]) != 1 {
			continue
		}
		target := path.Join(dir, generatedName)
		body, ok := t.body(target)
		if !ok {
			out = append(out, Fault{target, 0, "is not there: run make generate"})
			continue
		}
		said := madeFrom.FindStringSubmatch(body)
		if said == nil || said[1] != hashOf(strings.TrimSpace(version), dir, files) {
			out = append(out, Fault{target, 0, "was made from other SQL or by an older generator: run make generate"})
		}
	}
	return out
}

// hashOf counts what tools/generate writes into the header: SHA-256 over the generator's version, then each file's
// name, length and bytes.
func hashOf(version, dir string, files []text) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "storegen %s\n", version)
	for _, f := range files {
		fmt.Fprintf(sum, "%s %d\n", strings.TrimPrefix(f.path, dir+"/"), len(f.body))
		sum.Write([]byte(f.body))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
