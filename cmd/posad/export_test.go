package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExportGivesTheSameBytes: what was published comes back byte for byte, remarks too, and checks as the same version.
func TestExportGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	folder, data := smallFolder(t, ""), t.TempDir()
	edit(t, filepath.Join(folder, "services", "permit.yaml"), "term: 5 working days", "term: 5 working days  # a remark of its author\n\n")
	wants(t, 0, []string{"published"}, "publish", folder, "--data", data)
	out := filepath.Join(t.TempDir(), "out")
	wants(t, 0, []string{"files, version"}, "export", out, "--data", data)
	if diff := cmp.Diff(yamlOf(t, folder), yamlOf(t, out)); diff != "" {
		t.Error(diff)
	}
	if one, two := wants(t, 0, nil, "check", folder), wants(t, 0, nil, "check", out); one != two {
		t.Errorf("check says of the folder %q, of the export %q", one, two)
	}
	wants(t, 1, []string{"is not empty"}, "export", out, "--data", data)
	edit(t, filepath.Join(folder, "services", "permit.yaml"), "its author", "another author")
	wants(t, 0, []string{"published"}, "publish", folder, "--data", data)
	again := filepath.Join(t.TempDir(), "again")
	wants(t, 0, nil, "export", again, "--data", data)
	if diff := cmp.Diff(yamlOf(t, folder), yamlOf(t, again)); diff != "" {
		t.Errorf("a changed remark was not kept: %s", diff)
	}
}

func yamlOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		content, err := os.ReadFile(name)
		short, _ := filepath.Rel(folder, name) // both are absolute
		out[short] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
