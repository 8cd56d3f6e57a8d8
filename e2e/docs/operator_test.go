package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"posad.city/app"
)

func operatorPage(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "operator", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestEveryKeyOfTheConfigurationIsTold compares the page with the type that is read.
func TestEveryKeyOfTheConfigurationIsTold(t *testing.T) {
	t.Parallel()
	page := operatorPage(t, "configuration.md")
	keys := 0
	for key, inner := range keysOf(reflect.TypeFor[app.Config]()) {
		row := regexp.MustCompile("(?m)^\\|.*`" + regexp.QuoteMeta(key) + "[`.].*\\|$").FindString(page)
		if row == "" {
			t.Errorf("configuration.md does not tell %s", key)
			continue
		}
		keys++
		for part := range keysOf(inner) {
			if !strings.Contains(row, "."+part+"`") {
				t.Errorf("configuration.md does not tell %s.%s", key, part)
			}
		}
	}
	if keys < 10 {
		t.Errorf("only %d keys were seen", keys)
	}
}

// keysOf lists the keys of a type, each with its own type.
func keysOf(t reflect.Type) map[string]reflect.Type {
	for t.Kind() == reflect.Map || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	out := map[string]reflect.Type{}
	if t.Kind() != reflect.Struct {
		return out
	}
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			out[key] = t.Field(i).Type
		}
	}
	return out
}

var (
	measured = regexp.MustCompile(`(?:Name: |NewDesc\()"(posad_[a-z_]+)"`)
	toldRow  = regexp.MustCompile("(?m)^\\| `(posad_[a-z_]+)` \\|")
)

// TestEveryMetricIsTold compares the page with what the sources register.
func TestEveryMetricIsTold(t *testing.T) {
	t.Parallel()
	var there []string
	for _, floor := range []string{"kit", "core", "app", "systems"} {
		err := filepath.WalkDir(filepath.Join("..", "..", floor), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				if os.IsNotExist(err) {
					return nil
				}
				return err
			}
			content, err := os.ReadFile(path)
			for _, found := range measured.FindAllStringSubmatch(string(content), -1) {
				there = append(there, found[1])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	for _, found := range toldRow.FindAllStringSubmatch(operatorPage(t, "monitoring.md"), -1) {
		told = append(told, found[1])
	}
	for _, name := range there {
		if !slices.Contains(told, name) {
			t.Errorf("monitoring.md does not tell %s", name)
		}
	}
	for _, name := range told {
		if !slices.Contains(there, name) {
			t.Errorf("monitoring.md tells %s, which is not there", name)
		}
	}
	if len(there) < 8 {
		t.Errorf("only %d metrics were seen", len(there))
	}
}
