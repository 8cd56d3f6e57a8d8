package desk

import (
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"

	"github.com/a-h/templ"
)

// ops are what can be done at the desk beside the cases.
type ops struct {
	team, charts, scope, away, spread, next, see, bulk, undo, texts, putText, dropText, closed *web.Op
}

func (m *Module) routes(b *module.Base) {
	s := b.Web
	op := func(name, look string, changes bool) *web.Op {
		return s.Operation(act.Operation{Name: "desk." + name, Object: "desk", May: act.SameAgency, Assurance: act.Basic, Look: look, Changes: changes})
	}
	o := ops{
		team: op("team", "", false), charts: op("charts", "", false), scope: op("scope", "", true), away: op("away", "", true),
		spread: op("spread", lookBulk, true), next: op("next", "casework.look.case", true), see: op("bulk", lookBulk, false),
		bulk: op("do_bulk", lookBulk, true), undo: op("undo_bulk", "casework.look.case", true), texts: op("templates", "", false),
		putText: op("put_template", "", true), dropText: op("drop_template", "", true), closed: op("closed", lookSearch, false),
	}
	s.Page(o.team, "GET /desk/team", m.showTeam)
	s.Page(o.scope, "POST /desk/team/scope", m.postScope)
	s.Page(o.away, "POST /desk/team/away", m.postAway)
	s.Page(o.away, "POST /desk/team/away/end", m.postEndAway)
	s.Page(o.spread, "POST /desk/team/spread", m.postSpread)
	s.Page(o.next, "POST /desk/next", m.postNext)
	s.Page(o.bulk, "POST /desk/bulk/choose", m.postChoose)
	s.Page(o.see, "GET /desk/bulk", m.showChoose)
	s.Page(o.bulk, "POST /desk/bulk/preview", m.postPreview)
	s.Page(o.bulk, "POST /desk/bulk/begin", m.postBegin)
	s.Page(o.see, "GET /desk/bulk/{bulk}", m.showBulk)
	s.Page(o.undo, "POST /desk/bulk/{bulk}/undo", m.postUndo)
	s.Page(o.texts, "GET /desk/templates", m.showTemplates)
	s.Page(o.putText, "POST /desk/templates", m.postTemplate)
	s.Page(o.dropText, "POST /desk/templates/drop", m.postDropTemplate)
	s.Page(o.closed, "GET /desk/closed", m.showClosed)
	s.Page(o.texts, "GET /desk/keys", m.showKeys)
	m.api(s, o)
	m.lookRoutes(s)
	if b.Pages != nil {
		b.Pages.Add(page.MenuDesk,
			page.Link{Order: 30, Text: "desk.menu.team", Href: "/desk/team", Icon: "chart-bar", Show: isOfficial},
			page.Link{Order: 35, Text: "desk.menu.looks", Href: looksPath, Icon: "eyeglasses", Show: func(c *web.Context) bool { return isHead(c.Act()) }},
			page.Link{Order: 40, Text: "desk.menu.templates", Href: "/desk/templates", Icon: "note", Show: isOfficial})
	}
}

func isOfficial(c *web.Context) bool { return c.Act().Actor.Kind == act.Official }

// place is where an official works.
type place struct {
	city   *service.City
	office *service.Agency
	act    act.Act
}

// place finds the official's agency and asks permission.
func (m *Module) place(c *web.Context) (place, error) {
	a := c.Act()
	if a.Actor.Kind != act.Official {
		return place{}, ErrOfficial
	}
	if err := c.May(act.Object{Kind: "desk", Agency: a.Actor.Agency}); err != nil {
		return place{}, err
	}
	city, office := m.officeOf(a.Actor.Agency)
	if office == nil {
		return place{}, casework.ErrNoCity
	}
	return place{city, office, a}, nil
}

// names are those of colleagues, which their work shows by itself: Posad asks for them.
func (m *Module) names(c *web.Context, people ...id.ID) (map[id.ID]lang.Name, error) {
	slices.SortFunc(people, func(a, b id.ID) int { return strings.Compare(a.String(), b.String()) })
	people = slices.DeleteFunc(slices.Compact(people), id.ID.IsZero)
	if len(people) == 0 {
		return map[id.ID]lang.Name{}, nil
	}
	return m.deps.People.Names(c.Context(), m.system(id.ID{}), "casework.look.colleagues", people...)
}

// render shows a page of the desk; failed is a fault of what was tried: nil, nothing was or it went well.
func (m *Module) render(c *web.Context, title string, failed *fault.Fault, content func() page.Options, body templ.Component) error {
	o := page.Options{}
	if content != nil {
		o = content()
	}
	o.Title, o.Layout = c.T(title), page.Desk
	if failed != nil {
		o.Faulty, o.Status = true, web.Status(failed)
	}
	return m.base.Pages.Render(c, o, body)
}

// told turns an error into a fault that the page shows by itself; what is broken, and what hides, goes on.
func told(err error) (*fault.Fault, error) {
	if err == nil {
		return nil, nil
	}
	f := fault.Of(err)
	if f.Kind == fault.Invalid || f.Kind == fault.Conflict {
		return f, nil
	}
	return nil, err
}

func crumbs(c *web.Context, last string) func() page.Options {
	return func() page.Options {
		return page.Options{Crumbs: []ui.Link{{Text: c.T("casework.desk.title"), Href: "/desk"}, {Text: c.T(last)}}}
	}
}

// teamView is the page of the team.
type teamView struct {
	place
	Team   []Worker
	Away   []Absence
	Names  map[id.ID]lang.Name
	Charts *Charts // of the head
	Edit   *Worker // whose skills are being edited
	Typed  awayForm
	Failed *fault.Fault
}

func (m *Module) showTeam(c *web.Context) error {
	return m.teamPage(c, awayForm{Person: c.Person()}, nil)
}

func (m *Module) teamPage(c *web.Context, typed awayForm, failed *fault.Fault) error {
	v := teamView{Typed: typed, Failed: failed}
	var err error
	if v.place, err = m.place(c); err != nil {
		return err
	}
	if v.Team, v.Away, err = m.Team(c.Context(), v.act.Actor.Agency); err != nil {
		return err
	}
	var people []id.ID
	for _, w := range v.Team {
		people = append(people, w.Person)
		if w.Person.String() == c.Query("edit") && isHead(v.act) {
			v.Edit = &w // a copy: the list is put in order below
		}
	}
	if v.Names, err = m.names(c, people...); err != nil {
		return err
	}
	lang.SortBy(c.Lang(), v.Team, func(w Worker) string { return v.Names[w.Person].Full(c.Lang()) })
	if isHead(v.act) {
		charts, err := m.Charts(c.Context(), v.act, v.Team)
		if err != nil {
			return err
		}
		v.Charts = &charts
	}
	return m.render(c, "desk.team.title", failed, crumbs(c, "desk.team.title"), teamPage(c, v))
}

type scopeForm struct {
	Person    id.ID    `json:"person"`
	Skills    []string `json:"skills" max:"100"`
	Districts []string `json:"districts" max:"100"`
}

func (m *Module) postScope(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form scopeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.PutScope(c.Context(), v.act, form.Person, form.Skills, form.Districts); err != nil {
		return err
	}
	c.SetFlash("success", "desk.team.saved")
	return c.Redirect("/desk/team")
}

type awayForm struct {
	Person     id.ID  `json:"person"`
	Substitute id.ID  `json:"substitute"`
	Since      string `json:"since" max:"20"`
	Until      string `json:"until" max:"20"`
}

func (m *Module) postAway(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form awayForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	_, err = m.PutAbsence(c.Context(), v.act, Absence{Person: form.Person, Substitute: form.Substitute, Since: form.Since, Until: form.Until})
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		field := map[string]string{ErrDays.ID: "since", ErrSubstitute.ID: "substitute", ErrTwice.ID: "since", ErrNoWorker.ID: "person"}[failed.ID]
		return m.teamPage(c, form, failed.With(fault.Field{Name: field, ID: failed.ID, Params: failed.Params}))
	}
	c.SetFlash("success", "desk.team.away_saved")
	return c.Redirect("/desk/team")
}

type endForm struct {
	ID id.ID `json:"id"`
}

func (m *Module) postEndAway(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form endForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.EndAbsence(c.Context(), v.act, form.ID); err != nil {
		return err
	}
	c.SetFlash("success", "desk.team.away_ended")
	return c.Redirect("/desk/team")
}

type queueForm struct {
	Queue string `json:"queue" max:"100"`
}

// postSpread shows to whom each free case of a queue would go; confirming it is an act on many cases.
func (m *Module) postSpread(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form queueForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	shares, err := m.PlanSpread(c.Context(), v.act, form.Queue)
	if err != nil {
		return err
	}
	order := bulkForm{Verb: string(Assign)}
	for _, s := range shares {
		if s.To.IsZero() {
			continue
		}
		order.Case, order.Each = append(order.Case, s.Number), append(order.Each, s.Number+":"+s.To.String())
	}
	if len(order.Case) == 0 {
		c.SetFlash("warning", "desk.spread.nothing")
		return c.Redirect("/desk/team")
	}
	return m.preview(c, v, order)
}

func (m *Module) postNext(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	ref, err := m.Next(c.Context(), v.act)
	if err != nil && (fault.Of(err).ID == ErrNoNext.ID || fault.Of(err).ID == ErrNotForYou.ID) {
		c.SetFlash("info", fault.Of(err).ID)
		return c.Redirect("/desk")
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "desk.next_taken")
	return c.Redirect("/desk/cases/" + id.FormatNumber(ref.Number))
}

func (m *Module) showKeys(c *web.Context) error {
	if _, err := m.place(c); err != nil {
		return err
	}
	return m.render(c, "casework.desk.keys.title", nil, crumbs(c, "casework.desk.keys.title"), keysPage(c))
}

// works are those of a team who decide.
func works(team []Worker) []Worker {
	return slices.DeleteFunc(slices.Clone(team), func(w Worker) bool { return w.Role != string(agency.Officer) && w.Role != string(agency.Head) })
}
