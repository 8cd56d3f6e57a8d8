package utility

import (
	"math/big"
)

// Share is an owner's part of a flat: Numerator of Denominator.
type Share struct {
	Numerator, Denominator int64
}

// Split parts a sum by shares without losing a kopeck: the parts and what no share covers add up to the sum. Each part is within
// a kopeck of the exact one. Shares that are no fractions count as nothing; those beyond the whole get what is left.
func Split(total int64, shares []Share) ([]int64, int64) {
	out := make([]int64, len(shares))
	covered, given := new(big.Rat), int64(0)
	one := big.NewRat(1, 1)
	for i, s := range shares {
		if s.Denominator < 1 || s.Numerator < 1 {
			continue
		}
		covered.Add(covered, big.NewRat(s.Numerator, s.Denominator))
		if covered.Cmp(one) > 0 {
			covered.Set(one)
		}
		upto := floor(new(big.Rat).Mul(covered, big.NewRat(total, 1)))
		out[i], given = upto-given, upto
	}
	return out, total - given
}

func floor(r *big.Rat) int64 {
	return new(big.Int).Div(r.Num(), r.Denom()).Int64()
}
