package pay

import (
	"errors"
	"fmt"

	"posad.city/core/ledger"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// moveReversal names the movement by which a bank takes back a whole payment.
const moveReversal = "reversal"

// seen tells the operator of money that moved at a provider otherwise than the city and it agreed.
func (m *Module) seen(what string, s settlement, amount int64) {
	m.met.outside.Inc()
	m.base.Log.Error("pay: "+what+": somebody must look", "attempt", s.ID.String(), "provider", s.Provider, "amount", amount)
}

// outside books what went back at the provider though the city did not ask for it: by the provider's own cabinet, or by somebody who
// has its key. What the city wanted to give back and was refused is taken to have gone so; the rest leaves the payees' incomes
// and is owed again, so that nobody has both the bill and the money, and no payee is paid out what is gone.
func (m *Module) outside(tx *store.Tx, s settlement) error {
	if s.answer.Refunded <= 0 {
		return nil
	}
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return err
	}
	if at, ok := p.taken(); !ok || at.ID != s.ID || at.State != Paid {
		return nil
	}
	refunds, err := paydb.RefundsOf(tx.As(s.act, lookPayment), s.Payer)
	if err != nil {
		return err
	}
	more := s.answer.Refunded
	for _, r := range refunds {
		if r.Attempt == s.ID && r.State != string(RefusedByAll) && r.Kind != kindDisputed {
			more -= r.Amount
		}
	}
	if more <= 0 {
		return nil
	}
	tx.AfterCommit(func() { m.seen("a provider gave back what the city did not ask for", s, more) })
	rest, err := m.closeRefused(tx, s, p, refunds, more)
	if err != nil || rest == 0 {
		return err
	}
	for _, r := range refunds {
		if r.Attempt == s.ID && r.State == string(RefusedByAll) && r.Amount > rest {
			return m.ofRefused(tx, s, p, r, rest)
		}
	}
	return m.takenBack(tx, s, p, rest)
}

// ofRefused takes what went back for a part of a refund that was refused. The bank is asked for the rest of it, which may fit now.
func (m *Module) ofRefused(tx *store.Tx, s settlement, p Payment, r paydb.Refund, part int64) error {
	currency, key := p.Amount.Currency, s.outsideID()
	_, err := ledger.Post(tx, ledger.Movement{
		ID: key, Holder: p.Payer, Act: s.act.ID,
		Lines: []ledger.Line{{Debit: ToReturn(currency), Credit: ClearingOf(s.Provider, currency), Amount: money.Amount{Minor: part, Currency: currency}, About: r.Charge}},
	})
	_, less := paydb.ShrinkRefund(tx, part, p.Payer, r.ID)
	return errors.Join(err, less, m.AskAgain(tx, p.Payer, r.ID), m.putTakenBack(tx, s, p, key, part), m.emit(tx, EventRefunded, p))
}

// outsideID names what went back outside so far, by how much that is.
func (s settlement) outsideID() id.ID {
	return id.Derived("outside refund", fmt.Sprintf("%s/%d", s.ID, s.answer.Refunded))
}

// closeRefused ends refunds that were refused and that went back all the same, marks them, and tells what is left of the sum.
func (m *Module) closeRefused(tx *store.Tx, s settlement, p Payment, refunds []paydb.Refund, rest int64) (int64, error) {
	for i, r := range refunds {
		if r.Attempt != s.ID || r.State != string(RefusedByAll) || r.Amount > rest {
			continue
		}
		n, err := paydb.CloseRefund(tx, paydb.CloseRefundParams{Ended: tx.Now(), Kind: r.Kind, Payer: p.Payer, ID: r.ID})
		if err != nil || n == 0 {
			return rest, err
		}
		amount := money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}
		err = postFor(tx, p.ID, ledger.Movement{
			ID: id.Derived("refund", r.ID.String()), Holder: p.Payer, Act: s.act.ID,
			Lines: []ledger.Line{{Debit: ToReturn(amount.Currency), Credit: ClearingOf(s.Provider, amount.Currency), Amount: amount, About: r.Charge}},
		})
		if err != nil {
			return rest, err
		}
		if _, err := paydb.ReturnPayment(tx, p.Payer, p.ID); err != nil {
			return rest, err
		}
		if err := m.base.Jobs.Emit(tx, jobs.Event{Name: EventGiven, Holder: p.Payer, Object: p.ID}); err != nil {
			return rest, err
		}
		rest, refunds[i].State = rest-r.Amount, string(Given)
	}
	return rest, nil
}

// takenBack takes from the lines, in their order, what the provider took back of a payment.
func (m *Module) takenBack(tx *store.Tx, s settlement, p Payment, rest int64) error {
	currency := p.Amount.Currency
	key := s.outsideID()
	movement := ledger.Movement{ID: key, Holder: p.Payer, Act: s.act.ID}
	sum := int64(0)
	for _, l := range p.Lines {
		part := min(rest-sum, l.Left(), p.Amount.Minor-p.Refunded-p.Disputed-sum)
		if part <= 0 {
			continue
		}
		sum += part
		movement.Lines = append(movement.Lines, ledger.Line{Debit: l.income(currency), Credit: ClearingOf(s.Provider, currency), Amount: money.Amount{Minor: part, Currency: currency}, About: l.Charge})
		_, err := paydb.RefundLine(tx, paydb.RefundLineParams{Amount: part, Payer: p.Payer, Payment: p.ID, Charge: l.Charge})
		if err := errors.Join(err, m.deps.Charges.Reverse(tx, s.act, l.Home, l.Charge, p.ID, part)); err != nil {
			return err
		}
	}
	if sum < rest {
		tx.AfterCommit(func() { m.seen("a provider gave back more than is left of a payment", s, rest-sum) })
	}
	if sum == 0 {
		return nil
	}
	_, err := ledger.Post(tx, movement)
	return errors.Join(err, m.noteTakenBack(tx, s, p, key, sum))
}

// putTakenBack keeps a part that went back outside as a refund that is given.
func (m *Module) putTakenBack(tx *store.Tx, s settlement, p Payment, key id.ID, sum int64) error {
	_, err := paydb.InsertRefund(tx, paydb.InsertRefundParams{
		Payer: p.Payer, ID: key, Payment: p.ID, Attempt: s.ID, Amount: sum, Currency: string(p.Amount.Currency), Kind: kindReversed, State: string(Given), Asked: tx.Now(), Ended: tx.Now(),
	})
	return errors.Join(err, paydb.InsertHome(tx, paydb.InsertHomeParams{ID: key, Payer: p.Payer, Payment: p.ID, Service: p.service()}))
}

func (m *Module) noteTakenBack(tx *store.Tx, s settlement, p Payment, key id.ID, sum int64) error {
	err := m.putTakenBack(tx, s, p, key, sum)
	_, counted := paydb.RefundPayment(tx, sum, p.Payer, p.ID)
	n, returned := paydb.ReturnPayment(tx, p.Payer, p.ID)
	list := []error{err, counted, returned}
	if n > 0 {
		list = append(list, m.release(tx, p))
	}
	p.Revision += 2
	return errors.Join(append(list, m.listAgain(tx, p), m.emit(tx, EventRefunded, p))...)
}

// takenOther books what a provider took when it is not what was ordered: it pays nothing, and all of it goes back.
func (m *Module) takenOther(tx *store.Tx, s settlement, p Payment) error {
	amount := money.Amount{Minor: s.answer.Amount, Currency: s.answer.Currency}
	if amount.Minor <= 0 || amount.Currency != p.Amount.Currency { // a contract that lets this be has no books that hold it
		return tx.Fail(fmt.Errorf("pay: the bank took %d %.8q for a payment of %d %s: %s", amount.Minor, amount.Currency, p.Amount.Minor, p.Amount.Currency, p.ID))
	}
	tx.AfterCommit(func() { m.seen("a provider took another amount than was ordered; it goes back", s, amount.Minor) })
	_, err := ledger.Post(tx, ledger.Movement{
		ID: p.ID, Holder: p.Payer, Act: s.act.ID, Lines: []ledger.Line{{Debit: ClearingOf(s.Provider, amount.Currency), Credit: ToReturn(amount.Currency), Amount: amount}},
	})
	return errors.Join(err, m.giveSurplus(tx, s, p, amount.Minor), m.fail(tx, s), m.emit(tx, EventGiven, p))
}
