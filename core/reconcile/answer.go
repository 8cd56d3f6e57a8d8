package reconcile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/journal"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Carry gives the bank the orders that were let out, and asks how those stand that it has. An order whose answer was lost is
// asked for before it is given again. One order that fails does not hold up the others: the errors come together.
func (m *Module) Carry(ctx context.Context) error {
	var failed []error
	for _, state := range []string{payoutApproved, payoutSent} {
		for after := (id.ID{}); ; {
			list, err := m.payouts(ctx, func(r store.Reader) ([]reconciledb.ReconcilePayout, error) {
				return reconciledb.PayoutsIn(r, state, after, statementsShown)
			})
			if err != nil {
				return err
			}
			for _, head := range list {
				after = head.ID
				if err := m.carryOne(ctx, head.ID); err != nil {
					failed = append(failed, fmt.Errorf("reconcile: order %s: %w", head.ID, err))
				}
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if len(list) < statementsShown {
				break
			}
		}
	}
	return errors.Join(failed...)
}

func (m *Module) carryOne(ctx context.Context, payout id.ID) error {
	p, err := m.Payout(ctx, payout)
	if err != nil {
		return err
	}
	answer, err := m.deps.Bank.Ask(ctx, iso20022.Ref(p.ID))
	if errors.Is(err, ErrNoOrder) && p.State == payoutApproved {
		answer, err = m.deps.Bank.Send(ctx, m.order(p))
	}
	if err != nil {
		return ErrNoBank.Because(err)
	}
	return m.Answered(ctx, p, answer)
}

// Answered carries out what the bank itself says of an order; it may come again. ErrOther: it is to another order. ErrChanged:
// nobody has let the order out, or it was given up.
func (m *Module) Answered(ctx context.Context, p Payout, r iso20022.Report) error {
	if r.Original != iso20022.Ref(p.ID) {
		return ErrOther
	}
	actID := id.New(m.base.Clock.Now())
	return m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.answer(tx, p, r, actID) })
}

// AnswerGiven carries out an answer of the bank that an official gives as a file. Where the bank talks to the city itself no file
// is taken. What it takes is taken at one official's word, for the statement must show it anyway; a refusal, after which the money
// would be paid out anew, when a second official gives the same answer. Errors: ErrRole, ErrByBank, ErrOther, ErrChanged; ErrAsked:
// it is written down and waits for the second.
func (m *Module) AnswerGiven(ctx context.Context, a act.Act, p Payout, r iso20022.Report) error {
	if err := m.mayAct(a); err != nil {
		return err
	}
	switch {
	case m.deps.Bank != nil:
		return ErrByBank
	case r.Original != iso20022.Ref(p.ID):
		return ErrOther
	}
	refused := refusals(p, r)
	entry, err := m.entry(ctx, a.ID, EntryAnswered, p.ID, m.fact("state", string(r.Status)), m.fact("amount", p.Amount.String()), m.fact("lines", fmt.Sprint(len(refused))))
	if err != nil {
		return err
	}
	asked := false
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		asked = false
		if err := mayAnswer(tx, p); err != nil {
			return err
		}
		if len(refused) > 0 {
			second, err := m.seconded(tx, a, p.ID, "refused "+strings.Join(refused, " "))
			if err != nil || !second {
				asked = true
				return err
			}
		}
		if err := m.answer(tx, p, r, a.ID); err != nil {
			return err
		}
		_, err := journal.Enter(tx, entry)
		return err
	})
	if err == nil && asked {
		return ErrAsked
	}
	return err
}

// refusals are the payments of an order that an answer refuses, in order.
func refusals(p Payout, r iso20022.Report) []string {
	var out []string
	for _, l := range p.Lines {
		if refuses(saidOf(r, l)) {
			out = append(out, l.ID.String())
		}
	}
	slices.Sort(out)
	return out
}

// seconded tells whether another official has said the same of something before; if not, it writes down who says it now.
func (m *Module) seconded(tx *store.Tx, a act.Act, about id.ID, word string) (bool, error) {
	digest := sha256.Sum256([]byte(word))
	said, err := reconciledb.WordOf(tx, about, digest[:])
	if errors.Is(err, store.ErrNone) {
		return false, reconciledb.PutWord(tx, reconciledb.PutWordParams{About: about, Word: digest[:], Official: a.Actor.Person, Act: a.ID, At: tx.Now()})
	}
	return err == nil && said.Official != a.Actor.Person, err
}

// mayAnswer fails the Write when an order was not let out, or was given up, whatever its reader has seen.
func mayAnswer(tx *store.Tx, p Payout) error {
	row, err := reconciledb.PayoutByID(tx, p.ID)
	if err != nil {
		return err
	}
	if row.State == payoutPrepared || row.State == payoutCancelled || row.ApprovedBy.IsZero() {
		return tx.Fail(ErrChanged)
	}
	return nil
}

func (m *Module) answer(tx *store.Tx, p Payout, r iso20022.Report, actID id.ID) error {
	if err := mayAnswer(tx, p); err != nil {
		return err
	}
	if _, err := reconciledb.SendPayout(tx, tx.Now(), p.ID); err != nil {
		return err
	}
	open := 0
	for _, l := range p.Lines {
		row, err := reconciledb.PayoutLineByID(tx, l.ID)
		if err != nil {
			return err
		}
		over, err := m.answerLine(tx, l, row.State, r, actID)
		if err != nil {
			return err
		}
		if !over {
			open++
		}
	}
	state := payoutSent
	if open == 0 {
		state = payoutDone
	}
	_, err := reconciledb.AnswerPayout(tx, reconciledb.AnswerPayoutParams{ID: p.ID, State: state, Answered: tx.Now(), Answer: string(r.Status)})
	return err
}

// answerLine carries out what the bank says of one payment; true when nothing more is expected of it by this way.
func (m *Module) answerLine(tx *store.Tx, l PayoutLine, state string, r iso20022.Report, actID id.ID) (bool, error) {
	said := saidOf(r, l)
	over, went := said.Status.Final()
	change := reconciledb.ChangePayoutLineParams{Payout: l.Payout, ID: l.ID, State: lineSent, Was: state, Reference: said.BankRef}
	switch {
	case state != lineWaits && state != lineSent:
		return true, nil
	case refuses(said):
		change.State, change.Reason = lineRefused, said.Reason.Code
		if _, err := reconciledb.ChangePayoutLine(tx, change); err != nil {
			return true, err
		}
		if err := errors.Join(m.takeBack(tx, l, actID), m.tell(tx, EventCameBack, l.Payee, l.ID)); err != nil {
			return true, err
		}
		return true, m.putExpected(tx, l.Payout, AtBank{ID: l.ID, Kind: KindPayout, Provider: "bank", Amount: money.Amount{Minor: -l.Amount.Minor, Currency: l.Amount.Currency}, At: tx.Now(), Void: true})
	}
	_, err := reconciledb.ChangePayoutLine(tx, change)
	return over && went, err
}

// duplicates are the reasons for which a bank refuses the second copy of an order: the first one is carried out.
var duplicates = []string{"AM05", "DU01", "DU02", "DU03", "DU04", "DU05", "DUPL"}

// refuses tells whether the bank will never carry a payment out.
func refuses(said iso20022.PaymentReport) bool {
	over, went := said.Status.Final()
	return over && !went && !slices.Contains(duplicates, said.Reason.Code)
}

// saidOf is what an answer says of a payment: its own status, else its part's, else the order's.
func saidOf(r iso20022.Report, l PayoutLine) iso20022.PaymentReport {
	out := iso20022.PaymentReport{Status: r.Status, Reason: r.Reason}
	for _, g := range r.Groups {
		if g.Status != "" {
			out.Status, out.Reason = g.Status, g.Reason
		}
		i := slices.IndexFunc(g.Payments, func(p iso20022.PaymentReport) bool { return p.EndToEnd == iso20022.Ref(l.ID) })
		if i < 0 {
			continue
		}
		own := g.Payments[i]
		if own.Status == "" {
			own.Status, own.Reason = out.Status, out.Reason
		}
		return own
	}
	return out
}
