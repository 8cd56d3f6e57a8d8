package charity

import (
	"context"
	"time"

	"posad.city/core/ledger"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// past is what happened in a purse, in its order.
type past struct {
	given []Given
	spent []Spent
	told  []Told
}

// historyOf reads a purse's life.
func historyOf(r store.Reader, fund, aim id.ID) (past, error) {
	var out past
	rows, err := charitydb.EntriesOfPurse(r, fund, aim)
	if err != nil {
		return out, err
	}
	type piece struct {
		gift id.ID
		part int64
	}
	back := map[piece]bool{}
	for _, row := range rows {
		if row.Kind == string(EntryBack) || row.Kind == string(EntryReturn) {
			back[piece{row.ID, row.Part}] = true
		}
	}
	for _, row := range rows {
		switch EntryKind(row.Kind) {
		case EntryGift:
			if !back[piece{row.ID, row.Part}] {
				out.given = append(out.given, Given{row.ID, row.Part, row.Amount})
			}
		case EntryPayout:
			if !back[piece{row.ID, row.Part}] {
				out.spent = append(out.spent, Spent{row.ID, row.Line, row.Amount})
			}
		}
	}
	reports, err := charitydb.ReportsOf(r, fund, aim)
	if err != nil {
		return out, err
	}
	for _, row := range reports {
		one, err := reportOf(row)
		if err != nil {
			return out, err
		}
		for i, l := range one.Lines {
			out.told = append(out.told, Told{one.ID, i, l.Line, l.Amount})
		}
	}
	return out, nil
}

// leftToTell is what was paid out for each line of the budget and not reported.
func (p past) leftToTell() map[string]int64 {
	out := map[string]int64{}
	for _, s := range p.spent {
		out[s.Line] += s.Amount
	}
	for _, t := range p.told {
		out[t.Line] -= t.Amount
	}
	return out
}

// paidFor is what was paid out for each line of the budget.
func (p past) paidFor() map[string]int64 {
	out := map[string]int64{}
	for _, s := range p.spent {
		out[s.Line] += s.Amount
	}
	return out
}

func traceOf(r store.Reader, fund, aim, gift id.ID) (Way, error) {
	h, err := historyOf(r, fund, aim)
	return WayOf(gift, Trace(h.given, h.spent, h.told)), err
}

// history reads a purse's life in a snapshot of its own.
func (m *Module) history(ctx context.Context, fund, aim id.ID) (past, error) {
	var out past
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = historyOf(r, fund, aim)
		return err
	})
	return out, wrap("history", err)
}

// Where is a gift's page: what everybody who has its code may see.
type Where struct {
	Fund   Fund
	Gift   id.ID
	Aim    id.ID // as it was given
	Amount int64
	Paid   bool // it is in the books
	Back   bool
	At     time.Time // when it came
	Parts  []WherePart
}

// WherePart is the part of a gift that lies in one purse.
type WherePart struct {
	Appeal *Standing // nil: the fund's own aims
	Amount int64
	Way    Way
	Told   map[id.ID]Report
	Spent  map[id.ID]Payout
}

// Where traces a gift by the code of its page; ErrNone for a code that is no gift's.
func (m *Module) Where(ctx context.Context, code string) (Where, error) {
	var out Where
	key := m.base.Vault.Keyed("charity.code", code)
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := charitydb.ByCode(r, key)
		if err != nil {
			return err
		}
		out = Where{Gift: row.Gift, Aim: row.Appeal, Amount: row.Amount}
		fund, err := charitydb.FundByID(r, row.Fund)
		if err != nil {
			return err
		}
		if out.Fund, err = fundOf(fund); err != nil {
			return err
		}
		return out.follow(r)
	})
	return out, none(err)
}

func (w *Where) follow(r store.Reader) error {
	entries, err := charitydb.EntriesOf(r, w.Fund.ID, w.Gift)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Kind == string(EntryBack) {
			w.Back = true
			continue
		}
		w.Paid, w.At = true, e.At
		part := WherePart{Amount: e.Amount}
		if e.Appeal != w.Fund.ID {
			s, err := standingOf(r, w.Fund.ID, e.Appeal)
			if err != nil {
				return err
			}
			part.Appeal = &s
		}
		if part.Way, err = traceOf(r, w.Fund.ID, e.Appeal, w.Gift); err != nil {
			return err
		}
		if err := part.papers(r, w.Fund.ID, e.Appeal); err != nil {
			return err
		}
		w.Parts = append(w.Parts, part)
	}
	return nil
}

// papers reads the payouts and reports that the pieces name.
func (p *WherePart) papers(r store.Reader, fund, aim id.ID) error {
	p.Told, p.Spent = map[id.ID]Report{}, map[id.ID]Payout{}
	for _, piece := range p.Way.Pieces {
		if _, have := p.Spent[piece.Payout]; have || piece.Payout.IsZero() {
			continue
		}
		row, err := charitydb.PayoutByID(r, fund, piece.Payout)
		if err != nil {
			return err
		}
		if p.Spent[piece.Payout], err = payoutOf(row); err != nil {
			return err
		}
	}
	rows, err := charitydb.ReportsOf(r, fund, aim)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if p.Told[row.ID], err = reportOf(row); err != nil {
			return err
		}
	}
	return nil
}

// DayBook is a day of a fund's books.
type DayBook struct {
	Day      calendar.Date
	Gifts    int64 // how many
	Came     int64
	Back     int64
	Out      int64
	Returned int64 // payouts that the bank sent back
	Balance  int64 // at the end of the day
	Payouts  []Entry
}

// Books are a fund's movements in a span of days.
type Books struct {
	Fund         id.ID
	Since, Until calendar.Date
	Before       int64 // balance before the first day
	After        int64 // after the last
	Days         []DayBook
	// Ledger is what the city's books say of the fund's account at the end of the last day, Now when that day is not over.
	Ledger int64
	Fits   bool
}

// Books reads a fund's books for days, and compares their balance with the city's ledger.
func (m *Module) Books(ctx context.Context, fund id.ID, since, until calendar.Date) (Books, error) {
	out := Books{Fund: fund, Since: since, Until: until}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out.Days = nil
		before, err := balanceUntil(r, fund, since.AddDays(-1))
		if err != nil {
			return err
		}
		out.Before, out.After = before, before
		rows, err := charitydb.DaysOf(r, fund, since.String(), until.String())
		if err != nil {
			return err
		}
		entries, err := charitydb.EntriesOfDays(r, charitydb.EntriesOfDaysParams{Fund: fund, Since: since.String(), Until: until.String(), Most: 20_000})
		if err != nil {
			return err
		}
		return out.fold(rows, entries)
	})
	if err != nil {
		return out, wrap("books", err)
	}
	balance, err := ledger.BalanceAt(ctx, m.base.Store, Account(fund).ID, m.endOf(until))
	out.Ledger = balance.Net()
	out.Fits = out.Ledger == out.After
	return out, wrap("ledger", err)
}

func (m *Module) endOf(day calendar.Date) time.Time {
	next := day.AddDays(1)
	return time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, m.deps.Zone()).UTC()
}

func balanceUntil(r store.Reader, fund id.ID, day calendar.Date) (int64, error) {
	row, err := charitydb.BooksUntil(r, fund, day.String())
	return row.Gifts - row.Back - row.Payouts, err
}

func (b *Books) fold(rows []charitydb.DaysOfRow, entries []charitydb.CharityEntry) error {
	for _, row := range rows {
		day, err := calendar.ParseDate(row.Day)
		if err != nil {
			return err
		}
		if n := len(b.Days); n == 0 || b.Days[n-1].Day != day {
			b.Days = append(b.Days, DayBook{Day: day})
		}
		d := &b.Days[len(b.Days)-1]
		switch EntryKind(row.Kind) {
		case EntryGift:
			d.Gifts, d.Came = row.Entries, row.Amount
			b.After += row.Amount
		case EntryBack:
			d.Back = row.Amount
			b.After -= row.Amount
		case EntryPayout:
			d.Out = row.Amount
			b.After -= row.Amount
		case EntryReturn:
			d.Returned = row.Amount
			b.After += row.Amount
		}
		d.Balance = b.After
	}
	for _, row := range entries {
		if row.Kind != string(EntryPayout) {
			continue
		}
		e, err := entryOf(row)
		if err != nil {
			return err
		}
		for i := range b.Days {
			if b.Days[i].Day == e.Day {
				b.Days[i].Payouts = append(b.Days[i].Payouts, e)
			}
		}
	}
	return nil
}

// Totals are what a fund's books come to.
type Totals struct {
	Given, Back, Paid int64
}

// Balance is what the fund has.
func (t Totals) Balance() int64 { return t.Given - t.Back - t.Paid }

// Totals adds up a fund's books until now.
func (m *Module) Totals(ctx context.Context, fund id.ID) (Totals, error) {
	var out Totals
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := charitydb.BooksUntil(r, fund, "9999-12-31")
		out = Totals{row.Gifts, row.Back, row.Payouts}
		return err
	})
	return out, wrap("totals", err)
}

// LastGifts are the newest gifts of an aim.
func (m *Module) LastGifts(ctx context.Context, fund, aim id.ID, most int64) ([]Entry, error) {
	var out []Entry
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := charitydb.LastGifts(r, fund, aim, most)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := entryOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, wrap("last gifts", err)
}
