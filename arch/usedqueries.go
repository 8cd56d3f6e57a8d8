package arch

import (
	"go/ast"
	"path"
	"regexp"
	"strings"
)

var queryName = regexp.MustCompile(`(?m)^-- name: (\w+) :`)

// queriesAreUsed finds queries that nothing in their module calls: the compiler does not, since generated code is exported.
// The sample's queries are there for the generator alone.
func queriesAreUsed(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.texts {
		module, ok := strings.CutSuffix(f.dir(), "/internal/store")
		if !ok || path.Base(f.path) != "queries.sql" || module == "arch/sample" {
			continue
		}
		said := t.selected(module)
		for _, at := range queryName.FindAllStringSubmatchIndex(f.body, -1) {
			name := f.body[at[2]:at[3]]
			if !said[name] && !said[name+"Stmt"] {
				out = append(out, Fault{f.path, 1 + strings.Count(f.body[:at[0]], "\n"), "query " + name + " is called by nothing: take it out and run make generate"})
			}
		}
	}
	return out
}

// selected are all names that written code below a folder takes out of something, as b of a.b.
func (t *Tree) selected(dir string) map[string]bool {
	out := map[string]bool{}
	for _, f := range t.goes {
		if f.generated || !f.under(dir) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				out[s.Sel.Name] = true
			}
			return true
		})
	}
	return out
}
