package arch

import (
	"go/ast"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// personalRead is a generated query that reads a personal table.
type personalRead struct {
	sql    string
	counts bool // no person's data comes back
}

var (
	createTable = regexp.MustCompile(`(?i)CREATE\s+TABLE\s+(\w+)`)
	declared    = regexp.MustCompile(`(?i)COMMENT\s+ON\s+TABLE\s+(\w+)\s+IS\s+'((?:[^']|'')*)'`)
	namedQuery  = regexp.MustCompile(`(?m)^--\s*name:\s*(\w+)\s*:\w+\s*$`)
	anyTable    = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+(\w+)`)
)

// TestEveryPersonalReadTellsWhomItShows shows the cover of looks by construction, over all the generated code that there is:
// each query that reads a personal table takes a store.PersonalReader, which only a look makes, and tells it about each person
// of each row; one that takes less gives back counts alone, and says so.
func TestEveryPersonalReadTellsWhomItShows(t *testing.T) {
	t.Parallel()
	root := os.DirFS("..")
	paths, err := committed(root)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Load(root, paths)
	if err != nil {
		t.Fatal(err)
	}
	personal := personalTables(tree)
	if len(personal) < 20 {
		t.Fatalf("only %d personal tables were found; the test would show nothing", len(personal))
	}
	seen, counted := 0, 0
	for _, f := range tree.goes {
		if !strings.HasSuffix(f.path, "internal/store/queries.gen.go") {
			continue
		}
		countsOnly := countsOf(t, tree, f.dir())
		statements := statementsOf(f.syntax)
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			sql, reads := readOf(fn, statements, personal)
			if !reads {
				continue
			}
			switch body := bodyText(fn); {
			case countsOnly[fn.Name.Name]:
				counted++
				if takes(fn) == "PersonalReader" {
					t.Errorf("%s: %s only counts and wants a look", f.path, fn.Name.Name)
				}
			case takes(fn) != "PersonalReader":
				t.Errorf("%s: %s reads %.60q by a %s: nobody would see the look", f.path, fn.Name.Name, sql, takes(fn))
			case !slices.Contains(body, "Saw"):
				t.Errorf("%s: %s tells the look about nobody", f.path, fn.Name.Name)
			default:
				seen++
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d reads of personal tables were found", seen)
	}
	t.Logf("%d personal tables; %d reads of them, each by a look that is told whom it shows; %d that only count", len(personal), seen, counted)
}

// personalTables are the tables that declare whom their rows are about.
func personalTables(tree *Tree) map[string]bool {
	out := map[string]bool{}
	for _, f := range tree.texts {
		if !strings.Contains(f.path, "/schema/") || !strings.HasSuffix(f.path, ".sql") || !createTable.MatchString(f.body) && !declared.MatchString(f.body) {
			continue
		}
		for _, m := range declared.FindAllStringSubmatch(f.body, -1) {
			if strings.Contains(m[2], "personal:") {
				out[m[1]] = true
			}
		}
	}
	return out
}

// countsOf are the queries of a module that say that no person's data comes back.
func countsOf(t *testing.T, tree *Tree, dir string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, f := range tree.texts {
		if f.path != dir+"/queries.sql" {
			continue
		}
		places := namedQuery.FindAllStringSubmatchIndex(f.body, -1)
		for i, at := range places {
			end := len(f.body)
			if i+1 < len(places) {
				end = places[i+1][0]
			}
			if strings.Contains(f.body[at[1]:end], "-- counts only") {
				out[f.body[at[2]:at[3]]] = true
			}
		}
	}
	return out
}

// statementsOf are the texts of a file's queries by the variable's name.
func statementsOf(file *ast.File) map[string]string {
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 {
			return true
		}
		ast.Inspect(spec.Values[0], func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok {
				if sql, err := strconv.Unquote(text.Value); err == nil && len(sql) > len(out[spec.Names[0].Name]) {
					out[spec.Names[0].Name] = sql
				}
			}
			return true
		})
		return true
	})
	return out
}

// readOf is the statement of a function that reads a personal table.
func readOf(fn *ast.FuncDecl, statements map[string]string, personal map[string]bool) (string, bool) {
	found := ""
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && statements[name.Name] != "" {
			found = statements[name.Name]
		}
		return true
	})
	upper := strings.ToUpper(strings.TrimSpace(found))
	if found == "" || !strings.HasPrefix(upper, "SELECT") && !strings.HasPrefix(upper, "WITH") && !strings.Contains(upper, "RETURNING") {
		return "", false
	}
	for _, m := range anyTable.FindAllStringSubmatch(found, -1) {
		if personal[m[1]] {
			return found, true
		}
	}
	return "", false
}

// takes is the type of the function's first argument, without its package.
func takes(fn *ast.FuncDecl) string {
	if len(fn.Type.Params.List) == 0 {
		return ""
	}
	switch kind := fn.Type.Params.List[0].Type.(type) {
	case *ast.SelectorExpr:
		return kind.Sel.Name
	case *ast.StarExpr:
		if sel, ok := kind.X.(*ast.SelectorExpr); ok {
			return "*" + sel.Sel.Name
		}
	}
	return ""
}

// bodyText are the names that a function's body calls.
func bodyText(fn *ast.FuncDecl) []string {
	var out []string
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				out = append(out, sel.Sel.Name)
			}
		}
		return true
	})
	return out
}
