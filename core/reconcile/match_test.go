package reconcile

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
)

var day = calendar.MustDate("2026-11-20")

func line(name, reference, bank string, amount int64, d calendar.Date) Line {
	return Line{ID: id.Derived("line", name), Reference: reference, BankReference: bank, Amount: amount, Currency: "RUB", Day: d}
}

func our(name, bank string, amount int64, d calendar.Date) Ours {
	return Ours{ID: id.Derived("ours", name), Name: id.Derived("ours", name), Reference: bank, Amount: amount, Currency: "RUB", Day: d}
}

func ref(name string) string { return iso20022.Ref(id.Derived("ours", name)) }

func TestMatch(t *testing.T) {
	t.Parallel()
	plain := line("x", "", "", 500, day)
	plain.Plain = true
	euro := line("x", ref("a"), "", 500, day)
	euro.Currency = "EUR"
	for name, test := range map[string]struct {
		lines []Line
		ours  []Ours
		want  string // line-ours=amount(how) …; ?line=rest; !line twice
	}{
		"by our reference":                         {[]Line{line("x", ref("a"), "", 500, day)}, []Ours{our("a", "", 500, day)}, "x-a=500(reference)"},
		"with hyphens":                             {[]Line{line("x", id.Derived("ours", "a").String(), "", 500, day)}, []Ours{our("a", "", 500, day)}, "x-a=500(reference)"},
		"by the bank's":                            {[]Line{line("x", "NOTPROVIDED", "B1", 500, day)}, []Ours{our("a", "B1", 500, day)}, "x-a=500(bank_reference)"},
		"less than expected":                       {[]Line{line("x", ref("a"), "", 400, day)}, []Ours{our("a", "", 500, day)}, "x-a=400(reference)"},
		"more than expected":                       {[]Line{line("x", ref("a"), "", 600, day)}, []Ours{our("a", "", 500, day)}, "x-a=500(reference) ?x=100"},
		"in two parts":                             {[]Line{line("x", ref("a"), "", 200, day), line("y", ref("a"), "", 300, day)}, []Ours{our("a", "", 500, day)}, "x-a=200(reference) y-a=300(reference)"},
		"twice":                                    {[]Line{line("x", ref("a"), "", 500, day), line("y", ref("a"), "", 500, day.AddDays(1))}, []Ours{our("a", "", 500, day)}, "x-a=500(reference) ?y=500 !y"},
		"a part does not take the whole's place":   {[]Line{line("x", ref("a"), "", 100, day), line("y", ref("a"), "", 500, day.AddDays(1))}, []Ours{our("a", "", 500, day)}, "y-a=500(reference) ?x=100 !x"},
		"the other way is another thing":           {[]Line{line("x", ref("a"), "", -500, day)}, []Ours{our("a", "", 500, day)}, "?x=-500"},
		"another currency too":                     {[]Line{euro}, []Ours{our("a", "", 500, day)}, "?x=500"},
		"money that went":                          {[]Line{line("x", ref("a"), "", -500, day)}, []Ours{our("a", "", -500, day)}, "x-a=-500(reference)"},
		"the only one of its sum":                  {[]Line{line("x", "", "", 500, day)}, []Ours{our("a", "", 500, day.AddDays(-3)), our("b", "", 500, day.AddDays(-9))}, "x-a=500(amount_and_day)"},
		"two of its sum":                           {[]Line{line("x", "", "", 500, day)}, []Ours{our("a", "", 500, day), our("b", "", 500, day)}, "?x=500"},
		"two lines of the sum":                     {[]Line{line("x", "", "", 500, day), line("y", "", "", 500, day)}, []Ours{our("a", "", 500, day)}, "?x=500 ?y=500"},
		"too long ago":                             {[]Line{line("x", "", "", 500, day)}, []Ours{our("a", "", 500, day.AddDays(-4))}, "?x=500"},
		"somebody's transfer of the same sum":      {[]Line{plain}, []Ours{our("a", "", 500, day)}, "?x=500"},
		"a reference of something else of the sum": {[]Line{line("x", ref("z"), "", 500, day)}, []Ours{our("a", "", 500, day)}, "?x=500"},
	} {
		if got := inWords(Match(test.lines, test.ours)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// inWords writes what was found with the names of the test.
func inWords(m Matched) string {
	names := map[id.ID]string{}
	for _, n := range []string{"x", "y", "a", "b"} {
		names[id.Derived("line", n)], names[id.Derived("ours", n)] = n, n
	}
	var out, rest, twice []string
	for _, p := range m.Pairs {
		out = append(out, fmt.Sprintf("%s-%s=%d(%s)", names[p.Line], names[p.Ours], p.Amount, p.How))
	}
	for l, n := range m.Rest {
		rest = append(rest, fmt.Sprintf("?%s=%d", names[l], n))
	}
	for l := range m.Twice {
		twice = append(twice, "!"+names[l])
	}
	text := ""
	for _, list := range [][]string{out, rest, twice} {
		slices.Sort(list)
		for _, one := range list {
			text += " " + one
		}
	}
	if text == "" {
		return ""
	}
	return text[1:]
}

// TestMatchProperties: whatever the bank shows and we expect, in any order, the same is found; nothing is used twice; sums are
// kept.
func TestMatchProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SampledFrom([]int64{100, 200, 300, 500, -100, -300})
		days := rapid.IntRange(0, 6)
		banks := rapid.SampledFrom([]string{"", "", "B1", "B2", "B3"})
		var ours []Ours
		for i := range rapid.IntRange(0, 8).Draw(t, "ours") {
			ours = append(ours, our(fmt.Sprint(i), banks.Draw(t, "bank"), amounts.Draw(t, "amount"), day.AddDays(days.Draw(t, "day"))))
		}
		var lines []Line
		for i := range rapid.IntRange(0, 10).Draw(t, "lines") {
			l := line(fmt.Sprint(i), "", banks.Draw(t, "bank"), amounts.Draw(t, "amount"), day.AddDays(days.Draw(t, "day")))
			if rapid.Bool().Draw(t, "named") {
				l.Reference = ref(fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "of")))
			}
			l.Plain = rapid.Bool().Draw(t, "plain")
			lines = append(lines, l)
		}
		got := Match(lines, ours)
		again := Match(rapid.Permutation(lines).Draw(t, "lines"), rapid.Permutation(ours).Draw(t, "ours"))
		if diff := gocmp.Diff(ordered(got), ordered(again)); diff != "" {
			t.Fatalf("another order gives something else: %s", diff)
		}
		shown, used := map[id.ID]int64{}, map[id.ID]int64{}
		for _, p := range got.Pairs {
			shown[p.Line] += p.Amount
			used[p.Ours] += p.Amount
		}
		for _, l := range lines {
			if shown[l.ID]+got.Rest[l.ID] != l.Amount || size(shown[l.ID]) > size(l.Amount) || shown[l.ID] != 0 && (shown[l.ID] > 0) != (l.Amount > 0) {
				t.Fatalf("a line of %d shows %d and has %d left", l.Amount, shown[l.ID], got.Rest[l.ID])
			}
		}
		for _, o := range ours {
			if size(used[o.ID]) > size(o.Amount) || used[o.ID] != 0 && (used[o.ID] > 0) != (o.Amount > 0) {
				t.Fatalf("of ours of %d, %d is shown", o.Amount, used[o.ID])
			}
		}
		for l := range got.Twice {
			if shown[l] != 0 {
				t.Fatal("what was shown twice shows something")
			}
		}
	})
}

func ordered(m Matched) Matched {
	slices.SortFunc(m.Pairs, func(a, b Pair) int {
		return cmp.Or(bytes.Compare(a.Line[:], b.Line[:]), bytes.Compare(a.Ours[:], b.Ours[:]))
	})
	return m
}
