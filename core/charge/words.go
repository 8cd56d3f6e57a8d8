package charge

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

var stateTones = map[State]ui.Tone{Due: ui.Warning, Part: ui.Warning, Paid: ui.Success, Cancelled: ui.Neutral, Refunded: ui.Info}

func stateTag(c *web.Context, s State) ui.TagProps {
	return ui.TagProps{Text: c.T("charge.state." + string(s)), Tone: stateTones[s]}
}

func states() []State { return []State{Due, Part, Paid, Cancelled, Refunded} }

func (v listView) filters(c *web.Context) []ui.Filter {
	all := ui.Choice{Text: c.T("charge.desk.all")}
	stateChoices := []ui.Choice{all}
	for _, s := range states() {
		stateChoices = append(stateChoices, ui.Choice{Value: string(s), Text: c.T("charge.state." + string(s))})
	}
	return []ui.Filter{
		{Name: "kind", Label: c.T("charge.desk.kind"), Value: v.Form.Kind, Choices: append([]ui.Choice{all}, kindChoices(c, v.Kinds)...)},
		{Name: "state", Label: c.T("charge.desk.state"), Value: v.Form.State, Choices: stateChoices},
		{Name: "by", Label: c.T("charge.desk.find_by"), Value: v.Form.By, Choices: byChoices(c, []By{ByNumber, BySNILS, ByINN, ByFlat, ByPlate, ByLicence})},
		{Name: "q", Label: c.T("charge.desk.find"), Value: v.Form.Q},
	}
}

func kindChoices(c *web.Context, kinds []service.ChargeKind) []ui.Choice {
	out := make([]ui.Choice, 0, len(kinds))
	for _, k := range kinds {
		out = append(out, ui.Choice{Value: k.Key, Text: k.Title.In(c.Lang())})
	}
	return out
}

func reasonChoices(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, r := range reasons() {
		out = append(out, ui.Choice{Value: r, Text: c.T("charge.reason." + r)})
	}
	return out
}

func ticked(yes bool) []string {
	if yes {
		return []string{"true"}
	}
	return nil
}

func faultLines(failed map[string]string) []ui.FaultLine {
	var out []ui.FaultLine
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		out = append(out, ui.FaultLine{Name: name, Text: failed[name]})
	}
	return out
}

// anchor names a field of the form of cancelling, which the page has beside that of correcting.
func anchor(name string, cancel bool) string {
	if cancel {
		return "cancel-" + name
	}
	return name
}

func (v chargeView) lines() []ui.FaultLine {
	out := faultLines(v.Failed)
	for i := range out {
		out[i].Name = anchor(out[i].Name, v.Cancel)
		if out[i].Name == "value" || out[i].Name == "cancel-value" { // a fault of no field: it leads to the first one
			out[i].Name = anchor("reason", v.Cancel)
		}
	}
	return out
}

func (v chargeView) fault(name string, cancel bool) string {
	if v.Cancel != cancel {
		return ""
	}
	return v.Failed[name]
}

func (v chargeView) typed(cancel bool) changeForm {
	if v.Cancel != cancel {
		return changeForm{}
	}
	return v.Typed
}

// table is an agency's list.
func (m *Module) table(c *web.Context, list []Charge) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("charge.desk.title"), Columns: []ui.Column{
		{Title: c.T("charge.desk.bill")}, {Title: c.T("charge.desk.external")}, {Title: c.T("charge.desk.amount")}, {Title: c.T("charge.desk.state")}, {Title: c.T("charge.desk.day")},
	}}
	for _, one := range list {
		tag := stateTag(c, one.State)
		out.Rows = append(out.Rows, ui.TableRow{
			Title: one.Title.In(c.Lang()), Href: "/desk/charges/" + one.ID.String(), Note: id.FormatNumber(one.Number),
			Cells: []ui.TableCell{{Text: one.External}, {Text: one.Amount.In(c.Lang())}, {Tag: &tag}, {Text: lang.FullMoment(c.Lang(), one.Issued, m.Zone()), Muted: true}},
		})
	}
	return out
}

func (m *Module) summary(c *web.Context, v chargeView) []ui.SummaryRow {
	one := v.Charge
	rows := []ui.SummaryRow{{Name: c.T("charge.desk.kind"), Value: m.kindTitle(c.Lang(), one.Kind)}}
	add := func(key, value string) {
		if value != "" {
			rows = append(rows, ui.SummaryRow{Name: c.T("charge.desk." + key), Value: value})
		}
	}
	add("external", one.External)
	add("period", PeriodWords(one.Period, c.Lang()))
	add("day", lang.FullMoment(c.Lang(), one.Issued, m.Zone()))
	if !one.Due.IsZero() {
		add("due", m.day(c, calendar.DateOf(one.Due, m.Zone())))
	}
	for _, d := range v.Details {
		rows = append(rows, DetailRow(c, d))
	}
	return rows
}

func (m *Module) kindTitle(l lang.Language, key string) string {
	if kind, err := m.kindOf(key); err == nil && kind != nil {
		return kind.Title.In(l)
	}
	return key
}

func (m *Module) day(c *web.Context, d calendar.Date) string { return lang.Date(c.Lang(), d) }

// sum tells each line of what is owed, and the rest.
func (m *Module) sum(c *web.Context, one Charge, o Owed) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, l := range o.Lines {
		out = append(out, ui.SummaryRow{Name: LineText(c, one, l), Value: minor(c, one, l.Amount)})
	}
	out = append(out, ui.SummaryRow{Name: c.T("charge.line.left"), Value: minor(c, one, o.Left)})
	if o.Over > 0 {
		out = append(out, ui.SummaryRow{Name: c.T("charge.line.over"), Value: minor(c, one, o.Over)})
	}
	return out
}

// LineText says in words what a line of a sum was counted from: 5 000 ₽ × 20 days × 16.5 % × 1/300.
func LineText(c *web.Context, one Charge, l Line) string {
	percent := lang.Grouped(c.Lang(), strconv.FormatFloat(float64(l.Points)/100, 'f', -1, 64))
	return c.T("charge.line."+l.Key, "base", minor(c, one, l.Base), "count", l.Days, "percent", l.Percent, "rate", percent,
		"share", strconv.FormatInt(l.Share, 10)+"/"+strconv.FormatInt(max(1, l.Of), 10), "from", dayOrNone(c, l.From), "to", dayOrNone(c, l.To))
}

func dayOrNone(c *web.Context, d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return lang.Date(c.Lang(), d)
}

func minor(c *web.Context, one Charge, amount int64) string {
	return money.Amount{Minor: amount, Currency: one.Amount.Currency}.In(c.Lang())
}

// log is a charge's history, the newest first.
func (m *Module) log(c *web.Context, v chargeView) []ui.LogItem {
	out := make([]ui.LogItem, 0, len(v.History)+1)
	for _, e := range slices.Backward(v.History) {
		out = append(out, ui.LogItem{When: lang.FullMoment(c.Lang(), e.At, m.Zone()), Text: m.eventText(c, v.Charge, e)})
	}
	return append(out, ui.LogItem{When: lang.FullMoment(c.Lang(), v.Charge.Issued, m.Zone()), Text: c.T("charge.step.issued")})
}

// eventText says what happened to a charge, why, and what the official wrote of it.
func (m *Module) eventText(c *web.Context, one Charge, e Event) string {
	return strings.Join(append([]string{m.stepText(c, one, e)}, m.whyTexts(c, e)...), ". ")
}

func (m *Module) stepText(c *web.Context, one Charge, e Event) string {
	switch {
	case e.Step == StepCorrected && e.Was > 0 && e.Was != e.Amount:
		return c.T("charge.step.corrected_from", "was", minor(c, one, e.Was), "amount", minor(c, one, e.Amount))
	case e.Step == StepCorrected && e.Was > 0 && !e.Due.Equal(e.WasDue):
		return c.T("charge.step.corrected_due", "day", m.lastDay(e.Due))
	}
	return c.T("charge.step."+string(e.Step), "amount", minor(c, one, e.Amount))
}

// whyTexts are the reason and the official's note.
func (m *Module) whyTexts(c *web.Context, e Event) []string {
	var out []string
	if key := "charge.reason." + e.Reason; e.Reason != "" && m.base.Texts.Has(key) {
		out = append(out, c.T(key))
	}
	if e.Note != "" {
		out = append(out, e.Note)
	}
	return out
}

// ChangeRows are what an agency did to a charge since it was issued, as its payer reads it: corrected, cancelled, when, why, and the
// official's note.
func (m *Module) ChangeRows(c *web.Context, one Charge) ([]ui.SummaryRow, error) {
	history, err := m.History(c.Context(), c.Act(), one.Home, one.ID)
	if err != nil {
		return nil, err
	}
	var out []ui.SummaryRow
	for _, e := range history {
		if e.Step != StepCorrected && e.Step != StepCancelled {
			continue
		}
		said := append([]string{lang.FullMoment(c.Lang(), e.At, m.Zone())}, m.whyTexts(c, e)...)
		out = append(out, ui.SummaryRow{Name: m.stepText(c, one, e), Value: strings.Join(said, ". ")})
	}
	return out, nil
}

var fileTones = map[ImportState]ui.Tone{Sending: ui.Neutral, Running: ui.Info, Stopped: ui.Warning, Done: ui.Success}

func (m *Module) fileTable(c *web.Context, list []Import) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("charge.files.title"), Columns: []ui.Column{
		{Title: c.T("charge.files.when")}, {Title: c.T("charge.files.lines")}, {Title: c.T("charge.files.issued")}, {Title: c.T("charge.files.bad")}, {Title: c.T("charge.desk.state")},
	}}
	for _, i := range list {
		tag := ui.TagProps{Text: c.T("charge.files.state." + string(i.State)), Tone: fileTones[i.State]}
		out.Rows = append(out.Rows, ui.TableRow{Title: lang.FullMoment(c.Lang(), i.Made, m.Zone()), Href: "/desk/charges/files/" + i.ID.String(), Cells: []ui.TableCell{
			{Text: grouped(c, i.Lines)}, {Text: grouped(c, i.Issued)}, {Text: grouped(c, i.Bad)}, {Tag: &tag},
		}})
	}
	return out
}

func grouped(c *web.Context, n int64) string { return lang.Grouped(c.Lang(), strconv.FormatInt(n, 10)) }

func fileRows(c *web.Context, i Import) []ui.SummaryRow {
	out := []ui.SummaryRow{
		{Name: c.T("charge.files.issued"), Value: grouped(c, i.Issued)}, {Name: c.T("charge.files.known"), Value: grouped(c, i.Known)},
	}
	if i.Corrects {
		out = append(out, ui.SummaryRow{Name: c.T("charge.files.corrected"), Value: grouped(c, i.Corrected)})
	}
	return append(out, ui.SummaryRow{Name: c.T("charge.files.bad"), Value: grouped(c, i.Bad)})
}

func badTable(c *web.Context, list []BadLine) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("charge.files.bad_title"), Columns: []ui.Column{{Title: c.T("charge.files.line")}, {Title: c.T("charge.files.wrong")}}}
	for _, l := range list {
		out.Rows = append(out.Rows, ui.TableRow{Title: grouped(c, l.Line), Cells: []ui.TableCell{{Text: c.T(l.Fault)}}})
	}
	return out
}

// progressAttributes has a script ask again how far a file is, while it runs.
func progressAttributes(i Import) templ.Attributes {
	if i.State != Running {
		return nil
	}
	return templ.Attributes{
		"hx-get": "/desk/charges/files/" + i.ID.String(), "hx-trigger": "every 2s", "hx-select": "#progress", "hx-swap": "outerHTML", "aria-live": "off",
	}
}

// DetailRow is a detail as a page shows it: one with an address is a link to it.
func DetailRow(c *web.Context, d Detail) ui.SummaryRow {
	out := ui.SummaryRow{Name: d.Label.In(c.Lang()), Value: d.Value}
	if d.Link != "" {
		out.Value, out.Body = "", detailLink(c, d)
	}
	return out
}

// PeriodWords writes a period as people read it: 2026-10 is October 2026, 2025 a year.
func PeriodWords(period string, l lang.Language) string {
	if yearForm.MatchString(period) {
		return lang.Text{RU: period + " год", EN: period}.In(l)
	}
	if month, err := time.Parse("2006-01", period); err == nil {
		return lang.MonthYear(l, month.Year(), month.Month())
	}
	return period
}
