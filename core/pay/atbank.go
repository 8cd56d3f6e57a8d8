package pay

import (
	"context"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// EventGiven says that a refund went back for good: the bank's statement must show it. The holder is the payer, the object the
// payment.
const EventGiven = "pay.given"

// AtBank is what the bank's statement must show because of a payment: what moved its clearing account in the books.
type AtBank struct {
	ID        id.ID
	Movement  id.ID  // that moved the clearing account in the books
	Name      id.ID  // by which the statement names it: the attempt or the refund
	Kind      string // AtBankPayment and its like
	Provider  string
	Amount    money.Amount // above zero it comes to the city, below zero it goes
	Reference string       // the bank's own number; may be empty
	At        time.Time
	Void      bool // it will not be shown after all
}

// The kinds of what a statement must show.
const (
	AtBankPayment    = "payment"
	AtBankRefund     = "refund"
	AtBankReversal   = "reversal"
	AtBankDispute    = "dispute"
	AtBankDisputeWon = "dispute_won"
)

// AtBank tells what statements must show because of a payment, by its id, its attempt's, its refund's or that of a movement in the
// books; nothing for money that
// never left the city's own books. It is read for the books and is nobody's look. ErrNone.
func (m *Module) AtBank(ctx context.Context, what id.ID) ([]AtBank, error) {
	home, err := m.home(ctx, what)
	if err != nil {
		return nil, err
	}
	if home.Payment.IsZero() {
		home.Payment = what
	}
	var out []AtBank
	err = m.base.Store.Look(ctx, m.system(), lookPayment, func(r *store.Personal) error {
		out = nil
		p, err := whole(r, home.Payer, home.Payment)
		if err != nil {
			return err
		}
		attempt, ok := p.taken()
		if !ok || attempt.Provider == WalletName {
			return nil
		}
		transfers, err := ledger.Of(r, p.Payer)
		if err != nil {
			return err
		}
		refunds, err := paydb.RefundsOf(r, p.Payer)
		if err != nil {
			return err
		}
		disputes, err := paydb.DisputesOf(r, p.Payer)
		out = atBank(p, attempt, transfers, refunds, disputes)
		return err
	})
	return out, none(err)
}

// postFor posts a movement of a payment after the payment's own. AtBank finds the payment by the movement then.
func postFor(tx *store.Tx, payment id.ID, movement ledger.Movement) error {
	if _, err := ledger.Post(tx, movement); err != nil {
		return err
	}
	return paydb.InsertHome(tx, paydb.InsertHomeParams{ID: movement.ID, Payer: movement.Holder, Payment: payment})
}

// atBank finds in a payer's transfers what moved the clearing account because of a payment.
func atBank(p Payment, attempt Attempt, transfers []ledger.Transfer, refunds []paydb.Refund, disputes []paydb.Dispute) []AtBank {
	clearing := ClearingOf(attempt.Provider, p.Amount.Currency).ID
	var out []AtBank
	add := func(movement id.ID, one AtBank) {
		for _, t := range transfers {
			if t.Movement != movement || t.State != ledger.Posted {
				continue
			}
			switch clearing {
			case t.Debit:
				one.Amount.Minor += t.Amount.Minor
			case t.Credit:
				one.Amount.Minor -= t.Amount.Minor
			default:
				continue
			}
			one.At = t.Ended
		}
		if one.Amount.Minor != 0 {
			one.Movement, one.Provider, one.Amount.Currency = movement, attempt.Provider, p.Amount.Currency
			out = append(out, one)
		}
	}
	name := attempt.ID.String()
	add(p.ID, AtBank{ID: attempt.ID, Name: attempt.ID, Kind: AtBankPayment, Reference: attempt.Reference})
	add(id.Derived(moveReversal, name), AtBank{ID: id.Derived("at bank "+moveReversal, name), Name: attempt.ID, Kind: AtBankReversal})
	for _, d := range disputes {
		if d.Attempt != attempt.ID {
			continue
		}
		for n := range d.Moves + 1 {
			add(disputeMove(moveDispute, attempt.ID, n), AtBank{ID: disputeMove("at bank "+moveDispute, attempt.ID, n), Name: attempt.ID, Kind: AtBankDispute})
			add(disputeMove(moveDisputeWon, attempt.ID, n), AtBank{ID: disputeMove("at bank "+moveDisputeWon, attempt.ID, n), Name: attempt.ID, Kind: AtBankDisputeWon})
		}
	}
	for _, r := range refunds {
		switch {
		case r.Payment != p.ID:
		case r.Kind == kindReversed && r.ID != id.Derived(moveReversal, name): // a part that the bank gave back by itself
			add(r.ID, AtBank{ID: r.ID, Name: attempt.ID, Kind: AtBankReversal})
		default:
			add(id.Derived("refund", r.ID.String()), AtBank{ID: r.ID, Name: bankID(r), Kind: AtBankRefund, Reference: r.Reference})
		}
	}
	return out
}
