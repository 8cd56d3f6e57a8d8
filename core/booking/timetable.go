package booking

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// clockTime is a time of day in minutes after midnight.
type clockTime int

// parseClock reads 09:00 and nothing else; 24:00 is the end of a day.
func parseClock(text string) (clockTime, error) {
	hour, minute, ok := strings.Cut(text, ":")
	if !ok || len(hour) != 2 || len(minute) != 2 {
		return 0, fmt.Errorf("booking: %q is no time of day", text)
	}
	h, err := strconv.ParseUint(hour, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("booking: hour: %w", err)
	}
	m, err := strconv.ParseUint(minute, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("booking: minute: %w", err)
	}
	at := clockTime(h*60 + m)
	if m > 59 || at > 24*60 {
		return 0, fmt.Errorf("booking: %q is no time of day", text)
	}
	return at, nil
}

// on is the moment of a time of day; false on a day whose clocks skip it.
func (t clockTime) on(day calendar.Date, zone *time.Location) (time.Time, bool) {
	at := time.Date(day.Year(), day.Month(), day.Day(), int(t)/60, int(t)%60, 0, 0, zone)
	if t == 24*60 {
		return at, true
	}
	return at, at.Hour() == int(t)/60 && at.Minute() == int(t)%60 && at.Day() == day.Day()
}

// shortBy is how much earlier a short day ends.
const shortBy = 60

// timetable is what a resource offers by a version of the city. It is immutable.
type timetable struct {
	city     *service.City
	resource *service.Resource
	days     *calendar.City
	zone     *time.Location
}

func tableOf(city *service.City, resource *service.Resource) timetable {
	return timetable{city: city, resource: resource, days: city.Days(), zone: city.Days().Zone()}
}

// open tells whether the resource receives on the day. A working day of the week must be one of the city's too; a Saturday or
// Sunday is open when the timetable names it and it is no holiday with a name.
func (t timetable) open(day calendar.Date) bool {
	if slices.Contains(t.resource.Closed, day.String()) {
		return false
	}
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		return !t.holiday(day)
	}
	return t.days.IsWorking(day)
}

func (t timetable) holiday(day calendar.Date) bool {
	text := day.String()
	for _, year := range t.city.Calendar.Years {
		for _, h := range year.Holidays {
			if h.From == text || h.From < text && text <= h.To {
				return true
			}
		}
	}
	return false
}

func (t timetable) short(day calendar.Date) bool {
	for _, year := range t.city.Calendar.Years {
		if year.Year == day.Year() {
			return slices.Contains(year.Short, day.String())
		}
	}
	return false
}

// on lists the times of a day, in order, none of which overlaps the next.
func (t timetable) on(day calendar.Date) []Slot {
	if day.IsZero() || !t.open(day) {
		return nil
	}
	weekday := strings.ToLower(day.Weekday().String())
	var out []Slot
	for _, hours := range t.resource.Hours {
		if slices.Contains(hours.Days, weekday) {
			out = append(out, t.within(day, hours)...)
		}
	}
	slices.SortFunc(out, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return apart(out)
}

// within lists the times of one line of hours.
func (t timetable) within(day calendar.Date, hours service.Hours) []Slot {
	from, err := parseClock(hours.From)
	if err != nil {
		return nil // the city's checks refuse such a version
	}
	to, err := parseClock(hours.To)
	if err != nil || t.resource.Minutes < 5 {
		return nil
	}
	if t.short(day) {
		to -= shortBy
	}
	length := time.Duration(t.resource.Minutes) * time.Minute
	var out []Slot
	for at := from; at+clockTime(t.resource.Minutes) <= to; at += clockTime(t.resource.Minutes) {
		if start, ok := at.on(day, t.zone); ok {
			out = append(out, Slot{
				ID: SlotID(t.resource.Key, start), Resource: t.resource.Key, Start: start, End: start.Add(length), Left: t.resource.Places,
			})
		}
	}
	return out
}

// apart leaves out times that begin before the one before has ended: lines of hours that overlap, and the night on which
// clocks go forward.
func apart(list []Slot) []Slot {
	var out []Slot
	for _, s := range list {
		if len(out) == 0 || !s.Start.Before(out[len(out)-1].End) {
			out = append(out, s)
		}
	}
	return out
}

// span is the days on which one may book now, first and last.
func (t timetable) span(now time.Time) (first, last calendar.Date) {
	today := t.days.Today(now)
	return today, today.AddDays(t.resource.Ahead)
}

// soonest is the first moment for which one may book now.
func (t timetable) soonest(now time.Time) time.Time {
	return now.Add(time.Duration(t.resource.Notice) * time.Hour)
}

// bookable lists the times from one day to another, both included, that one may book now, whether taken or not.
func (t timetable) bookable(from, to calendar.Date, now time.Time) []Slot {
	first, last := t.span(now)
	from, to = calendar.Latest(from, first), calendar.Earliest(to, last)
	soonest := t.soonest(now)
	var out []Slot
	for day := from; !day.After(to); day = day.AddDays(1) {
		for _, s := range t.on(day) {
			if s.Start.After(now) && !s.Start.Before(soonest) {
				out = append(out, s)
			}
		}
		if day == to {
			break // the last day that a Date can name has no next one
		}
	}
	return out
}

// has finds a time of the timetable, whether it may be booked now or not.
func (t timetable) has(start time.Time) (Slot, bool) {
	for _, s := range t.on(calendar.DateOf(start, t.zone)) {
		if s.Start.Equal(start) {
			return s, true
		}
	}
	return Slot{}, false
}

// offers finds a time that one may book now, taken or not.
func (t timetable) offers(start, now time.Time) (Slot, bool) {
	day := calendar.DateOf(start, t.zone)
	for _, s := range t.bookable(day, day, now) {
		if s.Start.Equal(start) {
			return s, true
		}
	}
	return Slot{}, false
}

// notice is the last moment to move or cancel an appointment; zero: any time before it.
func (t timetable) notice(start time.Time) time.Time {
	if t.resource.Cancel <= 0 {
		return time.Time{}
	}
	return start.Add(-time.Duration(t.resource.Cancel) * time.Hour)
}
