package charge

import (
	"errors"
	"fmt"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Step is what happened to a charge after it was issued.
type Step string

// The steps.
const (
	StepPart      Step = "part"
	StepGiven     Step = "given"
	StepReversed  Step = "reversed"
	StepCorrected Step = "corrected"
	StepCancelled Step = "cancelled"
	StepPlan      Step = "plan" // put on instalments
)

// PartPayment is what a payment brings to a charge.
type PartPayment struct {
	Payment id.ID
	Amount  int64     // minor units, above zero
	At      time.Time // as of when it counts: when the payment began, so that a discount that lived then lives for it
}

// change is one change of a charge, being made in a Write.
type change struct {
	m      *Module
	tx     *store.Tx
	a      act.Act
	was    Charge
	is     Charge
	step   Step
	amount int64
	of     id.ID // the payment
	reason string
	note   vault.Sealed
}

// begin reads a charge that is to be changed; ErrNone.
func (m *Module) begin(tx *store.Tx, a act.Act, home, charge id.ID, step Step) (*change, error) {
	c, err := m.Read(tx.As(act.ByJob(a.ID, a.Purpose), "charge.look.charge"), home, charge)
	if err != nil {
		if errors.Is(err, ErrNone) {
			err = tx.Fail(ErrNone)
		}
		return nil, err
	}
	return &change{m: m, tx: tx, a: a, was: c, is: c, step: step}, nil
}

// Settle puts a part of a payment to a charge, once for each (payment, charge), and tells how much of it was still owed as of
// when the payment began: the rest is a surplus of the payment. A charge of which nothing is left is paid.
func (m *Module) Settle(tx *store.Tx, a act.Act, home, charge id.ID, p PartPayment) (int64, error) {
	if p.Amount <= 0 || p.Payment.IsZero() {
		return 0, tx.Fail(ErrAmount)
	}
	c, err := m.begin(tx, a, home, charge, StepPart)
	if err != nil {
		return 0, err
	}
	if known, ok := c.was.part(p.Payment); ok {
		return known.Amount, nil
	}
	taken := min(p.Amount, c.was.Owed(p.At, m.Zone()).Left)
	if _, err := chargedb.InsertPart(tx, chargedb.InsertPartParams{Home: home, Charge: charge, Payment: p.Payment, Amount: taken, At: p.At, Entered: tx.Now()}); err != nil {
		return 0, err
	}
	if taken == 0 {
		return 0, nil // all of it is a surplus: nothing of the charge changes
	}
	c.is.Paid += taken
	c.is.Parts = append(c.is.Parts, PartPaid{Payment: p.Payment, Amount: taken, At: p.At})
	c.amount, c.of = taken, p.Payment
	return taken, c.put()
}

// part is what a payment put to the charge.
func (c Charge) part(payment id.ID) (PartPaid, bool) {
	for _, p := range c.Parts {
		if p.Payment == payment {
			return p, true
		}
	}
	return PartPaid{}, false
}

// GiveBack counts what goes back to the payer out of what a payment put to a charge. First goes what was paid beyond what is
// owed; the rest is owed no more. A charge all of whose money went back is refunded. Of a charge that is still to be
// paid it is as Reverse. ErrBack when the payment has put in less; the Write fails then.
func (m *Module) GiveBack(tx *store.Tx, a act.Act, home, charge, payment id.ID, amount int64) error {
	return m.takeBack(tx, a, home, charge, payment, amount, StepGiven)
}

// Reverse counts what the bank, or the payer by their own wish, took back out of what a payment put to a charge: it is owed
// again. ErrBack as with GiveBack.
func (m *Module) Reverse(tx *store.Tx, a act.Act, home, charge, payment id.ID, amount int64) error {
	return m.takeBack(tx, a, home, charge, payment, amount, StepReversed)
}

func (m *Module) takeBack(tx *store.Tx, a act.Act, home, charge, payment id.ID, amount int64, step Step) error {
	c, err := m.begin(tx, a, home, charge, step)
	if err != nil {
		return err
	}
	if known, ok := c.was.part(payment); amount <= 0 || !ok || amount > known.net() {
		return tx.Fail(ErrBack)
	}
	c.amount, c.of = amount, payment
	if step == StepGiven && c.was.State.Open() {
		c.step = StepReversed
	}
	c.is = c.was.without(payment, amount, c.step, c.was.Owed(tx.Now(), m.Zone()).Over)
	moved, _ := c.is.part(payment)
	if _, err := chargedb.MovePart(tx, chargedb.MovePartParams{Home: home, Charge: charge, Payment: payment, Given: moved.Given, Forgiven: moved.Forgiven, Reversed: moved.Reversed}); err != nil {
		return err
	}
	return c.put()
}

// without is the charge after an amount of a payment went back. over is what had been paid too much.
func (c Charge) without(payment id.ID, amount int64, step Step, over int64) Charge {
	forgiven := int64(0)
	if step == StepGiven && c.State != Cancelled {
		forgiven = max(0, amount-over)
	}
	parts := make([]PartPaid, len(c.Parts))
	for i, p := range c.Parts {
		if p.Payment == payment && step == StepGiven {
			p.Given += amount
			p.Forgiven += forgiven
		} else if p.Payment == payment {
			p.Reversed += amount
		}
		parts[i] = p
	}
	c.Parts = parts
	if step == StepReversed {
		c.Paid -= amount
		return c
	}
	c.Given += amount
	c.Forgiven += forgiven
	return c
}

// Cancel ends a charge that is no longer owed, and tells whether it was still to be paid. reason is a code: charge.reason.<code>.
func (m *Module) Cancel(tx *store.Tx, a act.Act, home, charge id.ID, reason string) (bool, error) {
	return m.cancel(tx, a, home, charge, reason, nil)
}

func (m *Module) cancel(tx *store.Tx, a act.Act, home, charge id.ID, reason string, note vault.Sealed) (bool, error) {
	c, err := m.begin(tx, a, home, charge, StepCancelled)
	if err != nil {
		return false, err
	}
	if !c.was.State.Open() {
		return false, nil
	}
	c.is.State, c.reason, c.note, c.amount = Cancelled, reason, note, c.was.Amount.Minor
	return true, c.put()
}

// Correction is what a charge is to be in place of what it is.
type Correction struct {
	Revision int64 // that was read; 0: whatever it is now
	Amount   int64 // minor units; 0: as it is
	Due      time.Time
	Reason   string // a code: charge.reason.<code>
	Note     vault.Sealed
}

// Correct alters the amount or the day to pay. A charge that was paid is owed again when it grows; what was paid too much when it
// shrinks is told by charge.over. Errors: ErrSettled (cancelled or given back), ErrChanged, ErrAmount.
func (m *Module) Correct(tx *store.Tx, a act.Act, home, charge id.ID, n Correction) error {
	c, err := m.begin(tx, a, home, charge, StepCorrected)
	switch {
	case err != nil:
		return err
	case c.was.State == Cancelled || c.was.State == Refunded:
		return tx.Fail(ErrSettled)
	case n.Revision != 0 && n.Revision != c.was.Revision:
		return tx.Fail(ErrChanged)
	case n.Amount < 0 || n.Amount > AmountMost:
		return tx.Fail(ErrAmount)
	}
	c.is = c.was.corrected(n)
	if c.is.Amount == c.was.Amount && c.is.Due.Equal(c.was.Due) {
		return nil
	}
	c.amount, c.reason, c.note = c.is.Amount.Minor, n.Reason, n.Note
	c.is.State = Due // so that the sum is counted anew
	return c.put()
}

// corrected is the charge with another amount or day; its sums are counted anew.
func (c Charge) corrected(n Correction) Charge {
	if n.Amount > 0 {
		c.Amount.Minor = n.Amount
	}
	if !n.Due.IsZero() {
		c.Due = n.Due
	}
	return c
}

// cancelled is the charge when it is owed no more.
func (c Charge) cancelled() Charge {
	c.State = Cancelled
	return c
}

// Bring brings a charge to what the bill that it was issued for comes to now, when its payee makes the bill anew: was is what the
// bill came to before. Zero ends the charge, and what was paid of it is told by charge.over; what was zero and ended so is owed
// again. A charge that somebody else has cancelled stays so. Errors: ErrNone, ErrAmount.
func (m *Module) Bring(tx *store.Tx, a act.Act, home, charge id.ID, was, amount int64, reason string) error {
	step := StepCorrected
	if amount == 0 {
		step = StepCancelled
	}
	c, err := m.begin(tx, a, home, charge, step)
	if err != nil {
		return err
	}
	if amount < 0 || amount > AmountMost {
		return tx.Fail(ErrAmount)
	}
	cancelled := c.was.State == Cancelled
	if cancelled && (amount == 0 || was != 0) || !cancelled && amount == c.was.Amount.Minor {
		return nil
	}
	c.reason, c.amount = reason, amount
	if amount == 0 {
		c.is.State, c.amount = Cancelled, c.was.Amount.Minor
		return c.put()
	}
	c.is.Amount.Minor, c.is.State = amount, Due // so that the sum is counted anew
	return c.put()
}

// put writes the change, its row of history and its events.
func (c *change) put() error {
	c.conclude()
	terms, err := packTerms(c.is.Terms)
	if err != nil {
		return err
	}
	n, err := chargedb.MoveBill(c.tx, chargedb.MoveBillParams{
		State: string(c.is.State), Amount: c.is.Amount.Minor, Due: c.is.Due, Terms: terms, Paid: c.is.Paid, Given: c.is.Given, Forgiven: c.is.Forgiven,
		Settled: c.is.Settled, Home: c.is.Home, ID: c.is.ID, Revision: c.was.Revision,
	})
	if err != nil {
		return fmt.Errorf("charge: %s: %w", c.step, err)
	}
	if n == 0 {
		return c.tx.Fail(ErrChanged)
	}
	if err := chargedb.InsertChange(c.tx, chargedb.InsertChangeParams{
		Home: c.is.Home, Charge: c.is.ID, Revision: c.is.Revision, Step: string(c.step), At: c.tx.Now(), Act: c.a.ID, Actor: c.a.Actor.Person, Agency: c.a.Actor.Agency,
		Payment: c.of, Amount: c.amount, Reason: c.reason, Note: c.note, Was: c.found(), WasDue: c.was.Due, Due: c.is.Due,
	}); err != nil {
		return fmt.Errorf("charge: %s: %w", c.step, err)
	}
	return c.tell()
}

// found is what the charge came to before: nothing when it was owed no more.
func (c *change) found() int64 {
	if c.was.State == Cancelled {
		return 0
	}
	return c.was.Amount.Minor
}

// conclude says what state the charge has come to. It is counted as of the last payment: what paid it then has paid it.
func (c *change) conclude() {
	c.is.Revision = c.was.Revision + 1
	if c.is.State != Cancelled {
		c.is.State = c.is.stateAt(c.tx.Now(), c.m.Zone())
	}
	switch {
	case c.is.State.Open():
		c.is.Settled = time.Time{}
	case c.was.State.Open() || c.is.State == Refunded && c.was.State != Refunded:
		c.is.Settled = c.tx.Now()
	}
}

// stateAt is the state that a charge's sums say.
func (c Charge) stateAt(now time.Time, zone *time.Location) State {
	at := now
	var last time.Time
	for _, p := range c.Parts {
		if p.covers() > 0 && p.At.After(last) {
			last = p.At
		}
	}
	if !last.IsZero() {
		at = last
	}
	c.State = Due
	switch left := c.Owed(at, zone).Left; {
	case c.Given > 0 && c.Given == c.Paid && left == 0:
		return Refunded
	case left == 0:
		return Paid
	case c.Paid > c.Given:
		return Part
	}
	return Due
}

// tell emits what others listen to.
func (c *change) tell() error {
	name := EventChanged
	switch {
	case c.is.State == c.was.State:
	case c.is.State == Paid && c.was.State.Open():
		name = EventPaid
	case c.is.State == Cancelled:
		name = EventCancelled
	case c.is.State == Refunded:
		name = EventRefunded
	}
	if err := c.emit(name); err != nil {
		return err
	}
	zone := c.m.Zone()
	if c.is.Owed(c.tx.Now(), zone).Over > c.was.Owed(c.tx.Now(), zone).Over {
		return c.emit(EventOver)
	}
	return nil
}

func (c *change) emit(name string) error {
	return c.m.base.Jobs.Emit(c.tx, jobs.Event{Name: name, Holder: c.is.Home, Object: c.is.ID, Version: c.is.Revision})
}
