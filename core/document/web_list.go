package document

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// listsMost is how many pages of lists a minute one address may read.
const listsMost = 120

func (m *Module) listRoutes(s *web.Server) {
	lists := s.Operation(act.Operation{Name: "document.lists", May: act.Everyone, PerMinute: listsMost})
	file := s.Operation(act.Operation{Name: "document.lists_csv", May: act.Everyone, PerMinute: 10})
	desk := s.Operation(act.Operation{Name: "document.desk_list", Object: "list", May: act.SameAgency, Assurance: act.Basic})

	s.Page(lists, "GET /lists", m.showLists)
	s.Page(lists, "GET /lists/{list}", m.showEntries)
	s.Page(file, "GET /lists/{list}/csv", m.sendEntries)
	s.Page(desk, "GET /desk/lists/{list}", m.showDeskEntries)
	s.API(lists, "GET /api/v1/lists", m.apiLists, web.Describe{Summary: "The city's public lists", Out: []wireList{}})
	s.API(lists, "GET /api/v1/lists/{list}", m.apiEntries, web.Describe{
		Summary: "Lines of a public list, the newest first", Out: wireEntries{},
		Params: []web.Param{
			{Name: "q", Text: "words that number and facts hold side by side"}, {Name: "all", Text: "1: also lines that are over"},
			{Name: "after", Text: "`next` of the page before"},
		},
	})
}

// publicLists are those that everybody may read.
func (m *Module) publicLists() []service.List {
	var out []service.List
	if city := m.city(); city != nil {
		for _, l := range city.Lists {
			if l.Public {
				out = append(out, l)
			}
		}
	}
	return out
}

// publicList is the list that the address names. One that is not public is not there.
func (m *Module) publicList(c *web.Context) (*service.List, error) {
	l, err := m.list(c.Path("list"))
	if err != nil {
		return nil, err
	}
	if !l.Public {
		return nil, ErrNone
	}
	return l, nil
}

func (m *Module) showLists(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("document.list.title"), Layout: page.Plain}, listsPage(c, m.publicLists()))
}

// listQuery is what the address of a list narrows it by.
type listQuery struct {
	Q     string `json:"q" max:"200"`
	All   bool   `json:"all"`
	After string `json:"after" max:"40"`
}

func (q listQuery) entries() EntryQuery { return EntryQuery{Words: q.Q, All: q.All, After: q.After} }

// href is the address of the same list, narrowed in the same way, after a line.
func (q listQuery) href(path, after string) string {
	values := url.Values{}
	for name, value := range map[string]string{"q": q.Q, "after": after} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.All {
		values.Set("all", "1")
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// listView is a page of a list.
type listView struct {
	List  *service.List
	Path  string
	Query listQuery
	Page  EntryPage
	Desk  bool // for officials: each line leads to its document
}

func (m *Module) readList(c *web.Context, l *service.List, path string) (listView, error) {
	view := listView{List: l, Path: path}
	if err := c.Bind(&view.Query); err != nil {
		return view, err
	}
	var err error
	view.Page, err = m.Entries(c.Context(), l.Key, view.Query.entries())
	return view, err
}

func (m *Module) showEntries(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	l, err := m.publicList(c)
	if err != nil {
		return err
	}
	view, err := m.readList(c, l, "/lists/"+l.Key)
	if err != nil {
		return err
	}
	title := l.Title.In(c.Lang())
	crumbs := []ui.Link{{Text: c.T("document.list.title"), Href: "/lists"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Public, Crumbs: crumbs}, entriesPage(m, c, view))
}

// showDeskEntries is a list as the officials of its agency see it: also one that is not public, whose lines lead to the
// documents, where the look is recorded.
func (m *Module) showDeskEntries(c *web.Context) error {
	l, err := m.list(c.Path("list"))
	if err != nil {
		return err
	}
	if err := c.May(act.Object{Kind: "list", Agency: agencyID(l.Agency)}); err != nil {
		return err
	}
	view, err := m.readList(c, l, "/desk/lists/"+l.Key)
	if err != nil {
		return err
	}
	view.Desk = true
	title := l.Title.In(c.Lang())
	crumbs := []ui.Link{{Text: c.T("document.desk.title"), Href: "/desk/documents"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: crumbs}, entriesPage(m, c, view))
}

// table is a list's page as a table: number, facts, days, standing.
func (m *Module) table(c *web.Context, v listView) ui.DataTableProps {
	l := c.Lang()
	keys, words := labels(v.Page.Entries, l)
	out := ui.DataTableProps{Caption: v.List.Title.In(l), Columns: []ui.Column{{Title: c.T("document.fact.number")}}}
	for _, w := range append(words, c.T("document.fact.validity"), c.T("document.list.standing")) {
		out.Columns = append(out.Columns, ui.Column{Title: w})
	}
	for _, e := range v.Page.Entries {
		row := ui.TableRow{Title: id.FormatNumber(e.Number), Href: "/check?q=" + e.Number}
		if v.Desk {
			row.Href = "/desk/documents/" + e.Result.String()
		}
		for _, key := range keys {
			row.Cells = append(row.Cells, ui.TableCell{Text: e.value(key, l)})
		}
		tag := m.tag(c, e.Standing(m.today()))
		row.Cells = append(row.Cells, ui.TableCell{Text: m.span(l, e)}, ui.TableCell{Tag: &tag})
		out.Rows = append(out.Rows, row)
	}
	return out
}

// span says from when to when a line is good.
func (m *Module) span(l lang.Language, e Entry) string {
	if e.Until.IsZero() {
		return m.base.Texts.Text(l, "document.list.since", "from", lang.Date(l, e.Since))
	}
	return m.base.Texts.Text(l, "document.list.span", "from", lang.Date(l, e.Since), "until", lang.Date(l, e.Until))
}

// csvMost is how many lines a file of a list has at most.
const csvMost = 100_000

// sendEntries is the whole list as a file: UTF-8, commas (RFC 4180), narrowed as the page is.
func (m *Module) sendEntries(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	l, err := m.publicList(c)
	if err != nil {
		return err
	}
	var q listQuery
	if err := c.Bind(&q); err != nil {
		return err
	}
	all := []Entry{}
	narrow := q.entries()
	narrow.Most = entriesMost
	for len(all) < csvMost {
		some, err := m.Entries(c.Context(), l.Key, narrow)
		if err != nil {
			return err
		}
		all = append(all, some.Entries...)
		if narrow.After = some.Next; narrow.After == "" {
			break
		}
	}
	return c.File(web.File{Name: l.Key + ".csv", Type: "text/csv; charset=utf-8", Data: m.csv(c, all)}, false)
}

func (m *Module) csv(c *web.Context, all []Entry) []byte {
	l := c.Lang()
	keys, words := labels(all, l)
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	head := append([]string{c.T("document.fact.number")}, words...)
	// A buffer takes everything: the writer has no error to tell.
	_ = w.Write(append(head, c.T("document.fact.from"), c.T("document.fact.until"), c.T("document.list.standing")))
	for _, e := range all {
		line := []string{id.FormatNumber(e.Number)}
		for _, key := range keys {
			line = append(line, harmless(e.value(key, l)))
		}
		_ = w.Write(append(line, e.Since.String(), dayText(e.Until), c.T("document.standing."+string(e.Standing(m.today())))))
	}
	w.Flush()
	return out.Bytes()
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// harmless keeps a table program from taking a value for a formula.
func harmless(value string) string {
	if value != "" && strings.ContainsRune("=+-@\t\r", rune(value[0])) {
		return "'" + value
	}
	return value
}

// wireList is a list of the city.
type wireList struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	About string `json:"about"`
}

// wireEntry is a line of a list.
type wireEntry struct {
	Number   string         `json:"number"`
	Since    calendar.Date  `json:"since"`
	Until    *calendar.Date `json:"until,omitempty"`
	Revoked  *calendar.Date `json:"revoked,omitempty"`
	Standing Standing       `json:"standing"`
	Facts    []wireFact     `json:"facts"`
}

// wireEntries is a page of a list.
type wireEntries struct {
	List    wireList    `json:"list"`
	Entries []wireEntry `json:"entries"`
	Next    string      `json:"next,omitempty" doc:"for ?after= of the next page; left out: this is the last one"`
}

func toWireList(l service.List, in lang.Language) wireList {
	return wireList{Key: l.Key, Title: l.Title.In(in), About: l.About.In(in)}
}

func (m *Module) apiLists(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	out := []wireList{}
	for _, l := range m.publicLists() {
		out = append(out, toWireList(l, c.Lang()))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiEntries(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	l, err := m.publicList(c)
	if err != nil {
		return err
	}
	view, err := m.readList(c, l, "")
	if err != nil {
		return err
	}
	out := wireEntries{List: toWireList(*l, c.Lang()), Entries: []wireEntry{}, Next: view.Page.Next}
	for _, e := range view.Page.Entries {
		out.Entries = append(out.Entries, wireEntry{
			Number: e.Number, Since: e.Since, Until: dateOrNil(e.Until), Revoked: dateOrNil(e.Ended), Standing: e.Standing(m.today()), Facts: wireFacts(e.Facts, c.Lang()),
		})
	}
	return c.JSON(http.StatusOK, out)
}
