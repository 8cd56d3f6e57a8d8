package pay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/charge"
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
	jobPoll     = "pay.poll"
	jobAsk      = "pay.ask"
	jobRefund   = "pay.refund"
	jobOver     = "pay.over"
	jobGiveBack = "pay.give_back"
	jobList     = "pay.list"
	jobLetter   = "pay.letter"
	jobFiscal   = "pay.fiscal"
	jobWipe     = "pay.wipe"
)

// attemptLife is how long an attempt that the bank still calls open is asked about before the bank is told to close it.
const attemptLife = 24 * time.Hour

// lateMost is how long after it was given up a payment may still turn out to be paid, and a guest's address is kept for its receipt.
const lateMost = 7 * 24 * time.Hour

// Settle asks the provider how an attempt stands and carries it out, once: whoever calls it, however often, in any order. Another
// amount taken than was ordered is Declined: it pays nothing and goes back.
func (m *Module) Settle(ctx context.Context, attempt id.ID) (State, error) {
	state, _, err := m.settle(ctx, attempt)
	return state, err
}

func (m *Module) settle(ctx context.Context, attempt id.ID) (State, Reason, error) {
	at, err := m.Attempt(ctx, attempt)
	if err != nil {
		return "", "", err
	}
	provider, err := m.provider(at.Provider)
	if err != nil {
		return "", "", err
	}
	answer, err := provider.Ask(ctx, attempt)
	if errors.Is(err, ErrUnknownAttempt) {
		return Started, "", nil // the order never reached the bank; the next press of the button sends it
	}
	if err != nil {
		return "", "", ErrBank.Because(fmt.Errorf("pay: settle: %w", err))
	}
	return m.carried(ctx, at, answer)
}

// carried carries out a provider's word and tells what became of the attempt: what the provider calls paid may not be what was ordered.
func (m *Module) carried(ctx context.Context, at Attempt, answer Standing) (State, Reason, error) {
	err := m.carry(ctx, at, answer)
	if err != nil || answer.State != Paid {
		return answer.State, answer.Reason, err
	}
	at, err = m.Attempt(ctx, at.ID)
	state, reason := at.fate()
	return state, reason, err
}

// Attempt finds an attempt by its id alone; ErrNone when there is none.
func (m *Module) Attempt(ctx context.Context, attempt id.ID) (Attempt, error) {
	home, err := m.home(ctx, attempt)
	if err != nil {
		return Attempt{}, err
	}
	var out Attempt
	err = m.base.Store.Look(ctx, m.system(), lookPayment, func(p *store.Personal) error {
		row, err := paydb.AttemptByID(p, home.Payer, home.Payment, attempt)
		out = attemptOf(row)
		return err
	})
	return out, none(err)
}

// settlement is a provider's word on its way to become rows.
type settlement struct {
	Attempt
	answer Standing
	code   string // of the receipt, should there be one
	act    act.Act
	card   *paydb.InsertCardParams // to be kept; nil: none
}

// errCodeTaken says that a check code is another receipt's already.
var errCodeTaken = errors.New("pay: the check code is taken")

// codeTries is how many check codes are tried for a receipt: that even two are taken is next to impossible.
const codeTries = 5

func (m *Module) putCode(tx *store.Tx, p Payment) error {
	n, err := paydb.InsertCode(tx, p.Code, p.ID, p.Payer)
	if err == nil && n == 0 {
		return tx.Fail(errCodeTaken)
	}
	return err
}

// carry makes ready what a provider's word needs, and carries it out in a Write.
func (m *Module) carry(ctx context.Context, at Attempt, answer Standing) error {
	s := settlement{Attempt: at, answer: answer, act: m.system()}
	var err error
	if s.card, err = m.cardOf(ctx, at, answer); err != nil {
		return err
	}
	for range codeTries {
		s.code = m.code()
		err = m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.carryOut(tx, s) })
		if !errors.Is(err, errCodeTaken) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("pay: settle: %w", err)
	}
	return nil
}

// carryOut is the one place where the bank's word becomes rows. It runs inside a Write and does nothing when it was done
// before: a row changes only from a state that is not final.
func (m *Module) carryOut(tx *store.Tx, s settlement) error {
	switch s.answer.State {
	case Paid:
		if err := m.paid(tx, s); err != nil {
			return err
		}
		return m.since(tx, s)
	case Declined, Expired:
		return m.failed(tx, s)
	case Refunded: // everything went back, as the city asked; or before the city heard of it
		if err := m.void(tx, s); err != nil {
			return err
		}
		return m.since(tx, s)
	case Reversed:
		done, err := m.reversed(tx, s)
		if err != nil || done {
			return err
		}
		return m.void(tx, s)
	}
	return nil
}

// since carries out what has happened to money after it came.
func (m *Module) since(tx *store.Tx, s settlement) error {
	if err := m.disputed(tx, s); err != nil {
		return err
	}
	return m.outside(tx, s)
}

// void ends an attempt whose money was taken and given back before the city heard of it: nothing came, the charge may be
// paid anew, and an older word that it was paid counts no more.
func (m *Module) void(tx *store.Tx, s settlement) error {
	n, err := paydb.VoidAttempt(tx, paydb.VoidAttemptParams{Ended: tx.Now(), Payer: s.Payer, Payment: s.Payment, ID: s.ID})
	if err != nil || n == 0 {
		return err
	}
	return m.fail(tx, s)
}

func (m *Module) failed(tx *store.Tx, s settlement) error {
	n, err := paydb.EndAttempt(tx, paydb.EndAttemptParams{
		Payer: s.Payer, Payment: s.Payment, ID: s.ID, State: string(s.answer.State), Ended: tx.Now(), Reason: string(s.answer.Reason),
	})
	if err != nil || n == 0 {
		return err
	}
	return m.fail(tx, s)
}

// fail ends a payment that was open.
func (m *Module) fail(tx *store.Tx, s settlement) error {
	n, err := paydb.FailPayment(tx, tx.Now(), s.Payer, s.Payment)
	if err != nil || n == 0 {
		return err
	}
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return err
	}
	list := []error{m.emit(tx, EventFailed, p), m.release(tx, p), m.wipeLater(tx, p)}
	for _, l := range p.Lines {
		list = append(list, paydb.EndTry(tx, paydb.EndTryParams{State: string(Failed), Home: l.Home, Charge: l.Charge, Payment: p.ID}))
	}
	return errors.Join(list...)
}

// wipeLater has a guest's address wiped when no receipt is to be expected any more: nobody else would.
func (m *Module) wipeLater(tx *store.Tx, p Payment) error {
	if !p.Guest || p.email == nil {
		return nil
	}
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobWipe, Holder: p.Payer, Object: p.ID, At: tx.Now().Add(lateMost)})
}

// wipe wipes the address of a guest whose payment did not come; the receipt of one that came after all wipes it by itself.
func (m *Module) wipe(ctx context.Context, j jobs.Job) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		p, err := whole(tx.As(j.Act(act.Purpose{}), lookPayment), j.Holder, j.Object)
		if err != nil {
			return none(err)
		}
		if p.State == Failed {
			err = paydb.WipeEmail(tx, p.Payer, p.ID)
		}
		return errors.Join(err, m.base.Jobs.Done(tx, j))
	})
}

// release gives back to a mandate's purse what a payment had taken of it.
func (m *Module) release(tx *store.Tx, p Payment) error {
	if m.deps.Mandates == nil {
		return nil
	}
	return m.deps.Mandates.Release(tx, p.Payer, p.ID)
}

func (m *Module) emit(tx *store.Tx, event string, p Payment) error {
	return m.base.Jobs.Emit(tx, jobs.Event{Name: event, Holder: p.Payer, Object: p.ID, Version: p.Revision})
}

func (m *Module) paid(tx *store.Tx, s settlement) error {
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return fmt.Errorf("pay: payment: %w", err)
	}
	other := s.answer.Amount != p.Amount.Minor || s.answer.Currency != p.Amount.Currency
	reason := ""
	if other {
		reason = string(OtherAmount)
	}
	// Money counts whatever was thought of the attempt before: one given up as expired may still be paid.
	n, err := paydb.PayAttempt(tx, paydb.PayAttemptParams{Payer: s.Payer, Payment: s.Payment, ID: s.ID, Ended: tx.Now(), Reference: s.answer.Reference, Reason: reason})
	if err != nil || n == 0 {
		return err
	}
	if other {
		return m.takenOther(tx, s, p)
	}
	if m.deps.Mandates != nil {
		if err := m.deps.Mandates.Settle(tx, p.Payer, p.ID); err != nil {
			return err
		}
	}
	if err := m.takeLines(tx, s, &p); err != nil {
		return err
	}
	p.Code = s.code
	if n, err = paydb.PayPayment(tx, paydb.PayPaymentParams{Payer: p.Payer, ID: p.ID, Ended: tx.Now(), Code: s.code, Refunded: p.Surplus()}); err != nil || n == 0 {
		return err
	}
	p.Revision++
	list := []error{m.putCode(tx, p), m.emit(tx, EventTaken, p), m.listAgain(tx, p), m.afterwards(tx, p)}
	if s.card != nil {
		list = append(list, paydb.InsertCard(tx, *s.card))
	}
	if p.Surplus() > 0 {
		list = append(list, m.giveSurplus(tx, s, p, p.Surplus()))
	}
	return errors.Join(list...)
}

// takeLines counts each line for its charge, as of when the payment began, and enters the money in the books: to the
// payees, and what came too much to be given back.
func (m *Module) takeLines(tx *store.Tx, s settlement, p *Payment) error {
	from := ClearingOf(s.Provider, p.Amount.Currency)
	movement := ledger.Movement{ID: p.ID, Holder: p.Payer, Act: s.act.ID}
	put := func(to ledger.Account, amount int64, about id.ID) {
		if amount > 0 {
			movement.Lines = append(movement.Lines, ledger.Line{Debit: from, Credit: to, Amount: money.Amount{Minor: amount, Currency: p.Amount.Currency}, About: about})
		}
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		taken, err := m.deps.Charges.Settle(tx, s.act, l.Home, l.Charge, charge.PartPayment{Payment: p.ID, Amount: l.Amount, At: p.Started})
		if err != nil {
			return fmt.Errorf("pay: charge %s: %w", l.Charge, err)
		}
		l.Taken = taken
		put(l.income(p.Amount.Currency), taken, l.Charge)
		put(ToReturn(p.Amount.Currency), l.Amount-taken, l.Charge)
		err = errors.Join(
			paydb.TakeLine(tx, paydb.TakeLineParams{Taken: taken, Payer: p.Payer, Payment: p.ID, Charge: l.Charge}),
			paydb.EndTry(tx, paydb.EndTryParams{State: string(Paid), Home: l.Home, Charge: l.Charge, Payment: p.ID}))
		if err != nil {
			return err
		}
	}
	_, err := ledger.Post(tx, movement)
	return err
}

// giveSurplus has what came too much given back, and only that.
func (m *Module) giveSurplus(tx *store.Tx, s settlement, p Payment, amount int64) error {
	key := id.Derived("surplus", p.ID.String())
	_, err := paydb.InsertRefund(tx, paydb.InsertRefundParams{
		Payer: p.Payer, ID: key, Payment: p.ID, Attempt: s.ID, Amount: amount, Currency: string(p.Amount.Currency), Kind: kindSurplus, State: string(Asked), Asked: tx.Now(),
	})
	return errors.Join(err,
		paydb.InsertHome(tx, paydb.InsertHomeParams{ID: key, Payer: p.Payer, Payment: p.ID, Service: p.service()}),
		m.base.Jobs.Put(tx, jobs.New{Handler: jobRefund, Holder: p.Payer, Object: key}))
}

// afterwards has the receipt written, to the person and to the fiscal operator.
func (m *Module) afterwards(tx *store.Tx, p Payment) error {
	var list []error
	if p.email != nil && m.deps.Mail != nil {
		list = append(list, m.base.Jobs.Put(tx, jobs.New{Handler: jobLetter, Holder: p.Payer, Object: p.ID}))
	}
	if m.deps.Fiscal != nil {
		list = append(list, m.base.Jobs.Put(tx, jobs.New{Handler: jobFiscal, Holder: p.Payer, Object: p.ID}))
	}
	return errors.Join(list...)
}

// reversed carries out that the bank took the money back by itself: what each line had is owed again. It tells whether the
// money had come before.
func (m *Module) reversed(tx *store.Tx, s settlement) (bool, error) {
	n, err := paydb.ReverseAttempt(tx, paydb.ReverseAttemptParams{Ended: tx.Now(), Payer: s.Payer, Payment: s.Payment, ID: s.ID})
	if err != nil || n == 0 {
		return false, err
	}
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return true, err
	}
	currency := p.Amount.Currency
	movement := ledger.Movement{ID: id.Derived(moveReversal, s.ID.String()), Holder: p.Payer, Act: s.act.ID}
	put := func(from ledger.Account, amount int64, about id.ID) {
		movement.Lines = append(movement.Lines, ledger.Line{Debit: from, Credit: ClearingOf(s.Provider, currency), Amount: money.Amount{Minor: amount, Currency: currency}, About: about})
	}
	back := int64(0)
	for _, l := range p.Lines {
		left := l.Left()
		if left <= 0 {
			continue
		}
		put(l.income(currency), left, l.Charge)
		back += left
		_, err := paydb.RefundLine(tx, paydb.RefundLineParams{Amount: left, Payer: p.Payer, Payment: p.ID, Charge: l.Charge})
		if err := errors.Join(err, m.deps.Charges.Reverse(tx, s.act, l.Home, l.Charge, p.ID, left)); err != nil {
			return true, err
		}
	}
	waiting, err := m.endWaiting(tx, s, p)
	if err != nil {
		return true, err
	}
	if waiting > 0 {
		put(ToReturn(currency), waiting, id.ID{})
	}
	if len(movement.Lines) > 0 {
		if err := postFor(tx, p.ID, movement); err != nil {
			return true, err
		}
	}
	return true, m.noteReversal(tx, s, p, back)
}

// endWaiting ends the refunds of a payment that the bank has not given back: it gave all of that money back in another way. It
// returns what they came to.
func (m *Module) endWaiting(tx *store.Tx, s settlement, p Payment) (int64, error) {
	refunds, err := paydb.RefundsOf(tx.As(s.act, lookPayment), p.Payer)
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	for _, r := range refunds {
		if r.Payment != p.ID || r.Attempt != s.ID || r.State == string(Given) {
			continue
		}
		n, err := paydb.CloseRefund(tx, paydb.CloseRefundParams{Ended: tx.Now(), Kind: kindReversed, Payer: p.Payer, ID: r.ID})
		if err != nil {
			return 0, err
		}
		sum += n * r.Amount
	}
	return sum, nil
}

func (m *Module) noteReversal(tx *store.Tx, s settlement, p Payment, back int64) error {
	list := []error{m.release(tx, p), m.listAgain(tx, p)}
	if back > 0 {
		_, err := paydb.InsertRefund(tx, paydb.InsertRefundParams{
			Payer: p.Payer, ID: id.Derived(moveReversal, s.ID.String()), Payment: p.ID, Attempt: s.ID, Amount: back, Currency: string(p.Amount.Currency),
			Kind: kindReversed, State: string(Given), Asked: tx.Now(), Ended: tx.Now(),
		})
		list = append(list, err)
		_, err = paydb.RefundPayment(tx, back, p.Payer, p.ID)
		list = append(list, err)
	}
	_, err := paydb.ReversePayment(tx, p.Payer, p.ID)
	p.Revision += 2
	return errors.Join(append(list, err, m.emit(tx, EventRefunded, p))...)
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

// ask asks once how an attempt stands: a message came about it, or words may have come out of order.
func (m *Module) ask(ctx context.Context, j jobs.Job) error {
	if _, err := m.Settle(ctx, j.Object); err != nil {
		return m.later(j, err)
	}
	return nil
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
	at, err := m.Attempt(ctx, j.Object)
	if err != nil {
		return err
	}
	provider, err := m.provider(at.Provider)
	if err != nil {
		return err
	}
	answer, err := provider.Cancel(ctx, j.Object)
	if err != nil {
		return ErrBank.Because(fmt.Errorf("pay: give up: %w", err))
	}
	if answer.State == Open {
		return jobs.Later(m.pause(j))
	}
	return m.carry(ctx, at, answer)
}
