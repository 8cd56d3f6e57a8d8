package utility

import (
	"context"
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

// myFlat is a flat of a person's account, or one in which they lived.
type myFlat struct {
	Home  id.ID
	Watch charge.Watch // zero for one in which they lived
	Stays stays        // none: a register does not say that it is theirs, and its bills are not shown
}

// myFlats are the flats that the person's account watches, and after them those in which they lived.
func (m *Module) myFlats(ctx context.Context, a act.Act, person id.ID) ([]myFlat, error) {
	watched, err := m.deps.Charges.Watched(ctx, a, person)
	if err != nil {
		return nil, err
	}
	stayed, err := m.staysOf(ctx, a, person)
	var out []myFlat
	for _, w := range watched {
		if w.Identifier.By != charge.ByFlat {
			continue
		}
		f := myFlat{Home: w.Home, Watch: w, Stays: stayed[w.Home]}
		delete(stayed, w.Home)
		if w.Source == charge.SourceSaved {
			f.Stays = f.Stays.ended() // they lived there, and saved its number since
		} else if !f.Stays.now() {
			f.Stays = append(f.Stays, Stay{}) // a resident since before stays were kept
		}
		out = append(out, f)
	}
	for home, list := range stayed {
		if list = list.ended(); len(list) > 0 {
			out = append(out, myFlat{Home: home, Stays: list})
		}
	}
	return out, err
}

// visit is somebody at a flat that is or was theirs.
type visit struct {
	Home  id.ID
	Act   act.Act // with the flat as their own
	Stays stays
}

// mine asks whether the flat of the path is the person's to see.
func (m *Module) mine(c *web.Context) (visit, error) {
	home, err := c.ID("home")
	if err != nil {
		return visit{}, err
	}
	out := visit{Home: home, Act: own(c.Act(), home)}
	holder := home // nobody's account: whoever was never a resident is a stranger to it
	if !c.Person().IsZero() {
		flats, err := m.myFlats(c.Context(), c.Act(), c.Person())
		if err != nil {
			return out, err
		}
		if at := slices.IndexFunc(flats, func(f myFlat) bool { return f.Home == home && len(f.Stays) > 0 }); at >= 0 {
			holder, out.Stays = c.Person(), flats[at].Stays
		}
	}
	return out, c.May(act.Object{Kind: "flat", Holder: holder})
}

// lives asks the same of what only a resident does. ErrNone for whoever has left.
func (m *Module) lives(c *web.Context) (visit, error) {
	v, err := m.mine(c)
	if err == nil && !v.Stays.now() {
		err = ErrNone
	}
	return v, err
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
	Left    calendar.Date // the last day of whoever looks; zero: they live there
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
	flats, err := m.myFlats(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	if len(flats) == 1 && flats[0].Stays.now() {
		return c.Redirect(path(flats[0].Home))
	}
	addresses := map[id.ID]lang.Text{}
	for _, f := range flats {
		if len(f.Stays) > 0 {
			if one, err := m.Flat(c.Context(), own(c.Act(), f.Home), f.Home); err == nil {
				addresses[f.Home] = one.Address
			}
		}
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("utility.title"), Layout: page.Account}, flatsPage(m, c, flats, addresses))
}

func (m *Module) showFlat(c *web.Context) error {
	at, err := m.mine(c)
	if err != nil {
		return err
	}
	v, err := m.flatView(c, at.Act, at.Home, at.Stays)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("utility.title"), Layout: page.Account}, flatPage(m, c, v))
}

// always is the time of those who see all of a flat.
var always = stays{{}}

// flatView reads all that a flat's page shows of the time of whoever looks.
func (m *Module) flatView(c *web.Context, a act.Act, home id.ID, time stays) (flatView, error) {
	u, err := m.utilities()
	if err != nil {
		return flatView{}, err
	}
	v := flatView{Open: m.Open(u), Left: time.last()}
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
	v.Bills, v.Charges = time.bills(v.Bills), time.charges(v.Charges)
	if time.now() {
		if v.Dials, err = m.Dials(c.Context(), a, home); err != nil {
			return v, err
		}
	}
	v.Debt = m.debtOf(v.Charges, c.Now())
	v.Chart = chartOf(home, v.Bills)
	if v.newest() == nil {
		return v, nil
	}
	if v.previous() != nil {
		v.Changes = Compare(v.previous().Bill, v.newest().Bill)
	}
	v.Similar, v.Enough, err = m.Similar(c.Context(), v.Flat, v.newest().Period, v.newest().Bill)
	return v, err
}

// billView is the page of one bill.
type billView struct {
	Flat     Flat
	Bill     Issued
	Versions []Issued
	Charges  map[string]charge.Charge
	Parts    []int64 // of the owners, in their order
	Whole    Input   // for the check
	Again    Bill    // computed anew from it
	Same     bool
	Desk     bool          // an official looks at it
	Left     calendar.Date // the last day of whoever looks; zero: they live there
}

// path is where the bill stands, for whoever looks at it.
func (v billView) path() string {
	if v.Desk {
		return deskPath(v.Flat.Home) + "/bills/" + v.Bill.Period.String()
	}
	return billPath(v.Flat.Home, v.Bill.Period)
}

// billView reads the bill that the path names; version 0 is the newest.
func (m *Module) billView(c *web.Context, a act.Act, home id.ID, time stays) (billView, error) {
	p, ok := ParsePeriod(c.Path("period"))
	if !ok || !time.cover(p) {
		return billView{}, ErrNone
	}
	var v billView
	var err error
	if v.Flat, err = m.Flat(c.Context(), a, home); err != nil {
		return v, err
	}
	if v.Left = time.last(); !v.Left.IsZero() {
		v.Flat.Owners = nil // who owns it now is not theirs to know
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
	return v, nil
}

// myBill is the bill of the path when it is of a flat, and a time, of whoever looks.
func (m *Module) myBill(c *web.Context) (billView, error) {
	at, err := m.mine(c)
	if err != nil {
		return billView{}, err
	}
	return m.billView(c, at.Act, at.Home, at.Stays)
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
	v, err := m.myBill(c)
	if err != nil {
		return err
	}
	title := billTitle(c, v.Bill.Period)
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: m.crumbs(c, v.Flat.Home, title)}, billPage(m, c, v))
}

func (m *Module) showCheck(c *web.Context) error {
	v, err := m.myBill(c)
	if err != nil {
		return err
	}
	if err := m.checked(c, &v); err != nil {
		return err
	}
	title := c.T("utility.check.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: []ui.Link{
		{Text: c.T("utility.title"), Href: path(v.Flat.Home)}, {Text: billTitle(c, v.Bill.Period), Href: billPath(v.Flat.Home, v.Bill.Period)}, {Text: title},
	}}, checkPage(m, c, v))
}

func (m *Module) showDebt(c *web.Context) error {
	at, err := m.mine(c)
	if err != nil {
		return err
	}
	f, err := m.Flat(c.Context(), at.Act, at.Home)
	if err != nil {
		return err
	}
	charges, err := m.Charges(c.Context(), at.Act, at.Home)
	if err != nil {
		return err
	}
	charges = at.Stays.charges(charges)
	title := c.T("utility.debt.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: m.crumbs(c, f.Home, title)}, debtPage(m, c, f, m.debtOf(charges, c.Now())))
}

// payLink leads to where a month is paid; empty when there is nothing to pay. Whoever left the flat pays by the bill's number, as
// the bills of the flat are in their account no longer.
func (m *Module) payLink(charges map[string]charge.Charge, p Period, left calendar.Date) string {
	one, there := charges[p.String()]
	switch {
	case !there || !one.State.Open():
		return ""
	case !left.IsZero():
		return "/pay/find"
	}
	return "/pay/" + one.ID.String()
}
