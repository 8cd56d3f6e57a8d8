package autopay

import (
	"slices"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// orderView is the page of one order.
type orderView struct {
	Order  Order
	Card   orderCard
	Turns  []Turn
	Plain  []string
	Past   []Bill // newest first
	Usual  int64
	Pause  pauseForm
	Faults []fault.Field
	Today  calendar.Date
	Wide   bool      // whoever looks may change the terms
	Ask    Judgement // of the next bill: see coming
}

func (m *Module) showOrder(c *web.Context) error {
	o, err := m.find(c)
	if err != nil {
		return err
	}
	return m.orderPage(c, o, nil, pauseForm{How: "month"})
}

func (m *Module) orderPage(c *web.Context, o Order, faults []fault.Field, f pauseForm) error {
	v := orderView{Order: o, Card: orderCard{Order: o}, Faults: faults, Pause: f, Today: m.today(), Wide: o.mayWiden(c.Act())}
	var err error
	if v.Turns, err = m.TurnsOf(c.Context(), c.Act(), o); err != nil {
		return err
	}
	for i := range v.Turns {
		v.Card.take(&v.Turns[i], v.Today)
	}
	if v.Card.Next != nil {
		if v.Ask, err = m.foresee(c.Context(), o, *v.Card.Next); err != nil {
			return err
		}
	}
	bills, err := m.deps.Charges.Bills(c.Context(), c.Act(), o.Person, c.Now())
	if err != nil {
		return err
	}
	v.Past = paidOf(bills, o.Biller, id.ID{})
	v.Usual = Usual(pastOf(bills, o.Biller, id.ID{}))
	refundable := slices.ContainsFunc(bills, func(b Bill) bool { return b.Biller == o.Biller && b.Refundable })
	v.Plain = m.plain(c, o, v.Usual, refundable)
	return m.base.Pages.Render(c, page.Options{Title: o.Name.Text, Layout: page.Account, Faulty: len(faults) > 0, Crumbs: crumbs(c, o.Name.Text)}, orderPage(m, c, v))
}

// chart shows what was paid, the oldest first, and what is owed now; its words say the same.
func (m *Module) chart(c *web.Context, o Order, past []Bill, now int64) ui.BarsProps {
	shown := past[:min(len(past), chartMost)]
	var words []string
	out := ui.BarsProps{}
	for i := len(shown) - 1; i >= 0; i-- {
		month := monthWord(c, calendar.DateOf(shown[i].Paid, m.deps.Zone()))
		out.Items = append(out.Items, bar(c, shown[i].Amount.Minor, month))
		words = append(words, month+" "+shown[i].Amount.In(c.Lang()))
	}
	out.Label = c.T("autopay.chart.label", "list", strings.Join(words, ", "))
	if now > 0 {
		last := bar(c, now, c.T("autopay.chart.now"))
		last.Current = true
		out.Items = append(out.Items, last)
		out.Label += " " + c.T("autopay.chart.label_now", "amount", o.amountOf(now))
	}
	return out
}

// chartMost is how many bars fit a phone.
const chartMost = 6

func bar(c *web.Context, amount int64, label string) ui.Bar {
	return ui.Bar{Label: label, Text: lang.Number(c.Lang(), (amount+50)/100), Value: float64(amount)}
}

func historyRows(c *web.Context, o Order, turns []Turn) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(turns))
	for _, t := range turns {
		tag := turnTag(c, t)
		value := ""
		if t.Amount > 0 {
			value = o.amountOf(t.Amount).In(c.Lang())
		}
		out = append(out, ui.RowItem{Text: billTitle(c.Lang(), t), Href: turnPath(o.ID, t.ID), Value: value, Tag: &tag, Muted: t.State == Over})
	}
	return out
}

// turnView is the page of one bill under an order: what will happen, or why it happened.
type turnView struct {
	Order     Order
	Turn      Turn
	Decisions []Decision
	Past      []Bill
	Usual     int64
	Today     calendar.Date
	Undo      bool
	Wide      bool      // whoever looks may say yes and change the terms
	Ask       Judgement // see coming
	Same      bool      // every decision comes out again from what was kept
}

func (m *Module) showTurn(c *web.Context) error {
	t, o, err := m.findTurn(c)
	if err != nil {
		return err
	}
	v := turnView{Order: o, Turn: t, Today: m.today(), Wide: o.mayWiden(c.Act()), Same: true}
	v.Undo = v.Wide && t.undoable(c.Now())
	if t.State == Asked {
		if v.Turn.Amount, err = m.askedAmount(c, t); err != nil {
			return err
		}
	}
	if v.Ask, err = m.foresee(c.Context(), o, t); err != nil {
		return err
	}
	if v.Decisions, err = m.Decisions(c.Context(), c.Act(), o.Person, t.ID); err != nil {
		return err
	}
	for _, d := range v.Decisions {
		v.Same = v.Same && d.Replays()
	}
	bills, err := m.deps.Charges.Bills(c.Context(), c.Act(), o.Person, c.Now())
	if err != nil {
		return err
	}
	v.Past, v.Usual = paidOf(bills, o.Biller, t.Charge), Usual(pastOf(bills, o.Biller, t.Charge))
	title := billTitle(c.Lang(), t)
	at := []ui.Link{{Text: c.T("autopay.title"), Href: listPath}, {Text: o.Name.Text, Href: orderPath(o.ID)}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: at}, turnPage(m, c, v))
}

// askedAmount is what a yes would be for now: a bill with a penalty grows while its owner thinks.
func (m *Module) askedAmount(c *web.Context, t Turn) (int64, error) {
	s, err := m.gather(c.Context(), m.system(), t.Person, t.ID)
	if err != nil {
		return t.Amount, err
	}
	if found := Judge(s.inputs); found.Verdict == Ask {
		return found.Amount, nil
	}
	return t.Amount, nil
}

// said is the last judgement of a bill; before the first one, nothing.
func (v turnView) said() Judgement {
	if len(v.Decisions) == 0 {
		return Judgement{Rule: v.Turn.Rule, Amount: v.Turn.Amount, Pay: v.Turn.PayOn}
	}
	j := Judge(v.Decisions[0].Inputs)
	if j.Rule == RuleWindow {
		j.After = v.Turn.Thinking
	}
	return j
}

// headline says what happens to the bill, before all reasons.
func (m *Module) headline(c *web.Context, v turnView) string {
	args := m.ruleArgs(c, v.Order, v.said(), v.Turn)
	switch v.Turn.State {
	case Paid, Undone, Paying, Over:
		return c.T("autopay.headline."+string(v.Turn.State), args...)
	}
	if v.Ask.Verdict == Ask || v.Order.stands(v.Turn, v.Today) != v.said().Rule {
		return m.whyComing(c, coming{v.Turn, v.Order, v.Ask})
	}
	return c.T("autopay.rule."+string(v.said().Rule), args...)
}

// steps are the decisions as a way, the oldest first.
func (m *Module) steps(c *web.Context, v turnView) []ui.TimelineStep {
	var out []ui.TimelineStep
	for i := len(v.Decisions) - 1; i >= 0; i-- {
		d := v.Decisions[i]
		j := Judge(d.Inputs)
		o := v.Order
		o.Terms, o.Paused = d.Inputs.Terms, d.Inputs.Paused
		out = append(out, ui.TimelineStep{
			State: ui.Done, Title: c.T("autopay.verdict." + string(d.Verdict)), When: lang.FullMoment(c.Lang(), d.At, m.deps.Zone()),
			Note: c.T("autopay.rule."+string(d.Rule), m.ruleArgs(c, o, j, Turn{Told: d.Inputs.Told})...),
		})
	}
	for i, try := range v.Turn.Tries {
		at := v.Turn.attempts[i]
		when := at.ended
		if when.IsZero() {
			when = at.started
		}
		step := ui.TimelineStep{State: ui.Done, Title: c.T("autopay.fate." + string(try.Fate)), When: lang.FullMoment(c.Lang(), when, m.deps.Zone()), Note: v.Order.amountOf(at.amount).In(c.Lang())}
		if try.Fate == Unknown {
			step.State = ui.Now
		}
		if try.Fate == Taken && !at.payment.IsZero() {
			step.Link = ui.Link{Text: c.T("autopay.receipt"), Href: "/pay/receipt/" + at.payment.String()}
		}
		out = append(out, step)
	}
	return out
}

// reasons are the inputs of the last decision, in words.
func (m *Module) reasons(c *web.Context, v turnView) []ui.SummaryRow {
	if len(v.Decisions) == 0 {
		return nil
	}
	in, o := v.Decisions[0].Inputs, v.Order
	day := func(d calendar.Date) string {
		if d.IsZero() {
			return "—"
		}
		return lang.Date(c.Lang(), d)
	}
	sum := func(n int64) string { return o.amountOf(n).In(c.Lang()) }
	usual := c.T("autopay.reason.usual_none")
	if n := len(in.Past); n > 0 {
		usual = c.T("autopay.reason.usual_words", "usual", o.amountOf(Usual(in.Past)), "count", n)
	}
	rows := []ui.SummaryRow{
		{Name: c.T("autopay.reason.amount"), Value: sum(in.Amount)},
		{Name: c.T("autopay.reason.usual"), Value: usual},
		{Name: c.T("autopay.reason.each"), Value: sum(in.Terms.Each)},
		{Name: c.T("autopay.reason.month"), Value: c.T("autopay.reason.month_words", "spent", o.amountOf(in.Spent), "month", o.amountOf(in.Terms.Month))},
		{Name: c.T("autopay.reason.due"), Value: day(in.Due)},
		{Name: c.T("autopay.reason.pay"), Value: day(v.said().Pay)},
		{Name: c.T("autopay.reason.told"), Value: day(in.Told)},
	}
	if in.Approved > 0 {
		rows = append(rows, ui.SummaryRow{Name: c.T("autopay.reason.approved"), Value: sum(in.Approved)})
	}
	return rows
}
