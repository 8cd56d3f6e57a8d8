package iso20022

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// The bounds of a number: the standard's eighteen digits, five of them after the point.
const (
	digitsMost   = 18
	fractionMost = 5
)

// decimal writes an amount without its currency and sign: 3000.50.
func decimal(a money.Amount) string {
	number, _, _ := strings.Cut(a.String(), " ")
	return strings.TrimPrefix(number, "-")
}

// fraction is how many digits a currency has after the point.
func fraction(c money.Currency) int {
	_, part, _ := strings.Cut(decimal(money.Amount{Currency: c}), ".")
	return len(part)
}

// parseAmount reads a decimal as whole minor units. What is below the smallest coin must be zeros.
func parseAmount(number, currency string) (money.Amount, error) {
	out, err := money.Of(0, money.Currency(currency))
	if err != nil {
		return out, fmt.Errorf("%w: currency %.8q", ErrMessage, currency)
	}
	whole, part, _ := strings.Cut(number, ".")
	digits := fraction(out.Currency)
	if whole == "" || len(part) > fractionMost || len(whole)+len(part) > digitsMost+1 || !onlyDigits(whole) || !onlyDigits(part) {
		return out, fmt.Errorf("%w: sum %.30q", ErrMessage, number)
	}
	for len(part) < digits {
		part += "0"
	}
	if strings.Trim(part[digits:], "0") != "" {
		return out, fmt.Errorf("%w: the sum %.30q has less than the smallest coin", ErrMessage, number)
	}
	if out.Minor, err = strconv.ParseInt(whole+part[:digits], 10, 64); err != nil || !sayable(out) {
		return out, fmt.Errorf("%w: the sum %.30q is out of range", ErrMessage, number)
	}
	return out, nil
}

// sayable tells whether an amount has no more digits than a message may have.
func sayable(a money.Amount) bool {
	return len(strings.Replace(decimal(a), ".", "", 1)) <= digitsMost
}

func onlyDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// above checks a sum that must be above zero.
func above(what string, a money.Amount) error {
	if _, err := money.Of(0, a.Currency); err != nil || a.Minor <= 0 || !sayable(a) {
		return fmt.Errorf("%w: %s: %s is no sum above zero of a known currency", ErrCheck, what, a)
	}
	return nil
}

// parseDay reads a date; a zone after it is left out.
func parseDay(s string) (calendar.Date, error) {
	if len(s) > 10 && (s[10:] == "Z" || len(s) == 16 && (s[10] == '+' || s[10] == '-')) {
		s = s[:10]
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		return d, fmt.Errorf("%w: day %.30q", ErrMessage, s)
	}
	return d, nil
}

// parseMoment reads a time; one without a zone is taken as UTC.
func parseMoment(s string) (time.Time, error) {
	if len(s) > 40 {
		return time.Time{}, fmt.Errorf("%w: time %.40q", ErrMessage, s)
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= calendar.MinYear && t.Year() <= calendar.MaxYear {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: time %.40q", ErrMessage, s)
}

// dayOfMoment is the day that a time names, in the zone it is written in.
func dayOfMoment(s string) (calendar.Date, error) {
	if _, err := parseMoment(s); err != nil {
		return calendar.Date{}, err
	}
	return parseDay(s[:10])
}

// moment writes a time to the millisecond, as banks do.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
