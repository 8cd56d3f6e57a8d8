package card

import (
	"errors"

	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

type linkForm struct {
	Number string `json:"number" max:"30"`
	Code   string `json:"code" max:"20"`
}

func (f linkForm) plastic() Plastic { return Plastic(f) }

// check finds what is wrong with how the form is filled in.
func (f linkForm) check() []fault.Field {
	var out []fault.Field
	if _, ok := ParseNumber(f.Number); !ok {
		out = append(out, field("number", "card.number_fault"))
	}
	if _, ok := onlyDigits(f.Code, codeDigits); !ok {
		out = append(out, field("code", "card.code_fault"))
	}
	return out
}

type topUpForm struct {
	Sum   string `json:"sum" max:"20"` // kopecks, or other
	Other string `json:"other" max:"20"`
}

type ticketForm struct {
	Tariff string `json:"tariff" max:"40"`
	Key    id.ID  `json:"key"`
}

// offered are the sums of a top-up that stand on the page, in kopecks.
var offered = []int64{300_00, 500_00, 1000_00, 3000_00}

// mineView is the page of all cards.
type mineView struct {
	Cards  []Card
	Form   linkForm
	Faults []fault.Field
}

// cardView is the page of one card.
type cardView struct {
	Card    Card
	Lines   []Line
	Tickets []Bought
	TopUp   topUpForm
	Faults  []fault.Field
	Key     id.ID
}

func (m *Module) showMine(c *web.Context) error { return m.mine(c, linkForm{}, nil) }

func (m *Module) mine(c *web.Context, f linkForm, faults []fault.Field) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	list, err := m.Cards(c.Context(), c.Act(), c.Person(), false)
	if err != nil {
		return err
	}
	f.Code = ""
	o := page.Options{Title: c.T("card.menu"), Layout: page.Account, Faulty: len(faults) > 0}
	return m.base.Pages.Render(c, o, minePage(m, c, mineView{Cards: list, Form: f, Faults: faults}))
}

func (m *Module) postLink(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var f linkForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	if faults := f.check(); len(faults) > 0 {
		return m.mine(c, f, faults)
	}
	card, err := m.Link(c.Context(), c.Act(), c.Person(), f.plastic())
	if faults, ok := linkFaults(err); ok {
		return m.mine(c, f, faults)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "card.flash_linked")
	return c.Redirect(cardPath(card))
}

// linkFaults says at the fields that a number and a code do not belong together.
func linkFaults(err error) ([]fault.Field, bool) {
	if errors.Is(err, ErrLink) {
		return []fault.Field{field("number", "card.link_fault")}, true
	}
	return nil, false
}

func cardPath(card id.ID) string { return base + "/" + card.String() }

func (m *Module) showCard(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	return m.oneCard(c, cardView{Card: one, TopUp: topUpForm{Sum: "50000"}})
}

func (m *Module) oneCard(c *web.Context, v cardView) error {
	var err error
	if v.Lines, err = m.History(c.Context(), c.Act(), c.Person(), v.Card.ID); err != nil {
		return err
	}
	all, err := m.Tickets(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	today := calendar.DateOf(c.Now(), m.deps.Zone())
	for _, t := range all {
		if t.Card == v.Card.ID && t.Works(today) {
			v.Tickets = append(v.Tickets, t)
		}
	}
	v.Key = id.New(c.Now())
	title := c.T("card.one", "number", v.Card.Label())
	o := page.Options{Title: title, Layout: page.Account, Faulty: len(v.Faults) > 0, Crumbs: []ui.Link{{Text: c.T("card.menu"), Href: base}, {Text: title}}}
	return m.base.Pages.Render(c, o, cardPage(m, c, v))
}

// sum reads how much is put onto the card.
func (f topUpForm) sum() (int64, *fault.Field) {
	name, text := "other", f.Other
	if f.Sum != "other" {
		for _, n := range offered {
			if kopecks(n) == f.Sum {
				return n, nil
			}
		}
		name, text = "sum", ""
	}
	a, err := money.Parse(text, money.RUB)
	if err != nil || a.Minor < topUpLeast || a.Minor > topUpMost {
		wrong := field(name, "card.amount_fault")
		return 0, &wrong
	}
	return a.Minor, nil
}

func (m *Module) postTopUp(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	var f topUpForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	n, wrong := f.sum()
	if wrong != nil {
		return m.oneCard(c, cardView{Card: one, TopUp: f, Faults: []fault.Field{*wrong}})
	}
	bill, err := m.TopUp(c.Context(), c.Act(), c.Person(), one.ID, n)
	if err != nil {
		return err
	}
	return c.Redirect("/pay/basket?charge=" + bill.String())
}

func (m *Module) postTicket(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	var f ticketForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	_, err = m.BuyTicket(c.Context(), c.Act(), Want{Person: one.Person, Card: one.ID, Tariff: f.Tariff, Key: f.Key})
	if errors.Is(err, ErrFunds) {
		c.SetFlash("warning", "card.funds_fault")
		return c.Redirect(cardPath(one.ID))
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "card.flash_ticket")
	return c.Redirect(cardPath(one.ID))
}

func (m *Module) postBlock(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	if err := m.Block(c.Context(), c.Act(), one.Person, one.ID); err != nil {
		return err
	}
	c.SetFlash("success", "card.flash_blocked")
	return c.Redirect(cardPath(one.ID))
}

func (m *Module) postUnblock(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	if err := m.Unblock(c.Context(), c.Act(), one.Person, one.ID); err != nil {
		return err
	}
	c.SetFlash("success", "card.flash_unblocked")
	return c.Redirect(cardPath(one.ID))
}

func (m *Module) showReplace(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	return m.replacing(c, one, linkForm{}, nil)
}

func (m *Module) replacing(c *web.Context, one Card, f linkForm, faults []fault.Field) error {
	f.Code = ""
	title := c.T("card.replace_title")
	crumbs := []ui.Link{{Text: c.T("card.menu"), Href: base}, {Text: c.T("card.one", "number", one.Label()), Href: cardPath(one.ID)}, {Text: title}}
	o := page.Options{Title: title, Layout: page.Plain, Crumbs: crumbs, Faulty: len(faults) > 0}
	return m.base.Pages.Render(c, o, replacePage(c, one, f, faults))
}

func (m *Module) postReplace(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	var f linkForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	if faults := f.check(); len(faults) > 0 {
		return m.replacing(c, one, f, faults)
	}
	card, err := m.Replace(c.Context(), c.Act(), one.Person, one.ID, f.plastic())
	if faults, ok := linkFaults(err); ok {
		return m.replacing(c, one, f, faults)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "card.flash_replaced")
	return c.Redirect(cardPath(card))
}

// ticketTitle is what a kind of ticket is called; a kind that is sold no more is called by its key.
func (m *Module) ticketTitle(key string) lang.Text {
	if t, ok := m.tariff(key); ok {
		return t.Title
	}
	return lang.Text{RU: key, EN: key}
}
