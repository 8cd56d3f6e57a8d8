package card

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

// stockForm is a list of new cards.
type stockForm struct {
	List string `json:"list" max:"40000"`
}

func (m *Module) deskRoutes(s *web.Server) {
	read := s.Operation(act.Operation{Name: "card.desk", Object: "card", May: act.SameAgency, Assurance: act.Basic})
	issue := s.Operation(act.Operation{Name: "card.issue", Object: "card", May: act.SameAgency, Assurance: act.Standard, Changes: true, NotAtCentre: true})
	s.Page(read, "GET "+deskPath, m.showDesk)
	losses := s.Operation(act.Operation{Name: "card.losses", Object: "card", May: act.SameAgency, Assurance: act.Standard, Look: lookLosses, NotAtCentre: true})
	s.Page(issue, "POST "+deskPath, m.postStock)
	s.Page(losses, "GET "+lossesPath, m.showLosses)
	s.API(losses, "GET /api/v1/desk/transport-cards/losses", m.apiLosses, web.Describe{Tag: "cards", Summary: "Spent money of top-ups that the bank took back and nobody has made good, the largest first", Out: []apiLoss{}})
	s.API(issue, "POST /api/v1/desk/transport-cards", m.apiStock, web.Describe{Tag: "cards", Summary: "Makes cards known that the carrier has made", In: apiStock{}, Out: apiIssued{}})
}

func (m *Module) carriers() act.Object { return act.Object{Kind: "card", Agency: m.deps.Carrier()} }

func (m *Module) showDesk(c *web.Context) error { return m.desk(c, stockForm{}, nil) }

func (m *Module) desk(c *web.Context, f stockForm, faults []fault.Field) error {
	if err := c.May(m.carriers()); err != nil {
		return err
	}
	lost, err := m.Lost(c.Context())
	if err != nil {
		return err
	}
	o := page.Options{Title: c.T("card.desk_menu"), Layout: page.Desk, Faulty: len(faults) > 0}
	return m.base.Pages.Render(c, o, deskPage(c, lost, f, faults))
}

const (
	deskPath   = "/desk/transport-cards"
	lossesPath = deskPath + "/losses"
)

func (m *Module) showLosses(c *web.Context) error {
	if err := c.May(m.carriers()); err != nil {
		return err
	}
	list, err := m.Losses(c.Context(), c.Act())
	if err != nil {
		return err
	}
	lost, err := m.Lost(c.Context())
	if err != nil {
		return err
	}
	title := c.T("card.losses_title")
	o := page.Options{Title: title, Layout: page.Desk, Crumbs: []ui.Link{{Text: c.T("card.desk_menu"), Href: deskPath}, {Text: title}}}
	return m.base.Pages.Render(c, o, lossesPage(m, c, lost, list))
}

type apiLoss struct {
	Charge id.ID      `json:"charge" doc:"Of the top-up"`
	Number string     `json:"number,omitempty" doc:"Of the card; empty after its owner's data was erased"`
	Amount int64      `json:"amount" doc:"Minor units"`
	Since  *time.Time `json:"since,omitempty"`
}

func (m *Module) apiLosses(c *web.Context) error {
	if err := c.May(m.carriers()); err != nil {
		return err
	}
	list, err := m.Losses(c.Context(), c.Act())
	if err != nil {
		return err
	}
	out := make([]apiLoss, 0, len(list))
	for _, one := range list {
		wire := apiLoss{Charge: one.Charge, Number: one.Number, Amount: one.Amount.Minor}
		if !one.Since.IsZero() {
			wire.Since = &one.Since
		}
		out = append(out, wire)
	}
	return c.JSON(http.StatusOK, out)
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
	return c.Redirect(deskPath)
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
