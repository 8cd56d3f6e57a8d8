package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"posad.city/tools/storegen"
)

// queriesFile is what makes a folder a store.
const queriesFile = "queries.sql"

// findStores lists every folder internal/store with queries in the given folders of the tree, or in the floors that
// may have one.
func findStores(root string, dirs []string) ([]string, error) {
	if len(dirs) == 0 {
		dirs = []string{"kit", "core", "systems", "app", "arch"}
	}
	var out []string
	for _, dir := range dirs {
		top := filepath.Join(root, dir)
		if _, err := os.Stat(top); os.IsNotExist(err) {
			continue
		}
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			if entry.Name() == queriesFile && strings.HasSuffix(filepath.ToSlash(filepath.Dir(path)), "/internal/store") {
				out = append(out, filepath.Dir(path))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// source is one SQL file of a store; its name is relative to the store and has forward slashes.
type source struct {
	name string
	text []byte
}

// readSources returns the schema files in order, then the queries.
func readSources(dir string) ([]source, error) {
	names, err := filepath.Glob(filepath.Join(dir, "schema", "*.sql"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: there is no schema/*.sql beside %s", dir, queriesFile)
	}
	slices.Sort(names)
	var out []source
	for _, name := range append(names, filepath.Join(dir, queriesFile)) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		relative, err := filepath.Rel(dir, name)
		if err != nil {
			return nil, err
		}
		out = append(out, source{filepath.ToSlash(relative), text})
	}
	return out, nil
}

// hash names what a generated file was made from. The architecture test counts the same (arch/generated_test.go):
// SHA-256 over the generator's version, then each file's name, length and bytes.
func hash(sources []source) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "storegen %s\n", storegen.Version())
	for _, s := range sources {
		fmt.Fprintf(sum, "%s %d\n", s.name, len(s.text))
		sum.Write(s.text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
