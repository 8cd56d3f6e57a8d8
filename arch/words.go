package arch

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// unfinished marks work left undone; it belongs to an issue. The words are put together here so that this file does
// not break its own rule.
var unfinished = regexp.MustCompile(`\b(` + "TO" + "DO|FIX" + `ME)\b`)

// privatePath is a path of one person's machine; a test or a page that names it works nowhere else.
var privatePath = regexp.MustCompile(`(^|[\s"'=(:` + "`" + `])/(` + "ho" + "me|ro" + "ot|Us" + "ers|wo" + `rk)(/[\w.-]+|[\s"'` + "`" + `])`)

// registries are hosts that hand out packages. Where packages come from is the environment's choice, not the text's.
var registries = regexp.MustCompile(`\b(` + "proxy|sum|index" + `)\.` + "golang" + `\.org\b|\bregistry\.` + "npmjs" + `\.|\b` + "py" + `pi\.org\b|\b(static\.|index\.)?` + "crates" + `\.io\b|\bdeb\.` + "debian" + `\.org\b`)

// made are files that a program writes and a person does not read.
var made = []string{"go.sum", "package-lock.json"}

func noUnfinished(t *Tree) []Fault {
	return findLines(t, func(line string) string {
		if found := unfinished.FindString(line); found != "" {
			return found + ": make an issue of it, or do it"
		}
		return ""
	})
}

func noPrivateWords(t *Tree) []Fault {
	return findLines(t, func(line string) string {
		if found := privatePath.FindString(line); found != "" {
			return strings.TrimSpace(found) + " is a path of somebody's machine"
		}
		if found := registries.FindString(line); found != "" {
			return found + " is a package registry: the environment says where packages come from"
		}
		return ""
	})
}

// findLines runs over every line of every text that people write.
func findLines(t *Tree, judge func(line string) string) []Fault {
	var out []Fault
	for _, f := range t.texts {
		if slices.Contains(made, path.Base(f.path)) || f.under("ui/assets") || generatedLine.MatchString(f.body) {
			continue
		}
		for i, line := range strings.Split(f.body, "\n") {
			if text := judge(line); text != "" {
				out = append(out, Fault{f.path, i + 1, text})
			}
		}
	}
	return out
}
