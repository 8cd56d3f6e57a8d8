package store

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"time"

	"posad.city/kit/id"
)

// LookSum is what all looks of an hour come to.
type LookSum struct {
	Looks  int64
	SHA256 [32]byte
}

// The looks of an hour are gone through agency by agency, so that the index of agencies' own looks serves; the zero agency
// is nobody's.
var (
	lookAgencyAfter = NewQuery("store.LookAgencyAfter", `SELECT agency FROM look WHERE agency > $1 ORDER BY agency LIMIT 1`)
	looksOfHour     = NewQuery("store.LooksOfHour", `SELECT person, actor, purpose_kind, purpose, what, id, at, actor_kind, role, mandate, channel, request, among
 FROM look WHERE agency = $1 AND hour = $2 ORDER BY person, actor, purpose_kind, purpose, what`)
)

// SumLooks sums the looks of the hour in which a moment lies, whoever looked at whom; it is the same on both engines. Nobody's
// data come back, so it wants no look.
func SumLooks(r Reader, at time.Time) (LookSum, error) {
	out, sum, agency := LookSum{}, sha256.New(), id.ID{}
	for {
		err := r.Query(looksOfHour, func(row *Row) error {
			out.Looks++
			addLook(sum, agency, row)
			return nil
		}, agency, hour(at))
		if err != nil {
			return LookSum{}, err
		}
		more, last := false, agency
		err = r.Query(lookAgencyAfter, func(row *Row) error {
			more, agency = true, row.ID(0)
			return nil
		}, last)
		if err != nil {
			return LookSum{}, err
		}
		if !more {
			sum.Sum(out.SHA256[:0])
			return out, nil
		}
	}
}

// addLook adds a row, each text with its length before it, so that no two rows add the same.
func addLook(sum hash.Hash, agency id.ID, row *Row) {
	number := func(n int64) { _, _ = sum.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) } // a hash never fails
	one := func(who id.ID) { _, _ = sum.Write(who[:]) }
	text := func(s string) {
		number(int64(len(s)))
		_, _ = sum.Write([]byte(s))
	}
	one(agency)
	one(row.ID(0))
	one(row.ID(1))
	text(row.Text(2))
	text(row.Text(3))
	text(row.Text(4))
	one(row.ID(5))
	number(row.Time(6).UnixMicro())
	text(row.Text(7))
	text(row.Text(8))
	one(row.ID(9))
	text(row.Text(10))
	text(row.Text(11))
	number(row.Int(12))
}
