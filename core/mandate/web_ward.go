package mandate

import (
	"errors"
	"net/http"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// atAgency is the permission's object for guardianships: the work of one agency.
func (m *Module) atAgency() act.Object {
	return act.Object{Kind: "ward", Agency: agency.ID(m.deps.Guardianship)}
}

// wardRoutes are the guardianship agency's pages. A ward is looked for by their SNILS in a form's body, never in an address.
func (m *Module) wardRoutes(s *web.Server, pages *page.Site) {
	one := act.Operation{Name: "mandate.wards", Object: "ward", May: act.SameAgency, Look: "mandate.look.wards", PerMinute: 60}
	see := s.Operation(one)
	one.Name, one.Changes = "mandate.appoint", true
	appoint := s.Operation(one)
	one.Name = "mandate.dismiss"
	dismiss := s.Operation(one)
	s.Page(see, "GET /desk/wards", m.showWards)
	s.Page(see, "POST /desk/wards/find", m.findWard)
	s.Page(appoint, "POST /desk/wards", m.postWard)
	s.Page(dismiss, "POST /desk/wards/end", m.postDismiss)
	s.API(appoint, "POST /api/v1/desk/wards", m.apiAppoint, web.Describe{Summary: "Appoint a guardian", Tag: "desk", In: wardForm{}, Out: wardBody{}, Status: http.StatusCreated})
	s.API(dismiss, "POST /api/v1/desk/wards/end", m.apiDismiss, web.Describe{Summary: "End a guardianship", Tag: "desk", In: dismissForm{}, Out: struct{}{}})
	pages.Add(page.MenuDesk, page.Link{Order: 60, Text: "mandate.ward.menu", Href: "/desk/wards", Icon: "users-three-duotone", Show: func(c *web.Context) bool {
		return c.Act().Actor.Kind == act.Official && c.Act().Actor.Agency == agency.ID(m.deps.Guardianship)
	}})
}

// wardForm is what an official enters.
type wardForm struct {
	Ward     string        `json:"ward" max:"40" doc:"SNILS of the ward"`
	Guardian string        `json:"guardian" max:"40" doc:"SNILS of the guardian"`
	Until    calendar.Date `json:"until,omitzero" doc:"The last day, YYYY-MM-DD; left out: confirmed anew each year"`
}

type wardBody struct {
	Mandate id.ID         `json:"mandate"`
	Ward    id.ID         `json:"ward"`
	Ends    calendar.Date `json:"ends" doc:"The first day on which it does not hold"`
}

type dismissForm struct {
	Ward    id.ID `json:"ward"`
	Mandate id.ID `json:"mandate"`
}

// wardView is the page of the guardianship agency.
type wardView struct {
	Ward   account.Person // zero: nobody was looked for
	List   []Mandate
	Names  map[id.ID]lang.Name
	Typed  wardPage
	Faults []fault.Field
}

// wardPage is the form as its page posts it.
type wardPage struct {
	Ward     string   `json:"ward" max:"40"`
	Guardian string   `json:"guardian" max:"40"`
	Until    page.Day `json:"until"`
}

func (m *Module) showWards(c *web.Context) error { return m.wardsPage(c, wardView{}) }

func (m *Module) wardsPage(c *web.Context, v wardView) error {
	if err := c.May(m.atAgency()); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("mandate.ward.title"), Layout: page.Desk, Faulty: len(v.Faults) > 0}, wardsPage(c, v))
}

func (m *Module) findWard(c *web.Context) error {
	if err := c.May(m.atAgency()); err != nil {
		return err
	}
	var form struct {
		Ward string `json:"ward" max:"40"`
	}
	if err := c.Bind(&form); err != nil {
		return err
	}
	v := wardView{Typed: wardPage{Ward: form.Ward}}
	var err error
	v.Ward, v.List, err = m.Wards(c.Context(), c.Act(), form.Ward)
	if errors.Is(err, ErrNobody) {
		v.Faults = []fault.Field{{Name: "ward", ID: ErrNobody.ID}}
		return m.wardsPage(c, v)
	}
	if err != nil {
		return err
	}
	var guardians []id.ID
	for _, one := range v.List {
		guardians = append(guardians, one.Taker)
	}
	if v.Names, err = m.deps.Accounts.Names(c.Context(), c.Act(), "mandate.look.wards", guardians...); err != nil {
		return err
	}
	return m.wardsPage(c, v)
}

// decides tells whether an official may appoint and dismiss: a clerk decides nothing.
func (m *Module) decides(c *web.Context) error {
	if err := c.May(m.atAgency()); err != nil {
		return err
	}
	if c.Act().Actor.Role == string(agency.Clerk) {
		return ErrByLaw
	}
	return nil
}

func (m *Module) postWard(c *web.Context) error {
	if err := m.decides(c); err != nil {
		return err
	}
	var form wardPage
	if err := c.Bind(&form); err != nil {
		return err
	}
	until, named := form.Until.Date()
	v := wardView{Typed: form}
	if !named {
		v.Faults = []fault.Field{{Name: "until", ID: "mandate.until_needed"}}
		return m.wardsPage(c, v)
	}
	_, err := m.Appoint(c.Context(), c.Act(), Wardship{Guardian: form.Guardian, Ward: form.Ward, Until: until})
	if errors.Is(err, ErrNobody) {
		v.Faults = []fault.Field{{Name: "guardian", ID: ErrNobody.ID}}
		return m.wardsPage(c, v)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "mandate.ward.appointed")
	return c.Redirect("/desk/wards")
}

func (m *Module) postDismiss(c *web.Context) error {
	if err := m.decides(c); err != nil {
		return err
	}
	var form dismissForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.Dismiss(c.Context(), c.Act(), form.Ward, form.Mandate); err != nil {
		return err
	}
	c.SetFlash("success", "mandate.ward.dismissed")
	return c.Redirect("/desk/wards")
}

func (m *Module) apiAppoint(c *web.Context) error {
	if err := m.decides(c); err != nil {
		return err
	}
	var form wardForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	one, err := m.Appoint(c.Context(), c.Act(), Wardship{Guardian: form.Guardian, Ward: form.Ward, Until: form.Until})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wardBody{one.ID, one.Giver, one.Ends})
}

func (m *Module) apiDismiss(c *web.Context) error {
	if err := m.decides(c); err != nil {
		return err
	}
	var form dismissForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.Dismiss(c.Context(), c.Act(), form.Ward, form.Mandate); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct{}{})
}

// wardRows are a ward's guardianships.
func wardRows(c *web.Context, v wardView) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, one := range v.List {
		out = append(out, ui.SummaryRow{Name: v.Names[one.Taker].Full(c.Lang()), Body: wardLine(c, v, one)})
	}
	return out
}
