package reconcile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Load takes a file of statements: all of it is read and added up before anything is written. A file whose loading broke off
// goes on where it stopped when it is given again. Errors: ErrFile, ErrAccount, ErrSums, ErrOther, ErrDay, ErrChain, ErrByBank; ErrAsked: an official
// gave it, and a second one must give the same; ErrKnown: all of it was loaded before, which the statements are returned with.
func (m *Module) Load(ctx context.Context, a act.Act, source string, file []byte) ([]Statement, error) {
	if len(file) > statementMost {
		return nil, ErrFile
	}
	sheets, err := readSheets(file, m.deps.Account)
	if err != nil {
		return nil, err
	}
	for i := range sheets {
		sheets[i].Source, sheets[i].Official, sheets[i].Loaded = source, a.Actor.Person, m.base.Clock.Now()
		if err := m.mayUpload(ctx, sheets[i].Statement); err != nil {
			return nil, err
		}
	}
	if source == SourceUpload {
		if err := m.letIn(ctx, a, sheets); err != nil {
			return nil, err
		}
	}
	var out []Statement
	known := 0
	for _, s := range sheets {
		err := m.loadSheet(ctx, a, s)
		if errors.Is(err, ErrKnown) {
			known++
		} else if err != nil {
			return out, err
		}
		out = append(out, s.Statement)
	}
	if known == len(sheets) {
		return out, ErrKnown
	}
	return out, nil
}

// letIn asks two officials for the same file before a statement is taken that the bank did not give by itself: what it says has come
// may be spent. What stands already is not asked about again.
func (m *Module) letIn(ctx context.Context, a act.Act, sheets []sheet) error {
	word := "statements"
	for _, s := range sheets {
		word += fmt.Sprintf(" %s %x %d %d", s.ID, s.Digest, s.Opening, s.Closing)
	}
	first := sheets[0]
	sum := money.Amount{Minor: first.Closing, Currency: first.Currency}
	entry, err := m.entry(ctx, a.ID, EntryStatement, first.ID, m.fact("day", first.Until.String()), m.fact("amount", sum.String()), m.fact("lines", fmt.Sprint(first.Lines)))
	if err != nil {
		return err
	}
	asked := false
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		asked = false
		for _, s := range sheets {
			_, err := reconciledb.StatementByID(tx, s.ID)
			if err == nil {
				continue
			}
			if !errors.Is(err, store.ErrNone) {
				return err
			}
			if err := follows(tx, s.Statement); err != nil {
				return err
			}
			second, err := m.seconded(tx, a, first.ID, word)
			if asked = !second; err != nil || asked {
				return err
			}
			_, err = journal.Enter(tx, entry)
			return err
		}
		return nil
	})
	if err == nil && asked {
		return ErrAsked
	}
	return err
}

func (m *Module) loadSheet(ctx context.Context, a act.Act, s sheet) error {
	if err := m.begin(ctx, a, s.Statement); err != nil {
		return err
	}
	if err := m.loadLines(ctx, a, s); err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error { return reconciledb.StatementDone(tx, s.ID) })
}

// loadLines writes those of a statement's lines that are not written yet.
func (m *Module) loadLines(ctx context.Context, a act.Act, s sheet) error {
	keys, err := m.base.Vault.Keys(ctx, m.treasury())
	if err != nil {
		return fmt.Errorf("reconcile: the treasury's key: %w", err)
	}
	lines, err := m.unloaded(ctx, s)
	if err != nil {
		return err
	}
	if err := m.hear(ctx, lines); err != nil {
		return err
	}
	plan, err := m.plan(ctx, lines)
	if err != nil {
		return err
	}
	actID := a.ID
	if actID.IsZero() {
		actID = id.New(m.base.Clock.Now())
	}
	for chunk := range slices.Chunk(lines, chunkLines) {
		details := make([]vault.Sealed, len(chunk))
		for i, l := range chunk {
			if details[i], err = l.sealed(keys); err != nil {
				return err
			}
		}
		err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
			for i, l := range chunk {
				if err := m.putPart(tx, m.partRow(s.Statement, l, plan[l.ID]), details[i], l, plan[l.ID], actID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("reconcile: statement %s: %w", s.BankID, err)
		}
	}
	return nil
}

// chunkLines is how many lines one Write takes.
const chunkLines = 40

// begin writes the statement's head, and what lay at the bank before the first one.
func (m *Module) begin(ctx context.Context, a act.Act, s Statement) error {
	actID := a.ID
	if actID.IsZero() {
		actID = id.New(m.base.Clock.Now())
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := reconciledb.InsertStatement(tx, reconciledb.InsertStatementParams{
			ID: s.ID, Account: s.Account, BankID: s.BankID, Sequence: s.Sequence, Since: s.Since.String(), Until: s.Until.String(), Opening: s.Opening, Closing: s.Closing,
			Currency: string(s.Currency), Lines: s.Lines, Came: s.Came, Went: s.Went, Digest: s.Digest[:], Source: s.Source, Official: s.Official, Loaded: tx.Now(),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			row, err := reconciledb.StatementByID(tx, s.ID)
			switch {
			case err != nil:
				return err
			case row.Opening != s.Opening || row.Closing != s.Closing || row.Lines != s.Lines || row.Came != s.Came || !bytes.Equal(row.Digest, s.Digest[:]):
				return tx.Fail(ErrOther)
			case row.State == "done":
				return tx.Fail(ErrKnown)
			}
		} else if err := follows(tx, s); err != nil {
			return err
		}
		return m.open(tx, s, actID)
	})
}

// follows fails the Write when a statement does not go on where the account's last one ended: a day counts once, and no statement
// comes before one that is here.
func follows(tx *store.Tx, s Statement) error {
	last, err := reconciledb.LastStatement(tx, s.Account, s.ID)
	switch {
	case errors.Is(err, store.ErrNone):
		return nil
	case err != nil:
		return err
	case s.Until.String() <= last.Until || s.Since.String() < last.Until:
		return tx.Fail(ErrDay)
	case s.Opening != last.Closing:
		return tx.Fail(ErrChain)
	}
	return nil
}

// mayUpload tells whether a statement may be taken: not of a day that is not over, and from an official none of a day that the bank
// itself tells of.
func (m *Module) mayUpload(ctx context.Context, s Statement) error {
	if !s.Until.Before(m.today()) {
		return ErrDay
	}
	if m.deps.Bank == nil || s.Source != SourceUpload {
		return nil
	}
	if file, err := m.deps.Bank.Statement(ctx, s.Until); err == nil {
		return errors.Join(ErrByBank, file.Close())
	}
	return nil // the bank has none, or is silent: then the file is all there is
}

// open posts what lay at the bank before the first statement; the same movement for all statements of the account, so that only
// the first one's counts.
func (m *Module) open(tx *store.Tx, s Statement, actID id.ID) error {
	first, err := reconciledb.FirstStatement(tx, s.Account)
	if err != nil || first.ID != s.ID || s.Opening == 0 {
		return err
	}
	bank, before := Bank(s.Account, s.Currency), Opening(s.Currency)
	balance, err := ledger.BalanceOf(tx, before.ID)
	if err != nil || balance != (ledger.Balance{}) {
		return err
	}
	_, err = ledger.Post(tx, ledger.Movement{
		ID: id.Derived("bank opening", s.Account), Holder: m.treasury(), Act: actID, Lines: []ledger.Line{moved(bank, before, s.Opening, s.Currency)},
	})
	return err
}

// moved is a line of the books by which so much came to the account at the bank from another; below zero it went there.
func moved(bank, other ledger.Account, amount int64, c money.Currency) ledger.Line {
	if amount < 0 {
		return ledger.Line{Debit: other, Credit: bank, Amount: money.Amount{Minor: -amount, Currency: c}}
	}
	return ledger.Line{Debit: bank, Credit: other, Amount: money.Amount{Minor: amount, Currency: c}}
}

// unloaded are the lines of a statement that are not written yet.
func (m *Module) unloaded(ctx context.Context, s sheet) ([]read, error) {
	stand := map[id.ID]bool{}
	for after, more := int64(0), true; more; {
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			rows, err := reconciledb.PartIDs(r, reconciledb.PartIDsParams{Treasury: m.treasury(), Statement: s.ID, After: after, Most: chunkPlan})
			for _, row := range rows {
				stand[row.ID], after = true, row.Number
			}
			more = len(rows) == chunkPlan
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var out []read
	for _, l := range s.lines {
		if !stand[l.ID] {
			out = append(out, l)
		}
	}
	return out, nil
}

// chunkPlan is how many lines one snapshot is held for: a statement may have hundreds of thousands.
const chunkPlan = 2000

func (m *Module) partRow(s Statement, l read, did shown) reconciledb.InsertPartParams {
	out := reconciledb.InsertPartParams{
		Treasury: m.treasury(), ID: l.ID, Statement: s.ID, Number: l.number, Day: l.Day.String(), Amount: l.Amount, Currency: l.Currency, Code: l.code,
		Reference: l.Reference, BankReference: l.BankReference, Rest: did.rest, Met: l.Amount - did.rest, State: string(did.state(l.fee)),
	}
	if l.fee {
		out.Rest, out.Met = 0, l.Amount
	}
	return out
}

// sealed are a line's details under the treasury's key; nil when there are none.
func (l read) sealed(keys *vault.Keys) (vault.Sealed, error) {
	if l.details == (Details{}) {
		return nil, nil
	}
	plain, err := json.Marshal(l.details)
	if err != nil {
		return nil, fmt.Errorf("reconcile: details: %w", err)
	}
	return keys.Seal("reconcile_part", "details", plain), nil
}

func (d shown) state(fee bool) State {
	switch {
	case fee:
		return Fee
	case d.came != nil:
		return Returned
	case d.twice:
		return Duplicate
	case d.rest == 0:
		return Whole
	case len(d.pairs) > 0:
		return Partly
	}
	return Unknown
}

// putPart writes a line, counts what it shows, and moves the books.
func (m *Module) putPart(tx *store.Tx, row reconciledb.InsertPartParams, details vault.Sealed, l read, did shown, actID id.ID) error {
	n, err := reconciledb.InsertPart(tx, row)
	if err != nil || n == 0 {
		return err
	}
	if details != nil {
		if err := reconciledb.InsertPayer(tx, row.Treasury, row.ID, details); err != nil {
			return err
		}
	}
	c := money.Currency(l.Currency)
	bank := Bank(m.deps.Account.Number, c)
	movement := ledger.Movement{ID: l.ID, Holder: m.treasury(), Act: actID}
	for _, p := range did.pairs {
		if err := m.meet(tx, p, tx.Now()); err != nil {
			return err
		}
		movement.Lines = append(movement.Lines, about(moved(bank, p.expected.account(), p.Amount, c), p.Ours))
	}
	if did.came != nil {
		back, err := m.payoutBack(tx, did.came, l)
		if err != nil {
			return err
		}
		movement.Lines = append(movement.Lines, about(moved(bank, back, l.Amount, c), did.came.line))
	}
	if did.rest != 0 {
		movement.Lines = append(movement.Lines, about(moved(bank, restAccount(l, did, c), did.rest, c), l.ID))
	}
	_, err = ledger.Post(tx, movement)
	return err
}

func about(l ledger.Line, what id.ID) ledger.Line {
	l.About = what
	return l
}

// restAccount is where what nobody expected of a line lies.
func restAccount(l read, did shown, c money.Currency) ledger.Account {
	switch {
	case l.fee:
		return Fees(c)
	case did.rest > 0:
		return Unidentified(c)
	}
	return Unexplained(c)
}

// meet counts what a line shows. Somebody else may have counted it first: then the Write fails and the loading is given again.
func (m *Module) meet(tx *store.Tx, p showing, now time.Time) error {
	row, err := reconciledb.ExpectedByID(tx, p.Ours)
	if err != nil {
		return err
	}
	if row.Met != p.expected.Met && size(row.Amount-row.Met) < size(p.Amount) {
		return tx.Fail(ErrChanged)
	}
	if _, err := reconciledb.MeetExpected(tx, p.Amount, p.Ours); err != nil {
		return err
	}
	if err := reconciledb.InsertMatch(tx, reconciledb.InsertMatchParams{Part: p.Line, Expected: p.Ours, Amount: p.Amount, How: string(p.How), At: now}); err != nil {
		return err
	}
	if row.Kind == KindPayout && row.Met+p.Amount == row.Amount {
		return m.paidOut(tx, row)
	}
	return nil
}

// paidOut writes down that a payment out left the bank. The statement may come before the bank's answer.
func (m *Module) paidOut(tx *store.Tx, row reconciledb.ReconcileExpected) error {
	l, err := reconciledb.PayoutLineByID(tx, row.Name)
	if err != nil || l.State != lineSent && l.State != lineWaits {
		return err
	}
	if _, err := reconciledb.ChangePayoutLine(tx, reconciledb.ChangePayoutLineParams{Payout: l.Payout, ID: l.ID, State: linePaid, Reference: l.Reference, Was: l.State}); err != nil {
		return err
	}
	return m.tell(tx, EventPaidOut, l.Payee, l.ID)
}

// payoutBack writes down that a payout came back, and tells to which account of the books.
func (m *Module) payoutBack(tx *store.Tx, back *returned, l read) (ledger.Account, error) {
	row, err := reconciledb.PayoutLineByID(tx, back.line)
	if err != nil {
		return ledger.Account{}, err
	}
	n, err := reconciledb.ChangePayoutLine(tx, reconciledb.ChangePayoutLineParams{
		Payout: back.payout, ID: back.line, State: lineReturned, Reason: l.details.Returned, Reference: l.BankReference, Was: row.State,
	})
	if err != nil {
		return ledger.Account{}, err
	}
	if n == 0 || row.State != linePaid && row.State != lineSent {
		return ledger.Account{}, tx.Fail(ErrChanged)
	}
	c := money.Currency(l.Currency)
	if back.payee.IsZero() {
		return Unidentified(c), m.reopen(tx, PayoutLine{Payout: row.Payout, ID: row.ID, Part: row.Part, Amount: money.Amount{Minor: row.Amount, Currency: c}})
	}
	return pay.Income(back.payee, c), m.tell(tx, EventCameBack, back.payee, back.line)
}
