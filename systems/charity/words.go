package charity

import (
	"context"
	"strconv"
	"strings"
	"time"

	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/systems/charity/internal/store"
	"posad.city/ui"
)

func sum(c *web.Context, kopecks int64) string { return money.Roubles(kopecks).In(c.Lang()) }

// short is the beginning of a text, cut between words.
func short(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= most {
		return string(runes)
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, ",.;:—- ") + "…"
}

// paragraphs are a text's parts between empty lines.
func paragraphs(text string) []string {
	var out []string
	for _, part := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// art are the pictures of categories, for appeals without a picture of their own.
var art = map[string]string{
	"children":  "_ sun.-.c _ leaf.-.g\nhouse.-.k.i tree.-.g.k house.-.b.i arch.-.l.c\nwave.-.l wave.-.b wave.-.i wave.-.l",
	"health":    "ring.-.l _ sun.-.c _\narch.-.k.i ring.-.g blocks.-.b.l leaf.-.g\nwave.-.i wave.-.l wave.-.b wave.-.l",
	"older":     "_ leaf.-.g sun.-.c _\narch.-.l.c house.-.k.p tree.-.m.g steps.-.b.l\nwave.-.b wave.-.l wave.-.i wave.-.b",
	"animals":   "sun.-.c _ pine.-.g.k _\ntree.-.m.g dots.-.k house.-.b.i leaf.-.g\nwave.-.m wave.-.g wave.-.m wave.-.l",
	"nature":    "pine.-.g.k sun.-.c _ tree.-.m.g\npine.-.m.g pine.-.g.k leaf.-.g tree.-.g.k\nwave.-.l wave.-.b wave.-.l wave.-.i",
	"heritage":  "tower.-.k.i _ sun.-.c tower.-.b.l\narch.-.l.c tower.-.d.l arch.-.b.i steps.-.k.l\nwave.-.b wave.-.i wave.-.l wave.-.b",
	"emergency": "sun.-.c _ _ ring.-.l\nhouse.-.b.i blocks.-.k.l house.-.c.p stripes.-.b\nwave.-.k wave.-.b wave.-.l wave.-.b",
}

// artOf is a category's picture.
func artOf(category string) ui.Mosaic {
	rows, known := art[category]
	if !known {
		rows = art["children"]
	}
	out, err := ui.ParseMosaic(rows, nil)
	if err != nil {
		return ui.Mosaic{} // a test parses all of them
	}
	return out
}

// category is what a category is called and looks like.
func (m *Module) category(key string) Named {
	n, known := titleOf(m.deps.City().Categories, key)
	if !known {
		return Named{Key: key, Title: lang.Text{RU: key, EN: key}, Icon: "plant-duotone", Tone: "mint"}
	}
	return n
}

func (m *Module) districtTitle(c *web.Context, key string) string {
	if key == "" {
		return c.T("charity.whole_city")
	}
	n, _ := titleOf(m.deps.City().Districts, key)
	return n.Title.In(c.Lang())
}

// left says how long an appeal is still open.
func (m *Module) left(c *web.Context, s Standing) string {
	today := m.today()
	if s.State != AppealOpen {
		return c.T("charity.appeal_state." + string(s.State))
	}
	if n := today.DaysUntil(s.Until); n > 0 {
		return c.T("charity.left", "count", n)
	}
	return c.T("charity.last_day")
}

func (m *Module) progress(c *web.Context, s Standing) ui.ProgressProps {
	return ui.ProgressProps{
		Label: c.T("charity.collected"), Value: s.Percent(), Of: 100,
		Text: c.T("charity.of", "sum", sum(c, s.Purse.Given), "target", sum(c, s.Target)),
	}
}

func (m *Module) aimTitle(c *web.Context, appeals map[id.ID]Standing, aim id.ID) string {
	if s, known := appeals[aim]; known {
		return s.Title.In(c.Lang())
	}
	return c.T("charity.own_aims")
}

// filters of the page of appeals.
func (m *Module) filters(c *web.Context, v homeView) ui.FiltersProps {
	choices := func(list []Named, all string) []ui.Choice {
		out := []ui.Choice{{Value: "", Text: c.T(all)}}
		for _, n := range list {
			out = append(out, ui.Choice{Value: n.Key, Text: n.Title.In(c.Lang())})
		}
		return out
	}
	city := m.deps.City()
	return ui.FiltersProps{Action: "/charity", Fields: []ui.Filter{
		{Name: "q", Label: c.T("charity.search"), Value: v.Query},
		{Name: "category", Label: c.T("charity.category"), Value: v.Category, Choices: choices(city.Categories, "charity.all_categories")},
		{Name: "district", Label: c.T("charity.district"), Value: v.District, Choices: choices(city.Districts, "charity.all_districts")},
	}}
}

func choicesOf(c *web.Context, list []Named) []ui.Choice {
	var out []ui.Choice
	for _, n := range list {
		out = append(out, ui.Choice{Value: n.Key, Text: n.Title.In(c.Lang())})
	}
	return out
}

var fundTones = map[FundState]ui.Tone{FundAsked: ui.Warning, FundOpen: ui.Success, FundSuspended: ui.Warning, FundRefused: ui.Fault, FundEnded: ui.Neutral}

func fundTag(c *web.Context, s FundState) ui.TagProps {
	out := ui.TagProps{Text: c.T("charity.fund_state." + string(s)), Tone: fundTones[s]}
	if s == FundOpen {
		out.Icon = "seal-check-fill"
	}
	return out
}

var appealTones = map[AppealState]ui.Tone{
	AppealDraft: ui.Neutral, AppealAsked: ui.Warning, AppealRefused: ui.Fault, AppealOpen: ui.Info, AppealReached: ui.Success, AppealEnded: ui.Neutral,
	AppealReported: ui.Success, AppealStopped: ui.Fault,
}

func appealTag(c *web.Context, s AppealState) ui.TagProps {
	return ui.TagProps{Text: c.T("charity.appeal_state." + string(s)), Tone: appealTones[s]}
}

var giftTones = map[GiftState]ui.Tone{GiftPromised: ui.Warning, GiftGiven: ui.Success, GiftBack: ui.Neutral, GiftDropped: ui.Neutral}

func giftTag(c *web.Context, s GiftState) *ui.TagProps {
	return &ui.TagProps{Text: c.T("charity.gift_state." + string(s)), Tone: giftTones[s]}
}

// requisites are what a fund is found and paid by.
func requisites(c *web.Context, f Fund) []ui.SummaryRow {
	rows := []ui.SummaryRow{
		{Name: c.T("charity.ogrn"), Value: f.OGRN}, {Name: c.T("charity.inn"), Value: f.INN},
		{Name: c.T("charity.account"), Value: f.Bank.Account}, {Name: c.T("charity.bank"), Value: f.Bank.Name},
		{Name: c.T("charity.bic"), Value: f.Bank.BIC}, {Name: c.T("charity.correspondent"), Value: f.Bank.Correspondent},
	}
	add := func(key, value string) {
		if value != "" {
			rows = append(rows, ui.SummaryRow{Name: c.T(key), Value: value})
		}
	}
	add("charity.address", f.Address.In(c.Lang()))
	add("charity.site", f.Site)
	add("charity.email", f.Email)
	add("charity.phone", f.Phone)
	return rows
}

func peopleRows(c *web.Context, f Fund) []ui.RowItem {
	var out []ui.RowItem
	for _, p := range f.People {
		out = append(out, ui.RowItem{Text: p.Name.In(c.Lang()), Value: p.Role.In(c.Lang()), Quiet: true})
	}
	return out
}

// monthSum is what came in a month.
type monthSum struct {
	Year   int
	Month  time.Month
	Amount int64
}

// months adds up a fund's gifts of the last months, this one last.
func (m *Module) months(ctx context.Context, fund id.ID, n int) ([]monthSum, error) {
	today := m.today()
	first := today.AddDays(1 - today.Day()).AddMonths(1 - n)
	out := emptyMonths(first, n)
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		for i := range out {
			out[i].Amount = 0
		}
		rows, err := charitydb.DaysOf(r, fund, first.String(), today.String())
		for _, row := range rows {
			day, err := calendar.ParseDate(row.Day)
			if err != nil {
				return err
			}
			if row.Kind == string(EntryGift) {
				addMonth(out, day, row.Amount)
			}
		}
		return err
	})
	return out, wrap("months", err)
}

// myMonths adds up somebody's gifts of the last six months.
func (m *Module) myMonths(gifts []Gift) []monthSum {
	today := m.today()
	out := emptyMonths(today.AddDays(1-today.Day()).AddMonths(-5), 6)
	for _, g := range gifts {
		if g.State == GiftGiven {
			addMonth(out, calendar.DateOf(g.Given, m.deps.Zone()), g.Amount)
		}
	}
	return out
}

func emptyMonths(first calendar.Date, n int) []monthSum {
	out := make([]monthSum, n)
	for i := range out {
		at := first.AddMonths(i)
		out[i] = monthSum{Year: at.Year(), Month: at.Month()}
	}
	return out
}

func addMonth(list []monthSum, day calendar.Date, amount int64) {
	for i := range list {
		if list[i].Year == day.Year() && list[i].Month == day.Month() {
			list[i].Amount += amount
		}
	}
}

// bars are months as a chart; the table beside says the same.
func bars(c *web.Context, label string, list []monthSum) ui.BarsProps {
	out := ui.BarsProps{Label: label}
	for i, one := range list {
		out.Items = append(out.Items, ui.Bar{
			Label: c.T("charity.month." + strconv.Itoa(int(one.Month))), Text: thousands(c, one.Amount), Value: float64(one.Amount), Current: i == len(list)-1,
		})
	}
	return out
}

// thousands is a sum short enough to stand over a bar.
func thousands(c *web.Context, kopecks int64) string {
	switch roubles := (kopecks + 50) / 100; {
	case roubles == 0:
		return "0"
	case roubles < 10_000:
		return lang.Number(c.Lang(), roubles)
	default:
		return c.T("charity.thousands", "number", lang.Number(c.Lang(), (roubles+500)/1000))
	}
}

func monthTable(c *web.Context, caption string, list []monthSum) ui.DataTableProps {
	out := ui.DataTableProps{Caption: caption, Columns: []ui.Column{{Title: c.T("charity.month_title")}, {Title: c.T("charity.given")}}}
	for i := len(list) - 1; i >= 0; i-- {
		out.Rows = append(out.Rows, ui.TableRow{Title: lang.MonthYear(c.Lang(), list[i].Year, list[i].Month), Cells: []ui.TableCell{{Text: sum(c, list[i].Amount)}}})
	}
	return out
}

// budgetTable is what an appeal's money is for, what was paid out and what was reported.
func budgetTable(c *web.Context, v appealView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("charity.budget"), Columns: []ui.Column{
		{Title: c.T("charity.line")}, {Title: c.T("charity.planned")}, {Title: c.T("charity.paid_out")}, {Title: c.T("charity.reported")},
	}}
	for _, l := range v.Lines {
		out.Rows = append(out.Rows, ui.TableRow{Title: l.Title.In(c.Lang()), Cells: []ui.TableCell{
			{Text: sum(c, l.Amount)}, {Text: sum(c, v.Paid[l.Key])}, {Text: sum(c, v.Told[l.Key])},
		}})
	}
	return out
}

// moneyBars are where an appeal's money is, as parts of what was given.
func moneyBars(c *web.Context, p Purse) []ui.ProgressProps {
	of := int(max(p.Given, 1) / 100)
	bar := func(key string, amount int64) ui.ProgressProps {
		return ui.ProgressProps{Label: c.T(key), Value: int(max(amount, 0) / 100), Of: max(of, 1), Text: sum(c, max(amount, 0))}
	}
	return []ui.ProgressProps{bar("charity.way.lies", p.Given-p.Paid), bar("charity.way.paid", p.Paid-p.Told), bar("charity.way.told", p.Told)}
}

// steps is the way of a gift.
func (m *Module) steps(c *web.Context, w Where, p WherePart) []ui.TimelineStep {
	when := lang.FullMoment(c.Lang(), w.At, m.deps.Zone())
	out := []ui.TimelineStep{{State: ui.Done, Title: c.T("charity.way.given_step", "sum", sum(c, p.Amount)), When: when, Note: p.title(c)}}
	lies := ui.TimelineStep{State: ui.Done, Title: c.T("charity.way.lies_step"), Note: c.T("charity.way.lies_none")}
	if p.Way.Lies > 0 {
		lies.State, lies.Note = ui.Now, c.T("charity.way.lies_note", "sum", sum(c, p.Way.Lies))
	}
	paid := ui.TimelineStep{State: ui.Next, Title: c.T("charity.way.paid_step"), Note: c.T("charity.way.paid_none")}
	if n := p.Way.PaidOut + p.Way.Reported; n > 0 {
		paid.State, paid.Note = ui.Done, c.T("charity.way.paid_note", "sum", sum(c, n))
	}
	told := ui.TimelineStep{State: ui.Next, Title: c.T("charity.way.told_step"), Note: c.T("charity.way.told_none")}
	if p.Way.Reported > 0 {
		told.State, told.Note = ui.Done, c.T("charity.way.told_note", "sum", sum(c, p.Way.Reported))
	}
	return append(out, lies, paid, told)
}

func (p WherePart) title(c *web.Context) string {
	if p.Appeal == nil {
		return c.T("charity.own_aims")
	}
	return p.Appeal.Title.In(c.Lang())
}

// piecesTable says of each part of a gift where it is.
func (m *Module) piecesTable(c *web.Context, p WherePart) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("charity.way.table"), Columns: []ui.Column{
		{Title: c.T("charity.amount")}, {Title: c.T("charity.way.where")}, {Title: c.T("charity.way.payout")}, {Title: c.T("charity.way.report")},
	}}
	for _, piece := range p.Way.Pieces {
		row := ui.TableRow{Title: sum(c, piece.Amount), Cells: []ui.TableCell{{Text: c.T("charity.way.lies")}, {Text: "—", Muted: true}, {Text: "—", Muted: true}}}
		if payout, ok := p.Spent[piece.Payout]; ok {
			row.Cells[0].Text = c.T("charity.way.paid")
			row.Cells[1] = ui.TableCell{
				Text: payout.To.In(c.Lang()) + ", " + lang.Date(c.Lang(), calendar.DateOf(payout.Decided, m.deps.Zone())),
				Note: c.T("charity.way.share", "what", payout.What.In(c.Lang()), "sum", sum(c, payout.Amount), "share", share(c, piece.Amount, payout.Amount)),
			}
		}
		if report, ok := p.Told[piece.Report]; ok && piece.Number < len(report.Lines) {
			line := report.Lines[piece.Number]
			row.Cells[0].Text = c.T("charity.way.told")
			row.Cells[2] = ui.TableCell{
				Text: line.What.In(c.Lang()),
				Note: c.T("charity.way.share", "what", lang.Date(c.Lang(), calendar.DateOf(report.At, m.deps.Zone())), "sum", sum(c, line.Amount), "share", share(c, piece.Amount, line.Amount)),
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// share is how much of a whole a part is, in hundredths of a per cent.
func share(c *web.Context, part, whole int64) string {
	if whole <= 0 {
		return "0"
	}
	n := (part*10_000 + whole/2) / whole
	if n == 0 {
		return c.T("charity.way.tiny")
	}
	text := strconv.FormatInt(n/100, 10)
	if rest := n % 100; rest > 0 {
		text += lang.DecimalMark(c.Lang()) + strings.TrimRight(pad(rest), "0")
	}
	return text
}

func pad(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// booksTable is a month of the books, a row a day and a row a payout.
func (m *Module) booksTable(c *web.Context, v booksView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("charity.books"), Columns: []ui.Column{
		{Title: c.T("charity.day")}, {Title: c.T("charity.came")}, {Title: c.T("charity.went")}, {Title: c.T("charity.balance")},
	}}
	balance := v.Before
	for _, d := range v.Days {
		day := lang.Date(c.Lang(), d.Day)
		if d.Came > 0 || d.Back > 0 {
			balance += d.Came - d.Back
			row := ui.TableRow{Title: day, Note: c.T("charity.gifts_count", "count", d.Gifts), Cells: []ui.TableCell{{Text: sum(c, d.Came)}, {Text: "—", Muted: true}, {Text: sum(c, balance)}}}
			if d.Back > 0 {
				row.Cells[1] = ui.TableCell{Text: sum(c, d.Back), Note: c.T("charity.gone_back")}
			}
			out.Rows = append(out.Rows, row)
		}
		if d.Returned > 0 {
			balance += d.Returned
			out.Rows = append(out.Rows, ui.TableRow{Title: day, Note: c.T("charity.payout_state.returned"), Cells: []ui.TableCell{{Text: sum(c, d.Returned)}, {Text: "—", Muted: true}, {Text: sum(c, balance)}}})
		}
		for _, p := range d.Payouts {
			balance -= p.Amount
			out.Rows = append(out.Rows, ui.TableRow{Title: day, Note: p.To.In(c.Lang()), Cells: []ui.TableCell{
				{Text: "—", Muted: true}, {Text: sum(c, p.Amount), Note: payoutNote(c, p) + " · " + m.aimTitle(c, v.Appeals, p.Appeal)}, {Text: sum(c, balance)},
			}})
		}
		if more := d.Unlisted(); more > 0 {
			balance -= more
			out.Rows = append(out.Rows, ui.TableRow{Title: day, Note: c.T("charity.more_payouts"), Cells: []ui.TableCell{{Text: "—", Muted: true}, {Text: sum(c, more)}, {Text: sum(c, balance)}}})
		}
	}
	return out
}

// payoutNote says what a payout is for, and why it is more than its line of the budget has.
func payoutNote(c *web.Context, p Payout) string {
	if p.Beyond == "" {
		return p.What.In(c.Lang())
	}
	return p.What.In(c.Lang()) + ". " + c.T("charity.beyond_title") + ": " + p.Beyond
}

func monthHref(fund id.ID, month calendar.Date) string {
	return fundPath(fund) + "/books?month=" + month.String()[:7]
}

func (m *Module) decisionLog(c *web.Context, list []Decision) []ui.LogItem {
	var out []ui.LogItem
	for _, d := range list {
		out = append(out, ui.LogItem{When: lang.FullMoment(c.Lang(), d.At, m.deps.Zone()), Text: c.T("charity.decided."+d.Kind) + ". " + d.Reason})
	}
	return out
}

// field of a form with its fault.
func (m *Module) ask(c *web.Context, faults []fault.Field, name, key string) ui.Field {
	out := ui.Field{Name: name, Label: c.T("charity." + key), Error: page.FaultText(c, faults, name)}
	if m.base.Texts.Has("charity." + key + "_hint") {
		out.Hint = c.T("charity." + key + "_hint")
	}
	return out
}

func shownOr(c *web.Context, name string) string {
	if name == "" {
		return c.T("charity.anonymous")
	}
	return name
}

type faultList = []fault.Field
