package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
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

// closeAfter is how long after its end a day is closed: hardly a Write lasts as long, and keepDay looks for one that did.
const closeAfter = 5 * time.Minute

// closingsPage is how many closings one Write puts down.
const closingsPage = 1000

// errLate says that a day had a transfer more when it was to be closed than when its accounts were counted.
var errLate = errors.New("ledger: a transfer came late into the day that is being closed")

// closeNext closes the next day in the city's zone that is over: the first with a transfer, or the one after the last that
// was closed. entry makes ready what signs its totals; nil: nothing does. False when none is due, another node was first, or a
// transfer came into the day meanwhile: the next round counts it.
func closeNext(ctx context.Context, s *store.Store, zone *time.Location, now time.Time, entry func(Day) (*journal.Ready, error)) (Day, bool, error) {
	d, parts, err := due(ctx, s, zone, now)
	if err != nil || len(parts) == 0 {
		return Day{}, false, err
	}
	err = closeAccounts(ctx, s, &d, parts)
	var ready *journal.Ready
	if err == nil && entry != nil {
		ready, err = entry(d)
	}
	if err == nil {
		err = keepDay(ctx, s, &d, ready)
	}
	if errors.Is(err, store.ErrExists) || errors.Is(err, errLate) {
		return Day{}, false, nil
	}
	return d, err == nil, err
}

// due is the next day to close, with the spans of accounts to go through; no spans when none is due.
func due(ctx context.Context, s *store.Store, zone *time.Location, now time.Time) (Day, []span, error) {
	var out Day
	var parts []span
	err := s.Read(ctx, func(r *store.Snapshot) error {
		out, parts = Day{}, nil
		next, err := nextDay(r, zone)
		if err != nil || next.Day.IsZero() || now.Before(next.Until.Add(closeAfter)) {
			return err
		}
		out = next
		parts, err = spans(r)
		return err
	})
	return out, parts, err
}

// closeAccounts writes down what the accounts came to that moved in a day, span by span; the day is told its sums and its digest.
func closeAccounts(ctx context.Context, s *store.Store, d *Day, parts []span) error {
	digest := sha256.New()
	for _, part := range parts {
		var rows []ledgerdb.PutClosingParams
		of := *d
		err := s.Read(ctx, func(r *store.Snapshot) error {
			of = *d
			var err error
			rows, err = closings(r, &of, part)
			return err
		})
		if err != nil {
			return err
		}
		*d = of
		for _, row := range rows {
			digest.Write(signed(row))
		}
		if err := keepClosings(ctx, s, *d, rows); err != nil {
			return err
		}
	}
	d.Transfers /= 2 // each stands in two accounts
	digest.Sum(d.Digest[:0])
	return nil
}

// signed is what the digest of a day has of a closing.
func signed(row ledgerdb.PutClosingParams) []byte {
	out := append([]byte{}, row.Account[:]...)
	for _, n := range []int64{row.Debits, row.Credits, row.Transfers} {
		out = binary.BigEndian.AppendUint64(out, uint64(n))
	}
	return out
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

// keepDay closes a day whose closings are there, with its entry in the journal when one is given. What was counted is counted once
// more in this very Write, which no transfer into the day can cross: a Write that was held up for long, on a machine that slept or
// one whose clock is wrong, is counted, or comes after it and into the day that is open. errLate: count again.
func keepDay(ctx context.Context, s *store.Store, d *Day, entry *journal.Ready) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		d.Closed = tx.Now()
		total, err := ledgerdb.TotalBetween(tx, d.Since, d.Until)
		if err != nil {
			return err
		}
		if total.Transfers != d.Transfers || total.Amount != d.Amount {
			return tx.Fail(errLate)
		}
		err = ledgerdb.InsertDay(tx, ledgerdb.InsertDayParams{
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

// closings are the rows of every account of a span that moved in the day; the day's sums grow by them.
func closings(r store.Reader, d *Day, of span) ([]ledgerdb.PutClosingParams, error) {
	moved, err := movedBetween(r, d.Since, d.Until, of)
	if err != nil {
		return nil, err
	}
	before, err := closingsOf(r, *d, of)
	if err != nil {
		return nil, err
	}
	accounts := slices.SortedFunc(maps.Keys(moved), func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
	out := make([]ledgerdb.PutClosingParams, 0, len(accounts))
	for _, account := range accounts {
		m, was := moved[account], before[account]
		d.Amount += m.debits
		d.Transfers += m.transfers
		out = append(out, ledgerdb.PutClosingParams{
			Account: account, Day: d.Day.String(), Debits: was.debits + m.debits, Credits: was.credits + m.credits, Transfers: was.transfers + m.transfers,
		})
	}
	return out, nil
}

// closingsOf is what the accounts of a span that moved in a day came to before it, by two queries however many they are.
func closingsOf(r store.Reader, d Day, of span) (map[id.ID]moves, error) {
	out := map[id.ID]moves{}
	givers, err := ledgerdb.ClosingsOfGivers(r, ledgerdb.ClosingsOfGiversParams{Since: d.Since, Until: d.Until, First: of.first, Last: of.last, Day: d.Day.String()})
	if err != nil {
		return nil, err
	}
	takers, err := ledgerdb.ClosingsOfTakers(r, ledgerdb.ClosingsOfTakersParams{Since: d.Since, Until: d.Until, First: of.first, Last: of.last, Day: d.Day.String()})
	for _, row := range append(givers, takers...) {
		out[row.Account] = moves{row.Debits, row.Credits, row.Transfers}
	}
	return out, err
}
