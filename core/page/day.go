package page

import (
	"strings"

	"posad.city/kit/calendar"
)

// Day is a date as ui.DateParts posts it, in three boxes. It is a field of a form that web.Context.Bind reads.
type Day struct {
	Day   string `json:"day" max:"10"`
	Month string `json:"month" max:"10"`
	Year  string `json:"year" max:"10"`
}

// DayOf shows a date in the boxes; no date leaves them empty.
func DayOf(d calendar.Date) Day {
	if d.IsZero() {
		return Day{}
	}
	text := d.String()
	return Day{Year: text[:4], Month: text[5:7], Day: text[8:]}
}

// DayHeld is what was typed into the boxes of a question before a detour (web.Context.Held).
func DayHeld(held interface{ Get(name string) string }, name string) Day {
	return Day{Day: held.Get(name + ".day"), Month: held.Get(name + ".month"), Year: held.Get(name + ".year")}
}

// Date reads the boxes; false when they name no day. Three empty boxes are no date.
func (d Day) Date() (calendar.Date, bool) {
	if d == (Day{}) {
		return calendar.Date{}, true
	}
	two := func(text string) string {
		text = strings.TrimSpace(text)
		if len(text) == 1 {
			return "0" + text
		}
		return text
	}
	out, err := calendar.ParseDate(strings.TrimSpace(d.Year) + "-" + two(d.Month) + "-" + two(d.Day))
	return out, err == nil
}
