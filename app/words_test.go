package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"posad.city/kit/store"
)

// keyed are the functions whose argument, counted from 0, is a key of a text.
var keyed = map[string]int{"T": 0, "SetFlash": 1, "New": 1}

// aKey is what keys look like.
var aKey = regexp.MustCompile(`^[a-z]+(\.[a-z0-9_-]+)+$`)

// apart is what the house's catalogue has no texts of: what posad verify says, which runs with no house.
var apart = []string{"../kit/proof"}

// testWords holds the keys that the sources name to the catalogue, which has each of its keys in every language.
func testWords(t *testing.T, w *world) {
	asked, mentioned := keysOfSources(t)
	for key, place := range asked {
		if !w.Base.Texts.Has(key) {
			t.Errorf("%s: there is no text %q", place, key)
		}
	}
	for _, op := range w.Operations() {
		if op.Look != "" && !w.Base.Texts.Has(op.Look) {
			t.Errorf("%s: the person it is about sees no words for the look %q", op.Name, op.Look)
		}
	}
	var unused []string
	for _, key := range w.Base.Texts.Keys() {
		if !used(key, mentioned) {
			unused = append(unused, key)
		}
	}
	if len(unused) > 0 {
		t.Errorf("%d texts that no source names, whole or by a beginning:\n%s", len(unused), strings.Join(unused, "\n"))
	}
	t.Logf("%d keys are asked for by name", len(asked))
}

// used tells whether the sources name a key, whole or by a beginning to which the rest is put.
func used(key string, mentioned map[string]bool) bool {
	if mentioned[key] {
		return true
	}
	for at := strings.LastIndexAny(key, "._"); at > 0; at = strings.LastIndexAny(key[:at], "._") {
		if mentioned[key[:at+1]] || strings.Contains(key[:at], ".") && mentioned[key[:at]] {
			return true
		}
	}
	return false
}

// keysOfSources are the keys that calls name, with a place, and all texts between quotes.
func keysOfSources(t *testing.T) (map[string]string, map[string]bool) {
	t.Helper()
	asked, mentioned := map[string]string{}, map[string]bool{}
	for _, root := range []string{"../app", "../core", "../systems", "../kit", "../ui", "../cmd"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && slices.Contains(apart, path) {
				return fs.SkipDir
			}
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				note(files, n, asked, mentioned)
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return asked, mentioned
}

func note(files *token.FileSet, n ast.Node, asked map[string]string, mentioned map[string]bool) {
	if text, ok := literal(n); ok {
		mentioned[text] = true
		beginning, _, _ := strings.Cut(text, "%") // of a format
		mentioned[beginning] = true
	}
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return
	}
	name, of := called(call)
	at, known := keyed[name]
	if !known || at >= len(call.Args) || name == "New" && of != "fault" {
		return
	}
	if key, ok := literal(call.Args[at]); ok && aKey.MatchString(key) {
		asked[key] = files.Position(call.Pos()).String()
	}
}

func called(call *ast.CallExpr) (name, of string) {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			of = x.Name
		}
		return f.Sel.Name, of
	case *ast.Ident:
		return f.Name, ""
	}
	return "", ""
}

func literal(n ast.Node) (string, bool) {
	basic, ok := n.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// unheld are the personal tables without a holder, each with its reason.
var unheld = map[string]string{
	"approval": "a question begins before anybody is known, lives three minutes and is found by the browser that asked",
}

// testTables holds every table of the database to a declared holder, or the reason why it has none.
func testTables(t *testing.T, w *world) {
	var tables []string
	all := store.NewQuery("test.Tables", map[string]string{
		"sqlite":   `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
		"postgres": `SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()`,
	}[w.Base.Store.Engine()])
	w.Must(w.Base.Store.Read(t.Context(), func(r *store.Snapshot) error {
		tables = nil
		return r.Query(all, func(row *store.Row) error {
			tables = append(tables, row.Text(0))
			return nil
		})
	}))
	if len(tables) < 40 {
		t.Fatalf("only %d tables: %v", len(tables), tables)
	}
	for _, name := range tables {
		if name == "store_migration" {
			continue // what the store knows of itself, before there are declarations
		}
		d, declared := w.Base.Store.Decls()[name]
		none, reason, _ := strings.Cut(d.Holder, "—")
		switch {
		case !declared || d.Holder == "":
			t.Errorf("%s declares no holder", name)
		case strings.TrimSpace(none) == "none" && strings.TrimSpace(reason) == "":
			t.Errorf("%s has no holder and does not say why", name)
		case strings.TrimSpace(none) == "none" && len(d.Personal) > 0:
			if unheld[name] == "" {
				t.Errorf("%s is personal and has no holder", name)
			}
		}
	}
}
