package rule

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

func sampleFields() map[string]Type {
	return map[string]Type{
		"today": Date, "birth": Date, "name": Text, "zone": Text, "rooms": Int, "fee": Money, "resident": Bool, "vehicle.plate": Text,
		"zones": List(Text), "limits": Map(Int), "texts": Map(Text),
		"children": List(Record("child", map[string]Type{"name": Text, "birth": Date})),
	}
}

func sampleInputs() map[string]any {
	return map[string]any{
		"today": calendar.MustDate("2026-11-21"), "birth": calendar.MustDate("1990-05-03"), "name": "Анна", "zone": "A", "rooms": 2, "fee": money.Roubles(300000),
		"resident": true, "vehicle.plate": "А123ВС", "zones": []string{"A", "B"}, "limits": map[string]int{"A": 3}, "texts": map[string]any{"x": "y"},
		"children": []any{map[string]any{"name": "Пётр", "birth": "2015-01-02"}, map[string]any{"name": "Ольга"}},
	}
}

func sampleCity() *calendar.City {
	city, err := calendar.NewCity(calendar.Data{Zone: "Europe/Moscow", Opens: "09:00", Closes: "18:00", From: calendar.MustDate("2026-01-01"), Until: calendar.MustDate("2026-12-31")})
	if err != nil {
		panic(err)
	}
	return city
}

func sample(t testing.TB) *Env {
	t.Helper()
	env, err := New(sampleFields(), Options{City: sampleCity()})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func TestEval(t *testing.T) {
	t.Parallel()
	env := sample(t)
	day := calendar.MustDate
	for _, test := range []struct {
		expression string
		result     Type
		want       any
	}{
		{"age(birth, today) >= 18 && resident", Bool, true},
		{"today > date('2026-01-01') && today == date('2026-11-21')", Bool, true},
		{"add_months(date('2026-01-31'), 1)", Date, day("2026-02-28")},
		{"add_years(add_days(today, 1), -1)", Date, day("2025-11-22")},
		{"add_working_days(today, 1)", Date, day("2026-11-23")},
		{"working_days_between(today, date('2026-11-30')) + days_between(today, add_days(today, 3))", Int, int64(9)},
		{"is_working(today) ? 1 : weekday(today)", Int, int64(6)},
		{"year(today) * 10000 + month(today) * 100 + day(today)", Int, int64(20261121)},
		{"fee + roubles(300)", Money, int64(330000)},
		{"share(fee, 1, 3)", Money, int64(100000)},
		{"max(min(rooms, 5), abs(-1))", Int, int64(2)},
		{"vehicle.plate.startsWith('А') && vehicle.plate.size() == 6", Bool, true},
		{"upper(trim(' анна ')) + lower('Б') + digits('a1-2')", Text, "АННАб12"},
		{"zone in zones && limits[zone] == 3", Bool, true},
		{"zones.map(z, z + '!')", List(Text), []any{"A!", "B!"}},
		{"children.exists(c, has(c.birth) && age(c.birth, today) < 14)", Bool, true},
		{"children.filter(c, has(c.birth))[0].birth", Date, day("2015-01-02")},
		{"children.filter(c, has(c.birth))", List(Record("child", sampleFields()["children"].element.fields)), []any{map[string]any{"name": "Пётр", "birth": day("2015-01-02")}}},
		{"string(rooms) + '-' + string(int('7'))", Text, "2-7"},
		{"name.matches('^[А-Я]')", Bool, true},
		{"[]", List(Text), []any{}},
		{"given(name) && given(vehicle.plate)", Bool, true},
	} {
		program, err := env.Compile(test.expression, test.result)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		got, err := program.Eval(sampleInputs())
		if err != nil || !cmp.Equal(got, test.want, cmp.Comparer(func(a, b calendar.Date) bool { return a == b })) {
			t.Errorf("%s = %v (%v), want %v", test.expression, got, err, test.want)
		}
	}
}

func TestCompileTellsThePlaceAndAHint(t *testing.T) {
	t.Parallel()
	env := sample(t)
	for _, test := range []struct {
		expression   string
		result       Type
		id           string
		line, column int
		hint         string
	}{
		{"resident && agee(birth, today) > 3", Bool, "rule.unknown_name", 1, 17, "age?"},
		{"rezident", Bool, "rule.unknown_name", 1, 1, "resident?"},
		{"resident &&\n  zonne == 'A'", Bool, "rule.unknown_name", 2, 3, "zone?"},
		{"given(nobody)", Bool, "rule.unknown_name", 1, 6, "did you mean"},
		{"rooms == 'two'", Bool, "rule.types", 1, 7, "one type"},
		{"birth > '2020-01-01'", Bool, "rule.types", 1, 7, "date("},
		{"rooms == (2", Bool, "rule.syntax", 1, 12, "bracket"},
		{"rooms = 2", Bool, "rule.syntax", 1, 7, "=="},
		{"rooms + 1", Bool, "rule.result", 1, 1, "result"},
		{"", Bool, "rule.empty", 1, 1, ""},
		{"rooms > 1.5", Bool, "rule.types", 1, 7, ""},
		{"[1.5].size() == 1", Bool, "rule.value", 1, 2, "whole numbers"},
		{"b'x' == b'x'", Bool, "rule.value", 1, 1, ""},
		{"null == null", Bool, "rule.value", 1, 1, ""},
		{"type(rooms) == int", Bool, "rule.unknown_name", 1, 5, ""},
		{"now() == today", Bool, "rule.unknown_name", 1, 4, ""},
		{"timestamp('2026-01-01T00:00:00Z') == timestamp('2026-01-01T00:00:00Z')", Bool, "rule.unknown_name", 1, 10, ""},
		{"texts.map(k, k)", List(Text), "rule.order", 1, 10, "list"},
		{"children[0].age == 1", Bool, "rule.unknown_field", 1, 12, ""},
		{"dyn(rooms) == 1", Bool, "rule.unknown_name", 1, 4, ""},
		{"zones.all(a, zones.all(b, zones.all(c, zones.all(d, a + b + c + d != name))))", Bool, "rule.costly", 1, 1, ""},
		{"zones" + strings.Repeat(".map(a, a + a)", 8) + ".size() > 0", Bool, "rule.costly", 1, 1, ""},
		{"record.child{name: 'x'}.name == 'x'", Bool, "rule.value", 1, 13, ""},
		{"google.protobuf.Int32Value{value: 1} == 1", Bool, "rule.unknown_name", 1, 27, ""},
	} {
		_, err := env.Compile(test.expression, test.result)
		var faults Faults
		if !errors.As(err, &faults) {
			t.Errorf("%s: compiled, or %v", test.expression, err)
			continue
		}
		f := faults[0]
		if f.ID != test.id || f.Line != test.line || f.Column != test.column || !strings.Contains(f.Hint, test.hint) {
			t.Errorf("%s: got %+v", test.expression, f)
		}
	}
}

func TestUnknownInputs(t *testing.T) {
	t.Parallel()
	env := sample(t)
	for _, test := range []struct {
		expression string
		inputs     map[string]any
		want       any
		needs      []string
	}{
		{"resident || rooms == 1", map[string]any{"resident": true}, true, nil},
		{"resident || rooms == 1", map[string]any{"rooms": 1}, true, nil},
		{"resident || rooms == 1", map[string]any{"rooms": 2}, nil, []string{"resident"}},
		{"resident && rooms == 1 && vehicle.plate == ''", map[string]any{}, nil, []string{"resident", "rooms", "vehicle.plate"}},
		{"given(birth) && age(birth, today) < 14", map[string]any{"birth": nil}, false, nil},
		{"!given(vehicle.plate)", map[string]any{}, true, nil},
		{"age(birth, today) < 14", map[string]any{"today": "2026-11-21"}, nil, []string{"birth"}},
	} {
		program, err := env.Compile(test.expression, Bool)
		if err != nil {
			t.Fatal(err)
		}
		got, err := program.Eval(test.inputs)
		var need *NeedError
		if errors.As(err, &need) && !cmp.Equal(need.Names, test.needs) || err != nil && need == nil || !cmp.Equal(got, test.want) || err == nil && test.needs != nil {
			t.Errorf("%s on %v = %v, %v; want %v, needs %v", test.expression, test.inputs, got, err, test.want, test.needs)
		}
	}
}

func TestWrongInputsAndSumsAreErrors(t *testing.T) {
	t.Parallel()
	env := sample(t)
	for expression, inputs := range map[string]map[string]any{
		"rooms == 1":                     {"rooms": "1"},
		"fee == 1":                       {"fee": 1.5},
		"birth < today":                  {"birth": "21.11.2026", "today": "2026-11-21"},
		"name == ''":                     {"name": strings.Repeat("я", MaxText+1)},
		"'A' in zones":                   {"zones": make([]string, MaxList+1)},
		"children.exists(c, true)":       {"children": []any{map[string]any{"height": 1}}},
		"rooms * 9000000 > 0":            {"rooms": 1 << 50},
		"rooms / 0 == 1":                 {"rooms": 1},
		"date(name) < today":             {"name": "x", "today": "2026-11-21"},
		"limits['B'] == 1":               {"limits": map[string]any{}},
		"add_days(today, rooms) > today": {"rooms": 1 << 40, "today": "2026-11-21"},
		"zones[5] == ''":                 {"zones": []string{}},
	} {
		program, err := env.Compile(expression, Bool)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := program.Eval(inputs); err == nil {
			t.Errorf("%s on %v = %v", expression, inputs, got)
		}
	}
}

func TestTheLimitHoldsAtRunTime(t *testing.T) {
	t.Parallel()
	env := sample(t)
	checked, issues := env.engine.Compile("zones.all(z, z != name)")
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	planned, err := env.plan(checked, 10)
	if err != nil {
		t.Fatal(err)
	}
	program := &Program{env: env, result: Bool, names: []string{"name", "zones"}, program: planned}
	if got, err := program.Eval(map[string]any{"name": "x", "zones": make([]string, 50)}); err == nil || !strings.Contains(err.Error(), "cost limit") {
		t.Errorf("a walk over fifty texts within ten steps gave %v, %v", got, err)
	}
	if got, err := program.Eval(map[string]any{"name": "x", "zones": []string{"a"}}); err != nil || got != true {
		t.Errorf("a short walk gave %v, %v", got, err)
	}
}

func TestNewRefusesWrongDeclarations(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string]map[string]Type{
		"name":     {"1x": Int},
		"no type":  {"x": {}},
		"record":   {"x": Record("a.b", nil)},
		"two same": {"x": Record("a", map[string]Type{"p": Int}), "y": Record("a", map[string]Type{"q": Int})},
	} {
		if _, err := New(fields, Options{}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if env, err := New(nil, Options{}); err != nil || env.Version() != "posad/1" {
		t.Errorf("an empty environment: %v", err)
	}
}

func TestSameInputsSameOutcome(t *testing.T) {
	t.Parallel()
	env, other := sample(t), sample(t)
	expressions := []string{"zones.map(z, z + name)", "children.filter(c, has(c.birth)).map(c, c.name)", "[name, zone] + zones"}
	rapid.Check(t, func(t *rapid.T) {
		inputs := sampleInputs()
		inputs["name"] = rapid.StringN(0, 20, -1).Draw(t, "name")
		inputs["zones"] = rapid.SliceOfN(rapid.String(), 0, 10).Draw(t, "zones")
		expression := rapid.SampledFrom(expressions).Draw(t, "expression")
		first, errFirst := mustCompile(t, env, expression).Eval(inputs)
		again, errAgain := mustCompile(t, other, expression).Eval(throughJSON(t, inputs))
		if !reflect.DeepEqual(first, again) || (errFirst == nil) != (errAgain == nil) {
			t.Fatalf("%s gave %v (%v), then %v (%v)", expression, first, errFirst, again, errAgain)
		}
	})
}

func mustCompile(t *rapid.T, env *Env, expression string) *Program {
	program, err := env.Compile(expression, List(Text))
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// throughJSON is what a case does with the inputs that it records.
func throughJSON(t *rapid.T, inputs map[string]any) map[string]any {
	text, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	out["fee"] = out["fee"].(map[string]any)["minor"]
	return out
}

func TestFaultsHaveWordsInEachLanguage(t *testing.T) {
	t.Parallel()
	catalogue, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"unknown_name", "unknown_field", "types", "syntax", "refused", "empty", "result", "costly", "value", "order", "last_row", "early_otherwise", "column", "outcome"} {
		if !catalogue.Has("rule." + id) {
			t.Errorf("no words for rule.%s", id)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"age(birth, today) >= 18", "children.exists(c, has(c.birth))", "given(vehicle.plate) ? zones[0] == 'A' : name.matches('a+')", "limits['A'] in [1, 2]", "'\\u0000' + name == \"\"", "{'a': 1}['a'] == 1"} {
		f.Add(seed)
	}
	env := sample(f)
	f.Fuzz(func(t *testing.T, expression string) {
		program, err := env.Compile(expression, Bool)
		var faults Faults
		if err != nil {
			if errors.As(err, &faults) && faults[0].Column < 1 {
				t.Errorf("%q: %+v", expression, faults[0])
			}
			return
		}
		first, errFirst := program.Eval(sampleInputs())
		again, errAgain := program.Eval(sampleInputs())
		if first != again || (errFirst == nil) != (errAgain == nil) {
			t.Errorf("%q gave %v, then %v", expression, first, again)
		}
	})
}
