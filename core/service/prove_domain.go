package service

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"posad.city/kit/calendar"
)

// triesMost bounds one search: a rule takes some microseconds.
const triesMost = 20_000

// searched is what a search has found.
type searched struct {
	any   bool // a combination that was looked for
	exact bool // every combination that the rules can tell apart was tried
}

// never tells whether it is proved that there is none.
func (s searched) never() bool { return !s.any && s.exact }

// missing stands for a value that is not there.
type missing struct{}

// search tries combinations of values that the rules can tell apart until want holds.
func (p *proof) search(rules []Rule, want func(evaluation) bool) searched {
	d := p.domainOf(rules)
	out := searched{exact: d.exact}
	if d.size() > triesMost {
		out.exact = false
		random := rand.New(rand.NewPCG(1, 2)) // the same tries each time, so that a check says the same twice
		for range triesMost {
			if want(d.at(p.rules, func(i int) int { return random.IntN(len(d.values[i])) })) {
				out.any = true
				return out
			}
		}
		return out
	}
	index := make([]int, len(d.paths))
	for {
		if want(d.at(p.rules, func(i int) int { return index[i] })) {
			out.any = true
			return out
		}
		at := 0
		for at < len(index) && index[at]+1 == len(d.values[at]) {
			index[at], at = 0, at+1
		}
		if at == len(index) {
			return out
		}
		index[at]++
	}
}

// domain is, for each value that some rules name, the finite values that these rules can tell apart.
type domain struct {
	paths  []string
	values [][]any
	exact  bool
}

func (d *domain) size() int {
	size := 1
	for _, list := range d.values {
		if size *= len(list); size > triesMost {
			return size
		}
	}
	return size
}

func (d *domain) at(r *Rules, choose func(int) int) evaluation {
	values := make(map[string]any, len(d.paths)+1)
	values["today"] = proofDay
	for i, path := range d.paths {
		if value := d.values[i][choose(i)]; value != (missing{}) {
			values[path] = value
		}
	}
	return evaluation{Rules: r, values: values}
}

// comparable values only are compared with missing above; lists come as pointers to them.
func (d *domain) add(path string, list []any) {
	d.paths, d.values = append(d.paths, path), append(d.values, list)
}

// proofDay is the day of submission in proofs: rules speak of days from it, and of constants.
var proofDay = calendar.MustDate("2026-11-21")

var (
	proofPaths   = regexp.MustCompile(`\b(?:applicant|answers|facts|opinions)(?:\.[a-z][a-z0-9_]*)+`)
	proofNumbers = regexp.MustCompile(`(^|[^a-z0-9_.'-])([0-9]{1,12})\b`)
	proofDates   = regexp.MustCompile(`date\('([0-9]{4}-[0-9]{2}-[0-9]{2})'\)`)
	proofTexts   = regexp.MustCompile(`'([^'\\]*)'|"([^"\\]*)"`)
	proofRoubles = regexp.MustCompile(`roubles\(([0-9]{1,10})\)`)
)

// constants are what the rules compare values with.
type constants struct {
	numbers []int64
	dates   []calendar.Date
	texts   []string
}

func constantsOf(rules []Rule) constants {
	var out constants
	for _, r := range rules {
		text := string(r)
		for _, m := range proofDates.FindAllStringSubmatch(text, -1) {
			if day, err := calendar.ParseDate(m[1]); err == nil {
				out.dates = append(out.dates, day)
			}
		}
		for _, m := range proofRoubles.FindAllStringSubmatch(text, -1) {
			if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
				out.numbers = append(out.numbers, 100*n)
			}
		}
		for _, m := range proofTexts.FindAllStringSubmatch(text, -1) {
			out.texts = append(out.texts, m[1]+m[2])
		}
		for _, m := range proofNumbers.FindAllStringSubmatch(quoted.ReplaceAllString(text, `''`), -1) {
			if n, err := strconv.ParseInt(m[2], 10, 64); err == nil {
				out.numbers = append(out.numbers, n)
			}
		}
	}
	return out
}

// domainOf finds the values that the rules name and those that they can tell apart. Whatever is left out makes it inexact.
func (p *proof) domainOf(rules []Rule) *domain {
	d := &domain{exact: true}
	c := constantsOf(rules)
	var paths []string
	for _, r := range rules {
		d.exact = d.exact && simple(string(r), p.scope)
		for _, path := range proofPaths.FindAllString(quoted.ReplaceAllString(string(r), `''`), -1) {
			if path, ok := p.scope.covering(path); ok && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	for _, path := range paths {
		list, exact := p.valuesOf(path, c)
		d.exact = d.exact && exact
		d.add(path, list)
	}
	return d
}

// covering is the value of the scope that a path of a rule names; what follows it is a method.
func (s scope) covering(path string) (string, bool) {
	for {
		if _, ok := s[path]; ok {
			return path, true
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			return "", false
		}
		path = path[:cut]
	}
}

// valuesOf are the values of one path that can be told apart; false when there may be others.
func (p *proof) valuesOf(path string, c constants) ([]any, bool) {
	k := p.scope[path]
	out := []any{missing{}}
	if strings.HasPrefix(path, "opinions.") {
		return []any{OpinionAgree, OpinionObject, OpinionNone}, true
	}
	switch k {
	case kindYesNo:
		return append(out, true, false), true
	case kindNumber, kindMoney:
		return append(out, p.numbersOf(path, c)...), true
	case kindDate:
		return append(out, datesOf(c)...), true
	case kindText:
		if f, ok := p.fieldAt(path); ok && f.Type == TypeChoice {
			for _, o := range f.Options {
				out = append(out, o.Key)
			}
			return out, true
		}
		for _, text := range append(slices.Clone(c.texts), "…") {
			if !slices.Contains(out, any(text)) {
				out = append(out, text)
			}
		}
		return out, true
	}
	return append(out, p.exampleValues(path)...), false
}

// fieldAt is the question whose answer the path is.
func (p *proof) fieldAt(path string) (*Field, bool) {
	key, ok := strings.CutPrefix(path, "answers.")
	if !ok {
		return nil, false
	}
	return p.service.Field(key)
}

// numbersOf are the constants with their neighbours, and the bounds of the question.
func (p *proof) numbersOf(path string, c constants) []any {
	low, high := p.boundsOf(path)
	list := []int64{low, low + 1}
	if high < maxMoney {
		list = append(list, high)
	}
	for _, n := range c.numbers {
		list = append(list, n-1, n, n+1)
	}
	slices.Sort(list)
	var out []any
	for _, n := range slices.Compact(list) {
		if n >= low && n <= high {
			out = append(out, n)
		}
	}
	return out
}

// boundsOf are the least and the greatest number that a path can have: a question's own, a register's by its schema.
func (p *proof) boundsOf(path string) (int64, int64) {
	low, high := int64(0), int64(maxMoney)
	if f, ok := p.fieldAt(path); ok {
		return boundNumber(f.Type, f.Min, low), boundNumber(f.Type, f.Max, high)
	}
	parts := strings.Split(path, ".")
	if len(parts) != 3 || parts[0] != "facts" {
		return low, high
	}
	certificate, ok := p.service.Certificate(parts[1])
	if !ok {
		return low, high
	}
	register, ok := p.city.Register(certificate.Register)
	if !ok {
		return low, high
	}
	properties, _ := register.Reply["properties"].(map[string]any)
	property, _ := properties[parts[2]].(map[string]any)
	if n, ok := wholeNumber(property["minimum"]); ok {
		low, _ = n.(int64)
	}
	if n, ok := wholeNumber(property["maximum"]); ok {
		high, _ = n.(int64)
	}
	return low, high
}

func boundNumber(t Type, text string, without int64) int64 {
	if text == "" {
		return without
	}
	if t == TypeMoney {
		var m Money
		if m.UnmarshalText([]byte(text)) == nil {
			return int64(m)
		}
		return without
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return without
	}
	return n
}

// datesOf are the constants with the days beside them, the day of submission with its own, and birthdays on which an age
// that the rules name is just reached.
func datesOf(c constants) []any {
	list := []calendar.Date{proofDay, proofDay.AddDays(1), proofDay.AddDays(-1)}
	for _, day := range c.dates {
		list = append(list, day.AddDays(-1), day, day.AddDays(1))
	}
	for _, n := range c.numbers {
		if n < 200 {
			birthday := proofDay.AddMonths(-12 * int(n))
			list = append(list, birthday, birthday.AddDays(1))
		}
		if n < 4000 {
			list = append(list, proofDay.AddDays(int(n)), proofDay.AddDays(-int(n)), proofDay.AddDays(int(n)+1), proofDay.AddDays(-int(n)-1))
		}
	}
	slices.SortFunc(list, calendar.Date.Compare)
	var out []any
	for _, day := range slices.Compact(list) {
		out = append(out, day)
	}
	return out
}

func (p *proof) exampleValues(path string) []any {
	var out []any
	for _, c := range p.cases {
		if value, ok := c.values.values[path]; ok {
			out = append(out, value)
		}
	}
	return out
}

// The pieces of a rule whose values are all told apart by constants.
var (
	simplePiece = regexp.MustCompile(`given\(\s*P\s*\)|P\s*(==|!=|<=|>=|<|>)\s*(C|true|false)|(C|true|false)\s*(==|!=|<=|>=|<|>)\s*P|P\s+in\s+\[\s*C(\s*,\s*C)*\s*\]|age\(\s*P\s*,\s*today\s*\)\s*(==|!=|<=|>=|<|>)\s*C`)
	simpleRest  = regexp.MustCompile(`^(B|true|false|[\s()!?:]|&&|\|\|)*$`)
)

// simple tells whether a rule only compares single values with constants.
func simple(text string, s scope) bool {
	text = proofDates.ReplaceAllString(text, " C ")
	text = quoted.ReplaceAllString(text, " C ")
	text = proofRoubles.ReplaceAllString(text, " C ")
	right := true
	text = proofPaths.ReplaceAllStringFunc(text, func(path string) string {
		k, whole := s[path]
		switch {
		case !whole || k == kindTexts || k == kindRecords:
			right = false
		case k == kindYesNo:
			return "P"
		}
		return "P"
	})
	text = proofNumbers.ReplaceAllString(text, "$1 C ")
	text = simplePiece.ReplaceAllString(text, "B")
	text = regexp.MustCompile(`\bP\b`).ReplaceAllString(text, "B") // what is left are yes-no values by themselves
	return right && simpleRest.MatchString(text)
}
