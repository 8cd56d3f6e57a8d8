package booking

import (
	"context"
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// stripDays is how many days a strip of days spans.
const stripDays = 14

// Choice is what somebody chooses a time from: a strip of days with free times, and the times of one of them.
type Choice struct {
	Resource *service.Resource
	Days     []Day         // that have a free time, at most two weeks
	Day      calendar.Date // whose times are shown; zero: there is none
	Slots    []Slot        // free times of the day
	From     calendar.Date // first day of the strip
	Earlier  calendar.Date // first day of the strip before; zero: there is none
	Later    calendar.Date // of the strip after
	Today    calendar.Date
}

// Day is a day with free times.
type Day struct {
	Date calendar.Date
	Free int // times that have a free place
}

// Choose reads what a resource has free for the strip of days that begins at from, and the times of the day; both may be zero:
// then the first strip that has anything, and its first day. ErrResource, ErrCity.
func (m *Module) Choose(ctx context.Context, resource string, from, date calendar.Date) (Choice, error) {
	t, err := m.resource(resource)
	if err != nil {
		return Choice{}, err
	}
	now := m.base.Clock.Now()
	first, last := t.span(now)
	if from.IsZero() && !date.IsZero() {
		from = first.AddDays(first.DaysUntil(date) / stripDays * stripDays)
	}
	seek := from.IsZero()
	from = calendar.Latest(from, first)
	for {
		slots, err := m.Free(ctx, resource, from, from.AddDays(stripDays-1))
		if err != nil {
			return Choice{}, err
		}
		next := from.AddDays(stripDays)
		if len(slots) > 0 || !seek || next.After(last) {
			return t.choice(slots, from, date, now), nil
		}
		from = next
	}
}

// choice lays out the free times of a strip.
func (t timetable) choice(slots []Slot, from, date calendar.Date, now time.Time) Choice {
	first, last := t.span(now)
	out := Choice{Resource: t.resource, From: from, Today: first}
	for _, s := range slots {
		d := calendar.DateOf(s.Start, t.zone)
		if n := len(out.Days); n > 0 && out.Days[n-1].Date == d {
			out.Days[n-1].Free++
		} else {
			out.Days = append(out.Days, Day{Date: d, Free: 1})
		}
		if d == date {
			out.Day = date
		}
	}
	if out.Day.IsZero() && len(out.Days) > 0 {
		out.Day = out.Days[0].Date
	}
	for _, s := range slots {
		if calendar.DateOf(s.Start, t.zone) == out.Day {
			out.Slots = append(out.Slots, s)
		}
	}
	if from.After(first) {
		out.Earlier = calendar.Latest(from.AddDays(-stripDays), first)
	}
	if next := from.AddDays(stripDays); !next.After(last) {
		out.Later = next
	}
	return out
}

// Has tells whether the choice has anything to choose.
func (c Choice) Has() bool { return len(c.Slots) > 0 }

// part is a part of a day with its times.
type part struct {
	Name  string // locale key
	Slots []Slot
}

// parts are the times of the day before noon, after it and from five on.
func (c Choice) parts() []part {
	all := []part{{Name: "booking.part.morning"}, {Name: "booking.part.afternoon"}, {Name: "booking.part.evening"}}
	for _, s := range c.Slots {
		i := 0
		switch h := s.Start.Hour(); {
		case h >= 17:
			i = 2
		case h >= 12:
			i = 1
		}
		all[i].Slots = append(all[i].Slots, s)
	}
	var out []part
	for _, p := range all {
		if len(p.Slots) > 0 {
			out = append(out, p)
		}
	}
	return out
}
