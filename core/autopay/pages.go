package autopay

import (
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// orderNote is what an order is about, in a line.
func orderNote(m *Module, c *web.Context, o Order) string {
	out := m.kindName(o.Biller.Kind, c.Lang())
	if o.Name.Known != "" {
		out += " · " + o.Name.Known
	}
	return out + " · " + o.Card.shown()
}

// billTitle is what a bill is called, with the month or the year that it is for.
func billTitle(l lang.Language, t Turn) string {
	title, period := t.Title.In(l), t.Period
	if first, err := calendar.ParseDate(t.Period + "-01"); err == nil {
		period = lang.MonthYear(l, first.Year(), first.Month())
	}
	if period == "" || strings.Contains(strings.ToLower(title), strings.ToLower(period)) {
		return title
	}
	return title + ", " + period
}

// billNote is what a bill is about, in a line.
func billNote(m *Module, c *web.Context, b Bill) string {
	out := m.deps.AgencyName(b.Payee, c.Lang())
	if b.Known != "" {
		out = b.Known + " · " + out
	}
	if b.Amount.Minor > 0 {
		out += " · " + b.Amount.In(c.Lang())
	}
	return out
}

// steps are those of making an order.
func steps(c *web.Context, now int) []ui.Step {
	out := make([]ui.Step, 0, 3)
	for i, key := range []string{"choose", "terms", "check"} {
		step := ui.Step{Text: c.T("autopay.step." + key), State: ui.Next}
		switch {
		case i < now:
			step.State = ui.Done
		case i == now:
			step.State = ui.Now
		}
		if i == 0 && now > 0 {
			step.Href = listPath + "/new"
		}
		out = append(out, step)
	}
	return out
}

func termsPath(c *web.Context, owner id.ID, b Bill) string {
	out := listPath + "/new/terms?charge=" + b.ID.String()
	if owner != c.Person() {
		out += "&for=" + owner.String()
	}
	return out
}

// ownerText is a form's field for whom it is; empty for oneself.
func ownerText(c *web.Context, owner id.ID) string {
	if owner == c.Person() {
		return ""
	}
	return owner.String()
}

func widgetRows(c *web.Context, card orderCard, today calendar.Date) []ui.RowItem {
	next := ui.RowItem{Text: c.T("autopay.next"), Value: c.T("autopay.next_none"), Quiet: true}
	switch {
	case card.Asks != nil:
		next.Quiet = false
		next.Value = c.T("autopay.turn.ask") + " · " + card.amountOf(card.Asks.Amount).In(c.Lang())
	case card.Next != nil:
		next.Quiet = false
		next.Value = lang.DayMonth(c.Lang(), card.payOn(*card.Next, today)) + " · " + card.amountOf(card.Next.Amount).In(c.Lang())
	}
	out := []ui.RowItem{next}
	if card.Last != nil {
		out = append(out, ui.RowItem{Text: c.T("autopay.last"), Value: card.amountOf(card.Last.Amount).In(c.Lang())})
	}
	return out
}

func templateRows(m *Module, c *web.Context, list []Template) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(list))
	for _, t := range list {
		out = append(out, ui.RowItem{Icon: "receipt-duotone", Text: t.Name.Text, Value: t.Usual.In(c.Lang()), Quiet: true})
	}
	return out
}

func overRows(c *web.Context, list []Order) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(list))
	for _, o := range list {
		out = append(out, ui.RowItem{Text: o.Name.Text, Href: orderPath(o.ID), Tag: &ui.TagProps{Text: c.T("autopay.state.stopped"), Tone: ui.Neutral}, Muted: true})
	}
	return out
}

func plainRows(sentences []string) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(sentences))
	for _, one := range sentences {
		out = append(out, ui.RowItem{Icon: "check-circle-fill", Tone: ui.Success, Text: one})
	}
	return out
}

func overWords(c *web.Context, n int) string {
	if n == 0 {
		return c.T("autopay.form.over_never")
	}
	return c.T("autopay.form.over_by", "n", n)
}

func windowWords(c *web.Context, n int) string {
	if n == 0 {
		return c.T("autopay.form.window_none")
	}
	return c.T("autopay.form.window_hours", "n", n)
}

func beforeWords(c *web.Context, n int) string {
	if n == 0 {
		return c.T("autopay.form.days_on")
	}
	return c.T("autopay.form.days_before", "days", lang.Days(c.Lang(), n))
}

// nextAmount is what is owed now; 0: nothing that is known.
func nextAmount(card orderCard) int64 {
	if card.Next == nil {
		return 0
	}
	return card.Next.Amount
}

func chargesOf(t Turn) []id.ID { return []id.ID{t.Charge} }

// whyKey is which question the reasons answer.
func whyKey(t Turn) string {
	switch t.State {
	case Paid, Undone:
		return "paid"
	case Refused, Over:
		return "not"
	}
	return "so"
}

func billChoices(m *Module, c *web.Context, bills []Bill) []ui.Choice {
	out := make([]ui.Choice, 0, len(bills))
	for _, b := range bills {
		out = append(out, ui.Choice{Value: b.ID.String(), Text: m.kindName(b.Kind, c.Lang()) + " · " + billNote(m, c, b)})
	}
	return out
}

// templateFaults lead to the name that was at fault.
func templateFaults(c *web.Context, v templatesView) []ui.FaultLine {
	var out []ui.FaultLine
	for _, f := range v.Faults {
		out = append(out, ui.FaultLine{Name: "name-" + v.Wrong.String(), Text: c.FieldText(f)})
	}
	return out
}
