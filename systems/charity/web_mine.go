package charity

import (
	"errors"
	"strconv"

	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// mineView is the page of a person's gifts.
type mineView struct {
	Gifts   []Gift
	Monthly []Monthly
	Funds   map[id.ID]Fund
	Appeals map[id.ID]Standing
	Years   []int // in which something was given, the newest first
	Total   int64
	Months  []monthSum
	Cards   map[id.ID]string
}

func (m *Module) showMine(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	v := mineView{Appeals: map[id.ID]Standing{}, Funds: map[id.ID]Fund{}, Cards: map[id.ID]string{}}
	var err error
	if v.Gifts, err = m.GiftsOf(c.Context(), c.Act(), c.Person()); err != nil {
		return err
	}
	if v.Monthly, err = m.Monthlies(c.Context(), c.Act(), c.Person()); err != nil {
		return err
	}
	if err := m.nameMine(c, &v); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("charity.mine"), Layout: page.Account}, minePage(m, c, v))
}

// nameMine reads the funds, appeals and cards that the gifts name, and adds the gifts up.
func (m *Module) nameMine(c *web.Context, v *mineView) error {
	name := func(fund, appeal id.ID) error {
		if _, known := v.Funds[fund]; !known {
			f, err := m.Fund(c.Context(), fund)
			if err != nil {
				return err
			}
			v.Funds[fund] = f
		}
		if _, known := v.Appeals[appeal]; known || appeal == fund {
			return nil
		}
		s, err := m.Appeal(c.Context(), appeal)
		v.Appeals[appeal] = s
		return err
	}
	years := map[int]bool{}
	for _, g := range v.Gifts {
		if err := name(g.Fund, g.Appeal); err != nil {
			return err
		}
		if g.State != GiftGiven {
			continue
		}
		v.Total += g.Amount
		if year := calendar.DateOf(g.Given, m.deps.Zone()).Year(); !years[year] {
			years[year], v.Years = true, append(v.Years, year)
		}
	}
	v.Months = m.myMonths(v.Gifts)
	for _, one := range v.Monthly {
		if err := name(one.Fund, one.Appeal); err != nil {
			return err
		}
	}
	if len(v.Monthly) == 0 {
		return nil
	}
	cards, err := m.payments.Cards(c.Context(), c.Act(), c.Person())
	for _, card := range cards {
		v.Cards[card.ID] = card.Label
	}
	return err
}

func (m *Module) showStatement(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	year, err := strconv.Atoi(c.Path("year"))
	if err != nil || year < 2000 || year > 2200 {
		return ErrNone
	}
	y, err := m.YearOf(c.Context(), c.Act(), c.Person(), year)
	if err != nil {
		return err
	}
	names, err := m.deps.People.Names(c.Context(), c.Act(), lookGifts, c.Person())
	if err != nil {
		return err
	}
	body, err := m.Statement(c.Lang(), names[c.Person()], y)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: "gifts-" + strconv.Itoa(year) + ".pdf", Type: "application/pdf", Data: body}, true)
}

// myGift is the gift of the path, when it is the person's.
func (m *Module) myGift(c *web.Context) (Gift, error) {
	gift, err := c.ID("gift")
	if err != nil {
		return Gift{}, err
	}
	if err := c.May(own(c)); err != nil {
		return Gift{}, err
	}
	for _, person := range c.Act().Selves() {
		g, err := m.Gift(c.Context(), c.Act(), person, gift)
		if !errors.Is(err, ErrNone) {
			return g, err
		}
	}
	return Gift{}, ErrNone
}

func (m *Module) postPay(c *web.Context) error {
	g, err := m.myGift(c)
	if err != nil {
		return err
	}
	if g.State != GiftPromised {
		return ErrState
	}
	welcome, err := m.welcome(c.Context(), g)
	if err != nil {
		return err
	}
	if !welcome {
		return ErrClosed
	}
	return m.goPay(c, g, giveForm{})
}

func (m *Module) postBack(c *web.Context) error {
	g, err := m.myGift(c)
	if err != nil {
		return err
	}
	if err := m.GiveBack(c.Context(), c.Act(), g.Giver, g.ID); err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_back")
	return c.Redirect("/account/gifts")
}

func (m *Module) postHide(c *web.Context) error {
	g, err := m.myGift(c)
	if err != nil {
		return err
	}
	if err := m.HideName(c.Context(), c.Act(), g.Giver, g.ID); err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_hidden")
	return c.Redirect("/account/gifts")
}

func (m *Module) postStop(c *web.Context) error {
	monthly, err := c.ID("monthly")
	if err != nil {
		return err
	}
	if err := c.May(own(c)); err != nil {
		return err
	}
	for _, person := range c.Act().Selves() {
		err := m.StopMonthly(c.Context(), c.Act(), person, monthly)
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return err
		}
		c.SetFlash("success", "charity.flash_stopped")
		return c.Redirect("/account/gifts")
	}
	return ErrNone
}
