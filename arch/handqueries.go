package arch

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"

	"posad.city/arch/sqlrules"
)

// handQueries holds the statements that parts of kit write by hand (beside their schema/) to the house's dialect, and
// keeps them off personal tables.
func handQueries(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.goes {
		if !t.ownQueries(f) {
			continue
		}
		schema := t.schemaOf(f.dir())
		for _, query := range t.statements(f) {
			faults := sqlrules.CheckQuery(schema, query)
			if !excepted("hand looks", f.path) {
				faults = append(faults, sqlrules.Reads(schema, query)...)
			}
			for _, fault := range faults {
				out = append(out, Fault{fault.File, fault.Line, fault.Text})
			}
		}
	}
	return out
}

func (t *Tree) schemaOf(dir string) []sqlrules.File {
	var out []sqlrules.File
	for _, f := range t.texts {
		if f.dir() == dir+"/schema" && path.Ext(f.path) == ".sql" {
			out = append(out, sqlrules.File{Name: f.path, Text: f.body})
		}
	}
	return out
}

// statements are the texts that a file gives to store.NewQuery, each pushed down to the line where it stands.
func (t *Tree) statements(f goFile) []sqlrules.File {
	constants := constantsOf(f.syntax)
	store := f.localName(Module + "/kit/store")
	var out []sqlrules.File
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || selector.Sel.Name != "NewQuery" {
			return true
		}
		if base, ok := selector.X.(*ast.Ident); ok && base.Name == store {
			body := strings.Repeat("\n", t.line(call.Args[1])-1) + textOf(call.Args[1], constants)
			out = append(out, sqlrules.File{Name: f.path, Text: body})
		}
		return true
	})
	return out
}

// constantsOf are the texts that a file gives names to.
func constantsOf(file *ast.File) map[string]string {
	out := map[string]string{}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			value := spec.(*ast.ValueSpec)
			for i := range min(len(value.Names), len(value.Values)) {
				out[value.Names[i].Name] = textOf(value.Values[i], out)
			}
		}
	}
	return out
}

// textOf is the value of a constant text: literals and names joined by +. What it cannot tell is empty.
func textOf(expression ast.Expr, constants map[string]string) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if value, err := strconv.Unquote(e.Value); err == nil {
			return value
		}
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		return textOf(e.X, constants) + textOf(e.Y, constants)
	}
	return ""
}
