package autopay

import (
	"encoding/binary"
	"slices"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// When says on which day an order pays.
type When string

// The ways to choose the day.
const (
	Before When = "before" // so many days before the bill is due
	OnDay  When = "day"    // on a day of the month
)

// Terms are what the owner of an order agreed to. Amounts are minor units.
type Terms struct {
	Each   int64 `json:"each"`           // one payment at most
	Month  int64 `json:"month"`          // all payments of the order in a month at most
	Low    int64 `json:"low,omitempty"`  // below it the owner is asked; 0: no bound
	High   int64 `json:"high,omitempty"` // above it the owner is asked; 0: no bound
	Over   int64 `json:"over,omitempty"` // the owner is asked when a bill is so many percent above the usual; 0: never for that
	When   When  `json:"when"`
	Days   int   `json:"days"`   // Before: days before the term, 0 to BeforeMost; OnDay: day of the month, 1 to 31
	Notice int   `json:"notice"` // how many days ahead the owner is told, 1 to NoticeMost
	Window int   `json:"window"` // hours to think better of it, 0 to WindowMost: see Judge
}

// Bounds of terms.
const (
	BeforeMost = 20
	NoticeMost = 14
	WindowMost = 8
	OverLeast  = 5   // percent
	OverMost   = 300 // percent
	CapMost    = 1_000_000_00
)

// Terms as the form offers them first.
const (
	usualNotice = 3
	usualBefore = 2
	usualWindow = 4
	usualOver   = 30
)

// The hours of the city's day at which an owner is told, and at which it is decided to pay. Both lie where no zone moves
// its clock.
const (
	noticeHour  = 9
	payHour     = 10
	eveningHour = 21
)

// spread is how long after the hour a turn's moment comes: a city's turns are not all of one second. It is less than an hour, and
// always the same for a turn.
func spread(turn id.ID) time.Duration {
	return time.Duration(binary.BigEndian.Uint16(turn[len(turn)-2:])%3600) * time.Second
}

// retries is the declared schedule after a try that did not come off: the next try so many days after the last. When it is over, the
// owner is told that nobody tries any more.
var retries = []int{1, 3}

// TriesMost is how often a bill is tried at the bank.
var TriesMost = len(retries) + 1

// check finds what is wrong with terms, field by field.
func (t Terms) check() []fault.Field {
	var out []fault.Field
	bad := func(name, key string) { out = append(out, fault.Field{Name: name, ID: "autopay.fault." + key}) }
	switch {
	case t.Each <= 0:
		bad("each", "each")
	case t.Each > CapMost:
		bad("each", "cap")
	}
	if t.Month <= 0 {
		bad("month", "month")
	} else if t.Month > CapMost {
		bad("month", "cap")
	} else if t.Each > 0 && t.Month < t.Each {
		bad("month", "month_small")
	}
	if t.Low < 0 || t.High < 0 || t.High > 0 && t.Low > t.High {
		bad("low", "range")
	}
	if t.Over != 0 && (t.Over < OverLeast || t.Over > OverMost) {
		bad("over", "over")
	}
	switch {
	case t.When == Before && (t.Days < 0 || t.Days > BeforeMost):
		bad("days", "before")
	case t.When == OnDay && (t.Days < 1 || t.Days > 31):
		bad("day", "day")
	case t.When != Before && t.When != OnDay:
		bad("when", "when")
	}
	if t.Notice < 1 || t.Notice > NoticeMost {
		bad("notice", "notice")
	}
	if t.Window < 0 || t.Window > WindowMost {
		bad("window", "window")
	}
	return out
}

// Wider tells whether terms let an order do more than others did: take more, ask less, or leave less time to think.
func (t Terms) Wider(than Terms) bool {
	return t.Each > than.Each || t.Month > than.Month ||
		looser(t.Over, than.Over) || looser(t.High, than.High) || t.Low < than.Low ||
		t.Notice < than.Notice || t.Window < than.Window
}

// looser compares two upper bounds of which 0 is none at all.
func looser(a, b int64) bool { return a != b && (a == 0 || b != 0 && a > b) }

// payDay is the day on which a bill is to be paid that became known on a day and is due on another; zero: no term. The
// owner is told the notice's days ahead, fewer when the term leaves no room for them, but never on the day itself; so a
// bill that comes too late is paid the day after it came, late or not.
func (t Terms) payDay(known, due calendar.Date) calendar.Date {
	soonest, noticed := known.AddDays(1), known.AddDays(t.Notice)
	wish := noticed
	switch {
	case t.When == OnDay:
		wish = nextDay(soonest, t.Days)
	case !due.IsZero():
		wish = due.AddDays(-t.Days)
	}
	if due.IsZero() {
		return calendar.Latest(wish, noticed)
	}
	out := calendar.Latest(wish, calendar.Earliest(noticed, due))
	return calendar.Latest(calendar.Earliest(out, due), soonest)
}

// nextDay is the first day from one on that is the given day of its month; in a short month its last one.
func nextDay(from calendar.Date, day int) calendar.Date {
	for month := 0; ; month++ {
		first := from.AddDays(1 - from.Day()).AddMonths(month)
		out := first.AddDays(min(day, calendar.DaysIn(first.Year(), first.Month())) - 1)
		if !out.Before(from) {
			return out
		}
	}
}

// tellDay is when the owner is told of what will be paid on a day.
func (t Terms) tellDay(known, pay calendar.Date) calendar.Date {
	return calendar.Latest(known, pay.AddDays(-t.Notice))
}

// at is an hour of a civil day in the city, whatever its clocks did in the night.
func at(day calendar.Date, hour int, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, zone).UTC()
}

// monthOf names the month of a day: 2026-12.
func monthOf(day calendar.Date) string { return day.String()[:7] }

// pastMost is how many payments the usual amount is taken from.
const pastMost = 12

// Usual is the middle one of what was paid before, the newest pastMost of it: the median, of two middle ones the mean,
// rounded down. 0 when nothing was.
func Usual(past []int64) int64 {
	if len(past) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(past[:min(len(past), pastMost)]))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return sorted[middle-1] + (sorted[middle]-sorted[middle-1])/2
}

// limit is the amount above which the owner is asked, given what is usual.
func (t Terms) limit(usual int64) int64 { return usual + usual*t.Over/100 }
