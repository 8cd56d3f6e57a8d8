package money

import (
	"errors"
	"fmt"
	"math"
	"math/big"
)

// Currency is an ISO 4217 code.
type Currency string

// RUB is the Russian rouble, the currency that a sum has when people name none.
const RUB Currency = "RUB"

// unit is what a currency needs to be read and written: its sign, other ways to write it, digits after the point.
type unit struct {
	sign   string
	others []string
	digits int
}

var units = map[Currency]unit{
	RUB:   {"₽", []string{"руб.", "руб", "р.", "р", "rub"}, 2},
	"BYN": {"Br", []string{"byn"}, 2},
	"KZT": {"₸", []string{"kzt"}, 2},
	"EUR": {"€", []string{"eur"}, 2},
	"USD": {"$", []string{"usd"}, 2},
	"JPY": {"¥", []string{"jpy"}, 0},
}

// Errors of arithmetic.
var (
	ErrOverflow = errors.New("money: the sum is out of range")
	ErrCurrency = errors.New("money: the currencies differ or one is unknown")
	ErrShare    = errors.New("money: a share needs a positive denominator, a split at least one part")
)

// Amount is a sum of money; it may be negative. The zero Amount is no money in no currency, and adds to anything.
type Amount struct {
	Minor    int64    // whole minor units: 300050 is 3 000,50 ₽
	Currency Currency // empty only in the zero Amount
}

// Roubles makes an amount of kopecks in roubles.
func Roubles(kopecks int64) Amount { return Amount{kopecks, RUB} }

// Of makes an amount, or ErrCurrency for an unknown currency.
func Of(minor int64, currency Currency) (Amount, error) {
	if _, ok := units[currency]; !ok {
		return Amount{}, ErrCurrency
	}
	return Amount{minor, currency}, nil
}

// IsZero tells whether there is nothing to pay, in whatever currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// common is the currency of two amounts together.
func common(a, b Amount) (Currency, error) {
	switch {
	case a.Currency == b.Currency, b == Amount{}:
		return a.Currency, nil
	case a == Amount{}:
		return b.Currency, nil
	}
	return "", ErrCurrency
}

// Add is a + b, ErrOverflow or ErrCurrency.
func (a Amount) Add(b Amount) (Amount, error) {
	currency, err := common(a, b)
	if err != nil {
		return Amount{}, err
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{sum, currency}, nil
}

// Sub is a − b, ErrOverflow or ErrCurrency.
func (a Amount) Sub(b Amount) (Amount, error) {
	currency, err := common(a, b)
	if err != nil {
		return Amount{}, err
	}
	difference := a.Minor - b.Minor
	if (difference < a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{difference, currency}, nil
}

// Mul is a · n, or ErrOverflow.
func (a Amount) Mul(n int64) (Amount, error) {
	product := a.Minor * n
	if a.Minor != 0 && (product/a.Minor != n || a.Minor == -1 && n == math.MinInt64) {
		return Amount{}, ErrOverflow
	}
	return Amount{product, a.Currency}, nil
}

// Compare is -1 when a is less than b, +1 when more, 0 when equal, or ErrCurrency.
func (a Amount) Compare(b Amount) (int, error) {
	if _, err := common(a, b); err != nil {
		return 0, err
	}
	switch {
	case a.Minor < b.Minor:
		return -1, nil
	case a.Minor > b.Minor:
		return 1, nil
	}
	return 0, nil
}

// Rounding is what happens to a part of a minor unit.
type Rounding int

// The rules of rounding.
const (
	HalfUp   Rounding = iota // to the nearest; a half goes away from zero, as tax law rounds
	HalfEven                 // to the nearest; a half goes to the even neighbour, so that many sums do not drift
	Down                     // towards zero, in favour of who pays
	Up                       // away from zero
)

// Share is a · numerator / denominator, rounded by the rule; ErrShare for a denominator below one, ErrOverflow.
func (a Amount) Share(numerator, denominator int64, rule Rounding) (Amount, error) {
	if denominator < 1 {
		return Amount{}, ErrShare
	}
	product := new(big.Int).Mul(big.NewInt(a.Minor), big.NewInt(numerator))
	quotient, rest := new(big.Int).QuoRem(product, big.NewInt(denominator), new(big.Int))
	if rest.Sign() != 0 && awayFromZero(quotient, rest, big.NewInt(denominator), rule) {
		quotient.Add(quotient, big.NewInt(int64(rest.Sign())))
	}
	if !quotient.IsInt64() {
		return Amount{}, ErrOverflow
	}
	return Amount{quotient.Int64(), a.Currency}, nil
}

func awayFromZero(quotient, rest, denominator *big.Int, rule Rounding) bool {
	switch rule {
	case Down:
		return false
	case Up:
		return true
	}
	twice := new(big.Int).Abs(rest)
	switch twice.Lsh(twice, 1).Cmp(denominator) {
	case -1:
		return false
	case 1:
		return true
	}
	return rule == HalfUp || quotient.Bit(0) == 1
}

// Split cuts the amount into n parts that differ by one minor unit at most and add up to it exactly; the larger come
// first. ErrShare for n below one.
func (a Amount) Split(n int) ([]Amount, error) {
	if n < 1 {
		return nil, ErrShare
	}
	base, rest := a.Minor/int64(n), a.Minor%int64(n)
	parts := make([]Amount, n)
	for i := range parts {
		parts[i] = Amount{base, a.Currency}
		switch {
		case int64(i) < rest:
			parts[i].Minor++
		case int64(i) < -rest:
			parts[i].Minor--
		}
	}
	return parts, nil
}

// String is the form of logs and data files: 3000.50 RUB.
func (a Amount) String() string {
	whole, part := a.halves()
	text := fmt.Sprintf("%d", whole)
	if digits := units[a.Currency].digits; digits > 0 {
		text += fmt.Sprintf(".%0*d", digits, part)
	}
	if a.Minor < 0 {
		text = "-" + text
	}
	if a.Currency == "" {
		return text
	}
	return text + " " + string(a.Currency)
}

// halves are whole major units and the minor rest, both without a sign.
func (a Amount) halves() (uint64, uint64) {
	absolute := uint64(a.Minor)
	if a.Minor < 0 {
		absolute = -absolute
	}
	scale := pow10(units[a.Currency].digits)
	return absolute / scale, absolute % scale
}

func pow10(n int) uint64 {
	out := uint64(1)
	for range n {
		out *= 10
	}
	return out
}
