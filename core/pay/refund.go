package pay

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/ledger"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// PreparedRefund is a paid charge that is to be given back, waiting for its Write.
type PreparedRefund struct {
	m       *Module
	charge  Charge
	attempt id.ID // that the bank took
	act     id.ID
}

// Amount is what goes back.
func (p *PreparedRefund) Amount() money.Amount { return p.charge.Amount }

// PrepareRefund makes ready to give back what was paid for a charge, whole and once. Errors: ErrNone, ErrUnpaid (it was
// not paid, or went back already).
func (m *Module) PrepareRefund(ctx context.Context, payer, charge id.ID) (*PreparedRefund, error) {
	out := &PreparedRefund{m: m, act: id.New(m.base.Clock.Now())}
	err := m.base.Store.Look(ctx, act.ByJob(out.act, act.Purpose{}), "pay.look.charge", func(p *store.Personal) error {
		row, err := paydb.ChargeByID(p, payer, charge)
		if err != nil {
			return err
		}
		if out.charge, err = chargeOf(row); err != nil {
			return err
		}
		if out.charge.State != Paid {
			return ErrUnpaid
		}
		return out.find(p)
	})
	if errors.Is(err, store.ErrNone) {
		return nil, ErrNone.Because(err)
	}
	return out, err
}

// find finds the attempt whose money it is. The bank gives back an attempt whole, so that it must have paid this alone.
func (p *PreparedRefund) find(r store.PersonalReader) error {
	payment, err := paydb.PaymentByID(r, p.charge.Payer, p.charge.Payment)
	if err != nil {
		return err
	}
	lines, err := paydb.LinesOf(r, p.charge.Payer, payment.ID)
	if err != nil {
		return err
	}
	if len(lines) != 1 || payment.Amount != p.charge.Amount.Minor {
		return fmt.Errorf("pay: payment %s is not of charge %s alone", payment.ID, p.charge.ID)
	}
	attempts, err := paydb.AttemptsOf(r, p.charge.Payer, payment.ID)
	if err != nil {
		return err
	}
	for _, attempt := range attempts {
		if State(attempt.State) == Paid {
			p.attempt = attempt.ID
			return nil
		}
	}
	return fmt.Errorf("pay: payment %s was paid by no attempt", payment.ID)
}

// Put takes the money out of the agency's income in the caller's Write and has the bank give it back. ErrUnpaid when
// somebody was first: then nothing is done.
func (p *PreparedRefund) Put(tx *store.Tx) error {
	c := p.charge
	n, err := paydb.RefundCharge(tx, c.Payer, c.ID, c.Payment)
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(ErrUnpaid)
	}
	n, err = paydb.RefundPayment(tx, c.Payer, c.Payment)
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(ErrUnpaid)
	}
	_, err = ledger.Post(tx, ledger.Movement{
		ID: id.Derived("give back", c.ID.String()), Holder: c.Payer, Act: p.act,
		Lines: []ledger.Line{{Debit: Income(c.Agency, c.Amount.Currency), Credit: ToReturn(c.Amount.Currency), Amount: c.Amount, About: c.ID}},
	})
	return errors.Join(err,
		p.m.base.Jobs.Put(tx, jobs.New{Handler: jobRefund, Holder: c.Payer, Object: p.attempt}),
		p.m.base.Jobs.Emit(tx, jobs.Event{Name: EventRefunded, Holder: c.Payer, Object: c.ID, Version: c.Revision + 1}),
	)
}
