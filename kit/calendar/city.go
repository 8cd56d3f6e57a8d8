package calendar

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // a small machine may have no zones of its own; a term must not depend on that
)

// ErrCity is the cause of every refusal of a city's calendar.
var ErrCity = errors.New("calendar: the city's calendar is wrong")

// Data is a city's calendar as its folder declares it. The working week is Monday to Friday; the lists say where the
// year departs from it.
type Data struct {
	Zone     string `json:"zone" yaml:"zone"`             // name of the zone in the IANA database: Europe/Moscow
	Opens    string `json:"opens" yaml:"opens"`           // start of the working day, 09:00
	Closes   string `json:"closes" yaml:"closes"`         // end of the working day, 18:00: the last moment of a term
	From     Date   `json:"from" yaml:"from"`             // first day that the lists cover
	Until    Date   `json:"until" yaml:"until"`           // last day that the lists cover; later days follow the plain week
	Holidays []Date `json:"holidays" yaml:"holidays"`     // free days; a list of public holidays may name weekends too
	Working  []Date `json:"working" yaml:"working"`       // Saturdays and Sundays that are worked instead of a free weekday
	Short    []Date `json:"short,omitempty" yaml:"short"` // working days that end an hour earlier
}

// City answers which days are worked. It is immutable and safe for concurrent use.
type City struct {
	zone   *time.Location
	opens  time.Duration
	closes time.Duration
	from   Date
	until  Date
	days   map[Date]dayKind
}

type dayKind uint8

const (
	dayFree dayKind = iota + 1
	dayWorked
	dayShort
)

// NewCity checks the data and makes the calendar. Its error wraps ErrCity and names the wrong value.
func NewCity(data Data) (*City, error) {
	zone, err := time.LoadLocation(data.Zone)
	if err != nil || data.Zone == "" {
		return nil, fmt.Errorf("%w: zone %q is not in the IANA database; write for example Europe/Moscow", ErrCity, data.Zone)
	}
	opens, errOpens := timeOfDay(data.Opens)
	closes, errCloses := timeOfDay(data.Closes)
	if err := errors.Join(errOpens, errCloses); err != nil {
		return nil, err
	}
	if closes <= opens+time.Hour {
		return nil, fmt.Errorf("%w: the working day %s–%s is not longer than an hour", ErrCity, data.Opens, data.Closes)
	}
	if data.From.IsZero() || data.Until.Before(data.From) {
		return nil, fmt.Errorf("%w: from %q and until %q must be dates in this order", ErrCity, data.From, data.Until)
	}
	city := &City{zone: zone, opens: opens, closes: closes, from: data.From, until: data.Until, days: map[Date]dayKind{}}
	return city, errors.Join(city.mark(data.Holidays, dayFree), city.mark(data.Working, dayWorked), city.mark(data.Short, dayShort))
}

// mark enters one list of days; the first day that does not fit is the error.
func (c *City) mark(days []Date, kind dayKind) error {
	for _, d := range days {
		switch {
		case d.IsZero() || !c.Covers(d):
			return fmt.Errorf("%w: %s lies outside %s to %s", ErrCity, d, c.from, c.until)
		case c.days[d] != 0:
			return fmt.Errorf("%w: %s is listed twice", ErrCity, d)
		case kind == dayWorked && !weekend(d):
			return fmt.Errorf("%w: %s is %s, a working day already; take it off the list of working days", ErrCity, d, d.Weekday())
		case kind == dayShort && weekend(d):
			return fmt.Errorf("%w: %s is %s; only a working day can be short", ErrCity, d, d.Weekday())
		}
		c.days[d] = kind
	}
	return nil
}

// Zone is the city's time zone.
func (c *City) Zone() *time.Location { return c.zone }

// Today is the city's date at the moment.
func (c *City) Today(now time.Time) Date { return DateOf(now, c.zone) }

// Covers tells whether the lists of holidays reach this day. A later day is answered by the plain working week, so a
// page that shows it should say that it may still move.
func (c *City) Covers(d Date) bool { return !d.Before(c.from) && !d.After(c.until) }

// IsWorking tells whether the day is worked.
func (c *City) IsWorking(d Date) bool {
	switch c.days[d] {
	case dayFree:
		return false
	case dayWorked, dayShort:
		return true
	}
	return !weekend(d)
}

// Opens is the moment when the working day starts; on a free day the moment when it would.
func (c *City) Opens(d Date) time.Time { return c.at(d, c.opens) }

// Closes is the last moment of the working day; on a free day the moment when it would be.
func (c *City) Closes(d Date) time.Time {
	if c.days[d] == dayShort {
		return c.at(d, c.closes-time.Hour)
	}
	return c.at(d, c.closes)
}

// at is a time of the day by the wall clock, whatever the zone did that night.
func (c *City) at(d Date, of time.Duration) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), int(of/time.Hour), int(of%time.Hour/time.Minute), 0, 0, c.zone)
}

// WorkingOnOrAfter is the day itself when it is worked, otherwise the next day that is.
func (c *City) WorkingOnOrAfter(d Date) Date {
	for !c.IsWorking(d) && d != last {
		d = d.AddDays(1)
	}
	return d
}

// AddWorkingDays is the n-th working day after the day d, which is not counted itself. For n = 0 it is d or, when d is
// free, the next working day; a negative n goes back. n is cut at MaxDays either way.
func (c *City) AddWorkingDays(d Date, n int) Date {
	if n == 0 {
		return c.WorkingOnOrAfter(d)
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n = min(n, MaxDays); n > 0 && d != first && d != last; {
		d = d.AddDays(step)
		if c.IsWorking(d) {
			n--
		}
	}
	return d
}

// WorkingDaysBetween is how many working days lie after from up to and including to: what AddWorkingDays added. It is
// negative when to is earlier.
func (c *City) WorkingDaysBetween(from, to Date) int {
	if to.Before(from) {
		return -c.WorkingDaysBetween(to, from)
	}
	days := from.DaysUntil(to)
	count := days / 7 * 5
	for d, i := to, 0; i < days%7; d, i = d.AddDays(-1), i+1 {
		if !weekend(d) {
			count++
		}
	}
	return count + c.departures(from, to)
}

// departures is by how many working days the lists differ from the plain week after from up to and including to.
func (c *City) departures(from, to Date) int {
	sum := 0
	for d, kind := range c.days {
		switch {
		case !d.After(from) || d.After(to):
		case kind == dayFree && !weekend(d):
			sum--
		case kind == dayWorked:
			sum++
		}
	}
	return sum
}

var (
	first = Date{MinYear, 1, 1}
	last  = Date{MaxYear, 12, 31}
)

func weekend(d Date) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

func timeOfDay(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is no time of the day; write it as 09:00", ErrCity, text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}
