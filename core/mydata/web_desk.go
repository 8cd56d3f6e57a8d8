package mydata

import (
	"errors"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// office is the investigations of the official's own agency.
func office(c *web.Context) act.Object {
	return act.Object{Kind: "investigation", Agency: c.Act().Actor.Agency}
}

// deskView is the desk's page of investigations.
type deskView struct {
	Rules  *service.Investigations
	List   []Investigation
	Form   investigationForm
	Faults []fault.Field
}

type investigationForm struct {
	Whom   string `json:"whom" max:"40"`
	Ground string `json:"ground" max:"600"`
	Days   int    `json:"days"`
}

func (m *Module) showInvestigations(c *web.Context) error { return m.investigationsPage(c, deskView{}) }

func (m *Module) investigationsPage(c *web.Context, v deskView) error {
	if err := c.May(office(c)); err != nil {
		return err
	}
	rules, err := m.mayInvestigate(c.Act())
	if err != nil {
		return err
	}
	v.Rules = rules
	if v.List, err = m.Investigations(c.Context(), c.Act()); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("mydata.desk.title"), Layout: page.Desk, Faulty: len(v.Faults) > 0}, investigationsPage(m, c, v))
}

func (m *Module) postInvestigation(c *web.Context) error {
	var form investigationForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := c.May(office(c)); err != nil {
		return err
	}
	one, err := m.Investigate(c.Context(), c.Act(), NewInvestigation(form))
	if errors.Is(err, ErrWord) {
		return m.investigationsPage(c, deskView{Form: form, Faults: fault.Of(err).Fields})
	}
	if err != nil {
		return err
	}
	return c.Redirect("/desk/investigations/" + one.ID.String())
}

func (m *Module) showInvestigation(c *web.Context) error {
	which, err := c.ID("investigation")
	if err != nil {
		return err
	}
	one, err := m.Investigation(c.Context(), which)
	if err != nil {
		return err
	}
	if err := c.May(one.Object()); err != nil {
		return err
	}
	found, err := m.LookInto(c.Context(), c.Act(), one)
	if err != nil {
		return err
	}
	wire, err := m.wire(c.Context(), c.Lang(), found.Holdings)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("mydata.desk.title"), Layout: page.Desk}, investigationPage(m, c, found, wire))
}
