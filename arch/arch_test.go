package arch

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestHouse(t *testing.T) {
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
	if len(tree.goes) < 10 {
		t.Fatalf("only %d Go files were found; the rules would hold nothing", len(tree.goes))
	}
	for _, rule := range Rules() {
		t.Run(strings.ReplaceAll(rule.Name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			for _, fault := range rule.Check(tree) {
				t.Error(fault)
			}
		})
	}
}

// committed lists the files that are committed or would be: git knows. Outside a checkout it is every file.
func committed(root fs.FS) ([]string, error) {
	git := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	git.Dir = ".."
	said, err := git.Output()
	if err != nil {
		return everyFile(root)
	}
	var out []string
	for _, name := range strings.Split(strings.TrimSuffix(string(said), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join("..", name))
		if err == nil && info.Mode().IsRegular() {
			out = append(out, filepath.ToSlash(name))
		}
	}
	return out, nil
}

func everyFile(root fs.FS) ([]string, error) {
	var out []string
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules" || entry.Name() == "zz_deps") {
			return fs.SkipDir
		}
		if entry.Type().IsRegular() {
			out = append(out, name)
		}
		return nil
	})
	return out, err
}
