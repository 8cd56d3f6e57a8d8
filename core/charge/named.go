package charge

import (
	"context"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// namedMost is how many charges one word may name before it names none.
const namedMost = 20

// Named finds the charges that a word may name, for an official who looks what money is meant for: its number, the payee's own
// number, or, of those still to be paid, the identifier that they are issued to. It tells where they lie and nobody's data; the sandbox's
// are left out. A word that names very many names none.
func (m *Module) Named(ctx context.Context, word string) ([]Place, error) {
	seen := map[id.ID]bool{}
	var out []Place
	add := func(p Place) {
		if !p.Test && !seen[p.ID] {
			seen[p.ID] = true
			out = append(out, p)
		}
	}
	a := act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "books"})
	err := m.base.Store.Look(ctx, a, "charge.look.charges", func(p *store.Personal) error {
		clear(seen)
		out = out[:0]
		places, err := m.numbered(p, word)
		if err != nil {
			return err
		}
		for _, place := range places {
			add(place)
		}
		for _, by := range []By{ByFlat, ByPlate, BySNILS, ByINN, ByLicence} {
			home, err := m.HomeOf(Identifier{By: by, Value: word})
			if err != nil {
				continue // no identifier of this kind looks so
			}
			list, err := m.ReadAt(p, home, Filter{Open: true, Most: namedMost + 1})
			if err != nil {
				return err
			}
			for _, c := range list {
				add(c.At())
			}
		}
		return nil
	})
	if len(out) > namedMost {
		return nil, err
	}
	return out, err
}
