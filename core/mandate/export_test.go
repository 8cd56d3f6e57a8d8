package mandate

import (
	"context"

	"posad.city/core/mandate/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// PutPurse gives a mandate a purse, for tests.
func (m *Module) PutPurse(tx *store.Tx, giver, mandateID id.ID, each, most int64) error {
	return mandatedb.PutPurse(tx, mandatedb.PutPurseParams{Giver: giver, Mandate: mandateID, Currency: "RUB", EachMost: each, Cap: most})
}

// ProposeUncounted is Propose without the bound on offers in a day.
func (m *Module) ProposeUncounted(ctx context.Context, a act.Act, p Proposal) (id.ID, error) {
	params, err := m.prepareOffer(ctx, a, p, kindOf(a, p))
	if err != nil {
		return id.ID{}, err
	}
	return params.ID, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return m.putOffer(tx, params) })
}

// TellEnds is what the daily job does.
func (m *Module) TellEnds(ctx context.Context) error { return m.calendar(ctx, jobs.Job{}) }
