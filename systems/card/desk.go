package card

import (
	"errors"
	"net/http"
	"strconv"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// stockForm is a list of new cards.
type stockForm struct {
	List string `json:"list" max:"40000"`
}

func (m *Module) deskRoutes(s *web.Server) {
	read := s.Operation(act.Operation{Name: "card.desk", Object: "card", May: act.SameAgency, Assurance: act.Basic})
	issue := s.Operation(act.Operation{Name: "card.issue", Object: "card", May: act.SameAgency, Assurance: act.Standard, Changes: true, NotAtCentre: true})
	s.Page(read, "GET /desk/transport-cards", m.showDesk)
	s.Page(issue, "POST /desk/transport-cards", m.postStock)
	s.API(issue, "POST /api/v1/desk/transport-cards", m.apiStock, web.Describe{Tag: "cards", Summary: "Makes cards known that the carrier has made", In: apiStock{}, Out: apiIssued{}})
}

func (m *Module) carriers() act.Object { return act.Object{Kind: "card", Agency: m.deps.Carrier()} }

func (m *Module) showDesk(c *web.Context) error { return m.desk(c, stockForm{}, nil) }

func (m *Module) desk(c *web.Context, f stockForm, faults []fault.Field) error {
	if err := c.May(m.carriers()); err != nil {
		return err
	}
	o := page.Options{Title: c.T("card.desk_menu"), Layout: page.Desk, Faulty: len(faults) > 0}
	return m.base.Pages.Render(c, o, deskPage(c, f, faults))
}

func (m *Module) postStock(c *web.Context) error {
	if err := c.May(m.carriers()); err != nil {
		return err
	}
	var f stockForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	list, err := ParseStock(f.List)
	if err == nil && len(list) == 0 {
		err = ErrStock
	}
	if errors.Is(err, ErrStock) {
		return m.desk(c, f, []fault.Field{field("list", "card.stock_fault")})
	}
	n, err := m.Issue(c.Context(), c.Act(), list)
	if err != nil {
		return err
	}
	c.SetFlash("success", "card.flash_issued", "count", strconv.Itoa(n), "known", strconv.Itoa(len(list)-n))
	return c.Redirect("/desk/transport-cards")
}

type apiPlastic struct {
	Number string `json:"number"`
	Code   string `json:"code"`
}

type apiStock struct {
	Cards []apiPlastic `json:"cards"`
}

type apiIssued struct {
	Issued int `json:"issued"` // the others were known already
}

func (m *Module) apiStock(c *web.Context) error {
	if err := c.May(m.carriers()); err != nil {
		return err
	}
	var f apiStock
	if err := c.Bind(&f); err != nil {
		return err
	}
	if len(f.Cards) == 0 || len(f.Cards) > StockMost {
		return ErrStock
	}
	list := make([]Plastic, 0, len(f.Cards))
	for _, one := range f.Cards {
		list = append(list, Plastic(one))
	}
	n, err := m.Issue(c.Context(), c.Act(), list)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, apiIssued{n})
}
