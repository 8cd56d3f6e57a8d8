package reconcile

import (
	"context"
	"strconv"

	"posad.city/core/ledger"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// lineOf is what is left of a line. It is taken for ours by a reference alone: whatever is of its sum came since.
func lineOf(row reconciledb.ReconcilePart) (Line, error) {
	p, err := partOf(row)
	return Line{ID: p.ID, Reference: p.Reference, BankReference: p.BankReference, Amount: p.Rest, Currency: string(p.Currency), Day: p.Day, Plain: true}, err
}

// rematch moves what a line turned out to show from where it lay.
func (m *Module) rematch(ctx context.Context, row reconciledb.ReconcilePart, did shown) error {
	c := money.Currency(row.Currency)
	actID := id.New(m.base.Clock.Now())
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		now, err := reconciledb.PartByID(tx, row.Treasury, row.ID)
		if err != nil || now.Revision != row.Revision {
			return err // somebody was first
		}
		movement := ledger.Movement{ID: id.Derived("bank line again", row.ID.String()+" "+strconv.FormatInt(row.Revision, 10)), Holder: m.treasury(), Act: actID}
		met := int64(0)
		for _, p := range did.pairs {
			if err := m.meet(tx, p, tx.Now()); err != nil {
				return err
			}
			met += p.Amount
			from := Unidentified(c)
			if p.Amount < 0 {
				from = Unexplained(c)
			}
			movement.Lines = append(movement.Lines, about(moved(from, p.expected.account(), p.Amount, c), p.Ours))
		}
		state := Partly
		if row.Rest == met {
			state = Whole
		}
		if _, err := reconciledb.ChangePart(tx, reconciledb.ChangePartParams{
			Treasury: row.Treasury, ID: row.ID, State: string(state), Met: row.Met + met, Rest: row.Rest - met, Revision: row.Revision,
		}); err != nil {
			return err
		}
		_, err = ledger.Post(tx, movement)
		return err
	})
}
