package reconcile

import (
	"context"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Balance is an account of the books with its name, as of a moment.
type Balance struct {
	Key    string // of a text: bank, clearing, income …
	Payee  id.ID  // of an income
	Name   string // of a provider
	Amount money.Amount
}

// Balances are the accounts that the treasury looks at as of a moment: posted before it; the zero moment is now. Those with nothing on them are left out.
func (m *Module) Balances(ctx context.Context, at time.Time) ([]Balance, error) {
	c := m.deps.Account.Currency
	payees, err := m.payees(ctx)
	if err != nil {
		return nil, err
	}
	type account struct {
		Balance
		of   ledger.Account
		sign int64
	}
	list := []account{
		{Balance{Key: "bank"}, Bank(m.deps.Account.Number, c), -1}, {Balance{Key: "clearing", Name: pay.HostedName}, pay.Clearing(c), -1},
		{Balance{Key: "unidentified"}, Unidentified(c), 1}, {Balance{Key: "unexplained"}, Unexplained(c), -1}, {Balance{Key: "to_return"}, pay.ToReturn(c), 1},
		{Balance{Key: "on_payout"}, OnPayout(c), 1}, {Balance{Key: "fees"}, Fees(c), -1},
	}
	for _, p := range payees {
		list = append(list, account{Balance{Key: "income", Payee: p.ID}, pay.Income(p.ID, c), 1})
	}
	ids := make([]id.ID, len(list))
	for i, one := range list {
		ids[i] = one.of.ID
	}
	found, err := m.balances(ctx, at, ids)
	if err != nil {
		return nil, err
	}
	var out []Balance
	for _, one := range list {
		if one.Amount = (money.Amount{Minor: one.sign * found[one.of.ID].Net(), Currency: c}); one.Amount.Minor != 0 || one.Payee.IsZero() {
			out = append(out, one.Balance)
		}
	}
	return out, nil
}

// balances are what accounts come to at a moment; of now they are kept, and nothing is added up.
func (m *Module) balances(ctx context.Context, at time.Time, accounts []id.ID) (map[id.ID]ledger.Balance, error) {
	if !at.IsZero() && at.Before(m.base.Clock.Now()) {
		return ledger.BalancesAt(ctx, m.base.Store, at, accounts...)
	}
	out := map[id.ID]ledger.Balance{}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		for _, account := range accounts {
			var err error
			if out[account], err = ledger.BalanceOf(r, account); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
