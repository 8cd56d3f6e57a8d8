package utility

import (
	"slices"

	"posad.city/core/charge"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// myFlat is a flat of a person's account.
type myFlat struct {
	charge.Watch
	Resident bool // a register says that it is theirs: only then are its bills shown
}

// myFlats are the flats that the person's account watches.
func (m *Module) myFlats(c *web.Context) ([]myFlat, error) {
	watched, err := m.deps.Charges.Watched(c.Context(), c.Act(), c.Person())
	var out []myFlat
	for _, w := range watched {
		if w.Identifier.By == charge.ByFlat {
			out = append(out, myFlat{w, w.Source != charge.SourceSaved})
		}
	}
	return out, err
}

// mine asks whether the flat of the path is the person's to see, and returns their act with it as their own.
func (m *Module) mine(c *web.Context) (id.ID, act.Act, error) {
	home, err := c.ID("home")
	if err != nil {
		return home, act.Act{}, err
	}
	holder := home // nobody's account: whoever is no resident is a stranger to it
	if !c.Person().IsZero() {
		flats, err := m.myFlats(c)
		if err != nil {
			return home, act.Act{}, err
		}
		if slices.ContainsFunc(flats, func(f myFlat) bool { return f.Home == home && f.Resident }) {
			holder = c.Person()
		}
	}
	if err := c.May(act.Object{Kind: "flat", Holder: holder}); err != nil {
		return home, act.Act{}, err
	}
	return home, own(c.Act(), home), nil
}

// flatView is the page of a flat.
type flatView struct {
	Flat    Flat
	Bills   []Issued
	Charges map[string]charge.Charge
	Debt    Debt
	Dials   []DialView
	Open    Period
	Closes  calendar.Date
	Similar Similar
	Enough  bool // similar flats are enough to compare
	Changes []Change
	Chart   chart
}

// newest is the last bill; nil: there is none.
func (v flatView) newest() *Issued {
	if len(v.Bills) == 0 {
		return nil
	}
	return &v.Bills[0]
}

// previous is the bill of the month before the last one; nil: there is none.
func (v flatView) previous() *Issued {
	if len(v.Bills) > 1 && v.Bills[1].Period == v.Bills[0].Period.Add(-1) {
		return &v.Bills[1]
	}
	return nil
}

// given tells whether every dial has a reading of the open month.
func (v flatView) given() bool {
	return !slices.ContainsFunc(v.Dials, func(d DialView) bool { return d.Open == nil || d.Open.State == Asked })
}

func (m *Module) showFlats(c *web.Context) error {
	if err := c.May(act.Object{Kind: "flat", Holder: c.Person()}); err != nil {
		return err
	}
	flats, err := m.myFlats(c)
	if err != nil {
		return err
	}
	if len(flats) == 1 && flats[0].Resident {
		return c.Redirect(path(flats[0].Home))
	}
	addresses := map[id.ID]lang.Text{}
	for _, f := range flats {
		if f.Resident {
			if one, err := m.Flat(c.Context(), own(c.Act(), f.Home), f.Home); err == nil {
				addresses[f.Home] = one.Address
			}
		}
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("utility.title"), Layout: page.Account}, flatsPage(m, c, flats, addresses))
}

func (m *Module) showFlat(c *web.Context) error {
	home, a, err := m.mine(c)
	if err != nil {
		return err
	}
	v, err := m.flatView(c, a, home)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("utility.title"), Layout: page.Account}, flatPage(m, c, v))
}

// flatView reads all that a flat's page shows.
func (m *Module) flatView(c *web.Context, a act.Act, home id.ID) (flatView, error) {
	u, err := m.utilities()
	if err != nil {
		return flatView{}, err
	}
	v := flatView{Open: m.Open(u)}
	v.Closes = v.Open.Day(u.Closes)
	if v.Flat, err = m.Flat(c.Context(), a, home); err != nil {
		return v, err
	}
	if v.Bills, err = m.Bills(c.Context(), a, home, PeriodOf(m.today()).Add(-24)); err != nil {
		return v, err
	}
	if v.Charges, err = m.Charges(c.Context(), a, home); err != nil {
		return v, err
	}
	if v.Dials, err = m.Dials(c.Context(), a, home); err != nil {
		return v, err
	}
	v.Debt = m.debtOf(v.Charges, c.Now())
	v.Chart = chartOf(home, v.Bills)
	if v.newest() == nil {
		return v, nil
	}
	if v.previous() != nil {
		v.Changes = Compare(v.previous().Bill, v.newest().Bill)
	}
	v.Similar, v.Enough, err = m.Similar(c.Context(), v.Flat, v.newest().Period)
	return v, err
}

// billView is the page of one bill.
type billView struct {
	Flat     Flat
	Bill     Issued
	Versions []Issued
	Charges  map[string]charge.Charge
	Before   *Issued // the month before
	Parts    []int64 // of the owners, in their order
	Whole    Input   // for the check
	Again    Bill    // computed anew from it
	Same     bool
	Desk     bool // an official looks at it
}

// path is where the bill stands, for whoever looks at it.
func (v billView) path() string {
	if v.Desk {
		return deskPath(v.Flat.Home) + "/bills/" + v.Bill.Period.String()
	}
	return billPath(v.Flat.Home, v.Bill.Period)
}

// billView reads the bill that the path names; version 0 is the newest.
func (m *Module) billView(c *web.Context, a act.Act, home id.ID) (billView, error) {
	p, ok := ParsePeriod(c.Path("period"))
	if !ok {
		return billView{}, ErrNone
	}
	var v billView
	var err error
	if v.Flat, err = m.Flat(c.Context(), a, home); err != nil {
		return v, err
	}
	if v.Versions, err = m.Versions(c.Context(), a, home, p); err != nil {
		return v, err
	}
	v.Bill = v.Versions[0]
	for _, one := range v.Versions {
		if itoa(one.Version) == c.Query("version") {
			v.Bill = one
		}
	}
	if v.Charges, err = m.Charges(c.Context(), a, home); err != nil {
		return v, err
	}
	shares := make([]Share, len(v.Flat.Owners))
	for i, o := range v.Flat.Owners {
		shares[i] = o.Share
	}
	v.Parts, _ = Split(v.Bill.Total, shares)
	if before, err := m.Versions(c.Context(), a, home, p.Add(-1)); err == nil {
		v.Before = &before[0]
	}
	return v, nil
}

// checked computes the bill anew.
func (m *Module) checked(c *web.Context, v *billView) error {
	var err error
	if v.Whole, err = m.Whole(c.Context(), v.Bill); err != nil {
		return err
	}
	if v.Again, err = Compute(v.Whole); err != nil {
		return err
	}
	v.Same = v.Again.Total == v.Bill.Total && slices.EqualFunc(v.Again.Lines, v.Bill.Lines, func(a, b Line) bool { return a.Tariff == b.Tariff && a.Part == b.Part && a.Total == b.Total })
	return nil
}

func (m *Module) crumbs(c *web.Context, home id.ID, last string) []ui.Link {
	return []ui.Link{{Text: c.T("utility.title"), Href: path(home)}, {Text: last}}
}

func billTitle(c *web.Context, p Period) string {
	return c.T("utility.bill_title", "month", p.In(c.Lang()))
}

func (m *Module) showBill(c *web.Context) error {
	home, a, err := m.mine(c)
	if err != nil {
		return err
	}
	v, err := m.billView(c, a, home)
	if err != nil {
		return err
	}
	title := billTitle(c, v.Bill.Period)
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: m.crumbs(c, home, title)}, billPage(m, c, v))
}

func (m *Module) showCheck(c *web.Context) error {
	home, a, err := m.mine(c)
	if err != nil {
		return err
	}
	v, err := m.billView(c, a, home)
	if err != nil {
		return err
	}
	if err := m.checked(c, &v); err != nil {
		return err
	}
	title := c.T("utility.check.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: []ui.Link{
		{Text: c.T("utility.title"), Href: path(home)}, {Text: billTitle(c, v.Bill.Period), Href: billPath(home, v.Bill.Period)}, {Text: title},
	}}, checkPage(m, c, v))
}

func (m *Module) showDebt(c *web.Context) error {
	home, a, err := m.mine(c)
	if err != nil {
		return err
	}
	f, err := m.Flat(c.Context(), a, home)
	if err != nil {
		return err
	}
	charges, err := m.Charges(c.Context(), a, home)
	if err != nil {
		return err
	}
	title := c.T("utility.debt.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: m.crumbs(c, home, title)}, debtPage(m, c, f, m.debtOf(charges, c.Now())))
}

// payLink leads to where a month is paid; empty when there is nothing to pay.
func (m *Module) payLink(charges map[string]charge.Charge, p Period) string {
	if one, there := charges[p.String()]; there && one.State.Open() {
		return "/pay/" + one.ID.String()
	}
	return ""
}
