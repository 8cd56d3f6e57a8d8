package document

import (
	"net/url"

	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// renewal is the address where a document is renewed; empty when it can't be today: its service has no renewal or is not
// offered any more, it is too early, or it was revoked. One that has ended can still be renewed for as long as one may
// before its end.
func (m *Module) renewal(r Result) string {
	city := m.city()
	if city == nil || r.Until.IsZero() || !r.Revoked.IsZero() || r.Form == FormRefusal || r.Case.IsZero() {
		return ""
	}
	s, ok := city.Service(r.Service)
	if !ok || s.Renewal == nil {
		return ""
	}
	span, ok := service.ParseSpan(s.Renewal.From)
	if !ok || !renewable(r.Until, span, m.today()) {
		return ""
	}
	return "/services/" + url.PathEscape(r.Service) + "/apply?renew=" + r.Case.String() // the application that it came of, which a document knows by its id
}

// renewable tells whether today is near enough to the last day.
func renewable(until calendar.Date, span service.Span, today calendar.Date) bool {
	from, last := until.AddMonths(-span.Months).AddDays(-span.Days), until.AddMonths(span.Months).AddDays(span.Days)
	return !today.Before(from) && !today.After(last)
}
