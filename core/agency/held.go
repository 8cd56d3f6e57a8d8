package agency

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Data tells what roles a person has. A role is a public office: who holds one can't be erased before it ends.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data: the table of officials holds no personal data by its declaration, and is shown all the
// same.
func (held) Covers() map[string]string { return map[string]string{"official": "agency.roles"} }

// Held implements module.Data.
func (h held) Held(ctx context.Context, _ act.Act, person id.ID, _ int) ([]module.Holding, error) {
	list, err := h.m.OfficialOf(ctx, person)
	out := module.Holding{Key: "agency.roles"}
	for _, o := range list {
		item := module.Item{ID: o.Agency, At: o.Since, Facts: []module.Fact{{Key: "agency", Value: o.Agency.String()}, {Key: "role", Code: "mydata.role." + string(o.Role)}}}
		for _, queue := range o.Queues {
			item.Facts = append(item.Facts, module.Fact{Key: "queue", Value: queue})
		}
		out.Items = append(out.Items, item)
	}
	return []module.Holding{out}, err
}

// Stays implements module.Data: an office must be handed over first.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	list, err := h.m.OfficialOf(ctx, person)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return []module.Stay{{Key: "agency.roles", Law: module.LawOffice, Count: len(list)}}, nil
}
