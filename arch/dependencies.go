package arch

import (
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
)

// dependencyPage is where each direct dependency has a row with its licence and its reason.
const dependencyPage = "docs/dependencies.md"

var dependencyRow = regexp.MustCompile("^\\| *`([^`]+)` *\\|([^|]*)\\|([^|]*)\\|")

// dependencies compares the direct dependencies and tools of every go.mod with the page.
func dependencies(t *Tree) []Fault {
	page, _ := t.body(dependencyPage)
	var out []Fault
	rows := map[string]int{}
	for i, line := range strings.Split(page, "\n") {
		row := dependencyRow.FindStringSubmatch(line)
		if row == nil {
			continue
		}
		rows[row[1]] = i + 1
		if strings.TrimSpace(row[2]) == "" || strings.TrimSpace(row[3]) == "" {
			out = append(out, Fault{dependencyPage, i + 1, row[1] + ": the row gives a licence and a reason"})
		}
	}
	needed := map[string]bool{}
	for _, f := range t.texts {
		if f.path != "go.mod" && f.path != "tools/go.mod" {
			continue
		}
		direct, err := directOf(f)
		if err != nil {
			out = append(out, Fault{f.path, 0, err.Error()})
		}
		for _, module := range direct {
			needed[module] = true
			if rows[module] == 0 {
				out = append(out, Fault{f.path, 0, module + " has no row in " + dependencyPage})
			}
		}
	}
	for module, line := range rows {
		if !needed[module] {
			out = append(out, Fault{dependencyPage, line, module + " is no direct dependency: take the row away"})
		}
	}
	return out
}

// directOf lists the modules that a go.mod requires by itself, and those that its tools come from.
func directOf(f text) ([]string, error) {
	parsed, err := modfile.Parse(f.path, []byte(f.body), nil)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, require := range parsed.Require {
		direct := !require.Indirect
		for _, tool := range parsed.Tool {
			direct = direct || strings.HasPrefix(tool.Path+"/", require.Mod.Path+"/")
		}
		if direct {
			out = append(out, require.Mod.Path)
		}
	}
	return out, nil
}
