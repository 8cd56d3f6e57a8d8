package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Years that a Date may have. A text form of four digits and every document in use fit between them.
const (
	MinYear = 1
	MaxYear = 9999
)

// ErrDate is returned for a text or numbers that name no day.
var ErrDate = errors.New("calendar: no such date; write it as 2026-11-21")

// Date is a day of the Gregorian calendar, with no time and no zone. Dates compare with == and order with Compare. The
// zero Date means "none" and its text is empty.
type Date struct {
	year  int16
	month uint8
	day   uint8
}

// NewDate returns the named day, or ErrDate when the calendar has no such day.
func NewDate(year int, month time.Month, day int) (Date, error) {
	if year < MinYear || year > MaxYear || month < time.January || month > time.December || day < 1 || day > DaysIn(year, month) {
		return Date{}, ErrDate
	}
	return Date{int16(year), uint8(month), uint8(day)}, nil
}

// ParseDate reads 2026-11-21 and nothing else, or returns ErrDate.
func ParseDate(text string) (Date, error) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return Date{}, ErrDate
	}
	year, okYear := digits(text[0:4])
	month, okMonth := digits(text[5:7])
	day, okDay := digits(text[8:10])
	if !okYear || !okMonth || !okDay {
		return Date{}, ErrDate
	}
	return NewDate(year, time.Month(month), day)
}

// MustDate is ParseDate for constants and tests; it panics on a bad text.
func MustDate(text string) Date {
	d, err := ParseDate(text)
	if err != nil {
		panic(fmt.Sprintf("calendar: %q: %v", text, err))
	}
	return d
}

// DateOf is the day that the moment falls on in the zone. A moment outside the years that a Date has gives the zero Date.
func DateOf(at time.Time, zone *time.Location) Date {
	year, month, day := at.In(zone).Date()
	if year < MinYear || year > MaxYear {
		return Date{}
	}
	return Date{int16(year), uint8(month), uint8(day)}
}

// DaysIn is how many days the month has in that year.
func DaysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// Year of the date, 1 to 9999; 0 for none.
func (d Date) Year() int { return int(d.year) }

// Month of the date; 0 for none.
func (d Date) Month() time.Month { return time.Month(d.month) }

// Day of the month, from 1; 0 for none.
func (d Date) Day() int { return int(d.day) }

// Weekday of the date.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// IsZero tells whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Compare is -1 when d is earlier than other, +1 when later, 0 when they are the same day.
func (d Date) Compare(other Date) int {
	return d.utc().Compare(other.utc())
}

// Before tells whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After tells whether d is a later day than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// Earliest is the earlier of two days.
func Earliest(a, b Date) Date {
	if b.Before(a) {
		return b
	}
	return a
}

// Latest is the later of two days.
func Latest(a, b Date) Date {
	if a.Before(b) {
		return b
	}
	return a
}

// AddDays moves the date by n days, forward or back. It stops at the first and the last day that a Date can name.
func (d Date) AddDays(n int) Date {
	const widest = (MaxYear + 1) * 366
	return clamp(d.utc().AddDate(0, 0, max(-widest, min(widest, n))))
}

// AddMonths moves the date by n months; where the month is too short the last day of it is taken, as civil codes
// count terms in months (31 January and one month is 28 or 29 February).
func (d Date) AddMonths(n int) Date {
	const widest = (MaxYear + 1) * 12
	first := time.Date(int(d.year), time.Month(d.month), 1, 0, 0, 0, 0, time.UTC).AddDate(0, max(-widest, min(widest, n)), 0)
	day := min(int(d.day), DaysIn(first.Year(), first.Month()))
	return clamp(first.AddDate(0, 0, day-1))
}

// AddYears moves the date by n years; 29 February becomes 28 February in a common year.
func (d Date) AddYears(n int) Date {
	return d.AddMonths(max(-MaxYear, min(MaxYear, n)) * 12)
}

// DaysUntil is how many days lie from d to other: 0 for the same day, negative when other is earlier.
func (d Date) DaysUntil(other Date) int {
	return int((other.utc().Unix() - d.utc().Unix()) / secondsInDay)
}

// AgeOn is the number of full years from d, a birth date, to the day on; a person born on 29 February has the birthday
// of a common year on 1 March. Before birth it is negative.
func (d Date) AgeOn(on Date) int {
	age := int(on.year) - int(d.year)
	if on.month < d.month || on.month == d.month && on.day < d.day {
		age--
	}
	return age
}

// Start is the first moment of the day in the zone.
func (d Date) Start(zone *time.Location) time.Time {
	return time.Date(int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, zone)
}

// String is the form 2026-11-21; it is empty for the zero Date. Texts order as the dates do.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}

// MarshalText lets a date stand in JSON, YAML and stored text.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote; the empty text is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	got, err := ParseDate(string(text))
	*d = got
	return err
}

const secondsInDay = 24 * 60 * 60

func (d Date) utc() time.Time {
	return time.Date(int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, time.UTC)
}

func clamp(t time.Time) Date {
	switch {
	case t.Year() < MinYear:
		return Date{MinYear, 1, 1}
	case t.Year() > MaxYear:
		return Date{MaxYear, 12, 31}
	}
	return Date{int16(t.Year()), uint8(t.Month()), uint8(t.Day())}
}

func digits(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}
