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
		out = Balance{}
		since := beginning
		day, err := ledgerdb.DayUntil(r, at)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return err
		}
		if err == nil {
			since = day.Until
			closing, err := ledgerdb.ClosingBefore(r, account, day.Day)
			if err != nil && !errors.Is(err, store.ErrNone) {
				return err
			}
			out.Debits, out.Credits = closing.Debits, closing.Credits
		}
		moved, err := ledgerdb.MovedBetween(r, account, since, at)
		out.Debits += moved.Debits
		out.Credits += moved.Credits
		return err
	})
	return out, err
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

// Prove compares each account's balance with the transfers behind it, in one snapshot: the last closing and everything since,
// or, when whole is true, everything that ever moved, closings apart.
func Prove(ctx context.Context, s *store.Store, whole bool) (Proof, error) {
	var out Proof
	err := s.Read(ctx, func(r *store.Snapshot) error {
		out = Proof{}
		told, n, err := told(r, whole)
		if err != nil {
			return err
		}
		out.Transfers = n
		kept, err := ledgerdb.Balances(r)
		if err != nil {
			return err
		}
		out.Accounts = len(kept)
		for _, row := range kept {
			balance := Balance{row.Debits, row.Credits, row.DebitsReserved, row.CreditsReserved}
			out.Off += balance.Net()
			if transfers := told[row.Account]; transfers != balance {
				out.Drifts = append(out.Drifts, Drift{row.Account, balance, transfers})
			}
			delete(told, row.Account)
		}
		for account, transfers := range told {
			out.Drifts = append(out.Drifts, Drift{Account: account, Transfers: transfers})
		}
		return nil
	})
	return out, err
}

// told is what the transfers say of each account, and how many were read.
func told(r store.Reader, whole bool) (map[id.ID]Balance, int64, error) {
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
		closings, err := ledgerdb.LastClosings(r, day.Day)
		if err != nil {
			return nil, 0, err
		}
		for _, c := range closings {
			out[c.Account] = Balance{Debits: c.Debits, Credits: c.Credits}
		}
	}
	moved, err := movedBetween(r, since, endless)
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
	return out, n / 2, reserved(r, out)
}

// Every transfer lies between these.
var (
	beginning = time.Unix(0, 0).UTC()
	endless   = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
)

// moves are an account's transfers of a span of time.
type moves struct{ debits, credits, transfers int64 }

func movedBetween(r store.Reader, since, until time.Time) (map[id.ID]moves, error) {
	out := map[id.ID]moves{}
	debits, err := ledgerdb.DebitsBetween(r, since, until)
	if err != nil {
		return nil, err
	}
	for _, row := range debits {
		out[row.Account] = moves{debits: row.Amount, transfers: row.Transfers}
	}
	credits, err := ledgerdb.CreditsBetween(r, since, until)
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

func reserved(r store.Reader, into map[id.ID]Balance) error {
	debits, err := ledgerdb.ReservedDebits(r)
	if err != nil {
		return err
	}
	for _, row := range debits {
		b := into[row.Account]
		b.DebitsReserved += row.Amount
		into[row.Account] = b
	}
	credits, err := ledgerdb.ReservedCredits(r)
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
