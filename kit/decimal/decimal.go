// Package decimal counts exactly with up to six digits after the point: prices of a unit, norms, readings, areas.
//
// A Decimal is a whole number of millionths, so that it compares, adds and stores like one. Products are made in unlimited
// precision and rounded once, by a named rule, to the unit that is asked for. There is no floating point anywhere.
//
// It owns the Decimal, its reading and writing. It does not own sums of money (kit/money) or what is multiplied.
package decimal

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"posad.city/kit/money"
)

// Decimal is a number in millionths: 60.04 is 60_040_000.
type Decimal int64

// One is the number one.
const One Decimal = 1_000_000

// digits is how many digits a Decimal has after the point; most is how many it may have before it.
const (
	digits = 6
	most   = 12
)

// Errors.
var (
	ErrForm  = errors.New("decimal: want digits with at most six after the point")
	ErrRange = errors.New("decimal: the result is out of range")
)

// Of is a whole number; it must be below 10¹² either side of zero.
func Of(n int64) Decimal { return Decimal(n) * One }

// Hundredths is n/100, for areas and kopecks.
func Hundredths(n int64) Decimal { return Decimal(n) * (One / 100) }

// Thousandths is n/1000, for readings of meters.
func Thousandths(n int64) Decimal { return Decimal(n) * (One / 1000) }

// Parse reads 60.04, -3 or 0.0164: a point, no spaces, no exponent. A comma is taken for a point.
func Parse(text string) (Decimal, error) {
	rest, negative := strings.CutPrefix(text, "-")
	whole, part, point := strings.Cut(strings.Replace(rest, ",", ".", 1), ".")
	if whole == "" || len(whole) > most || len(part) > digits || point && part == "" || !plain(whole) || !plain(part) {
		return 0, ErrForm
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", digits-len(part)), 10, 64)
	if err != nil {
		return 0, ErrForm
	}
	if negative {
		n = -n
	}
	return Decimal(n), nil
}

func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// String writes the number with a point and without needless zeros: 60.04.
func (d Decimal) String() string { return d.Fixed(0) }

// Fixed writes the number with at least the given digits after the point: 60.040 for three.
func (d Decimal) Fixed(least int) string {
	n, sign := uint64(d), ""
	if d < 0 {
		n, sign = -n, "-"
	}
	part := strconv.FormatUint(n%uint64(One)+uint64(One), 10)[1:]
	for len(part) > least && strings.HasSuffix(part, "0") {
		part = part[:len(part)-1]
	}
	whole := sign + strconv.FormatUint(n/uint64(One), 10)
	if part == "" {
		return whole
	}
	return whole + "." + part
}

// MarshalText implements encoding.TextMarshaler.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; ErrForm.
func (d *Decimal) UnmarshalText(text []byte) error {
	got, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = got
	return nil
}

// Rounded is the number to a whole count of units of 1/per: Rounded(100, …) is kopecks of roubles. per is 1 to One.
func (d Decimal) Rounded(per int64, rule money.Rounding) (int64, error) {
	return Product(per, rule, d)
}

// Product multiplies exactly and rounds once, to a whole count of units of 1/per; ErrRange.
func Product(per int64, rule money.Rounding, factors ...Decimal) (int64, error) {
	above, below := big.NewInt(per), big.NewInt(1)
	one := big.NewInt(int64(One))
	for _, f := range factors {
		above.Mul(above, big.NewInt(int64(f)))
		below.Mul(below, one)
	}
	return quotient(above, below, rule)
}

// Share is d · numerator / denominator, to a millionth; ErrRange, also for a denominator that is not positive.
func (d Decimal) Share(numerator, denominator int64, rule money.Rounding) (Decimal, error) {
	if denominator < 1 {
		return 0, ErrRange
	}
	n, err := quotient(new(big.Int).Mul(big.NewInt(int64(d)), big.NewInt(numerator)), big.NewInt(denominator), rule)
	return Decimal(n), err
}

// Times is d · other, to a millionth, half up; ErrRange.
func (d Decimal) Times(other Decimal) (Decimal, error) {
	n, err := Product(int64(One), money.HalfUp, d, other)
	return Decimal(n), err
}

// quotient divides and rounds.
func quotient(above, below *big.Int, rule money.Rounding) (int64, error) {
	whole, rest := new(big.Int).QuoRem(above, below, new(big.Int))
	if rest.Sign() != 0 && away(whole, rest, below, rule) {
		whole.Add(whole, big.NewInt(int64(rest.Sign())))
	}
	if !whole.IsInt64() {
		return 0, ErrRange
	}
	return whole.Int64(), nil
}

// away tells whether the rest takes the quotient one further from zero.
func away(whole, rest, below *big.Int, rule money.Rounding) bool {
	switch rule {
	case money.Down:
		return false
	case money.Up:
		return true
	}
	twice := new(big.Int).Abs(rest)
	switch twice.Lsh(twice, 1).Cmp(below) {
	case -1:
		return false
	case 1:
		return true
	}
	return rule == money.HalfUp || whole.Bit(0) == 1
}
