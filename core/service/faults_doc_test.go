package service

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posad.city/kit/lang"
)

var writeFaults = flag.Bool("faults", false, "write docs/author/faults.md")

const faultsHead = `# What the check finds

` + "`posad check`" + ` tells each of these with file, line and column. A *fault* keeps a city from being published; what is
*worth a look* may be right and mostly is not, and stops nothing. The words in braces are filled in.

How far the proofs go: rows, questions, options, exemptions and obstacles are looked at over all values that their rules can
tell apart (the options of a choice, yes and no, the constants of the rules with their neighbours, ages just reached,
values that are missing), up to 20,000 combinations. When the rules only compare single values with constants and all
combinations were tried, "never" is proved and told as a fault. What follows from a form's own conditions, from two values
compared with each other, from arithmetic, lists or texts taken apart is not proved: such a row is told as one that no
example hits. A fee below zero is told with values that show it; that none is told proves nothing.

This page is made of the check's own sentences: ` + "`go test ./core/service -run TestFaultsPage -faults`" + `.

`

// TestFaultsPageListsEveryKind keeps docs/author/faults.md as the check's own sentences.
func TestFaultsPageListsEveryKind(t *testing.T) {
	t.Parallel()
	catalogue, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, key := range catalogue.Keys() {
		if kind, ok := strings.CutPrefix(key, "service.fault."); ok {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	if len(kinds) < 100 {
		t.Errorf("only %d kinds", len(kinds))
	}
	var page strings.Builder
	page.WriteString(faultsHead)
	for _, doubt := range []bool{false, true} {
		table(&page, catalogue, kinds, doubt)
	}
	name := filepath.Join("..", "..", "docs", "author", "faults.md")
	if *writeFaults {
		if err := os.WriteFile(name, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(name)
	if err != nil || string(kept) != page.String() {
		t.Errorf("docs/author/faults.md is behind; write it by -faults: %v", err)
	}
}

func table(page *strings.Builder, catalogue *lang.Catalogue, kinds []string, doubt bool) {
	var rows []string
	for _, kind := range kinds {
		if doubtful[kind] == doubt {
			say := func(key string) string {
				return strings.ReplaceAll(catalogue.TextWith(lang.English, key+kind, braces), "|", `\|`)
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", kind, say("service.fault."), say("service.hint.")))
		}
	}
	title := "Faults"
	if doubt {
		title = "Worth a look"
	}
	fmt.Fprintf(page, "## %s: %d\n\n| kind | what it says | what to do |\n|---|---|---|\n%s\n", title, len(rows), strings.Join(rows, ""))
}

// braces fills every parameter with its own name.
var braces = func() map[string]string {
	out := map[string]string{}
	for _, locale := range []string{"locale/en.yaml"} {
		content, err := Locale.ReadFile(locale)
		if err != nil {
			continue
		}
		for part := range strings.SplitSeq(string(content), "{") {
			if name, _, ok := strings.Cut(part, "}"); ok && len(name) < 30 {
				out[name] = "{" + name + "}"
			}
		}
	}
	return out
}()
