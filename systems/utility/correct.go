package utility

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// Again makes the next version of the last month's bill, from what is known now, and corrects its charge in the same Write. It
// tells whether anything differs; nothing is written when not. ErrNone when there is no bill of the month, or a later one.
func (m *Module) Again(ctx context.Context, a act.Act, home id.ID, p Period) (bool, error) {
	return m.again(ctx, a, home, p, nil)
}

// late is a recalculation that is entered in the very Write of the version that takes it in.
type late struct {
	Recalculation
	enter func(tx *store.Tx) error
}

func (m *Module) again(ctx context.Context, a act.Act, home id.ID, p Period, with *late) (bool, error) {
	city := m.deps.Services.Current()
	if city == nil || city.Utilities == nil {
		return false, ErrNoCity
	}
	if err := m.notOwn(ctx, a, home); err != nil {
		return false, err
	}
	versions, err := m.Versions(ctx, a, home, p)
	if err != nil {
		return false, err
	}
	old := versions[0]
	b := &batch{m: m, city: city, period: p, after: before(home)}
	if err := b.gather(ctx); err != nil {
		return false, err
	}
	if len(b.flats) == 0 || b.flats[0].flat.Home != home {
		return false, ErrNone
	}
	g := b.flats[0]
	if _, faulty := b.faults[home]; faulty || !g.state.back(old) {
		return false, ErrNone
	}
	if with != nil {
		g.changes = append(g.changes, with.Recalculation)
	}
	in := g.input(city, p)
	bill, err := Compute(in)
	if err != nil {
		return false, err
	}
	if bill.Total == old.Total && bill.Carry == old.Carry {
		return false, nil
	}
	next, err := m.made(g.flat, b.keys[home], in, bill, old.Version+1, old.Code)
	if err != nil {
		return false, err
	}
	if next.state, err = sealed(b.keys[home], "utility_state", "content", g.state.after(in, bill)); err != nil {
		return false, err
	}
	next.was, next.drop = g.was, carryID(old.ID)
	err = m.replace(ctx, a, next, old, b.keys[home], with)
	if errors.Is(err, errMoved) {
		return false, ErrNone.Because(err) // a later bill came meanwhile
	}
	return err == nil, err
}

// before is the id right before another one, so that a range holds one home.
func before(home id.ID) id.ID {
	for i := len(home) - 1; i >= 0; i-- {
		home[i]--
		if home[i] != 0xff {
			break
		}
	}
	return home
}

// replace writes the next version and corrects the charge.
func (m *Module) replace(ctx context.Context, a act.Act, next made, old Issued, keys *vault.Keys, with *late) error {
	entry, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: a.ID, Kind: "utility.bill", Title: m.base.Texts.Text(lang.Russian, "utility.journal.bill"), Object: next.row.ID,
		Facts: []journal.Fact{
			{Name: "account", Label: m.base.Texts.Text(lang.Russian, "utility.fact.account"), Value: next.flat.Account},
			{Name: "was", Label: m.base.Texts.Text(lang.Russian, "utility.fact.was"), Value: kopecks(old.Total)},
			{Name: "amount", Label: m.base.Texts.Text(lang.Russian, "utility.fact.amount"), Value: kopecks(next.bill.Total)},
		},
	})
	if err != nil {
		return err
	}
	due := charge.IDOf(m.agencyID(), external(next.flat, old.Period, old.Code))
	fresh, there, err := m.lacking(ctx, next, old.Period, due)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if last, err := utilitydb.LastPeriod(tx, next.flat.Home); err != nil || last != next.row.Period {
			return cmp.Or(err, tx.Fail(ErrNone))
		}
		put, err := next.put(tx)
		switch {
		case err != nil:
			return err
		case !put && with != nil:
			return tx.Fail(errMoved) // the version that came meanwhile has not taken it in
		case !put:
			return nil
		case with != nil:
			if err := with.enter(tx); err != nil {
				return err
			}
		}
		similar := map[utilitydb.AddSimilarParams]*[2]int64{}
		next.compare(old.Period, similar, 1)
		made{flat: next.flat, bill: old.Bill}.compare(old.Period, similar, -1)
		if err := putSimilar(tx, similar); err != nil {
			return err
		}
		if _, err := journal.Enter(tx, entry); err != nil {
			return err
		}
		switch {
		case there:
			return m.deps.Charges.Bring(tx, a, next.flat.Home, due, old.Total, next.bill.Total, "corrected")
		case fresh != nil:
			return fresh.Put(tx)
		}
		return nil
	})
}

// lacking tells whether the charge of a month is there, and makes one when it is not and is needed: the bill was zero, or the
// charge was refused when the bill was made.
func (m *Module) lacking(ctx context.Context, next made, p Period, due id.ID) (*charge.Prepared, bool, error) {
	_, err := m.deps.Charges.Where(ctx, due)
	switch {
	case err == nil:
		return nil, true, nil
	case !errors.Is(err, charge.ErrNone):
		return nil, false, err
	case next.bill.Total == 0:
		return nil, false, nil
	}
	fresh, err := m.deps.Charges.Prepare(ctx, m.newCharge(m.deps.Services.Current(), next.flat, p, next.bill.Total, next.code))
	return fresh, false, err
}

// back sets the state to what it was before a bill; false when another bill was made since.
func (s *state) back(old Issued) bool {
	if s.Estimated == nil {
		s.Estimated = map[string]int{}
	}
	for _, m := range old.Input.Meters {
		s.Estimated[m.ID.String()] = m.Estimated
		for _, d := range m.Dials {
			counted := slices.ContainsFunc(old.Counted, func(c Counted) bool { return c.Meter == m.ID && c.Zone == d.Zone })
			if !counted {
				continue // out of its season: the bill did not move it
			}
			key := dialKey(m.ID, d.Zone)
			one, there := s.Dials[key]
			last := len(one.History) - 1
			if !there || last < 0 || one.History[last].Period != old.Period {
				return false
			}
			one.To, one.History = d.From, one.History[:last]
			s.Dials[key] = one
		}
	}
	return true
}
