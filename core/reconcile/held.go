package reconcile

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Data says that the module holds nothing of a person's own: what the bank wrote of a payer lies with the treasury, under its key, and
// nobody's account is tied to it.
func (m *Module) Data() module.Data { return held{} }

type held struct{ module.NoData }

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{"reconcile_payer": "reconcile.payers"}
}

// Held implements module.Data.
func (held) Held(context.Context, act.Act, id.ID, int) ([]module.Holding, error) { return nil, nil }
