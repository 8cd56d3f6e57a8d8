package pay

import (
	"fmt"

	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// entry makes ready the journal's entry of an official's act on a payment. It lies under the payer's key.
func (m *Module) entry(c *web.Context, p Payment, kind string, facts []journal.Fact) (func(*store.Tx) error, error) {
	if m.base.Journal == nil {
		return func(*store.Tx) error { return nil }, nil
	}
	keys, err := m.base.Vault.Keys(c.Context(), p.Payer)
	if err != nil {
		return nil, fmt.Errorf("pay: journal: %w", err)
	}
	for i := range facts {
		facts[i].Label = c.T("pay.journal." + facts[i].Name)
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{Act: c.Act().ID, Kind: kind, Title: c.T("pay.journal." + kind[len("pay."):]), Object: p.ID, Facts: facts})
	if err != nil {
		return nil, fmt.Errorf("pay: journal: %w", err)
	}
	return func(tx *store.Tx) error {
		_, err := journal.Enter(tx, ready)
		return err
	}, nil
}
