package register

import (
	"slices"

	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Bounds of what one address or person may ask a minute: a search needs a whole value, and nobody tries them all.
const (
	searchesMost = 60
	checksMost   = 60
)

// ops are the operations of the module.
type ops struct{ open, check, list, entry, desk, read, correct, end *web.Op }

func (m *Module) routes(s *web.Server) {
	desk := act.Operation{Object: "entry", May: act.SameAgency, Assurance: act.Basic, Look: lookEntry, PerMinute: searchesMost}
	mine := act.Operation{Object: "entry", May: act.Self | act.ByMandate, Scope: mandate.ScopeRead, Assurance: act.Basic, Look: lookEntries}
	of := func(op act.Operation, name string, changes bool) *web.Op {
		op.Name, op.Changes = name, changes
		return s.Operation(op)
	}
	start := desk
	start.Look = "" // it shows which registers there are, and nobody in them
	m.ops = ops{
		open:  s.Operation(act.Operation{Name: "register.open", May: act.Everyone}),
		check: s.Operation(act.Operation{Name: "register.check", May: act.Everyone, PerMinute: checksMost}),
		list:  of(mine, "register.list", false), entry: of(mine, "register.entry", false),
		desk: of(start, "register.desk", false), read: of(desk, "register.read", false), correct: of(desk, "register.correct", true), end: of(desk, "register.end", true),
	}
	s.Page(m.ops.open, "GET /registers", m.showRegisters)
	s.Page(m.ops.check, "GET /registers/{register}", m.showRegister)
	s.Page(m.ops.list, "GET /account/registers", m.showMine)
	s.Page(m.ops.entry, "GET /account/registers/{entry}", m.showMyEntry)
	s.Page(m.ops.desk, "GET /desk/registers", m.showDesk)
	s.Page(m.ops.read, "GET /desk/registers/{register}", m.showSearch)
	s.Page(m.ops.read, "GET /desk/registers/{register}/{entry}", m.showDeskEntry)
	s.Page(m.ops.correct, "POST /desk/registers/{register}/{entry}/correct", m.postCorrect)
	s.Page(m.ops.end, "POST /desk/registers/{register}/{entry}/end", m.postEnd)
	m.api(s)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 45, Text: "register.menu", Href: "/account/registers", Icon: "book-open-text"})
		m.base.Pages.Add(page.MenuDesk, page.Link{
			Order: 65, Text: "register.desk.menu", Href: "/desk/registers", Icon: "book-open-text", Show: func(c *web.Context) bool { return len(m.readable(c.Act())) > 0 },
		})
	}
}

// all are the city's own registers.
func (m *Module) all() []service.OwnRegister {
	if city := m.deps.City(); city != nil {
		return city.OwnRegisters
	}
	return nil
}

// readable are the registers of which an official has a purpose.
func (m *Module) readable(a act.Act) []service.OwnRegister {
	var out []service.OwnRegister
	for _, r := range m.all() {
		if len(purposesOf(&r, a)) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// purposesOf are what an official may read a register for.
func purposesOf(r *service.OwnRegister, a act.Act) []service.OwnPurpose {
	var out []service.OwnPurpose
	for _, p := range r.Purposes {
		if a.Actor.Kind == act.Official && agency.ID(p.Agency) == a.Actor.Agency && slices.Contains(p.Roles, a.Actor.Role) {
			out = append(out, p)
		}
	}
	return out
}

func (m *Module) showRegisters(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("register.title"), Layout: page.Plain}, registersPage(c, m.all()))
}

// registerView is what everybody may know of a register, and of one entry by its number.
type registerView struct {
	Register *service.OwnRegister
	Typed    string
	Wrong    string // key of what is wrong with it
	Found    *Entry
}

func (m *Module) showRegister(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	r, err := m.own(c.Path("register"))
	if err != nil {
		return err
	}
	v := registerView{Register: r, Typed: c.Query("number")}
	if v.Typed != "" {
		e, err := m.Open(c.Context(), r.Key, v.Typed)
		if v.Wrong, err = told(err, ErrNone, ErrValue); err != nil {
			return err
		}
		if v.Wrong == "" {
			v.Found = &e
		}
	}
	title := r.Title.In(c.Lang())
	crumbs := []ui.Link{{Text: c.T("register.title"), Href: "/registers"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Plain, Crumbs: crumbs, Faulty: v.Wrong != ""}, registerPage(m, c, v))
}

// object is an entry as permission sees it: it lies in its person's account.
func object(holder id.ID) act.Object { return act.Object{Kind: "entry", Holder: holder} }

func (m *Module) showMine(c *web.Context) error {
	if err := c.May(object(c.Person())); err != nil {
		return err
	}
	list, err := m.Mine(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("register.mine"), Layout: page.Account}, minePage(m, c, list))
}

// entryView is an entry with its history.
type entryView struct {
	Register *service.OwnRegister
	Entry    Entry
	History  []Version
	Desk     *deskEntry // nil: the person's own page
}

// mine reads the entry that the address names for the person, or for who acts for them.
func (m *Module) mine(c *web.Context) (entryView, error) {
	which, err := c.ID("entry")
	if err != nil {
		return entryView{}, err
	}
	home, err := m.home(c.Context(), which)
	if err != nil {
		return entryView{}, err
	}
	if err := c.May(object(home.Holder)); err != nil {
		return entryView{}, err
	}
	v := entryView{}
	if v.Entry, v.History, err = m.MyEntry(c.Context(), c.Act(), home.Holder, which); err != nil {
		return v, err
	}
	v.Register, err = m.own(home.Register)
	return v, err
}

func (m *Module) showMyEntry(c *web.Context) error {
	v, err := m.mine(c)
	if err != nil {
		return err
	}
	title := v.Register.Title.In(c.Lang())
	crumbs := []ui.Link{{Text: c.T("register.mine"), Href: "/account/registers"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: crumbs}, entryPage(m, c, v))
}
