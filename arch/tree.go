package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Module is the module path of the tree.
const Module = "posad.city"

// Tree is a checkout: every committed text file, the Go ones parsed.
type Tree struct {
	set   *token.FileSet
	texts []text
	goes  []goFile
}

// text is one file that is no picture or font.
type text struct {
	path string // relative to the root, with forward slashes
	body string
}

// goFile is one parsed Go file.
type goFile struct {
	text
	syntax    *ast.File
	generated bool
	test      bool
}

// Fault is one broken rule at one place.
type Fault struct {
	Path string
	Line int // from 1; 0 when the whole file or folder is meant
	Text string
}

func (f Fault) String() string {
	if f.Line == 0 {
		return f.Path + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Text)
}

var generatedLine = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// Load reads the named files. Files that are no text are left out; a Go file that does not parse is an error.
func Load(root fs.FS, paths []string) (*Tree, error) {
	out := &Tree{set: token.NewFileSet()}
	slices.Sort(paths)
	for _, name := range paths {
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(body) || slices.Contains(body, 0) {
			continue
		}
		t := text{name, string(body)}
		out.texts = append(out.texts, t)
		if path.Ext(name) != ".go" || inTestdata(name) {
			continue
		}
		syntax, err := parser.ParseFile(out.set, name, body, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		out.goes = append(out.goes, goFile{t, syntax, generatedLine.MatchString(t.body), strings.HasSuffix(name, "_test.go")})
	}
	return out, nil
}

func inTestdata(name string) bool { return strings.Contains("/"+name, "/testdata/") }

func (t *Tree) line(node ast.Node) int { return t.set.Position(node.Pos()).Line }

func (t *Tree) body(name string) (string, bool) {
	for _, f := range t.texts {
		if f.path == name {
			return f.body, true
		}
	}
	return "", false
}

// dir is the folder of a file, "." for the root's.
func (t text) dir() string { return path.Dir(t.path) }

// under tells whether a file lies in a folder or below.
func (t text) under(dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(t.path, dir+"/") })
}

// imports are the paths that a file imports, with the place of each.
func (f goFile) imports() map[string]*ast.ImportSpec {
	out := map[string]*ast.ImportSpec{}
	for _, spec := range f.syntax.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			out[name] = spec
		}
	}
	return out
}

// localName is what a file calls a package that it imports; "" when it does not import it.
func (f goFile) localName(importPath string) string {
	spec := f.imports()[importPath]
	switch {
	case spec == nil:
		return ""
	case spec.Name != nil:
		return spec.Name.Name
	}
	return path.Base(importPath)
}

// calls visits every use of a name of an imported package, as time.Now.
func (f goFile) uses(importPath string, visit func(*ast.SelectorExpr)) {
	local := f.localName(importPath)
	if local == "" || local == "_" {
		return
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if base, ok := selector.X.(*ast.Ident); ok && base.Name == local {
				visit(selector)
			}
		}
		return true
	})
}
