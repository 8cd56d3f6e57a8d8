package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
)

// TestLinksLeadSomewhere follows every link of docs/ inside the repository, to its heading too.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(filepath.Join("..", "..", "docs"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(fenced.ReplaceAllString(string(content), ""), -1) {
			if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
				continue
			}
			target, part, _ := strings.Cut(found[1], "#")
			to := filepath.Join(filepath.Dir(path), target)
			if target == "" {
				to = path
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s leads nowhere", path, found[1])
			} else if part != "" && !hasHeading(t, to, part) {
				t.Errorf("%s: %s has no such heading", path, found[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryPageIsLinked: from docs/README.md a reader comes to every page.
func TestEveryPageIsLinked(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "docs")
	reached := map[string]bool{}
	next := []string{filepath.Join(root, "README.md")}
	for len(next) > 0 {
		path := next[0]
		next = next[1:]
		if reached[path] || filepath.Ext(path) != ".md" {
			continue
		}
		reached[path] = true
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(fenced.ReplaceAllString(string(content), ""), -1) {
			if target, _, _ := strings.Cut(found[1], "#"); target != "" && !strings.Contains(target, "://") {
				next = append(next, filepath.Join(filepath.Dir(path), target))
			}
		}
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" && !reached[path] {
			t.Errorf("no link leads from docs/README.md to %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hasHeading(t *testing.T, path, part string) bool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(string(content), ""), -1) {
		if anchor(h[1]) == part {
			return true
		}
	}
	return false
}

// anchor is the name that forges give to a heading: small letters, digits and hyphens for spaces.
func anchor(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-':
			return '-'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(text))
}
