package pay

import (
	"context"
	"errors"
	"fmt"
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

// DisputeCase is a payer's complaint to their bank about a payment.
type DisputeCase struct {
	Attempt       id.ID
	Amount        money.Amount
	State         Dispute
	Opened, Ended time.Time
	answer        vault.Sealed // said before answers were each payee's own
}

// disputeStep is what a provider's word about a complaint changes.
type disputeStep struct {
	first bool    // nothing was heard of it before
	aside int64   // so much more is put aside; below zero: so much comes back
	about int64   // what it is about now
	end   Dispute // Won or Lost: it ends; none: it goes on
	odd   bool    // more is asked for after it was lost: no contract says so
}

// stepOf decides what a word means after what is known. One that is open may grow; one that was won may be opened anew; one
// that was lost is over.
func stepOf(known paydb.Dispute, told Standing) disputeStep {
	out := disputeStep{about: told.Disputed}
	if told.Dispute != DisputeOpen {
		out.end = told.Dispute
	}
	switch Dispute(known.State) {
	case DisputeNone:
		out.first, out.aside = true, told.Disputed
	case DisputeOpen:
		out.aside = told.Disputed - known.Amount
	case DisputeWon:
		if told.Dispute == DisputeWon {
			return disputeStep{}
		}
		out.aside = told.Disputed
	default:
		return disputeStep{odd: told.Disputed > known.Amount}
	}
	return out
}

// disputed carries out how a payer's complaint to their bank stands. The money is aside while it is open; won, it is ours
// again; lost, it leaves the payees' incomes, and what it paid is owed again.
func (m *Module) disputed(tx *store.Tx, s settlement) error {
	if s.answer.Dispute == DisputeNone || s.answer.Disputed <= 0 {
		return nil
	}
	known, err := paydb.DisputeOf(tx.As(s.act, lookPayment), s.Payer, s.ID)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	step := stepOf(known, s.answer)
	if step.odd {
		tx.AfterCommit(func() { m.seen("more is disputed after a dispute was lost", s, s.answer.Disputed-known.Amount) })
	}
	if err := m.putAside(tx, s, &known, step); err != nil || step.end == DisputeNone {
		return err
	}
	if step.end == DisputeLost {
		return m.lost(tx, s, known)
	}
	n, err := paydb.EndDispute(tx, paydb.EndDisputeParams{State: string(step.end), Ended: tx.Now(), Payer: s.Payer, Attempt: s.ID})
	if err != nil || n == 0 {
		return err
	}
	return m.won(tx, s, known)
}

// putAside has as much aside as a dispute is about. known is made into what stands then. The bank is asked once more soon: words
// may have come out of order.
func (m *Module) putAside(tx *store.Tx, s settlement, known *paydb.Dispute, step disputeStep) error {
	if step.aside == 0 {
		return nil
	}
	var err error
	if step.first {
		_, err = paydb.InsertDispute(tx, paydb.InsertDisputeParams{
			Payer: s.Payer, Attempt: s.ID, Payment: s.Payment, Amount: step.about, Currency: string(s.answer.Currency), Opened: tx.Now(),
		})
	} else {
		err = paydb.MoveDispute(tx, step.about, s.Payer, s.ID)
		known.Moves++
	}
	known.Amount, known.Currency = step.about, string(s.answer.Currency)
	from, to := Disputed(s.answer.Currency), ClearingOf(s.Provider, s.answer.Currency)
	amount := step.aside
	if amount < 0 {
		from, to, amount = to, from, -amount
	}
	posted := postFor(tx, s.Payment, s.aside(disputeMove(moveDispute, s.ID, known.Moves), from, to, amount))
	err = errors.Join(err, posted, paydb.DisputePayment(tx, step.aside, s.Payer, s.Payment))
	if err != nil {
		return err
	}
	again := jobs.New{Handler: jobAsk, Holder: s.Payer, Object: s.ID, At: tx.Now().Add(pollFirst)}
	return errors.Join(m.tellDispute(tx, s), m.base.Jobs.Put(tx, again))
}

func (m *Module) tellDispute(tx *store.Tx, s settlement) error {
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return err
	}
	return errors.Join(m.emit(tx, EventDisputed, p), m.listAgain(tx, p))
}

// won has the city have again what was aside: what the row says, whatever the last word called the amount.
func (m *Module) won(tx *store.Tx, s settlement, known paydb.Dispute) error {
	currency := money.Currency(known.Currency)
	err := postFor(tx, s.Payment, s.aside(disputeMove(moveDisputeWon, s.ID, known.Moves), ClearingOf(s.Provider, currency), Disputed(currency), known.Amount))
	err = errors.Join(err, paydb.DisputePayment(tx, -known.Amount, s.Payer, s.Payment))
	if err != nil {
		return err
	}
	return errors.Join(m.tellDispute(tx, s), m.askRefused(tx, s))
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

// loss is where the money of a lost dispute comes from.
type loss struct {
	lines  []int64        // of each line of the payment
	closes []paydb.Refund // on their way back to the payer, who has that money now
	shrink *paydb.Refund  // a refused refund of which the payer has a part now; nil: none
	part   int64          // of shrink
	wait   bool           // a refund on its way is in between: how it ends decides
	rest   int64          // nothing is left to take it from
}

// lossOf decides it: the lines in their order, as far as they were not given back, then what was on its way back.
func lossOf(p Payment, refunds []paydb.Refund, attempt id.ID, sum int64) loss {
	out := loss{rest: sum}
	for _, l := range p.Lines {
		part := max(min(out.rest, l.Left()), 0)
		out.lines = append(out.lines, part)
		out.rest -= part
	}
	var larger []paydb.Refund
	for _, r := range refunds {
		switch {
		case r.Attempt != attempt || r.State == string(Given):
		case r.Amount <= out.rest:
			out.closes, out.rest = append(out.closes, r), out.rest-r.Amount
		default:
			larger = append(larger, r)
		}
	}
	for i, r := range larger {
		if out.rest > 0 && r.State == string(RefusedByAll) {
			out.shrink, out.part, out.rest = &larger[i], out.rest, 0
		}
	}
	out.wait = out.rest > 0 && len(larger) > 0
	return out
}

// lost takes the money from where it is, and what it paid is owed again.
func (m *Module) lost(tx *store.Tx, s settlement, known paydb.Dispute) error {
	p, err := whole(tx.As(s.act, lookPayment), s.Payer, s.Payment)
	if err != nil {
		return err
	}
	refunds, err := paydb.RefundsOf(tx.As(s.act, lookPayment), s.Payer)
	if err != nil {
		return err
	}
	from := lossOf(p, refunds, s.ID, known.Amount)
	if from.wait {
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobAsk, Holder: s.Payer, Object: s.ID, At: tx.Now().Add(pollFirst)})
	}
	n, err := paydb.EndDispute(tx, paydb.EndDisputeParams{State: string(DisputeLost), Ended: tx.Now(), Payer: s.Payer, Attempt: s.ID})
	if err != nil || n == 0 {
		return err
	}
	if from.rest > 0 {
		tx.AfterCommit(func() { m.seen("a lost dispute took more than was left of a payment", s, from.rest) })
	}
	lines, err := m.lose(tx, s, p, from)
	if err != nil {
		return err
	}
	if len(lines) > 0 {
		if _, err := ledger.Post(tx, ledger.Movement{ID: id.Derived("dispute lost", s.ID.String()), Holder: p.Payer, Act: s.act.ID, Lines: lines}); err != nil {
			return err
		}
	}
	return errors.Join(m.emit(tx, EventDisputed, p), m.listAgain(tx, p))
}

// lose takes a loss from lines and refunds, and returns the lines of its movement.
func (m *Module) lose(tx *store.Tx, s settlement, p Payment, from loss) ([]ledger.Line, error) {
	currency := p.Amount.Currency
	var out []ledger.Line
	add := func(account ledger.Account, amount int64, about id.ID) {
		out = append(out, ledger.Line{Debit: account, Credit: Disputed(currency), Amount: money.Amount{Minor: amount, Currency: currency}, About: about})
	}
	for i, l := range p.Lines {
		part := from.lines[i]
		if part == 0 {
			continue
		}
		add(l.income(currency), part, l.Charge)
		_, err := paydb.LoseLine(tx, paydb.LoseLineParams{Amount: part, Payer: p.Payer, Payment: p.ID, Charge: l.Charge})
		if err := errors.Join(err, m.deps.Charges.Reverse(tx, s.act, l.Home, l.Charge, p.ID, part)); err != nil {
			return nil, err
		}
	}
	sum := from.part
	for _, r := range from.closes {
		if _, err := paydb.CloseRefund(tx, paydb.CloseRefundParams{Ended: tx.Now(), Kind: kindDisputed, Payer: p.Payer, ID: r.ID}); err != nil {
			return nil, err
		}
		sum += r.Amount
	}
	if from.shrink != nil { // the rest of it fits now
		_, err := paydb.ShrinkRefund(tx, from.part, p.Payer, from.shrink.ID)
		if err := errors.Join(err, m.AskAgain(tx, p.Payer, from.shrink.ID)); err != nil {
			return nil, err
		}
	}
	if sum > 0 {
		add(ToReturn(currency), sum, id.ID{})
		return out, paydb.UncountRefund(tx, sum, p.Payer, p.ID)
	}
	return out, nil
}

// The names of movements of a dispute.
const (
	moveDispute    = "dispute"
	moveDisputeWon = "dispute won"
)

// disputeMove names a movement of a dispute; n counts those after the first.
func disputeMove(name string, attempt id.ID, n int64) id.ID {
	if n == 0 {
		return id.Derived(name, attempt.String())
	}
	return id.Derived(name, attempt.String()+"/"+strconv.FormatInt(n, 10))
}

// aside is a movement of what is disputed.
func (s settlement) aside(movement id.ID, from, to ledger.Account, amount int64) ledger.Movement {
	return ledger.Movement{
		ID: movement, Holder: s.Payer, Act: s.act.ID,
		Lines: []ledger.Line{{Debit: from, Credit: to, Amount: money.Amount{Minor: amount, Currency: s.answer.Currency}}},
	}
}

// PreparedAnswer is what a payee says to a dispute, waiting for its Write.
type PreparedAnswer struct {
	act    act.Act
	params paydb.PutAnswerParams
}

// PrepareAnswer makes ready what a payee says to a dispute: its own words, beside those of other payees. It is kept for who
// decides it; the bank is told by whoever keeps its contract.
func (m *Module) PrepareAnswer(ctx context.Context, a act.Act, payer, attempt, payee id.ID, words string) (*PreparedAnswer, error) {
	keys, err := m.base.Vault.Keys(ctx, payer)
	if err != nil {
		return nil, fmt.Errorf("pay: answer: %w", err)
	}
	return &PreparedAnswer{a, paydb.PutAnswerParams{
		Payer: payer, Attempt: attempt, Payee: payee, Answer: keys.Seal("dispute_answer", "answer", []byte(words)), AnsweredBy: a.Actor.Person, Answered: m.base.Clock.Now(),
	}}, nil
}

// Put keeps the answer; ErrDispute when the dispute is over, or there is none.
func (p *PreparedAnswer) Put(tx *store.Tx) error {
	d, err := paydb.DisputeOf(tx.As(p.act, lookPayment), p.params.Payer, p.params.Attempt)
	if errors.Is(err, store.ErrNone) || err == nil && d.State != string(DisputeOpen) {
		return tx.Fail(ErrDispute)
	}
	if err != nil {
		return err
	}
	return paydb.PutAnswer(tx, p.params)
}

// answerTo is what a payee said to a dispute. What was said before answers were each payee's own is shown to the only payee.
func (m *Module) answerTo(ctx context.Context, a act.Act, p Payment, d *DisputeCase, payee id.ID) (string, error) {
	var rows []paydb.DisputeAnswer
	err := m.base.Store.Look(ctx, a, lookPayment, func(r *store.Personal) error {
		var err error
		rows, err = paydb.AnswersOf(r, p.Payer, d.Attempt)
		return err
	})
	if err != nil {
		return "", err
	}
	for _, row := range rows {
		if row.Payee == payee {
			return m.open(ctx, p.Payer, "dispute_answer", "answer", row.Answer)
		}
	}
	if !p.ofAlone(payee) {
		return "", nil
	}
	return m.open(ctx, p.Payer, "dispute", "answer", d.answer)
}
