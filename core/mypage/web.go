package mypage

import (
	"net/http"
	"strings"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) routes(s *web.Server) {
	home := s.Operation(act.Operation{Name: "mypage.read", Object: "account", May: act.Self, Assurance: act.Basic, Look: "mypage.look.own"})
	looks := s.Operation(act.Operation{Name: "mypage.looks", Object: "account", May: act.Self, Assurance: act.Basic, Look: "mypage.look.looks"})
	switches := s.Operation(act.Operation{Name: "mypage.switch", May: act.Everyone, Changes: true})
	s.Page(home, "GET /account", m.showHome)
	s.Page(looks, "GET /account/looks", m.showLooks)
	s.API(looks, "GET /api/v1/looks", m.apiLooks, web.Describe{Summary: "Who looked at the person's data, why and when", Out: []wireLook{}, Params: []web.Param{{Name: "before", Text: "Only looks before this moment (RFC 3339)"}}})
	s.Page(switches, "POST /lang", m.setLang)
	s.Page(switches, "POST /view", m.setView)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount,
			page.Link{Order: 10, Text: "mypage.menu_home", Href: "/account", Icon: "squares-four"},
			page.Link{Order: 90, Text: "mypage.menu_looks", Href: "/account/looks", Icon: "eyeglasses"})
	}
}

func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

func (m *Module) showHome(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	todos := m.todos(c)
	return m.base.Pages.Render(c, options(c, "mypage.menu_home"), homePage(m, c, todos, m.widgets(c)))
}

func (m *Module) showLooks(c *web.Context) error {
	list, before, err := m.readLooks(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, options(c, "mypage.menu_looks"), looksList(m, c, list, before))
}

func (m *Module) readLooks(c *web.Context) ([]store.LookRecord, time.Time, error) {
	if err := c.May(own(c)); err != nil {
		return nil, time.Time{}, err
	}
	before := c.Now().Add(time.Hour)
	if given, err := time.Parse(time.RFC3339Nano, c.Query("before")); err == nil {
		before = given
	}
	list, err := m.looks(c.Context(), c.Act(), c.Person(), before)
	return list, before, err
}

type wireLook struct {
	ID      id.ID     `json:"id"`
	At      time.Time `json:"at"`
	What    string    `json:"what"`
	Who     string    `json:"who"`
	Agency  string    `json:"agency,omitempty"`
	Role    string    `json:"role,omitempty"`
	Purpose string    `json:"purpose,omitempty"`
	Case    string    `json:"case,omitempty"` // public number
	Channel string    `json:"channel"`
}

func (m *Module) apiLooks(c *web.Context) error {
	list, _, err := m.readLooks(c)
	if err != nil {
		return err
	}
	out := make([]wireLook, 0, len(list))
	for _, look := range list {
		line := m.line(c, look)
		out = append(out, wireLook{ID: look.ID, At: look.At, What: line.what, Who: line.who, Agency: line.agency, Role: look.Actor.Role, Purpose: look.Purpose.Kind, Case: line.number, Channel: string(look.Channel)})
	}
	return c.JSON(http.StatusOK, out)
}

// lookLine is a look in words.
type lookLine struct {
	when, what, who, agency, number, href string
}

// by says who looked and for which agency.
func (l lookLine) by() string {
	if l.agency == "" {
		return l.who
	}
	return l.who + ", " + l.agency
}

func (m *Module) line(c *web.Context, look store.LookRecord) lookLine {
	out := lookLine{
		when: lang.FullMoment(c.Lang(), look.At, m.deps.Zone()),
		what: m.whatWords(c, look.What),
		who:  c.T("mypage.actor." + string(look.Actor.Kind)),
	}
	if !look.Actor.Agency.IsZero() {
		out.agency = m.deps.AgencyName(look.Actor.Agency, c.Lang())
	}
	if caseID, err := id.Parse(look.Purpose.ID); err == nil && look.Purpose.Kind == "case" {
		out.href, out.number = m.deps.CaseLink(c, caseID)
	}
	return out
}

// setLang keeps the language chosen in the header.
func (m *Module) setLang(c *web.Context) error {
	fields, err := c.Fields()
	if err != nil {
		return err
	}
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	if code := fields.Get("lang"); lang.Known(code) {
		c.SetLang(lang.Language(code))
	}
	return c.Redirect(back(fields.Get("return")))
}

// setView carries out one press in the view bar.
func (m *Module) setView(c *web.Context) error {
	fields, err := c.Fields()
	if err != nil {
		return err
	}
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	have := c.View()
	v := ui.View{Theme: have.Theme, Scheme: have.Scheme, Scale: have.Scale, Images: have.Images, Spacing: have.Spacing, Face: have.Face}
	for _, name := range ui.ViewFields {
		if value := fields.Get(name); value != "" {
			v = v.With(name, value)
		}
	}
	c.SetView(web.View{Theme: v.Theme, Scheme: v.Scheme, Scale: v.Scale, Images: v.Images, Spacing: v.Spacing, Face: v.Face})
	return c.Redirect(back(fields.Get("return")))
}

// back is where the person was, when that is a path of this city.
func back(path string) string {
	if !strings.HasPrefix(path, "/") || !web.LocalPath(path) {
		return "/"
	}
	return path
}

// whatWords says what was looked at. Registers are data, so their words come from the published city.
func (m *Module) whatWords(c *web.Context, what string) string {
	if m.deps.LookText != nil {
		if text, ok := m.deps.LookText(what, c.Lang()); ok {
			return text
		}
	}
	return c.T(what)
}
