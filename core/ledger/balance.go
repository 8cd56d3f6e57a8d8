package ledger

import (
	"context"
	"errors"
	"time"

	"posad.city/core/ledger/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Balance is what the transfers of an account come to, minor units.
type Balance struct {
	Debits, Credits                 int64 // posted: given and received
	DebitsReserved, CreditsReserved int64
}

// Net is what the account received above what it gave.
func (b Balance) Net() int64 { return b.Credits - b.Debits }

// Free is what an account of the bound Credits may still give.
func (b Balance) Free() int64 { return b.Credits - b.Debits - b.DebitsReserved }

// BalanceOf is an account's balance now; the zero Balance when nothing ever moved.
func BalanceOf(r store.Reader, account id.ID) (Balance, error) {
	rows, err := ledgerdb.BalanceOf(r, account)
	var out Balance
	for _, row := range rows {
		out.Debits += row.Debits
		out.Credits += row.Credits
		out.DebitsReserved += row.DebitsReserved
		out.CreditsReserved += row.CreditsReserved
	}
	return out, err
}

// BalanceAt is an account's balance as of a moment: everything posted before it. What was reserved then is not told.
func BalanceAt(ctx context.Context, s *store.Store, account id.ID, at time.Time) (Balance, error) {
	var out Balance
	err := s.Read(ctx, func(r *store.Snapshot) error {
		since, day, err := closedBefore(r, at)
		if err != nil {
			return err
		}
		if out, err = closingOf(r, account, day); err != nil {
			return err
		}
		moved, err := ledgerdb.MovedBetween(r, account, since, at)
		out.Debits += moved.Debits
		out.Credits += moved.Credits
		return err
	})
	return out, err
}

// BalancesAt are the balances of many accounts as of one moment, in one snapshot: the transfers of the moment's day are read once.
func BalancesAt(ctx context.Context, s *store.Store, at time.Time, accounts ...id.ID) (map[id.ID]Balance, error) {
	out := make(map[id.ID]Balance, len(accounts))
	err := s.Read(ctx, func(r *store.Snapshot) error {
		since, day, err := closedBefore(r, at)
		if err != nil {
			return err
		}
		moved, err := movedBetween(r, since, at, every)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			b, err := closingOf(r, account, day)
			if err != nil {
				return err
			}
			b.Debits += moved[account].debits
			b.Credits += moved[account].credits
			out[account] = b
		}
		return nil
	})
	return out, err
}

// closedBefore is the last day that was closed before a moment, and up to when it goes; no day and the beginning when there is none.
func closedBefore(r store.Reader, at time.Time) (time.Time, string, error) {
	day, err := ledgerdb.DayUntil(r, at)
	if errors.Is(err, store.ErrNone) {
		return beginning, "", nil
	}
	return day.Until, day.Day, err
}

// closingOf is what an account came to by a closed day; nothing by no day.
func closingOf(r store.Reader, account id.ID, day string) (Balance, error) {
	if day == "" {
		return Balance{}, nil
	}
	closing, err := ledgerdb.ClosingBefore(r, account, day)
	if errors.Is(err, store.ErrNone) {
		return Balance{}, nil
	}
	return Balance{Debits: closing.Debits, Credits: closing.Credits}, err
}

// Drift is an account whose balance is not what its transfers come to.
type Drift struct {
	Account   id.ID
	Balance   Balance // kept
	Transfers Balance // what the transfers say
}

// Proof is what Prove found.
type Proof struct {
	Accounts  int   // that have a balance
	Transfers int64 // since the last closing
	Drifts    []Drift
	// Off is what all accounts together received above what they gave: zero in books that are right.
	Off int64
}

// Sound tells whether the books are right.
func (p Proof) Sound() bool { return len(p.Drifts) == 0 && p.Off == 0 }

// Prove compares each account's balance with the transfers behind it: the last closing and everything since, or, when whole is
// true, everything that ever moved, closings apart. Each account is compared within one snapshot, spans of them one after another.
func Prove(ctx context.Context, s *store.Store, whole bool) (Proof, error) {
	var out Proof
	var parts []span
	err := s.Read(ctx, func(r *store.Snapshot) error {
		out = Proof{}
		var err error
		if parts, err = spans(r); err != nil {
			return err
		}
		out.Off, err = ledgerdb.Off(r)
		return err
	})
	for _, part := range parts {
		if err != nil {
			break
		}
		err = out.prove(ctx, s, part, whole)
	}
	out.Transfers /= 2 // each stands in two accounts
	return out, err
}

// prove compares the accounts of a span.
func (p *Proof) prove(ctx context.Context, s *store.Store, of span, whole bool) error {
	var part Proof
	err := s.Read(ctx, func(r *store.Snapshot) error {
		part = Proof{}
		told, n, err := told(r, of, whole)
		if err != nil {
			return err
		}
		part.Transfers = n
		kept, err := ledgerdb.Balances(r, of.first, of.last)
		if err != nil {
			return err
		}
		part.Accounts = len(kept)
		for _, row := range kept {
			balance := Balance{row.Debits, row.Credits, row.DebitsReserved, row.CreditsReserved}
			if transfers := told[row.Account]; transfers != balance {
				part.Drifts = append(part.Drifts, Drift{row.Account, balance, transfers})
			}
			delete(told, row.Account)
		}
		for account, transfers := range told {
			part.Drifts = append(part.Drifts, Drift{Account: account, Transfers: transfers})
		}
		return nil
	})
	p.Accounts += part.Accounts
	p.Transfers += part.Transfers
	p.Drifts = append(p.Drifts, part.Drifts...)
	return err
}

// told is what the transfers say of each account of a span, and how many of their two ends were read.
func told(r store.Reader, of span, whole bool) (map[id.ID]Balance, int64, error) {
	out := map[id.ID]Balance{}
	since := beginning
	if !whole {
		day, err := ledgerdb.LastDay(r)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return nil, 0, err
		}
		if err == nil {
			since = day.Until
		}
		closings, err := ledgerdb.LastClosings(r, of.first, of.last, day.Day)
		if err != nil {
			return nil, 0, err
		}
		for _, c := range closings {
			out[c.Account] = Balance{Debits: c.Debits, Credits: c.Credits}
		}
	}
	moved, err := movedBetween(r, since, endless, of)
	if err != nil {
		return nil, 0, err
	}
	n := int64(0)
	for account, m := range moved {
		b := out[account]
		b.Debits += m.debits
		b.Credits += m.credits
		out[account] = b
		n += m.transfers
	}
	return out, n, reserved(r, of, out)
}

// Every transfer lies between these.
var (
	beginning = time.Unix(0, 0).UTC()
	endless   = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
)

// moves are an account's transfers of a span of time.
type moves struct{ debits, credits, transfers int64 }

func movedBetween(r store.Reader, since, until time.Time, of span) (map[id.ID]moves, error) {
	out := map[id.ID]moves{}
	debits, err := ledgerdb.DebitsBetween(r, ledgerdb.DebitsBetweenParams{Since: since, Until: until, First: of.first, Last: of.last})
	if err != nil {
		return nil, err
	}
	for _, row := range debits {
		out[row.Account] = moves{debits: row.Amount, transfers: row.Transfers}
	}
	credits, err := ledgerdb.CreditsBetween(r, ledgerdb.CreditsBetweenParams{Since: since, Until: until, First: of.first, Last: of.last})
	if err != nil {
		return nil, err
	}
	for _, row := range credits {
		m := out[row.Account]
		m.credits += row.Amount
		m.transfers += row.Transfers
		out[row.Account] = m
	}
	return out, nil
}

func reserved(r store.Reader, of span, into map[id.ID]Balance) error {
	debits, err := ledgerdb.ReservedDebits(r, of.first, of.last)
	if err != nil {
		return err
	}
	for _, row := range debits {
		b := into[row.Account]
		b.DebitsReserved += row.Amount
		into[row.Account] = b
	}
	credits, err := ledgerdb.ReservedCredits(r, of.first, of.last)
	if err != nil {
		return err
	}
	for _, row := range credits {
		b := into[row.Account]
		b.CreditsReserved += row.Amount
		into[row.Account] = b
	}
	return nil
}
