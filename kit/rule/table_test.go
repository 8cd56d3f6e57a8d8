package rule

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sampleTable() TableSpec {
	return TableSpec{
		Columns:  map[string]string{"age": "age(birth, today)", "zone": "zone"},
		Outcomes: map[string]Type{"decision": Text, "fee": Money},
		Rows: []Row{
			{When: "!resident", Outcome: map[string]any{"decision": "refuse", "fee": 0}},
			{If: map[string]string{"age": ">= 65", "zone": "-"}, Outcome: map[string]any{"decision": "approve", "fee": 0}},
			{When: "rooms > 1", If: map[string]string{"zone": "in ['A', 'B']"}, Outcome: map[string]any{"decision": "approve", "fee": "= fee + roubles(rooms)"}},
			{If: map[string]string{"zone": "'C'"}, Outcome: map[string]any{"decision": "approve", "fee": 100}},
			{When: Otherwise, Outcome: map[string]any{"decision": "review", "fee": "= fee"}},
		},
	}
}

func with(changes map[string]any) map[string]any {
	inputs := sampleInputs()
	for name, value := range changes {
		inputs[name] = value
	}
	return inputs
}

func TestDecide(t *testing.T) {
	t.Parallel()
	table, err := sample(t).CompileTable(sampleTable())
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		inputs  map[string]any
		row     int
		outcome map[string]any
	}{
		{with(map[string]any{"resident": false}), 0, map[string]any{"decision": "refuse", "fee": int64(0)}},
		{with(map[string]any{"birth": "1950-01-01"}), 1, map[string]any{"decision": "approve", "fee": int64(0)}},
		{with(nil), 2, map[string]any{"decision": "approve", "fee": int64(300200)}},
		{with(map[string]any{"zone": "C"}), 3, map[string]any{"decision": "approve", "fee": int64(100)}},
		{with(map[string]any{"zone": "D"}), 4, map[string]any{"decision": "review", "fee": int64(300000)}},
	} {
		got, err := table.Decide(test.inputs)
		if err != nil || got.Row != test.row || !cmp.Equal(got.Outcome, test.outcome) {
			t.Errorf("%d: got %+v, %v", i, got, err)
		}
	}
	got, err := table.Decide(with(nil))
	if want := "(rooms > 1) && ((zone) in ['A', 'B'])"; err != nil || got.Why.Condition != want || got.Why.Inputs["zone"] != "A" || len(got.Why.Inputs) != 6 {
		t.Errorf("why: %+v", got.Why)
	}
	if !cmp.Equal(table.Names(), []string{"birth", "fee", "resident", "rooms", "today", "zone"}) {
		t.Errorf("names: %v", table.Names())
	}
	var need *NeedError
	if _, err := table.Decide(with(map[string]any{"birth": nil})); !errors.As(err, &need) || !cmp.Equal(need.Names, []string{"birth"}) {
		t.Errorf("an unknown birth gave %v", err)
	}
}

func TestHits(t *testing.T) {
	t.Parallel()
	table, err := sample(t).CompileTable(sampleTable())
	if err != nil {
		t.Fatal(err)
	}
	hits, err := table.Hits([]map[string]any{with(nil), with(map[string]any{"resident": false}), with(map[string]any{"rooms": 5})})
	if want := [][]int{{1}, nil, {0, 2}, nil, nil}; err != nil || !cmp.Equal(hits, want) {
		t.Errorf("hits %v, %v", hits, err)
	}
	if _, err := table.Hits([]map[string]any{with(nil), {}}); err == nil || !strings.Contains(err.Error(), "example 1") {
		t.Errorf("an example without inputs: %v", err)
	}
}

func TestCompileTableTellsThePlace(t *testing.T) {
	t.Parallel()
	env := sample(t)
	for want, spoil := range map[string]func(*TableSpec){
		"rows[4].when:1:1: the last row has a condition":               func(s *TableSpec) { s.Rows[4].When = "true" },
		"rows[1].when:1:1: rows below are never reached":               func(s *TableSpec) { s.Rows[1] = s.Rows[4] },
		"rows:1:1: the table has no rows":                              func(s *TableSpec) { s.Rows = nil },
		"rows[0].when:1:2: there is no rezident":                       func(s *TableSpec) { s.Rows[0].When = "!rezident" },
		"rows[1].if.age:1:4: there is no limit":                        func(s *TableSpec) { s.Rows[1].If["age"] = ">= limit" },
		"rows[1].if.age:1:1: == does not take":                         func(s *TableSpec) { s.Rows[1].If["age"] = "'old'" },
		"rows[1].if.height:1:1: there is no column height":             func(s *TableSpec) { s.Rows[1].If["height"] = "1" },
		"rows[2].outcome.fee:1:3: there is no fie":                     func(s *TableSpec) { s.Rows[2].Outcome["fee"] = "= fie" },
		"rows[2].outcome.fee:1:2: the result is string, want money":    func(s *TableSpec) { s.Rows[2].Outcome["fee"] = "= name" },
		"rows[2].outcome.fee:1:1: the outcome fee is not money":        func(s *TableSpec) { s.Rows[2].Outcome["fee"] = "free" },
		"rows[2].outcome.fee:1:1: the outcome fee is missing":          func(s *TableSpec) { delete(s.Rows[2].Outcome, "fee") },
		"rows[2].outcome.other:1:1: the outcome other is not declared": func(s *TableSpec) { s.Rows[2].Outcome["other"] = 1 },
		"rows[3].when:1:1: the row has no condition":                   func(s *TableSpec) { s.Rows[3].If = nil },
	} {
		spec := sampleTable()
		spoil(&spec)
		if _, err := env.CompileTable(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}
