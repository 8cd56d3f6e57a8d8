package charge

import (
	"testing"

	"posad.city/kit/money"
)

// TestNamed: a number, the payee's number and an identifier find a charge; the sandbox's and what nobody has are not found.
func TestNamed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.issue(NewCharge{For: plate, Payee: police, External: "PN-100500", Kind: "fine", Amount: money.Roubles(75_000)})
		other := r.issue(fine("PN-2"))
		sandbox := fine("PN-3")
		sandbox.Test = true
		r.issue(sandbox)
		place := must[Place](t)(r.Where(ctx, other.ID))
		for word, want := range map[string]int{"PN-100500": 1, "А417МО52": 1, "a417mo52": 1, place.Number: 1, "PN-3": 0, "А418МО52": 0, "": 0, "№": 0} {
			if got := must[[]Place](t)(r.Named(ctx, word)); len(got) != want {
				t.Errorf("%q names %d", word, len(got))
			}
		}
		if got := must[[]Place](t)(r.Named(ctx, "А417МО52")); got[0].ID != p.ID {
			t.Fatal(got)
		}
	})
}
