package booking

import (
	"unicode"
	"unicode/utf8"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// dayChips are the days of a strip.
func dayChips(c *web.Context, ch Choice, link func(from, date calendar.Date) string) []ui.ChipProps {
	var out []ui.ChipProps
	for _, d := range ch.Days {
		out = append(out, ui.ChipProps{
			Text: lang.ShortWeekday(c.Lang(), d.Date.Weekday()) + ", " + lang.DayMonth(c.Lang(), d.Date), Href: link(ch.From, d.Date), Current: d.Date == ch.Day,
		})
	}
	return out
}

// dayTitle is the day whose times are shown, as a heading: with a capital letter.
func dayTitle(c *web.Context, ch Choice) string {
	text := lang.WeekdayDate(c.Lang(), ch.Day, ch.Today)
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func timeKind(s Slot, chosen string) ui.Kind {
	if FormatStart(s.Start) == chosen {
		return ui.Primary
	}
	return ui.Secondary
}

// nearText is a time of another day in a few words.
func nearText(c *web.Context, ch chooser, s Slot) string {
	return lang.WeekdayDate(c.Lang(), calendar.DateOf(s.Start, s.Start.Location()), ch.Today) + ", " + lang.Time(c.Lang(), s.Start)
}

// aboutResource is what one should know before choosing.
func aboutResource(c *web.Context, r *service.Resource) []ui.SummaryRow {
	l := c.Lang()
	rows := []ui.SummaryRow{
		{Name: c.T("booking.fact.address"), Value: r.Address.In(l)},
		{Name: c.T("booking.length"), Value: c.T("booking.minutes", "n", r.Minutes)},
	}
	if !r.Bring.IsZero() {
		rows = append(rows, ui.SummaryRow{Name: c.T("booking.bring"), Value: r.Bring.In(l)})
	}
	return rows
}

func (m *Module) todos(c *web.Context, list []Booking) []ui.TodoItem {
	var out []ui.TodoItem
	for _, b := range list {
		out = append(out, m.todo(c, b))
	}
	return out
}

func (m *Module) heldTitle(c *web.Context, b Booking) string {
	if b.Live(c.Now()) {
		return c.T("booking.held_until", "time", m.clockOf(c.Lang(), b.Until))
	}
	return c.T("booking.held_over")
}

// calledOff says that the office has cancelled an appointment, and what comes next.
func calledOff(c *web.Context, b Booking) ui.NoticeProps {
	out := ui.NoticeProps{
		Tone: ui.Warning, Title: c.T("booking.tell.called_off.title"), Text: c.T("booking.called_off_text"),
		Link: ui.Link{Text: c.T("booking.again"), Href: "/visits/new/" + b.Resource},
	}
	if !b.Case.IsZero() { // a time of one's own would be no part of the case
		out.Text, out.Link = c.T("booking.called_off_case_text"), ui.Link{Text: c.T("booking.to_case"), Href: casePath(b.Case)}
	}
	return out
}
