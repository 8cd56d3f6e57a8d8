package utility

import (
	"errors"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/systems/utility/internal/store"
	"posad.city/ui"
)

// accountView is one flat at the desk.
type accountView struct {
	flatView
	Readings []Reading
	Changes  []Kept
	Months   []Period // into whose bill a recalculation may go
	Benefits []heldBenefit
	Form     changeForm
	Faults   []ui.FaultLine
}

// changeForm is the form of a recalculation.
type changeForm struct {
	Sort    string `json:"sort" max:"20"`
	Tariff  string `json:"tariff" max:"60"`
	From    string `json:"from" max:"10"`
	Until   string `json:"until" max:"10"`
	People  string `json:"people" max:"3"`
	Percent string `json:"percent" max:"10"`
	Amount  string `json:"amount" max:"20"`
	Reason  string `json:"reason" max:"600"`
	Period  string `json:"period" max:"20"`
	Key     id.ID  `json:"key"` // of the page: a second press enters nothing twice
}

func (m *Module) accountView(c *web.Context, a act.Act, f Flat) (accountView, error) {
	base, err := m.flatView(c, a, f.Home, always)
	if err != nil {
		return accountView{}, err
	}
	v := accountView{flatView: base, Form: changeForm{Key: id.New(m.base.Clock.Now()), Period: base.Open.String()}}
	if v.Months, err = m.Months(c.Context(), f.Home); err != nil {
		return v, err
	}
	if v.Readings, err = m.Readings(c.Context(), a, f.Home); err != nil {
		return v, err
	}
	var changes []utilitydb.UtilityRecalculation
	var benefits []utilitydb.UtilityBenefit
	err = m.base.Store.Look(c.Context(), a, lookFlat, func(p *store.Personal) error {
		var err error
		if changes, err = utilitydb.RecalculationsOf(p, f.Home); err != nil {
			return err
		}
		benefits, err = utilitydb.BenefitsOf(p, f.Home)
		return err
	})
	if err != nil {
		return v, err
	}
	keys, err := m.base.Vault.Keys(c.Context(), f.Home)
	if err != nil {
		return v, err
	}
	if v.Changes, err = keptAll(keys, changes); err != nil {
		return v, err
	}
	for _, row := range benefits {
		b, err := benefitOf(keys, row)
		if err != nil {
			return v, err
		}
		v.Benefits = append(v.Benefits, b)
	}
	return v, nil
}

func (m *Module) showAccount(c *web.Context) error {
	f, a, err := m.theirs(c)
	if err != nil {
		return err
	}
	v, err := m.accountView(c, a, f)
	if err != nil {
		return err
	}
	return m.renderAccount(c, v)
}

func (m *Module) renderAccount(c *web.Context, v accountView) error {
	title := v.Flat.Address.In(c.Lang())
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: m.deskCrumbs(c, title), Faulty: len(v.Faults) > 0}, accountPage(m, c, v))
}

func (m *Module) postDeskReadings(c *web.Context) error {
	f, a, err := m.theirs(c)
	if err != nil {
		return err
	}
	return m.takeReadings(c, a, f.Home, FromAgency)
}

func (m *Module) showDeskBill(c *web.Context) error {
	f, a, err := m.theirs(c)
	if err != nil {
		return err
	}
	v, err := m.billView(c, a, f.Home, always)
	if err != nil {
		return err
	}
	v.Desk = true
	title := billTitle(c, v.Bill.Period)
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: []ui.Link{
		{Text: c.T("utility.desk.title"), Href: "/desk/utility"}, {Text: f.Address.In(c.Lang()), Href: deskPath(f.Home)}, {Text: title},
	}}, billPage(m, c, v))
}

// postChange enters a recalculation for the month that was chosen.
func (m *Module) postChange(c *web.Context) error {
	f, a, err := m.theirs(c)
	if err != nil {
		return err
	}
	var form changeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	p, _ := ParsePeriod(form.Period)
	r, faults := form.read(c)
	state := ""
	if len(faults) == 0 {
		if !form.Key.IsZero() {
			r.ID = id.Derived("utility change", f.Home.String()+"/"+form.Key.String())
		}
		state, err = m.Recalculate(c.Context(), a, f, p, r)
		faults = changeFaults(c, err)
	}
	if len(faults) > 0 {
		v, err := m.accountView(c, a, f)
		if err != nil {
			return err
		}
		v.Form, v.Faults = form, faults
		return m.renderAccount(c, v)
	}
	if err != nil {
		return err
	}
	if state == Waits {
		c.SetFlash("info", "utility.desk.change_waits")
	} else {
		c.SetFlash("success", "utility.desk.changed", "month", p.In(c.Lang()))
	}
	return c.Redirect(deskPath(f.Home))
}

// sentDecision is the form of a recalculation that waits.
type sentDecision struct {
	Home   id.ID  `json:"home"`
	Change id.ID  `json:"change"`
	Take   string `json:"take" one:"yes|no" max:"3"`
}

func (m *Module) postDecide(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	var form sentDecision
	if err := c.Bind(&form); err != nil {
		return err
	}
	err = m.Decide(c.Context(), a, form.Home, form.Change, form.Take == "yes")
	if errors.Is(err, ErrOwn) {
		return m.refuseDesk(c, a, "decide", "", ErrOwn)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "utility.desk.judged")
	return c.Redirect("/desk/utility")
}

// changeFaults puts a refusal to its field; none: it is another fault.
func changeFaults(c *web.Context, err error) []ui.FaultLine {
	switch {
	case errors.Is(err, ErrTariff):
		return []ui.FaultLine{{Name: "tariff", Text: c.FaultText(ErrTariff)}}
	case errors.Is(err, ErrDays):
		return []ui.FaultLine{{Name: "from", Text: c.FaultText(ErrDays)}}
	case errors.Is(err, ErrOverlap):
		return []ui.FaultLine{{Name: "from", Text: c.FaultText(ErrOverlap)}}
	case errors.Is(err, ErrMonthOf):
		return []ui.FaultLine{{Name: "period", Text: c.FaultText(ErrMonthOf)}}
	case errors.Is(err, ErrReason):
		return []ui.FaultLine{{Name: "reason", Text: c.FaultText(ErrReason)}}
	case errors.Is(err, ErrSum):
		return []ui.FaultLine{{Name: "amount", Text: c.FaultText(ErrSum)}}
	}
	return nil
}

// read makes a recalculation of the form.
func (f changeForm) read(c *web.Context) (Recalculation, []ui.FaultLine) {
	r := Recalculation{Sort: f.Sort, Tariff: f.Tariff, Reason: f.Reason}
	var faults []ui.FaultLine
	switch f.Sort {
	case Absence:
		var errFrom, errUntil error
		r.From, errFrom = calendar.ParseDate(f.From)
		r.Until, errUntil = calendar.ParseDate(f.Until)
		people, errPeople := decimal.Parse(f.People)
		if errors.Join(errFrom, errUntil, errPeople) != nil {
			faults = changeFaults(c, ErrDays)
		}
		r.People = int(people / decimal.One)
	case Quality:
		percent, err := decimal.Parse(f.Percent)
		if err != nil {
			faults = []ui.FaultLine{{Name: "percent", Text: c.FaultText(ErrSum)}}
		}
		r.Percent = percent
	default:
		r.Sort = Sum
		text, negative := strings.CutPrefix(strings.ReplaceAll(strings.TrimSpace(f.Amount), "−", "-"), "-")
		amount, err := money.Parse(text, money.RUB)
		if err != nil {
			faults = changeFaults(c, ErrSum)
		}
		r.Amount = amount.Minor
		if negative {
			r.Amount = -r.Amount
		}
	}
	return r, faults
}
