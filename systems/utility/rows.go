package utility

import (
	"slices"
	"strconv"
	"strings"

	"posad.city/core/charge"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

func flatRows(c *web.Context, flats []myFlat, addresses map[id.ID]lang.Text) []ui.RowItem {
	var out []ui.RowItem
	for _, f := range flats {
		row := ui.RowItem{Icon: "house-line", Text: c.T("utility.account_line", "account", f.Watch.Show()), Href: "/pay", Value: c.T("utility.saved_only"), Quiet: true}
		switch {
		case f.Stays.now():
			row.Text, row.Href, row.Value = addresses[f.Home].In(c.Lang()), path(f.Home), f.Watch.Show()
		case len(f.Stays) > 0:
			row.Text, row.Href, row.Value = addresses[f.Home].In(c.Lang()), path(f.Home), c.T("utility.left_row", "day", lang.Date(c.Lang(), f.Stays.last()))
		}
		out = append(out, row)
	}
	return out
}

// dialRows are the dials with their last values and whether the open month has one.
func (m *Module) dialRows(c *web.Context, v flatView) []ui.RowItem {
	var out []ui.RowItem
	for _, d := range v.Dials {
		row := ui.RowItem{Icon: "clock-fill", Text: m.dialTitle(c, d), Value: number(c.Lang(), d.Last), Quiet: true}
		if d.Open != nil {
			row.Value, row.Quiet = number(c.Lang(), d.Open.Value), false
			row.Icon, row.Tone = "check-circle-fill", ui.Success
			if d.Open.State != Taken {
				row.Icon, row.Tone = "warning-fill", ui.Warning
			}
		}
		out = append(out, row)
	}
	return out
}

// dialHint is what to look at: the last value, the number of the meter, an end of its verification that is near or past.
func (m *Module) dialHint(c *web.Context, d DialView) string {
	out := c.T("utility.readings.last", "value", number(c.Lang(), d.Last), "day", lang.DayMonth(c.Lang(), d.LastDay), "number", d.Number)
	switch left := m.today().DaysUntil(d.Verified); {
	case left < 0:
		out += " " + c.T("utility.readings.expired", "day", lang.Date(c.Lang(), d.Verified))
	case left <= 60:
		out += " " + c.T("utility.readings.expires", "day", lang.Date(c.Lang(), d.Verified))
	}
	return out
}

func openValue(c *web.Context, d DialView) string {
	if d.Open == nil {
		return ""
	}
	return plainNumber(c.Lang(), d.Open.Value)
}

func (m *Module) historyRows(c *web.Context, v flatView) []ui.RowItem {
	var out []ui.RowItem
	for _, b := range v.Bills[:min(len(v.Bills), 12)] {
		out = append(out, ui.RowItem{Text: monthTitle(c, b.Period), Href: billPath(v.Flat.Home, b.Period), Value: sumText(c.Lang(), b.Total), Tag: m.monthTag(c, v.Charges, b)})
	}
	return out
}

// monthTag is how a month stands: also one that was paid before the city took the flat's bills.
func (m *Module) monthTag(c *web.Context, charges map[string]charge.Charge, b Issued) *ui.TagProps {
	if tag := m.chargeTag(c, charges, b.Period); tag != nil {
		return tag
	}
	if b.Total == 0 {
		return &ui.TagProps{Text: c.T("utility.state.nothing"), Tone: ui.Neutral}
	}
	return &ui.TagProps{Text: c.T("utility.state.before"), Tone: ui.Neutral}
}

// shortMonth is three letters of a month.
func shortMonth(c *web.Context, p Period) string {
	return c.T("utility.months." + itoa(p.Month()))
}

func changeTitle(c *web.Context, change Change) string {
	if change.Tariff == Carried {
		return c.T("utility.carried")
	}
	return change.Title.In(c.Lang())
}

func changeText(c *web.Context, change Change) string {
	return differenceText(c, change.Now-change.Was)
}

func differenceText(c *web.Context, n int64) string {
	if n == 0 {
		return c.T("utility.no_change")
	}
	return signedSum(c.Lang(), n)
}

// share is a width in per cent.
func share(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0"
	}
	return strconv.FormatInt(max(part*100/whole, 1), 10) + "%"
}

func similarText(c *web.Context, v flatView) string {
	mine, others := v.newest().Total, v.Similar.Total
	if others == 0 || mine == others {
		return c.T("utility.similar.same")
	}
	percent := (mine - others) * 100 / others
	key := "utility.similar.more"
	if percent < 0 {
		key, percent = "utility.similar.less", -percent
	}
	if percent == 0 {
		return c.T("utility.similar.same")
	}
	return c.T(key, "percent", percent)
}

// apart is the service in which a flat differs most from its neighbours, by kopecks; empty: in none.
func apart(c *web.Context, v flatView) string {
	kinds := kindsOf(v.newest().Bill)
	at, most := "", int64(0)
	for kind, others := range v.Similar.Kinds {
		if off := max(kinds[kind]-others, others-kinds[kind]); kind != Carried && (off > most || off == most && kind < at) {
			at, most = kind, off
		}
	}
	i := slices.IndexFunc(v.newest().Lines, func(l Line) bool { return l.Kind == at })
	if i < 0 || most == 0 {
		return ""
	}
	return c.T("utility.similar.apart", "title", v.newest().Lines[i].Title.In(c.Lang()), "mine", sumText(c.Lang(), kinds[at]), "others", sumText(c.Lang(), v.Similar.Kinds[at]))
}

// classText is the class of area in words.
func classText(c *web.Context, v flatView) string {
	return number(c.Lang(), v.Flat.Area-v.Flat.Area%decimal.One) + " " + c.T("utility.unit.m2")
}

// inputRows are what a bill was made of.
func (m *Module) inputRows(c *web.Context, v billView) []ui.SummaryRow {
	l := c.Lang()
	in := v.Bill.Input
	rows := []ui.SummaryRow{
		{Name: c.T("utility.fact.account"), Value: v.Flat.Account}, {Name: c.T("utility.fact.area"), Value: number(l, in.Area) + " " + c.T("utility.unit.m2")},
		{Name: c.T("utility.fact.people"), Value: itoa(in.People)},
	}
	for _, h := range in.Benefits {
		rows = append(rows, ui.SummaryRow{Name: c.T("utility.benefit"), Value: h.Benefit.Title.In(l) + "\n" + h.Benefit.Law.In(l)})
	}
	for i, o := range v.Flat.Owners {
		if len(v.Flat.Owners) > 1 {
			rows = append(rows, ui.SummaryRow{Name: c.T("utility.owner", "name", o.Name), Value: c.T("utility.share", "n", o.Share.Numerator, "of", o.Share.Denominator, "sum", sumText(l, v.Parts[i]))})
		}
	}
	return append(rows, ui.SummaryRow{Name: c.T("utility.fact.version"), Value: in.Version[:min(12, len(in.Version))]})
}

// numbers are by what the bill is found without signing in: its number, and the code that only whoever has the bill knows.
func (v billView) numbers(c *web.Context) []ui.SummaryRow {
	one, there := v.Charges[v.Bill.Period.String()]
	if !there {
		return nil
	}
	out := []ui.SummaryRow{{Name: c.T("utility.bill_number"), Value: id.FormatCode(one.Number)}}
	if v.Bill.Code != "" {
		out = append(out, ui.SummaryRow{Name: c.T("utility.bill_code"), Value: showCode(v.Bill.Code)})
	}
	return out
}

// showCode writes a bill's code as people read it: by four.
func showCode(code string) string {
	var out []string
	for part := range slices.Chunk([]byte(code), 4) {
		out = append(out, string(part))
	}
	return strings.Join(out, "-")
}

func versionRows(c *web.Context, v billView) []ui.RowItem {
	var out []ui.RowItem
	for _, one := range v.Versions {
		row := ui.RowItem{Text: c.T("utility.version", "n", one.Version), Href: v.path() + "?version=" + itoa(one.Version), Value: sumText(c.Lang(), one.Total)}
		if one.Version == v.Bill.Version {
			row.Href = ""
		}
		out = append(out, row)
	}
	return out
}

func penaltyNote(c *web.Context, d Debt) string {
	if d.Penalty == 0 {
		return ""
	}
	return c.T("utility.debt.penalty_in", "sum", sumText(c.Lang(), d.Penalty))
}

// debtRows are how what is owed of a month came to be, with the days of the penalty.
func (m *Module) debtRows(c *web.Context, month DebtMonth) []ui.SummaryRow {
	l := c.Lang()
	rows := []ui.SummaryRow{{Name: c.T("utility.debt.face"), Value: sumText(l, month.Owed.Face)}}
	if month.Owed.Paid > 0 {
		rows = append(rows, ui.SummaryRow{Name: c.T("utility.debt.paid"), Value: sumText(l, month.Owed.Paid)})
	}
	if !month.Charge.Due.IsZero() {
		rows = append(rows, ui.SummaryRow{Name: c.T("utility.debt.due"), Value: lang.Date(l, calendar.DateOf(month.Charge.Due, m.deps.Zone()))})
	}
	if month.Owed.Late > 0 {
		rows = append(rows, ui.SummaryRow{Name: c.T("utility.debt.late"), Value: lang.Days(l, month.Owed.Late)})
	}
	for _, line := range month.Owed.Lines {
		if line.Days > 0 && line.Amount > 0 {
			rows = append(rows, ui.SummaryRow{Name: c.T("utility.debt.penalty"), Value: penaltyText(c, line)})
		}
	}
	return append(rows, ui.SummaryRow{Name: c.T("utility.debt.left"), Value: sumText(l, month.Owed.Left)})
}

// penaltyText is one stretch of a penalty: so many days of a sum, at a rate, a share of it a day.
func penaltyText(c *web.Context, line charge.Line) string {
	l := c.Lang()
	return c.T("utility.debt.stretch", "from", lang.Date(l, line.From), "to", lang.Date(l, line.To), "days", lang.Days(l, line.Days), "base", sumText(l, line.Base),
		"rate", number(l, decimal.Hundredths(line.Points)), "share", line.Share, "of", line.Of, "sum", sumText(l, line.Amount))
}

// The desk.

func (v deskView) head(c *web.Context) ui.DeskHeadProps {
	return ui.DeskHeadProps{Title: c.T("utility.desk.title"), Figures: []ui.Figure{
		{Value: lang.Number(c.Lang(), v.Flats), Text: c.T("utility.desk.flats")},
		{Value: itoa(len(v.Review)), Text: c.T("utility.desk.waiting")},
		{Value: itoa(len(v.Decide)), Text: c.T("utility.desk.deciding")},
	}}
}

func (v deskView) runRows(c *web.Context) []ui.RowItem {
	var out []ui.RowItem
	for _, r := range v.Runs {
		row := ui.RowItem{Icon: "check-circle-fill", Tone: ui.Success, Text: monthTitle(c, r.Period), Href: "/desk/utility/runs/" + r.Period.String(), Value: c.T("utility.desk.made", "n", lang.Number(c.Lang(), r.Made), "sum", shortSum(c.Lang(), r.Total)), Quiet: true}
		if r.Failed > 0 {
			row.Icon, row.Tone, row.Tag = "warning-fill", ui.Warning, &ui.TagProps{Text: c.T("utility.desk.failed", "n", lang.Number(c.Lang(), r.Failed)), Tone: ui.Warning}
		}
		if r.Done && r.Made == 0 && r.Failed == 0 {
			row.Value = c.T("utility.desk.made_none")
		}
		if !r.Done {
			row.Icon, row.Tone = "clock-fill", ui.Info
		}
		out = append(out, row)
	}
	return out
}

func (v deskView) houseRows(c *web.Context) []ui.RowItem {
	var out []ui.RowItem
	for _, h := range v.Houses {
		out = append(out, ui.RowItem{Icon: "buildings", Text: h.Title, Href: "/desk/utility/house?house=" + h.Key, Value: c.T("utility.desk.flats_n", "n", h.Flats), Quiet: true})
	}
	return out
}

func reviewTable(m *Module, c *web.Context, v deskView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("utility.desk.review"), Columns: []ui.Column{
		{Title: c.T("utility.fact.address")}, {Title: c.T("utility.desk.meter")}, {Title: c.T("utility.desk.value")}, {Title: c.T("utility.desk.judge")},
	}}
	for _, r := range v.Review {
		f := v.Of[r.Home]
		out.Rows = append(out.Rows, ui.TableRow{Title: f.Address.In(c.Lang()), Href: deskPath(r.Home), Note: f.Account, Cells: []ui.TableCell{
			{Text: c.T("utility.doubt." + r.Doubt)}, {Text: number(c.Lang(), r.Value), Note: lang.Date(c.Lang(), r.Day)}, {Body: reviewForms(c, r, f.Address.In(c.Lang())+", "+number(c.Lang(), r.Value))},
		}})
	}
	return out
}

// decideTable is what waits for a second official. Who entered it can't decide about it; that is told when they try.
func decideTable(m *Module, c *web.Context, v deskView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("utility.desk.decide"), Columns: []ui.Column{
		{Title: c.T("utility.fact.address")}, {Title: c.T("utility.fact.amount")}, {Title: c.T("utility.fact.reason")}, {Title: c.T("utility.desk.judge")},
	}}
	for _, k := range v.Decide {
		f := v.Of[k.Home]
		out.Rows = append(out.Rows, ui.TableRow{Title: f.Address.In(c.Lang()), Href: deskPath(k.Home), Note: f.Account, Cells: []ui.TableCell{
			{Text: signedSum(c.Lang(), k.Amount), Note: m.tariffTitle(c, k.Tariff) + ", " + k.Period.In(c.Lang())}, {Text: k.Reason}, {Body: decideForms(c, k, f.Address.In(c.Lang())+", "+signedSum(c.Lang(), k.Amount)+", "+k.Reason)},
		}})
	}
	return out
}

func (v runView) title(c *web.Context) string {
	return c.T("utility.desk.run_title", "month", v.Run.Period.In(c.Lang()))
}

func (v runView) figures(c *web.Context) []ui.Figure {
	l := c.Lang()
	out := []ui.Figure{
		{Value: lang.Number(l, v.Run.Made), Text: c.T("utility.desk.bills_made")}, {Value: shortSum(l, v.Run.Total), Text: c.T("utility.total")},
		{Value: lang.Number(l, v.Run.Failed), Text: c.T("utility.desk.bills_failed")},
	}
	if v.Run.Failed > 0 {
		out[2].Tone = ui.Fault
	}
	return out
}

func faultTable(c *web.Context, v runView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("utility.desk.faults"), Columns: []ui.Column{{Title: c.T("utility.fact.address")}, {Title: c.T("utility.fact.account")}, {Title: c.T("utility.desk.why")}}}
	for _, one := range v.Faults {
		row := ui.TableRow{Title: c.T("utility.desk.sealed"), Cells: []ui.TableCell{{Text: "—"}, {Text: c.T("utility.fault." + one.Reason)}}}
		if f, known := v.Of[one.Home]; known {
			row.Title, row.Href, row.Cells[0].Text = f.Address.In(c.Lang()), deskPath(f.Home), f.Account
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func houseTable(c *web.Context, v houseView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: v.Title, Columns: []ui.Column{
		{Title: c.T("utility.desk.flat")}, {Title: c.T("utility.fact.account")}, {Title: c.T("utility.fact.area")}, {Title: c.T("utility.fact.people")},
	}}
	for _, f := range v.Flats {
		out.Rows = append(out.Rows, ui.TableRow{Title: f.Number, Href: deskPath(f.Home), Cells: []ui.TableCell{
			{Text: f.Account}, {Text: number(c.Lang(), f.Area) + " " + c.T("utility.unit.m2")}, {Text: itoa(f.People)},
		}})
	}
	return out
}

func (v accountView) figures(c *web.Context) []ui.Figure {
	out := []ui.Figure{{Value: sumText(c.Lang(), v.Debt.Left), Text: c.T("utility.debt.all")}}
	if v.Debt.Left > 0 && slices.ContainsFunc(v.Debt.Months, func(d DebtMonth) bool { return d.Owed.Late > 0 }) {
		out[0].Tone = ui.Fault
	}
	return out
}

func (m *Module) accountRows(c *web.Context, v accountView) []ui.SummaryRow {
	l := c.Lang()
	rows := []ui.SummaryRow{
		{Name: c.T("utility.fact.account"), Value: v.Flat.Account}, {Name: c.T("utility.fact.area"), Value: number(l, v.Flat.Area) + " " + c.T("utility.unit.m2")},
		{Name: c.T("utility.fact.people"), Value: itoa(v.Flat.People)},
	}
	for _, o := range v.Flat.Owners {
		rows = append(rows, ui.SummaryRow{Name: c.T("utility.fact.owner"), Value: o.Name + ", " + strconv.FormatInt(o.Share.Numerator, 10) + "/" + strconv.FormatInt(o.Share.Denominator, 10)})
	}
	for _, b := range v.Benefits {
		rows = append(rows, ui.SummaryRow{Name: c.T("utility.benefit"), Value: m.benefitTitle(c, b.Key)})
	}
	for _, d := range v.Dials {
		rows = append(rows, ui.SummaryRow{Name: m.dialTitle(c, d), Value: c.T("utility.desk.dial", "number", d.Number, "value", number(l, d.Last), "verified", lang.Date(l, d.Verified))})
	}
	return rows
}

func (m *Module) benefitTitle(c *web.Context, key string) string {
	if u, err := m.utilities(); err == nil {
		if b, ok := u.Benefit(key); ok {
			return b.Title.In(c.Lang())
		}
	}
	return key
}

func (m *Module) deskBillRows(c *web.Context, v accountView) []ui.RowItem {
	var out []ui.RowItem
	for _, b := range v.Bills[:min(len(v.Bills), 12)] {
		out = append(out, ui.RowItem{Text: monthTitle(c, b.Period), Href: deskPath(v.Flat.Home) + "/bills/" + b.Period.String(), Value: sumText(c.Lang(), b.Total), Tag: m.monthTag(c, v.Charges, b)})
	}
	return out
}

// monthFault is what is wrong with the month that was to be run; empty: nothing.
func (v deskView) monthFault() string {
	for _, f := range v.Faults {
		if f.Name == "period" {
			return f.Text
		}
	}
	return ""
}

func (v accountView) fault(name string) string {
	for _, f := range v.Faults {
		if f.Name == name {
			return f.Text
		}
	}
	return ""
}

func (v accountView) sort() string {
	if v.Form.Sort == "" {
		return Sum
	}
	return v.Form.Sort
}

func (m *Module) tariffChoices(c *web.Context, f Flat) []ui.Choice {
	var out []ui.Choice
	for _, key := range f.Tariffs {
		out = append(out, ui.Choice{Value: key, Text: m.tariffTitle(c, key)})
	}
	return out
}

func (m *Module) changeLog(c *web.Context, v accountView) []ui.LogItem {
	var out []ui.LogItem
	for _, r := range v.Changes {
		text := c.T("utility.sort." + r.Sort)
		if r.Tariff != "" {
			text += ", " + m.tariffTitle(c, r.Tariff)
		}
		if r.Amount != 0 {
			text += ", " + signedSum(c.Lang(), r.Amount)
		}
		if r.Reason != "" {
			text += ": " + r.Reason
		}
		if r.State != Entered {
			text += ". " + c.T("utility.change_state."+r.State)
		}
		out = append(out, ui.LogItem{When: r.Period.In(c.Lang()), Text: text})
	}
	return out
}

// monthChoices are the months that a recalculation may go into.
func (v accountView) monthChoices(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, p := range slices.Backward(v.Months) {
		one := ui.Choice{Value: p.String(), Text: monthTitle(c, p)}
		if b := v.newest(); b != nil && b.Period == p {
			one.Text = c.T("utility.desk.month_again", "month", one.Text)
		}
		out = append(out, one)
	}
	return out
}

func (m *Module) readingLog(c *web.Context, v accountView) []ui.LogItem {
	var out []ui.LogItem
	for _, r := range v.Readings[:min(len(v.Readings), 24)] {
		at := slices.IndexFunc(v.Dials, func(d DialView) bool { return d.Meter == r.Meter && d.Zone == r.Zone })
		if at < 0 {
			continue
		}
		out = append(out, ui.LogItem{When: lang.Date(c.Lang(), r.Day), Text: m.dialTitle(c, v.Dials[at]) + ": " + number(c.Lang(), r.Value) + ", " + c.T("utility.source."+r.Source) + ", " + c.T("utility.reading."+r.State)})
	}
	return out
}

func fileRows(c *web.Context, files []Import) []ui.RowItem {
	var out []ui.RowItem
	for _, f := range files {
		row := ui.RowItem{
			Icon: "check-circle-fill", Tone: ui.Success, Text: c.T("utility.import.file_row", "month", f.Period.In(c.Lang())), Href: filePath(f), Quiet: true,
			Value: c.T("utility.import.taken_of", "n", lang.Number(c.Lang(), f.Took), "of", lang.Number(c.Lang(), f.Lines)),
		}
		switch {
		case !f.Done:
			row.Icon, row.Tone = "clock-fill", ui.Info
		case f.Wrong > 0:
			row.Icon, row.Tone = "warning-fill", ui.Warning
		}
		out = append(out, row)
	}
	return out
}

func fileFault(v importView) string {
	if len(v.Faults) == 0 {
		return ""
	}
	return v.Faults[0].Text
}

func wrongTone(v fileView) ui.Tone {
	if v.Wrong > 0 {
		return ui.Fault
	}
	return ui.Neutral
}

func badTable(c *web.Context, v fileView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("utility.import.bad"), Columns: []ui.Column{{Title: c.T("utility.import.number")}, {Title: c.T("utility.import.content")}, {Title: c.T("utility.desk.why")}}}
	for _, b := range v.Bad {
		out.Rows = append(out.Rows, ui.TableRow{Title: itoa(b.Line), Cells: []ui.TableCell{{Text: b.Text}, {Text: c.T("utility.bad." + b.Reason)}}})
	}
	return out
}
