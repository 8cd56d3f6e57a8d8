package organisation

import (
	"net/http"
	"slices"

	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// kind is what permissions call an organisation.
const kind = "organisation"

func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

func object(company id.ID) act.Object { return act.Object{Kind: kind, Holder: company} }

func (m *Module) routes(s *web.Server, pages *page.Site) {
	list := s.Operation(act.Operation{Name: "organisation.list", Object: "account", May: act.Self, Look: "organisation.look.head"})
	register := s.Operation(act.Operation{
		Name: "organisation.register", Object: "account", May: act.Self, Assurance: act.Standard, Fresh: act.Lately, Changes: true, Look: "organisation.look.head",
		Timeout: registerWait + registerWait/2, PerMinute: 10,
	})
	read := s.Operation(act.Operation{Name: "organisation.read", Object: kind, May: act.Self | act.ByMandate, Scope: mandate.ScopeRead})
	staff := s.Operation(act.Operation{Name: "organisation.staff", Object: kind, May: act.Self | act.ByMandate, Scope: mandate.ScopeStaff, Look: "organisation.look.staff"})
	shut := s.Operation(act.Operation{
		Name: "organisation.close", Object: kind, May: act.Self | act.ByMandate, Scope: mandate.ScopeStaff, Assurance: act.Standard, Strong: true, Fresh: act.Lately, Changes: true,
	})
	s.Page(list, "GET /account/organisations", m.showList)
	s.Page(register, "POST /account/organisations", m.postRegister)
	s.Page(register, "POST /account/organisations/trader", m.postTrader)
	s.Page(register, "POST /account/organisations/trader/drop", m.postDropTrader)
	s.Page(read, "GET /account/organisations/{organisation}", m.showOne)
	s.Page(staff, "GET /account/organisations/{organisation}/staff", m.showStaff)
	s.Page(shut, "POST /account/organisations/{organisation}/close", m.postClose)
	m.api(s, list, register, read, staff)
	pages.Add(page.MenuAccount, page.Link{
		Order: 74, Text: "organisation.menu", Href: "/account/organisations", Icon: "briefcase",
		Show: func(c *web.Context) bool { return !c.Person().IsZero() },
	})
}

func path(company id.ID) string { return "/account/organisations/" + company.String() }

// listView is the page of a person's organisations.
type listView struct {
	List   []mandate.Principal
	Trader Trader
	Trades bool
	OGRN   string
	OGRNIP string
	Faults []fault.Field
}

func (m *Module) showList(c *web.Context) error { return m.listPage(c, listView{}, nil) }

// listPage shows the organisations for which the person acts; with a fault, what is wrong with what they typed.
func (m *Module) listPage(c *web.Context, v listView, wrong error) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	list, err := m.companies(c)
	if err != nil {
		return err
	}
	v.List = list
	if v.Trader, v.Trades, err = m.Trader(c.Context(), c.Act(), c.Person()); err != nil {
		return err
	}
	o := page.Options{Title: c.T("organisation.title"), Layout: page.Account}
	if wrong != nil {
		o.Status, o.Faulty = web.Status(fault.Of(wrong)), true
	}
	return m.base.Pages.Render(c, o, listPage(c, v))
}

func (m *Module) companies(c *web.Context) ([]mandate.Principal, error) {
	list, err := m.deps.Mandates.Acting(c.Context(), c.Act(), c.Person())
	return slices.DeleteFunc(list, func(p mandate.Principal) bool { return p.Kind != mandate.Company }), err
}

type registerForm struct {
	OGRN string `json:"ogrn" max:"40" doc:"13 digits"`
}

type traderForm struct {
	OGRNIP string `json:"ogrnip" max:"40" doc:"15 digits"`
}

func (m *Module) postRegister(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form registerForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	made, err := m.Register(c.Context(), c.Act(), form.OGRN)
	if shown(err) {
		return m.listPage(c, listView{OGRN: form.OGRN, Faults: []fault.Field{{Name: "ogrn", ID: fault.Of(err).ID}}}, err)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "organisation.registered", "title", made.Title)
	return c.Redirect("/account/organisations")
}

func (m *Module) postTrader(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form traderForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	_, err := m.RegisterTrader(c.Context(), c.Act(), form.OGRNIP)
	if shown(err) {
		return m.listPage(c, listView{OGRNIP: form.OGRNIP, Faults: []fault.Field{{Name: "ogrnip", ID: fault.Of(err).ID}}}, err)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "organisation.trader_noted")
	return c.Redirect("/account/organisations")
}

func (m *Module) postDropTrader(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.DropTrader(c.Context(), c.Act()); err != nil {
		return err
	}
	c.SetFlash("success", "organisation.trader_dropped")
	return c.Redirect("/account/organisations")
}

// shown tells whether an error belongs beside the question that was answered.
func shown(err error) bool {
	if err == nil {
		return false
	}
	one := fault.Of(err)
	return slices.ContainsFunc([]*fault.Fault{ErrOGRN, ErrOGRNIP, ErrNotHead, ErrNotYours, ErrRegister, ErrStanding}, func(f *fault.Fault) bool { return f.ID == one.ID })
}

// read finds the organisation of the path and asks whether the person may.
func (m *Module) read(c *web.Context) (Organisation, error) {
	company, err := c.ID("organisation")
	if err != nil {
		return Organisation{}, err
	}
	one, err := m.Organisation(c.Context(), company)
	if err != nil {
		return Organisation{}, err
	}
	return one, c.May(object(one.ID))
}

// oneView is the page of an organisation, or of its staff.
type oneView struct {
	Organisation
	Mine   mandate.Mandate // by which the reader acts
	Staff  []mandate.Mandate
	Names  map[id.ID]lang.Name
	Offers []mandate.Offer
}

func (m *Module) showOne(c *web.Context) error {
	one, err := m.read(c)
	if err != nil {
		return err
	}
	v := oneView{Organisation: one}
	if v.Mine, err = m.deps.Mandates.Mandate(c.Context(), one.ID, c.Act().Mandate); err != nil {
		return err
	}
	return m.base.Pages.Render(c, m.options(c, one), onePage(m, c, v))
}

func (m *Module) options(c *web.Context, one Organisation) page.Options {
	return page.Options{Title: one.Title, Layout: page.Account, Crumbs: []ui.Link{{Text: c.T("organisation.title"), Href: "/account/organisations"}, {Text: one.Title}}}
}

func (m *Module) staff(c *web.Context) (oneView, error) {
	one, err := m.read(c)
	if err != nil {
		return oneView{}, err
	}
	v := oneView{Organisation: one}
	all, err := m.deps.Mandates.Of(c.Context(), one.ID)
	if err != nil {
		return v, err
	}
	var people []id.ID
	for _, given := range all {
		if given.Ended.IsZero() {
			v.Staff, people = append(v.Staff, given), append(people, given.Taker)
		}
	}
	if v.Names, err = m.deps.Accounts.Names(c.Context(), c.Act(), "organisation.look.staff", people...); err != nil {
		return v, err
	}
	v.Offers, err = m.deps.Mandates.Made(c.Context(), c.Act(), one.ID)
	return v, err
}

func (m *Module) showStaff(c *web.Context) error {
	v, err := m.staff(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, m.options(c, v.Organisation), staffPage(c, v))
}

func (m *Module) postClose(c *web.Context) error {
	one, err := m.read(c)
	if err != nil {
		return err
	}
	mine, err := m.deps.Mandates.Mandate(c.Context(), one.ID, c.Act().Mandate)
	if err != nil {
		return err
	}
	if mine.Source != mandate.SourceHead { // staff give mandates; they do not end the organisation's account
		return ErrNotHead
	}
	if err := m.Close(c.Context(), c.Act(), one.ID); err != nil {
		return err
	}
	c.SetFlash("success", "organisation.closed")
	return c.Redirect("/account/organisations")
}

// wireOrganisation is an organisation as the API shows it.
type wireOrganisation struct {
	ID    id.ID  `json:"id"`
	OGRN  string `json:"ogrn"`
	INN   string `json:"inn"`
	Title string `json:"title"`
}

type wireStaff struct {
	Mandate id.ID     `json:"mandate"`
	Person  id.ID     `json:"person"`
	Name    lang.Name `json:"name"`
	Scopes  []string  `json:"scopes"`
	Head    bool      `json:"head"`
}

type wireTrader struct {
	OGRNIP string `json:"ogrnip"`
	INN    string `json:"inn"`
	Title  string `json:"title"`
}

func (m *Module) api(s *web.Server, list, register, read, staff *web.Op) {
	s.API(list, "GET /api/v1/organisations", m.apiList, web.Describe{Summary: "Organisations for which I act", Tag: "organisations", Out: []wireOrganisation{}})
	s.API(register, "POST /api/v1/organisations", m.apiRegister, web.Describe{Summary: "Register an organisation that I head", Tag: "organisations", In: registerForm{}, Out: wireOrganisation{}, Status: http.StatusCreated})
	s.API(register, "PUT /api/v1/trader", m.apiTrader, web.Describe{Summary: "Note that I am a sole trader", Tag: "organisations", In: traderForm{}, Out: wireTrader{}})
	s.API(read, "GET /api/v1/organisations/{organisation}", m.apiOne, web.Describe{Summary: "An organisation for which I act", Tag: "organisations", Out: wireOrganisation{}})
	s.API(staff, "GET /api/v1/organisations/{organisation}/staff", m.apiStaff, web.Describe{Summary: "Who may act for the organisation", Tag: "organisations", Out: []wireStaff{}})
}

func toWire(o Organisation) wireOrganisation {
	return wireOrganisation{o.ID, o.OGRN, o.INN, o.Title}
}

func (m *Module) apiList(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	list, err := m.companies(c)
	if err != nil {
		return err
	}
	out := []wireOrganisation{}
	for _, p := range list {
		one, err := m.Organisation(c.Context(), p.Giver)
		if err != nil {
			return err
		}
		out = append(out, toWire(one))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiRegister(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form registerForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	one, err := m.Register(c.Context(), c.Act(), form.OGRN)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, toWire(one))
}

func (m *Module) apiTrader(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form traderForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	one, err := m.RegisterTrader(c.Context(), c.Act(), form.OGRNIP)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireTrader(one))
}

func (m *Module) apiOne(c *web.Context) error {
	one, err := m.read(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toWire(one))
}

func (m *Module) apiStaff(c *web.Context) error {
	v, err := m.staff(c)
	if err != nil {
		return err
	}
	out := []wireStaff{}
	for _, one := range v.Staff {
		out = append(out, wireStaff{one.ID, one.Taker, v.Names[one.Taker], one.Scopes, one.Source == mandate.SourceHead})
	}
	return c.JSON(http.StatusOK, out)
}

func companyRows(c *web.Context, list []mandate.Principal) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(list))
	for _, p := range list {
		row := ui.RowItem{Icon: "briefcase", Text: p.Title, Href: path(p.Giver)}
		if p.Source == mandate.SourceHead {
			row.Tag = &ui.TagProps{Text: c.T("organisation.head"), Tone: ui.Info}
		}
		out = append(out, row)
	}
	return out
}

func staffRows(c *web.Context, v oneView) []ui.RowItem {
	var out []ui.RowItem
	for _, one := range v.Staff {
		row := ui.RowItem{Text: v.Names[one.Taker].Full(c.Lang()), Href: "/account/mandates/" + one.ID.String(), Value: c.T("mandate.until", "day", lang.Date(c.Lang(), one.Ends.AddDays(-1))), Quiet: true}
		if one.Source == mandate.SourceHead {
			row.Tag = &ui.TagProps{Text: c.T("organisation.head"), Tone: ui.Info}
		}
		out = append(out, row)
	}
	for _, o := range v.Offers {
		out = append(out, ui.RowItem{Text: o.Whom.Name().Full(c.Lang()), Href: "/account/mandates/" + o.ID.String(), Value: c.T("mandate.list.waits"), Quiet: true, Muted: true})
	}
	return out
}

func (m *Module) facts(c *web.Context, v oneView) []ui.SummaryRow {
	out := []ui.SummaryRow{
		{Name: c.T("organisation.ogrn"), Value: v.OGRN}, {Name: c.T("organisation.inn"), Value: v.INN},
		{Name: c.T("organisation.source"), Value: c.T("organisation.source_" + string(v.Source))},
		{Name: c.T("organisation.confirmed"), Value: lang.FullMoment(c.Lang(), v.Confirmed, m.deps.Zone)},
	}
	may := ""
	for i, scope := range v.Mine.Scopes {
		if i > 0 {
			may += "\n"
		}
		may += c.T("mandate.scope." + scope)
	}
	return append(out, ui.SummaryRow{Name: c.T("organisation.i_may"), Value: may})
}

func links(c *web.Context, v oneView) []ui.RowItem {
	whom := "?for=" + v.ID.String()
	out := []ui.RowItem{{Icon: "files", Text: c.T("mandate.go.cases"), Href: "/cases" + whom}, {Icon: "identification-card", Text: c.T("mandate.go.documents"), Href: "/documents" + whom}}
	if slices.Contains(v.Mine.Scopes, mandate.ScopePay) {
		out = append(out, ui.RowItem{Icon: "wallet", Text: c.T("mandate.go.bills"), Href: "/pay" + whom})
	}
	out = append(out, ui.RowItem{Icon: "users-three-duotone", Text: c.T("organisation.my_mandate"), Href: "/account/mandates/" + v.Mine.ID.String()})
	if slices.Contains(v.Mine.Scopes, mandate.ScopeStaff) {
		out = append(out, ui.RowItem{Icon: "user-plus", Text: c.T("organisation.staff"), Href: path(v.ID) + "/staff"})
	}
	return out
}
