package desk

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/casework"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"

	"github.com/a-h/templ"
)

// day puts a civil day into words.
func day(l lang.Language, text string) string {
	d, err := calendar.ParseDate(text)
	if err != nil {
		return text
	}
	return lang.DayMonth(l, d)
}

// dayOr is a day in words, or nothing where it is not known.
func dayOr(l lang.Language, text string) string {
	if text == "" {
		return ""
	}
	return day(l, text)
}

func (p place) skill(l lang.Language, key string) string {
	for _, s := range p.office.Skills {
		if s.Key == key {
			return s.Title.In(l)
		}
	}
	return key
}

func (p place) district(l lang.Language, key string) string {
	for _, d := range p.city.Places.Districts {
		if d.Key == key {
			return d.Title.In(l)
		}
	}
	return key
}

func (p place) queue(l lang.Language, key string) string {
	if q, ok := p.office.Queue(key); ok {
		return q.Title.In(l)
	}
	return key
}

func (p place) service(l lang.Language, key string) string {
	if s, ok := p.city.Service(key); ok {
		return s.Title.In(l)
	}
	return key
}

func words(keys []string, one func(string) string) string {
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = one(key)
	}
	return strings.Join(out, ", ")
}

func (v teamView) head(c *web.Context) ui.DeskHeadProps {
	out := ui.DeskHeadProps{Title: c.T("desk.team.title"), Note: v.office.Short.In(c.Lang())}
	if v.Charts == nil {
		return out
	}
	var open, overdue, free int64
	for _, q := range v.Charts.Queues {
		open, overdue, free = open+q.Open, overdue+q.Overdue, free+q.Free
	}
	out.Figures = []ui.Figure{
		{Value: lang.Number(c.Lang(), overdue), Text: c.T("casework.desk.figure.overdue"), Tone: toneOf(overdue, ui.Fault)},
		{Value: lang.Number(c.Lang(), open), Text: c.T("desk.chart.open")}, {Value: lang.Number(c.Lang(), free), Text: c.T("casework.desk.figure.free")},
	}
	return out
}

func toneOf(n int64, tone ui.Tone) ui.Tone {
	if n == 0 {
		return ui.Neutral
	}
	return tone
}

// people is the table of the team: what each can do, and for the head how much they have.
func (v teamView) people(c *web.Context) ui.DataTableProps {
	l := c.Lang()
	out := ui.DataTableProps{Caption: c.T("desk.team.people"), Columns: []ui.Column{{Title: c.T("desk.team.name")}, {Title: c.T("desk.team.can")}, {Title: c.T("desk.team.where")}}}
	if v.Charts != nil {
		out.Columns = append(out.Columns, ui.Column{Title: c.T("desk.chart.load")}, ui.Column{Title: c.T("desk.team.change")})
	}
	for _, w := range v.Team {
		row := ui.TableRow{Title: v.Names[w.Person].Full(l), Note: c.T("agency.role." + w.Role)}
		can := ui.TableCell{Text: words(w.Skills, func(k string) string { return v.skill(l, k) }), Note: words(w.Queues, func(k string) string { return v.queue(l, k) })}
		if len(w.Queues) == 0 {
			can.Note = c.T("desk.team.every_queue")
		}
		where := ui.TableCell{Text: words(w.Districts, func(k string) string { return v.district(l, k) })}
		if len(w.Districts) == 0 {
			where.Text, where.Muted = c.T("desk.team.every_district"), true
		}
		if w.Absence != nil {
			where.Note = c.T("desk.team.is_away", "until", day(l, w.Absence.Until), "name", v.Names[w.Absence.Substitute].Initials(l))
		}
		row.Cells = []ui.TableCell{can, where}
		if v.Charts != nil {
			row.Cells = append(row.Cells, v.load(c, w), ui.TableCell{Body: editLink(c.T("desk.team.change"), v.Names[w.Person].Full(l), "/desk/team?edit="+w.Person.String()+"#edit")})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (v teamView) load(c *web.Context, w Worker) ui.TableCell {
	for _, p := range v.Charts.People {
		if p.Person == w.Person {
			out := ui.TableCell{Text: c.T("desk.chart.in_hand", "count", p.Open), Note: c.T("desk.chart.has_decided", "count", p.Decided)}
			if p.Overdue > 0 {
				out.Sla = &ui.SlaProps{Text: c.T("desk.chart.is_overdue", "count", p.Overdue), Tone: ui.Fault}
			}
			return out
		}
	}
	return ui.TableCell{}
}

func (v teamView) awayRows(c *web.Context) []ui.SummaryRow {
	l := c.Lang()
	var out []ui.SummaryRow
	for _, a := range v.Away {
		name := v.Names[a.Person].Full(l)
		text := c.T("desk.team.away_line", "since", day(l, a.Since), "until", day(l, a.Until), "name", v.Names[a.Substitute].Full(l))
		mine := isHead(v.act) || a.Person == c.Person()
		out = append(out, ui.SummaryRow{Name: name, Body: awayEnd(c, a, text, name, mine)})
	}
	return out
}

func (v teamView) field(c *web.Context, name string) ui.Field {
	out := ui.Field{Name: name, Label: c.T("desk.team.field." + name)}
	if v.Failed != nil {
		out.Error = page.FaultText(c, v.Failed.Fields, name)
	}
	return out
}

func (v teamView) choices(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, w := range v.Team {
		out = append(out, ui.Choice{Value: w.Person.String(), Text: v.Names[w.Person].Full(c.Lang())})
	}
	return out
}

func (v teamView) skills(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, s := range v.office.Skills {
		out = append(out, ui.Choice{Value: s.Key, Text: s.Title.In(c.Lang())})
	}
	return out
}

func (v teamView) districts(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, d := range v.city.Places.Districts {
		out = append(out, ui.Choice{Value: d.Key, Text: d.Title.In(c.Lang())})
	}
	return out
}

func (v teamView) queueTable(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("desk.chart.queues"), Columns: []ui.Column{
		{Title: c.T("desk.chart.queue")}, {Title: c.T("desk.chart.open")}, {Title: c.T("desk.chart.free")}, {Title: c.T("desk.chart.overdue")},
	}}
	for _, q := range v.Charts.Queues {
		late := ui.TableCell{Text: lang.Number(c.Lang(), q.Overdue)}
		if q.Overdue > 0 {
			late = ui.TableCell{Sla: &ui.SlaProps{Text: late.Text, Tone: ui.Fault}}
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: v.queue(c.Lang(), q.Queue), Href: "/desk?owner=all&queue=" + url.QueryEscape(q.Queue), Cells: []ui.TableCell{
			{Text: lang.Number(c.Lang(), q.Open)}, {Text: lang.Number(c.Lang(), q.Free)}, late,
		}})
	}
	return out
}

// freeQueues are the queues with the number of their free cases.
func (v teamView) freeQueues(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, q := range v.Charts.Queues {
		out = append(out, ui.Choice{Value: q.Queue, Text: c.T("desk.spread.choice", "queue", v.queue(c.Lang(), q.Queue), "count", q.Free)})
	}
	return out
}

// weeks are the four weeks as columns: the days themselves stand in the table below.
func (v teamView) weeks(c *web.Context) ui.BarsProps {
	l := c.Lang()
	var said []string
	out := ui.BarsProps{}
	for i := 0; i < len(v.Charts.Days); i += 7 {
		week := v.Charts.Days[i:min(i+7, len(v.Charts.Days))]
		var n int64
		for _, d := range week {
			n += d.Decided
		}
		last := week[len(week)-1]
		out.Items = append(out.Items, ui.Bar{Label: shortDay(l, week[0].Day) + " – " + shortDay(l, last.Day), Text: lang.Number(l, n), Value: float64(n), Current: i+7 >= len(v.Charts.Days)})
		said = append(said, day(l, week[0].Day)+": "+lang.Number(l, n))
	}
	out.Label = c.T("desk.chart.weeks", "list", strings.Join(said, "; "))
	return out
}

// shortDay fits under a narrow column; the days stand in full beside it.
func shortDay(l lang.Language, text string) string {
	d, err := calendar.ParseDate(text)
	if err != nil || l != lang.Russian {
		return day(l, text)
	}
	return fmt.Sprintf("%d.%02d", d.Day(), int(d.Month()))
}

func (v teamView) dayRows(c *web.Context) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, d := range slices.Backward(v.Charts.Days) {
		text := lang.Number(c.Lang(), d.Decided)
		if d.Late > 0 {
			text += ", " + c.T("desk.chart.of_them_late", "count", d.Late)
		}
		out = append(out, ui.SummaryRow{Name: day(c.Lang(), d.Day), Value: text})
	}
	return out
}

func (v teamView) age(c *web.Context, a AgeLoad) string {
	if a.To == 0 {
		return c.T("desk.chart.older", "days", a.From)
	}
	return c.T("desk.chart.age", "from", a.From, "to", a.To-1)
}

func (v teamView) ageBars(c *web.Context) ui.BarsProps {
	var out ui.BarsProps
	for _, a := range v.Charts.Ages {
		out.Items = append(out.Items, ui.Bar{Label: v.age(c, a), Text: lang.Number(c.Lang(), a.Open), Value: float64(a.Open)})
	}
	out.Label = c.T("desk.chart.ages")
	return out
}

func (v teamView) ageRows(c *web.Context) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, a := range v.Charts.Ages {
		out = append(out, ui.SummaryRow{Name: v.age(c, a), Value: lang.Number(c.Lang(), a.Open)})
	}
	return out
}

func (v chooseView) numbers() string {
	return words(v.Typed.Case, func(n string) string { return n })
}

func (v chooseView) field(c *web.Context, name string) ui.Field {
	out := ui.Field{Name: name, Label: c.T("desk.bulk.field." + name)}
	if name == "question" {
		out.Hint = c.T("desk.text.holes", "number", "{number}", "name", "{name}", "due", "{due}")
	}
	if v.Failed != nil {
		out.Error = page.FaultText(c, v.Failed.Fields, name)
	}
	return out
}

func (v chooseView) verbs(c *web.Context) []ui.Choice {
	then := map[Verb]templ.Component{Assign: toField(c, v), Forward: queueField(c, v), Ask: questionField(c, v), Extend: daysField(c, v)}
	var out []ui.Choice
	for _, verb := range Verbs {
		out = append(out, ui.Choice{Value: string(verb), Text: c.T("desk.verb." + string(verb)), Hint: c.T("desk.verb_hint." + string(verb)), Then: then[verb]})
	}
	return out
}

func (v chooseView) workers(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, w := range v.Team {
		one := ui.Choice{Value: w.Person.String(), Text: v.Names[w.Person].Full(c.Lang())}
		if w.Absence != nil {
			one.Text += " (" + c.T("desk.team.away_short") + ")"
		}
		out = append(out, one)
	}
	return out
}

// queues are the city's, under their agencies: the own one first, the others by name.
func (v chooseView) queues(c *web.Context) []ui.Choice {
	offices := slices.Clone(v.city.Agencies)
	other := func(a service.Agency) int {
		if a.Key == v.office.Key {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(offices, func(a, b service.Agency) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), strings.Compare(a.Short.In(c.Lang()), b.Short.In(c.Lang())))
	})
	var out []ui.Choice
	for _, office := range offices {
		for _, q := range office.Queues {
			out = append(out, ui.Choice{Value: office.Key + "/" + q.Key, Text: q.Title.In(c.Lang()), Group: office.Short.In(c.Lang())})
		}
	}
	return out
}

func (v chooseView) template() string {
	if v.Typed.Template.IsZero() {
		return ""
	}
	return v.Typed.Template.String()
}

func (v chooseView) texts(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, t := range v.Templates {
		out = append(out, ui.Choice{Value: t.ID.String(), Text: t.Title.In(c.Lang())})
	}
	return out
}

func (v chooseView) days() string {
	if v.Typed.Days == 0 {
		return ""
	}
	return strconv.Itoa(v.Typed.Days)
}

func (v planView) note(c *web.Context) string {
	return c.T("desk.bulk.counts", "verb", c.T("desk.verb."+string(v.Plan.Verb)), "goes", v.Plan.Goes(), "refused", len(v.Plan.Cases)-v.Plan.Goes())
}

func (v planView) when(c *web.Context) string {
	if v.Plan.Verb.Reaches() {
		return c.T("desk.bulk.later")
	}
	return c.T("desk.bulk.now")
}

// what says what will happen to a case.
func (p place) what(c *web.Context, verb Verb, to id.ID, queue string, days int, names map[id.ID]lang.Name) string {
	switch verb {
	case Assign:
		if to == c.Person() {
			return c.T("desk.will.assign_me")
		}
		return c.T("desk.will.assign", "name", names[to].Full(c.Lang()))
	case Forward:
		key, part, _ := strings.Cut(queue, "/")
		if office, ok := p.city.Agency(key); ok {
			if q, ok := office.Queue(part); ok {
				return c.T("desk.will.forward", "queue", office.Short.In(c.Lang())+", "+q.Title.In(c.Lang()))
			}
		}
	case Extend:
		return c.T("desk.will.extend", "count", days)
	}
	return c.T("desk.will." + string(verb))
}

func (v planView) table(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("desk.bulk.preview"), Columns: []ui.Column{{Title: c.T("casework.desk.column.case")}, {Title: c.T("desk.bulk.what")}}}
	for _, one := range v.Plan.Cases {
		row := ui.TableRow{Title: number(one.Number), Href: "/desk/cases/" + number(one.Number), Note: v.Names[one.Ref.Applicant].Initials(c.Lang())}
		if one.Ref.ID.IsZero() {
			row.Href, row.Note = "", ""
		}
		cell := ui.TableCell{Text: v.what(c, v.Plan.Verb, one.To, v.Plan.Queue, v.Plan.Days, v.Names)}
		if one.Refused != nil {
			cell = ui.TableCell{Tag: &ui.TagProps{Text: c.T("desk.bulk.refused"), Tone: ui.Warning}, Note: c.FaultText(one.Refused)}
		}
		row.Cells = []ui.TableCell{cell}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// fields are the order again, for its confirmation: only the cases to which something will happen.
func (v planView) fields() [][2]string {
	f := v.Typed
	out := [][2]string{{"verb", f.Verb}, {"key", f.Key.String()}}
	add := func(name, value string) {
		if value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	for _, one := range v.Plan.Cases {
		if one.Refused == nil {
			add("case", number(one.Number))
		}
	}
	for _, pair := range f.Each {
		add("each", pair)
	}
	if !v.Plan.To.IsZero() {
		add("to", f.To.String())
	}
	if !v.Plan.Template.IsZero() {
		add("template", v.Plan.Template.String())
	}
	if f.Days > 0 {
		add("days", strconv.Itoa(f.Days))
	}
	add("queue", f.Queue)
	add("question", f.Question)
	add("comment", f.Comment)
	add("reason", f.Reason)
	return out
}

func (v planView) back() string {
	if len(v.Typed.Each) > 0 {
		return "/desk/team"
	}
	return "/desk/bulk?" + url.Values{"case": v.Typed.Case}.Encode()
}

var caseTones = map[CaseState]ui.Tone{
	CasePlanned: ui.Neutral, CaseDoing: ui.Info, CaseDone: ui.Success, CaseRefused: ui.Warning, CaseUndoing: ui.Info, CaseUndone: ui.Neutral,
	CaseKept: ui.Warning, CaseCancelled: ui.Neutral,
}

func (v bulkView) table(c *web.Context) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("desk.bulk.cases"), Columns: []ui.Column{
		{Title: c.T("casework.desk.column.case")}, {Title: c.T("desk.bulk.what")}, {Title: c.T("desk.bulk.how")},
	}}
	for _, one := range v.Cases {
		state := ui.TableCell{Tag: &ui.TagProps{Text: c.T("desk.state." + string(one.State)), Tone: caseTones[one.State]}}
		if one.Reason != "" {
			state.Note = c.T(one.Reason)
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: number(one.Number), Href: "/desk/cases/" + number(one.Number), Cells: []ui.TableCell{
			{Text: v.what(c, v.Verb, one.To, v.Queue, v.Days, v.Names)}, state,
		}})
	}
	return out
}

// settled counts the cases with which nothing more happens by itself.
func (v bulkView) settled() int {
	return len(v.Cases) - v.Count(CasePlanned, CaseDoing, CaseUndoing)
}

// moving tells whether the page will soon say something else.
func (v bulkView) moving(now time.Time) bool {
	return v.State == Undoing || v.State == Waits
}

func (v bulkView) clock(at time.Time) string { return at.In(v.city.Days().Zone()).Format("15:04:05") }

func (v bulkView) when(c *web.Context) string {
	return c.T("desk.bulk.by", "name", v.Names[v.Official].Full(c.Lang()), "when", lang.Moment(c.Lang(), v.Made, c.Now(), v.city.Days().Zone()))
}

func (v bulkView) standing(c *web.Context) ui.NoticeProps {
	switch {
	case v.State == Undoing:
		return ui.NoticeProps{Tone: ui.Info, Text: c.T("desk.bulk.undoing")}
	case v.State == Undone && v.Count(CaseKept) > 0:
		return ui.NoticeProps{Tone: ui.Warning, Text: c.T("desk.bulk.undone_some", "count", v.Count(CaseKept))}
	case v.State == Undone:
		return ui.NoticeProps{Tone: ui.Success, Text: c.T("desk.bulk.undone")}
	case v.State == Waits && v.Verb.Reaches() && c.Now().Before(v.Starts):
		return ui.NoticeProps{Tone: ui.Info, Text: c.T("desk.bulk.waits", "when", v.clock(v.Starts))}
	case v.State == Waits:
		return ui.NoticeProps{Tone: ui.Info, Text: c.T("desk.bulk.running")}
	case v.Count(CaseRefused) > 0:
		return ui.NoticeProps{Tone: ui.Warning, Text: c.T("desk.bulk.ended_some", "done", v.Count(CaseDone), "refused", v.Count(CaseRefused))}
	}
	return ui.NoticeProps{Tone: ui.Success, Text: c.T("desk.bulk.ended", "count", v.Count(CaseDone))}
}

func (v textView) field(c *web.Context, name string) ui.Field {
	out := ui.Field{Name: name, Label: c.T("desk.text.field." + name)}
	if strings.HasPrefix(name, "text_") {
		out.Hint = c.T("desk.text.holes", "number", "{number}", "name", "{name}", "due", "{due}")
	}
	if v.Failed != nil {
		out.Error = page.FaultText(c, v.Failed.Fields, name)
	}
	return out
}

func (v textView) cardTitle(c *web.Context) string {
	if v.Typed.ID.IsZero() {
		return c.T("desk.text.add")
	}
	return c.T("desk.text.change")
}

// services are those that send work to the agency's desk: any may have texts of its own.
func (v textView) services(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for i := range v.city.Services {
		s := &v.city.Services[i]
		if s.Agency == v.office.Key {
			out = append(out, ui.Choice{Value: s.Key, Text: s.Title.In(c.Lang())})
		}
	}
	return out
}

func (v textView) about(c *web.Context, t casework.Template) string {
	service := c.T("desk.text.every_service")
	if t.Service != "" {
		service = v.service(c.Lang(), t.Service)
	}
	return c.T("desk.text."+t.Kind) + " · " + service
}

func (v closedView) table(c *web.Context) ui.DataTableProps {
	l := c.Lang()
	out := ui.DataTableProps{Caption: c.T("desk.closed.title"), Columns: []ui.Column{
		{Title: c.T("casework.desk.column.case")}, {Title: c.T("casework.desk.column.status")}, {Title: c.T("desk.closed.by")},
	}}
	for _, one := range v.Found {
		by := c.T("casework.by.table")
		if !one.Official.IsZero() {
			by = v.Names[one.Official].Initials(l)
		}
		tone := ui.Success
		if one.Outcome != string(casework.Approved) {
			tone = ui.Fault
		}
		title := v.Names[one.Applicant].Initials(l)
		if title == "" {
			title = number(one.Number)
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: title, Href: "/desk/cases/" + number(one.Number), Note: number(one.Number) + ", " + v.service(l, one.Service), Cells: []ui.TableCell{
			{Tag: &ui.TagProps{Text: c.T("casework.status." + one.Outcome), Tone: tone}, Note: dayOr(l, one.Day)}, {Text: by},
		}})
	}
	return out
}
