package kitezh_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"posad.city/city/kitezh"
)

// schemaOf is the published schema that an editor holds the file to.
func schemaOf(name string) string {
	switch dir := path.Dir(name); dir {
	case ".", "content":
		return strings.TrimSuffix(path.Base(name), ".yaml")
	case "content/pages":
		return "page"
	case "agencies":
		return "agency"
	case "messages":
		return dir
	default:
		return strings.TrimSuffix(dir, "s")
	}
}

// TestEveryFileMeetsItsPublishedSchema: an editor that uses docs/schema shows no fault in the demo city.
func TestEveryFileMeetsItsPublishedSchema(t *testing.T) {
	t.Parallel()
	checked := 0
	err := fs.WalkDir(kitezh.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, "demo/") {
			return err
		}
		checked++
		if err := meets(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil || checked < 20 {
		t.Fatalf("%d files: %v", checked, err)
	}
}

func meets(name string) error {
	content, err := fs.ReadFile(kitezh.Files(), name)
	if err != nil {
		return err
	}
	text, err := yaml.YAMLToJSON(content)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	schemaText, err := os.ReadFile("../../docs/schema/" + schemaOf(name) + ".json")
	if err != nil {
		return err
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", schema); err != nil {
		return err
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}
