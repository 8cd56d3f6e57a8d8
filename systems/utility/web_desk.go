package utility

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"posad.city/core/charge"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/systems/utility/internal/store"
	"posad.city/ui"
)

// houseRow is a house whose flats get bills.
type houseRow struct {
	Key, Title    string
	Flats, People int64
}

// deskView is the officials' first page.
type deskView struct {
	Houses  []houseRow
	Runs    []Run
	Next    Period // the month that may be run; zero: none
	Review  []Reading
	Flats   map[id.ID]Flat // of Review
	Account string
	Fault   string // of the search
	Month   string // that was asked for and refused
	Faults  []ui.FaultLine
}

// running is the run that goes on; nil: none.
func (v deskView) running() *Run {
	for i := range v.Runs {
		if !v.Runs[i].Done {
			return &v.Runs[i]
		}
	}
	return nil
}

// official asks whether the actor works at the settlement centre.
func (m *Module) official(c *web.Context) (act.Act, error) {
	if c.Act().Actor.Kind != act.Official {
		return c.Act(), ErrNoDesk
	}
	return c.Act(), c.May(act.Object{Kind: "flat", Agency: m.agencyID()})
}

// theirs asks the same of a flat of the path.
func (m *Module) theirs(c *web.Context) (Flat, act.Act, error) {
	a, err := m.official(c)
	if err != nil {
		return Flat{}, a, err
	}
	home, err := c.ID("home")
	if err != nil {
		return Flat{}, a, err
	}
	f, err := m.Flat(c.Context(), a, home)
	return f, a, err
}

func (m *Module) showDesk(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	v, err := m.deskView(c, a)
	if err != nil {
		return err
	}
	if v.Account = strings.TrimSpace(c.Query("account")); v.Account != "" {
		home, err := m.HomeOf(v.Account)
		if err == nil {
			if _, err = m.Flat(c.Context(), a, home); err == nil {
				return c.Redirect(deskPath(home))
			}
		}
		if errors.Is(err, ErrNone) || errors.Is(err, charge.ErrFlat) {
			v.Fault = c.T("utility.desk.not_found")
		} else {
			return err
		}
	}
	return m.renderDesk(c, v)
}

func (m *Module) renderDesk(c *web.Context, v deskView) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T("utility.desk.title"), Layout: page.Desk, Faulty: len(v.Faults) > 0}, deskPage(m, c, v))
}

// refuseDesk shows the officials' first page again with what is wrong at the field.
func (m *Module) refuseDesk(c *web.Context, a act.Act, field, month string, refusal *fault.Fault) error {
	v, err := m.deskView(c, a)
	if err != nil {
		return err
	}
	v.Month, v.Faults = month, []ui.FaultLine{{Name: field, Text: c.FaultText(refusal)}}
	return m.renderDesk(c, v)
}

func (m *Module) deskView(c *web.Context, a act.Act) (deskView, error) {
	u, err := m.utilities()
	if err != nil {
		return deskView{}, err
	}
	v := deskView{Flats: map[id.ID]Flat{}}
	if v.Runs, err = m.Runs(c.Context(), a, 12); err != nil {
		return v, err
	}
	v.Next = m.Open(u).Add(-1)
	err = m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		rows, err := utilitydb.Houses(r)
		v.Houses = nil
		for _, row := range rows {
			v.Houses = append(v.Houses, houseRow{row.House, m.houseTitle(c.Lang(), row.House), row.Flats, row.People})
		}
		return err
	})
	if err != nil {
		return v, err
	}
	if v.Review, err = m.ToReview(c.Context(), a, 50); err != nil {
		return v, err
	}
	for _, r := range v.Review {
		if v.Flats[r.Home], err = m.Flat(c.Context(), a, r.Home); err != nil {
			return v, err
		}
	}
	return v, nil
}

// houseTitle is a house in words: Речная ул., 14.
func (m *Module) houseTitle(l lang.Language, key string) string {
	street, number, _ := strings.Cut(key, ":")
	if city := m.deps.Services.Current(); city != nil {
		for i := range city.Places.Streets {
			if s := &city.Places.Streets[i]; s.Key == street {
				return s.Title.In(l) + ", " + number
			}
		}
	}
	return key
}

// houseView is the flats of a house.
type houseView struct {
	Key, Title string
	Flats      []Flat
}

// houseMost bounds the list of a house's flats.
const houseMost = 1000

func (m *Module) showHouse(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	v := houseView{Key: c.Query("house")}
	v.Title = m.houseTitle(c.Lang(), v.Key)
	var rows []utilitydb.UtilityFlat
	err = m.base.Store.Look(c.Context(), a, lookDesk, func(p *store.Personal) error {
		var err error
		rows, err = utilitydb.FlatsOfHouse(p, v.Key, id.ID{}, houseMost)
		return err
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return ErrNone
	}
	homes := make([]id.ID, len(rows))
	for i, row := range rows {
		homes[i] = row.Home
	}
	keys, err := m.base.Vault.KeysMany(c.Context(), homes)
	if err != nil {
		return err
	}
	if v.Flats, err = m.flatsOf(rows, keys); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: v.Title, Layout: page.Desk, Crumbs: m.deskCrumbs(c, v.Title)}, housePage(m, c, v))
}

func (m *Module) flatsOf(rows []utilitydb.UtilityFlat, keys map[id.ID]*vault.Keys) ([]Flat, error) {
	var out []Flat
	for _, row := range rows {
		f, err := m.flatOf(row, keys[row.Home])
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Flat) int {
		if len(a.Number) != len(b.Number) {
			return len(a.Number) - len(b.Number)
		}
		return strings.Compare(a.Number, b.Number)
	})
	return out, nil
}

func (m *Module) deskCrumbs(c *web.Context, last string) []ui.Link {
	return []ui.Link{{Text: c.T("utility.desk.title"), Href: "/desk/utility"}, {Text: last}}
}

// accountView is one flat at the desk.
type accountView struct {
	flatView
	Readings []Reading
	Changes  []Recalculation
	Months   map[id.ID]string // of Changes
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
	Key     id.ID  `json:"key"` // of the page: a second press enters nothing twice
}

func (m *Module) accountView(c *web.Context, a act.Act, f Flat) (accountView, error) {
	base, err := m.flatView(c, a, f.Home)
	if err != nil {
		return accountView{}, err
	}
	v := accountView{flatView: base, Months: map[id.ID]string{}, Form: changeForm{Key: id.New(m.base.Clock.Now())}}
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
	for _, row := range changes {
		r, err := changeOf(keys, row)
		if err != nil {
			return v, err
		}
		v.Changes, v.Months[r.ID] = append(v.Changes, r), row.Period
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
	v, err := m.billView(c, a, f.Home)
	if err != nil {
		return err
	}
	v.Desk = true
	title := billTitle(c, v.Bill.Period)
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: []ui.Link{
		{Text: c.T("utility.desk.title"), Href: "/desk/utility"}, {Text: f.Address.In(c.Lang()), Href: deskPath(f.Home)}, {Text: title},
	}}, billPage(m, c, v))
}

// postChange enters a recalculation for the month that the next bill takes in, or, when the last bill can be made again, into that.
func (m *Module) postChange(c *web.Context) error {
	f, a, err := m.theirs(c)
	if err != nil {
		return err
	}
	var form changeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	u, err := m.utilities()
	if err != nil {
		return err
	}
	r, faults := form.read(c)
	if len(faults) == 0 {
		if !form.Key.IsZero() {
			r.ID = id.Derived("utility change", f.Home.String()+"/"+form.Key.String())
		}
		err = m.Recalculate(c.Context(), a, f, m.Open(u), r)
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
	c.SetFlash("success", "utility.desk.changed", "month", m.Open(u).In(c.Lang()))
	return c.Redirect(deskPath(f.Home))
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

// sentPeriod is a form that names a month.
type sentPeriod struct {
	Period string `json:"period" max:"20"`
}

func (m *Module) postAgain(c *web.Context) error {
	f, a, err := m.theirs(c)
	if err != nil {
		return err
	}
	var form sentPeriod
	if err := c.Bind(&form); err != nil {
		return err
	}
	p, ok := ParsePeriod(form.Period)
	if !ok {
		v, err := m.accountView(c, a, f)
		if err != nil {
			return err
		}
		v.Faults = []ui.FaultLine{{Name: "bills", Text: c.FaultText(ErrPeriod)}}
		return m.renderAccount(c, v)
	}
	changed, err := m.Again(c.Context(), a, f.Home, p)
	if err != nil {
		return err
	}
	if changed {
		c.SetFlash("success", "utility.desk.made_again")
	} else {
		c.SetFlash("info", "utility.desk.same_again")
	}
	return c.Redirect(deskPath(f.Home))
}

func (m *Module) postRun(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	var form sentPeriod
	if err := c.Bind(&form); err != nil {
		return err
	}
	p, ok := ParsePeriod(form.Period)
	if !ok {
		return m.refuseDesk(c, a, "period", form.Period, ErrMonth)
	}
	err = m.Begin(c.Context(), a, p)
	for _, refusal := range []*fault.Fault{ErrMonth, ErrTooEarly, ErrRunning} {
		if errors.Is(err, refusal) {
			return m.refuseDesk(c, a, "period", form.Period, refusal)
		}
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "utility.desk.begun", "month", p.In(c.Lang()))
	return c.Redirect("/desk/utility")
}

// sentJudgement is the form of a reading that waits.
type sentJudgement struct {
	Home    id.ID  `json:"home"`
	Period  string `json:"period" max:"20"`
	Reading id.ID  `json:"reading"`
	Take    string `json:"take" one:"yes|no" max:"3"`
}

func (m *Module) postReview(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	var form sentJudgement
	if err := c.Bind(&form); err != nil {
		return err
	}
	p, ok := ParsePeriod(form.Period)
	if !ok {
		return m.refuseDesk(c, a, "review", "", ErrPeriod)
	}
	err = m.Judge(c.Context(), a, Reading{ID: form.Reading, Home: form.Home, Period: p}, form.Take == "yes")
	if errors.Is(err, ErrOwn) {
		return m.refuseDesk(c, a, "review", "", ErrOwn)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "utility.desk.judged")
	return c.Redirect("/desk/utility")
}

// importView is the page on which the agency gives readings in bulk.
type importView struct {
	Lines string
	Done  bool
	Took  int
	Bad   []BadLine
}

// sentImport is its form: a file, or lines that were pasted.
type sentImport struct {
	Lines string    `json:"lines" max:"500000"`
	File  *web.File `json:"file"`
}

func (m *Module) showImport(c *web.Context) error {
	if _, err := m.official(c); err != nil {
		return err
	}
	return m.renderImport(c, importView{})
}

func (m *Module) renderImport(c *web.Context, v importView) error {
	title := c.T("utility.import.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: m.deskCrumbs(c, title)}, importPage(c, v))
}

func (m *Module) postImport(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	var form sentImport
	if err := c.Bind(&form); err != nil {
		return err
	}
	content := []byte(form.Lines)
	if form.File != nil && len(form.File.Data) > 0 {
		content = form.File.Data
	}
	good, bad := ParseImport(bytes.NewReader(content))
	took, more, err := m.Import(c.Context(), a, good)
	if err != nil {
		return err
	}
	bad = append(bad, more...)
	slices.SortFunc(bad, func(x, y BadLine) int { return x.Line - y.Line })
	return m.renderImport(c, importView{Done: true, Took: took, Bad: bad})
}
