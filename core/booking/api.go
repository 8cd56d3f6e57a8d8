package booking

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

func itoa(n int) string { return strconv.Itoa(n) }

// wireResource is a resource as the API shows it.
type wireResource struct {
	Key     string `json:"key"`
	Agency  string `json:"agency"`
	Title   string `json:"title"`
	Address string `json:"address"`
	Bring   string `json:"bring,omitempty"`
	Minutes int    `json:"minutes"` // of one appointment
	Ahead   int    `json:"ahead" doc:"How many calendar days ahead one may book"`
	Notice  int    `json:"notice" doc:"How many hours before the time one may still book"`
	Cancel  int    `json:"cancel" doc:"How many hours before the time one may still move or cancel"`
}

// wireSlot is a free time.
type wireSlot struct {
	ID    id.ID     `json:"id"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Left  int       `json:"left" doc:"Free places"`
}

// wireVisit is an appointment or a hold.
type wireVisit struct {
	ID       id.ID      `json:"id"`
	Resource string     `json:"resource"`
	Title    string     `json:"title"`
	Address  string     `json:"address"`
	Start    time.Time  `json:"start"`
	End      time.Time  `json:"end"`
	State    State      `json:"state" doc:"held, booked, cancelled, attended, missed"`
	Until    *time.Time `json:"until,omitempty" doc:"When a hold gives its place up"`
	Movable  *time.Time `json:"movable_until,omitempty" doc:"Until when the person may move or cancel it; absent: until it begins, or never when it has a case"`
	Case     *id.ID     `json:"case,omitempty" doc:"The application or case that it belongs to: it is not moved or cancelled by itself"`
	Vanished bool       `json:"vanished,omitempty" doc:"The office has taken this time out of its hours; the appointment stays"`
	Person   *id.ID     `json:"person,omitempty" doc:"At the desk: who comes"`
	Name     string     `json:"name,omitempty" doc:"At the desk"`
	Place    int        `json:"place,omitempty" doc:"At the desk: number of the window or seat"`
}

// wireRefusal is the answer when a time is taken.
type wireRefusal struct {
	web.Problem
	Near []wireSlot `json:"near"`
}

type sentVisit struct {
	Resource string `json:"resource" max:"100" need:"1"`
	Start    string `json:"start" max:"40" need:"1" doc:"As the list of free times has it"`
	Hold     bool   `json:"hold" doc:"Only keep the time for fifteen minutes; confirm it later"`
}

type sentMove struct {
	Start string `json:"start" max:"40" need:"1"`
}

type sentCame struct {
	Came bool `json:"came"`
}

func (m *Module) api(s *web.Server, o operations) {
	days := []web.Param{{Name: "from", Text: "First day, as 2026-12-01; left out: today"}, {Name: "to", Text: "Last day, at most 31 days; left out: two weeks"}}
	s.API(o.public, "GET /api/v1/resources", m.apiResources, web.Describe{Summary: "What can be booked", Out: []wireResource{}})
	s.API(o.public, "GET /api/v1/resources/{resource}/slots", m.apiSlots, web.Describe{Summary: "Free times of a resource", Out: []wireSlot{}, Params: days})
	s.API(o.list, "GET /api/v1/visits", m.apiVisits, web.Describe{Summary: "The person's appointments, the latest first", Out: []wireVisit{}})
	s.API(o.read, "GET /api/v1/visits/{booking}", m.apiVisit, web.Describe{Summary: "One appointment or hold", Out: wireVisit{}})
	s.API(o.book, "POST /api/v1/visits", m.apiBook, web.Describe{
		Summary: "Book a time, or keep it for fifteen minutes", Details: "A time that is taken: 409 with the nearest free ones in near.", In: sentVisit{}, Out: wireVisit{}, Status: http.StatusCreated,
	})
	s.API(o.change, "POST /api/v1/visits/{booking}/confirm", m.apiConfirm, web.Describe{Summary: "Book what is kept", Out: wireVisit{}})
	s.API(o.change, "POST /api/v1/visits/{booking}/move", m.apiMove, web.Describe{Summary: "Move an appointment to another time of its resource", In: sentMove{}, Out: wireVisit{}})
	s.API(o.change, "POST /api/v1/visits/{booking}/cancel", m.apiCancel, web.Describe{Summary: "Cancel an appointment, or let a hold go", Out: wireVisit{}})
	s.API(o.desk, "GET /api/v1/desk/visits", m.apiDay, web.Describe{
		Summary: "Who comes to the agency on a day, by time", Details: "Everybody on the list sees the look.", Tag: "desk", Out: []wireVisit{},
		Params: []web.Param{{Name: "day", Text: "As 2026-12-01; left out: today"}, {Name: "resource", Text: "Key of one resource"}},
	})
	s.API(o.mark, "POST /api/v1/desk/visits/{booking}/mark", m.apiMark, web.Describe{Summary: "Mark whether the person came", Tag: "desk", In: sentCame{}, Out: wireVisit{}})
	s.API(o.callOff, "POST /api/v1/desk/visits/{booking}/cancel", m.apiCancel, web.Describe{Summary: "Cancel an appointment for the agency", Tag: "desk", Out: wireVisit{}})
}

func (m *Module) apiResources(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	out := []wireResource{}
	for _, r := range m.Resources() {
		out = append(out, resourceWire(c, r))
	}
	return c.JSON(http.StatusOK, out)
}

func resourceWire(c *web.Context, r service.Resource) wireResource {
	l := c.Lang()
	return wireResource{
		Key: r.Key, Agency: r.Agency, Title: r.Title.In(l), Address: r.Address.In(l), Bring: r.Bring.In(l), Minutes: r.Minutes, Ahead: r.Ahead,
		Notice: r.Notice, Cancel: r.Cancel,
	}
}

func slotsWire(slots []Slot) []wireSlot {
	out := []wireSlot{}
	for _, s := range slots {
		out = append(out, wireSlot{ID: s.ID, Start: s.Start, End: s.End, Left: s.Left})
	}
	return out
}

func (m *Module) apiSlots(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	from, err := strictDay(c, "from")
	if err != nil {
		return err
	}
	to, err := strictDay(c, "to")
	if err != nil {
		return err
	}
	slots, err := m.Free(c.Context(), c.Path("resource"), from, to)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, slotsWire(slots))
}

// strictDay is a day of the query, which a program writes right or not at all.
func strictDay(c *web.Context, key string) (calendar.Date, error) {
	text := c.Query(key)
	if text == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, ErrRange.Because(err)
	}
	return d, nil
}

func visitWire(c *web.Context, b Booking) wireVisit {
	l := c.Lang()
	out := wireVisit{
		ID: b.ID, Resource: b.Resource, Title: b.Title.In(l), Address: b.Address.In(l), Start: b.Start, End: b.End, State: b.State, Vanished: !b.Vanished.IsZero(),
	}
	if b.State == Held {
		out.Until = &b.Until
	}
	if b.State == Booked && b.Case.IsZero() && !b.Notice.IsZero() {
		out.Movable = &b.Notice
	}
	if !b.Case.IsZero() {
		out.Case = &b.Case
	}
	return out
}

func (m *Module) apiVisits(c *web.Context) error {
	list, err := m.mine(c)
	if err != nil {
		return err
	}
	out := []wireVisit{}
	for _, b := range list {
		out = append(out, visitWire(c, b))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiVisit(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, visitWire(c, b))
}

func (m *Module) apiBook(c *web.Context) error {
	if err := c.May(act.Object{Kind: "booking", Holder: c.Person()}); err != nil {
		return err
	}
	var form sentVisit
	if err := c.Bind(&form); err != nil {
		return err
	}
	start, err := ParseStart(form.Start)
	if err != nil {
		return err
	}
	b, err := m.Hold(c.Context(), c.Act(), Hold{Person: c.Person(), Resource: form.Resource, Start: start})
	if err == nil && !form.Hold {
		b, err = m.Confirm(c.Context(), c.Act(), b.ID)
	}
	return m.answer(c, http.StatusCreated, b, err)
}

// answer is a booking, or why not, with near times when there are any.
func (m *Module) answer(c *web.Context, status int, b Booking, err error) error {
	var none *NoPlace
	if errors.As(err, &none) {
		status := web.Status(none.Fault)
		return c.JSON(status, wireRefusal{Problem: c.Problem(status, none.Fault), Near: slotsWire(none.Near)})
	}
	if err != nil {
		return err
	}
	return c.JSON(status, visitWire(c, b))
}

func (m *Module) apiConfirm(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	if !b.Case.IsZero() && b.State == Held {
		return ErrNone // an application's time is booked when the application is sent
	}
	b, err = m.Confirm(c.Context(), c.Act(), b.ID)
	return m.answer(c, http.StatusOK, b, err)
}

func (m *Module) apiMove(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	var form sentMove
	if err := c.Bind(&form); err != nil {
		return err
	}
	start, err := ParseStart(form.Start)
	if err != nil {
		return err
	}
	b, err = m.Move(c.Context(), c.Act(), b.ID, start)
	return m.answer(c, http.StatusOK, b, err)
}

func (m *Module) apiCancel(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	b, err = m.Cancel(c.Context(), c.Act(), b.ID)
	return m.answer(c, http.StatusOK, b, err)
}

func (m *Module) apiDay(c *web.Context) error {
	d, err := m.readDay(c)
	if err != nil {
		return err
	}
	out := []wireVisit{}
	for _, b := range d.List {
		one := visitWire(c, b)
		one.Person, one.Name, one.Place = &b.Person, d.Names[b.Person].Full(c.Lang()), b.Place
		out = append(out, one)
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiMark(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	var form sentCame
	if err := c.Bind(&form); err != nil {
		return err
	}
	b, err = m.Mark(c.Context(), c.Act(), b.ID, form.Came)
	return m.answer(c, http.StatusOK, b, err)
}
