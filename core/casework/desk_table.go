package casework

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// title is what the list is called: the department when there is only one in question, else the agency.
func (d deskList) title(c *web.Context) string {
	if d.office == nil {
		return c.T("casework.desk.title")
	}
	shown := d.shown()
	for _, q := range shown {
		if q.Key == d.Query.Queue || len(shown) == 1 {
			return q.Title.In(c.Lang())
		}
	}
	return d.office.Short.In(c.Lang())
}

func (d deskList) head(c *web.Context) ui.DeskHeadProps {
	figure := func(key string, tone ui.Tone) ui.Figure {
		n := d.Counts[key]
		if n.Count == 0 {
			tone = ui.Neutral
		}
		return ui.Figure{Value: n.words(c.Lang()), Text: c.T("casework.desk.figure." + key), Tone: tone}
	}
	return ui.DeskHeadProps{
		Title: d.title(c), Note: c.T("casework.desk.at_work", "count", d.Counts["all"].Count),
		Figures: []ui.Figure{figure("overdue", ui.Fault), figure("today", ui.Warning), figure("free", ui.Neutral)},
	}
}

func (d deskList) views(c *web.Context) ui.ViewsProps {
	var out ui.ViewsProps
	for _, v := range d.deskViews() {
		out.Items = append(out.Items, ui.Link{
			Text: c.T("casework.desk.view." + v.Key), Href: v.Query.address("/desk"), Count: int(d.Counts[v.Key].Count), Current: d.Query.narrowing() == v.Query,
		})
	}
	return out
}

// filters are what the list can be narrowed by: only what there is to choose from.
func (d deskList) filters(c *web.Context) ui.FiltersProps {
	l := c.Lang()
	out := ui.FiltersProps{Action: "/desk"}
	add := func(name, value string, choices []ui.Choice) {
		if len(choices) < 2 && value == "" {
			return
		}
		all := ui.Choice{Text: c.T("casework.desk.any." + name)}
		out.Fields = append(out.Fields, ui.Filter{Name: name, Label: c.T("casework.desk.filter." + name), Value: value, Choices: append([]ui.Choice{all}, choices...)})
	}
	if d.Query.Search != "" {
		out.Fields = append(out.Fields, ui.Filter{Name: "q", Label: c.T("casework.desk.filter.q"), Value: d.Query.Search})
	}
	add("queue", d.Query.Queue, choicesOf(d.shown(), func(q service.Queue) ui.Choice { return ui.Choice{Value: q.Key, Text: q.Title.In(l)} }))
	add("service", d.Query.Service, choicesOf(d.services(), func(s *service.Service) ui.Choice { return ui.Choice{Value: s.Key, Text: s.Title.In(l)} }))
	add("district", d.Query.District, choicesOf(d.city.Places.Districts, func(p service.District) ui.Choice { return ui.Choice{Value: p.Key, Text: p.Title.In(l)} }))
	add("status", d.Query.Status, choicesOf(deskStatuses, func(s Status) ui.Choice {
		return ui.Choice{Value: string(s), Text: c.T("casework.desk.status." + string(s))}
	}))
	add("term", d.Query.Term, choicesOf([]string{termOverdue, termToday, termWeek}, func(t string) ui.Choice { return ui.Choice{Value: t, Text: c.T("casework.desk.term." + t)} }))
	out.Fields = append(out.Fields, ui.Filter{Name: "owner", Label: c.T("casework.desk.filter.owner"), Value: d.Query.Owner,
		Choices: choicesOf(d.owners(), func(o string) ui.Choice { return ui.Choice{Value: o, Text: c.T("casework.desk.of." + o)} })})
	return out
}

// owners are whose cases the list may be narrowed to.
func (d deskList) owners() []string {
	out := []string{ownerWork, ownerMe}
	if len(d.scope.For) > 0 {
		out = append(out, ownerOther)
	}
	return append(out, ownerFree, ownerAll)
}

// deskViews are the views, without those to which nothing is there to be seen yet.
func (d deskList) deskViews() []deskView {
	return slices.DeleteFunc(d.workplace.views(), func(v deskView) bool {
		return v.Key == "confirm" && d.Counts[v.Key].Count == 0 && d.Query.narrowing() != v.Query
	})
}

func choicesOf[T any](list []T, one func(T) ui.Choice) []ui.Choice {
	out := make([]ui.Choice, 0, len(list))
	for _, item := range list {
		out = append(out, one(item))
	}
	return out
}

func (d deskList) bulk(c *web.Context) ui.BulkBarProps {
	return ui.BulkBarProps{Actions: []ui.ButtonProps{
		{Text: c.T("casework.desk.take_ticked"), Kind: ui.Secondary, Size: ui.Small, Icon: "user-plus"},
		{Text: c.T("casework.desk.more_acts"), Kind: ui.Ghost, Size: ui.Small, Icon: "sliders-horizontal", Action: "/desk/bulk/choose"},
		{Text: c.T("casework.desk.export"), Kind: ui.Ghost, Size: ui.Small, Icon: "download-simple", Href: d.Query.address("/desk/list.csv")},
	}}
}

func (d deskList) table(c *web.Context) ui.DataTableProps {
	sort := "ascending"
	if d.Query.Order == orderLatest {
		sort = "descending"
	}
	out := ui.DataTableProps{Caption: c.T("casework.desk.caption"), Select: "case", Columns: []ui.Column{
		{Title: c.T("casework.desk.column.case")}, {Title: c.T("casework.desk.column.due"), Href: d.Query.turned().address(d.Path), Sort: sort, Role: "deadline"},
		{Title: c.T("casework.desk.column.status")}, {Title: c.T("casework.desk.column.owner"), Role: "owner"},
	}}
	for _, line := range d.Page.Lines {
		out.Rows = append(out.Rows, d.row(c, line))
	}
	return out
}

func (d deskList) row(c *web.Context, line QueueLine) ui.TableRow {
	number := id.FormatNumber(line.Number)
	beside := d.Query
	beside.Case = number
	deadline := d.deadline(line)
	open := d.Panel != nil && d.Panel.ID == line.ID
	out := ui.TableRow{
		Value: number, Label: c.T("casework.desk.tick", "number", number), Open: open, Title: d.Names[line.Applicant].Initials(c.Lang()),
		Href: beside.address(d.Path), Note: d.where(c, line),
	}
	owner, mine := d.ownerOf(c, line)
	status := ui.TableCell{Tag: deskTag(c, line.Status), Note: d.lineNote(c, line)}
	if open { // where the panel has no room beside the list, this is the way to the case
		status = ui.TableCell{Body: openRow(c, line.Status, deskPath(line.Number))}
	}
	out.Cells = []ui.TableCell{{Sla: deadline.sla(c), Note: deadline.note(c)}, status, {Text: owner, Muted: !mine}}
	if out.Title == "" {
		out.Title = number
	}
	return out
}

func (d deskList) deadline(line QueueLine) deskDeadline {
	return deskDeadline{Due: line.Due, Waits: line.Status == StatusAsked, Days: d.city.Days()}
}

// where is the number with the district.
func (d deskList) where(c *web.Context, line QueueLine) string {
	parts := []string{id.FormatNumber(line.Number)}
	for _, p := range d.city.Places.Districts {
		if p.Key == line.District {
			parts = append(parts, p.Title.In(c.Lang()))
		}
	}
	return strings.Join(parts, ", ")
}

// lineNote is what stands out in a case; the service where the list mixes several and nothing else does.
func (d deskList) lineNote(c *web.Context, line QueueLine) string {
	switch {
	case line.Note != "":
		return c.T(line.Note)
	case d.Query.Service == "" && len(d.services()) > 1:
		return d.serviceTitle(c.Lang(), line.Service)
	}
	return ""
}

func (d deskList) serviceTitle(l lang.Language, key string) string {
	if s, ok := d.city.Service(key); ok {
		return s.Title.In(l)
	}
	return key
}

// ownerOf says who has the case, and whether anybody has.
func (d deskList) ownerOf(c *web.Context, line QueueLine) (string, bool) {
	who, ok := line.owner()
	switch {
	case !ok:
		return c.T("casework.desk.nobody_has"), false
	case who == c.Person():
		return c.T("casework.desk.you"), true
	}
	name := c.T("casework.official")
	if known, ok := d.Names[who]; ok {
		name = known.Initials(c.Lang())
	}
	if has(d.scope.For, who) {
		return c.T("casework.desk.for", "name", name), true
	}
	return name, true
}

func (d deskList) pages(c *web.Context) ui.PaginationProps {
	var out ui.PaginationProps
	if back, ok := d.Query.back(); ok {
		out.Previous = back.address(d.Path)
	}
	if d.Page.Next != "" {
		out.Next = d.Query.forward(d.Page.Next).address(d.Path)
	}
	first := 1
	if d.Query.After != "" {
		first += deskRows * (len(d.Query.trail()) + 1)
	}
	out.Summary = c.T("casework.desk.shown", "first", first, "last", first+len(d.Page.Lines)-1, "total", d.Total.words(c.Lang()))
	if len(d.Query.trail()) >= trailMost { // how far the list was walked is not known any more
		out.Summary = c.T("casework.desk.total", "total", d.Total.words(c.Lang()))
	}
	return out
}

// empty says why there is nothing, and what to do.
func (d deskList) empty(c *web.Context) ui.EmptyStateProps {
	key := "empty"
	switch {
	case d.Query.Search != "":
		key = "empty_search"
	case d.Query.narrowing() == deskQuery{Owner: ownerWork}:
		key = "empty_work"
	case d.Query.narrowing() != deskQuery{Owner: d.firstOwner()}:
		key = "empty_filter"
	}
	out := ui.EmptyStateProps{Title: c.T("casework.desk." + key), Text: c.T("casework.desk." + key + "_text")}
	if key != "empty" {
		out.Action = &ui.ButtonProps{Text: c.T("casework.desk.show_all"), Href: "/desk?owner=all", Kind: ui.Secondary}
	}
	return out
}

// sendList gives the shown page as a table for a spreadsheet.
func (d *desk) sendList(c *web.Context) error {
	return d.list(c, "/desk", func(c *web.Context, out deskList) error {
		data, err := out.csv(c)
		if err != nil {
			return err
		}
		return c.File(web.File{Name: "queue-" + out.city.Days().Today(c.Now()).String() + ".csv", Type: "text/csv; charset=utf-8", Data: data}, false)
	})
}

func (d deskList) csv(c *web.Context) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff") // spreadsheets take a file without it for another encoding
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	rows := [][]string{{
		c.T("casework.number"), c.T("casework.applicant"), c.T("casework.service"), c.T("casework.desk.filter.district"), c.T("casework.desk.column.status"),
		c.T("casework.submitted"), c.T("casework.desk.column.due"), c.T("casework.desk.column.owner"),
	}}
	zone := d.city.Days().Zone()
	for _, line := range d.Page.Lines {
		owner, _ := d.ownerOf(c, line)
		_, district, _ := strings.Cut(d.where(c, line), ", ")
		rows = append(rows, []string{
			id.FormatNumber(line.Number), d.Names[line.Applicant].Full(c.Lang()), d.serviceTitle(c.Lang(), line.Service), district,
			c.T("casework.desk.status." + string(line.Status)), line.Submitted.In(zone).Format("2006-01-02 15:04"), line.Due.In(zone).Format("2006-01-02 15:04"), owner,
		})
	}
	for _, row := range rows {
		for i := range row {
			row[i] = harmless(row[i])
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("casework: list as CSV: %w", err)
	}
	return out.Bytes(), nil
}

// harmless keeps a spreadsheet from taking a person's text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
