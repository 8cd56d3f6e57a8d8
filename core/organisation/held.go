package organisation

import (
	"context"

	"posad.city/core/module"
	"posad.city/core/organisation/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Data tells what the city holds of a person as a sole trader. Organisations are no persons; who acts for them is
// core/mandate's to tell.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const holdTrader = "organisation.trader"

// Covers implements module.Data.
func (held) Covers() map[string]string { return map[string]string{"organisation_trader": holdTrader} }

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, _ int) ([]module.Holding, error) {
	trader, ok, err := h.m.Trader(ctx, a, person)
	if err != nil || !ok {
		return nil, err
	}
	return []module.Holding{{Key: holdTrader, Edit: "/account/organisations", Items: []module.Item{{Facts: []module.Fact{
		{Key: "ogrnip", Label: lang.Text{RU: "ОГРНИП", EN: "OGRNIP"}, Value: trader.OGRNIP}, {Key: "inn", Label: lang.Text{RU: "ИНН", EN: "INN"}, Value: trader.INN},
		{Key: "title", Label: lang.Text{RU: "Наименование", EN: "Name"}, Value: trader.Title},
	}}}}}, nil
}

// Forget implements module.Data.
func (h held) Forget(ctx context.Context, person id.ID) error {
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := organisationdb.DropTrader(tx, person)
		return err
	})
}
