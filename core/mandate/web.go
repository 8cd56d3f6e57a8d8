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

// own is the permission's object for the signed-in person's pages of family and mandates.
func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

// kind is what permissions call a mandate or an offer.
const kind = "mandate"

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
	m.mandateRoutes(s)
	if m.deps.Guardianship != "" {
		m.wardRoutes(s, pages)
	}
	pages.Acting = m.banner
	signed := func(c *web.Context) bool { return !c.Person().IsZero() }
	pages.Add(page.MenuAccount,
		page.Link{Order: 70, Text: "mandate.menu", Href: "/account/family", Icon: "baby-duotone", Show: signed},
		page.Link{Order: 72, Text: "mandate.menu_mandates", Href: listPath, Icon: "users-three-duotone", Show: signed},
	)
}

// mandateRoutes are the pages of mandates between people. Giving one, and accepting to be acted for, needs two factors
// shown lately: whoever sits down at an open browser gives nobody the right to act for its owner.
func (m *Module) mandateRoutes(s *web.Server) {
	one := act.Operation{Object: kind, May: act.Self | act.ByMandate, Scope: ScopeStaff, Look: "mandate.look.people"}
	op := func(name string, change func(*act.Operation)) *web.Op {
		o := one
		o.Name = "mandate." + name
		change(&o)
		return s.Operation(o)
	}
	gives := func(o *act.Operation) { o.Assurance, o.Strong, o.Fresh = act.Standard, true, act.Lately }
	list := s.Operation(act.Operation{Name: "mandate.list", Object: "account", May: act.Self, Look: "mandate.look.people"})
	read := op("read", func(*act.Operation) {})
	giving := op("giving", gives)
	give := op("give", func(o *act.Operation) { gives(o); o.Changes = true })
	grant := op("grant", func(o *act.Operation) { gives(o); o.Changes, o.May, o.Scope = true, act.Self, "" })
	asking := op("asking", func(o *act.Operation) { o.Assurance, o.May, o.Scope = act.Standard, act.Self, "" })
	request := op("ask", func(o *act.Operation) { o.Assurance, o.Changes, o.May, o.Scope = act.Standard, true, act.Self, "" })
	accept := op("accept", func(o *act.Operation) { o.Assurance, o.Changes, o.May, o.Scope = act.Standard, true, act.Self, "" })
	end := op("end", func(o *act.Operation) { o.Changes = true })

	s.Page(list, "GET /account/mandates", m.showList)
	s.Page(giving, "GET /account/mandates/give", m.showGive)
	s.Page(give, "POST /account/mandates/give", m.postGive)
	s.Page(asking, "GET /account/mandates/ask", m.showAsk)
	s.Page(request, "POST /account/mandates/ask", m.postAsk)
	s.Page(read, "GET /account/mandates/{mandate}", m.showOne)
	s.Page(accept, "POST /account/mandates/{mandate}/accept", m.postAccept)
	s.Page(grant, "POST /account/mandates/{mandate}/grant", m.postGrant)
	s.Page(end, "POST /account/mandates/{mandate}/end", m.postEnd)
	m.api(s, apiOperations{list: list, read: read, give: give, ask: request, accept: accept, grant: grant, end: end})
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
	return []ui.SummaryRow{
		{Name: c.T("mandate.family.birth"), Value: lang.Date(c.Lang(), child.Person.Birth)},
		{Name: c.T("mandate.family.may"), Value: scopeLines(c, child.Scopes)},
		{Name: c.T("mandate.family.source"), Value: c.T(child.Source)},
		{Name: c.T("mandate.family.ends"), Value: lang.Date(c.Lang(), child.Ends.AddDays(-1))},
	}
}

// scopeLines are scopes in words, a line each.
func scopeLines(c *web.Context, scopes []string) string {
	out := ""
	for i, scope := range scopes {
		if i > 0 {
			out += "\n"
		}
		out += c.T("mandate.scope." + scope)
	}
	return out
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
	Found int `json:"found" doc:"How many minor children and wards the register names"`
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

// banner says on a page for whom the person acts there.
func (m *Module) banner(c *web.Context) *ui.Acting {
	a := c.Act()
	out := &ui.Acting{Text: c.T("mandate.acting_other"), Link: ui.Link{Text: c.T("mandate.acting_what"), Href: path(a.Mandate)}}
	one, err := m.Mandate(c.Context(), a.Holder, a.Mandate)
	if err != nil {
		m.base.Log.Warn("mandate: for whom one acts", "mandate", a.Mandate.String(), "error", err)
		return out
	}
	name, err := m.name(c.Context(), a.Holder, one.Kind == Company)
	if err != nil || name == "" {
		m.base.Log.Warn("mandate: for whom one acts", "mandate", a.Mandate.String(), "error", err)
		return out
	}
	out.Text = c.T("mandate.acting", "name", name)
	return out
}
