package utility

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"posad.city/core/charge"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
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
	Search string
	Houses []houseRow // that the search found
	More   bool       // it would find more
	Flats  int64      // that get bills
	Runs   []Run
	Next   Period // the month that may be run; zero: none
	Review []Reading
	Decide []Kept
	Files  []Import
	Of     map[id.ID]Flat // the flats of Review and Decide
	Fault  string         // of the search
	Month  string         // that was asked for and refused
	Faults []ui.FaultLine
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
	if v.Search = strings.TrimSpace(c.Query("account")); v.Search != "" {
		where, err := m.search(c, a, &v)
		if err != nil {
			return err
		}
		if where != "" {
			return c.Redirect(where)
		}
	}
	return m.renderDesk(c, v)
}

// housesShown is how many houses a search shows.
const housesShown = 40

// search finds a flat by the number of its account, and returns where it is; or houses, by their address.
func (m *Module) search(c *web.Context, a act.Act, v *deskView) (string, error) {
	home, err := m.HomeOf(v.Search)
	if err == nil {
		if _, err = m.Flat(c.Context(), a, home); err == nil {
			return deskPath(home), nil
		}
	}
	if !errors.Is(err, ErrNone) && !errors.Is(err, charge.ErrFlat) {
		return "", err
	}
	city := m.deps.Services.Current()
	if city == nil {
		return "", ErrNoCity
	}
	found := city.Addresses().Suggest(v.Search, 10*housesShown)
	err = m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		v.Houses, v.More = nil, false
		for _, one := range found {
			if slices.ContainsFunc(v.Houses, func(h houseRow) bool { return h.Key == one.ID }) {
				continue
			}
			size, err := utilitydb.HouseSize(r, m.houseKey(one.ID))
			if err != nil {
				return err
			}
			if v.More = len(v.Houses) == housesShown; v.More {
				return nil
			}
			if size.Flats > 0 {
				v.Houses = append(v.Houses, houseRow{one.ID, m.houseTitle(c.Lang(), one.ID), size.Flats, size.People})
			}
		}
		return nil
	})
	if len(v.Houses) == 0 {
		v.Fault = c.T("utility.desk.not_found")
	}
	return "", err
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
	v := deskView{Next: m.Open(u).Add(-1)}
	if v.Runs, err = m.Runs(c.Context(), a, 12); err != nil {
		return v, err
	}
	if v.Review, err = m.ToReview(c.Context(), a, 50); err != nil {
		return v, err
	}
	if v.Decide, err = m.ToDecide(c.Context(), a, 50); err != nil {
		return v, err
	}
	if v.Files, err = m.Imports(c.Context(), a); err != nil {
		return v, err
	}
	if len(v.Runs) > 0 {
		v.Flats = v.Runs[0].Flats
	} else if err := m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		v.Flats, err = utilitydb.CountFlats(r)
		return err
	}); err != nil {
		return v, err
	}
	var homes []id.ID
	for _, r := range v.Review {
		homes = append(homes, r.Home)
	}
	for _, r := range v.Decide {
		homes = append(homes, r.Home)
	}
	v.Of, err = m.flatsAt(c.Context(), a, homes)
	return v, err
}

// flatsAt are the flats of some homes, in one look; a home that is no flat is not among them.
func (m *Module) flatsAt(ctx context.Context, a act.Act, homes []id.ID) (map[id.ID]Flat, error) {
	rows := map[id.ID]utilitydb.UtilityFlat{}
	err := m.base.Store.Look(ctx, a, lookDesk, func(p *store.Personal) error {
		clear(rows)
		for _, home := range homes {
			row, err := utilitydb.FlatByHome(p, home)
			if isNone(err) {
				continue
			}
			if err != nil {
				return err
			}
			rows[home] = row
		}
		return nil
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := m.base.Vault.KeysMany(ctx, slices.Collect(maps.Keys(rows)))
	if err != nil {
		return nil, err
	}
	out := map[id.ID]Flat{}
	for home, row := range rows {
		if out[home], err = m.flatOf(row, keys[home]); err != nil {
			return nil, err
		}
	}
	return out, nil
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
		rows, err = utilitydb.FlatsOfHouse(p, m.houseKey(v.Key), id.ID{}, houseMost)
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
