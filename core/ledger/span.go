package ledger

import (
	"posad.city/core/ledger/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// span is a range of accounts by their ids, both ends included. Closing a day and proving the books go through the accounts span
// by span, each in a snapshot of its own: neither how long one may last nor the memory bounds how many accounts there are.
type span struct{ first, last id.ID }

// every has all accounts.
var every = span{last: id.MustParse("ffffffffffffffffffffffffffffffff")}

// spanRows is how many rows of balance a span has about: ids are digests, so that they lie evenly.
const spanRows = 20_000

// spansMost is how many spans there are at most: as many as a first byte has values.
const spansMost = 256

// cut divides all accounts into spans, in the order of their ids; count is a power of two up to spansMost.
func cut(count int) []span {
	out := make([]span, count)
	width := spansMost / count
	for i := range out {
		out[i] = every
		out[i].first[0], out[i].last[0] = byte(i*width), byte(i*width+width-1)
	}
	return out
}

// spans are those of the books as they are.
func spans(r store.Reader) ([]span, error) {
	rows, err := ledgerdb.BalanceRows(r)
	count := 1
	for count < spansMost && rows/int64(count) > spanRows {
		count *= 2
	}
	return cut(count), err
}
