package autopay

import (
	"slices"

	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// object is an order, a turn or a template as permission sees it: it lies in its owner's account. service is empty for all
// of an owner's.
func object(person id.ID, service string) act.Object {
	return act.Object{Kind: "autopay", Holder: person, Service: service}
}

// operations are what pages and JSON faces hang on.
type operations struct{ list, read, change, consenting, consent *web.Op }

func (m *Module) routes(s *web.Server) {
	one := act.Operation{Object: "autopay", May: act.Self | act.ByMandate, Scope: mandate.ScopePay, Assurance: act.Basic}
	op := func(name string, shape func(*act.Operation)) *web.Op {
		o := one
		o.Name = "autopay." + name
		shape(&o)
		return s.Operation(o)
	}
	// An order is consent to take money without asking each time: whoever gives it is there, and shows it.
	fresh := func(o *act.Operation) { o.Assurance, o.Fresh = act.Standard, act.Lately }
	ops := operations{
		list: op("list", func(o *act.Operation) { o.Look = lookOrders }),
		read: op("read", func(o *act.Operation) { o.Look = lookOrders }),
		// To stop, pause, answer and take back must be easy: it never lets more be taken than was agreed to.
		change:     op("change", func(o *act.Operation) { o.Changes = true }),
		consenting: op("consenting", fresh),
		consent:    op("consent", func(o *act.Operation) { fresh(o); o.Changes = true }),
	}
	s.Page(ops.list, "GET /pay/autopay", m.showList)
	s.Page(ops.list, "GET /pay/autopay/new", m.showChoose)
	s.Page(ops.consenting, "GET /pay/autopay/new/terms", m.showNew)
	s.Page(ops.consent, "POST /pay/autopay/new/terms", m.postNew)
	s.Page(ops.read, "GET /pay/autopay/{order}", m.showOrder)
	s.Page(ops.consenting, "GET /pay/autopay/{order}/change", m.showChange)
	s.Page(ops.consent, "POST /pay/autopay/{order}/change", m.postChange)
	s.Page(ops.change, "POST /pay/autopay/{order}/pause", m.postPause)
	s.Page(ops.change, "POST /pay/autopay/{order}/resume", m.postResume)
	s.Page(ops.change, "POST /pay/autopay/{order}/stop", m.postStop)
	s.Page(ops.read, "GET /pay/autopay/{order}/bills/{turn}", m.showTurn)
	s.Page(ops.change, "POST /pay/autopay/{order}/bills/{turn}/answer", m.postAnswer)
	s.Page(ops.change, "POST /pay/autopay/{order}/bills/{turn}/undo", m.postUndo)
	m.templateRoutes(s, op)
	m.api(s, ops)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 31, Text: "autopay.menu", Href: listPath, Icon: "clock", Show: func(c *web.Context) bool { return !c.Person().IsZero() }})
	}
}

// whose is whom a list is of: the reader, or with ?for= somebody for whom they may pay.
func (m *Module) whose(c *web.Context, text string) (id.ID, func(service string) bool, error) {
	owner, err := id.Parse(text)
	if err != nil || owner.IsZero() || owner == c.Person() || m.deps.Mandates == nil {
		return c.Person(), func(string) bool { return true }, c.May(object(c.Person(), ""))
	}
	taken, err := m.deps.Mandates.Taken(c.Context(), c.Person())
	if err != nil {
		return owner, nil, err
	}
	may := slices.DeleteFunc(taken, func(one mandate.Mandate) bool {
		return one.Giver != owner || !slices.Contains(one.Scopes, mandate.ScopePay)
	})
	for _, service := range mandate.Services(may) {
		if err := c.May(object(owner, service)); err != nil {
			return owner, nil, err
		}
	}
	return owner, func(service string) bool {
		return slices.ContainsFunc(may, func(one mandate.Mandate) bool { return one.Allows(mandate.ScopePay, service) })
	}, nil
}

// with keeps on a path for whom the page is.
func with(c *web.Context, path string, owner id.ID) string {
	if owner == c.Person() {
		return path
	}
	return path + "?for=" + owner.String()
}

// find reads the order that the path names and asks whether the actor may.
func (m *Module) find(c *web.Context) (Order, error) {
	key, err := c.ID("order")
	if err != nil {
		return Order{}, err
	}
	home, err := m.home(c.Context(), key)
	if err != nil {
		return Order{}, err
	}
	o, err := m.Order(c.Context(), m.system(), home.Person, key)
	if err != nil {
		return o, err
	}
	if err := c.May(object(o.Person, o.Service)); err != nil {
		return o, err
	}
	return m.Order(c.Context(), c.Act(), o.Person, key)
}

// findTurn reads the turn that the path names, of the order that it names.
func (m *Module) findTurn(c *web.Context) (Turn, Order, error) {
	o, err := m.find(c)
	if err != nil {
		return Turn{}, o, err
	}
	key, err := c.ID("turn")
	if err != nil {
		return Turn{}, o, err
	}
	t, order, err := m.Turn(c.Context(), c.Act(), o.Person, key)
	if err == nil && order.ID != o.ID {
		err = ErrNone
	}
	return t, o, err
}

func (m *Module) postPause(c *web.Context) error {
	var f pauseForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	o, err := m.find(c)
	if err != nil {
		return err
	}
	until, ok := f.until(m.today())
	if !ok {
		until = m.today() // no day, or no day ahead: Pause says so
	}
	err = m.Pause(c.Context(), c.Act(), o, until)
	if isFields(err) {
		return m.orderPage(c, o, faultsOf(err), f)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "autopay.flash.paused", "day", lang.DayMonth(c.Lang(), until))
	return c.Redirect(orderPath(o.ID))
}

// pauseForm is how long an order is to stand still.
type pauseForm struct {
	How   string   `json:"how" max:"10"` // month, quarter or day
	Until page.Day `json:"until"`
}

func (f pauseForm) until(today calendar.Date) (calendar.Date, bool) {
	switch f.How {
	case "month":
		return today.AddMonths(1), true
	case "quarter":
		return today.AddMonths(3), true
	}
	day, ok := f.Until.Date()
	return day, ok && !day.IsZero()
}

func (m *Module) postResume(c *web.Context) error {
	return m.act(c, "autopay.flash.resumed", func(o Order) error { return m.Pause(c.Context(), c.Act(), o, calendar.Date{}) })
}

func (m *Module) postStop(c *web.Context) error {
	return m.act(c, "autopay.flash.stopped", func(o Order) error { return m.End(c.Context(), c.Act(), o) })
}

func (m *Module) act(c *web.Context, flash string, do func(o Order) error) error {
	o, err := m.find(c)
	if err != nil {
		return err
	}
	if err := do(o); err != nil {
		return err
	}
	c.SetFlash("success", flash)
	return c.Redirect(orderPath(o.ID))
}

// answerForm is what the owner says of one bill.
type answerForm struct {
	Say    string `json:"say" max:"10"` // yes or no
	Amount int64  `json:"amount"`       // that they saw, minor units
}

func (m *Module) postAnswer(c *web.Context) error {
	var f answerForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	t, o, err := m.findTurn(c)
	if err != nil {
		return err
	}
	if err := m.Answer(c.Context(), c.Act(), t, f.Say == "yes", f.Amount); err != nil {
		return err
	}
	c.SetFlash("success", "autopay.flash.said_"+map[bool]string{true: "yes", false: "no"}[f.Say == "yes"])
	return c.Redirect(turnPath(o.ID, t.ID))
}

func (m *Module) postUndo(c *web.Context) error {
	t, o, err := m.findTurn(c)
	if err != nil {
		return err
	}
	if err := m.Undo(c.Context(), c.Act(), o, t); err != nil {
		return err
	}
	c.SetFlash("success", "autopay.flash.undone")
	return c.Redirect(turnPath(o.ID, t.ID))
}
