package service

import (
	"net/http"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

func (m *Module) showQuality(c *web.Context) error {
	q, err := m.askedQuality(c)
	if err != nil {
		return err
	}
	city, err := m.City()
	if err != nil {
		return err
	}
	return m.render(c, page.Options{Title: c.T("service.page.quality"), Layout: page.Plain}, qualityPage(c, city, q))
}

func (m *Module) askedQuality(c *web.Context) (Quality, error) {
	if err := c.May(act.Object{Public: true}); err != nil {
		return Quality{}, err
	}
	city, err := m.City()
	if err != nil {
		return Quality{}, err
	}
	return m.quality(city)
}

// wireQuality is a quality on the wire; shares are from 0 to 1.
type wireQuality struct {
	Queries int     `json:"queries" doc:"How many queries the set has"`
	First   float64 `json:"success_at_1" doc:"Share of queries whose first result is right"`
	Third   float64 `json:"success_at_3" doc:"Share of queries with a right one among the first three"`

	Aside      int     `json:"aside" doc:"How many of the queries are held out: nobody improves the search by looking at them"`
	AsideFirst float64 `json:"aside_success_at_1" doc:"The first share over the queries that are held out"`
	AsideThird float64 `json:"aside_success_at_3" doc:"The second share over the queries that are held out"`
}

func (m *Module) apiQuality(c *web.Context) error {
	q, err := m.askedQuality(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireQuality{
		Queries: q.Total, First: q.Share(q.First), Third: q.Share(q.Third),
		Aside: q.Aside.Total, AsideFirst: q.Aside.Share(q.Aside.First), AsideThird: q.Aside.Share(q.Aside.Third),
	})
}
