package mypage

import (
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) routes(s *web.Server) {
	home := s.Operation(act.Operation{Name: "mypage.read", Object: "account", May: act.Self, Assurance: act.Basic, Look: "mypage.look.own"})
	switches := s.Operation(act.Operation{Name: "mypage.switch", May: act.Everyone, Changes: true})
	s.Page(home, "GET /account", m.showHome)
	s.Page(switches, "POST /lang", m.setLang)
	s.Page(switches, "POST /view", m.setView)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 10, Text: "mypage.menu_home", Href: "/account", Icon: "squares-four"})
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
