package mandate

import (
	"errors"
	"net/http"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// own is the permission's object for the signed-in person's family page.
func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

func (m *Module) routes(s *web.Server, pages *page.Site) {
	see := s.Operation(act.Operation{Name: "mandate.family", Object: "account", May: act.Self, Look: "mandate.look.children"})
	ask := s.Operation(act.Operation{
		Name: "mandate.ask_register", Object: "account", May: act.Self, Look: "mandate.look.children", Changes: true,
		Timeout: registerWait + registerWait/2, PerMinute: 10,
	})
	s.Page(see, "GET /account/family", m.showFamily)
	s.Page(ask, "POST /account/family", m.postFamily)
	s.API(see, "GET /api/v1/family", m.apiFamily, web.Describe{Summary: "Children for whom I may act", Tag: "family", Out: []childBody{}})
	s.API(ask, "POST /api/v1/family/refresh", m.apiRefresh, web.Describe{
		Summary: "Ask the family register for my children", Tag: "family", Out: refreshBody{}, Status: http.StatusAccepted,
		Details: "The list follows within a second or two.",
	})
	pages.Add(page.MenuAccount, page.Link{
		Order: 70, Text: "mandate.menu", Href: "/account/family", Icon: "baby-duotone",
		Show: func(c *web.Context) bool { return !c.Person().IsZero() },
	})
}

// familyView is the page of children.
type familyView struct {
	Children []Child
	Problem  *fault.Fault // why the register could not be asked
}

func (m *Module) showFamily(c *web.Context) error { return m.familyPage(c, nil) }

func (m *Module) familyPage(c *web.Context, problem *fault.Fault) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	children, err := m.Children(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	o := page.Options{Title: c.T("mandate.family.title"), Layout: page.Account}
	if problem != nil {
		o.Status = web.Status(problem)
	}
	return m.base.Pages.Render(c, o, familyPage(c, familyView{children, problem}))
}

func (m *Module) postFamily(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	count, err := m.AskRegister(c.Context(), c.Act(), c.Person())
	if errors.Is(err, ErrRegister) || errors.Is(err, ErrStanding) {
		return m.familyPage(c, fault.Of(err))
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", foundKey(count))
	return c.Redirect("/account/family")
}

func foundKey(count int) string {
	if count == 0 {
		return "mandate.family.none_found"
	}
	return "mandate.family.found"
}

// rows say of a child what the parent may do, where that comes from and how long it lasts.
func rows(c *web.Context, child Child) []ui.SummaryRow {
	may := ""
	for i, scope := range child.Scopes {
		if i > 0 {
			may += "\n"
		}
		may += c.T("mandate.scope." + scope)
	}
	return []ui.SummaryRow{
		{Name: c.T("mandate.family.birth"), Value: lang.Date(c.Lang(), child.Person.Birth)},
		{Name: c.T("mandate.family.may"), Value: may},
		{Name: c.T("mandate.family.source"), Value: c.T(child.Source)},
		{Name: c.T("mandate.family.ends"), Value: lang.Date(c.Lang(), child.Ends.AddDays(-1))},
	}
}

type childBody struct {
	Mandate id.ID         `json:"mandate"`
	Person  id.ID         `json:"person"`
	Name    lang.Name     `json:"name"`
	Birth   calendar.Date `json:"birth" doc:"YYYY-MM-DD"`
	Scopes  []string      `json:"scopes" doc:"apply, read, pay"`
	Source  string        `json:"source" doc:"Where the mandate comes from, in words"`
	Ends    calendar.Date `json:"ends" doc:"The first day on which it does not hold"`
}

func (m *Module) apiFamily(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	children, err := m.Children(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := make([]childBody, len(children))
	for i, child := range children {
		out[i] = childBody{child.Mandate, child.Person.ID, child.Person.Name, child.Person.Birth, child.Scopes, c.T(child.Source), child.Ends}
	}
	return c.JSON(http.StatusOK, out)
}

type refreshBody struct {
	Found int `json:"found" doc:"How many minor children the register names"`
}

func (m *Module) apiRefresh(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	count, err := m.AskRegister(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, refreshBody{count})
}
