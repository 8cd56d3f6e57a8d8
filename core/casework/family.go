package casework

import (
	"context"
	"fmt"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// actsFor lists those who may act for a person in the scope now, in the order of their mandates; each once.
func (m *Module) actsFor(ctx context.Context, giver id.ID, scope string) ([]id.ID, error) {
	given, err := m.deps.Family.Of(ctx, giver)
	if err != nil {
		return nil, fmt.Errorf("casework: mandates of a holder: %w", err)
	}
	today := calendar.DateOf(m.base.Clock.Now(), m.zone())
	var out []id.ID
	seen := map[id.ID]bool{}
	for _, one := range given {
		if one.Holds(scope, today) && !seen[one.Taker] {
			seen[one.Taker] = true
			out = append(out, one.Taker)
		}
	}
	return out, nil
}
