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

// closeNext closes the next day in the city's zone that is over: the first with a transfer, or the one after the last that
// was closed. entry makes ready what signs its totals; nil: nothing does. False when none is due, or another node was first.
func closeNext(ctx context.Context, s *store.Store, zone *time.Location, now time.Time, entry func(Day) (*journal.Ready, error)) (Day, bool, error) {
	day, rows, err := due(ctx, s, zone, now)
	if err != nil || day.Day.IsZero() {
		return day, false, err
	}
	var ready *journal.Ready
	if entry != nil {
		if ready, err = entry(day); err != nil {
			return day, false, err
		}
	}
	return keep(ctx, s, day, rows, ready)
}

// due is the next day to close and its closings; no Day when none is due.
func due(ctx context.Context, s *store.Store, zone *time.Location, now time.Time) (Day, []ledgerdb.InsertClosingParams, error) {
	var out Day
	var rows []ledgerdb.InsertClosingParams
	err := s.Read(ctx, func(r *store.Snapshot) error {
		out, rows = Day{}, nil
		next, err := nextDay(r, zone)
		if err != nil || next.Day.IsZero() || now.Before(next.Until.Add(closeAfter)) {
			return err
		}
		out = next
		rows, err = closings(r, &out)
		return err
	})
	return out, rows, err
}

// keep writes a closed day down, with its entry in the journal when one is given.
func keep(ctx context.Context, s *store.Store, d Day, rows []ledgerdb.InsertClosingParams, entry *journal.Ready) (Day, bool, error) {
	err := s.Write(ctx, func(tx *store.Tx) error {
		d.Closed = tx.Now()
		err := ledgerdb.InsertDay(tx, ledgerdb.InsertDayParams{
			Day: d.Day.String(), Since: d.Since, Until: d.Until, Transfers: d.Transfers, Amount: d.Amount, Digest: d.Digest[:], Closed: d.Closed,
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := ledgerdb.InsertClosing(tx, row); err != nil {
				return err
			}
		}
		if entry == nil {
			return nil
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
	if errors.Is(err, store.ErrExists) {
		return Day{}, false, nil // another node was first
	}
	return d, err == nil, err
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
func closings(r store.Reader, d *Day) ([]ledgerdb.InsertClosingParams, error) {
	moved, err := movedBetween(r, d.Since, d.Until)
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
	out := make([]ledgerdb.InsertClosingParams, 0, len(accounts))
	digest := sha256.New()
	for _, account := range accounts {
		before, err := ledgerdb.ClosingBefore(r, account, d.Day.String())
		if err != nil && !errors.Is(err, store.ErrNone) {
			return nil, err
		}
		m := moved[account]
		row := ledgerdb.InsertClosingParams{
			Account: account, Day: d.Day.String(), Debits: before.Debits + m.debits, Credits: before.Credits + m.credits, Transfers: before.Transfers + m.transfers,
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
