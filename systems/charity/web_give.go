package charity

import (
	"net/url"
	"strconv"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// giveForm is what a giver answers in the two steps.
type giveForm struct {
	Sum   string `json:"sum" max:"20"`   // one of the offered sums, in kopecks, or other
	Other string `json:"other" max:"20"` // typed
	How   string `json:"how" max:"10"`   // once, save (once, and the card is kept), monthly
	Day   int    `json:"day"`
	Card  string `json:"card" max:"40"`
	Show  string `json:"show" max:"10"` // yes: the name is shown
	Name  string `json:"name" max:"60"`
	Email string `json:"email" max:"200"`
	Key   id.ID  `json:"key"` // of the check page: pressed twice, it is one gift
	Code  string `json:"code" max:"40"`
}

// sums are what is offered, in kopecks.
var sums = []int64{100_00, 300_00, 500_00, 1000_00}

// amount reads how much is given; a fault of the field when it is none.
func (f giveForm) amount() (int64, *fault.Field) {
	text, name := f.Sum, "sum"
	wrong := func(why string) *fault.Field { out := field(name, why); return &out }
	if text == "" {
		return 0, wrong("choose_sum")
	}
	n := int64(0)
	if text == "other" {
		name = "other"
		a, err := money.Parse(f.Other, money.RUB)
		if err != nil {
			return 0, wrong("amount")
		}
		n = a.Minor
	} else {
		typed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, wrong("choose_sum")
		}
		n = typed
	}
	if n < GiftLeast || n > GiftMost {
		return 0, wrong("amount")
	}
	return n, nil
}

// saves tells whether the card is kept on the bank's page: of a person with an account alone, and when they asked for it.
func (f giveForm) saves(known bool) bool { return known && f.How == "save" }

// giveView is both steps of a gift.
type giveView struct {
	aim
	Form   giveForm
	Amount int64
	Cards  []Card
	Known  bool // somebody is signed in
	Faults []fault.Field
}

// giveView reads what both steps show, for everybody.
func (m *Module) giveView(c *web.Context) (giveView, error) {
	if err := c.May(act.Object{}); err != nil {
		return giveView{}, err
	}
	return m.viewGive(c)
}

func (m *Module) viewGive(c *web.Context) (giveView, error) {
	a, err := m.aimOf(c)
	v := giveView{aim: a, Known: !c.Person().IsZero(), Form: giveForm{How: "once", Day: min(m.today().Day(), monthlyDay)}}
	if err != nil || !v.Known {
		return v, err
	}
	v.Cards, err = m.payments.Cards(c.Context(), c.Act(), c.Person())
	return v, err
}

func (m *Module) showGive(c *web.Context) error {
	v, err := m.giveView(c)
	if err != nil {
		return err
	}
	if sum := c.Query("sum"); sum != "" {
		v.Form.Sum = sum
	}
	if c.Query("how") == "monthly" {
		v.Form.How = "monthly"
	}
	return m.giveStep(c, v)
}

func (m *Module) giveStep(c *web.Context, v giveView) error {
	title := c.T("charity.give_title")
	o := page.Options{Title: title, Layout: page.Form, Faulty: len(v.Faults) > 0, Crumbs: m.crumbs(c, title, v.link(c)), Aside: giveAside(m, c, v)}
	return m.base.Pages.Render(c, o, givePage(m, c, v))
}

func (a aim) title(c *web.Context) string {
	if a.Appeal != nil {
		return a.Appeal.Title.In(c.Lang())
	}
	return a.Fund.Title.In(c.Lang())
}

func (a aim) path() string {
	if a.Appeal != nil {
		return appealPath(a.Appeal.ID)
	}
	return fundPath(a.Fund.ID)
}

func (a aim) link(c *web.Context) ui.Link { return ui.Link{Text: a.title(c), Href: a.path()} }

// judge finds what is wrong with the answers.
func (v *giveView) judge() {
	amount, wrong := v.Form.amount()
	v.Amount = amount
	if wrong != nil {
		v.Faults = append(v.Faults, *wrong)
	}
	if v.Form.How == "monthly" {
		card, err := id.Parse(v.Form.Card)
		if err != nil || !holds(v.Cards, card) {
			v.Faults = append(v.Faults, field("card", "card"))
		}
		if v.Form.Day < 1 || v.Form.Day > monthlyDay {
			v.Faults = append(v.Faults, field("day", "day"))
		}
	}
	if v.Form.Show == "yes" && shownName(v.Form.Name) == "" {
		v.Faults = append(v.Faults, field("name", "empty"))
	}
	if !v.Known && v.Form.Email != "" && !strings.Contains(v.Form.Email, "@") {
		v.Faults = append(v.Faults, field("email", "email"))
	}
}

// checkGive is the second step: everything is said once more before the money is taken.
func (m *Module) checkGive(c *web.Context) error {
	v, err := m.giveView(c)
	if err != nil {
		return err
	}
	if err := c.Bind(&v.Form); err != nil {
		return err
	}
	if v.judge(); len(v.Faults) > 0 {
		return m.giveStep(c, v)
	}
	if v.Form.How == "monthly" {
		return c.Redirect(v.monthlyPath() + "?" + v.Form.monthly().Encode())
	}
	v.Form.Key, v.Form.Code = id.New(c.Now()), newCode()
	return m.checkStep(c, v)
}

func (m *Module) checkStep(c *web.Context, v giveView) error {
	title := c.T("charity.check_title")
	o := page.Options{Title: title, Layout: page.Form, Crumbs: m.crumbs(c, title, v.link(c)), Aside: giveAside(m, c, v)}
	return m.base.Pages.Render(c, o, checkPage(m, c, v))
}

// payGift promises the gift and sends the giver to pay it.
func (m *Module) payGift(c *web.Context) error {
	v, err := m.giveView(c)
	if err != nil {
		return err
	}
	if err := c.Bind(&v.Form); err != nil {
		return err
	}
	if v.judge(); len(v.Faults) > 0 {
		return m.giveStep(c, v)
	}
	if v.Form.How == "monthly" {
		return ErrState // consent is given to postMonthly alone
	}
	n := NewGift{Giver: c.Person(), Fund: v.Fund.ID, Appeal: v.id(), Amount: v.Amount, Code: v.Form.Code}
	if v.Form.Show == "yes" {
		n.Shown = v.Form.Name
	}
	if !v.Form.Key.IsZero() {
		n.ID = id.Derived("charity gift", v.Form.Key.String())
		if n.Giver.IsZero() {
			n.Giver = id.Derived("charity giver", v.Form.Key.String())
		}
	}
	g, err := m.Promise(c.Context(), c.Act(), n)
	if err != nil {
		return err
	}
	return m.goPay(c, g, v.Form)
}

// goPay sends a giver to where the gift is paid.
func (m *Module) goPay(c *web.Context, g Gift, f giveForm) error {
	p := Paying{Giver: g.Giver, Gift: g.ID, Email: f.Email}
	if card, err := id.Parse(f.Card); err == nil {
		p.Card = card
	}
	p.Save = f.saves(!c.Person().IsZero())
	begun, err := m.payments.Begin(c.Context(), c.Act(), p, c.Lang())
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(begun.Page, "/"):
		return c.Redirect(begun.Page)
	case begun.Page != "":
		return c.RedirectOut(begun.Page)
	case begun.Over:
		c.SetFlash("warning", "charity.flash_declined")
		return c.Redirect(givePath(g.Appeal))
	}
	return c.Redirect("/charity/where/" + g.Code)
}

func (v giveView) monthlyPath() string { return "/charity/monthly/" + v.id().String() }

// monthly is what the second step of a monthly gift needs to know.
func (f giveForm) monthly() url.Values {
	return url.Values{"sum": {f.Sum}, "other": {f.Other}, "day": {strconv.Itoa(f.Day)}, "card": {f.Card}}
}

// showMonthly is the second step of a monthly gift, for whoever has just shown that they are there.
func (m *Module) showMonthly(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	v, err := m.viewGive(c)
	if err != nil {
		return err
	}
	if err := c.Bind(&v.Form); err != nil {
		return err
	}
	if held, ok := c.Held(); ok && v.Form.Sum == "" { // they pressed the button too late, and were sent to show it again
		get := held.Get
		v.Form.Sum, v.Form.Other, v.Form.Card = get("sum"), get("other"), get("card")
		if v.Form.Day, err = strconv.Atoi(get("day")); err != nil {
			v.Form.Day = 0
		}
	}
	if v.Form.Sum == "" && v.Form.Card == "" { // somebody came by the address alone
		return c.Redirect(givePath(v.id()) + "?how=monthly")
	}
	v.Form.How = "monthly"
	if v.judge(); len(v.Faults) > 0 {
		return m.giveStep(c, v)
	}
	v.Form.Key = id.New(c.Now())
	return m.checkStep(c, v)
}

// postMonthly begins a monthly gift.
func (m *Module) postMonthly(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	v, err := m.viewGive(c)
	if err != nil {
		return err
	}
	if err := c.Bind(&v.Form); err != nil {
		return err
	}
	v.Form.How = "monthly"
	if v.judge(); len(v.Faults) > 0 {
		return m.giveStep(c, v)
	}
	card, err := id.Parse(v.Form.Card)
	if err != nil {
		return ErrForm.With(field("card", "card"))
	}
	one, err := m.StartMonthly(c.Context(), c.Act(), NewMonthly{
		Giver: c.Person(), Fund: v.Fund.ID, Appeal: v.id(), Amount: v.Amount, Day: v.Form.Day, Card: card, Key: v.Form.Key,
	})
	if err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_monthly", "amount", money.Roubles(one.Amount).In(c.Lang()), "date", dateText(one.Next).In(c.Lang()))
	return c.Redirect("/account/gifts")
}
