package booking

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// found reads the booking of the path after asking whether the actor may do the route's operation to it.
func (m *Module) found(c *web.Context) (Booking, error) {
	booking, err := c.ID("booking")
	if err != nil {
		return Booking{}, err
	}
	row, err := m.row(c.Context(), m.system(), booking) // for the question alone; the look below is the actor's
	if err != nil {
		return Booking{}, err
	}
	if err := c.May(m.booking(row).Object()); err != nil {
		return Booking{}, err
	}
	return m.Booking(c.Context(), c.Act(), booking)
}

// visits is the page of a person's appointments.
type visits struct {
	Coming, Past []Booking
}

func (m *Module) showVisits(c *web.Context) error {
	list, err := m.mine(c)
	if err != nil {
		return err
	}
	var v visits
	for _, b := range list {
		if b.State == Booked && b.End.After(c.Now()) {
			v.Coming = append([]Booking{b}, v.Coming...) // the next one first
		} else {
			v.Past = append(v.Past, b)
		}
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("booking.title"), Layout: page.Account}, visitsPage(m, c, v))
}

func (m *Module) mine(c *web.Context) ([]Booking, error) {
	if err := c.May(act.Object{Kind: "booking", Holder: c.Person()}); err != nil {
		return nil, err
	}
	return m.OfPerson(c.Context(), c.Act(), c.Person())
}

func (m *Module) showVisit(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, m.optionsOf(c, b.Title.In(c.Lang())), visitPage(m, c, b))
}

func (m *Module) optionsOf(c *web.Context, title string) page.Options {
	return page.Options{Title: title, Layout: page.Plain, Crumbs: []ui.Link{{Text: c.T("booking.title"), Href: "/visits"}, {Text: title}}}
}

// sendFile gives the appointment as a file for a calendar.
func (m *Module) sendFile(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	if b.State == Held {
		return ErrNone
	}
	texts := calendarTexts{Host: "posad", URL: m.deps.Address + path(b.ID), Description: b.Bring.In(c.Lang())}
	if at, err := url.Parse(m.deps.Address); err == nil && at.Hostname() != "" {
		texts.Host = at.Hostname()
	}
	if texts.Description != "" {
		texts.Description = c.T("booking.bring") + ": " + texts.Description
	}
	return c.File(web.File{Name: "visit.ics", Type: "text/calendar; charset=utf-8", Data: calendarFile(b, c.Lang(), texts, c.Now())}, false)
}

func (m *Module) postConfirm(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	if !b.Case.IsZero() && b.State == Held {
		return ErrNone // an application's time is booked when the application is sent
	}
	_, err = m.Confirm(c.Context(), c.Act(), b.ID)
	var none *NoPlace
	if errors.As(err, &none) || errors.Is(err, ErrGone) {
		c.SetFlash("warning", "booking.gone")
		return c.Redirect("/visits/new/" + b.Resource)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "booking.flash_booked")
	return c.Redirect(path(b.ID))
}

// chooser is a page on which a time is chosen.
type chooser struct {
	Choice
	Title, Lead, Action string
	Moving              *Booking // what is moved; nil: a new appointment
	Problem             string   // what came of the last choice
	Near                []Slot   // free times near it
	SignIn              bool     // the person has to sign in for it
}

func dayOf(c *web.Context, key string) calendar.Date {
	d, err := calendar.ParseDate(c.Query(key))
	if err != nil {
		return calendar.Date{} // a link that was cut short shows the first days
	}
	return d
}

func (m *Module) choose(c *web.Context, resource string, ch chooser) error {
	var err error
	if ch.Choice, err = m.Choose(c.Context(), resource, dayOf(c, "from"), dayOf(c, "day")); err != nil {
		return err
	}
	if ch.Title == "" {
		ch.Title = ch.Resource.Title.In(c.Lang())
	}
	o := m.optionsOf(c, ch.Title)
	if ch.Moving == nil {
		o.Crumbs = []ui.Link{{Text: c.T("booking.resources"), Href: "/visits/resources"}, {Text: ch.Title}}
	}
	if ch.Problem != "" {
		o.Status = http.StatusConflict
	}
	return m.base.Pages.Render(c, o, chooserPage(c, ch))
}

// link is the address of a day of the strip.
func (ch chooser) link(from, date calendar.Date) string {
	values := url.Values{}
	if !from.IsZero() {
		values.Set("from", from.String())
	}
	if !date.IsZero() {
		values.Set("day", date.String())
	}
	return ch.Action + "?" + values.Encode()
}

func (m *Module) showNew(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	key := c.Path("resource")
	return m.choose(c, key, chooser{Action: "/visits/new/" + key, SignIn: c.Person().IsZero()})
}

// chosen is the form of a choice.
type chosen struct {
	Start string `json:"start" max:"40"`
}

func (m *Module) postNew(c *web.Context) error {
	key := c.Path("resource")
	if err := c.May(act.Object{Kind: "booking", Holder: c.Person()}); err != nil {
		return err
	}
	var form chosen
	if err := c.Bind(&form); err != nil {
		return err
	}
	start, err := ParseStart(form.Start)
	if err == nil {
		var b Booking
		if b, err = m.Hold(c.Context(), c.Act(), Hold{Person: c.Person(), Resource: key, Start: start}); err == nil {
			return c.Redirect(path(b.ID))
		}
	}
	ch := chooser{Action: "/visits/new/" + key}
	if !ch.refused(c, err) {
		return err
	}
	return m.choose(c, key, ch)
}

// refused puts a refusal onto the page of choice; false: it is another fault.
func (ch *chooser) refused(c *web.Context, err error) bool {
	var none *NoPlace
	if errors.As(err, &none) {
		ch.Near = none.Near
	}
	for _, one := range []*fault.Fault{ErrFull, ErrTime, ErrMany, ErrLate, ErrOver, ErrOfCase} {
		if errors.Is(err, one) {
			ch.Problem = c.FaultText(one)
			return true
		}
	}
	return false
}

func (m *Module) showMove(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	if !b.Movable(c.Now()) {
		return c.Redirect(path(b.ID))
	}
	return m.choose(c, b.Resource, m.moving(c, b))
}

func (m *Module) moving(c *web.Context, b Booking) chooser {
	return chooser{Action: "/visits/move/" + b.ID.String(), Title: c.T("booking.move_title"), Moving: &b,
		Lead: c.T("booking.move_lead", "title", b.Title.In(c.Lang()), "when", b.When(c.Lang(), m.today()))}
}

func (m *Module) postMove(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	var form chosen
	if err := c.Bind(&form); err != nil {
		return err
	}
	start, err := ParseStart(form.Start)
	if err == nil {
		if _, err = m.Move(c.Context(), c.Act(), b.ID, start); err == nil {
			c.SetFlash("success", "booking.flash_moved")
			return c.Redirect(path(b.ID))
		}
	}
	ch := m.moving(c, b)
	if !ch.refused(c, err) {
		return err
	}
	return m.choose(c, b.Resource, ch)
}

func (m *Module) showCancel(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	if !b.Movable(c.Now()) {
		return c.Redirect(path(b.ID))
	}
	return m.base.Pages.Render(c, m.optionsOf(c, c.T("booking.cancel_title")), cancelPage(m, c, b))
}

func (m *Module) postCancel(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	if _, err := m.Cancel(c.Context(), c.Act(), b.ID); err != nil {
		return err
	}
	if b.State == Held {
		return c.Redirect("/visits/new/" + b.Resource)
	}
	c.SetFlash("success", "booking.flash_cancelled")
	return c.Redirect("/visits")
}

func (m *Module) showResources(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	title := c.T("booking.resources")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Plain, Crumbs: []ui.Link{{Text: title}}}, resourcesPage(m, c, m.Resources()))
}

// resourceRows are the lines of the public list.
func (m *Module) resourceRows(c *web.Context) []ui.RowItem {
	var out []ui.RowItem
	for _, r := range m.Resources() {
		out = append(out, ui.RowItem{Icon: "calendar-dots", Text: r.Title.In(c.Lang()), Href: "/visits/new/" + r.Key, Value: r.Address.In(c.Lang()), Quiet: true})
	}
	return out
}

func stateTag(c *web.Context, b Booking) *ui.TagProps {
	tone := ui.Neutral
	switch b.State {
	case Booked, Attended:
		tone = ui.Success
	case Held:
		tone = ui.Info
	case Missed:
		tone = ui.Warning
	}
	return &ui.TagProps{Text: c.T("booking.state." + string(b.State)), Tone: tone}
}

// todo is an appointment to come in the person's list.
func (m *Module) todo(c *web.Context, b Booking) ui.TodoItem {
	l := c.Lang()
	day, month, _ := strings.Cut(strings.ReplaceAll(lang.DayMonth(l, b.day()), "\u00a0", " "), " ")
	return ui.TodoItem{
		Date: ui.DateBlockProps{Day: day, Month: month, Tone: ui.Info}, Title: b.Title.In(l),
		Note:   lang.Weekday(l, b.Start.Weekday()) + ", " + lang.Time(l, b.Start) + ". " + b.Address.In(l),
		Action: ui.ButtonProps{Text: c.T("booking.open"), For: b.Title.In(l), Href: path(b.ID), Kind: ui.Secondary},
	}
}

func (m *Module) pastRows(c *web.Context, list []Booking) []ui.RowItem {
	var out []ui.RowItem
	for _, b := range list {
		out = append(out, ui.RowItem{Icon: "calendar-dots", Text: b.Title.In(c.Lang()), Href: path(b.ID), Value: b.When(c.Lang(), m.today()), Quiet: true, Tag: stateTag(c, b)})
	}
	return out
}

// summary is what there is to know of an appointment.
func (m *Module) summary(c *web.Context, b Booking) []ui.SummaryRow {
	l := c.Lang()
	rows := []ui.SummaryRow{
		{Name: c.T("booking.fact.when"), Value: b.When(l, m.today()) + "–" + lang.Time(l, b.End)},
		{Name: c.T("booking.fact.address"), Value: b.Address.In(l)},
	}
	if !b.Bring.IsZero() {
		rows = append(rows, ui.SummaryRow{Name: c.T("booking.bring"), Value: b.Bring.In(l)})
	}
	if city := m.deps.Services.Current(); city != nil && b.Service != "" {
		if s, ok := city.Service(b.Service); ok {
			rows = append(rows, ui.SummaryRow{Name: c.T("booking.for_service"), Value: s.Title.In(l)})
		}
	}
	return rows
}
