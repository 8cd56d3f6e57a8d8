package studio

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Listed is a file of the city in the list.
type Listed struct {
	Path    string
	Title   string
	Agency  id.ID // of the service that it is about; zero: the city's own data
	Doubts  int   // places worth a look
	Changed service.Switch
	In      []Change // change sets that have it otherwise
	Mine    bool     // the actor may change it
}

// listView is the first page of the studio.
type listView struct {
	place
	City    City
	Query   string
	Rest    bool // the files that are no services; only while nothing is sought
	Files   []Listed
	Kinds   [2]int // how many are services, and how many the rest
	All     int
	Open    []Change
	Waiting []Change       // proposals
	Mine    map[id.ID]bool // of them, those that wait for the actor
	Folder  int64          // number of the version that the watched folder is behind; zero: none
	Typed   string         // title of a change set
}

type listForm struct {
	Search string `json:"q" max:"200"`
	Of     string `json:"of" max:"10"` // rest: the files that are no services
}

func (m *Module) showList(c *web.Context) error {
	var form listForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.listPage(c, listView{Query: form.Search, Rest: form.Of == "rest"})
}

func (m *Module) listPage(c *web.Context, v listView) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	failed := v.failed
	v.place = m.place(a)
	v.failed = failed
	if err := m.fillList(c, &v); err != nil {
		return err
	}
	var people []id.ID
	for _, f := range v.Files {
		people = append(people, f.Changed.By, f.Changed.Proposed)
	}
	for _, one := range append(v.Open, v.Waiting...) {
		people = append(people, one.MadeBy, one.ProposedBy)
	}
	if err := m.call(c, &v.place, people...); err != nil {
		return err
	}
	return m.render(c, c.T("studio.title"), failed, nil, listPage(c, v))
}

func (m *Module) fillList(c *web.Context, v *listView) error {
	var err error
	if v.City, err = m.InForce(c.Context()); err != nil {
		return err
	}
	if v.Open, err = m.Changes(c.Context(), Open, office(v.act)); err != nil {
		return err
	}
	if v.Waiting, v.Mine, err = m.waiting(c.Context(), v.act); err != nil {
		return err
	}
	if f, ok := m.deps.Services.(interface{ FolderBehind() int64 }); ok {
		v.Folder = f.FolderBehind()
	}
	all, err := m.List(c, v.act, v.City)
	if err != nil {
		return err
	}
	v.All = len(all)
	if strings.TrimSpace(v.Query) != "" {
		v.Files = sought(all, v.Query)
		return nil
	}
	for _, f := range all {
		kind := 0
		if !strings.HasPrefix(f.Path, "services/") {
			kind = 1
		}
		v.Kinds[kind]++
		if v.Rest == (kind == 1) {
			v.Files = append(v.Files, f)
		}
	}
	return nil
}

// waiting are the proposals that the actor sees, and which of them they may approve.
func (m *Module) waiting(ctx context.Context, a act.Act) ([]Change, map[id.ID]bool, error) {
	all, err := m.Changes(ctx, Proposed, id.ID{})
	mine := map[id.ID]bool{}
	var out []Change
	for _, c := range all {
		if err != nil {
			return nil, nil, err
		}
		seen := owns(a, c)
		if !seen {
			seen, err = m.judged(ctx, a, c)
		}
		if err != nil || !seen {
			continue
		}
		hands, failed := m.Hands(ctx, c)
		mine[c.ID], err = !slices.ContainsFunc(hands, a.Is), failed
		out = append(out, c)
	}
	return out, mine, err
}

// List is the city's files, services first, as the actor sees them.
func (m *Module) List(c *web.Context, a act.Act, in City) ([]Listed, error) {
	city := m.deps.Services.Current()
	changed, err := m.changedBy(c.Context(), in.Files)
	if err != nil {
		return nil, err
	}
	check, err := m.Check(c.Context(), service.TreeOf(in.Files), in.Files)
	if err != nil {
		return nil, err
	}
	doubts := map[string]int{}
	if check.City != nil {
		for _, d := range check.City.Doubts() {
			doubts[d.File]++
		}
	}
	sets, err := m.setsByPath(c.Context(), office(a))
	if err != nil {
		return nil, err
	}
	out := make([]Listed, 0, len(in.Files))
	for _, f := range in.Files {
		out = append(out, Listed{
			Path: f.Path, Title: titleOf(c.Lang(), city, f), Agency: agencyOf(city, f), Doubts: doubts[f.Path], Changed: changed[f.Path], In: sets[f.Path],
			Mine: mayFile(a, city, in.Files, f.Path),
		})
	}
	slices.SortStableFunc(out, func(a, b Listed) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Path, b.Path))
	})
	return out, nil
}

// rank puts one's own before others' and services before the rest.
func rank(f Listed) int {
	out := 0
	if !strings.HasPrefix(f.Path, "services/") {
		out++
	}
	if !f.Mine {
		out += 2
	}
	return out
}

func sought(all []Listed, query string) []Listed {
	words := strings.Fields(strings.ToLower(query))
	var out []Listed
	for _, f := range all {
		text := strings.ToLower(f.Title + " " + f.Path)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			out = append(out, f)
		}
	}
	return out
}

// switchesMost is how far back one looks for who changed a file.
const switchesMost = 30

// changedBy finds the switch that brought each file as it is now; one that is older than the list says the oldest known.
func (m *Module) changedBy(ctx context.Context, files []service.SourceFile) (map[string]service.Switch, error) {
	list, err := m.deps.Services.Switches(ctx, switchesMost)
	if err != nil {
		return nil, err
	}
	out := map[string]service.Switch{}
	open := map[string]service.Hash{}
	for _, f := range files {
		open[f.Path] = service.SourceHash(f.Content)
	}
	return out, m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		clear(out)
		left := make(map[string]service.Hash, len(open))
		for path, hash := range open {
			left[path] = hash
		}
		for _, s := range list {
			if s.Tree == "" || len(left) == 0 {
				break
			}
			entries, err := service.TreeEntries(r, s.Tree)
			if err != nil {
				return err
			}
			there := make(map[string]service.Hash, len(entries))
			for _, e := range entries {
				there[e.Path] = e.Source
			}
			for path, hash := range left {
				if there[path] != hash {
					delete(left, path)
					continue
				}
				out[path] = s
			}
		}
		return nil
	})
}

// setsByPath finds which open change sets have a file.
func (m *Module) setsByPath(ctx context.Context, of id.ID) (map[string][]Change, error) {
	out := map[string][]Change{}
	for _, state := range []State{Open, Proposed} {
		list, err := m.Changes(ctx, state, of)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			files, err := m.savedIn(ctx, one.ID)
			if err != nil {
				return nil, err
			}
			for _, f := range files {
				out[f.Path] = append(out[f.Path], one)
			}
		}
	}
	return out, nil
}

type beginForm struct {
	Title string `json:"title" max:"200"`
}

func (m *Module) postBegin(c *web.Context) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	var form beginForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	change, err := m.Begin(c.Context(), a, form.Title)
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		return m.listPage(c, listView{Typed: form.Title, place: place{failed: failed.With(fault.Field{Name: "title", ID: failed.ID})}})
	}
	return c.Redirect(change.href())
}

func (c Change) href(more ...string) string {
	return "/studio/changes/" + c.ID.String() + strings.Join(more, "")
}

// tag says how far a change set is.
func (c Change) tag(w *web.Context) ui.TagProps {
	tones := map[State]ui.Tone{Open: ui.Info, Proposed: ui.Warning, Published: ui.Success, Dropped: ui.Neutral}
	key := "studio.state." + string(c.State)
	if c.State == Published && !c.Plan.IsZero() {
		key = "studio.state.planned"
	}
	return ui.TagProps{Text: w.T(key), Tone: tones[c.State]}
}

// kinds are the two halves of the list, each with its address.
func (v listView) kinds(c *web.Context) ui.ViewsProps {
	return ui.ViewsProps{Label: c.T("studio.files"), Items: []ui.Link{
		{Text: c.T("studio.kind_services"), Href: "/studio#files", Count: v.Kinds[0], Current: !v.Rest},
		{Text: c.T("studio.kind_rest"), Href: "/studio?of=rest#files", Count: v.Kinds[1], Current: v.Rest},
	}}
}

func (v listView) rows(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("studio.files"), Columns: []ui.Column{
		{Title: c.T("studio.file")}, {Title: c.T("studio.standing")}, {Title: c.T("studio.changed_at")}}}
	for _, f := range v.Files {
		row := ui.TableRow{Title: f.Title, Note: f.Path}
		if f.Title == f.Path {
			row.Note = ""
		}
		standing := ui.TableCell{Text: c.T("studio.in_force"), Muted: true}
		switch {
		case len(f.In) > 0:
			standing = ui.TableCell{Tag: &ui.TagProps{Text: c.T("studio.in_work"), Tone: ui.Info}, Note: f.In[0].Title}
			row.Href = f.In[0].href("/file?path=", escape(f.Path))
		case f.Doubts > 0:
			standing = ui.TableCell{Tag: &ui.TagProps{Text: c.T("studio.doubts", "count", f.Doubts), Tone: ui.Warning}}
		}
		if !f.Mine {
			standing.Note, row.Href = c.T("studio.not_yours"), ""
		}
		changed := ui.TableCell{Text: "–", Muted: true}
		if f.Changed.Number > 0 {
			changed = ui.TableCell{Text: v.when(c, f.Changed.At), Note: v.publishers(c, f.Changed.Proposed, f.Changed.By)}
		}
		row.Cells = []ui.TableCell{standing, changed}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// publishers names both persons of a publication.
func (p place) publishers(c *web.Context, proposer, approver id.ID) string {
	if proposer.IsZero() {
		return p.who(c, approver)
	}
	return c.T("studio.both", "proposed", p.who(c, proposer), "approved", p.who(c, approver))
}

func (v listView) sets(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("studio.sets"), Columns: []ui.Column{{Title: c.T("studio.set")}, {Title: c.T("studio.standing")}, {Title: c.T("studio.begun")}}}
	for _, one := range append(slices.Clone(v.Waiting), v.Open...) {
		tag := one.tag(c)
		if v.Mine[one.ID] {
			tag = ui.TagProps{Text: c.T("studio.waits_for_you"), Tone: ui.Warning}
		}
		by := one.MadeBy
		if one.State == Proposed {
			by = one.ProposedBy
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: one.Title, Href: one.href(), Cells: []ui.TableCell{{Tag: &tag}, {Text: v.when(c, one.Made), Note: v.who(c, by)}}})
	}
	return out
}

func (v listView) field(c *web.Context) ui.Field {
	f := ui.Field{Name: "title", Label: c.T("studio.set_title"), Hint: c.T("studio.set_hint")}
	if v.failed != nil {
		f.Error = page.FaultText(c, v.failed.Fields, "title")
	}
	return f
}
