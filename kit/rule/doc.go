// Package rule evaluates the expressions and decision tables of a city's definitions.
//
// It owns the closed environment posad/1: Common Expression Language (CEL) with text, whole numbers, truth, civil dates,
// money in minor units, lists, maps and records, and a short list of functions. There is no floating point, no clock, no
// input or output, no random, and no order of a map's keys: the same inputs always give the same outcome. Today is an
// input like any other, so that a case can be replayed years later. A rule that could run long is refused when it is
// compiled, and stopped when it still does.
//
// It does not own definitions (core/service does), the record of inputs and outcomes (core/casework), or words for
// people: a fault carries a translation key and its parameters beside the engine's own text. Its neighbours are
// kit/calendar and kit/money.
//
// What a rule may say, beside CEL's operators, its macros (all, exists, exists_one, filter, map, has) and size,
// contains, startsWith, endsWith, matches, int, string:
//
//	date('2026-01-01')            a civil date; == < and the like compare dates
//	days_between(a, b)            days from a to b
//	add_days(d, n), add_months(d, n), add_years(d, n)
//	year(d), month(d), day(d), weekday(d)      weekday: Monday is 1, Sunday is 7
//	age(birth, on)                full years
//	add_working_days(d, n), working_days_between(a, b), is_working(d)    where the environment has a calendar
//	roubles(n)                    n roubles in kopecks
//	share(amount, n, of)          amount · n / of, to the nearest minor unit, a half away from zero
//	min(a, b), max(a, b), abs(n)
//	lower(t), upper(t), trim(t), digits(t)     digits keeps 0-9 only
//	given(x)                      whether the input x has a value; x must be a declared name
//
// An input that is declared but has no value is unknown: `a == 1 || b == 2` is true when a is 1, whatever b is, and
// otherwise Eval says with NeedError what it needs.
//
// Life cycle: New makes an Env from declarations; Compile and CompileTable make programs from it. All of them are
// immutable and safe for concurrent use.
package rule
