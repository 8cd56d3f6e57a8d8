package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// The events of payments out. The holder is the payee, the object the payment's id. Money that is sent back to a payer has none.
const (
	EventPaidOut  = "reconcile.paid_out"  // a statement shows that it left
	EventCameBack = "reconcile.came_back" // the bank refused it, or it came back: it lies on the payee's income again
)

// Transfer is a payment out of a payee's own money that others have approved: a fund's for what it collected. Whoever gives it moves
// the money in the same Write from the payee's income to OnPayout, by a movement of the same id, about that id.
type Transfer struct {
	ID         id.ID // the movement's
	Payee      id.ID
	To         Creditor
	Amount     money.Amount
	MadeBy     id.ID // who asked for it
	ApprovedBy id.ID // somebody else
}

// PreparedTransfer waits for its Write.
type PreparedTransfer struct {
	m      *Module
	t      Transfer
	sealed vault.Sealed
	now    time.Time
}

// PrepareTransfer makes a payment out ready. Errors: ErrSecond (nobody else approved it), ErrDetails.
func (m *Module) PrepareTransfer(ctx context.Context, t Transfer) (*PreparedTransfer, error) {
	if t.MadeBy == t.ApprovedBy || t.ApprovedBy.IsZero() {
		return nil, ErrSecond
	}
	if t.ID.IsZero() || t.Payee.IsZero() || t.Amount.Minor <= 0 || t.Amount.Currency != m.deps.Account.Currency {
		return nil, ErrAmount
	}
	if err := checkDetails(t.To); err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, m.treasury())
	if err != nil {
		return nil, fmt.Errorf("reconcile: the treasury's key: %w", err)
	}
	plain, err := json.Marshal(t.To)
	if err != nil {
		return nil, fmt.Errorf("reconcile: transfer: %w", err)
	}
	return &PreparedTransfer{m: m, t: t, sealed: keys.Seal("reconcile_payout_line", "creditor", plain), now: m.base.Clock.Now()}, nil
}

// Put gives the payment to the bank with the next round, as an order of its own.
func (p *PreparedTransfer) Put(tx *store.Tx) error {
	t := p.t
	order := id.Derived("order of a transfer", t.ID.String())
	err := reconciledb.InsertPayout(tx, reconciledb.InsertPayoutParams{
		ID: order, Day: p.m.today().String(), Amount: t.Amount.Minor, Currency: string(t.Amount.Currency), Lines: 1, MadeBy: t.MadeBy, Made: p.now,
	})
	if err != nil {
		return err
	}
	if _, err := reconciledb.ApprovePayout(tx, reconciledb.ApprovePayoutParams{ID: order, ApprovedBy: t.ApprovedBy, Approved: tx.Now(), Revision: 1}); err != nil {
		return err
	}
	err = reconciledb.InsertPayoutLine(tx, reconciledb.InsertPayoutLineParams{Payout: order, ID: t.ID, Payee: t.Payee, Amount: t.Amount.Minor, Currency: string(t.Amount.Currency), Creditor: p.sealed})
	if err != nil {
		return err
	}
	return p.m.putExpected(tx, order, AtBank{ID: t.ID, Kind: KindPayout, Provider: "bank", Amount: money.Amount{Minor: -t.Amount.Minor, Currency: t.Amount.Currency}, At: tx.Now()})
}

// tell emits what became of a payment out.
func (m *Module) tell(tx *store.Tx, name string, payee, line id.ID) error {
	if payee.IsZero() {
		return nil
	}
	return m.base.Jobs.Emit(tx, jobs.Event{Name: name, Holder: payee, Object: line})
}
