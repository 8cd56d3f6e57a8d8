package service

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// Term is a number of days. In a definition it is written "6 working days" or "30 calendar days". The zero Term is none.
type Term struct {
	Days    int // 1 to 3650
	Working bool
}

// ErrTerm is returned for a text that is not a term.
var ErrTerm = errors.New(`service: a term is written "6 working days" or "30 calendar days"`)

const maxTerm = 3650

// UnmarshalText reads the form that String writes; "1 working day" is good too.
func (t *Term) UnmarshalText(text []byte) error {
	words := strings.Fields(string(text))
	if len(words) != 3 || words[2] != "days" && words[2] != "day" || words[1] != "working" && words[1] != "calendar" {
		return ErrTerm
	}
	days, err := strconv.Atoi(words[0])
	if err != nil || days < 1 || days > maxTerm {
		return ErrTerm
	}
	*t = Term{Days: days, Working: words[1] == "working"}
	return nil
}

// MarshalText writes the canonical form.
func (t Term) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// String is the form of a definition; empty for none.
func (t Term) String() string {
	if t.IsZero() {
		return ""
	}
	kind, unit := "calendar", "days"
	if t.Working {
		kind = "working"
	}
	if t.Days == 1 {
		unit = "day"
	}
	return fmt.Sprintf("%d %s %s", t.Days, kind, unit)
}

// Calendar is the term as the city's calendar counts it.
func (t Term) Calendar() calendar.Term {
	kind := calendar.Calendar
	if t.Working {
		kind = calendar.Working
	}
	return calendar.Term{Days: t.Days, Kind: kind}
}

// IsZero tells whether there is no term.
func (t Term) IsZero() bool { return t == Term{} }

// Money is an amount of roubles in minor units, never negative. In a definition it is written "3000.00 RUB".
type Money int64

// ErrMoney is returned for a text that is not an amount.
var ErrMoney = errors.New(`service: an amount is written "3000.00 RUB"`)

// maxMoney is 10 billion roubles, in kopecks: more is a slip of the pen.
const maxMoney = 1_000_000_000_000

// UnmarshalText reads 3000.00 RUB and nothing else.
func (m *Money) UnmarshalText(text []byte) error {
	amount, ok := strings.CutSuffix(string(text), " RUB")
	roubles, kopecks, dot := strings.Cut(amount, ".")
	if !ok || !dot || len(kopecks) != 2 || !allDigits(roubles) || !allDigits(kopecks) || len(roubles) > 11 {
		return ErrMoney
	}
	total, err := strconv.ParseInt(roubles+kopecks, 10, 64)
	if err != nil || total > maxMoney {
		return ErrMoney
	}
	*m = Money(total)
	return nil
}

// MarshalText writes the canonical form.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// String is the form of a definition.
func (m Money) String() string { return fmt.Sprintf("%d.%02d RUB", int64(m)/100, int64(m)%100) }

// Amount is the money as it is counted and written.
func (m Money) Amount() money.Amount { return money.Roubles(int64(m)) }

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
