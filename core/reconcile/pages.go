package reconcile

import (
	"cmp"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// sayWhen is a text when something is so, else nothing.
func sayWhen(c *web.Context, is bool, key string) string {
	if is {
		return c.T(key)
	}
	return ""
}

func (m *Module) tabs(c *web.Context, at string) []ui.Link {
	var out []ui.Link
	for _, one := range []struct{ key, path string }{
		{"books", booksPath}, {"income", incomePath}, {"statements", statementsPath}, {"unidentified", unidentifiedPath}, {"payouts", payoutsPath},
	} {
		out = append(out, ui.Link{Text: c.T("reconcile.tab." + one.key), Href: one.path, Current: one.path == at})
	}
	return out
}

func (m *Module) figures(c *web.Context, v booksView) []ui.Figure {
	today := v.Days[len(v.Days)-1]
	out := []ui.Figure{{Value: m.roubles(today.Came - today.Back).In(c.Lang()), Text: c.T("reconcile.figure.today")}}
	var wait, rest int64
	for _, one := range v.Counts {
		if slices.Contains(waiting, one.State) && one.Currency == m.deps.Account.Currency {
			wait += one.Lines
			rest += size(one.Rest)
		}
	}
	tone := ui.Neutral
	if wait > 0 {
		tone = ui.Warning
	}
	return append(out, ui.Figure{Value: strconv.FormatInt(wait, 10), Text: c.T("reconcile.figure.waiting"), Tone: tone})
}

func (m *Module) proofText(c *web.Context, p Proof) string {
	return c.T("reconcile.proof.text", "at", lang.FullMoment(c.Lang(), p.At, m.deps.Zone()), "accounts", p.Accounts, "charges", p.Charges, "statements", p.Statements)
}

func (m *Module) proofRows(c *web.Context, list []Proof) []ui.RowItem {
	var out []ui.RowItem
	for _, p := range list {
		one := ui.RowItem{Text: lang.FullMoment(c.Lang(), p.At, m.deps.Zone()), Tag: &ui.TagProps{Text: c.T("reconcile.proof.tag_sound"), Tone: ui.Success}}
		if !p.Sound() {
			one.Tag = &ui.TagProps{Text: c.T("reconcile.proof.tag_wrong", "n", len(p.Differences)), Tone: ui.Fault}
		}
		out = append(out, one)
	}
	return out
}

func (m *Module) differenceTable(c *web.Context, n names, list []Difference) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.proof.title"), Columns: columns(c, "reconcile.difference.", "what", "about", "have", "want")}
	for _, d := range list {
		about := d.About
		if payee, err := id.Parse(d.About); err == nil && d.Kind == DiffIncome {
			about = n.of(payee, c.Lang())
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: c.T("reconcile.difference.kind." + d.Kind), Cells: []ui.TableCell{
			{Text: about}, {Text: m.roubles(d.Have).Full(c.Lang())}, {Text: m.roubles(d.Want).Full(c.Lang())},
		}})
	}
	return out
}

func columns(c *web.Context, prefix string, keys ...string) []ui.Column {
	var out []ui.Column
	for _, key := range keys {
		out = append(out, ui.Column{Title: c.T(prefix + key)})
	}
	return out
}

// lastDays are as many days as a chart has room for.
func lastDays(days []dayTotal) []dayTotal { return days[max(0, len(days)-chartDays):] }

func (m *Module) bars(c *web.Context, days []dayTotal) ui.BarsProps {
	var words []string
	out := ui.BarsProps{}
	for i, d := range days {
		net := d.Came - d.Back
		out.Items = append(out.Items, ui.Bar{Label: strconv.Itoa(d.Day.Day()), Text: thousands(net, c.Lang()), Value: float64(net), Current: i == len(days)-1})
		words = append(words, lang.DayMonth(c.Lang(), d.Day)+": "+m.roubles(net).In(c.Lang()))
	}
	out.Label = c.T("reconcile.income.chart") + " " + strings.Join(words, "; ")
	return out
}

// thousands is a sum for the head of a bar: whole roubles as far as four signs go, then thousands, then millions.
func thousands(minor int64, l lang.Language) string {
	thousand, million := "k", "M"
	if l == lang.Russian {
		thousand, million = "\u00a0т.", "\u00a0млн"
	}
	switch units := minor / 100; {
	case units >= 10_000_000 || units <= -10_000_000:
		return strconv.FormatInt(units/1_000_000, 10) + million
	case units >= 10_000 || units <= -1_000:
		return strconv.FormatInt(units/1_000, 10) + thousand
	case units == 0:
		return ""
	default:
		return strconv.FormatInt(units, 10)
	}
}

func (m *Module) balanceRows(c *web.Context, v booksView) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, b := range v.Balances {
		var name string
		if b.Payee.IsZero() {
			name = c.T("reconcile.account." + b.Key)
		} else {
			name = c.T("reconcile.account.income", "payee", v.Names.of(b.Payee, c.Lang()))
		}
		out = append(out, ui.SummaryRow{Name: name, Value: b.Amount.Full(c.Lang())})
	}
	return out
}

func (m *Module) wayRows(c *web.Context, list []Way) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, w := range list {
		out = append(out, ui.SummaryRow{
			Name: c.T("reconcile.way." + w.Kind), Value: w.Amount.Full(c.Lang()) + "\n" + c.T("reconcile.ways.since", "n", w.Count, "day", lang.Date(c.Lang(), w.Oldest)),
		})
	}
	return out
}

func (m *Module) incomeFigures(c *web.Context, v incomeView) []ui.Figure {
	var came, back int64
	for _, one := range v.List {
		came, back = came+one.Came, back+one.Back
	}
	return []ui.Figure{{Value: m.roubles(came).In(c.Lang()), Text: c.T("reconcile.income.came")}, {Value: m.roubles(back).In(c.Lang()), Text: c.T("reconcile.income.back")}}
}

func (m *Module) incomeFilters(c *web.Context, v incomeView) []ui.Filter {
	out := []ui.Filter{
		{Name: "since", Label: c.T("reconcile.income.since"), Value: v.Since.String()}, {Name: "until", Label: c.T("reconcile.income.until"), Value: v.Until.String()},
	}
	if !v.Treasury {
		return out
	}
	choices := []ui.Choice{{Text: c.T("reconcile.income.all")}}
	chosen := ""
	for _, p := range v.Payees {
		choices = append(choices, ui.Choice{Value: p.ID.String(), Text: p.Title.In(c.Lang())})
		if p.ID == v.Payee {
			chosen = p.ID.String()
		}
	}
	return append(out, ui.Filter{Name: "payee", Label: c.T("reconcile.income.payee"), Value: chosen, Choices: choices})
}

// kindTable sums by payee and kind, the largest first.
func (m *Module) kindTable(c *web.Context, v incomeView) ui.DataTableProps {
	type key struct {
		payee id.ID
		kind  string
	}
	sums := map[key]Income{}
	for _, one := range v.List {
		k := key{one.Payee, one.Kind}
		s := sums[k]
		s.Payee, s.Kind = one.Payee, one.Kind
		s.Came, s.Back, s.Lines = s.Came+one.Came, s.Back+one.Back, s.Lines+one.Lines
		sums[k] = s
	}
	list := slices.SortedFunc(maps.Values(sums), func(a, b Income) int {
		return cmp.Or(cmp.Compare(b.Net(), a.Net()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Payee.String(), b.Payee.String()))
	})
	out := ui.DataTableProps{Caption: c.T("reconcile.income.by_kind"), Columns: columns(c, "reconcile.income.", "kind", "payee", "came", "back", "payments")}
	for _, s := range list {
		out.Rows = append(out.Rows, ui.TableRow{Title: m.kindName(s.Kind, c.Lang()), Cells: []ui.TableCell{
			{Text: v.Names.of(s.Payee, c.Lang())}, {Text: m.roubles(s.Came).Full(c.Lang())}, {Text: m.roubles(s.Back).Full(c.Lang())}, {Text: strconv.FormatInt(s.Lines, 10)},
		}})
	}
	return out
}

// dayTable is the chart as a table, the newest day first, days with nothing left out.
func (m *Module) dayTable(c *web.Context, days []dayTotal) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.income.table"), Columns: columns(c, "reconcile.income.", "day", "came", "back", "net", "payments")}
	for _, d := range slices.Backward(days) {
		if d.Came == 0 && d.Back == 0 {
			continue
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: lang.Date(c.Lang(), d.Day), Cells: []ui.TableCell{
			{Text: m.roubles(d.Came).Full(c.Lang())}, {Text: m.roubles(d.Back).Full(c.Lang())}, {Text: m.roubles(d.Came - d.Back).Full(c.Lang())}, {Text: strconv.FormatInt(d.Lines, 10)},
		}})
	}
	return out
}

func (m *Module) statementTable(c *web.Context, list []Statement) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.statements.title"), Columns: columns(c, "reconcile.statement.", "day", "opening", "came", "went", "closing", "count")}
	for _, s := range list {
		row := ui.TableRow{Title: lang.Date(c.Lang(), s.Until), Href: statementsPath + "/" + s.ID.String(), Note: s.BankID}
		for _, sum := range []int64{s.Opening, s.Came, s.Went, s.Closing} {
			row.Cells = append(row.Cells, ui.TableCell{Text: m.roubles(sum).Full(c.Lang())})
		}
		last := ui.TableCell{Text: strconv.FormatInt(s.Lines, 10)}
		if !s.Done {
			last.Tag = &ui.TagProps{Text: c.T("reconcile.statement.loading"), Tone: ui.Warning}
		}
		row.Cells = append(row.Cells, last)
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (m *Module) statementRows(c *web.Context, v statementView) []ui.SummaryRow {
	out := []ui.SummaryRow{
		{Name: c.T("reconcile.statement.opening"), Value: m.roubles(v.Opening).Full(c.Lang())}, {Name: c.T("reconcile.statement.came"), Value: m.roubles(v.Came).Full(c.Lang())},
		{Name: c.T("reconcile.statement.went"), Value: m.roubles(v.Went).Full(c.Lang())}, {Name: c.T("reconcile.statement.closing"), Value: m.roubles(v.Closing).Full(c.Lang())},
		{Name: c.T("reconcile.statement.given"), Value: m.givenText(c, v.Statement, v.Given)}, {Name: c.T("reconcile.statement.digest"), Value: digestText(v.Digest)},
	}
	for _, n := range v.Counts {
		out = append(out, ui.SummaryRow{Name: c.T("reconcile.state." + string(n.State)), Value: c.T("reconcile.statement.n", "n", n.Lines, "sum", m.roubles(n.Amount).Full(c.Lang()))})
	}
	return out
}

// givenText says who gave a statement: the bank, or an official.
func (m *Module) givenText(c *web.Context, s Statement, official string) string {
	at := lang.FullMoment(c.Lang(), s.Loaded, m.deps.Zone())
	if official == "" {
		return c.T("reconcile.statement.by_bank", "at", at)
	}
	return c.T("reconcile.statement.by", "who", official, "at", at)
}

func digestText(d [32]byte) string { return hex.EncodeToString(d[:]) }

// tones are the colours of states.
var tones = map[State]ui.Tone{Whole: ui.Success, Settled: ui.Success, Fee: ui.Neutral, Returned: ui.Info, Partly: ui.Warning, Unknown: ui.Warning, Duplicate: ui.Fault}

// partTable lists lines. Who paid and for what stands on the page of each alone, which keeps a record of whoever opens it.
func (m *Module) partTable(c *web.Context, list []Part) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.statement.lines"), Columns: columns(c, "reconcile.line.", "sum", "day", "what", "state_head")}
	for _, p := range list {
		what := ui.TableCell{Text: m.codeName(c, p.Code), Note: p.BankReference}
		state := ui.TableCell{Tag: &ui.TagProps{Text: c.T("reconcile.state." + string(p.State)), Tone: tones[p.State]}}
		if p.Rest != 0 && p.Rest != p.Amount {
			state.Note = c.T("reconcile.line.left", "sum", p.Left().In(c.Lang()))
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: p.Sum().Full(c.Lang()), Href: linesPath + p.ID.String(), Cells: []ui.TableCell{{Text: lang.Date(c.Lang(), p.Day)}, what, state}})
	}
	return out
}

// codeName is what the bank's code of a line is called.
func (m *Module) codeName(c *web.Context, code string) string {
	if key := "reconcile.code." + strings.ToLower(code); m.base.Texts.Has(key) {
		return c.T(key)
	}
	return c.T("reconcile.line.code", "code", code)
}

func (m *Module) stateViews(c *web.Context, at State) []ui.Link {
	var out []ui.Link
	for _, s := range waiting {
		out = append(out, ui.Link{Text: c.T("reconcile.state." + string(s)), Href: unidentifiedPath + "?state=" + string(s), Current: s == at})
	}
	return out
}

func (m *Module) lineRows(c *web.Context, v lineView) []ui.SummaryRow {
	var out []ui.SummaryRow
	add := func(key, value string) {
		if value != "" {
			out = append(out, ui.SummaryRow{Name: c.T("reconcile.line." + key), Value: value})
		}
	}
	add("day", lang.Date(c.Lang(), v.Day))
	add("sum", v.Sum().Full(c.Lang()))
	if v.Rest != 0 {
		add("rest", v.Left().Full(c.Lang()))
	}
	add("who", v.Details.Name)
	add("tax", v.Details.TaxNumber)
	add("account", v.Details.Account)
	add("purpose", v.Details.Purpose)
	add("info", v.Details.Info)
	add("reference", v.Reference)
	add("bank_reference", v.BankReference)
	add("statement", v.From.BankID+"\n"+m.givenText(c, v.From, officerName(v.People, v.From.Official)))
	return out
}

func (m *Module) suggestionRows(c *web.Context, v lineView, s Suggestion) []ui.SummaryRow {
	var why []string
	for _, r := range s.Reasons {
		why = append(why, c.T(string(r)))
	}
	return []ui.SummaryRow{
		{Name: c.T("reconcile.line.number"), Value: id.FormatNumber(s.Charge.Number)}, {Name: c.T("reconcile.income.payee"), Value: v.Names.of(s.Charge.Payee, c.Lang())},
		{Name: c.T("reconcile.line.owed"), Value: m.roubles(s.Left).Full(c.Lang())}, {Name: c.T("reconcile.line.because"), Value: strings.Join(why, "\n")},
		{Name: c.T("reconcile.line.score"), Value: c.T("reconcile.line.of_100", "n", s.Score)},
	}
}

// whyWords is the reason that is kept when an official confirms a suggestion.
func (m *Module) whyWords(c *web.Context, s Suggestion) string {
	var why []string
	for _, r := range s.Reasons {
		why = append(why, c.T(string(r)))
	}
	text := []rune(strings.Join(why, "; "))
	return string(text[:min(len(text), reasonMost)])
}

func (m *Module) actLog(c *web.Context, v lineView) []ui.LogItem {
	var out []ui.LogItem
	for _, one := range slices.Backward(v.Acts) {
		out = append(out, ui.LogItem{When: lang.FullMoment(c.Lang(), one.At, m.deps.Zone()), Text: c.T(
			"reconcile.act."+one.Kind, "sum", m.roubles(one.Amount).In(c.Lang()), "number", id.FormatNumber(one.ChargeNumber), "who", officerName(v.People, one.Official), "why", one.Why,
		)})
	}
	return out
}

func (m *Module) nextRows(c *web.Context, v payoutsView) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, l := range v.Next {
		out = append(out, ui.SummaryRow{Name: v.Names.of(l.Payee, c.Lang()), Value: l.Amount.Full(c.Lang()) + "\n" + l.To.Account})
	}
	return out
}

func (m *Module) payoutTable(c *web.Context, list []Payout) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.payouts.title"), Columns: columns(c, "reconcile.payout.", "sum", "made", "count", "state_head")}
	for _, p := range list {
		out.Rows = append(out.Rows, ui.TableRow{Title: p.Amount.Full(c.Lang()), Href: payoutsPath + "/" + p.ID.String(), Cells: []ui.TableCell{
			{Text: lang.FullMoment(c.Lang(), p.Made, m.deps.Zone())}, {Text: strconv.FormatInt(p.Count, 10)}, {Tag: &ui.TagProps{Text: c.T("reconcile.payout.state." + p.State), Tone: payoutTones[p.State]}},
		}})
	}
	return out
}

var payoutTones = map[string]ui.Tone{payoutPrepared: ui.Warning, payoutApproved: ui.Info, payoutSent: ui.Info, payoutDone: ui.Success, payoutCancelled: ui.Neutral}

func (m *Module) payoutRows(c *web.Context, v payoutView) []ui.SummaryRow {
	signed := func(who id.ID, at string) string {
		return c.T("reconcile.statement.by", "who", officerName(v.People, who), "at", at)
	}
	out := []ui.SummaryRow{
		{Name: c.T("reconcile.payout.until"), Value: lang.Date(c.Lang(), v.Day)}, {Name: c.T("reconcile.payout.made"), Value: signed(v.MadeBy, lang.FullMoment(c.Lang(), v.Made, m.deps.Zone()))},
	}
	if !v.Approved.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("reconcile.payout.let_out"), Value: signed(v.ApprovedBy, lang.FullMoment(c.Lang(), v.Approved, m.deps.Zone()))})
	}
	if v.Answer != "" {
		out = append(out, ui.SummaryRow{Name: c.T("reconcile.payout.said"), Value: v.Answer + ", " + lang.FullMoment(c.Lang(), v.Answered, m.deps.Zone())})
	}
	return out
}

var lineTones = map[string]ui.Tone{lineWaits: ui.Warning, lineSent: ui.Info, linePaid: ui.Success, lineRefused: ui.Fault, lineReturned: ui.Fault, lineCancelled: ui.Neutral}

func (m *Module) payoutLineTable(c *web.Context, v payoutView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.payout.lines"), Columns: columns(c, "reconcile.payout.", "payee", "sum", "account", "state_head")}
	for _, l := range v.Lines {
		title := l.To.Name
		if !l.Payee.IsZero() {
			title = v.Names.of(l.Payee, c.Lang())
		}
		state := ui.TableCell{Tag: &ui.TagProps{Text: c.T("reconcile.payout.line." + l.State), Tone: lineTones[l.State]}, Note: l.Reason}
		row := ui.TableRow{Title: title, Cells: []ui.TableCell{{Text: l.Amount.Full(c.Lang())}, {Text: l.To.Account, Note: l.To.Member}, state}}
		if !l.Part.IsZero() {
			row.Href = linesPath + l.Part.String() // how the money came, which whoever lets it out reads
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (m *Module) detailRows(c *web.Context, d PayeeDetails, people map[id.ID]lang.Name) []ui.SummaryRow {
	out := []ui.SummaryRow{{Name: c.T("reconcile.payees.name"), Value: d.To.Name}, {Name: c.T("reconcile.payees.account"), Value: d.To.Account}, {Name: c.T("reconcile.payees.member"), Value: d.To.Member}}
	if d.To.TaxNumber != "" {
		out = append(out, ui.SummaryRow{Name: c.T("reconcile.payees.tax"), Value: d.To.TaxNumber})
	}
	return append(out, ui.SummaryRow{Name: c.T("reconcile.payees.by"), Value: c.T("reconcile.statement.by", "who", officerName(people, d.By), "at", lang.FullMoment(c.Lang(), d.At, m.deps.Zone()))})
}

func (m *Module) payeeTable(c *web.Context, v payeesView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.payees.title"), Columns: columns(c, "reconcile.payees.", "payee", "name", "account")}
	for _, p := range v.Payees {
		row := ui.TableRow{Title: p.Title.In(c.Lang()), Cells: []ui.TableCell{{Text: c.T("reconcile.payees.none"), Muted: true}, {}}}
		if d, ok := v.Approved[p.ID]; ok {
			row.Cells = []ui.TableCell{{Text: d.To.Name}, {Text: d.To.Account, Note: d.To.Member}}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (m *Module) payeeChoices(c *web.Context, list []Payee) []ui.Choice {
	var out []ui.Choice
	for _, p := range list {
		out = append(out, ui.Choice{Value: p.ID.String(), Text: p.Title.In(c.Lang())})
	}
	return out
}

func (m *Module) openBars(c *web.Context, v openView) ui.BarsProps {
	var days []dayTotal
	for _, d := range slices.Backward(v.Days[:min(len(v.Days), chartDays)]) {
		days = append(days, dayTotal{Day: d.Day, Came: d.Came, Back: d.Back})
	}
	out := m.bars(c, days)
	for i := range out.Items {
		out.Items[i].Current = days[i].Day == v.Day.Day
	}
	return out
}

func (m *Module) openTable(c *web.Context, list []OpenDay) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.open.days"), Columns: columns(c, "reconcile.income.", "day", "came", "back")}
	for _, d := range list {
		out.Rows = append(out.Rows, ui.TableRow{Title: lang.Date(c.Lang(), d.Day), Href: openPath + "?day=" + d.Day.String(), Cells: []ui.TableCell{{Text: m.roubles(d.Came).Full(c.Lang())}, {Text: m.roubles(d.Back).Full(c.Lang())}}})
	}
	return out
}

func (m *Module) openNote(c *web.Context, v openView) string {
	n := int64(0)
	for _, one := range v.Total.Lines {
		n += one.Count
	}
	return c.T("reconcile.open.note", "n", n, "back", m.roubles(v.Day.Back).In(c.Lang()))
}

func (m *Module) totalTable(c *web.Context, d wireDay) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("reconcile.income.by_kind"), Columns: columns(c, "reconcile.income.", "kind", "payee", "came", "back", "payments")}
	for _, one := range slices.SortedFunc(slices.Values(d.Lines), func(a, b wireTotal) int { return cmp.Compare(b.Came-b.Back, a.Came-a.Back) }) {
		name := one.Name
		if one.Payee == "" {
			name = c.T("reconcile.open.several")
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: m.kindName(one.Kind, c.Lang()), Cells: []ui.TableCell{
			{Text: name}, {Text: m.roubles(one.Came).Full(c.Lang())}, {Text: m.roubles(one.Back).Full(c.Lang())}, {Text: strconv.FormatInt(one.Count, 10)},
		}})
	}
	return out
}
