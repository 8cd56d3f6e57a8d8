package rule

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// widestStep bounds what a rule adds to a date; more is a mistake in the rule.
const widestStep = 100_000

// functions are all that posad/1 has beside CEL's own.
func functions(city *calendar.City) []cel.EnvOption {
	options := []cel.EnvOption{
		compareDates(operators.Less, "less_date"), compareDates(operators.LessEquals, "less_equals_date"),
		compareDates(operators.Greater, "greater_date"), compareDates(operators.GreaterEquals, "greater_equals_date"),
		cel.Function("date", cel.Overload("date_text", types1(cel.StringType), dateType, cel.UnaryBinding(makeDate))),
		cel.Function("days_between", cel.Overload("days_between_dates", types2(dateType, dateType), cel.IntType, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			return types.Int(a.(dateValue).DaysUntil(b.(dateValue).Date))
		}))),
		cel.Function("age", cel.Overload("age_on", types2(dateType, dateType), cel.IntType, cel.BinaryBinding(func(birth, on ref.Val) ref.Val {
			return types.Int(birth.(dateValue).AgeOn(on.(dateValue).Date))
		}))),
		stepFunction("add_days", calendar.Date.AddDays), stepFunction("add_months", calendar.Date.AddMonths), stepFunction("add_years", calendar.Date.AddYears),
		partFunction("year", calendar.Date.Year), partFunction("day", calendar.Date.Day),
		partFunction("month", func(d calendar.Date) int { return int(d.Month()) }),
		partFunction("weekday", func(d calendar.Date) int { return (int(d.Weekday())+6)%7 + 1 }),
	}
	options = append(options, numberFunctions()...)
	options = append(options, textFunctions()...)
	if city != nil {
		options = append(options, cityFunctions(city)...)
	}
	return options
}

func cityFunctions(city *calendar.City) []cel.EnvOption {
	return []cel.EnvOption{
		stepFunction("add_working_days", func(d calendar.Date, n int) calendar.Date { return city.AddWorkingDays(d, n) }),
		cel.Function("working_days_between", cel.Overload("working_days_between_dates", types2(dateType, dateType), cel.IntType, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			return types.Int(city.WorkingDaysBetween(a.(dateValue).Date, b.(dateValue).Date))
		}))),
		cel.Function("is_working", cel.Overload("is_working_date", types1(dateType), cel.BoolType, cel.UnaryBinding(func(d ref.Val) ref.Val {
			return types.Bool(city.IsWorking(d.(dateValue).Date))
		}))),
	}
}

func numberFunctions() []cel.EnvOption {
	three := []*cel.Type{cel.IntType, cel.IntType, cel.IntType}
	return []cel.EnvOption{
		cel.Function("roubles", cel.Overload("roubles_int", types1(cel.IntType), cel.IntType, cel.UnaryBinding(func(n ref.Val) ref.Val {
			return n.(types.Int).Multiply(types.Int(100))
		}))),
		cel.Function("share", cel.Overload("share_int", three, cel.IntType, cel.FunctionBinding(func(args ...ref.Val) ref.Val {
			got, err := money.Roubles(int64(args[0].(types.Int))).Share(int64(args[1].(types.Int)), int64(args[2].(types.Int)), money.HalfUp)
			if err != nil {
				return types.WrapErr(err)
			}
			return types.Int(got.Minor)
		}))),
		cel.Function("min", cel.Overload("min_int", types2(cel.IntType, cel.IntType), cel.IntType, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			return min(a.(types.Int), b.(types.Int))
		}))),
		cel.Function("max", cel.Overload("max_int", types2(cel.IntType, cel.IntType), cel.IntType, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			return max(a.(types.Int), b.(types.Int))
		}))),
		cel.Function("abs", cel.Overload("abs_int", types1(cel.IntType), cel.IntType, cel.UnaryBinding(func(n ref.Val) ref.Val {
			if n.(types.Int) < 0 {
				return n.(types.Int).Negate()
			}
			return n
		}))),
	}
}

func textFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		textFunction("lower", strings.ToLower), textFunction("upper", strings.ToUpper), textFunction("trim", strings.TrimSpace),
		textFunction("digits", func(text string) string {
			return strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, text)
		}),
	}
}

// compareDates lets an operator take dates; the operator's own binding calls Compare.
func compareDates(operator, overload string) cel.EnvOption {
	return cel.Function(operator, cel.Overload(overload, types2(dateType, dateType), cel.BoolType))
}

func makeDate(text ref.Val) ref.Val {
	d, err := calendar.ParseDate(string(text.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return dateValue{d}
}

func stepFunction(name string, step func(calendar.Date, int) calendar.Date) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_int", types2(dateType, cel.IntType), dateType, cel.BinaryBinding(func(d, n ref.Val) ref.Val {
		steps := n.(types.Int)
		if steps > widestStep || steps < -widestStep {
			return types.NewErr("%s by %d is too far", name, int64(steps))
		}
		return dateValue{step(d.(dateValue).Date, int(steps))}
	})))
}

func partFunction(name string, part func(calendar.Date) int) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_date", types1(dateType), cel.IntType, cel.UnaryBinding(func(d ref.Val) ref.Val {
		return types.Int(part(d.(dateValue).Date))
	})))
}

func textFunction(name string, change func(string) string) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_text", types1(cel.StringType), cel.StringType, cel.UnaryBinding(func(text ref.Val) ref.Val {
		return types.String(change(string(text.(types.String))))
	})))
}

func types1(a *cel.Type) []*cel.Type    { return []*cel.Type{a} }
func types2(a, b *cel.Type) []*cel.Type { return []*cel.Type{a, b} }
