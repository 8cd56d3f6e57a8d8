package mandate

import (
	"context"
	"slices"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Acting lists those for whom a person may act now, by whatever mandate, with the look at each of them recorded: children
// first, the oldest first, then people, then organisations. Who was given two mandates by one stands there twice.
func (m *Module) Acting(ctx context.Context, a act.Act, taker id.ID) ([]Principal, error) {
	taken, err := m.takenBy(ctx, a, taker)
	if err != nil {
		return nil, err
	}
	return m.principals(ctx, a, "mandate.look.people", taken)
}

// takenBy lists the mandates of all of a person's records; what the law gives to two of them is one.
func (m *Module) takenBy(ctx context.Context, a act.Act, taker id.ID) ([]Mandate, error) {
	var out []Mandate
	for _, one := range a.Records(taker) {
		taken, err := m.Taken(ctx, one)
		if err != nil {
			return nil, err
		}
		for _, t := range taken {
			if !slices.ContainsFunc(out, func(o Mandate) bool { return o.Giver == t.Giver && o.Kind == t.Kind && o.Kind.ByLaw() }) {
				out = append(out, t)
			}
		}
	}
	return out, nil
}

// principals names the givers of mandates; those whose data were erased are left out.
func (m *Module) principals(ctx context.Context, a act.Act, what string, taken []Mandate) ([]Principal, error) {
	people, titles, err := m.called(ctx, a, what, taken)
	if err != nil {
		return nil, err
	}
	out := make([]Principal, 0, len(taken))
	for _, one := range taken {
		p := Principal{Mandate: one, Person: people[one.Giver], Title: titles[one.Giver]}
		if one.Kind == Company && p.Title != "" || one.Kind != Company && !p.Person.ID.IsZero() {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, byKind)
	return out, nil
}

func (m *Module) called(ctx context.Context, a act.Act, what string, taken []Mandate) (map[id.ID]account.Person, map[id.ID]string, error) {
	var persons, companies []id.ID
	for _, one := range taken {
		if one.Kind == Company {
			companies = append(companies, one.Giver)
		} else if !slices.Contains(persons, one.Giver) {
			persons = append(persons, one.Giver)
		}
	}
	titles, err := m.titles(ctx, a, companies)
	if err != nil {
		return nil, nil, err
	}
	people, err := m.deps.Accounts.People(ctx, a, what, persons...)
	return people, titles, err
}

func (m *Module) titles(ctx context.Context, a act.Act, companies []id.ID) (map[id.ID]string, error) {
	if m.deps.Companies == nil || len(companies) == 0 {
		return nil, nil
	}
	return m.deps.Companies.Titles(ctx, a, companies...)
}

// byKind puts the law's mandates first, the oldest child first, then people's, then organisations'.
func byKind(x, y Principal) int {
	rank := func(p Principal) int { return slices.Index([]Kind{Parent, Guardian, Helper, Company}, p.Kind) }
	if rank(x) != rank(y) {
		return rank(x) - rank(y)
	}
	return x.Person.Birth.Compare(y.Person.Birth)
}

// Children lists the children and minor wards for whom a person may act now, the oldest first, with the look at each
// recorded.
func (m *Module) Children(ctx context.Context, a act.Act, parent id.ID) ([]Child, error) {
	taken, err := m.takenBy(ctx, a, parent)
	if err != nil {
		return nil, err
	}
	taken = slices.DeleteFunc(taken, func(one Mandate) bool { return !one.Kind.ByLaw() })
	list, err := m.principals(ctx, a, "mandate.look.children", taken)
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(m.base.Clock.Now(), m.deps.Zone)
	out := make([]Child, 0, len(list))
	for _, p := range list {
		if p.Kind == Parent || p.Person.Age(today) < AdultAge {
			out = append(out, Child{Mandate: p.ID, Person: p.Person, Scopes: p.Scopes, Source: p.Source, Since: p.Since, Ends: p.Ends})
		}
	}
	byAge(out)
	return out, nil
}

// name is what a person or an organisation is called in a sentence that the city itself says to those who know them by a
// mandate; empty when nobody knows.
func (m *Module) name(ctx context.Context, who id.ID, company bool) (string, error) {
	a := act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{})
	if company {
		titles, err := m.titles(ctx, a, []id.ID{who})
		return titles[who], err
	}
	names, err := m.deps.Accounts.Names(ctx, a, "mandate.look.people", who)
	return names[who].Full(lang.Russian), err
}
