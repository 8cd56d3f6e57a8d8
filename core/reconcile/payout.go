package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// The states of a payout, and of its lines.
const (
	payoutPrepared  = "prepared"
	payoutApproved  = "approved"
	payoutSent      = "sent"
	payoutDone      = "done"
	payoutCancelled = "cancelled"

	lineWaits     = "waits"
	lineSent      = "sent"
	linePaid      = "paid" // a statement shows it
	lineRefused   = "refused"
	lineReturned  = "returned" // it came back
	lineCancelled = "cancelled"
)

// Payout is an order to the bank to pay out.
type Payout struct {
	ID                             id.ID
	Day                            calendar.Date // until the end of which the income is paid out
	State                          string
	Amount                         money.Amount
	Count                          int64
	MadeBy, ApprovedBy             id.ID
	Made, Approved, Sent, Answered time.Time
	Answer                         string // status of the bank's last answer
	Revision                       int64
	Lines                          []PayoutLine
}

// PayoutLine is one payment out.
type PayoutLine struct {
	Payout, ID id.ID
	Payee      id.ID // zero: money that is sent back
	Part       id.ID // the line of a statement that is sent back
	Amount     money.Amount
	To         Creditor
	State      string
	Reason     string // of the bank
	Reference  string
}

// Creditor is to whom and where money is paid out.
type Creditor struct {
	Name      string `json:"n"`
	TaxNumber string `json:"t,omitempty"`
	Account   string `json:"a"`
	BIC       string `json:"b,omitempty"`
	Member    string `json:"m,omitempty"`
	Bank      string `json:"k,omitempty"`
	Purpose   string `json:"p,omitempty"`
}

func (c Creditor) transfer(ref id.ID, amount money.Amount) iso20022.Transfer {
	return iso20022.Transfer{
		ID: iso20022.Ref(ref), Amount: amount, Creditor: iso20022.Party{Name: c.Name, TaxNumber: c.TaxNumber}, CreditorAccount: iso20022.Account{Number: c.Account},
		CreditorBank: iso20022.Bank{BIC: c.BIC, Member: c.Member, Name: c.Bank}, Purpose: c.Purpose,
	}
}

// order is the message to the bank.
func (m *Module) order(p Payout) iso20022.Initiation {
	own := m.deps.Account
	g := iso20022.Group{
		ID: iso20022.Ref(p.ID), Day: m.today(), Debtor: iso20022.Party{Name: own.Name, TaxNumber: own.TaxNumber}, DebtorAccount: iso20022.Account{Number: own.Number, Currency: own.Currency},
		DebtorBank: own.Bank,
	}
	if !p.Approved.IsZero() {
		g.Day = calendar.DateOf(p.Approved, m.deps.Zone()) // the same whenever it is written again
	}
	for _, l := range p.Lines {
		g.Transfers = append(g.Transfers, l.To.transfer(l.ID, l.Amount))
	}
	made := p.Made
	return iso20022.Initiation{ID: iso20022.Ref(p.ID), Made: made, Initiator: g.Debtor, Groups: []iso20022.Group{g}}
}

// WriteOrder writes the message to the bank for a payout that was let out.
func (m *Module) WriteOrder(p Payout, to io.Writer) error {
	if p.State == payoutPrepared || p.State == payoutCancelled || p.ApprovedBy.IsZero() {
		return ErrSecond
	}
	return m.order(p).Write(to)
}

// PreparePayout makes an order of every payee's income until the end of a day, as far as it was not paid out, and of what is to
// be sent back. The income is set aside at once. It pays out nothing: another official must let it out. Errors: ErrRole,
// ErrNothing; ErrDetails: the bank would not take it.
func (m *Module) PreparePayout(ctx context.Context, a act.Act, until calendar.Date) (Payout, error) {
	if err := m.mayAct(a); err != nil {
		return Payout{}, err
	}
	if today := m.today(); !until.Before(today) {
		until = today.AddDays(-1)
	}
	out := Payout{ID: id.New(m.base.Clock.Now()), Day: until, State: payoutPrepared, MadeBy: a.Actor.Person, Made: m.base.Clock.Now()}
	lines, err := m.payable(ctx, out.ID, until)
	if err != nil {
		return out, err
	}
	if len(lines) == 0 {
		return out, ErrNothing
	}
	out.Lines, out.Count = lines, int64(len(lines))
	for _, l := range lines {
		if out.Amount, err = out.Amount.Add(l.Amount); err != nil {
			return out, fmt.Errorf("reconcile: payout: %w", err)
		}
	}
	if err := m.order(out).Check(); err != nil {
		return out, ErrDetails.Because(err)
	}
	return out, m.putPayout(ctx, a, out, m.reserve)
}

// payable are the lines of the next payout.
func (m *Module) payable(ctx context.Context, payout id.ID, until calendar.Date) ([]PayoutLine, error) {
	payees, err := m.payees(ctx)
	if err != nil {
		return nil, err
	}
	details, err := m.approvedDetails(ctx)
	if err != nil {
		return nil, err
	}
	c := m.deps.Account.Currency
	end := until.AddDays(1).Start(m.deps.Zone())
	var out []PayoutLine
	for _, p := range payees {
		to, ok := details[p.ID]
		if !ok || p.Own {
			continue
		}
		amount, err := m.unpaid(ctx, p.ID, end)
		if err != nil {
			return nil, err
		}
		if amount <= 0 {
			continue
		}
		to.Purpose = m.base.Texts.Text(lang.Russian, "reconcile.payout.purpose", "day", until.String())
		out = append(out, PayoutLine{
			Payout: payout, ID: id.Derived("payout line", payout.String()+" "+p.ID.String()), Payee: p.ID, Amount: money.Amount{Minor: amount, Currency: c}, To: to, State: lineWaits,
		})
	}
	return out, nil
}

// unpaid is the income of a payee until a moment that is neither paid out nor set aside. What was given back since is taken off.
func (m *Module) unpaid(ctx context.Context, payee id.ID, until time.Time) (int64, error) {
	account := pay.Income(payee, m.deps.Account.Currency).ID
	then, err := ledger.BalanceAt(ctx, m.base.Store, account, until)
	if err != nil {
		return 0, err
	}
	var now ledger.Balance
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		now, err = ledger.BalanceOf(r, account)
		return err
	})
	return min(then.Net()-now.DebitsReserved, now.Free()), err
}

// reserve sets a line's money aside: no more than the income still has in this very Write. Two orders prepared at once
// would otherwise both take all of it.
func (m *Module) reserve(tx *store.Tx, l PayoutLine, actID id.ID) error {
	if l.Payee.IsZero() {
		_, err := ledger.Post(tx, m.movement(l, Unidentified(l.Amount.Currency), actID))
		return err
	}
	income := pay.Income(l.Payee, l.Amount.Currency)
	balance, err := ledger.BalanceOf(tx, income.ID)
	if err != nil {
		return err
	}
	if balance.Free() < l.Amount.Minor {
		return tx.Fail(ErrChanged) // somebody else has set it aside since it was counted
	}
	_, err = ledger.Reserve(tx, m.movement(l, income, actID))
	return err
}

func (m *Module) movement(l PayoutLine, from ledger.Account, actID id.ID) ledger.Movement {
	return ledger.Movement{
		ID: l.ID, Holder: m.treasury(), Act: actID, Lines: []ledger.Line{{Debit: from, Credit: OnPayout(l.Amount.Currency), Amount: l.Amount, About: l.ID}},
	}
}

// putPayout writes an order down.
func (m *Module) putPayout(ctx context.Context, a act.Act, p Payout, set func(*store.Tx, PayoutLine, id.ID) error) error {
	rows := make([]reconciledb.InsertPayoutLineParams, len(p.Lines))
	keys, err := m.base.Vault.Keys(ctx, m.treasury())
	if err != nil {
		return fmt.Errorf("reconcile: the treasury's key: %w", err)
	}
	for i, l := range p.Lines {
		plain, err := json.Marshal(l.To)
		if err != nil {
			return fmt.Errorf("reconcile: payout: %w", err)
		}
		rows[i] = reconciledb.InsertPayoutLineParams{
			Payout: p.ID, ID: l.ID, Payee: l.Payee, Part: l.Part, Amount: l.Amount.Minor, Currency: string(l.Amount.Currency), Creditor: keys.Seal("reconcile_payout_line", "creditor", plain),
		}
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		err := reconciledb.InsertPayout(tx, reconciledb.InsertPayoutParams{
			ID: p.ID, Day: p.Day.String(), Amount: p.Amount.Minor, Currency: string(p.Amount.Currency), Lines: p.Count, MadeBy: p.MadeBy, Made: p.Made,
		})
		if err != nil {
			return err
		}
		for i, l := range p.Lines {
			if err := reconciledb.InsertPayoutLine(tx, rows[i]); err != nil {
				return err
			}
			if err := set(tx, l, a.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// ApprovePayout lets an order out: another official than the one who prepared it. Errors: ErrRole, ErrSecond, ErrNone, ErrChanged.
func (m *Module) ApprovePayout(ctx context.Context, a act.Act, payout id.ID, revision int64) error {
	return m.judgePayout(ctx, a, payout, revision, EntryPayout, func(tx *store.Tx, p Payout) error {
		n, err := reconciledb.ApprovePayout(tx, reconciledb.ApprovePayoutParams{ID: p.ID, ApprovedBy: a.Actor.Person, Approved: tx.Now(), Revision: revision})
		if err != nil || n == 0 {
			return errors.Join(err, changed(tx, n))
		}
		for _, l := range p.Lines {
			if err := m.letOut(tx, p, l, a.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func changed(tx *store.Tx, n int64) error {
	if n == 0 {
		return tx.Fail(ErrChanged)
	}
	return nil
}

// letOut posts what was set aside, and expects the bank to show it.
func (m *Module) letOut(tx *store.Tx, p Payout, l PayoutLine, actID id.ID) error {
	if !l.Payee.IsZero() {
		did, err := ledger.PostReserved(tx, m.movement(l, pay.Income(l.Payee, l.Amount.Currency), actID))
		if err != nil || !did {
			return errors.Join(err, changed(tx, 0))
		}
	}
	return m.putExpected(tx, p.ID, AtBank{ID: l.ID, Kind: KindPayout, Provider: "bank", Amount: money.Amount{Minor: -l.Amount.Minor, Currency: l.Amount.Currency}, At: tx.Now()})
}

// CancelPayout gives up an order that was not let out. Errors: ErrRole, ErrNone, ErrChanged.
func (m *Module) CancelPayout(ctx context.Context, a act.Act, payout id.ID, revision int64) error {
	return m.judgePayout(ctx, a, payout, revision, EntryCancelled, func(tx *store.Tx, p Payout) error {
		n, err := reconciledb.CancelPayout(tx, tx.Now(), p.ID, revision)
		if err != nil || n == 0 {
			return errors.Join(err, changed(tx, n))
		}
		for _, l := range p.Lines {
			if err := m.giveUp(tx, l, a.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *Module) giveUp(tx *store.Tx, l PayoutLine, actID id.ID) error {
	if _, err := reconciledb.ChangePayoutLine(tx, reconciledb.ChangePayoutLineParams{Payout: l.Payout, ID: l.ID, State: lineCancelled, Was: lineWaits}); err != nil {
		return err
	}
	if l.Payee.IsZero() {
		return m.takeBack(tx, l, actID)
	}
	_, err := ledger.VoidReserved(tx, m.movement(l, pay.Income(l.Payee, l.Amount.Currency), actID))
	return err
}

// takeBack moves a line's money back to where it came from.
func (m *Module) takeBack(tx *store.Tx, l PayoutLine, actID id.ID) error {
	to := Unidentified(l.Amount.Currency)
	if !l.Payee.IsZero() {
		to = pay.Income(l.Payee, l.Amount.Currency)
	}
	back := m.movement(l, OnPayout(l.Amount.Currency), actID)
	back.ID = id.Derived("payout taken back", l.ID.String())
	back.Lines[0].Credit = to
	if _, err := ledger.Post(tx, back); err != nil || l.Part.IsZero() {
		return err
	}
	return m.reopen(tx, l)
}

// judgePayout is an official act on an order.
func (m *Module) judgePayout(ctx context.Context, a act.Act, payout id.ID, revision int64, kind string, do func(*store.Tx, Payout) error) error {
	if err := m.mayAct(a); err != nil {
		return err
	}
	p, err := m.Payout(ctx, payout)
	switch {
	case err != nil:
		return err
	case p.State != payoutPrepared || p.Revision != revision:
		return ErrChanged
	case kind == EntryPayout && p.MadeBy == a.Actor.Person:
		return ErrSecond
	}
	entry, err := m.entry(ctx, a.ID, kind, p.ID, m.fact("day", p.Day.String()), m.fact("amount", p.Amount.String()), m.fact("lines", fmt.Sprint(p.Count)))
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := do(tx, p); err != nil {
			return err
		}
		_, err := journal.Enter(tx, entry)
		return err
	})
}

// Payout reads an order with its lines; ErrNone.
func (m *Module) Payout(ctx context.Context, payout id.ID) (Payout, error) {
	keys, err := m.base.Vault.Keys(ctx, m.treasury())
	if err != nil {
		return Payout{}, fmt.Errorf("reconcile: the treasury's key: %w", err)
	}
	var out Payout
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := reconciledb.PayoutByID(r, payout)
		if err != nil {
			return err
		}
		if out, err = payoutOf(row); err != nil {
			return err
		}
		lines, err := reconciledb.PayoutLines(r, payout)
		for _, l := range lines {
			one := PayoutLine{Payout: l.Payout, ID: l.ID, Payee: l.Payee, Part: l.Part, Amount: money.Amount{Minor: l.Amount, Currency: money.Currency(l.Currency)}, State: l.State, Reason: l.Reason, Reference: l.Reference}
			plain, err := keys.Open("reconcile_payout_line", "creditor", l.Creditor)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(plain, &one.To); err != nil {
				return err
			}
			out.Lines = append(out.Lines, one)
		}
		return err
	})
	return out, none(err)
}

func payoutOf(row reconciledb.ReconcilePayout) (Payout, error) {
	day, err := calendar.ParseDate(row.Day)
	return Payout{
		ID: row.ID, Day: day, State: row.State, Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, Count: row.Lines, MadeBy: row.MadeBy, ApprovedBy: row.ApprovedBy,
		Made: row.Made, Approved: row.Approved, Sent: row.Sent, Answered: row.Answered, Answer: row.Answer, Revision: row.Revision,
	}, err
}

// Payouts lists orders, the newest first.
func (m *Module) Payouts(ctx context.Context, before id.ID) ([]Payout, error) {
	if before.IsZero() {
		before = id.MustParse("ffffffffffffffffffffffffffffffff")
	}
	return m.payouts(ctx, func(r store.Reader) ([]reconciledb.ReconcilePayout, error) {
		return reconciledb.Payouts(r, before, statementsShown)
	})
}

func (m *Module) payouts(ctx context.Context, read func(store.Reader) ([]reconciledb.ReconcilePayout, error)) ([]Payout, error) {
	var out []Payout
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := read(r)
		out = out[:0]
		for _, row := range rows {
			one, err := payoutOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return err
	})
	return out, err
}

// day1 stands for a day where none matters.
var day1 = calendar.MustDate("2000-01-01")
