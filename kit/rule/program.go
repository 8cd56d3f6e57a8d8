package rule

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
)

// Program is a compiled expression. It is immutable and safe for concurrent use.
type Program struct {
	env     *Env
	source  string
	result  Type
	names   []string
	program cel.Program
}

// Compile checks the expression and that its result has the type. The error is Faults, each with its line and column.
func (e *Env) Compile(expression string, result Type) (*Program, error) {
	if strings.TrimSpace(expression) == "" {
		return nil, Faults{{Line: 1, Column: 1, ID: "rule.empty", Text: "there is no expression", Hint: "write a condition, or true"}}
	}
	checked, issues := e.engine.Compile(expression)
	if issues.Err() != nil {
		return nil, e.faults(issues)
	}
	tree := checked.NativeRep()
	names, faults := e.walk(tree)
	if len(faults) > 0 {
		return nil, faults
	}
	if got := checked.OutputType(); !got.IsExactType(result.cel()) && !emptyOf(result, got) {
		return nil, Faults{{Line: 1, Column: 1, ID: "rule.result", Params: map[string]string{"want": result.String(), "got": got.String()},
			Text: fmt.Sprintf("the result is %s, want %s", got, result), Hint: "change the expression so that its result has that type"}}
	}
	estimate, err := e.engine.EstimateCost(checked, e)
	if err != nil {
		return nil, fmt.Errorf("rule: cost: %w", err)
	}
	if estimate.Max > MaxCost {
		return nil, Faults{{Line: 1, Column: 1, ID: "rule.costly", Text: fmt.Sprintf("the work may reach %d, more than %d", estimate.Max, uint64(MaxCost)),
			Hint: "nest fewer walks over lists"}}
	}
	program, err := e.plan(checked, MaxCost)
	if err != nil {
		return nil, err
	}
	return &Program{env: e, source: expression, result: result, names: names, program: program}, nil
}

// plan makes a checked expression ready to run within the limit.
func (e *Env) plan(checked *cel.Ast, limit uint64) (cel.Program, error) {
	program, err := e.engine.Program(checked, cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(limit))
	if err != nil {
		return nil, fmt.Errorf("rule: plan: %w", err)
	}
	return program, nil
}

// emptyOf lets an empty list or map literal stand for any list or map.
func emptyOf(want Type, got *cel.Type) bool {
	return (want.kind == kindList || want.kind == kindMap) && got.Kind() == want.cel().Kind() && strings.Contains(got.String(), "dyn")
}

func (e *Env) faults(issues *cel.Issues) Faults {
	var out Faults
	for _, issue := range issues.Errors() {
		fault := e.explain(issue.Message)
		fault.Line, fault.Column = max(1, issue.Location.Line()), max(0, issue.Location.Column())+1
		out = append(out, fault)
	}
	return out
}

// walk gathers the inputs that the expression reads and refuses what the types alone do not: kinds of values that posad/1
// has not, and walks over the keys of a map, whose order is not fixed.
func (e *Env) walk(tree *ast.AST) ([]string, Faults) {
	var names []string
	var faults Faults
	refuse := func(at int64, id, text, hint string) {
		place := tree.SourceInfo().GetStartLocation(at)
		faults = append(faults, Fault{Line: max(1, place.Line()), Column: max(0, place.Column()) + 1, ID: id, Text: text, Hint: hint})
	}
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if reference, ok := tree.ReferenceMap()[x.ID()]; ok {
			if name := strings.TrimPrefix(reference.Name, givenPrefix); e.fields[name].kind != 0 {
				names = append(names, name)
			}
		}
		switch kindOf := tree.GetType(x.ID()).Kind(); kindOf {
		case types.DoubleKind, types.UintKind, types.BytesKind, types.DurationKind, types.TimestampKind, types.NullTypeKind, types.AnyKind, types.TypeKind:
			refuse(x.ID(), "rule.value", fmt.Sprintf("%s has no place in a rule", tree.GetType(x.ID())), "use whole numbers, texts in quotes, true or false, and date('2026-01-31')")
		}
		if x.Kind() == ast.StructKind {
			refuse(x.ID(), "rule.value", "a rule makes no records", "compare the fields one by one")
		}
		if x.Kind() == ast.ComprehensionKind && tree.GetType(x.AsComprehension().IterRange().ID()).Kind() != types.ListKind {
			refuse(x.ID(), "rule.order", "the keys of a map have no order", "walk over a list instead")
		}
	}))
	slices.Sort(names)
	return slices.Compact(names), faults
}

// EstimateCallCost says that comparing dates is one step; the engine knows the rest.
func (e *Env) EstimateCallCost(_, _ string, _ *cost.AstNode, args []cost.AstNode) *cost.CallEstimate {
	for _, arg := range args {
		if arg.Type().TypeName() == dateType.TypeName() {
			return &cost.CallEstimate{CostEstimate: cost.CostEstimate{Min: 1, Max: 10}}
		}
	}
	return nil
}

// EstimateSize tells the engine how large inputs may be, and what functions make of them. A text that grows in a walk may
// pass the estimate; the limit at run time then stops it.
func (e *Env) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	if node.ComputedSize() != nil {
		return nil
	}
	switch node.Type().Kind() {
	case types.StringKind:
		return &cost.SizeEstimate{Max: MaxText}
	case types.ListKind, types.MapKind:
		return &cost.SizeEstimate{Max: MaxList}
	}
	return nil
}

// Source is the expression as it was written.
func (p *Program) Source() string { return p.source }

// Names lists the inputs that the expression reads, sorted.
func (p *Program) Names() []string { return slices.Clone(p.names) }

// Result is the type of the outcome.
func (p *Program) Result() Type { return p.result }

// Eval computes the expression. inputs may hold more than it reads; a value that is absent or nil is unknown. The outcome is a
// string, int64, bool, calendar.Date, []any or map[string]any. Errors: *NeedError when the outcome depends on
// unknown inputs, *InputError for a value of the wrong type or size, otherwise what went wrong inside, such as a sum
// out of range.
func (p *Program) Eval(inputs map[string]any) (any, error) {
	values := map[string]any{}
	for _, name := range p.names {
		value, ok := inputs[name]
		given := ok && value != nil
		values[givenPrefix+name] = given
		if !given {
			continue
		}
		v, err := toEngine(p.env.fields[name], name, value)
		if err != nil {
			return nil, err
		}
		values[name] = v
	}
	vars, err := p.env.engine.PartialVars(values)
	if err != nil {
		return nil, fmt.Errorf("rule: inputs: %w", err)
	}
	out, _, err := p.program.Eval(vars)
	if err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	if unknown, ok := out.(*types.Unknown); ok {
		return nil, needs(unknown)
	}
	return fromEngine(p.result, out)
}

func needs(unknown *types.Unknown) error {
	var names []string
	for _, id := range unknown.IDs() {
		trails, _ := unknown.GetAttributeTrails(id)
		for _, trail := range trails {
			names = append(names, trail.Variable())
		}
	}
	slices.Sort(names)
	return &NeedError{Names: slices.Compact(names)}
}
