package pay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// pollFirst is how long after its start an attempt is first asked about; the bank's message is usually there before.
const pollFirst = 20 * time.Second

// standing is what is known of a charge before somebody pays it.
type standing struct {
	charge   Charge
	attempts []Attempt // of every payment of the charge, newest first
}

// choice is what a press of the button does.
type choice struct {
	begin   bool    // make a new payment and attempt
	resume  Attempt // or go on with this one
	refused error
}

// choose decides what a press of the button does, so that two presses never make two payments: it goes on with an
// attempt whose fate is open, and begins only when there is none.
func choose(s standing) choice {
	if s.charge.State != Due {
		return choice{refused: ErrSettled}
	}
	for _, a := range s.attempts {
		if !a.over() {
			return choice{resume: a}
		}
	}
	return choice{begin: true}
}

// Checkout begins to pay a charge, or goes on where an earlier press had come, and returns the bank's page. When the bank
// does not answer, the attempt stays and is found out about later; the error is ErrBank and nothing was taken.
func (m *Module) Checkout(ctx context.Context, a act.Act, payer, charge id.ID, l lang.Language) (string, error) {
	attempt, err := m.begin(ctx, a, payer, charge)
	if err != nil {
		return "", err
	}
	if attempt.State == Open && attempt.Page != "" {
		return m.goOn(ctx, attempt)
	}
	c, err := m.Charge(ctx, a, payer, charge)
	if err != nil {
		return "", err
	}
	answer, err := m.deps.Bank.Start(ctx, Order{
		Attempt: attempt.ID, Amount: c.Amount, Lang: string(l), Description: c.Title.In(l) + " · " + id.FormatNumber(c.Number),
		Return: m.deps.Address + "/pay/return/" + attempt.ID.String(), Notify: m.deps.Address + "/api/v1/pay/notify",
	})
	if err != nil {
		return "", ErrBank.Because(err)
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := paydb.OpenAttempt(tx, paydb.OpenAttemptParams{Page: answer.Page, Payer: payer, Payment: attempt.Payment, ID: attempt.ID})
		return err
	})
	return answer.Page, err
}

// goOn asks the bank how an open attempt stands before the person is sent to it again: it may have ended meanwhile.
func (m *Module) goOn(ctx context.Context, attempt Attempt) (string, error) {
	state, err := m.Settle(ctx, attempt.ID)
	switch {
	case err != nil:
		return "", ErrBank.Because(err)
	case state == Paid:
		return "", ErrSettled
	case state == Open:
		return attempt.Page, nil
	}
	return "", ErrPending
}

// begin finds the attempt to go on with, or makes a payment with its first one.
func (m *Module) begin(ctx context.Context, a act.Act, payer, charge id.ID) (Attempt, error) {
	now := m.base.Clock.Now()
	paymentID, attemptID := id.New(now), id.New(now)
	var out Attempt
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		s, err := standingOf(tx.As(a, "pay.look.charge"), payer, charge)
		if err != nil {
			return err
		}
		c := choose(s)
		if c.refused != nil || !c.begin {
			out = c.resume
			return c.refused
		}
		out = Attempt{ID: attemptID, Payment: paymentID, Payer: payer, State: Started, Started: tx.Now()}
		return m.insertPayment(tx, a, s.charge, out)
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// reserve counts a payment against the mandate by which it is made.
func (m *Module) reserve(tx *store.Tx, a act.Act, payment id.ID, c Charge) error {
	if a.Mandate.IsZero() {
		return nil
	}
	if m.deps.Mandates == nil {
		return errors.New("pay: nobody keeps what may be paid under a mandate")
	}
	return m.deps.Mandates.Reserve(tx, a, payment, c.Amount)
}

func standingOf(r store.PersonalReader, payer, charge id.ID) (standing, error) {
	row, err := paydb.ChargeByID(r, payer, charge)
	if err != nil {
		return standing{}, err
	}
	c, err := chargeOf(row)
	if err != nil {
		return standing{}, err
	}
	out := standing{charge: c}
	lines, err := paydb.LinesOfCharge(r, payer, charge)
	if err != nil {
		return out, err
	}
	for _, line := range lines {
		attempts, err := paydb.AttemptsOf(r, payer, line.Payment)
		if err != nil {
			return out, err
		}
		for _, attempt := range attempts {
			out.attempts = append(out.attempts, attemptOf(attempt))
		}
	}
	return out, nil
}

func (m *Module) insertPayment(tx *store.Tx, a act.Act, c Charge, at Attempt) error {
	if err := m.reserve(tx, a, at.Payment, c); err != nil {
		return err
	}
	err := errors.Join(
		paydb.InsertPayment(tx, paydb.InsertPaymentParams{Payer: c.Payer, ID: at.Payment, Actor: a.Actor.Person, Amount: c.Amount.Minor, Currency: string(c.Amount.Currency), Started: tx.Now()}),
		paydb.InsertPaymentLine(tx, paydb.InsertPaymentLineParams{Payer: c.Payer, Payment: at.Payment, Charge: c.ID, Amount: c.Amount.Minor}),
		paydb.InsertAttempt(tx, paydb.InsertAttemptParams{Payer: c.Payer, Payment: at.Payment, ID: at.ID, Provider: m.deps.Bank.Name(), Started: tx.Now()}),
		paydb.InsertHome(tx, paydb.InsertHomeParams{ID: at.ID, Payer: c.Payer, Payment: at.Payment, Service: c.Service}),
		paydb.InsertHome(tx, paydb.InsertHomeParams{ID: at.Payment, Payer: c.Payer, Payment: at.Payment, Service: c.Service}),
		m.base.Jobs.Put(tx, jobs.New{Handler: jobPoll, Holder: c.Payer, Object: at.ID, At: tx.Now().Add(pollFirst)}),
	)
	if err != nil {
		return fmt.Errorf("pay: begin: %w", err)
	}
	return nil
}
