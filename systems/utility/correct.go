package utility

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// The bounds of a recalculation.
const (
	reasonLeast = 5
	reasonMost  = 500
	sumMost     = 100_000_000 // kopecks: a million roubles
	absenceMost = 365
)

// check looks at a recalculation before it is kept.
func (r Recalculation) check(f Flat) error {
	switch {
	case !slices.Contains(f.Tariffs, r.Tariff):
		return ErrTariff
	case len([]rune(r.Reason)) < reasonLeast || len([]rune(r.Reason)) > reasonMost:
		return ErrReason
	}
	switch r.Sort {
	case Absence:
		days := 0
		if !r.From.IsZero() && !r.Until.IsZero() {
			days = r.From.DaysUntil(r.Until)
		}
		if days < 6 || days > absenceMost || r.People < 1 || r.People > f.People {
			return ErrDays // five full days at least (point 86 of the Rules), that of leaving and of coming not counted
		}
	case Quality:
		if r.Percent <= 0 || r.Percent > decimal.Of(100) {
			return ErrSum
		}
	case Sum:
		if r.Amount == 0 || r.Amount > sumMost || r.Amount < -sumMost {
			return ErrSum
		}
	default:
		return ErrSum
	}
	return nil
}

// Recalculate enters a recalculation, which the bill of the period takes in, and puts it into the journal. Whether the flat is the
// official's to change is the caller's to have asked. An id that is given is entered once. Errors: ErrTariff, ErrReason, ErrDays,
// ErrSum, ErrOverlap, ErrOwn for the official's own flat.
func (m *Module) Recalculate(ctx context.Context, a act.Act, f Flat, p Period, r Recalculation) error {
	r.Reason = strings.TrimSpace(r.Reason)
	if err := r.check(f); err != nil {
		return err
	}
	if err := m.notOwn(ctx, a, f.Home); err != nil {
		return err
	}
	keys, err := m.base.Vault.Keys(ctx, f.Home)
	if err != nil {
		return err
	}
	if r.ID.IsZero() {
		r.ID = id.New(m.base.Clock.Now())
	}
	if err := m.overlaps(ctx, a, f, keys, r); err != nil {
		return err
	}
	details, err := sealed(keys, "utility_recalculation", "details", r)
	if err != nil {
		return err
	}
	entry, err := m.base.Journal.Prepare(keys, m.entered(a, f, p, r))
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := utilitydb.InsertRecalculation(tx, utilitydb.InsertRecalculationParams{Home: f.Home, ID: r.ID, Period: p.String(), Details: details, Author: a.Actor.Person, At: tx.Now()})
		if err != nil || n == 0 {
			return err // a second press of the same button
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
}

// overlaps refuses an absence on days for which, with those entered before, more people would be away than are registered.
func (m *Module) overlaps(ctx context.Context, a act.Act, f Flat, keys *vault.Keys, r Recalculation) error {
	if r.Sort != Absence {
		return nil
	}
	var rows []utilitydb.UtilityRecalculation
	err := m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		var err error
		rows, err = utilitydb.RecalculationsOf(p, f.Home)
		return err
	})
	if err != nil {
		return err
	}
	away := r.People
	for _, row := range rows {
		was, err := changeOf(keys, row)
		if err != nil {
			return err
		}
		if was.ID != r.ID && was.Sort == Absence && was.Tariff == r.Tariff && was.From.Before(r.Until) && r.From.Before(was.Until) {
			away += was.People
		}
	}
	if away > f.People {
		return ErrOverlap
	}
	return nil
}

// entered is a recalculation as the journal has it.
func (m *Module) entered(a act.Act, f Flat, p Period, r Recalculation) journal.Entry {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	facts := []journal.Fact{
		{Name: "account", Label: t("utility.fact.account"), Value: f.Account}, {Name: "period", Label: t("utility.fact.period"), Value: p.String()},
		{Name: "sort", Label: t("utility.fact.sort"), Value: t("utility.sort." + r.Sort)}, {Name: "tariff", Label: t("utility.fact.tariff"), Value: r.Tariff},
		{Name: "reason", Label: t("utility.fact.reason"), Value: r.Reason},
	}
	switch r.Sort {
	case Sum:
		facts = append(facts, journal.Fact{Name: "amount", Label: t("utility.fact.amount"), Value: kopecks(r.Amount)})
	case Quality:
		facts = append(facts, journal.Fact{Name: "percent", Label: t("utility.fact.percent"), Value: r.Percent.String()})
	case Absence:
		facts = append(facts, journal.Fact{Name: "days", Label: t("utility.fact.days"), Value: r.From.String() + " – " + r.Until.String()})
	}
	return journal.Entry{Act: a.ID, Kind: "utility.recalculation", Title: t("utility.journal.recalculation"), Object: r.ID, Facts: facts}
}

// Again makes the next version of the last month's bill, from what is known now, and corrects its charge in the same Write. It
// tells whether anything differs; nothing is written when not. ErrNone when there is no bill of the month, or a later one.
func (m *Module) Again(ctx context.Context, a act.Act, home id.ID, p Period) (bool, error) {
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
	in := g.input(city, p)
	bill, err := Compute(in)
	if err != nil {
		return false, err
	}
	if bill.Total == old.Total && bill.Carry == old.Carry {
		return false, nil
	}
	next, err := m.made(g.flat, b.keys[home], in, bill, old.Version+1)
	if err != nil {
		return false, err
	}
	if next.state, err = sealed(b.keys[home], "utility_state", "content", g.state.after(in, bill)); err != nil {
		return false, err
	}
	next.was, next.drop = g.was, carryID(old.ID)
	err = m.replace(ctx, a, next, old, b.keys[home])
	if errors.Is(err, errMoved) {
		return false, ErrNone.Because(err) // a later bill came meanwhile
	}
	return err == nil, err
}

// replace writes the next version and corrects the charge.
func (m *Module) replace(ctx context.Context, a act.Act, next made, old Issued, keys *vault.Keys) error {
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
	due := m.ChargeID(next.flat.Account, old.Period)
	fresh, there, err := m.lacking(ctx, next, old.Period, due)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if last, err := utilitydb.LastPeriod(tx, next.flat.Home); err != nil || last != next.row.Period {
			return cmp.Or(err, tx.Fail(ErrNone))
		}
		put, err := next.put(tx)
		if err != nil || !put {
			return err
		}
		if err := utilitydb.AddSimilar(tx, utilitydb.AddSimilarParams{House: next.flat.House, Class: int64(next.flat.Class), Period: next.row.Period, Kind: "", Flats: 0, Total: next.bill.Total - old.Total}); err != nil {
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
	fresh, err := m.deps.Charges.Prepare(ctx, m.newCharge(m.deps.Services.Current(), next.flat, p, next.bill.Total))
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
