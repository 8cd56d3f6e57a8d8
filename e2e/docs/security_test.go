package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	shownTest = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]+)`")
	anyTest   = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]+`)
)

// leastTests is how many tests the page of security names at least: else the pattern has gone blind.
const leastTests = 80

// TestTheTestsOfSecurityAreThere: a reader who looks for a test that docs/security.md names finds it.
func TestTheTestsOfSecurityAreThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	content, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, found := range shownTest.FindAllStringSubmatch(string(content), -1) {
		if key := found[1] + "." + found[2]; !named[key] {
			named[key] = true
			if !declared(t, filepath.Join(root, found[1]), found[2]) {
				t.Errorf("docs/security.md names %s, and no file of %s has it", found[2], found[1])
			}
		}
	}
	if len(named) < leastTests {
		t.Errorf("docs/security.md names %d tests with their packages, fewer than %d", len(named), leastTests)
	}
	rest := shownTest.ReplaceAllString(string(content), "")
	for _, name := range anyTest.FindAllString(rest, -1) {
		if name != "TestPasswords" { // in the command of the introduction
			t.Errorf("docs/security.md names %s without its package", name)
		}
	}
}

// declared tells whether a test file of the folder declares the function.
func declared(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
