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
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// The jobs.
const (
	jobPoll   = "pay.poll"
	jobRefund = "pay.refund"
)

// attemptLife is how long an attempt that the bank still calls open is asked about before the bank is told to close it.
const attemptLife = 24 * time.Hour

// Settle asks the bank how an attempt stands and carries it out, once: whoever calls it, however often, in any order.
func (m *Module) Settle(ctx context.Context, attempt id.ID) (State, error) {
	home, err := m.home(ctx, attempt)
	if err != nil {
		return "", err
	}
	answer, err := m.deps.Bank.Ask(ctx, attempt)
	if errors.Is(err, ErrUnknownAttempt) {
		return Started, nil // the order never reached the bank; the next press of the button sends it
	}
	if err != nil {
		return "", ErrBank.Because(fmt.Errorf("pay: settle: %w", err))
	}
	code := id.NewNumber()
	actID := id.New(m.base.Clock.Now())
	var out State
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		out = answer.State
		return m.carryOut(tx, settlement{payer: home.Payer, payment: home.Payment, attempt: attempt, answer: answer, code: code, act: actID})
	})
	return out, err
}

type settlement struct {
	payer, payment, attempt id.ID
	answer                  Standing
	code                    string // of the receipt, should there be one
	act                     id.ID
}

// carryOut is the one place where the bank's word becomes rows. It runs inside a Write and does nothing when it was done
// before: a row changes only from a state that is not final.
func (m *Module) carryOut(tx *store.Tx, s settlement) error {
	switch s.answer.State {
	case Paid:
		return m.paid(tx, s)
	case Declined, Expired:
		return m.failed(tx, s)
	case Refunded: // taken and given back before the city heard of it: nothing came, and the bill may be paid anew
		s.answer.State = Expired
		return m.failed(tx, s)
	}
	return nil
}

func (m *Module) failed(tx *store.Tx, s settlement) error {
	n, err := paydb.EndAttempt(tx, paydb.EndAttemptParams{Payer: s.payer, Payment: s.payment, ID: s.attempt, State: string(s.answer.State), Ended: tx.Now()})
	if err != nil || n == 0 {
		return err
	}
	_, err = paydb.EndPayment(tx, paydb.EndPaymentParams{Payer: s.payer, ID: s.payment, State: string(Failed), Ended: tx.Now(), Was: string(Open)})
	if err != nil || m.deps.Mandates == nil {
		return err
	}
	return m.deps.Mandates.Release(tx, s.payer, s.payment)
}

func (m *Module) paid(tx *store.Tx, s settlement) error {
	// Money counts whatever was thought of the attempt before: one given up as expired may still be paid.
	n, err := paydb.PayAttempt(tx, paydb.PayAttemptParams{Payer: s.payer, Payment: s.payment, ID: s.attempt, Ended: tx.Now()})
	if err != nil || n == 0 {
		return err
	}
	if m.deps.Mandates != nil {
		if err := m.deps.Mandates.Settle(tx, s.payer, s.payment); err != nil {
			return err
		}
	}
	reader := tx.As(act.ByJob(s.act, act.Purpose{}), "pay.look.charge")
	payment, err := paydb.PaymentByID(reader, s.payer, s.payment)
	if err != nil {
		return fmt.Errorf("pay: payment: %w", err)
	}
	if s.answer.Amount != payment.Amount || string(s.answer.Currency) != payment.Currency {
		return fmt.Errorf("pay: the bank took %d %.8q for a payment of %d %s: %s", s.answer.Amount, s.answer.Currency, payment.Amount, payment.Currency, s.payment)
	}
	lines, err := paydb.LinesOf(reader, s.payer, s.payment)
	if err != nil {
		return fmt.Errorf("pay: lines: %w", err)
	}
	surplus := int64(0)
	movement := ledger.Movement{ID: s.payment, Holder: s.payer, Act: s.act}
	for _, line := range lines {
		to, err := m.settleLine(tx, s, line, money.Currency(payment.Currency))
		if err != nil {
			return err
		}
		movement.Lines = append(movement.Lines, to)
		if to.Credit == ToReturn(to.Amount.Currency) {
			surplus += line.Amount
		}
	}
	if _, err := ledger.Post(tx, movement); err != nil {
		return err
	}
	state := Paid
	if surplus > 0 {
		state = Surplus
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobRefund, Holder: s.payer, Object: s.attempt}); err != nil {
			return err
		}
	}
	_, err = paydb.PayPayment(tx, paydb.PayPaymentParams{Payer: s.payer, ID: s.payment, State: string(state), Ended: tx.Now(), Code: s.code})
	return err
}

// settleLine settles one line's charge and tells where its money goes: to the agency, or back when the charge was settled
// already.
func (m *Module) settleLine(tx *store.Tx, s settlement, line paydb.PaymentLine, currency money.Currency) (ledger.Line, error) {
	out := ledger.Line{Debit: Clearing(currency), Credit: ToReturn(currency), Amount: money.Amount{Minor: line.Amount, Currency: currency}, About: line.Charge}
	n, err := paydb.SettleCharge(tx, paydb.SettleChargeParams{Payer: s.payer, ID: line.Charge, Settled: tx.Now(), Payment: s.payment})
	if err != nil || n == 0 {
		return out, err
	}
	charge, err := paydb.ChargeByID(tx.As(act.ByJob(s.act, act.Purpose{}), "pay.look.charge"), s.payer, line.Charge)
	if err != nil {
		return out, fmt.Errorf("pay: charge: %w", err)
	}
	out.Credit = Income(charge.Agency, currency)
	return out, m.base.Jobs.Emit(tx, jobs.Event{Name: EventPaid, Holder: s.payer, Object: line.Charge, Version: charge.Revision})
}

// poll asks about an attempt until its fate is known, less and less often. A bank that is silent is asked for as long as it
// takes: the money may have been taken.
func (m *Module) poll(ctx context.Context, j jobs.Job) error {
	state, err := m.Settle(ctx, j.Object)
	switch {
	case err != nil:
		return m.later(j, err)
	case state != Open && state != Started:
		return nil
	case m.base.Clock.Now().Sub(j.Made) > attemptLife:
		return m.later(j, m.giveUp(ctx, j))
	}
	return jobs.Later(m.pause(j))
}

// later has the bank asked again when it was silent, however long that lasts; any other error is the job's own.
func (m *Module) later(j jobs.Job, err error) error {
	if !errors.Is(err, ErrBank) {
		return err
	}
	m.base.Log.Warn("pay: the bank is silent and is asked again later", "handler", j.Handler, "attempt", j.Object.String(), "error", err)
	return jobs.Later(m.pause(j))
}

// pause grows with the age of a job, to an hour.
func (m *Module) pause(j jobs.Job) time.Duration {
	return max(pollFirst, min(m.base.Clock.Now().Sub(j.Made)/2, time.Hour))
}

// giveUp closes an attempt that the bank left open for a day, so that the charge can be paid anew. The bank closes it
// first, and is asked again later when it has not: an attempt that can still be paid is never forgotten.
func (m *Module) giveUp(ctx context.Context, j jobs.Job) error {
	home, err := m.home(ctx, j.Object)
	if err != nil {
		return err
	}
	answer, err := m.deps.Bank.Cancel(ctx, j.Object)
	if err != nil {
		return ErrBank.Because(fmt.Errorf("pay: give up: %w", err))
	}
	if answer.State == Open {
		return jobs.Later(m.pause(j))
	}
	code := id.NewNumber()
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		return m.carryOut(tx, settlement{payer: home.Payer, payment: home.Payment, attempt: j.Object, answer: answer, code: code, act: j.ID})
	})
}

// refund gives back what was paid for a charge that had been settled already.
func (m *Module) refund(ctx context.Context, j jobs.Job) error {
	home, err := m.home(ctx, j.Object)
	if err != nil {
		return err
	}
	if _, err := m.deps.Bank.Refund(ctx, j.Object); err != nil {
		return m.later(j, ErrBank.Because(fmt.Errorf("pay: refund: %w", err)))
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		reader := tx.As(j.Act(act.Purpose{}), "pay.look.charge")
		payment, err := paydb.PaymentByID(reader, home.Payer, home.Payment)
		if err != nil {
			return err
		}
		n, err := paydb.EndPayment(tx, paydb.EndPaymentParams{Payer: home.Payer, ID: home.Payment, State: string(Refunded), Ended: tx.Now(), Code: payment.Code, Was: string(Surplus)})
		if err != nil || n == 0 {
			return err
		}
		lines, err := paydb.LinesOf(reader, home.Payer, home.Payment)
		if err != nil {
			return err
		}
		back := ledger.Movement{ID: id.Derived("refund", j.Object.String()), Holder: home.Payer, Act: j.ID}
		for _, line := range lines {
			amount := money.Amount{Minor: line.Amount, Currency: money.Currency(payment.Currency)}
			back.Lines = append(back.Lines, ledger.Line{Debit: ToReturn(amount.Currency), Credit: Clearing(amount.Currency), Amount: amount, About: line.Charge})
		}
		if _, err := ledger.Post(tx, back); err != nil {
			return err
		}
		if m.deps.Mandates != nil {
			if err := m.deps.Mandates.Release(tx, home.Payer, home.Payment); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}
