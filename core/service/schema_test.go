package service

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write docs/schema anew")

const schemaFolder = "../../docs/schema"

func TestPublishedSchemasAreTheFormat(t *testing.T) {
	t.Parallel()
	schemas, err := Schemas()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range schemas {
		path := filepath.Join(schemaFolder, name)
		if *update {
			if err := os.MkdirAll(schemaFolder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/schema/%s is behind the types (%v); run go test ./core/service -update", name, err)
		}
	}
}
