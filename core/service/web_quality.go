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
	return m.render(c, page.Options{Title: c.T("service.page.quality"), Layout: page.Plain}, qualityPage(c, q))
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
}

func (m *Module) apiQuality(c *web.Context) error {
	q, err := m.askedQuality(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireQuality{Queries: q.Total, First: q.Share(q.First), Third: q.Share(q.Third)})
}
