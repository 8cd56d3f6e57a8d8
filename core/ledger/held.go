package ledger

import (
	"context"

	"posad.city/core/ledger/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Data tells which transfers are of a person's payments. They stay as long as the payment does, which core/pay says.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{"ledger_transfer": "ledger.transfers"}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	out := module.Holding{Key: "ledger.transfers"}
	err := h.m.base.Store.Look(ctx, a, "ledger.look.transfers", func(p *store.Personal) error {
		transfers, err := Of(p, person)
		if err != nil {
			return err
		}
		out.Items, out.More = nil, false
		for _, t := range transfers {
			if most > 0 && len(out.Items) == most {
				out.More = true
				break
			}
			out.Items = append(out.Items, module.Item{ID: t.Movement, At: t.Entered, Facts: []module.Fact{
				{Key: "amount", Words: lang.Text{RU: t.Amount.In(lang.Russian), EN: t.Amount.In(lang.English)}}, {Key: "state", Value: string(t.State)},
			}})
		}
		return nil
	})
	return []module.Holding{out}, err
}

// Of lists the transfers of a holder, by movement.
func Of(r store.PersonalReader, holder id.ID) ([]Transfer, error) {
	rows, err := ledgerdb.TransfersOf(r, holder)
	if err != nil {
		return nil, err
	}
	out := make([]Transfer, len(rows))
	for i, row := range rows {
		out[i] = transferOf(row)
	}
	return out, nil
}
