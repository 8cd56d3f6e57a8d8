package charge

import (
	"errors"
	"testing"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// A bill is found by the number that is printed on it, however it is typed.
func TestABillIsFoundByThePrintedNumber(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for external, typed := range map[string][]string{
			"5200001234-2026-10": {"5200001234-2026-10", "5200001234 2026 10", "5200001234202610"},
			"PN-100500":          {"PN-100500", "pn 100500", "РN100500"},
			"П-1/2026":           {"П-1/2026", "п1 2026"},
			"Ж_17.5":             {"ж 17.5", "Ж_17.5"},
		} {
			p := r.issue(atPlate(external))
			for _, number := range append(typed, p.Number, id.FormatNumber(p.Number)) {
				found := must[[]Found](t)(r.Find(ctx, Query{For: Identifier{By: ByNumber, Value: number}}))
				if len(found) != 1 || found[0].ID != p.ID {
					t.Errorf("%q of %q: %d found", number, external, len(found))
				}
				if named := must[[]Place](t)(r.Named(ctx, number)); len(named) != 1 {
					t.Errorf("%q of %q names %d", number, external, len(named))
				}
				if list := r.ofAgency(officer, ListQuery{Number: number}); len(list) != 1 {
					t.Errorf("%q of %q: %d on the desk", number, external, len(list))
				}
			}
		}
	})
}

// A bill's number is one bill's, and so long that nobody comes upon it.
func TestABillsNumberIsItsOwn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.issue(fine("1"))
		if len(p.Number) != id.CodeDigits {
			t.Errorf("%q", p.Number)
		}
		if got, err := id.ParseCode(id.FormatNumber(p.Number)); err != nil || got != p.Number || len(id.FormatNumber(p.Number)) == len(p.Number) {
			t.Errorf("%q is shown as %q", p.Number, id.FormatNumber(p.Number))
		}
		other := must[*Prepared](t)(r.Prepare(ctx, fine("2")))
		other.Number, other.row.Number = p.Number, p.Number
		if err := r.base.Store.Write(ctx, other.Put); !errors.Is(err, store.ErrExists) {
			t.Errorf("two bills have one number: %v", err)
		}
	})
}
