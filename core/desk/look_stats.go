package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// LookStats counts the looks of the actor's agency in four weeks: by official, purpose and hour. The head may.
func (m *Module) LookStats(ctx context.Context, a act.Act) (LookStats, error) {
	if err := head(a); err != nil {
		return LookStats{}, err
	}
	zone := time.UTC
	if city := m.deps.Services.Current(); city != nil {
		zone = city.Days().Zone()
	}
	now := m.base.Clock.Now()
	out := LookStats{Since: now.AddDate(0, 0, -chartDays)}
	var counts []store.LookCount
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		counts, err = store.LookCounts(r, a.Actor.Agency, out.Since, now.Add(time.Hour))
		return err
	})
	if err != nil {
		return out, fmt.Errorf("desk: looks: %w", err)
	}
	officials, purposes := map[id.ID]int64{}, map[string]int64{}
	for _, c := range counts {
		out.Total += c.Looks
		officials[c.Official] += c.Looks
		purposes[c.Purpose] += c.Looks
		out.Hours[c.Hour.In(zone).Hour()] += c.Looks
	}
	for who, n := range officials {
		out.Officials = append(out.Officials, OfficialLooks{who, n})
	}
	for purpose, n := range purposes {
		out.Purposes = append(out.Purposes, PurposeLooks{purpose, n})
	}
	slices.SortFunc(out.Officials, func(x, y OfficialLooks) int {
		return cmp.Or(cmp.Compare(y.Looks, x.Looks), cmp.Compare(x.Person.String(), y.Person.String()))
	})
	slices.SortFunc(out.Purposes, func(x, y PurposeLooks) int {
		return cmp.Or(cmp.Compare(y.Looks, x.Looks), cmp.Compare(x.Purpose, y.Purpose))
	})
	return out, nil
}
