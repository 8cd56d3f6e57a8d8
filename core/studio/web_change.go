package studio

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

func escape(text string) string { return url.QueryEscape(text) }

// changeView is the page of a change set.
type changeView struct {
	place
	Workspace
	Two
	Changes []service.Change
	Touched []service.Touched
	Events  []Event
	Runs    []Run
	Hands   []id.ID
	Typed   proposeForm
	Words   string // of a refusal
	Try     tryForm
	Told    bool // the fault stands at a field
}

func (m *Module) showChange(c *web.Context) error { return m.changePage(c, changeView{}) }

func (m *Module) changePage(c *web.Context, v changeView) error {
	a, change, err := m.ofJudged(c)
	if err != nil {
		return err
	}
	failed := v.failed
	v.place = m.place(a)
	v.failed = failed
	if v.Workspace, err = m.Workspace(c.Context(), change.ID); err != nil {
		return err
	}
	if v.Two, err = m.Compare(c.Context(), v.Workspace); err != nil {
		return err
	}
	if v.To != nil {
		v.Changes = service.Diff(v.From, v.To)
	}
	if m.deps.Touched != nil && len(v.Changes) > 0 {
		cases, drafts, err := m.deps.Touched(c.Context())
		if err != nil {
			return err
		}
		v.Touched = service.TouchedBy(v.Changes, cases, drafts)
	}
	if v.Events, err = m.Events(c.Context(), change.ID); err != nil {
		return err
	}
	if v.Runs, err = m.Runs(c.Context(), change.ID); err != nil {
		return err
	}
	if v.Hands, err = m.Hands(c.Context(), v.Change); err != nil {
		return err
	}
	people := []id.ID{v.MadeBy, v.ProposedBy, v.ClosedBy}
	for _, e := range v.Events {
		people = append(people, e.By)
	}
	if err := m.call(c, &v.place, people...); err != nil {
		return err
	}
	return m.render(c, v.Title, failed, []ui.Link{{Text: v.Title}}, changePage(c, v))
}

// MayApprove tells whether the actor is another than those whose work it is.
func (v changeView) MayApprove() bool {
	return v.State == Proposed && !slices.ContainsFunc(v.Hands, v.act.Is)
}

// Overtaken tells whether another version came into force since it was proposed.
func (v changeView) Overtaken() bool {
	return v.State == Proposed && (v.City.Version != v.Base || v.City.Tree != v.BaseTree)
}

func (v changeView) note(c *web.Context) string {
	return c.T("studio.begun_by", "who", v.who(c, v.MadeBy), "when", v.when(c, v.Made))
}

func (v changeView) files(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("studio.changed_files"), Columns: []ui.Column{{Title: c.T("studio.file")}, {Title: c.T("studio.standing")}, {Title: c.T("studio.changed_at")}}}
	for _, f := range v.Saved {
		state := ui.TagProps{Text: c.T("studio.file_changed"), Tone: ui.Info}
		wrong := len(of(v.Faults, f.Path))
		switch {
		case v.State == Open && v.IsBehind(f):
			state = ui.TagProps{Text: c.T("studio.file_behind"), Tone: ui.Fault}
		case wrong > 0:
			state = ui.TagProps{Text: c.T("studio.file_faults", "count", wrong), Tone: ui.Fault}
		case f.Source == "":
			state = ui.TagProps{Text: c.T("studio.file_removed"), Tone: ui.Warning}
		case f.Base == "":
			state = ui.TagProps{Text: c.T("studio.file_new"), Tone: ui.Success}
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: f.Path, Href: v.href("/file?path=", escape(f.Path)), Cells: []ui.TableCell{
			{Tag: &state}, {Text: v.when(c, f.At), Note: v.who(c, f.By)}}})
	}
	return out
}

func of(faults service.Faults, path string) service.Faults {
	var out service.Faults
	for _, f := range faults {
		if f.File == path {
			out = append(out, f)
		}
	}
	return out
}

// faultRows are faults with their places and hints; each leads to its line.
func faultRows(c *web.Context, change Change, faults service.Faults, link bool) []entry {
	var out []entry
	for _, f := range faults {
		row := entry{Title: f.In(c.Lang()), Note: f.Place() + ". " + f.Hint(c.Lang())}
		if link && strings.Contains(f.File, ".") && f.File != "." {
			row.Href = change.lineHref(f.File, f.Line)
		}
		out = append(out, row)
	}
	return out
}

func (c Change) lineHref(path string, line int) string {
	return c.href("/file?path=", escape(path), fmt.Sprintf("&line=%d", max(line, 1)), "#at")
}

// groups are the changes of one service, or of the city's own data.
type group struct {
	Key, Title string
	Lines      []string
	Words      []service.WordChange
	Touched    []string
}

func (v changeView) groups(c *web.Context) []group {
	return grouped(c, v.To, v.Changes, v.Touched)
}

func grouped(c *web.Context, to *service.City, changes []service.Change, touched []service.Touched) []group {
	var out []group
	for i, change := range changes {
		if i == 0 || changes[i-1].Service != change.Service {
			g := group{Key: change.Service, Title: c.T("studio.city_data")}
			if change.Service != "" {
				g.Title = change.Service
				if s, ok := to.Service(change.Service); ok {
					g.Title = s.Title.In(c.Lang())
				}
			}
			for _, t := range touched {
				if t.Service == change.Service {
					g.Touched = append(g.Touched, c.T("studio.touched", "cases", t.Cases, "drafts", t.Drafts, "version", short(t.Version)))
				}
			}
			out = append(out, g)
		}
		last := &out[len(out)-1]
		last.Lines = append(last.Lines, change.In(c.Lang()))
		last.Words = append(last.Words, change.Words...)
	}
	return out
}

func short(h service.Hash) string { return string(h[:min(len(h), 12)]) }

func (v changeView) log(c *web.Context) []ui.LogItem {
	var out []ui.LogItem
	for _, e := range v.Events {
		text := c.T("studio.event."+e.Kind, "who", v.who(c, e.By), "path", e.Path)
		if e.Words != "" && e.Kind != began {
			text += ": " + e.Words
		}
		out = append(out, ui.LogItem{When: v.when(c, e.At), Text: text})
	}
	return out
}

// tried are the services that a simulation may be run for.
func (v changeView) tried(c *web.Context) []ui.Choice {
	var out []ui.Choice
	if v.To == nil {
		return nil
	}
	for _, key := range service.SimServices(v.From, v.To) {
		if s, ok := v.To.Service(key); ok {
			out = append(out, ui.Choice{Value: key, Text: s.Title.In(c.Lang())})
		}
	}
	return out
}

// previewed are the services that a preview shows: those whose files are in the change set.
func (v changeView) previewed(c *web.Context) []ui.Link {
	var out []ui.Link
	for _, key := range service.Changed(v.Changes) {
		if s, ok := v.To.Service(key); ok {
			out = append(out, ui.Link{Text: s.Title.In(c.Lang()), Href: v.href("/preview?service=", escape(key))})
		}
	}
	return out
}

func (v changeView) runRows(c *web.Context) []entry {
	var out []entry
	for _, r := range v.Runs {
		note := c.T("studio.run_" + r.State)
		if r.State == runDone {
			note = r.Result.Head(c.Lang())
		}
		out = append(out, entry{Title: r.title(c, v.To), Note: note, Href: v.href("/runs/", r.ID.String())})
	}
	return out
}

func (r Run) title(c *web.Context, city *service.City) string {
	title := r.Service
	if city != nil {
		if s, ok := city.Service(r.Service); ok {
			title = s.Title.In(c.Lang())
		}
	}
	if r.Cases > 0 {
		return c.T("studio.run_made", "title", title, "cases", r.Cases)
	}
	return c.T("studio.run_kept", "title", title, "days", r.Days)
}

func (v changeView) field(c *web.Context, name string) ui.Field {
	f := ui.Field{Name: name, Label: c.T("studio.field." + name)}
	if slices.Contains([]string{"files", "note", "starts", "count"}, name) {
		f.Hint = c.T("studio.hint." + name)
	}
	if v.failed != nil {
		f.Error = page.FaultText(c, v.failed.Fields, name)
	}
	return f
}

type proposeForm struct {
	Revision int64  `json:"revision"`
	Note     string `json:"note" max:"2000"`
	Starts   string `json:"starts" max:"30"`
}

// moment reads a moment of the city; empty is at once.
func moment(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	out, err := time.ParseInLocation("2006-01-02T15:04", text, zone)
	if err != nil {
		return out, ErrMoment.Because(err)
	}
	return out, nil
}

func (m *Module) postPropose(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var form proposeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	starts, err := moment(form.Starts, m.deps.Services.Zone())
	if err == nil {
		err = m.Propose(c.Context(), a, change.ID, Proposal{Revision: form.Revision, Note: form.Note, Starts: starts})
	}
	return m.after(c, err, change, "studio.did.proposed", changeView{Typed: form}, map[string]string{ErrNote.ID: "note", ErrMoment.ID: "starts"})
}

// after shows the change set: with what went wrong, or anew.
func (m *Module) after(c *web.Context, err error, change Change, did string, v changeView, fields map[string]string) error {
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		if name := fields[failed.ID]; name != "" {
			failed = failed.With(fault.Field{Name: name, ID: failed.ID, Params: failed.Params})
		}
		v.failed = failed
		return m.changePage(c, v)
	}
	c.SetFlash("success", did)
	return c.Redirect(change.href())
}

type stepForm struct {
	Revision int64  `json:"revision"`
	Words    string `json:"words" max:"2000"`
}

func (m *Module) steps(c *web.Context) (stepForm, error) {
	var form stepForm
	err := c.Bind(&form)
	return form, err
}

func (m *Module) postWithdraw(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	form, err := m.steps(c)
	if err != nil {
		return err
	}
	return m.after(c, m.Withdraw(c.Context(), a, change.ID, form.Revision), change, "studio.did.withdrawn", changeView{}, nil)
}

func (m *Module) postRefuse(c *web.Context) error {
	a, change, err := m.ofJudged(c)
	if err != nil {
		return err
	}
	form, err := m.steps(c)
	if err != nil {
		return err
	}
	err = m.Refuse(c.Context(), a, change.ID, form.Revision, form.Words)
	return m.after(c, err, change, "studio.did.refused", changeView{Words: form.Words}, map[string]string{ErrWords.ID: "words"})
}

func (m *Module) postApprove(c *web.Context) error {
	a, change, err := m.ofJudged(c)
	if err != nil {
		return err
	}
	form, err := m.steps(c)
	if err != nil {
		return err
	}
	out, err := m.Approve(c.Context(), a, change.ID, form.Revision)
	did := "studio.did.approved"
	if !out.Plan.IsZero() {
		did = "studio.did.planned"
	}
	return m.after(c, err, change, did, changeView{}, nil)
}

func (m *Module) postDrop(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	form, err := m.steps(c)
	if err != nil {
		return err
	}
	return m.after(c, m.Drop(c.Context(), a, change.ID, form.Revision), change, "studio.did.dropped", changeView{}, nil)
}

type tryForm struct {
	Service string `json:"service" max:"100"`
	Kind    string `json:"kind" max:"10"` // kept, made
	Count   int64  `json:"count"`
}

func (f tryForm) try() Try {
	if f.Kind == "kept" {
		return Try{Service: f.Service, Days: f.Count}
	}
	return Try{Service: f.Service, Cases: max(f.Count, 1)}
}

func (m *Module) postSimulate(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var form tryForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	run, err := m.Simulate(c.Context(), a, change.ID, form.try())
	if err == nil {
		return c.Redirect(change.href("/runs/", run.String()))
	}
	return m.after(c, err, change, "", changeView{Try: form}, map[string]string{ErrService.ID: "service", ErrCases.ID: "count"})
}

// runView is the page of a simulation.
type runView struct {
	place
	Change
	Run
	City *service.City
}

func (m *Module) showRun(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	which, err := c.ID("run")
	if err != nil {
		return err
	}
	v := runView{place: m.place(a), Change: change, City: m.deps.Services.Current()}
	if v.Run, err = m.RunOf(c.Context(), change.ID, which); err != nil {
		return err
	}
	if err := m.call(c, &v.place, v.By); err != nil {
		return err
	}
	title := v.title(c, v.City)
	return m.render(c, title, nil, []ui.Link{{Text: change.Title, Href: change.href()}, {Text: title}}, runPage(c, v))
}

// percent is a bar's length.
func percent(share float64) int { return int(share*1000 + 0.5) }

func languages() []lang.Language { return lang.All() }
