package utility

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"posad.city/core/charge"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// The groups of services of a chart, in the order in which they are stacked.
var groups = []struct {
	key   string
	kinds []string
}{
	{"water", []string{"cold-water", "hot-water", "drainage"}}, {"heat", []string{"heating"}}, {"power", []string{"power", "gas"}},
	{"house", []string{"upkeep", "repairs"}}, {"rest", nil},
}

func groupOf(kind string) int {
	for i, g := range groups {
		if slices.Contains(g.kinds, kind) {
			return i
		}
	}
	return len(groups) - 1
}

// column is a month of the chart.
type column struct {
	Period Period
	Href   string
	Total  int64
	Parts  [5]int64 // by group
	Known  bool     // there is a bill
}

// chart is the months of a flat, the oldest first.
type chart struct {
	Columns []column
	Most    int64
}

// chartOf makes twelve months of bills, which come the newest first.
func chartOf(home id.ID, bills []Issued) chart {
	var out chart
	if len(bills) == 0 {
		return out
	}
	for back := 11; back >= 0; back-- {
		p := bills[0].Period.Add(-back)
		col := column{Period: p}
		at := slices.IndexFunc(bills, func(b Issued) bool { return b.Period == p })
		if at >= 0 {
			col.Known, col.Total, col.Href = true, bills[at].Total, billPath(home, p)
			for _, l := range bills[at].Lines {
				if l.Total > 0 {
					col.Parts[groupOf(l.Kind)] += l.Total
				}
			}
		}
		var tall int64
		for _, part := range col.Parts {
			tall += part
		}
		out.Most = max(out.Most, tall)
		out.Columns = append(out.Columns, col)
	}
	return out
}

// rect is a part of a column: y and height in thousandths of the chart's height.
type rect struct{ class, y, height string }

// rects stacks a column from the ground.
func (c chart) rects(col column) []rect {
	var out []rect
	ground := int64(1000)
	for i, part := range col.Parts {
		if part <= 0 || c.Most == 0 {
			continue
		}
		height := max(part*1000/c.Most, 4)
		ground -= height
		out = append(out, rect{"uchart__" + groups[i].key, itoa(int(max(ground, 0))), itoa(int(max(height-3, 1)))})
	}
	return out
}

func path(home id.ID) string                   { return "/flats/" + home.String() }
func billPath(home id.ID, p Period) string     { return path(home) + "/bills/" + p.String() }
func deskPath(home id.ID) string               { return "/desk/utility/flats/" + home.String() }
func sumText(l lang.Language, n int64) string  { return money.Roubles(n).Full(l) }
func shortSum(l lang.Language, n int64) string { return money.Roubles(n - n%100).In(l) }

// signedSum has a plus where it is more.
func signedSum(l lang.Language, n int64) string {
	if n > 0 {
		return "+" + sumText(l, n)
	}
	return sumText(l, n)
}

// number writes a decimal as people read it.
func number(l lang.Language, d Decimal) string { return digits(l, d.String()) }

// digits groups a number with a point, and gives it the language's mark.
func digits(l lang.Language, text string) string {
	whole, part, _ := strings.Cut(text, ".")
	out := lang.Grouped(l, whole)
	if part != "" {
		out += lang.DecimalMark(l) + part
	}
	return out
}

// argument writes a step's parameter as people read it: a day, a number, or the word as it is.
func argument(l lang.Language, name, value string) string {
	if d, err := calendar.ParseDate(value); err == nil {
		return lang.Date(l, d)
	}
	if name == "serial" || name == "reason" {
		return value
	}
	plain, below := strings.CutPrefix(value, "-")
	d, err := decimal.Parse(plain)
	if err != nil {
		return value
	}
	out := digits(l, d.String())
	if name == "sum" || name == "price" {
		out = digits(l, d.Fixed(2))
	}
	if below {
		return "−" + out
	}
	return out
}

// inRoubles are the steps whose was and now are roubles.
var inRoubles = []string{"why_price_up", "why_price_down", "why_heat_up", "why_heat_down", "why_benefit", "why_recalculation"}

// stepText is a step in words.
func stepText(c *web.Context, s Step) string {
	var args []any
	for name, value := range s.Args {
		if name == "unit" {
			value = c.T("utility.unit." + strings.ToLower(value))
		} else if slices.Contains(inRoubles, s.Key) && (name == "was" || name == "now") {
			value = argument(c.Lang(), "sum", value)
		} else {
			value = argument(c.Lang(), name, value)
		}
		args = append(args, name, value)
	}
	if !s.Name.IsZero() {
		args = append(args, "name", s.Name.In(c.Lang()))
	}
	return c.T("utility.step."+s.Key, args...)
}

// lineTitle names a line.
func lineTitle(c *web.Context, l Line) string {
	if l.Tariff == Carried {
		return c.T("utility.carried")
	}
	title := l.Title.In(c.Lang())
	if l.Part == "" {
		return title
	}
	var words []string
	for i, part := range strings.Split(l.Part, "-band-") {
		switch {
		case i > 0:
			words = append(words, c.T("utility.part.band", "n", part))
		case strings.HasPrefix(part, "band-"):
			words = append(words, c.T("utility.part.band", "n", strings.TrimPrefix(part, "band-")))
		case part != "":
			words = append(words, c.T("utility.part."+part))
		}
	}
	return title + ", " + strings.Join(words, ", ")
}

// monthTitle is a month at the beginning of a line.
func monthTitle(c *web.Context, p Period) string {
	text := p.In(c.Lang())
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// formula is how a line was counted: 4,5 м³ × 0,0607 × 2 964,15 ₽.
func formula(c *web.Context, l Line) string {
	if l.Basis == ByNothing {
		return ""
	}
	language := c.Lang()
	unit := c.T("utility.unit." + strings.ToLower(lineUnit(l)))
	out := number(language, l.Quantity) + "\u00a0" + unit
	if l.Per != decimal.One {
		out += " × " + number(language, l.Per) + "\u00a0" + c.T("utility.unit.gcal")
	}
	out += " × " + digits(language, l.Price.Fixed(2)) + "\u00a0₽"
	if l.Factor != decimal.One {
		out += " × " + number(language, l.Factor)
	}
	return out
}

// lineUnit is the unit of a line's quantity: of heat by area, the area.
func lineUnit(l Line) string {
	switch {
	case l.Basis == ByArea:
		return "m2"
	case l.Part == "heat":
		return "m3"
	}
	return l.Unit
}

// basisTag says how the quantity is known, where that is worth a word.
func basisTag(c *web.Context, l Line) *ui.TagProps {
	tone := ui.Neutral
	switch {
	case l.Basis == ByEstimate, l.Factor != decimal.One:
		tone = ui.Warning
	case l.Basis != ByNorm:
		return nil
	}
	return &ui.TagProps{Text: c.T("utility.basis." + string(l.Basis)), Tone: tone}
}

// chargeTag is how a month's charge stands; nil: there is none.
func (m *Module) chargeTag(c *web.Context, charges map[string]charge.Charge, p Period) *ui.TagProps {
	one, there := charges[p.String()]
	if !there {
		return nil
	}
	switch {
	case !one.State.Open():
		return &ui.TagProps{Text: c.T("utility.state." + string(one.State)), Tone: ui.Success}
	case c.Now().After(one.Due):
		return &ui.TagProps{Text: c.T("utility.state.late"), Tone: ui.Fault}
	}
	return &ui.TagProps{Text: c.T("utility.state.due", "day", lang.DayMonth(c.Lang(), calendar.DateOf(one.Due, m.deps.Zone()))), Tone: ui.Info}
}

// providerTitle names who provides a line's service.
func (m *Module) providerTitle(c *web.Context, key string) string {
	u, err := m.utilities()
	if err != nil {
		return ""
	}
	if p, ok := u.Provider(key); ok {
		return p.Title.In(c.Lang()) + ", " + p.Phone
	}
	return ""
}

// tariffTitle is the name of a tariff of the city in force.
func (m *Module) tariffTitle(c *web.Context, key string) string {
	if city := m.deps.Services.Current(); city != nil {
		if t, ok := city.Tariff(key); ok {
			return t.Title.In(c.Lang())
		}
	}
	return key
}

func (m *Module) tariffUnit(c *web.Context, key string) string {
	if city := m.deps.Services.Current(); city != nil {
		if t, ok := city.Tariff(key); ok {
			return c.T("utility.unit." + strings.ToLower(t.Unit))
		}
	}
	return ""
}
