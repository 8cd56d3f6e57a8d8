package docs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGovStack holds the table of the Registration building block: as many functions as the specification has, each said
// to be met, partly met or not, and each that is met at all shown by a test that exists and is named once.
func TestGovStack(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "govstack.md"))
	if err != nil {
		t.Fatal(err)
	}
	levels, shown := map[string]int{}, map[string]bool{}
	for line := range strings.SplitSeq(string(content), "\n") {
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "| 6.") || len(cells) != 8 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		number, level, state, where, test := cells[1], cells[3], cells[4], cells[5], cells[6]
		levels[level]++
		switch {
		case !slices.Contains([]string{"met", "partly", "not"}, state) || where == "":
			t.Errorf("%s: state %q, where %q", number, state, where)
		case state == "not" && test != "–":
			t.Errorf("%s is not met, and yet %s shows it", number, test)
		case state != "not" && !testExists(t, test):
			t.Errorf("%s: there is no test %q", number, test)
		case state != "not" && shown[test]:
			t.Errorf("%s: %s shows another function already", number, test)
		}
		shown[test] = true
	}
	for level, want := range map[string]int{"required": 38, "recommended": 3, "optional": 1} {
		if levels[level] != want {
			t.Errorf("%d %s functions, the specification has %d", levels[level], level, want)
		}
	}
}

// testExists finds a test by its folder and name.
func testExists(t *testing.T, test string) bool {
	t.Helper()
	folder, name, ok := strings.Cut(test, " ")
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil || !ok {
		return false
	}
	return slices.ContainsFunc(files, func(file string) bool {
		content, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(content), "\nfunc "+name+"(t *testing.T)")
	})
}
