package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind says which days a term counts.
type Kind string

// The kinds of days.
const (
	Working  Kind = "working"  // days that the city works
	Calendar Kind = "calendar" // all days; a term that ends on a free day ends on the next working one
)

// MaxDays bounds a term and everything that adds days one by one: about thirty years.
const MaxDays = 10_000

// ErrTerm is returned for a term that cannot be kept.
var ErrTerm = fmt.Errorf("calendar: a term has 1 to %d days and the kind working or calendar", MaxDays)

// Term is the time that the city gives itself, or a person, for an answer.
type Term struct {
	Days int  `json:"days" yaml:"days"`
	Kind Kind `json:"kind" yaml:"kind"`
}

// Check returns ErrTerm for a term that cannot be kept.
func (t Term) Check() error {
	if t.Days < 1 || t.Days > MaxDays || t.Kind != Working && t.Kind != Calendar {
		return ErrTerm
	}
	return nil
}

// Pause is a time in which the clock stands because someone else owes an answer.
type Pause struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`     // zero while the clock still stands
	Reason string    `json:"reason"` // translation key, shown to the person
}

// Clock is a running term: what was promised, since when, and when it stood.
type Clock struct {
	Term    Term
	Started time.Time
	Pauses  []Pause // in any order; they may touch and overlap
}

// Reading is what a Clock shows at a moment.
type Reading struct {
	Due     time.Time // last moment to act; zero while the clock stands
	Paused  bool      // the clock stands
	Left    int       // days of the term's kind that are not spent yet
	Overdue int       // full working days since Due; 0 when not late
	Late    bool      // Due has passed
}

// ErrPause is returned for a pause that ends before it starts.
var ErrPause = errors.New("calendar: a pause ends before it starts")

// Read tells how the clock stands at the moment now.
//
// The day of the start does not count. After it, a day of the term's kind is spent when the clock runs at the end of
// its working hours: a question that is asked and answered within one day moves nothing, and one that is open at the
// close of k working days moves the end by k. The term ends with the working hours of its last day; where that day is
// free, or is the day on which an answer came, of the next working day, so that nobody is late by an evening letter.
func (c *City) Read(k Clock, now time.Time) (Reading, error) {
	if err := k.Term.Check(); err != nil {
		return Reading{}, err
	}
	pauses, err := merged(k.Pauses)
	if err != nil {
		return Reading{}, err
	}
	start := DateOf(k.Started, c.zone)
	out := Reading{
		Left:   max(0, k.Term.Days-c.spent(k.Term.Kind, start, pauses, now)),
		Paused: len(pauses) > 0 && pauses[len(pauses)-1].To.IsZero(),
	}
	due, reached := c.due(k.Term, start, pauses)
	if !reached {
		return out, nil
	}
	out.Paused = false // the term was over before this pause began
	out.Due = c.Closes(due)
	out.Late = now.After(out.Due)
	if out.Late {
		out.Overdue = c.ended(Working, due, now)
	}
	return out, nil
}

// Spent is how many days of the term's kind have been used up at a moment, pauses left out: what Read takes off the term.
// It does not look for the term's end, so that it costs the same for a long term.
func (c *City) Spent(k Clock, now time.Time) (int, error) {
	if err := k.Term.Check(); err != nil {
		return 0, err
	}
	pauses, err := merged(k.Pauses)
	if err != nil {
		return 0, err
	}
	return min(k.Term.Days, c.spent(k.Term.Kind, DateOf(k.Started, c.zone), pauses, now)), nil
}

// Due is the last moment to act of a term that starts now and never pauses.
func (c *City) Due(term Term, started time.Time) (time.Time, error) {
	reading, err := c.Read(Clock{Term: term, Started: started}, started)
	return reading.Due, err
}

// due finds the last day; reached is false when a pause that has not ended stands before it. Pauses are in order and
// apart, so each can only push the day further, by as many days as closed in it.
func (c *City) due(term Term, start Date, pauses []Pause) (Date, bool) {
	day := c.add(term.Kind, start, term.Days)
	for _, p := range pauses {
		if p.From.After(c.Closes(day)) {
			break
		}
		if p.To.IsZero() {
			return Date{}, false
		}
		if n := c.stood(term.Kind, start, p); n > 0 {
			day = c.add(term.Kind, day, n)
		}
	}
	for !c.IsWorking(day) || c.answered(day, pauses) || c.stands(day, pauses) {
		if n := len(pauses); n > 0 && pauses[n-1].To.IsZero() && !pauses[n-1].From.After(c.Closes(day)) {
			return Date{}, false
		}
		if day == last {
			break
		}
		day = c.AddWorkingDays(day, 1)
	}
	return day, true
}

// answered tells whether a pause ended on that day before its close.
func (c *City) answered(day Date, pauses []Pause) bool {
	closes := c.Closes(day)
	return slices.ContainsFunc(pauses, func(p Pause) bool {
		return !p.To.IsZero() && DateOf(p.To, c.zone) == day && !p.To.After(closes)
	})
}

// stands tells whether the clock stands at the close of the day.
func (c *City) stands(day Date, pauses []Pause) bool {
	closes := c.Closes(day)
	return slices.ContainsFunc(pauses, func(p Pause) bool {
		return !p.From.After(closes) && (p.To.IsZero() || p.To.After(closes))
	})
}

// spent is how many days after the start ended before or at now while the clock ran.
func (c *City) spent(kind Kind, start Date, pauses []Pause, now time.Time) int {
	days := c.ended(kind, start, now)
	for _, p := range pauses {
		if p.From.After(now) {
			break
		}
		if p.To.IsZero() || p.To.After(now) {
			p.To = now.Add(1) // the day that ends at this very moment ends inside
		}
		days -= c.stood(kind, start, p)
	}
	return days
}

// ended is how many days of the kind after start have closed at or before now.
func (c *City) ended(kind Kind, start Date, now time.Time) int {
	today := DateOf(now, c.zone)
	if now.Before(c.Closes(today)) {
		today = today.AddDays(-1)
	}
	if !today.After(start) {
		return 0
	}
	return c.between(kind, start, today)
}

// stood is how many days of the kind after start closed within the pause, its first moment included.
func (c *City) stood(kind Kind, start Date, p Pause) int {
	return c.ended(kind, start, p.To.Add(-1)) - c.ended(kind, start, p.From.Add(-1))
}

func (c *City) add(kind Kind, d Date, n int) Date {
	if kind == Calendar {
		return d.AddDays(n)
	}
	return c.AddWorkingDays(d, n)
}

func (c *City) between(kind Kind, from, to Date) int {
	if kind == Calendar {
		return from.DaysUntil(to)
	}
	return c.WorkingDaysBetween(from, to)
}

// merged sorts pauses and joins those that touch or overlap, so that no day is given back twice.
func merged(pauses []Pause) ([]Pause, error) {
	sorted := slices.Clone(pauses)
	slices.SortFunc(sorted, func(a, b Pause) int { return cmp.Compare(a.From.UnixNano(), b.From.UnixNano()) })
	var out []Pause
	for _, p := range sorted {
		if !p.To.IsZero() && p.To.Before(p.From) {
			return nil, ErrPause
		}
		if len(out) == 0 || !out[len(out)-1].To.IsZero() && out[len(out)-1].To.Before(p.From) {
			out = append(out, p)
			continue
		}
		tail := &out[len(out)-1]
		if p.To.IsZero() || !tail.To.IsZero() && p.To.After(tail.To) {
			tail.To = p.To
		}
	}
	return out, nil
}
