package mydata

import (
	"cmp"
	"context"
	"slices"

	"posad.city/core/module"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Plan is what an erasure would do today, as the person is shown it before they ask.
type Plan struct {
	Goes  []PlanLine // deleted
	Stays []PlanLine // kept by law, until the end of a year
	Waits []PlanLine // what has to end first
}

// PlanLine is one kind of data in a plan.
type PlanLine struct {
	Key     string // of the Holding
	Count   int
	Law     module.Law // of what stays or waits
	Until   int        // the last year of what stays
	Numbers []string   // public numbers of what stays or waits
}

// Plan tells what an erasure of the persons would do today.
func (m *Module) Plan(ctx context.Context, persons []id.ID, l lang.Language) (Plan, error) {
	held, err := m.gather(ctx, m.own(l), persons, 0, nil)
	if err != nil {
		return Plan{}, err
	}
	var stays []module.Stay
	for _, person := range persons {
		some, err := m.stays(ctx, person)
		if err != nil {
			return Plan{}, err
		}
		stays = append(stays, some...)
	}
	return m.plan(held, stays), nil
}

// plan decides what goes, what stays and what waits.
func (m *Module) plan(held []module.Holding, stays []module.Stay) Plan {
	var out Plan
	kept := map[string]int{}
	for _, s := range stays {
		kept[s.Key] += s.Count
		list := &out.Stays
		until := 0
		if s.Law.Waits() {
			list = &out.Waits
		} else {
			until = m.until(s)
		}
		i := slices.IndexFunc(*list, func(p PlanLine) bool { return p.Key == s.Key && p.Law == s.Law && p.Until == until })
		if i < 0 {
			*list = append(*list, PlanLine{Key: s.Key, Law: s.Law, Until: until})
			i = len(*list) - 1
		}
		(*list)[i].Count += s.Count
		if s.Item != "" {
			(*list)[i].Numbers = append((*list)[i].Numbers, id.FormatNumber(s.Item))
		}
	}
	for _, h := range held {
		if n := len(h.Items) - kept[h.Key]; n > 0 {
			out.Goes = append(out.Goes, PlanLine{Key: h.Key, Count: n})
		}
	}
	slices.SortStableFunc(out.Stays, func(a, b PlanLine) int { return cmp.Compare(a.Until, b.Until) })
	return out
}
