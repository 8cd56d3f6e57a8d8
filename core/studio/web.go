package studio

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// ops are what can be done in the studio.
type ops struct {
	read, begin, edit, propose, approve, refuse, drop, simulate, history, rollback, cancel *web.Op
}

// Looks of this module.
const (
	lookColleagues = "studio.look.colleagues"
	lookCases      = "studio.look.cases"
)

// checkTime is how long a page may wait for the check of a whole city.
const checkTime = 60 * time.Second

func (m *Module) routes(b *module.Base) {
	s := b.Web
	op := func(name string, o act.Operation) *web.Op {
		o.Name, o.Object, o.Assurance, o.Timeout = "studio."+name, "studio", act.Basic, checkTime
		if o.May == 0 {
			o.May = act.Admin | act.SameAgency
		}
		return s.Operation(o)
	}
	m.ops = ops{
		read: op("read", act.Operation{}), begin: op("begin", act.Operation{Changes: true}), edit: op("edit", act.Operation{Changes: true, Body: uploadMost}),
		propose: op("propose", act.Operation{Changes: true}), approve: op("approve", act.Operation{Changes: true, Fresh: act.Lately}),
		refuse: op("refuse", act.Operation{Changes: true}), drop: op("drop", act.Operation{Changes: true}),
		simulate: op("simulate", act.Operation{Changes: true, Look: lookCases}), history: op("history", act.Operation{}),
		rollback: op("rollback", act.Operation{May: act.Admin, Changes: true, Fresh: act.Lately}),
		cancel:   op("cancel_plan", act.Operation{May: act.Admin, Changes: true, Fresh: act.Lately}),
	}
	o := m.ops
	s.Page(o.read, "GET /studio", m.showList)
	s.Page(o.begin, "POST /studio/changes", m.postBegin)
	s.Page(o.read, "GET /studio/changes/{change}", m.showChange)
	s.Page(o.read, "GET /studio/changes/{change}/files", m.showFiles)
	s.Page(o.read, "GET /studio/changes/{change}/file", m.showFile)
	s.Page(o.edit, "POST /studio/changes/{change}/file", m.postFile)
	s.Page(o.edit, "POST /studio/changes/{change}/upload", m.postUpload)
	s.Page(o.read, "GET /studio/changes/{change}/export", m.showChangeExport)
	s.Page(o.read, "GET /studio/changes/{change}/preview", m.showPreview)
	s.Page(o.read, "GET /studio/changes/{change}/runs/{run}", m.showRun)
	s.Page(o.simulate, "POST /studio/changes/{change}/simulate", m.postSimulate)
	s.Page(o.propose, "POST /studio/changes/{change}/propose", m.postPropose)
	s.Page(o.edit, "POST /studio/changes/{change}/withdraw", m.postWithdraw)
	s.Page(o.refuse, "POST /studio/changes/{change}/refuse", m.postRefuse)
	s.Page(o.approve, "POST /studio/changes/{change}/approve", m.postApprove)
	s.Page(o.drop, "POST /studio/changes/{change}/drop", m.postDrop)
	s.Page(o.history, "GET /studio/history", m.showHistory)
	s.Page(o.history, "GET /studio/versions/{version}", m.showVersion)
	s.Page(o.history, "GET /studio/versions/{version}/export", m.showExport)
	s.Page(o.rollback, "POST /studio/history/rollback", m.postRollback)
	s.Page(o.cancel, "POST /studio/history/cancel", m.postCancel)
	s.Page(o.read, "GET /studio/schema/{schema}", m.showSchema)
	m.api(s)
	if b.Pages != nil {
		b.Pages.Add(page.MenuDesk, page.Link{Order: 80, Text: "studio.menu", Href: "/studio", Icon: "pencil-simple", Show: func(c *web.Context) bool { return author(c.Act()) == nil }})
	}
}

// own asks permission for the actor's own studio: what is not of one change set.
func (m *Module) own(c *web.Context) (act.Act, error) {
	a := c.Act()
	if err := c.May(act.Object{Kind: "studio", Agency: a.Actor.Agency}); err != nil {
		return a, err
	}
	return c.Act(), author(c.Act())
}

// ofChange finds the change set of the path and asks permission for it.
func (m *Module) ofChange(c *web.Context) (act.Act, Change, error) {
	which, err := c.ID("change")
	if err != nil {
		return act.Act{}, Change{}, err
	}
	change, err := m.Read(c.Context(), which)
	if err != nil {
		return act.Act{}, change, err
	}
	if err := c.May(act.Object{Kind: "studio", Agency: change.Agency}); err != nil {
		return act.Act{}, change, err
	}
	return c.Act(), change, author(c.Act())
}

// ofJudged is ofChange, for a head too whose agency's services are all that a proposal changes.
func (m *Module) ofJudged(c *web.Context) (act.Act, Change, error) {
	which, err := c.ID("change")
	if err != nil {
		return act.Act{}, Change{}, err
	}
	change, err := m.Read(c.Context(), which)
	if err != nil {
		return act.Act{}, change, err
	}
	a := c.Act()
	if author(a) == nil && !owns(a, change) {
		ok, err := m.judged(c.Context(), a, change)
		if err != nil {
			return a, change, err
		}
		if ok {
			return a, change, c.May(act.Object{Kind: "studio", Agency: a.Actor.Agency})
		}
	}
	return m.ofChange(c)
}

// place is what every page of the studio knows.
type place struct {
	act    act.Act
	zone   *time.Location
	names  map[id.ID]lang.Name
	failed *fault.Fault
}

func (m *Module) place(a act.Act) place {
	return place{act: a, zone: m.deps.Services.Zone(), names: map[id.ID]lang.Name{}}
}

// call finds the names of colleagues, whose work shows them by itself: Posad asks for them.
func (m *Module) call(c *web.Context, p *place, people ...id.ID) error {
	slices.SortFunc(people, func(a, b id.ID) int { return strings.Compare(a.String(), b.String()) })
	people = slices.DeleteFunc(slices.Compact(people), id.ID.IsZero)
	if len(people) == 0 {
		return nil
	}
	names, err := m.deps.People.Names(c.Context(), act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "studio"}), lookColleagues, people...)
	if err == nil {
		p.names = names
	}
	return err
}

func (p place) who(c *web.Context, person id.ID) string {
	if person.IsZero() {
		return c.T("studio.by_command")
	}
	if name, ok := p.names[person]; ok {
		return name.Full(c.Lang())
	}
	return c.T("studio.official")
}

func (p place) when(c *web.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return lang.FullMoment(c.Lang(), at, p.zone)
}

// render shows a page of the studio; failed is a fault of what was tried.
func (m *Module) render(c *web.Context, title string, failed *fault.Fault, crumbs []ui.Link, body templ.Component) error {
	o := page.Options{Title: title, Layout: page.Desk, Crumbs: append([]ui.Link{{Text: c.T("studio.title"), Href: "/studio"}}, crumbs...)}
	if len(crumbs) == 0 {
		o.Crumbs = nil
	}
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
	if f.Kind == fault.Invalid || f.Kind == fault.Conflict || f.ID == ErrFile.ID {
		return f, nil
	}
	return nil, err
}

// office narrows lists to what the actor sees: zero for the administrator, who sees all.
func office(a act.Act) id.ID {
	if isAdmin(a) {
		return id.ID{}
	}
	return a.Actor.Agency
}

// title of a file is what people call what it defines.
func titleOf(l lang.Language, city *service.City, f service.SourceFile) string {
	if city == nil {
		return f.Path
	}
	folder, _, _ := strings.Cut(f.Path, "/")
	key := defines.FindSubmatch(f.Content)
	if folder == "services" && key != nil {
		if s, ok := city.Service(string(key[1])); ok {
			return s.Title.In(l)
		}
	}
	return f.Path
}

func agencyOf(city *service.City, f service.SourceFile) id.ID {
	key := defines.FindSubmatch(f.Content)
	if city == nil || key == nil {
		return id.ID{}
	}
	if s, ok := city.Service(string(key[1])); ok {
		return agency.ID(s.Agency)
	}
	return id.ID{}
}
