package autopay

import (
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) templateRoutes(s *web.Server, op func(string, func(*act.Operation)) *web.Op) {
	list := op("templates", func(o *act.Operation) { o.Look = lookTemplates })
	change := op("template", func(o *act.Operation) { o.Changes = true })
	s.Page(list, "GET /pay/templates", m.showTemplates)
	s.Page(change, "POST /pay/templates", m.postTemplate)
	s.Page(change, "POST /pay/templates/{template}/name", m.postRename)
	s.Page(change, "POST /pay/templates/{template}/drop", m.postDrop)
	s.Page(change, "POST /pay/templates/{template}/pay", m.postUse)
	m.templateAPI(s, list, change)
}

// templatesView is the page of templates.
type templatesView struct {
	Owner     id.ID
	Templates []Template
	Fresh     []Bill // billers of which there is no template
	Wrong     id.ID  // the template whose name was at fault
	Faults    []fault.Field
}

func (m *Module) showTemplates(c *web.Context) error { return m.templatesPage(c, id.ID{}, nil) }

func (m *Module) templatesPage(c *web.Context, wrong id.ID, faults []fault.Field) error {
	owner, may, err := m.whose(c, c.Query("for"))
	if err != nil {
		return err
	}
	v := templatesView{Owner: owner, Wrong: wrong, Faults: faults}
	all, err := m.Templates(c.Context(), c.Act(), owner)
	if err != nil {
		return err
	}
	bills, err := m.deps.Charges.Bills(c.Context(), c.Act(), owner, c.Now())
	if err != nil {
		return err
	}
	seen := map[Biller]bool{}
	for _, t := range all {
		if seen[t.Biller] = true; may(t.Service) {
			v.Templates = append(v.Templates, t)
		}
	}
	for _, bill := range bills {
		if !seen[bill.Biller] && bill.Follows && may(bill.Service) {
			seen[bill.Biller] = true
			v.Fresh = append(v.Fresh, bill)
		}
	}
	title := c.T("autopay.template.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Faulty: len(faults) > 0, Crumbs: crumbs(c, title)}, templatesPage(m, c, v))
}

// keepForm makes a template: of a bill, or, in one press on its receipt, of a payment.
type keepForm struct {
	For     string `json:"for" max:"40"`
	Charge  string `json:"charge" max:"40"`
	Payment string `json:"payment" max:"40"`
	Name    string `json:"name" max:"200"`
}

func (m *Module) postTemplate(c *web.Context) error {
	if _, err := m.keep(c); err != nil {
		return err
	}
	c.SetFlash("success", "autopay.flash.kept")
	return c.Redirect(templatesPath)
}

func (m *Module) keep(c *web.Context) (id.ID, error) {
	var f keepForm
	if err := c.Bind(&f); err != nil {
		return id.ID{}, err
	}
	owner, may, err := m.whose(c, f.For)
	if err != nil {
		return id.ID{}, err
	}
	charge, _ := id.Parse(f.Charge)
	if payment, err := id.Parse(f.Payment); err == nil && !payment.IsZero() {
		if _, charge, err = m.deps.Payments.Paid(c.Context(), c.Act(), owner, payment); err != nil {
			return id.ID{}, err
		}
	}
	bills, err := m.deps.Charges.Bills(c.Context(), c.Act(), owner, c.Now())
	if err != nil {
		return id.ID{}, err
	}
	bill, ok := find(bills, charge)
	if !ok || !may(bill.Service) {
		return id.ID{}, ErrBill
	}
	return m.Keep(c.Context(), c.Act(), owner, charge, f.Name)
}

// findTemplate reads the template that the path names and asks whether the actor may.
func (m *Module) findTemplate(c *web.Context) (Template, error) {
	key, err := c.ID("template")
	if err != nil {
		return Template{}, err
	}
	home, err := m.home(c.Context(), key)
	if err != nil {
		return Template{}, err
	}
	t, err := m.Template(c.Context(), m.system(), home.Person, key)
	if err != nil {
		return t, err
	}
	return t, c.May(object(t.Person, t.Service))
}

func (m *Module) postRename(c *web.Context) error {
	var f struct {
		Name string `json:"name" max:"200"`
	}
	if err := c.Bind(&f); err != nil {
		return err
	}
	t, err := m.findTemplate(c)
	if err != nil {
		return err
	}
	err = m.Rename(c.Context(), c.Act(), t, f.Name)
	if isFields(err) {
		return m.templatesPage(c, t.ID, faultsOf(err))
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "autopay.flash.renamed")
	return c.Redirect(with(c, templatesPath, t.Person))
}

func (m *Module) postDrop(c *web.Context) error {
	t, err := m.findTemplate(c)
	if err != nil {
		return err
	}
	if err := m.Drop(c.Context(), c.Act(), t); err != nil {
		return err
	}
	c.SetFlash("success", "autopay.flash.dropped")
	return c.Redirect(with(c, templatesPath, t.Person))
}

// postUse opens the basket with what the template pays now.
func (m *Module) postUse(c *web.Context) error {
	t, err := m.findTemplate(c)
	if err != nil {
		return err
	}
	due, err := m.Use(c.Context(), c.Act(), t)
	if err != nil {
		return err
	}
	if len(due) == 0 {
		c.SetFlash("success", "autopay.flash.nothing_due")
		return c.Redirect(with(c, templatesPath, t.Person))
	}
	return c.Redirect(m.deps.Basket(due))
}

func templateNote(m *Module, c *web.Context, t Template) string {
	out := m.deps.AgencyName(t.Biller.Payee, c.Lang())
	if t.Name.Known != "" {
		out = t.Name.Known + " · " + out
	}
	return out + " · " + c.T("autopay.template.usual", "amount", t.Usual)
}

// nameField is the question of a template's name; each has one of its own on the page.
func (v templatesView) nameField(c *web.Context, t Template) ui.Field {
	out := ui.Field{Name: "name", Anchor: "name-" + t.ID.String(), Label: c.T("autopay.template.name")}
	if v.Wrong == t.ID {
		out.Error = page.FaultText(c, v.Faults, "name")
	}
	return out
}
