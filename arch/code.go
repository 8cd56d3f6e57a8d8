package arch

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

const (
	mostFileLines     = 600
	mostFunctionLines = 120
)

// askClock are the names of package time that ask or wait by the machine's own clock.
var askClock = []string{"Now", "Since", "Until", "After", "Tick", "Sleep"}

// onlyClockTellsTime keeps the machine's clock inside kit/clock: elsewhere a moved clock or a test would not be obeyed.
func onlyClockTellsTime(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.goes {
		if f.test || excepted("time", f.path) {
			continue
		}
		f.uses("time", func(s *ast.SelectorExpr) {
			if slices.Contains(askClock, s.Sel.Name) {
				out = append(out, Fault{f.path, t.line(s), "time." + s.Sel.Name + ": take a kit/clock.Clock; to wait, a timer and the context"})
			}
		})
	}
	return out
}

func noInit(t *Tree) []Fault {
	var out []Fault
	for f, fn := range functions(t) {
		if fn.Name.Name == "init" && fn.Recv == nil {
			out = append(out, Fault{f.path, t.line(fn), "init(): do it in New or Provision, where it can fail and be seen"})
		}
	}
	return out
}

// noNamedErrors finds results with a name and the type error: they are set from afar, by a defer or a bare return.
func noNamedErrors(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.goes {
		if f.generated {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			var fn *ast.FuncType // of a body; the results of an interface's method may have names, for the reader
			switch n := n.(type) {
			case *ast.FuncDecl:
				fn = n.Type
			case *ast.FuncLit:
				fn = n.Type
			}
			if fn == nil || fn.Results == nil {
				return true
			}
			for _, result := range fn.Results.List {
				if kind, ok := result.Type.(*ast.Ident); ok && kind.Name == "error" && len(result.Names) > 0 {
					out = append(out, Fault{f.path, t.line(result), "the error result has a name: return it"})
				}
			}
			return true
		})
	}
	return out
}

// packageDocs finds packages that say nothing of themselves.
func packageDocs(t *Tree) []Fault {
	said := map[string]bool{}
	first := map[string]string{}
	for _, f := range t.goes {
		if f.test || f.under(scratch...) {
			continue
		}
		if _, seen := first[f.dir()]; !seen {
			first[f.dir()] = f.path
		}
		// Generated headers are no doc: a package of generated code says what it holds in a file of its own.
		if !f.generated && f.syntax.Doc != nil && len(strings.TrimSpace(f.syntax.Doc.Text())) > 0 {
			said[f.dir()] = true
		}
	}
	var out []Fault
	for dir, file := range first {
		if !said[dir] && !strings.HasSuffix(dir, "/internal/store") {
			out = append(out, Fault{file, 0, "the package " + dir + " has no doc: what it owns, what it does not, its neighbours"})
		}
	}
	return out
}

func fileSize(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.texts {
		if !strings.HasSuffix(f.path, ".go") && !strings.HasSuffix(f.path, ".templ") || generatedLine.MatchString(f.body) || inTestdata(f.path) {
			continue
		}
		if lines := strings.Count(f.body, "\n"); lines > mostFileLines {
			out = append(out, Fault{f.path, 0, fmt.Sprintf("%d lines, and %d is the most: cut it by what it is about", lines, mostFileLines)})
		}
	}
	return out
}

func functionSize(t *Tree) []Fault {
	var out []Fault
	for f, fn := range functions(t) {
		lines := t.set.Position(fn.End()).Line - t.line(fn) + 1
		if !f.generated && lines > mostFunctionLines {
			out = append(out, Fault{f.path, t.line(fn), fmt.Sprintf("%s has %d lines, and %d is the most: decide in one function, do in another", fn.Name.Name, lines, mostFunctionLines)})
		}
	}
	return out
}

// functions goes over every declared function of the tree.
func functions(t *Tree) func(yield func(goFile, *ast.FuncDecl) bool) {
	return func(yield func(goFile, *ast.FuncDecl) bool) {
		for _, f := range t.goes {
			for _, declaration := range f.syntax.Decls {
				if fn, ok := declaration.(*ast.FuncDecl); ok && !yield(f, fn) {
					return
				}
			}
		}
	}
}
