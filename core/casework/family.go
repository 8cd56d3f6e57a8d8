package casework

import (
	"context"
	"fmt"
	"slices"

	"posad.city/core/mandate"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// actsFor lists those who may act for a person in the scope for the service now, in the order of their mandates; each once.
func (m *Module) actsFor(ctx context.Context, giver id.ID, scope, service string) ([]id.ID, error) {
	return m.takers(ctx, giver, func(one mandate.Mandate) bool { return one.Allows(scope, service) })
}

// near lists those who may act for a person now, in whatever.
func (m *Module) near(ctx context.Context, giver id.ID) ([]id.ID, error) {
	return m.takers(ctx, giver, func(mandate.Mandate) bool { return true })
}

func (m *Module) takers(ctx context.Context, giver id.ID, want func(mandate.Mandate) bool) ([]id.ID, error) {
	given, err := m.deps.Family.Of(ctx, giver)
	if err != nil {
		return nil, fmt.Errorf("casework: mandates of a holder: %w", err)
	}
	today := calendar.DateOf(m.base.Clock.Now(), m.zone())
	var out []id.ID
	for _, one := range given {
		if one.Live(today) && want(one) && !slices.Contains(out, one.Taker) {
			out = append(out, one.Taker)
		}
	}
	return out, nil
}
