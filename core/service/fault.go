package service

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"posad.city/kit/lang"
)

// Locale holds the package's words: faults of definitions with their hints.
//
//go:embed locale/*.yaml
var Locale embed.FS

// words loads the package's own texts, so that a command can print faults without a running app.
var words = sync.OnceValues(func() (*lang.Catalogue, error) { return lang.Load(Locale) })

// Fault is one thing wrong in a city's data, with its place. Kind is the end of two translation keys:
// service.fault.KIND says what is wrong, service.hint.KIND what to do.
type Fault struct {
	File   string
	Line   int // from 1; 0 when the whole file is meant
	Column int // from 1, in characters
	Kind   string
	Params map[string]string
	Source string // the line of the file, for the terminal
}

// Faults are all that was found wrong, in the order of files and lines.
type Faults []Fault

// maxFaults bounds what one check tells; the rest is seldom of another cause.
const maxFaults = 200

// In says what is wrong, in the language.
func (f Fault) In(l lang.Language) string { return f.text(l, "service.fault."+f.Kind) }

// Hint says what to do, in the language.
func (f Fault) Hint(l lang.Language) string {
	if near := f.Params["near"]; near != "" {
		return f.text(l, "service.hint.near")
	}
	return f.text(l, "service.hint."+f.Kind)
}

func (f Fault) text(l lang.Language, key string) string {
	catalogue, err := words()
	if err != nil {
		return key
	}
	return catalogue.TextWith(l, key, f.Params)
}

// Place is file:line:column, as editors follow it.
func (f Fault) Place() string {
	if f.Line == 0 {
		return f.File
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}

// Error lists the faults in English, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Place() + ": " + one.In(lang.English)
	}
	return strings.Join(lines, "\n")
}

// Print writes the faults for a terminal: place and words, the line with a mark under it, the hint.
func (f Faults) Print(w io.Writer, l lang.Language) error {
	for _, one := range f {
		if _, err := io.WriteString(w, one.terminal(l)); err != nil {
			return fmt.Errorf("service: print faults: %w", err)
		}
	}
	return nil
}

func (f Fault) terminal(l lang.Language) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s\n", f.Place(), f.In(l))
	if f.Source != "" {
		number := fmt.Sprint(f.Line)
		fmt.Fprintf(&out, "  %s | %s\n", number, f.Source)
		fmt.Fprintf(&out, "  %s | %s^\n", strings.Repeat(" ", len(number)), strings.Repeat(" ", max(f.Column-1, 0)))
	}
	fmt.Fprintf(&out, "  → %s\n\n", f.Hint(l))
	return out.String()
}

func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Kind, b.Kind))
	})
	if len(f) > maxFaults {
		return f[:maxFaults]
	}
	return f
}

// nearest finds the known word that a wrong one was probably meant to be; empty when none is close.
func nearest(wrong string, known []string) string {
	best, distance := "", len([]rune(wrong))/3+2
	for _, word := range known {
		if d := edits(wrong, word); d < distance {
			best, distance = word, d
		}
	}
	return best
}

// edits is the number of letters to insert, remove, change or swap with a neighbour (optimal string alignment).
func edits(from, to string) int {
	a, b := []rune(from), []rune(to)
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+changed(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func changed(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
