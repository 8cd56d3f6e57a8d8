package apply

import (
	"strings"
	"time"

	"posad.city/core/form"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/pdf"
	"posad.city/kit/web"
)

// printed adds the faces of the form beside its pages: on paper, and as a conversation.
func (m *Module) printed(s *web.Server, read, save *web.Op) {
	blank := s.Operation(act.Operation{Name: "apply.form", May: act.Everyone, PerMinute: 30})
	s.Page(blank, "GET /services/{service}/form.pdf", m.showBlankForm)
	s.Page(read, "GET /drafts/{draft}/form.pdf", m.showFilledForm)
	m.apiTalkRoute(s, save)
}

// showBlankForm gives a service's form to be written in by hand; with large=1, in large print.
func (m *Module) showBlankForm(c *web.Context) error {
	if err := c.May(object(id.ID{}, c.Path("service"))); err != nil {
		return err
	}
	city, s, err := m.definition(c.Path("service"))
	if err != nil {
		return err
	}
	in := form.Input{City: city, Service: s, Lang: c.Lang(), Today: calendar.DateOf(c.Now(), city.Days().Zone())}
	p := printing{in: in, t: c.T, large: c.Query("large") == "1"}
	address := c.URL("/services/" + s.Key)
	return m.paper(c, p.blank(address, short(address)), "form-"+s.Key+".pdf")
}

// showFilledForm gives a draft on paper, for the one who fills it and, in a visit, for the centre's official.
func (m *Module) showFilledForm(c *web.Context) error {
	d, in, err := m.load(c)
	if err != nil {
		return err
	}
	address := c.URL(d.path(""))
	p := printing{in: in, t: c.T, large: c.Query("large") == "1"}
	out, err := p.filled(d, address, short(address), in.City.Days().Zone())
	if err != nil {
		return err
	}
	return m.paper(c, out, "form-"+in.Service.Key+"-"+d.Saved.UTC().Format(time.DateOnly)+".pdf")
}

// short is an address as people type it.
func short(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	return rest
}

func (m *Module) paper(c *web.Context, f pdf.Form, name string) error {
	body, err := pdf.RenderForm(f)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: name, Type: "application/pdf", Data: body}, true)
}
