package rule

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Locale has the sentences of faults for people, by their IDs.
//
//go:embed locale/*.yaml
var Locale embed.FS

// Fault is one thing wrong with an expression.
type Fault struct {
	Where  string // which expression of a table: rows[2].when; empty for a single expression
	Line   int    // from 1, within the expression
	Column int    // from 1, in letters
	ID     string // translation key: rule.unknown_name
	Params map[string]string
	Text   string // the engine's own words
	Hint   string // what to write instead, in English; Locale has the same by ID
}

// Faults are all that a compilation found; there is at least one.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		place := fmt.Sprintf("%d:%d", fault.Line, fault.Column)
		if fault.Where != "" {
			place = fault.Where + ":" + place
		}
		lines[i] = fmt.Sprintf("rule: %s: %s; %s", place, fault.Text, fault.Hint)
	}
	return strings.Join(lines, "\n")
}

var (
	patternName     = regexp.MustCompile(`^undeclared reference to '([^']+)'`)
	patternField    = regexp.MustCompile(`^undefined field '([^']+)'`)
	patternOverload = regexp.MustCompile(`^found no matching overload for '([^']+)' applied to '(.*)'`)
)

// explain finds the kind of a fault in the engine's words and says what to do.
func (e *Env) explain(text string) Fault {
	if m := patternName.FindStringSubmatch(text); m != nil {
		name := strings.TrimPrefix(m[1], givenPrefix)
		near := e.nearest(name)
		return Fault{ID: "rule.unknown_name", Params: map[string]string{"name": name, "near": near}, Text: "there is no " + name,
			Hint: "did you mean " + near + "?"}
	}
	if m := patternField.FindStringSubmatch(text); m != nil {
		return Fault{ID: "rule.unknown_field", Params: map[string]string{"name": m[1]}, Text: "there is no field " + m[1], Hint: "see which fields the record declares"}
	}
	if m := patternOverload.FindStringSubmatch(text); m != nil {
		operator := strings.Trim(m[1], "_@!")
		if operator == "" {
			operator = m[1]
		}
		return Fault{ID: "rule.types", Params: map[string]string{"operator": operator, "types": m[2]}, Text: fmt.Sprintf("%s does not take %s", operator, m[2]),
			Hint: "both sides must be of one type; write dates as date('2026-01-31') and texts in quotes"}
	}
	if rest, ok := strings.CutPrefix(text, "Syntax error: "); ok {
		return Fault{ID: "rule.syntax", Params: map[string]string{"detail": rest}, Text: "cannot be read here: " + rest,
			Hint: "look for a missing quote, bracket or operator; equality is =="}
	}
	return Fault{ID: "rule.refused", Params: map[string]string{"detail": text}, Text: text, Hint: "change the expression here"}
}

// nearest is the declared input or function with the fewest letters changed.
func (e *Env) nearest(name string) string {
	best, distance := "", 1<<30
	names := make([]string, 0, len(e.fields)+64)
	for field := range e.fields {
		names = append(names, field)
	}
	for function := range e.engine.Functions() {
		if isName(function) {
			names = append(names, function)
		}
	}
	slices.Sort(names)
	for _, candidate := range names {
		if d := edits(name, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

// edits is Levenshtein's distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// NeedError says that an outcome depends on inputs that have no value yet.
type NeedError struct {
	Names []string // sorted
}

// Error is for the log.
func (e *NeedError) Error() string { return "rule: needs " + strings.Join(e.Names, ", ") }

// InputError says that an input is not what its declaration promises.
type InputError struct {
	Name    string
	Want    Type
	Unknown bool // the name is not declared at all
}

// Error is for the log; it does not show the value, which may be personal.
func (e *InputError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("rule: the input %s is not declared", e.Name)
	}
	return fmt.Sprintf("rule: the input %s is not a %s of an allowed size", e.Name, e.Want)
}
