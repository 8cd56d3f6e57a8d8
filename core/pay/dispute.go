package pay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// DisputeCase is a payer's complaint to their bank about a payment.
type DisputeCase struct {
	Attempt                 id.ID
	Amount                  money.Amount
	State                   Dispute
	Opened, Ended, Answered time.Time
	Answer                  string // what the city said to it
	answer                  vault.Sealed
}

// disputed carries out how a payer's complaint to their bank stands. The money is aside while it is open; won, it is ours
// again; lost, it leaves the payees' incomes, and what it paid is owed again.
func (m *Module) disputed(tx *store.Tx, s settlement) error {
	if s.answer.Dispute == DisputeNone || s.answer.Disputed <= 0 {
		return nil
	}
	n, err := paydb.InsertDispute(tx, paydb.InsertDisputeParams{
		Payer: s.Payer, Attempt: s.ID, Payment: s.Payment, Amount: s.answer.Disputed, Currency: string(s.answer.Currency), Opened: tx.Now(),
	})
	if err != nil {
		return err
	}
	if n > 0 {
		if err := m.openDispute(tx, s); err != nil {
			return err
		}
	}
	if s.answer.Dispute == DisputeOpen {
		return nil
	}
	n, err = paydb.EndDispute(tx, paydb.EndDisputeParams{State: string(s.answer.Dispute), Ended: tx.Now(), Payer: s.Payer, Attempt: s.ID})
	if err != nil || n == 0 {
		return err
	}
	if s.answer.Dispute == DisputeLost {
		return m.lost(tx, s)
	}
	return m.won(tx, s)
}

func (m *Module) openDispute(tx *store.Tx, s settlement) error {
	_, err := ledger.Post(tx, s.aside("dispute", Disputed(s.answer.Currency), ClearingOf(s.Provider, s.answer.Currency)))
	err = errors.Join(err, paydb.DisputePayment(tx, s.answer.Disputed, s.Payer, s.Payment))
	if err != nil {
		return err
	}
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return err
	}
	return errors.Join(m.emit(tx, EventDisputed, p), m.listAgain(tx, p))
}

func (m *Module) won(tx *store.Tx, s settlement) error {
	_, err := ledger.Post(tx, s.aside("dispute won", ClearingOf(s.Provider, s.answer.Currency), Disputed(s.answer.Currency)))
	err = errors.Join(err, paydb.DisputePayment(tx, -s.answer.Disputed, s.Payer, s.Payment))
	if err != nil {
		return err
	}
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return err
	}
	return errors.Join(m.emit(tx, EventDisputed, p), m.listAgain(tx, p), m.askRefused(tx, s))
}

// askRefused asks anew for what the bank would not give back while the money was disputed.
func (m *Module) askRefused(tx *store.Tx, s settlement) error {
	refunds, err := paydb.RefundsOf(tx.As(s.act, lookPayment), s.Payer)
	if err != nil {
		return err
	}
	for _, r := range refunds {
		if r.Attempt == s.ID && r.State == string(RefusedByAll) {
			if err := m.AskAgain(tx, s.Payer, r.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// lost takes the money from the lines, in their order, as far as it was not given back before.
func (m *Module) lost(tx *store.Tx, s settlement) error {
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return err
	}
	currency, rest := p.Amount.Currency, s.answer.Disputed
	movement := ledger.Movement{ID: id.Derived("dispute lost", s.ID.String()), Holder: p.Payer, Act: s.act.ID}
	for _, l := range p.Lines {
		part := min(rest, l.Left())
		if part <= 0 {
			continue
		}
		rest -= part
		movement.Lines = append(movement.Lines, ledger.Line{Debit: l.income(currency), Credit: Disputed(currency), Amount: money.Amount{Minor: part, Currency: currency}, About: l.Charge})
		_, err := paydb.LoseLine(tx, paydb.LoseLineParams{Amount: part, Payer: p.Payer, Payment: p.ID, Charge: l.Charge})
		if err := errors.Join(err, m.deps.Charges.Reverse(tx, s.act, l.Home, l.Charge, p.ID, part)); err != nil {
			return err
		}
	}
	waiting, err := m.endWaiting(tx, s, p, rest)
	if err != nil {
		return err
	}
	if waiting > 0 { // it was on its way back to the payer, who has it now
		rest -= waiting
		movement.Lines = append(movement.Lines, ledger.Line{Debit: ToReturn(currency), Credit: Disputed(currency), Amount: money.Amount{Minor: waiting, Currency: currency}})
	}
	if rest > 0 {
		m.base.Log.Error("pay: a lost dispute took more than was left of the payment", "payment", p.ID.String(), "more", rest)
	}
	if len(movement.Lines) > 0 {
		if _, err := ledger.Post(tx, movement); err != nil {
			return err
		}
	}
	return errors.Join(m.emit(tx, EventDisputed, p), m.listAgain(tx, p))
}

// aside is a movement of the disputed amount.
func (s settlement) aside(name string, from, to ledger.Account) ledger.Movement {
	return ledger.Movement{
		ID: id.Derived(name, s.ID.String()), Holder: s.Payer, Act: s.act.ID,
		Lines: []ledger.Line{{Debit: from, Credit: to, Amount: money.Amount{Minor: s.answer.Disputed, Currency: s.answer.Currency}}},
	}
}

// PreparedAnswer is what the city says to a dispute, waiting for its Write.
type PreparedAnswer struct{ params paydb.AnswerDisputeParams }

// PrepareAnswer makes ready what is said to a dispute. It is kept for who decides it; the bank is told by whoever keeps its contract.
func (m *Module) PrepareAnswer(ctx context.Context, a act.Act, payer, attempt id.ID, words string) (*PreparedAnswer, error) {
	keys, err := m.base.Vault.Keys(ctx, payer)
	if err != nil {
		return nil, fmt.Errorf("pay: answer: %w", err)
	}
	return &PreparedAnswer{paydb.AnswerDisputeParams{
		Answer: keys.Seal("dispute", "answer", []byte(words)), AnsweredBy: a.Actor.Person, Answered: m.base.Clock.Now(), Payer: payer, Attempt: attempt,
	}}, nil
}

// Put keeps the answer; ErrDispute when the dispute is over.
func (p *PreparedAnswer) Put(tx *store.Tx) error {
	n, err := paydb.AnswerDispute(tx, p.params)
	if err == nil && n == 0 {
		return tx.Fail(ErrDispute)
	}
	return err
}
