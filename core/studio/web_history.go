package studio

import (
	"fmt"
	"slices"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

// historyView is the list of versions.
type historyView struct {
	place
	List   []service.Switch
	Plans  []service.Plan // that wait
	Closed []Change       // change sets that were published
	Typed  rollbackForm
}

func (m *Module) showHistory(c *web.Context) error { return m.historyPage(c, historyView{}) }

func (m *Module) historyPage(c *web.Context, v historyView) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	failed := v.failed
	v.place = m.place(a)
	v.failed = failed
	if v.List, err = m.deps.Services.Switches(c.Context(), listMost); err != nil {
		return err
	}
	plans, err := m.deps.Services.Plans(c.Context(), listMost)
	if err != nil {
		return err
	}
	v.Plans = slices.DeleteFunc(plans, func(p service.Plan) bool { return p.State != service.PlanWaiting })
	if v.Closed, err = m.Changes(c.Context(), Published, office(a)); err != nil {
		return err
	}
	var people []id.ID
	for _, s := range v.List {
		people = append(people, s.By, s.Proposed)
	}
	for _, p := range v.Plans {
		people = append(people, p.By, p.Proposed)
	}
	if err := m.call(c, &v.place, people...); err != nil {
		return err
	}
	return m.render(c, c.T("studio.history"), failed, []ui.Link{{Text: c.T("studio.history")}}, historyPage(c, v))
}

func (v historyView) rows(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("studio.versions"), Columns: []ui.Column{
		{Title: c.T("studio.version")}, {Title: c.T("studio.since")}, {Title: c.T("studio.why")}, {Title: c.T("studio.do")}}}
	for i, s := range v.List {
		row := ui.TableRow{Title: fmt.Sprintf("№ %d", s.Number), Note: short(s.Hash), Href: fmt.Sprintf("/studio/versions/%s?number=%d", s.Hash, s.Number)}
		why := s.Note
		if why == "" {
			why = "–"
		}
		do := ui.TableCell{Tag: &ui.TagProps{Text: c.T("studio.in_force"), Tone: ui.Success}}
		if i > 0 {
			do = ui.TableCell{Text: "–", Muted: true}
		}
		if i > 0 && isAdmin(v.act) && s.Hash != v.List[0].Hash {
			do = ui.TableCell{Body: backLink(c, s)}
		}
		row.Cells = []ui.TableCell{{Text: v.when(c, s.At), Note: v.publishers(c, s.Proposed, s.By)}, {Text: why}, do}
		out.Rows = append(out.Rows, row)
	}
	return out
}

type rollbackForm struct {
	Version string `json:"version" max:"64"`
	Note    string `json:"note" max:"2000"`
}

func (m *Module) postRollback(c *web.Context) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	if !isAdmin(a) {
		return ErrAuthor
	}
	var form rollbackForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if form.Note == "" {
		err = ErrNote
	} else {
		_, err = m.deps.Services.Rollback(c.Context(), a, service.Hash(form.Version), form.Note)
	}
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		v := versionView{Typed: form}
		v.failed = failed.With(fault.Field{Name: "note", ID: failed.ID})
		return m.versionPage(c, v, service.Hash(form.Version))
	}
	c.SetFlash("success", "studio.did.rolled_back")
	return c.Redirect("/studio/history")
}

type cancelForm struct {
	Plan id.ID `json:"plan"`
}

func (m *Module) postCancel(c *web.Context) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	if !isAdmin(a) {
		return ErrAuthor
	}
	var form cancelForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	failed, err := told(m.deps.Services.CancelPlan(c.Context(), a, form.Plan))
	if err != nil {
		return err
	}
	if failed != nil {
		v := historyView{}
		v.failed = failed
		return m.historyPage(c, v)
	}
	c.SetFlash("success", "studio.did.cancelled")
	return c.Redirect("/studio/history")
}

// versionView is one published version: what it changed, and its files.
type versionView struct {
	place
	Hash    service.Hash
	Switch  service.Switch
	Before  service.Hash
	City    *service.City
	Changes []service.Change
	Own     bool // its files are those that were published
	Files   int
	Now     service.Hash // in force
	Typed   rollbackForm
}

func (m *Module) showVersion(c *web.Context) error {
	return m.versionPage(c, versionView{}, service.Hash(c.Path("version")))
}

func (m *Module) versionPage(c *web.Context, v versionView, hash service.Hash) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	failed := v.failed
	v.place = m.place(a)
	v.failed, v.Hash = failed, hash
	if v.City, err = m.deps.Services.Version(c.Context(), hash); err != nil {
		return ErrNone.Because(err)
	}
	list, err := m.deps.Services.Switches(c.Context(), listMost)
	if err != nil {
		return err
	}
	v.find(list, c.Query("number"))
	if v.Before != "" {
		from, err := m.deps.Services.Version(c.Context(), v.Before)
		if err != nil {
			return err
		}
		v.Changes = service.Diff(from, v.City)
	}
	files, own, err := m.deps.Services.Sources(c.Context(), hash)
	if err != nil {
		return err
	}
	v.Own, v.Files = own, len(files)
	if err := m.call(c, &v.place, v.Switch.By, v.Switch.Proposed); err != nil {
		return err
	}
	title := c.T("studio.version_title", "version", short(hash))
	return m.render(c, title, failed, []ui.Link{{Text: c.T("studio.history"), Href: "/studio/history"}, {Text: title}}, versionPage(c, v))
}

// find sets the switch that is meant and the version before it: the numbered one, else the latest of the version.
func (v *versionView) find(list []service.Switch, number string) {
	if len(list) > 0 {
		v.Now = list[0].Hash
	}
	at := slices.IndexFunc(list, func(s service.Switch) bool { return s.Hash == v.Hash && fmt.Sprint(s.Number) == number })
	if at < 0 {
		at = slices.IndexFunc(list, func(s service.Switch) bool { return s.Hash == v.Hash })
	}
	if at < 0 {
		return
	}
	v.Switch = list[at]
	if at+1 < len(list) {
		v.Before = list[at+1].Hash
	}
}

// showExport gives the files of a version as an archive.
func (m *Module) showExport(c *web.Context) error {
	if _, err := m.own(c); err != nil {
		return err
	}
	hash := service.Hash(c.Path("version"))
	files, _, err := m.deps.Services.Sources(c.Context(), hash)
	if err != nil {
		return ErrNone.Because(err)
	}
	return archived(c, short(hash), files)
}

func (m *Module) showChangeExport(c *web.Context) error {
	_, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	w, err := m.Workspace(c.Context(), change.ID)
	if err != nil {
		return err
	}
	return archived(c, short(w.Tree), w.Files)
}

func archived(c *web.Context, name string, files []service.SourceFile) error {
	content, err := Archive(files)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: "city-" + name + ".zip", Type: "application/zip", Data: content}, false)
}

func (v versionView) field(c *web.Context) ui.Field {
	f := ui.Field{Name: "note", Label: c.T("studio.field.note"), Hint: c.T("studio.hint.note")}
	if v.failed != nil {
		f.Error = page.FaultText(c, v.failed.Fields, "note")
	}
	return f
}
