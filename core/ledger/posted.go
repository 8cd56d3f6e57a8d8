package ledger

import (
	"time"

	"posad.city/core/ledger/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Place is how far somebody has read what was posted. The zero Place is before everything.
type Place struct {
	At       time.Time
	Movement id.ID
	Line     int64
}

// PostedLine is a line that was posted, without whose it is.
type PostedLine struct {
	Place
	Debit, Credit id.ID
	Amount        money.Amount
	About         id.ID // the charge; zero: nothing
}

// Settled is how long after its moment hardly anything more is posted at it: hardly a Write lasts as long. Who reads up to so long
// ago misses only what a Write posts that was held up for longer, at its own moment or at the end of the last closed day.
const Settled = closeAfter

// PostedAfter lists what was posted after a place and before a moment, in the order of their moments, at most most lines.
func PostedAfter(r store.Reader, after Place, until time.Time, most int64) ([]PostedLine, error) {
	if after.At.IsZero() {
		after.At = beginning
	}
	rows, err := ledgerdb.PostedAfter(r, ledgerdb.PostedAfterParams{Since: after.At, Until: until, Movement: after.Movement, Line: after.Line, Most: most})
	if err != nil {
		return nil, err
	}
	out := make([]PostedLine, len(rows))
	for i, row := range rows {
		out[i] = PostedLine{
			Place: Place{row.Ended, row.Movement, row.Line}, Debit: row.Debit, Credit: row.Credit, About: row.About,
			Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)},
		}
	}
	return out, nil
}
