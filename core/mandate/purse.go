package mandate

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/mandate/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Purse is what may be paid under a mandate.
type Purse struct {
	Each  money.Amount // each payment at most
	Cap   money.Amount // all of them at most
	Spent money.Amount // of Cap
}

// Left is what may still be paid.
func (p Purse) Left() money.Amount {
	return money.Amount{Minor: p.Cap.Minor - p.Spent.Minor, Currency: p.Cap.Currency}
}

// admits decides whether a payment fits.
func (p Purse) admits(amount money.Amount) error {
	switch {
	case amount.Currency != p.Cap.Currency, amount.Minor > p.Each.Minor:
		return ErrEach
	case amount.Minor > p.Left().Minor:
		return ErrCap
	}
	return nil
}

func purseOf(row mandatedb.MandatePurse) Purse {
	in := func(minor int64) money.Amount {
		return money.Amount{Minor: minor, Currency: money.Currency(row.Currency)}
	}
	return Purse{Each: in(row.EachMost), Cap: in(row.Cap), Spent: in(row.Spent)}
}

// Purse reads what may be paid under a mandate; false: nothing bounds it.
func (m *Module) Purse(ctx context.Context, giver, mandateID id.ID) (Purse, bool, error) {
	var row mandatedb.MandatePurse
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = mandatedb.PurseOf(r, giver, mandateID)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Purse{}, false, nil
	}
	return purseOf(row), err == nil, err
}

// Reserve counts a payment that an act starts against the act's mandate, in the Write that starts it. For an act on one's
// own, and for a mandate with no bound, it does nothing. Errors: ErrEach, ErrCap.
func (m *Module) Reserve(tx *store.Tx, a act.Act, payment id.ID, amount money.Amount) error {
	if a.Mandate.IsZero() {
		return nil
	}
	row, err := mandatedb.PurseOf(tx, a.Holder, a.Mandate)
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mandate: reserve: %w", err)
	}
	if err := purseOf(row).admits(amount); err != nil {
		return err
	}
	n, err := mandatedb.Spend(tx, amount.Minor, a.Holder, a.Mandate)
	if err != nil {
		return fmt.Errorf("mandate: reserve: %w", err)
	}
	if n == 0 {
		return ErrCap
	}
	return mandatedb.InsertSpending(tx, mandatedb.InsertSpendingParams{Giver: a.Holder, Payment: payment, Mandate: a.Mandate, Amount: amount.Minor, At: tx.Now()})
}

// Release gives back what a payment had reserved: it failed, or its money went back. A payment under no mandate, or one
// that was released, changes nothing.
func (m *Module) Release(tx *store.Tx, giver, payment id.ID) error {
	row, err := mandatedb.SpendingOf(tx, giver, payment)
	if errors.Is(err, store.ErrNone) || err == nil && row.Counted == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mandate: release: %w", err)
	}
	return m.count(tx, row, 0)
}

// Settle makes sure that a payment whose money was taken is counted, also when it had been given up before. The bank took
// the money whatever the cap says, so that no more is counted than fits.
func (m *Module) Settle(tx *store.Tx, giver, payment id.ID) error {
	row, err := mandatedb.SpendingOf(tx, giver, payment)
	if errors.Is(err, store.ErrNone) || err == nil && row.Counted == row.Amount {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mandate: settle: %w", err)
	}
	purse, err := mandatedb.PurseOf(tx, giver, row.Mandate)
	if err != nil {
		return fmt.Errorf("mandate: settle: %w", err)
	}
	return m.count(tx, row, min(row.Amount, row.Counted+purse.Cap-purse.Spent))
}

// count makes a payment count as much as counted in its purse.
func (m *Module) count(tx *store.Tx, row mandatedb.MandateSpending, counted int64) error {
	var n int64
	var err error
	if more := counted - row.Counted; more >= 0 {
		n, err = mandatedb.Spend(tx, more, row.Giver, row.Mandate)
	} else {
		n, err = mandatedb.Unspend(tx, -more, row.Giver, row.Mandate)
	}
	if err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("mandate: the purse of %s does not hold the payment %s", row.Mandate, row.Payment))
	}
	n, err = mandatedb.CountSpending(tx, mandatedb.CountSpendingParams{Counted: counted, Giver: row.Giver, Payment: row.Payment, Was: row.Counted})
	if err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("mandate: the payment %s was counted meanwhile", row.Payment))
	}
	return nil
}
