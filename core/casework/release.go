package casework

import (
	"context"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Release puts the case back into its queue. The official who has it may, whatever their interest, and the head of the
// agency.
func (m *Module) Release(ctx context.Context, a act.Act, s Step) (int64, error) {
	k, err := m.onDesk(ctx, a, s)
	if err != nil {
		return 0, err
	}
	t := k.chosen()
	switch {
	case t.Part == "" && !k.file.Proposed.IsZero():
		return 0, ErrProposed
	case t.Official.IsZero():
		return k.file.Revision, nil
	case t.Official != a.Actor.Person && a.Actor.Role != string(agency.Head):
		return 0, ErrNotYours
	case t.Official != a.Actor.Person:
		if err := m.impartial(ctx, a, k); err != nil {
			return 0, err
		}
	}
	return m.write(ctx, a, k, func(c *change) error {
		t := c.chosen()
		t.Official, t.Outcome = id.ID{}, string(outcomeTouched)
		if err := c.saveTask(t); err != nil {
			return err
		}
		return c.line("released", true, partParams(t), nil)
	})
}
