package rule

import (
	"fmt"
	"maps"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"posad.city/kit/calendar"
)

// Version names the environment. A case keeps it with its inputs and outcome. A change that could give another outcome
// for the same inputs is a new version beside this one, never a change of this one.
const Version = "posad/1"

// MaxCost bounds the work of one expression, in CEL's units of cost (about one operation each); it is checked against
// the largest inputs at compile time and again as the expression runs.
const MaxCost = 2_000_000

// maxExpression is how long an expression may be, in letters.
const maxExpression = 4000

// givenPrefix names the hidden inputs that given(x) reads. The at sign cannot stand in an expression.
const givenPrefix = "@given."

// Env is what expressions of one place may speak of. It is immutable and safe for concurrent use.
type Env struct {
	fields map[string]Type
	engine *cel.Env
}

// Options add to an environment.
type Options struct {
	City *calendar.City // gives the working-day functions; its data belongs to what a replay must keep
}

// New makes an environment from the inputs that expressions may use. Names may have dots: vehicle.plate. An input
// called today, when a rule needs the day, is declared like the others.
func New(fields map[string]Type, options Options) (*Env, error) {
	records := map[string]Type{}
	settings := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset())),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ExpressionNestingDepthLimit(32),
		cel.RegexProgramSizeLimit(2000),
		cel.HomogeneousAggregateLiterals(),
		cel.EagerlyValidateDeclarations(true),
		cel.Macros(append(slices.Clone(cel.StandardMacros), cel.GlobalMacro("given", 1, expandGiven))...),
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !isName(name) {
			return nil, fmt.Errorf("rule: %q cannot name an input", name)
		}
		if err := fields[name].records(records); err != nil {
			return nil, err
		}
		settings = append(settings, cel.Variable(name, fields[name].cel()), cel.Variable(givenPrefix+name, cel.BoolType))
	}
	settings = append(settings, functions(options.City)...)
	settings = append(settings, cel.CustomTypeProvider(&provider{types.NewEmptyRegistry(), records}))
	engine, err := cel.NewCustomEnv(settings...)
	if err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	return &Env{fields: maps.Clone(fields), engine: engine}, nil
}

// Version is the version that programs of this environment run under.
func (e *Env) Version() string { return Version }

// subset lists what of CEL's own library stays.
func subset() *env.LibrarySubset {
	names := []string{
		operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.NotStrictlyFalse,
		operators.Equals, operators.NotEquals, operators.Add, operators.Divide, operators.Modulo, operators.Multiply, operators.Negate,
		operators.Subtract, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.Index, operators.In,
		overloads.Size, overloads.Contains, overloads.EndsWith, overloads.StartsWith, overloads.Matches,
		overloads.TypeConvertInt, overloads.TypeConvertString,
	}
	out := &env.LibrarySubset{DisableMacros: true}
	for _, name := range names {
		out.IncludeFunctions = append(out.IncludeFunctions, &env.Function{Name: name})
	}
	return out
}

// expandGiven turns given(vehicle.plate) into the hidden input that tells whether the plate has a value.
func expandGiven(factory cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	name, ok := pathOf(args[0])
	if !ok {
		return nil, factory.NewError(args[0].ID(), "given() takes the name of an input")
	}
	return factory.NewIdent(givenPrefix + name), nil
}

func pathOf(e ast.Expr) (string, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent(), true
	case ast.SelectKind:
		if head, ok := pathOf(e.AsSelect().Operand()); ok && !e.AsSelect().IsTestOnly() {
			return head + "." + e.AsSelect().FieldName(), true
		}
	}
	return "", false
}
