package utility

import (
	"fmt"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// Period is a calendar month, written 2026-10. The zero Period is none.
type Period struct {
	year  int
	month time.Month
}

// ParsePeriod reads 2026-10; false for anything else.
func ParsePeriod(text string) (Period, bool) {
	day, err := calendar.ParseDate(text + "-01")
	if err != nil || len(text) != 7 {
		return Period{}, false
	}
	return PeriodOf(day), true
}

// PeriodOf is the month of a day.
func PeriodOf(day calendar.Date) Period { return Period{day.Year(), day.Month()} }

// String writes 2026-10; the zero Period is empty.
func (p Period) String() string {
	if p.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", p.year, int(p.month))
}

// IsZero tells whether it is no month.
func (p Period) IsZero() bool { return p == Period{} }

// First is the first day.
func (p Period) First() calendar.Date {
	day, err := calendar.NewDate(p.year, p.month, 1)
	if err != nil {
		return calendar.Date{} // the zero Period
	}
	return day
}

// Last is the last day.
func (p Period) Last() calendar.Date { return p.First().AddDays(p.Days() - 1) }

// Days is how many days the month has.
func (p Period) Days() int { return calendar.DaysIn(p.year, p.month) }

// Day is the day of the month with the number, or its last day when it is shorter.
func (p Period) Day(n int) calendar.Date { return p.First().AddDays(min(n, p.Days()) - 1) }

// Add is so many months later, or earlier when n is below zero.
func (p Period) Add(n int) Period { return PeriodOf(p.First().AddMonths(n)) }

// Before tells whether it is earlier.
func (p Period) Before(other Period) bool { return p.String() < other.String() }

// Month is its number, 1 to 12.
func (p Period) Month() int { return int(p.month) }

// In writes the month in words: October 2026.
func (p Period) In(l lang.Language) string { return lang.MonthYear(l, p.year, p.month) }

// MarshalText implements encoding.TextMarshaler.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Period) UnmarshalText(text []byte) error {
	got, ok := ParsePeriod(string(text))
	if !ok && len(text) > 0 {
		return fmt.Errorf("utility: %q is no month", text)
	}
	*p = got
	return nil
}
