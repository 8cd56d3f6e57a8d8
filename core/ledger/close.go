package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"posad.city/core/ledger/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// Day is a closed day of the books.
type Day struct {
	Day          calendar.Date
	Since, Until time.Time
	Transfers    int64
	Amount       int64 // moved in the day, minor units
	// Digest is the SHA-256 of the closing of every account that moved in the day, by id: 16 bytes of the account, then its
	// debits, credits and transfers since its first as 64-bit big-endian numbers.
	Digest [32]byte
	Closed time.Time
}

// closeAfter is how long after its end a day is closed: no Write lasts as long.
const closeAfter = 5 * time.Minute

// closingsPage is how many closings one Write puts down.
const closingsPage = 1000

// dueDay is a day that is over and what its accounts came to, in the order of their ids.
type dueDay struct {
	Day
	rows []ledgerdb.PutClosingParams
}

// closeNext closes the next day in the city's zone that is over: the first with a transfer, or the one after the last that
// was closed. entry makes ready what signs its totals; nil: nothing does. False when none is due, or another node was first.
func closeNext(ctx context.Context, s *store.Store, zone *time.Location, now time.Time, entry func(Day) (*journal.Ready, error)) (Day, bool, error) {
	d, did, err := due(ctx, s, zone, now)
	if err != nil || !did {
		return Day{}, false, err
	}
	var ready *journal.Ready
	if entry != nil {
		if ready, err = entry(d.Day); err != nil {
			return Day{}, false, err
		}
	}
	if err = keepClosings(ctx, s, d.Day, d.rows); err == nil {
		err = keepDay(ctx, s, &d.Day, ready)
	}
	if errors.Is(err, store.ErrExists) {
		return Day{}, false, nil // another node was first
	}
	return d.Day, err == nil, err
}

// due is the next day to close; false when none is.
func due(ctx context.Context, s *store.Store, zone *time.Location, now time.Time) (dueDay, bool, error) {
	var out dueDay
	found := false
	err := s.Read(ctx, func(r *store.Snapshot) error {
		out, found = dueDay{}, false
		next, err := nextDay(r, zone)
		if err != nil || next.Day.IsZero() || now.Before(next.Until.Add(closeAfter)) {
			return err
		}
		out.Day, found = next, true
		out.rows, err = closings(r, &out.Day)
		return err
	})
	return out, found, err
}

// keepClosings writes closings down page by page, so that a day on which very many accounts moved holds nobody else for long.
// Until the day is there they say nothing: whoever reads closings goes by days. store.ErrExists: the day is closed already.
func keepClosings(ctx context.Context, s *store.Store, d Day, rows []ledgerdb.PutClosingParams) error {
	for page := range slices.Chunk(rows, closingsPage) {
		err := s.Write(ctx, func(tx *store.Tx) error {
			_, err := ledgerdb.ClosedDay(tx, d.Day.String())
			if err == nil {
				return tx.Fail(store.ErrExists)
			}
			if !errors.Is(err, store.ErrNone) {
				return err
			}
			stmts := make([]store.Stmt, len(page))
			for i, row := range page {
				stmts[i] = ledgerdb.PutClosingStmt(row)
			}
			return execAll(tx, stmts)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepDay closes a day whose closings are there, with its entry in the journal when one is given.
func keepDay(ctx context.Context, s *store.Store, d *Day, entry *journal.Ready) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		d.Closed = tx.Now()
		err := ledgerdb.InsertDay(tx, ledgerdb.InsertDayParams{
			Day: d.Day.String(), Since: d.Since, Until: d.Until, Transfers: d.Transfers, Amount: d.Amount, Digest: d.Digest[:], Closed: d.Closed,
		})
		if err != nil || entry == nil {
			return err
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
}

// nextDay is the day to close next; no Day when nothing ever moved. Days without a transfer are closed too, so that a gap
// in them is a fault.
func nextDay(r store.Reader, zone *time.Location) (Day, error) {
	last, err := ledgerdb.LastDay(r)
	if err == nil {
		d, err := calendar.ParseDate(last.Day)
		if err != nil {
			return Day{}, err
		}
		d = d.AddDays(1)
		return Day{Day: d, Since: last.Until, Until: startOf(d.AddDays(1), zone)}, nil
	}
	if !errors.Is(err, store.ErrNone) {
		return Day{}, err
	}
	first, err := ledgerdb.FirstTransfer(r)
	if errors.Is(err, store.ErrNone) {
		return Day{}, nil
	}
	if err != nil {
		return Day{}, err
	}
	d := calendar.DateOf(first, zone)
	return Day{Day: d, Since: startOf(d, zone), Until: startOf(d.AddDays(1), zone)}, nil
}

func startOf(d calendar.Date, zone *time.Location) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, zone).UTC()
}

// closings are the rows of every account that moved in the day; the day is told its sums and its digest.
func closings(r store.Reader, d *Day) ([]ledgerdb.PutClosingParams, error) {
	moved, err := movedBetween(r, d.Since, d.Until)
	if err != nil {
		return nil, err
	}
	before, err := closingsOf(r, *d)
	if err != nil {
		return nil, err
	}
	accounts := make([]id.ID, 0, len(moved))
	for account, m := range moved {
		accounts = append(accounts, account)
		d.Amount += m.debits
		d.Transfers += m.transfers
	}
	d.Transfers /= 2 // each stands in two accounts
	slices.SortFunc(accounts, func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
	out := make([]ledgerdb.PutClosingParams, 0, len(accounts))
	digest := sha256.New()
	for _, account := range accounts {
		m, was := moved[account], before[account]
		row := ledgerdb.PutClosingParams{
			Account: account, Day: d.Day.String(), Debits: was.debits + m.debits, Credits: was.credits + m.credits, Transfers: was.transfers + m.transfers,
		}
		out = append(out, row)
		line := append([]byte{}, account[:]...)
		for _, n := range []int64{row.Debits, row.Credits, row.Transfers} {
			line = binary.BigEndian.AppendUint64(line, uint64(n))
		}
		digest.Write(line)
	}
	digest.Sum(d.Digest[:0])
	return out, nil
}

// closingsOf is what the accounts that moved in a day came to before it, by two queries however many they are.
func closingsOf(r store.Reader, d Day) (map[id.ID]moves, error) {
	out := map[id.ID]moves{}
	for _, list := range []func(store.Reader, time.Time, time.Time, string) ([]ledgerdb.LedgerClosing, error){ledgerdb.ClosingsOfGivers, ledgerdb.ClosingsOfTakers} {
		rows, err := list(r, d.Since, d.Until, d.Day.String())
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			out[row.Account] = moves{row.Debits, row.Credits, row.Transfers}
		}
	}
	return out, nil
}
