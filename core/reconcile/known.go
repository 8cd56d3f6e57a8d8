package reconcile

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// payees are those whom the city names now, in its order, and then those whom it has named once: an agency that was merged or closed
// still has its account, its refunds and what was not paid out to it.
func (m *Module) payees(ctx context.Context) ([]Payee, error) {
	out, err := m.deps.Payees(ctx)
	if err != nil {
		return nil, fmt.Errorf("reconcile: payees: %w", err)
	}
	named := map[id.ID]bool{}
	for _, p := range out {
		named[p.ID] = true
	}
	known, err := m.known(ctx)
	for _, p := range known {
		if !named[p.ID] {
			out = append(out, p)
		}
	}
	return out, err
}

// known are the payees that are kept.
func (m *Module) known(ctx context.Context) ([]Payee, error) {
	var out []Payee
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.KnownPayees(r)
		out = out[:0]
		for _, row := range rows {
			out = append(out, Payee{ID: row.Payee, Title: lang.Text{RU: row.NameRu, EN: row.NameEn}, Kind: row.Kind, Own: row.Own})
		}
		return err
	})
	return out, err
}

// keepPayees keeps the payees that are new, or called otherwise than they were.
func (m *Module) keepPayees(ctx context.Context, list []Payee) error {
	known, err := m.known(ctx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(p Payee) bool { return slices.Contains(known, p) })
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b Payee) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, p := range list {
			if err := reconciledb.PutKnown(tx, reconciledb.PutKnownParams{Payee: p.ID, Kind: p.Kind, NameRu: p.Title.RU, NameEn: p.Title.EN, Own: p.Own}); err != nil {
				return err
			}
		}
		return nil
	})
}

// incomeAccounts are the payees by the account of their income; each of them is kept.
func (m *Module) incomeAccounts(ctx context.Context) (map[id.ID]id.ID, error) {
	list, err := m.payees(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.keepPayees(ctx, list); err != nil {
		return nil, err
	}
	out := make(map[id.ID]id.ID, len(list))
	for _, p := range list {
		out[m.income(p.ID)] = p.ID
	}
	return out, nil
}

// income is the account of a payee's income.
func (m *Module) income(payee id.ID) id.ID { return pay.Income(payee, m.deps.Account.Currency).ID }
