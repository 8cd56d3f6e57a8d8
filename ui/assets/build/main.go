// Command build writes ui/assets/dist from the sources in ui. Run it with `go generate ./ui/...`; it takes no arguments
// and expects to stand in ui/assets.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"posad.city/ui/assets/bundle"
)

func main() {
	if err := build("..", "dist"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// build replaces the folder dist. It is removed first, so that no old hash stays behind.
func build(sources, dist string) error {
	files, err := bundle.Build(os.DirFS(sources))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dist); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	names := make([]string, 0, len(files))
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dist, name), content, 0o644); err != nil {
			return fmt.Errorf("build: %w", err)
		}
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Printf("%7d  %s\n", len(files[name]), name)
	}
	return nil
}
