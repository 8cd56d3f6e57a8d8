package service

import (
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
	"posad.city/ui"
)

// kept is how long anyone on the way may keep a public answer.
const kept = time.Minute

func (m *Module) routes(s *web.Server) {
	read := s.Operation(act.Operation{Name: "service.read", May: act.Everyone})
	find := s.Operation(act.Operation{Name: "service.search", May: act.Everyone, PerMinute: 240})
	s.Page(read, "GET /{$}", m.showHome)
	s.Page(read, "GET /services", m.showCatalogue)
	s.Page(read, "GET /services/{service}", m.showCard)
	s.Page(read, "GET /topics/{topic}", m.showTopic)
	s.Page(read, "GET /situations", m.showSituations)
	s.Page(read, "GET /situations/{situation}", m.showSituation)
	s.Page(read, "GET /news", m.showNews)
	s.Page(read, "GET /news/{item}", m.showItem)
	s.Page(read, "GET /agencies", m.showAgencies)
	s.Page(read, "GET /agencies/{agency}", m.showAgency)
	s.Page(read, "GET /city/{page}", m.showPage)
	s.Page(read, "GET /help", m.showHelp)
	s.Page(find, "GET /search", m.showSearch)
	s.Page(find, "GET /search/quality", m.showQuality)
	s.Page(find, "GET /search/suggest", m.suggest)
	s.Page(read, "GET /sitemap.xml", m.sitemap)
	s.Page(read, "GET /robots.txt", m.robots)
	s.Static("GET /brand.css", http.HandlerFunc(m.serveStyle))
	m.api(s, read, find)
	if m.base.Pages != nil {
		m.menus()
	}
}

func (m *Module) menus() {
	signedIn := func(c *web.Context) bool { return !c.Person().IsZero() }
	m.base.Pages.Add(page.MenuMain,
		page.Link{Order: 10, Text: "service.page.services", Href: "/services"},
		page.Link{Order: 20, Text: "service.page.situations", Href: "/situations"},
		page.Link{Order: 30, Text: "service.page.agencies", Href: "/agencies"},
		page.Link{Order: 40, Text: "service.page.news", Href: "/news"})
	m.base.Pages.Add(page.MenuTabs,
		page.Link{Order: 10, Text: "service.page.home", Href: "/", Icon: "house"},
		page.Link{Order: 20, Text: "service.page.services", Href: "/services", Icon: "squares-four"},
		page.Link{Order: 30, Text: "service.page.cases", Href: "/cases", Icon: "files", Show: signedIn},
		page.Link{Order: 40, Text: "service.page.bills", Href: "/pay", Icon: "wallet", Show: signedIn},
		page.Link{Order: 50, Text: "service.page.account", Href: "/account", Icon: "user"})
}

// open asks permission for a page that is everybody's, and gives the version to show on it.
func (m *Module) open(c *web.Context) (*City, error) {
	if err := c.May(act.Object{Public: true}); err != nil {
		return nil, err
	}
	city, err := m.City()
	if err != nil {
		return nil, err
	}
	if !c.Personal() {
		c.Public(kept)
	}
	return city, nil
}

// render answers a public page under its title; crumbs lead to it.
func (m *Module) render(c *web.Context, o page.Options, content templ.Component, crumbs ...ui.Link) error {
	if len(crumbs) > 0 {
		o.Crumbs = append(crumbs, ui.Link{Text: o.Title})
	}
	return m.base.Pages.Render(c, o, content)
}

func (m *Module) showCatalogue(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	audience := c.Query("audience")
	if !slices.Contains(audiences, audience) {
		audience = ""
	}
	return m.render(c, page.Options{Title: c.T("service.page.services"), Description: c.T("service.page.services_lead"), Htmx: true}, cataloguePage(c, city, audience))
}

func (m *Module) showTopic(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	topic, ok := city.Topic(c.Path("topic"))
	if !ok {
		return ErrNone
	}
	return m.render(c, page.Options{Title: topic.Title.In(c.Lang()), Description: topic.About.In(c.Lang())}, topicPage(c, city, topic), home(c), services(c))
}

func (m *Module) showCard(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	s, ok := city.Service(c.Path("service"))
	if !ok {
		return ErrNone
	}
	o := page.Options{Title: s.Title.In(c.Lang()), Description: s.Summary.In(c.Lang()), Layout: page.Form, Aside: cardAside(c, city, s)}
	crumbs := []ui.Link{services(c)}
	if topic, ok := city.Topic(s.Topic); ok {
		crumbs = append(crumbs, ui.Link{Text: topic.Title.In(c.Lang()), Href: "/topics/" + topic.Key})
	}
	return m.render(c, o, cardPage(c, city, s), crumbs...)
}

func (m *Module) showSituations(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	return m.render(c, page.Options{Title: c.T("service.page.situations"), Description: c.T("service.page.situations_lead")}, situationsPage(c, city))
}

func (m *Module) showSituation(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	s, ok := city.Situation(c.Path("situation"))
	if !ok {
		return ErrNone
	}
	o := page.Options{Title: s.Title.In(c.Lang()), Description: s.About.In(c.Lang())}
	return m.render(c, o, situationPage(c, city, s), home(c), ui.Link{Text: c.T("service.page.situations"), Href: "/situations"})
}

func (m *Module) showNews(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	return m.render(c, page.Options{Title: c.T("service.page.news")}, newsPage(c, city))
}

func (m *Module) showItem(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	n, ok := city.Item(c.Path("item"))
	if !ok {
		return ErrNone
	}
	o := page.Options{Title: n.Title.In(c.Lang()), Description: n.Lead.In(c.Lang()), Layout: page.Plain}
	return m.render(c, o, itemPage(c, city, n), home(c), ui.Link{Text: c.T("service.page.news"), Href: "/news"})
}

func (m *Module) showAgencies(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	return m.render(c, page.Options{Title: c.T("service.page.agencies"), Layout: page.Plain}, agenciesPage(c, city))
}

func (m *Module) showAgency(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	a, ok := city.Agency(c.Path("agency"))
	if !ok {
		return ErrNone
	}
	o := page.Options{Title: a.Title.In(c.Lang()), Description: a.Does.In(c.Lang()), Layout: page.Plain}
	return m.render(c, o, agencyPage(c, city, a), home(c), ui.Link{Text: c.T("service.page.agencies"), Href: "/agencies"})
}

func (m *Module) showPage(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	p, ok := city.Page(c.Path("page"))
	if !ok {
		return ErrNone
	}
	o := page.Options{Title: p.Title.In(c.Lang()), Description: p.Lead.In(c.Lang()), Layout: page.Plain}
	return m.render(c, o, cityPage(c, city, p), home(c))
}

func (m *Module) showHelp(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	return m.render(c, page.Options{Title: c.T("service.page.help_title"), Layout: page.Plain}, helpPage(c, city))
}

func home(c *web.Context) ui.Link { return ui.Link{Text: c.T("service.page.home"), Href: "/"} }

func services(c *web.Context) ui.Link {
	return ui.Link{Text: c.T("service.page.services"), Href: "/services"}
}
