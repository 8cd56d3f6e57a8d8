package booking

import (
	"net/url"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// deskDay is the officials' list of a day.
type deskDay struct {
	Day       calendar.Date
	Today     calendar.Date
	Resource  string // narrowed to it; empty: all of the agency's
	List      []Booking
	More      bool // than are listed
	Names     map[id.ID]lang.Name
	Resources []ui.Link
}

// address is the list of a day.
func (d deskDay) address(date calendar.Date, resource string) string {
	values := url.Values{}
	if date != d.Today {
		values.Set("day", date.String())
	}
	if resource != "" {
		values.Set("resource", resource)
	}
	if len(values) == 0 {
		return "/desk/visits"
	}
	return "/desk/visits?" + values.Encode()
}

// readDay reads the day's list of the official's agency, with the names of those who come.
func (m *Module) readDay(c *web.Context) (deskDay, error) {
	a := c.Act()
	if a.Actor.Kind != act.Official {
		return deskDay{}, ErrNoDesk
	}
	if err := c.May(act.Object{Kind: "desk", Agency: a.Actor.Agency}); err != nil {
		return deskDay{}, err
	}
	d := deskDay{Today: m.today(), Day: dayOf(c, "day"), Resource: c.Query("resource")}
	if d.Day.IsZero() {
		d.Day = d.Today
	}
	var err error
	if d.List, d.More, err = m.Day(c.Context(), a, a.Actor.Agency, d.Day, d.Resource); err != nil {
		return d, err
	}
	d.Resources = m.deskResources(c, d)
	if len(d.List) == 0 {
		return d, nil
	}
	var people []id.ID
	for _, b := range d.List {
		people = append(people, b.Person)
	}
	d.Names, err = m.deps.People.Names(c.Context(), a, lookDay, people...)
	return d, err
}

// deskResources are the agency's resources as views of the list.
func (m *Module) deskResources(c *web.Context, d deskDay) []ui.Link {
	out := []ui.Link{{Text: c.T("booking.desk.all"), Href: d.address(d.Day, ""), Current: d.Resource == ""}}
	for _, r := range m.Resources() {
		if agencyID(r.Agency) == c.Act().Actor.Agency {
			out = append(out, ui.Link{Text: r.Title.In(c.Lang()), Href: d.address(d.Day, r.Key), Current: d.Resource == r.Key})
		}
	}
	return out
}

func (m *Module) showDay(c *web.Context) error {
	d, err := m.readDay(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("booking.desk.title"), Layout: page.Desk}, deskDayPage(m, c, d))
}

func (d deskDay) head(c *web.Context) ui.DeskHeadProps {
	came, left := 0, 0
	for _, b := range d.List {
		switch b.State {
		case Attended:
			came++
		case Booked:
			left++
		}
	}
	return ui.DeskHeadProps{Title: c.T("booking.desk.title"), Note: lang.WeekdayDate(c.Lang(), d.Day, d.Today), Figures: []ui.Figure{
		{Value: itoa(len(d.List)), Text: c.T("booking.desk.booked")}, {Value: itoa(came), Text: c.T("booking.desk.came")},
		{Value: itoa(left), Text: c.T("booking.desk.left")},
	}}
}

func (d deskDay) table(m *Module, c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("booking.desk.title"), Columns: []ui.Column{
		{Title: c.T("booking.desk.time")}, {Title: c.T("booking.desk.who")}, {Title: c.T("booking.desk.what")}, {Title: c.T("booking.fact.state")},
		{Title: c.T("booking.desk.mark")},
	}}
	for _, b := range d.List {
		out.Rows = append(out.Rows, ui.TableRow{
			Title: lang.Time(c.Lang(), b.Start), Note: c.T("booking.desk.place", "n", b.Place),
			Cells: []ui.TableCell{
				{Text: d.Names[b.Person].Full(c.Lang())}, {Text: b.Title.In(c.Lang()), Note: m.serviceTitle(c, b)}, {Tag: deskTag(c, b)},
				{Body: markForms(m, c, d, b)},
			},
		})
	}
	return out
}

// deskTag is the state in an official's words.
func deskTag(c *web.Context, b Booking) *ui.TagProps {
	out := stateTag(c, b)
	if b.State == Booked {
		out.Text, out.Tone = c.T("booking.desk.expected"), ui.Info
	}
	return out
}

func (m *Module) serviceTitle(c *web.Context, b Booking) string {
	if city := m.deps.Services.Current(); city != nil && b.Service != "" {
		if s, ok := city.Service(b.Service); ok {
			return s.Title.In(c.Lang())
		}
	}
	return ""
}

// mayMark tells which marks are possible now.
func (m *Module) mayMark(c *web.Context, b Booking) (came, missed bool) {
	now := c.Now()
	open := b.State == Booked || b.State == Attended || b.State == Missed
	came = open && b.State != Attended && !m.today().Before(b.day())
	missed = open && b.State != Missed && !now.Before(b.Start)
	return came, missed
}

// sentMark is the form of a mark.
type sentMark struct {
	Came string `json:"came" one:"yes|no" max:"3"`
	Back string `json:"back" max:"300"`
}

func (m *Module) postMark(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	var form sentMark
	if err := c.Bind(&form); err != nil {
		return err
	}
	if _, err := m.Mark(c.Context(), c.Act(), b.ID, form.Came == "yes"); err != nil {
		return err
	}
	return c.Redirect(m.backTo(b, form.Back))
}

// backTo is the list from which the official came, or the day's.
func (m *Module) backTo(b Booking, back string) string {
	if back == "/desk/visits" || len(back) > len("/desk/visits?") && back[:len("/desk/visits?")] == "/desk/visits?" && web.LocalPath(back) {
		return back
	}
	return deskDay{Today: m.today()}.address(b.day(), "")
}

func (m *Module) showCallOff(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	names, err := m.deps.People.Names(c.Context(), c.Act(), lookBooking, b.Person)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("booking.desk.off_title"), Layout: page.Desk}, callOffPage(m, c, b, names[b.Person]))
}

func (m *Module) postCallOff(c *web.Context) error {
	b, err := m.found(c)
	if err != nil {
		return err
	}
	if _, err := m.Cancel(c.Context(), c.Act(), b.ID); err != nil {
		return err
	}
	c.SetFlash("success", "booking.desk.flash_off")
	return c.Redirect(m.backTo(b, ""))
}
