package sqlrules

import (
	"os"
	"path/filepath"
	"slices"
)

// CheckDir is Check for a folder with schema/*.sql and, beside it, queries.sql when there are queries.
func CheckDir(dir string) ([]Fault, error) {
	schema, err := readAll(filepath.Join(dir, "schema", "*.sql"))
	if err != nil {
		return nil, err
	}
	queries, err := readAll(filepath.Join(dir, "queries.sql"))
	if err != nil {
		return nil, err
	}
	return Check(schema, queries), nil
}

func readAll(pattern string) ([]File, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []File
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out = append(out, File{filepath.ToSlash(name), string(text)})
	}
	return out, nil
}
