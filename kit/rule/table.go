package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Otherwise is the condition of the last row of every table.
const Otherwise = "otherwise"

// TableSpec is a decision table as a definition declares it. Rows are tried from the first; the first whose conditions
// all hold gives the outcome.
type TableSpec struct {
	Columns  map[string]string // name of a column → the expression that its cells are compared with
	Outcomes map[string]Type   // what every row gives
	Rows     []Row
}

// Row is one line of a table.
type Row struct {
	When string            // a condition over inputs; empty where cells say it all; Otherwise in the last row
	If   map[string]string // column → cell: `< 14`, `in ['a', 'b']`, `'truck'` (equals), `-` or nothing (any)
	// Outcome gives every declared outcome: a constant, or a text that starts with = and goes on as an expression.
	Outcome map[string]any
}

// Table is a compiled decision table, immutable and safe for concurrent use.
type Table struct {
	rows  []row
	names []string
}

type row struct {
	source    string
	condition *Program // nil for otherwise
	constants map[string]any
	computed  map[string]*Program
}

// Decision is what a table said, with enough to say why.
type Decision struct {
	Row     int            // index of the row, from 0
	Outcome map[string]any // value of each declared outcome
	Why     Why
}

// Why explains a decision.
type Why struct {
	Condition string         // of the row that decided; otherwise for the last
	Inputs    map[string]any // inputs that the rows up to it and its outcome read, as they were given
}

// CompileTable checks every expression of the table, that its last row is otherwise, and that each row gives each
// outcome. The error is Faults; Where tells the row and the cell.
func (e *Env) CompileTable(spec TableSpec) (*Table, error) {
	var faults Faults
	table := &Table{}
	for i, r := range spec.Rows {
		compiled, found := e.compileRow(spec, r, i == len(spec.Rows)-1)
		for _, fault := range found {
			fault.Where = strings.TrimSuffix(fmt.Sprintf("rows[%d].%s", i, fault.Where), ".")
			faults = append(faults, fault)
		}
		table.rows = append(table.rows, compiled)
	}
	if len(spec.Rows) == 0 {
		faults = append(faults, Fault{Where: "rows", Line: 1, Column: 1, ID: "rule.last_row", Text: "the table has no rows", Hint: "end it with a row otherwise"})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	for _, r := range table.rows {
		table.names = append(table.names, r.names()...)
	}
	slices.Sort(table.names)
	table.names = slices.Compact(table.names)
	return table, nil
}

func (e *Env) compileRow(spec TableSpec, r Row, isLast bool) (row, Faults) {
	out := row{source: r.When, constants: map[string]any{}, computed: map[string]*Program{}}
	faults := e.compileOutcome(spec, r, &out)
	otherwise := strings.TrimSpace(r.When) == Otherwise
	switch {
	case isLast && (!otherwise || len(r.If) > 0):
		return out, append(faults, Fault{Where: "when", Line: 1, Column: 1, ID: "rule.last_row", Text: "the last row has a condition", Hint: "write when: otherwise"})
	case isLast:
		return out, faults
	case otherwise:
		return out, append(faults, Fault{Where: "when", Line: 1, Column: 1, ID: "rule.early_otherwise", Text: "rows below are never reached", Hint: "move otherwise to the end"})
	}
	condition, found := e.joinConditions(spec, r)
	faults = append(faults, found...)
	if len(found) > 0 {
		return out, faults
	}
	program, err := e.Compile(condition, Bool)
	if err != nil {
		return out, append(faults, at("when", err)...)
	}
	out.source, out.condition = condition, program
	return out, faults
}

// joinConditions makes one condition of a row's parts, each checked alone first, so that a fault has the column of its
// own cell.
func (e *Env) joinConditions(spec TableSpec, r Row) (string, Faults) {
	var parts []string
	var faults Faults
	if strings.TrimSpace(r.When) != "" {
		_, err := e.Compile(r.When, Bool)
		faults = append(faults, at("when", err)...)
		parts = append(parts, r.When)
	}
	for _, column := range slices.Sorted(maps.Keys(r.If)) {
		expression, ok := spec.Columns[column]
		if !ok {
			faults = append(faults, Fault{Where: "if." + column, Line: 1, Column: 1, ID: "rule.column", Params: map[string]string{"name": column},
				Text: "there is no column " + column, Hint: "declare it in columns"})
			continue
		}
		part, shift := cell(expression, r.If[column])
		if part == "" {
			continue
		}
		_, err := e.Compile(part, Bool)
		for _, fault := range at("if."+column, err) {
			if fault.Line == 1 {
				fault.Column = max(1, fault.Column-shift)
			}
			faults = append(faults, fault)
		}
		parts = append(parts, part)
	}
	switch len(parts) {
	case 0:
		return "", append(faults, at("when", Faults{{Line: 1, Column: 1, ID: "rule.empty", Text: "the row has no condition", Hint: "write when, or fill a cell"}})...)
	case 1:
		return parts[0], faults
	}
	return "(" + strings.Join(parts, ") && (") + ")", faults
}

// cell joins a column's expression and a cell; shift is by how many letters the cell has moved right.
func cell(expression, text string) (string, int) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed == "-" {
		return "", 0
	}
	head := "(" + expression + ") "
	for _, operator := range []string{"==", "!=", "<", ">", "in ", "in["} {
		if strings.HasPrefix(trimmed, operator) {
			return head + trimmed, len([]rune(head))
		}
	}
	head += "== ("
	return head + trimmed + ")", len([]rune(head))
}

func (e *Env) compileOutcome(spec TableSpec, r Row, out *row) Faults {
	var faults Faults
	for _, name := range slices.Sorted(maps.Keys(r.Outcome)) {
		if spec.Outcomes[name].kind == 0 {
			faults = append(faults, outcomeFault(name, "is not declared"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Outcomes)) {
		value, ok := r.Outcome[name]
		if !ok {
			faults = append(faults, outcomeFault(name, "is missing"))
			continue
		}
		if text, isText := value.(string); isText && strings.HasPrefix(text, "=") {
			program, err := e.Compile(text[1:], spec.Outcomes[name])
			for _, fault := range at("outcome."+name, err) {
				fault.Column++ // the sign = stands before the expression
				faults = append(faults, fault)
			}
			out.computed[name] = program
			continue
		}
		constant, err := toEngine(spec.Outcomes[name], name, value)
		if err != nil {
			faults = append(faults, outcomeFault(name, "is not "+spec.Outcomes[name].String()))
			continue
		}
		plain, err := fromEngine(spec.Outcomes[name], constant)
		if err != nil {
			faults = append(faults, outcomeFault(name, err.Error()))
		}
		out.constants[name] = plain
	}
	return faults
}

func outcomeFault(name, what string) Fault {
	return Fault{Where: "outcome." + name, Line: 1, Column: 1, ID: "rule.outcome", Params: map[string]string{"name": name}, Text: "the outcome " + name + " " + what, Hint: "give it a value of the declared type"}
}

// at sets the place of faults; nil gives none.
func at(where string, err error) Faults {
	switch found := err.(type) {
	case nil:
		return nil
	case Faults:
		out := slices.Clone(found)
		for i := range out {
			out[i].Where = where
		}
		return out
	}
	return Faults{{Where: where, Line: 1, Column: 1, ID: "rule.refused", Params: map[string]string{"detail": err.Error()}, Text: err.Error(), Hint: "change the expression"}}
}

func (r row) names() []string {
	var names []string
	if r.condition != nil {
		names = append(names, r.condition.names...)
	}
	for _, program := range r.computed {
		names = append(names, program.names...)
	}
	return names
}

// Names lists the inputs that the table may read, sorted.
func (t *Table) Names() []string { return slices.Clone(t.names) }

// Len is how many rows the table has, otherwise included.
func (t *Table) Len() int { return len(t.rows) }

// Decide finds the row and computes its outcome. Errors are those of Eval; an unknown input that an earlier row needs
// stops the decision, so that a later row never answers in its place.
func (t *Table) Decide(inputs map[string]any) (Decision, error) {
	used := map[string]any{}
	for i, r := range t.rows {
		for _, name := range r.conditionNames() {
			used[name] = inputs[name]
		}
		hit, err := r.hit(inputs)
		if err != nil {
			return Decision{}, fmt.Errorf("rule: row %d: %w", i+1, err)
		}
		if !hit {
			continue
		}
		for _, name := range r.names() {
			used[name] = inputs[name]
		}
		outcome, err := r.outcome(inputs)
		if err != nil {
			return Decision{}, fmt.Errorf("rule: row %d: %w", i+1, err)
		}
		return Decision{Row: i, Outcome: outcome, Why: Why{Condition: r.source, Inputs: used}}, nil
	}
	return Decision{}, fmt.Errorf("rule: no row of the table fits") // CompileTable makes the last row fit always
}

func (r row) conditionNames() []string {
	if r.condition == nil {
		return nil
	}
	return r.condition.names
}

func (r row) hit(inputs map[string]any) (bool, error) {
	if r.condition == nil {
		return true, nil
	}
	value, err := r.condition.Eval(inputs)
	hit, _ := value.(bool)
	return hit, err
}

func (r row) outcome(inputs map[string]any) (map[string]any, error) {
	out := maps.Clone(r.constants)
	for _, name := range slices.Sorted(maps.Keys(r.computed)) {
		value, err := r.computed[name].Eval(inputs)
		if err != nil {
			return nil, fmt.Errorf("outcome %s: %w", name, err)
		}
		out[name] = value
	}
	return out, nil
}

// Hits runs examples through the table and says which of them hit each row: Hits(examples)[row] are indexes of
// examples. A row with none has no example. An example that cannot be decided is an error that names its index.
func (t *Table) Hits(examples []map[string]any) ([][]int, error) {
	hits := make([][]int, len(t.rows))
	for i, example := range examples {
		decision, err := t.Decide(example)
		if err != nil {
			return hits, fmt.Errorf("rule: example %d: %w", i, err)
		}
		hits[decision.Row] = append(hits[decision.Row], i)
	}
	return hits, nil
}
