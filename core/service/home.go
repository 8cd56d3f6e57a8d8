package service

import (
	"posad.city/core/page"
	"posad.city/kit/web"
	"posad.city/ui"
)

// tilesMost is how many services the home page offers at once.
const tilesMost = 8

// showHome answers the city's first page. What later modules bring to it (the person's card, the state of the city) is
// not worth the page: where it fails, the page goes on without it and the log says so.
func (m *Module) showHome(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	view := homeView{city: city, hero: m.current.Load().hero, today: m.todayCard(c)}
	if m.deps.Now != nil {
		if view.now, err = m.deps.Now(c); err != nil {
			m.base.Log.Error("service: the state of the city is not there", "error", err)
		}
	}
	title := c.T("service.page.home_title", "city", city.Profile.Name.In(c.Lang()))
	return m.base.Pages.Render(c, page.Options{Title: title, Description: c.T("service.page.hero_sub"), Htmx: true}, homePage(c, view))
}

// homeView is what the home page shows.
type homeView struct {
	city  *City
	hero  ui.Mosaic
	today *ui.TodayProps
	now   []ui.CityNowItem
}

// todayCard is the person's own card, or a guest's: sign in and see yours.
func (m *Module) todayCard(c *web.Context) *ui.TodayProps {
	if c.Person().IsZero() {
		return &ui.TodayProps{Title: c.T("service.page.guest_title"), Items: []ui.TodayItem{{
			Icon: "identification-card-duotone", Tone: ui.Ice, Name: c.T("service.page.guest_name"), Value: c.T("service.page.guest_value"),
			Note: c.T("service.page.guest_note"), Action: ui.Link{Text: c.T("service.page.sign_in"), Href: "/sign-in?back=%2F"},
		}}}
	}
	if m.deps.Today == nil {
		return nil
	}
	card, err := m.deps.Today(c)
	if err != nil {
		m.base.Log.Error("service: the person's card is not there", "error", err)
		return nil
	}
	return card
}

func hero(c *web.Context, v homeView) ui.HeroProps {
	return ui.HeroProps{
		Title: c.T("service.page.hero"), Sub: c.T("service.page.hero_sub"), Search: searchBox(c, ""),
		OftenLabel: c.T("service.page.often"), Often: oftenAsked(c, v.city, 4), Picture: v.hero,
	}
}

// figures are the city in figures, shown while nothing tells the state of the city.
func figures(c *web.Context, city *City) []ui.CityNowItem {
	href := "/agencies"
	if len(city.Pages) > 0 {
		href = "/city/" + city.Pages[0].Key
	}
	out := make([]ui.CityNowItem, 0, len(city.Profile.Facts))
	for _, f := range city.Profile.Facts {
		out = append(out, ui.CityNowItem{Icon: "buildings-duotone", Tone: ui.Info, Name: f.Label.In(c.Lang()), Value: f.Value, Href: href})
	}
	return out
}
