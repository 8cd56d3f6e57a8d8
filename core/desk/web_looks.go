package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Where the looks of an agency are, and the city's totals.
const (
	looksPath  = "/desk/looks"
	totalsPath = "/looks/unusual"
)

func (m *Module) lookRoutes(s *web.Server) {
	read := s.Operation(act.Operation{Name: "desk.looks", Object: "desk", May: act.SameAgency, Assurance: act.Basic})
	judge := s.Operation(act.Operation{Name: "desk.judge_look", Object: "desk", May: act.SameAgency, Assurance: act.Basic, Changes: true})
	totals := s.Operation(act.Operation{Name: "desk.unusual_totals", May: act.Everyone, PerMinute: 120})
	s.Page(read, "GET "+looksPath, m.showLooks)
	s.Page(judge, "POST "+looksPath, m.postJudge)
	s.Page(totals, "GET "+totalsPath, m.showTotals)
	s.API(read, "GET /api/v1/desk/looks", m.apiLooks, web.Describe{Tag: "desk", Summary: "Looks of the agency's officials in four weeks, and the unusual ones; the head may", Out: looksBody{}})
	s.API(judge, "POST /api/v1/desk/looks", m.apiJudge, web.Describe{Tag: "desk", Summary: "Mark an unusual look: explained, inquiry, then founded or unfounded; the head may, never of their own", In: judgeForm{}})
	s.API(totals, "GET /api/v1/looks/unusual", m.apiTotals, web.Describe{Summary: "Unusual looks of the whole city by year, and what came of them", Out: []UnusualYear{}})
}

// looksView is the head's page of looks.
type looksView struct {
	place
	Stats  LookStats
	List   []Unusual
	Names  map[id.ID]lang.Name
	Failed *fault.Fault
	Typed  judgeForm
}

type judgeForm struct {
	Look  id.ID  `json:"look"`
	Mark  string `json:"mark" max:"20" doc:"explained or inquiry; of an inquiry: founded or unfounded"`
	Words string `json:"words" max:"4000"`
}

func (m *Module) showLooks(c *web.Context) error { return m.looksPage(c, judgeForm{}, nil) }

func (m *Module) readLooks(c *web.Context) (looksView, error) {
	var v looksView
	var err error
	if v.place, err = m.place(c); err != nil {
		return v, err
	}
	if v.Stats, err = m.LookStats(c.Context(), v.act); err != nil {
		return v, err
	}
	if v.List, err = m.Unusual(c.Context(), v.act); err != nil {
		return v, err
	}
	var people []id.ID
	for _, o := range v.Stats.Officials {
		people = append(people, o.Person)
	}
	for _, one := range v.List {
		people = append(people, one.Official, one.By)
	}
	v.Names, err = m.names(c, people...)
	return v, err
}

func (m *Module) looksPage(c *web.Context, typed judgeForm, failed *fault.Fault) error {
	v, err := m.readLooks(c)
	if err != nil {
		return err
	}
	v.Typed, v.Failed = typed, failed
	return m.render(c, "desk.looks.title", failed, crumbs(c, "desk.looks.title"), looksPage(c, v))
}

func (m *Module) postJudge(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form judgeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	failed, err := told(m.Judge(c.Context(), v.act, form.Look, Mark(form.Mark), form.Words))
	if err != nil {
		return err
	}
	if failed != nil {
		return m.looksPage(c, form, failed.With(fault.Field{Name: "words-" + form.Look.String(), ID: failed.ID}))
	}
	c.SetFlash("success", "desk.looks.marked")
	return c.Redirect(looksPath)
}

func (m *Module) showTotals(c *web.Context) error {
	list, err := m.totals(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("desk.unusual.totals"), Layout: page.Plain}, totalsPage(c, list))
}

func (m *Module) totals(c *web.Context) ([]UnusualYear, error) {
	if err := c.May(act.Object{}); err != nil {
		return nil, err
	}
	return m.UnusualYears(c.Context())
}

func (m *Module) apiTotals(c *web.Context) error {
	list, err := m.totals(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, list)
}

type looksBody struct {
	Since     time.Time      `json:"since"`
	Total     int64          `json:"total"`
	Officials []officialBody `json:"officials"`
	Purposes  []purposeBody  `json:"purposes"`
	Hours     []int64        `json:"hours" doc:"24, by the hour of the city's day"`
	Unusual   []unusualBody  `json:"unusual"`
}

type officialBody struct {
	Person id.ID     `json:"person"`
	Name   lang.Name `json:"name"`
	Looks  int64     `json:"looks"`
}

type purposeBody struct {
	Purpose string `json:"purpose"`
	Looks   int64  `json:"looks"`
}

type unusualBody struct {
	ID       id.ID     `json:"id"`
	Rule     string    `json:"rule" doc:"outside, no_case, many, relatives, after_hours"`
	Reason   string    `json:"reason"`
	Official id.ID     `json:"official"`
	Name     lang.Name `json:"name"`
	Hour     time.Time `json:"hour"`
	Case     string    `json:"case,omitempty" doc:"Number"`
	Looks    int64     `json:"looks"`
	People   int64     `json:"people"`
	State    Mark      `json:"state" doc:"open, explained, inquiry, founded, unfounded"`
	Words    string    `json:"words,omitempty"`
}

func (m *Module) apiLooks(c *web.Context) error {
	v, err := m.readLooks(c)
	if err != nil {
		return err
	}
	out := looksBody{Since: v.Stats.Since, Total: v.Stats.Total, Hours: v.Stats.Hours[:], Officials: []officialBody{}, Purposes: []purposeBody{}, Unusual: []unusualBody{}}
	for _, o := range v.Stats.Officials {
		out.Officials = append(out.Officials, officialBody{o.Person, v.Names[o.Person], o.Looks})
	}
	for _, p := range v.Stats.Purposes {
		out.Purposes = append(out.Purposes, purposeBody(p))
	}
	for _, one := range v.List {
		out.Unusual = append(out.Unusual, unusualBody{
			ID: one.ID, Rule: one.Rule, Reason: v.reason(c, one), Official: one.Official, Name: v.Names[one.Official], Hour: one.Hour, Case: one.Number, Looks: one.Looks,
			People: one.People, State: one.Mark, Words: one.Words,
		})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiJudge(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var body judgeForm
	if err := c.Bind(&body); err != nil {
		return err
	}
	if err := m.Judge(c.Context(), v.act, body.Look, Mark(body.Mark), body.Words); err != nil {
		return err
	}
	return c.Empty()
}

// reason says why a look is unusual.
func (v looksView) reason(c *web.Context, one Unusual) string {
	return c.T("desk.unusual.rule."+one.Rule, "looks", lang.Number(c.Lang(), one.Looks), "people", lang.Number(c.Lang(), one.People), "usual", lang.Number(c.Lang(), one.Usual))
}

func (v looksView) name(c *web.Context, person id.ID) string {
	if name := v.Names[person].Full(c.Lang()); name != "" {
		return name
	}
	return person.String()
}

func (v looksView) when(c *web.Context, at time.Time) string {
	return lang.FullMoment(c.Lang(), at, v.city.Days().Zone())
}

// marks are what the head may do with an unusual look now.
func (v looksView) marks(one Unusual) []Mark {
	if v.act.Is(one.Official) {
		return nil
	}
	return after[one.Mark]
}

func (v looksView) officialTable(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("desk.looks.by_official"), Columns: []ui.Column{{Title: c.T("desk.team.name")}, {Title: c.T("desk.looks.count")}}}
	for _, o := range v.Stats.Officials {
		out.Rows = append(out.Rows, ui.TableRow{Title: v.name(c, o.Person), Cells: []ui.TableCell{{Text: lang.Number(c.Lang(), o.Looks)}}})
	}
	return out
}

func (v looksView) purposeRows(c *web.Context) []ui.SummaryRow {
	known := []string{"case", "service", "account", "investigation"}
	var out []ui.SummaryRow
	var other int64
	for _, p := range v.Stats.Purposes {
		if !slices.Contains(known, p.Purpose) {
			other += p.Looks
			continue
		}
		out = append(out, ui.SummaryRow{Name: c.T("desk.looks.purpose." + p.Purpose), Value: lang.Number(c.Lang(), p.Looks)})
	}
	if other > 0 {
		out = append(out, ui.SummaryRow{Name: c.T("desk.looks.purpose.other"), Value: lang.Number(c.Lang(), other)})
	}
	return out
}

// hoursOfBar are in one column: a column an hour is more than a phone shows.
const hoursOfBar = 3

func (v looksView) hourBars(c *web.Context) ui.BarsProps {
	var out ui.BarsProps
	var said []string
	for from := 0; from < len(v.Stats.Hours); from += hoursOfBar {
		var n int64
		for _, one := range v.Stats.Hours[from:min(from+hoursOfBar, len(v.Stats.Hours))] {
			n += one
		}
		label, text := fmt.Sprintf("%d–%d", from, from+hoursOfBar), lang.Number(c.Lang(), n)
		out.Items = append(out.Items, ui.Bar{Label: label, Text: text, Value: float64(n)})
		if n > 0 {
			said = append(said, label+": "+text)
		}
	}
	out.Label = c.T("desk.looks.by_hour") + ": " + strings.Join(said, ", ")
	return out
}

func yearRows(c *web.Context, y UnusualYear) []ui.SummaryRow {
	number := func(key string, n int64) ui.SummaryRow {
		return ui.SummaryRow{Name: c.T("desk.unusual.total_" + key), Value: lang.Number(c.Lang(), n)}
	}
	return []ui.SummaryRow{number("found", y.Found), number("explained", y.Explained), number("inquiries", y.Inquiries), number("founded", y.Founded), number("open", y.Open)}
}
