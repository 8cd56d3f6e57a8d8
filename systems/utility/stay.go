package utility

import (
	"context"
	"maps"
	"slices"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

// Stay is a time in which a person lived in a flat or owned it.
type Stay struct {
	Since calendar.Date // first day; zero: always
	Until calendar.Date // last day; zero: it goes on
}

// stays are a person's of one flat. They say what of it the person sees: the months of their own time, the one in which they came
// and the one in which they left with them, and nothing of those who lived there before or after.
type stays []Stay

// cover tells whether a month is of their time.
func (s stays) cover(p Period) bool {
	return slices.ContainsFunc(s, func(one Stay) bool {
		return !one.Since.After(p.Last()) && (one.Until.IsZero() || !one.Until.Before(p.First()))
	})
}

// now tells whether they are a resident still.
func (s stays) now() bool {
	return slices.ContainsFunc(s, func(one Stay) bool { return one.Until.IsZero() })
}

// ended are those that are over.
func (s stays) ended() stays {
	return slices.DeleteFunc(slices.Clone(s), func(one Stay) bool { return one.Until.IsZero() })
}

// last is the last day of all; zero: they are a resident still.
func (s stays) last() calendar.Date {
	var out calendar.Date
	for _, one := range s {
		if one.Until.IsZero() {
			return one.Until
		}
		if one.Until.After(out) {
			out = one.Until
		}
	}
	return out
}

func (s stays) bills(list []Issued) []Issued {
	return slices.DeleteFunc(list, func(b Issued) bool { return !s.cover(b.Period) })
}

func (s stays) charges(list map[string]charge.Charge) map[string]charge.Charge {
	maps.DeleteFunc(list, func(text string, _ charge.Charge) bool {
		p, ok := ParsePeriod(text)
		return !ok || !s.cover(p)
	})
	return list
}

func (s stays) readings(list []Reading) []Reading {
	return slices.DeleteFunc(list, func(r Reading) bool { return !s.cover(r.Period) })
}

func stayOf(row utilitydb.UtilityStay) Stay {
	return Stay{Since: day(row.Since), Until: day(row.Until)}
}

// staysOf are a person's stays, by flat.
func (m *Module) staysOf(ctx context.Context, a act.Act, person id.ID) (map[id.ID]stays, error) {
	out := map[id.ID]stays{}
	err := m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		clear(out)
		for _, record := range a.Records(person) {
			rows, err := utilitydb.StaysOf(p, record)
			if err != nil {
				return err
			}
			for _, row := range rows {
				out[row.Home] = append(out[row.Home], stayOf(row))
			}
		}
		return nil
	})
	return out, err
}

// moves are how the people of a flat change.
type moves struct {
	home  id.ID
	came  []id.ID
	since calendar.Date // of those who came
	gone  []id.ID
	were  []id.ID // residents of before stays were kept who have left: their time is since, until today
}

// whose is a person at a flat.
type whose struct{ home, person id.ID }

// decideMoves compares the people of a flat with those who are there. Whoever is of a flat that is new here, or was a resident
// before stays were kept (before), has been there as long as its bills; another sees what comes from today on. It is pure.
func decideMoves(a Account, there, before []id.ID, fresh bool, today calendar.Date) []moves {
	old, come := moves{home: a.Home, since: a.Since}, moves{home: a.Home, since: today}
	for _, person := range a.Residents {
		switch {
		case slices.Contains(there, person):
		case fresh || slices.Contains(before, person):
			old.came = append(old.came, person)
		default:
			come.came = append(come.came, person)
		}
	}
	for _, person := range there {
		if !slices.Contains(a.Residents, person) {
			come.gone = append(come.gone, person)
		}
	}
	for _, person := range before {
		if !slices.Contains(a.Residents, person) {
			old.were = append(old.were, person)
		}
	}
	return []moves{old, come}
}

// moves reads how the people of flats change by what is given of them, and since when each of them is there.
func (m *Module) moves(ctx context.Context, accounts []Account) ([]moves, map[whose]calendar.Date, error) {
	there, kept, fresh, since := map[id.ID][]id.ID{}, map[id.ID]bool{}, map[id.ID]bool{}, map[whose]calendar.Date{}
	err := m.base.Store.Look(ctx, m.system(), lookFlat, func(p *store.Personal) error {
		clear(there)
		for _, a := range accounts {
			_, err := utilitydb.FlatByHome(p, a.Home)
			if fresh[a.Home] = isNone(err); err != nil && !fresh[a.Home] {
				return err
			}
			rows, err := utilitydb.StaysAt(p, a.Home)
			if err != nil {
				return err
			}
			kept[a.Home] = len(rows) > 0
			for _, row := range rows {
				if row.Until == "" {
					there[a.Home] = append(there[a.Home], row.Person)
					since[whose{a.Home, row.Person}] = day(row.Since)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var out []moves
	for _, a := range accounts {
		var before []id.ID
		if !kept[a.Home] && !fresh[a.Home] { // where stays are kept, ended ones too, whoever is not among them has come
			if before, err = m.deps.Charges.ResidentsOf(ctx, a.Home); err != nil {
				return nil, nil, err
			}
		}
		out = append(out, decideMoves(a, there[a.Home], before, fresh[a.Home], m.today())...)
	}
	for _, one := range out {
		for _, person := range one.came {
			since[whose{one.home, person}] = one.since
		}
	}
	return out, since, nil
}

// put keeps who came and who left.
func (s moves) put(tx *store.Tx, today calendar.Date) error {
	for _, person := range s.gone {
		if _, err := utilitydb.EndStays(tx, dayText(today), person, s.home); err != nil {
			return err
		}
	}
	for _, person := range s.were {
		if err := utilitydb.PutStay(tx, utilitydb.PutStayParams{Person: person, Home: s.home, Since: dayText(s.since), Until: dayText(today)}); err != nil {
			return err
		}
	}
	for _, person := range s.came {
		if err := utilitydb.PutStay(tx, utilitydb.PutStayParams{Person: person, Home: s.home, Since: dayText(s.since)}); err != nil {
			return err
		}
	}
	return nil
}

// PageOf is where a person reads a flat's bill of a month line by line; empty when it is not theirs to read, or no month is told.
func (m *Module) PageOf(ctx context.Context, a act.Act, person, home id.ID, month string) (string, error) {
	p, ok := ParsePeriod(month)
	if !ok {
		return "", nil
	}
	mine, err := m.staysOf(ctx, a, person)
	if err != nil || !mine[home].cover(p) {
		return "", err
	}
	return billPath(home, p), nil
}
