package pay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// RefundStep is how far a refund is.
type RefundStep string

// The steps of a refund.
const (
	Asked        RefundStep = "asked"   // the bank has it, or is about to
	Given        RefundStep = "given"   // the money is back
	RefusedByAll RefundStep = "refused" // the bank refused for good: somebody must look
)

// The kinds of refund.
const (
	kindDecided  = "decided"
	kindSurplus  = "surplus"
	kindReversed = "reversed"
	kindDisputed = "disputed" // the payer has it by a dispute that was lost
)

// Refund is money on its way back.
type Refund struct {
	ID, Payment, Attempt, Charge, Payee id.ID
	Amount                              money.Amount
	Kind                                string
	Reason                              string // why, in words of who decided it; empty: a rule, or not read
	By                                  id.ID
	State                               RefundStep
	AskedAt, Ended                      time.Time
	Reference                           string // the provider's number of it
	reason                              vault.Sealed
}

func refundOf(row paydb.Refund) Refund {
	return Refund{
		ID: row.ID, Payment: row.Payment, Attempt: row.Attempt, Charge: row.Charge, Payee: row.Payee, Kind: row.Kind, By: row.DecidedBy, State: RefundStep(row.State),
		Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, AskedAt: row.Asked, Ended: row.Ended, Reference: row.Reference, reason: row.Reason,
	}
}

// Refunding is what somebody decides to give back.
type Refunding struct {
	Payer, Payment, Charge id.ID
	Amount                 int64  // minor units; 0: all that is left of the line
	Why                    string // kept for the payer and the agency
	Key                    id.ID  // idempotency: the same key is the same refund; zero: a new one
	Again                  bool   // the payer takes it back of their own wish: it is owed again
}

// PreparedRefund is a refund that waits for its Write.
type PreparedRefund struct {
	m       *Module
	act     act.Act
	id      id.ID
	payment Payment
	line    Line
	attempt Attempt
	amount  int64
	reason  vault.Sealed
	again   bool
	known   bool // it was decided before, under the same key
}

// Amount is what goes back.
func (p *PreparedRefund) Amount() money.Amount {
	return money.Amount{Minor: p.amount, Currency: p.payment.Amount.Currency}
}

// ID is the refund's.
func (p *PreparedRefund) ID() id.ID { return p.id }

// Line is what was paid.
func (p *PreparedRefund) Line() Line { return p.line }

// PrepareRefund makes ready to give back what a payment paid for a charge, whole or in part. Errors: ErrNone, ErrUnpaid (the
// money did not come, or not as much is left).
func (m *Module) PrepareRefund(ctx context.Context, a act.Act, r Refunding) (*PreparedRefund, error) {
	p, err := m.Payment(ctx, a, r.Payer, r.Payment)
	if err != nil {
		return nil, err
	}
	key := id.New(m.base.Clock.Now())
	if !r.Key.IsZero() {
		key = id.Derived("refund", r.Payment.String()+"/"+r.Charge.String()+"/"+r.Key.String())
		if known, err := m.refundBefore(ctx, a, p, r, key); known != nil || err != nil {
			return known, err
		}
	}
	out, err := m.refundOf(a, p, r, key)
	if err != nil || r.Why == "" {
		return out, err
	}
	keys, err := m.base.Vault.Keys(ctx, r.Payer)
	if err != nil {
		return nil, fmt.Errorf("pay: refund: %w", err)
	}
	out.reason = keys.Seal("refund", "reason", []byte(r.Why))
	return out, nil
}

// refundBefore is a refund that was decided under the same key; nil: none was. ErrKey when that was of another sum.
func (m *Module) refundBefore(ctx context.Context, a act.Act, p Payment, r Refunding, key id.ID) (*PreparedRefund, error) {
	refunds, _, err := m.Refunds(ctx, a, p.Payer, p.ID)
	if err != nil {
		return nil, err
	}
	for _, one := range refunds {
		if one.ID != key {
			continue
		}
		if r.Amount != 0 && r.Amount != one.Amount.Minor {
			return nil, ErrKey
		}
		out := &PreparedRefund{m: m, act: a, id: key, payment: p, amount: one.Amount.Minor, known: true}
		for _, l := range p.Lines {
			if l.Charge == one.Charge {
				out.line = l
			}
		}
		return out, nil
	}
	return nil, nil
}

// refundOf decides whether a refund can be.
func (m *Module) refundOf(a act.Act, p Payment, r Refunding, key id.ID) (*PreparedRefund, error) {
	at, ok := p.taken()
	if !ok || at.State != Paid {
		return nil, ErrUnpaid
	}
	for _, l := range p.Lines {
		if l.Charge != r.Charge {
			continue
		}
		amount := r.Amount
		if amount == 0 {
			amount = l.Left()
		}
		if amount <= 0 || amount > l.Left() || amount > p.Amount.Minor-p.Refunded-p.Disputed {
			return nil, ErrUnpaid
		}
		return &PreparedRefund{m: m, act: a, id: key, payment: p, line: l, attempt: at, amount: amount, again: r.Again}, nil
	}
	return nil, ErrNone
}

// paymentsOf reads the payments of a charge that took money, newest first.
func (m *Module) paymentsOf(ctx context.Context, a act.Act, home, charge id.ID) ([]Payment, error) {
	var out []Payment
	err := m.base.Store.Look(ctx, a, lookPayment, func(r *store.Personal) error {
		out = out[:0]
		tries, err := paydb.TriesIn(r, home, charge, string(Paid))
		if err != nil {
			return err
		}
		for _, try := range tries {
			where, err := paydb.HomeOf(r, try.Payment)
			if err != nil {
				return err
			}
			p, err := whole(r, where.Payer, try.Payment)
			if err != nil {
				return err
			}
			out = append(out, p)
		}
		return nil
	})
	slices.SortFunc(out, newestFirst)
	return out, none(err)
}

// Put takes the money out of the payee's income in the caller's Write and has the bank give it back. ErrUnpaid when
// somebody was first: then nothing is done. The same refund put again changes nothing.
func (p *PreparedRefund) Put(tx *store.Tx) error {
	_, err := p.put(tx)
	return err
}

// put tells whether it did anything.
func (p *PreparedRefund) put(tx *store.Tx) (bool, error) {
	if p.known {
		return false, nil
	}
	n, err := paydb.InsertRefund(tx, paydb.InsertRefundParams{
		Payer: p.payment.Payer, ID: p.id, Payment: p.payment.ID, Attempt: p.attempt.ID, Charge: p.line.Charge, Payee: p.line.Payee, Amount: p.amount,
		Currency: string(p.payment.Amount.Currency), Kind: kindDecided, Reason: p.reason, DecidedBy: p.act.Actor.Person, State: string(Asked), Asked: tx.Now(),
	})
	if err != nil || n == 0 {
		return false, err
	}
	if err := p.takeBack(tx); err != nil {
		return false, err
	}
	currency := p.payment.Amount.Currency
	_, err = ledger.Post(tx, ledger.Movement{
		ID: p.id, Holder: p.payment.Payer, Act: p.act.ID,
		Lines: []ledger.Line{{Debit: p.line.income(currency), Credit: ToReturn(currency), Amount: p.Amount(), About: p.line.Charge}},
	})
	after := p.payment
	after.Revision++
	back := p.m.deps.Charges.GiveBack
	if p.again {
		back = p.m.deps.Charges.Reverse
	}
	return true, errors.Join(err, back(tx, p.act, p.line.Home, p.line.Charge, p.payment.ID, p.amount),
		paydb.InsertHome(tx, paydb.InsertHomeParams{ID: p.id, Payer: p.payment.Payer, Payment: p.payment.ID, Service: p.line.Service}),
		p.m.base.Jobs.Put(tx, jobs.New{Handler: jobRefund, Holder: p.payment.Payer, Object: p.id}),
		p.m.listAgain(tx, after), p.m.emit(tx, EventRefunded, after),
	)
}

// takeBack counts the refund on its line and payment; each refuses to give more than it has.
func (p *PreparedRefund) takeBack(tx *store.Tx) error {
	n, err := paydb.RefundLine(tx, paydb.RefundLineParams{Amount: p.amount, Payer: p.payment.Payer, Payment: p.payment.ID, Charge: p.line.Charge})
	if err != nil {
		return err
	}
	if n > 0 {
		n, err = paydb.RefundPayment(tx, p.amount, p.payment.Payer, p.payment.ID)
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(ErrUnpaid)
	}
	return nil
}

// refund has the bank give back what was decided, until it has, or refuses for good.
func (m *Module) refund(ctx context.Context, j jobs.Job) error {
	r, provider, err := m.refundAt(ctx, j)
	if err != nil || r.State != string(Asked) {
		return err
	}
	answer, err := provider.Refund(ctx, r.Attempt, bankID(r), r.Amount)
	if errors.Is(err, ErrUnknownAttempt) || errors.Is(err, ErrOtherOrder) { // it will answer so for ever
		answer, err = RefundStanding{State: RefundRefused, Reason: err.Error()}, nil
	}
	if err != nil {
		return m.later(j, ErrBank.Because(fmt.Errorf("pay: refund: %w", err)))
	}
	switch answer.State {
	case RefundPending:
		return jobs.Later(m.pause(j))
	case RefundRefused:
		m.met.refused.Inc()
		m.base.Log.Error("pay: the bank refused a refund for good", "refund", r.ID.String(), "reason", answer.Reason)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.endRefund(tx, j.Act(act.Purpose{}), r, provider.Name(), answer); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// bankID is a refund's id at the bank. A refusal is final there, so each time that the refund is asked for anew it is another
// refund to the bank; and the same one however often a reply was lost.
func bankID(r paydb.Refund) id.ID {
	if r.Tries == 0 {
		return r.ID
	}
	return id.Derived("refund asked again", r.ID.String()+"/"+strconv.FormatInt(r.Tries, 10))
}

func (m *Module) refundAt(ctx context.Context, j jobs.Job) (paydb.Refund, Provider, error) {
	var r paydb.Refund
	var at paydb.Attempt
	err := m.base.Store.Look(ctx, j.Act(act.Purpose{}), lookPayment, func(p *store.Personal) error {
		home, err := paydb.HomeOf(p, j.Object)
		if err != nil {
			return err
		}
		if r, err = paydb.RefundByID(p, home.Payer, j.Object); err != nil {
			return err
		}
		at, err = paydb.AttemptByID(p, r.Payer, r.Payment, r.Attempt)
		return err
	})
	if err != nil {
		return r, nil, none(err)
	}
	provider, err := m.provider(at.Provider)
	return r, provider, err
}

// endRefund writes down what the bank made of a refund.
func (m *Module) endRefund(tx *store.Tx, a act.Act, r paydb.Refund, provider string, answer RefundStanding) error {
	state := Given
	if answer.State == RefundRefused {
		state = RefusedByAll
	}
	n, err := paydb.EndRefund(tx, paydb.EndRefundParams{State: string(state), Ended: tx.Now(), Payer: r.Payer, ID: r.ID, Reference: answer.Reference})
	if err != nil || n == 0 {
		return err
	}
	if state == Given {
		amount := money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}
		err = postFor(tx, r.Payment, ledger.Movement{
			ID: id.Derived("refund", r.ID.String()), Holder: r.Payer, Act: a.ID,
			Lines: []ledger.Line{{Debit: ToReturn(amount.Currency), Credit: ClearingOf(provider, amount.Currency), Amount: amount, About: r.Charge}},
		})
		if err != nil {
			return err
		}
		if err := m.base.Jobs.Emit(tx, jobs.Event{Name: EventGiven, Holder: r.Payer, Object: r.Payment}); err != nil {
			return err
		}
		if m.deps.Fiscal != nil {
			if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobFiscal, Holder: r.Payer, Object: r.ID}); err != nil {
				return err
			}
		}
		if n, err = paydb.ReturnPayment(tx, r.Payer, r.Payment); err != nil {
			return err
		}
	}
	if state == RefusedByAll { // the payer may have the money in another way: how the payment stands tells
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobAsk, Holder: r.Payer, Object: r.Attempt}); err != nil {
			return err
		}
	}
	p, err := whole(tx.As(a, lookPayment), r.Payer, r.Payment)
	if err != nil {
		return err
	}
	if state == Given && n > 0 {
		err = m.release(tx, p)
	}
	return errors.Join(err, m.listAgain(tx, p))
}

// AskAgain has the bank asked for a refund that it had refused: something was put right meanwhile.
func (m *Module) AskAgain(tx *store.Tx, payer, refund id.ID) error {
	_, err := m.askAgain(tx, payer, refund)
	return err
}

func (m *Module) askAgain(tx *store.Tx, payer, refund id.ID) (bool, error) {
	n, err := paydb.AskRefundAgain(tx, payer, refund)
	if err != nil || n == 0 {
		return false, err
	}
	return true, m.base.Jobs.Put(tx, jobs.New{Handler: jobRefund, Holder: payer, Object: refund})
}
