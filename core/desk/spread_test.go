package desk

import (
	"slices"
	"testing"

	"posad.city/kit/id"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var keys = []string{"a", "b", "c"}

func drawHands(rt *rapid.T, n int) Hands {
	some := rapid.SliceOfDistinct(rapid.SampledFrom(keys), rapid.ID[string])
	return Hands{
		Person: id.Derived("person", string(rune('a'+n))), Queues: some.Draw(rt, "queues"), Skills: some.Draw(rt, "skills"), Places: some.Draw(rt, "places"),
		Load: rapid.Int64Range(0, 5).Draw(rt, "load"),
	}
}

// A case goes to whom it fits, to nobody only when it fits nobody, and never to one who then has more than another whom it fits.
func TestSharesFitAndAreEven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var staff []Hands
		for n := range rapid.IntRange(0, 5).Draw(rt, "staff") {
			staff = append(staff, drawHands(rt, n))
		}
		key := rapid.SampledFrom(append([]string{""}, keys...))
		cases := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Open {
			return Open{Number: "1", Queue: rapid.SampledFrom(keys).Draw(rt, "queue"), Skill: key.Draw(rt, "skill"), District: key.Draw(rt, "district")}
		}), 0, 30).Draw(rt, "cases")
		load := map[id.ID]int64{}
		for _, h := range staff {
			load[h.Person] = h.Load
		}
		shares := Spread(cases, staff)
		for i, s := range shares {
			fits := slices.DeleteFunc(slices.Clone(staff), func(h Hands) bool { return !h.takes(cases[i]) })
			if s.To.IsZero() {
				if len(fits) > 0 {
					rt.Fatalf("nobody gets a case that fits %d", len(fits))
				}
				continue
			}
			if !slices.ContainsFunc(fits, func(h Hands) bool { return h.Person == s.To }) {
				rt.Fatalf("a case goes to whom it does not fit")
			}
			for _, h := range fits {
				if load[h.Person] < load[s.To] {
					rt.Fatalf("a case goes to one who has %d, and another has %d", load[s.To], load[h.Person])
				}
			}
			load[s.To]++
		}
		slices.Reverse(staff)
		if diff := cmp.Diff(shares, Spread(cases, staff)); diff != "" {
			rt.Fatalf("the order of the officials matters: %s", diff)
		}
	})
}

// Of officials who all fit everything and begin alike, none gets more than one case above another.
func TestEvenHandsStayEven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "staff")
		var staff []Hands
		for i := range n {
			staff = append(staff, Hands{Person: id.Derived("person", string(rune('a'+i)))})
		}
		got := map[id.ID]int{}
		for _, s := range Spread(make([]Open, rapid.IntRange(0, 60).Draw(rt, "cases")), staff) {
			got[s.To]++
		}
		for _, a := range staff {
			for _, b := range staff {
				if got[a.Person] > got[b.Person]+1 {
					rt.Fatalf("%d and %d", got[a.Person], got[b.Person])
				}
			}
		}
	})
}
