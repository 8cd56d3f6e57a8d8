package booking

import (
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// localForm is a moment in the city's zone, as answers of forms keep it.
const localForm = "2006-01-02T15:04"

// Answer is the canonical answer of a form's field of the type slot.
func (b Booking) Answer() map[string]any {
	return map[string]any{
		"id": b.ID.String(), "resource": b.Resource, "start": b.Start.Format(localForm), "end": b.End.Format(localForm), "day": b.day().String(),
		"text": b.Text(lang.Russian), "text_en": b.Text(lang.English),
	}
}

func (b Booking) day() calendar.Date { return calendar.DateOf(b.Start, b.Start.Location()) }

// Text is the appointment in one line: 1 декабря, 9:30, Купеческая ул., 5.
func (b Booking) Text(l lang.Language) string {
	out := lang.DayMonth(l, b.day()) + ", " + lang.Time(l, b.Start)
	if b.Address.IsZero() {
		return out
	}
	return out + ", " + b.Address.In(l)
}

// When is the day and the time: вторник, 1 декабря, 9:30.
func (b Booking) When(l lang.Language, today calendar.Date) string {
	return lang.WeekdayDate(l, b.day(), today) + ", " + lang.Time(l, b.Start)
}

func (b Booking) whenText(today calendar.Date) lang.Text {
	return lang.Text{RU: b.When(lang.Russian, today), EN: b.When(lang.English, today)}
}

// both is a text in both languages.
func (m *Module) both(key string) lang.Text {
	return lang.Text{RU: m.base.Texts.Text(lang.Russian, key), EN: m.base.Texts.Text(lang.English, key)}
}

// today is the city's date.
func (m *Module) today() calendar.Date { return calendar.DateOf(m.base.Clock.Now(), m.zone()) }

// path is the page of a booking.
func path(booking id.ID) string { return "/visits/" + booking.String() }

// casePath leads to the application that a booking belongs to: to its draft, or to the case that it became.
func casePath(caseID id.ID) string { return "/drafts/" + caseID.String() }

// clock is a moment of the day in the city's zone.
func (m *Module) clockOf(l lang.Language, at time.Time) string { return lang.Time(l, at.In(m.zone())) }
