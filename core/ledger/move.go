package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"posad.city/core/ledger/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// buckets is how many rows of balance an account without a bound has, so that of two dozen Writes at once hardly two meet on
// PostgreSQL. A movement keeps to one of them for ever.
const buckets = 256

// Post moves money. It tells whether it did: false when the same movement stood in the books before. Errors: ErrMovement,
// ErrShort, ErrOther; after one of these the Write fails.
func Post(tx *store.Tx, m Movement) (bool, error) { return put(tx, m, Posted) }

// Reserve sets money aside until PostReserved or VoidReserved. Otherwise as Post.
func Reserve(tx *store.Tx, m Movement) (bool, error) { return put(tx, m, Reserved) }

func put(tx *store.Tx, m Movement, state State) (bool, error) {
	if err := m.check(); err != nil {
		return false, tx.Fail(err)
	}
	rows := make([]store.Stmt, len(m.Lines))
	for i := range m.Lines {
		rows[i] = ledgerdb.InsertTransferStmt(ledgerdb.InsertTransferParams(m.row(i, state, tx.Now())))
	}
	counts, err := tx.ExecAll(rows...)
	if err != nil {
		return false, err
	}
	fresh := int64(0)
	for _, n := range counts {
		fresh += n
	}
	switch fresh {
	case 0:
		return false, m.same(tx, state)
	case int64(len(m.Lines)):
		return true, move(tx, m.deltas(state), false)
	}
	return false, tx.Fail(fmt.Errorf("%w: %s", ErrOther, m.ID))
}

// same fails the Write when the books have this movement with other lines, or in a state to which this one does not lead:
// what was reserved may be posted by now, but what is only reserved, or given up, was not posted before.
func (m Movement) same(tx *store.Tx, state State) error {
	or := state
	if state == Reserved {
		or = Posted
	}
	for i, l := range m.Lines {
		found, err := ledgerdb.SameLine(tx, ledgerdb.SameLineParams{
			Holder: m.Holder, Movement: m.ID, Line: int64(i), Debit: l.Debit.ID, Credit: l.Credit.ID, Amount: l.Amount.Minor, Currency: string(l.Amount.Currency),
			State: string(state), OrState: string(or),
		})
		if err != nil {
			return err
		}
		if found.Same != 1 || found.Lines != int64(len(m.Lines)) {
			return tx.Fail(fmt.Errorf("%w: %s, line %d", ErrOther, m.ID, i))
		}
	}
	return nil
}

// PostStmts are the statements that post a movement by store.Append together with others, and read nothing: a movement that
// stands in the books already is store.ErrExists. Every account must be without a bound. Many callers at once into the same
// accounts cross on PostgreSQL.
func PostStmts(m Movement, now time.Time) ([]store.Stmt, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	out := make([]store.Stmt, 0, 3*len(m.Lines))
	for i, l := range m.Lines {
		if l.Debit.Bound != Free || l.Credit.Bound != Free {
			return nil, fmt.Errorf("%w: line %d has a bound", ErrMovement, i)
		}
		out = append(out, ledgerdb.AddTransferStmt(ledgerdb.AddTransferParams(m.row(i, Posted, now))))
	}
	for _, d := range m.deltas(Posted) {
		out = append(out, ledgerdb.MoveBalanceStmt(d.params()))
	}
	return out, nil
}

// PostReserved posts what a movement reserved; VoidReserved gives it up. They tell whether it was reserved still. The
// movement is the one that was put, all of its lines.
func PostReserved(tx *store.Tx, m Movement) (bool, error) { return end(tx, m, Posted) }

// VoidReserved: see PostReserved.
func VoidReserved(tx *store.Tx, m Movement) (bool, error) { return end(tx, m, Void) }

func end(tx *store.Tx, m Movement, state State) (bool, error) {
	if err := m.check(); err != nil {
		return false, tx.Fail(err)
	}
	n, err := ledgerdb.EndTransfers(tx, ledgerdb.EndTransfersParams{Holder: m.Holder, Movement: m.ID, State: string(state), Ended: tx.Now()})
	if err != nil || n == 0 {
		return false, err
	}
	if err := m.same(tx, state); err != nil {
		return false, err
	}
	deltas := m.deltas(Reserved)
	for i := range deltas {
		d := &deltas[i]
		if state == Posted {
			d.debits, d.credits = d.debitsReserved, d.creditsReserved
		}
		d.debitsReserved, d.creditsReserved = -d.debitsReserved, -d.creditsReserved
	}
	return true, move(tx, deltas, true)
}

func (m Movement) row(i int, state State, now time.Time) ledgerdb.AddTransferParams {
	l := m.Lines[i]
	out := ledgerdb.AddTransferParams{
		Holder: m.Holder, Movement: m.ID, Line: int64(i), Debit: l.Debit.ID, Credit: l.Credit.ID, Amount: l.Amount.Minor,
		Currency: string(l.Amount.Currency), State: string(state), Entered: now, Act: m.Act, About: l.About,
	}
	if state != Reserved {
		out.Ended = now
	}
	return out
}

// delta is what a movement changes of one row of balance.
type delta struct {
	account                         Account
	bucket                          int64
	debits, credits                 int64
	debitsReserved, creditsReserved int64
}

func (d delta) params() ledgerdb.MoveBalanceParams {
	return ledgerdb.MoveBalanceParams{
		Account: d.account.ID, Bucket: d.bucket, Currency: string(d.account.Currency), Debits: d.debits, Credits: d.credits,
		DebitsReserved: d.debitsReserved, CreditsReserved: d.creditsReserved,
	}
}

// deltas are a movement's changes, one a row, in the order in which every Write touches them.
func (m Movement) deltas(state State) []delta {
	bucket := m.bucket()
	at := map[id.ID]int{}
	var out []delta
	add := func(a Account, debit, credit int64) {
		i, ok := at[a.ID]
		if !ok {
			i = len(out)
			at[a.ID] = i
			d := delta{account: a}
			if a.Bound == Free {
				d.bucket = bucket
			}
			out = append(out, d)
		}
		if state == Reserved {
			out[i].debitsReserved += debit
			out[i].creditsReserved += credit
			return
		}
		out[i].debits += debit
		out[i].credits += credit
	}
	for _, l := range m.Lines {
		add(l.Debit, l.Amount.Minor, 0)
		add(l.Credit, 0, l.Amount.Minor)
	}
	slices.SortFunc(out, inOrder)
	return out
}

// inOrder is the order in which every Write touches balances, so that no two wait for each other in a circle.
func inOrder(a, b delta) int { return bytes.Compare(a.account.ID[:], b.account.ID[:]) }

func (m Movement) bucket() int64 {
	h := fnv.New32a()
	_, _ = h.Write(m.ID[:]) // a hash's Write never fails
	return int64(h.Sum32() % buckets)
}

// move changes the balances. A row appears with its account's first transfer; ending a reservation finds it there.
func move(tx *store.Tx, deltas []delta, ending bool) error {
	var free []store.Stmt // that wait for the next one with a bound, so that rows are touched in their order
	for _, d := range deltas {
		if d.account.Bound == Free && !ending {
			free = append(free, ledgerdb.MoveBalanceStmt(d.params()))
			continue
		}
		if err := execAll(tx, free); err != nil {
			return err
		}
		free = nil
		if err := d.held(tx); err != nil {
			return err
		}
	}
	return execAll(tx, free)
}

func execAll(tx *store.Tx, stmts []store.Stmt) error {
	if len(stmts) == 0 {
		return nil
	}
	_, err := tx.ExecAll(stmts...)
	return err
}

// held changes a row that the database holds to a bound. It must be there: a row that an upsert proposes is judged alone.
func (d delta) held(tx *store.Tx) error {
	n, err := d.update(tx)
	if err == nil && n == 0 {
		if err = ledgerdb.OpenBounded(tx, d.account.ID, int64(d.account.Bound), string(d.account.Currency)); err == nil {
			n, err = d.update(tx)
		}
	}
	switch {
	case errors.Is(err, store.ErrCheck):
		return tx.Fail(fmt.Errorf("%w: %s: %w", ErrShort, d.account.ID, err))
	case err == nil && n == 0:
		return tx.Fail(fmt.Errorf("%w: %s", ErrOther, d.account.ID))
	}
	return err
}

func (d delta) update(tx *store.Tx) (int64, error) {
	return ledgerdb.MoveOpen(tx, ledgerdb.MoveOpenParams{
		Account: d.account.ID, Bucket: d.bucket, Bound: int64(d.account.Bound), Currency: string(d.account.Currency), Debits: d.debits, Credits: d.credits,
		DebitsReserved: d.debitsReserved, CreditsReserved: d.creditsReserved,
	})
}
