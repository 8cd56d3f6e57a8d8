package mandate

import (
	"context"

	"posad.city/kit/id"
)

// CountOf counts the mandates that a person has given or been given and that are in force.
func (m *Module) CountOf(ctx context.Context, person id.ID) (int, error) {
	taken, err := m.Taken(ctx, person)
	if err != nil {
		return 0, err
	}
	given, err := m.Of(ctx, person)
	n := len(taken)
	for _, one := range given {
		if one.Ended.IsZero() {
			n++
		}
	}
	return n, err
}
