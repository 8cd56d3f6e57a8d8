package charity

import (
	"context"
	"slices"
	"time"

	"posad.city/core/ledger"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// enter writes a movement into a fund's books and into the sums of its day. One that is there stays as it is.
func enter(tx *store.Tx, e charitydb.InsertEntryParams) error {
	fresh, err := charitydb.InsertEntry(tx, e)
	if err != nil || fresh == 0 {
		return err
	}
	return charitydb.AddToDay(tx, charitydb.AddToDayParams{Fund: e.Fund, Day: e.Day, Kind: e.Kind, Amount: e.Amount})
}

// uses are what money of a purse was used for, in order.
type uses struct {
	spent []Spent
	told  []Told
}

// reportsMost is how many reports of an appeal its page shows, the newest.
const reportsMost = 500

// usesOf reads what a purse was used for. What the bank sent back was not spent.
func usesOf(r store.Reader, fund, aim id.ID) (uses, error) {
	var out uses
	returns, err := charitydb.MovesOfPurse(r, fund, aim, string(EntryReturn))
	if err != nil {
		return out, err
	}
	payouts, err := charitydb.MovesOfPurse(r, fund, aim, string(EntryPayout))
	if err != nil {
		return out, err
	}
	for _, row := range payouts {
		if !slices.ContainsFunc(returns, func(back charitydb.CharityEntry) bool { return back.ID == row.ID }) {
			out.spent = append(out.spent, Spent{row.ID, row.Line, row.Amount})
		}
	}
	reports, err := charitydb.TellingOf(r, fund, aim)
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

// wayOf traces one part of a gift that lies in its purse. What came before it and did not go back was spent before it, so that no
// other gift is read.
func wayOf(r store.Reader, part charitydb.CharityEntry, u uses) (Way, error) {
	back, err := charitydb.BackBefore(r, part.Fund, part.Appeal, part.Place)
	before := Given{Amount: part.Ahead - back}
	return WayOf(part.ID, Trace([]Given{before, {part.ID, part.Part, part.Amount}}, u.spent, u.told)), err
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
	if err != nil || len(entries) == 0 {
		return err
	}
	parts, _ := lying(entries)
	w.Paid, w.Back = true, len(parts) == 0
	for _, e := range parts {
		w.At = e.At
		part := WherePart{Amount: e.Amount}
		if e.Appeal != w.Fund.ID {
			s, err := standingOf(r, w.Fund.ID, e.Appeal)
			if err != nil {
				return err
			}
			part.Appeal = &s
		}
		u, err := usesOf(r, w.Fund.ID, e.Appeal)
		if err != nil {
			return err
		}
		if part.Way, err = wayOf(r, e, u); err != nil {
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
	rows, err := charitydb.TellingOf(r, fund, aim)
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
	Payouts  []Payout
}

// Unlisted is what went out on the day in payouts that are not listed: the month has too many.
func (d DayBook) Unlisted() int64 {
	out := d.Out
	for _, p := range d.Payouts {
		out -= p.Amount
	}
	return out
}

// payoutsMost is how many payouts of a month are read.
const payoutsMost = 2000

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
		before, err := charitydb.BalanceUntil(r, fund, since.AddDays(-1).String())
		if err != nil {
			return err
		}
		out.Before, out.After = before, before
		rows, err := charitydb.DaysOf(r, fund, since.String(), until.String())
		if err != nil {
			return err
		}
		payouts, err := charitydb.PayoutsOfDays(r, charitydb.PayoutsOfDaysParams{Fund: fund, Since: since.String(), Until: until.String(), Most: payoutsMost})
		if err != nil {
			return err
		}
		return out.fold(rows, payouts)
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

func (b *Books) fold(rows []charitydb.DaysOfRow, payouts []charitydb.PayoutsOfDaysRow) error {
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
	for _, row := range payouts {
		one, err := payoutOf(charitydb.CharityPayout{
			Fund: row.Fund, ID: row.ID, Appeal: row.Appeal, Line: row.Line, Amount: row.Amount, Body: row.Body, State: row.State, Asked: row.Asked,
			Decided: row.Decided, Revision: row.Revision,
		})
		if err != nil {
			return err
		}
		for i := range b.Days {
			if b.Days[i].Day.String() == row.Day {
				b.Days[i].Payouts = append(b.Days[i].Payouts, one)
			}
		}
	}
	return nil
}

// Totals are what a fund's books come to.
type Totals struct {
	Given int64 // without what went back
	Paid  int64
}

// Balance is what the fund has.
func (t Totals) Balance() int64 { return t.Given - t.Paid }

// Totals are what a fund's purses come to.
func (m *Module) Totals(ctx context.Context, fund id.ID) (Totals, error) {
	var out Totals
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := charitydb.SumsOf(r, fund)
		out = Totals{row.Given, row.Paid}
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
