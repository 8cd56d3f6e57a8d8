package desk

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Data tells what the desk holds of a person: numbers of their cases, and words of office of those who serve.
func (m *Module) Data() module.Data { return held{} }

type held struct{ module.NoData }

// Held implements module.Data: nothing that the case itself does not show.
func (held) Held(context.Context, act.Act, id.ID, int) ([]module.Holding, error) { return nil, nil }

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"desk_bulk_case": "- which cases an official did one thing to, for a month: each case tells it by itself",
		"desk_closed":    "- the list of decided cases, by which an agency finds them: the case itself is shown",
	}
}
