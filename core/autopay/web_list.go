package autopay

import (
	"context"
	"slices"

	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// listView is the page of all orders of somebody.
type listView struct {
	Owner     id.ID
	Orders    []orderCard
	Over      []Order // stopped
	Asks      []coming
	Coming    []coming
	Templates []Template
	Spent     money.Amount // this month, by all live orders
	Planned   money.Amount // of Spent, what is still to be paid
	Cap       money.Amount // of all live orders
	Today     calendar.Date
}

// orderCard is one live order with how its month stands.
type orderCard struct {
	Order
	Asks  *Turn // that waits for the owner's word
	Next  *Turn
	Spent int64 // paid or being paid this month
	Plan  int64 // to be paid this month beside
	Last  *Turn // the last that was paid
}

// coming is a bill that waits, with its order.
type coming struct {
	Turn
	Order Order
	Ask   Judgement // by which its owner will be asked; of another verdict: they will not
}

func (m *Module) showList(c *web.Context) error {
	v, err := m.listOf(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("autopay.title"), Layout: page.Account}, listPage(m, c, v))
}

func (m *Module) listOf(c *web.Context) (listView, error) {
	owner, may, err := m.whose(c, c.Query("for"))
	if err != nil {
		return listView{}, err
	}
	orders, err := m.Orders(c.Context(), c.Act(), owner)
	if err != nil {
		return listView{}, err
	}
	turns, err := m.Turns(c.Context(), c.Act(), owner)
	if err != nil {
		return listView{}, err
	}
	templates, err := m.Templates(c.Context(), c.Act(), owner)
	if err != nil {
		return listView{}, err
	}
	v := gatherList(slices.DeleteFunc(orders, func(o Order) bool { return !may(o.Service) }), turns, m.today())
	for i := range v.Coming {
		if v.Coming[i].Ask, err = m.foresee(c.Context(), v.Coming[i].Order, v.Coming[i].Turn); err != nil {
			return v, err
		}
	}
	v.Owner, v.Templates = owner, slices.DeleteFunc(templates, func(t Template) bool { return !may(t.Service) })
	return v, nil
}

// gatherList puts orders and their bills together. It is pure.
func gatherList(orders []Order, turns []Turn, today calendar.Date) listView {
	v := listView{Today: today}
	for _, o := range orders {
		if o.State == Stopped {
			v.Over = append(v.Over, o)
			continue
		}
		card := orderCard{Order: o}
		for i := range turns {
			if t := &turns[i]; t.Order == o.ID {
				card.take(t, today)
				v.sort(coming{Turn: *t, Order: o})
			}
		}
		v.Orders = append(v.Orders, card)
		v.Cap = plus(v.Cap, o.amountOf(o.Terms.Month))
		v.Planned = plus(v.Planned, o.amountOf(card.Plan))
		v.Spent = plus(v.Spent, o.amountOf(card.Spent+card.Plan))
	}
	byDay := func(a, b coming) int { return a.PayOn.Compare(b.PayOn) }
	slices.SortStableFunc(v.Coming, byDay)
	slices.SortStableFunc(v.Asks, byDay)
	return v
}

// plus adds amounts; other currencies than the first one's are left out of a sum.
func plus(a, b money.Amount) money.Amount {
	if a.Currency == "" {
		return b
	}
	if sum, err := a.Add(b); err == nil {
		return sum
	}
	return a
}

func (card *orderCard) take(t *Turn, today calendar.Date) {
	day := card.payOn(*t, today)
	thisMonth := !day.IsZero() && monthOf(day) == monthOf(today)
	switch {
	case t.State == Asked:
		card.Asks = t
	case t.State == Waiting:
		if card.Next == nil || t.PayOn.Before(card.Next.PayOn) {
			card.Next = t
		}
		if thisMonth {
			card.Plan += t.Amount
		}
	case t.State == Paid || t.State == Paying:
		if thisMonth {
			card.Spent += t.Amount
		}
		if t.State == Paid && (card.Last == nil || card.Last.Ended.Before(t.Ended)) {
			card.Last = t
		}
	}
}

// sort puts a bill where the page shows it: what waits for the owner, or what will be paid.
func (v *listView) sort(one coming) {
	switch {
	case one.State == Asked, one.State == Refused && !one.Skipped && one.Rule != RuleStopped:
		v.Asks = append(v.Asks, one)
	case one.State == Waiting, one.State == Paying:
		v.Coming = append(v.Coming, one)
	}
}

// dateBlock is a day as a block.
func dateBlock(c *web.Context, d calendar.Date, tone ui.Tone) ui.DateBlockProps {
	if d.IsZero() {
		return ui.DateBlockProps{Day: "—", Tone: tone}
	}
	return ui.DateBlockProps{Day: lang.Number(c.Lang(), int64(d.Day())), Month: monthWord(c, d), Tone: tone}
}

// monthWord is a month's short name.
func monthWord(c *web.Context, d calendar.Date) string {
	return c.T("autopay.month." + lang.Number(lang.English, int64(d.Month())))
}

// usualWords say what is usual, and why it is.
func usualWords(c *web.Context, usual money.Amount, count int) string {
	if count == 1 {
		return c.T("autopay.usual_one", "usual", usual)
	}
	return c.T("autopay.usual_words", "usual", usual, "count", count)
}

// ruleNew is of a bill that was not judged yet, in words.
const ruleNew Rule = "new"

// stands is the rule by which a bill stands: what its owner has said, and what holds the order, is true before it is judged anew.
func (o Order) stands(t Turn, today calendar.Date) Rule {
	switch {
	case !t.State.pending() || t.State == Paying:
		return t.Rule
	case o.State == Stopped:
		return RuleStopped
	case t.Skipped:
		return RuleSkipped
	case o.PausedOn(today):
		return RulePaused
	case t.Rule == "":
		return ruleNew
	}
	return t.Rule
}

// payOn is the day on which a bill is to be paid, as far as its owner may know it now.
func (o Order) payOn(t Turn, today calendar.Date) calendar.Date {
	if o.PausedOn(today) && t.State == Waiting {
		return calendar.Latest(t.PayOn, o.Paused)
	}
	return t.PayOn
}

// why is what stands of a bill, in a sentence.
func (m *Module) why(c *web.Context, o Order, t Turn) string {
	rule := o.stands(t, m.today())
	return c.T("autopay.rule."+string(rule), m.ruleArgs(c, o, Judgement{Amount: t.Amount, Pay: t.PayOn, Rule: rule, After: t.Thinking}, t)...)
}

// foresee is what will be said of a bill that waits for its day.
func (m *Module) foresee(ctx context.Context, o Order, t Turn) (Judgement, error) {
	rule := o.stands(t, m.today())
	if t.State != Waiting || rule != RuleEarly && rule != RuleNight {
		return Judgement{}, nil
	}
	s, err := m.gather(ctx, m.system(), t.Person, t.ID)
	if err != nil {
		return Judgement{}, err
	}
	return Foresee(s.inputs), nil
}

// whyComing says what will happen to a bill: it is paid, or its owner is asked first.
func (m *Module) whyComing(c *web.Context, one coming) string {
	if one.Ask.Verdict != Ask {
		return m.why(c, one.Order, one.Turn)
	}
	return c.T("autopay.foresee."+string(one.Ask.Rule), m.ruleArgs(c, one.Order, one.Ask, one.Turn)...)
}

// overdue says of a bill that waits that its term is over.
func overdue(c *web.Context, t Turn, today calendar.Date) string {
	if t.Due.IsZero() || !t.Due.Before(today) || !t.State.pending() {
		return ""
	}
	return c.T("autopay.overdue", "day", lang.DateNear(c.Lang(), t.Due, today))
}

// ruleArgs are what the sentences of rules may name.
func (m *Module) ruleArgs(c *web.Context, o Order, j Judgement, t Turn) []any {
	hour := "—"
	if !j.After.IsZero() {
		hour = lang.Time(c.Lang(), j.After.In(m.deps.Zone()))
	}
	day := func(d calendar.Date) string {
		if d.IsZero() {
			return "—"
		}
		return lang.DayMonth(c.Lang(), d)
	}
	again := j.Again
	if again.IsZero() {
		again = j.Pay
	}
	return []any{
		"amount", o.amountOf(j.Amount), "limit", o.amountOf(j.Limit), "usual", o.amountOf(j.Usual), "day", day(j.Pay), "again", day(again), "told", day(t.Told), "hour", hour,
		"each", o.amountOf(o.Terms.Each), "month", o.amountOf(o.Terms.Month), "over", o.Terms.Over, "card", o.Card.shown(), "until", day(o.Paused), "tries", TriesMost,
	}
}

// stateTag is how an order stands.
func stateTag(c *web.Context, o Order, today calendar.Date) ui.TagProps {
	switch {
	case o.State == Stopped:
		return ui.TagProps{Text: c.T("autopay.state.stopped"), Tone: ui.Neutral}
	case o.PausedOn(today):
		return ui.TagProps{Text: c.T("autopay.state.paused", "day", lang.DayMonth(c.Lang(), o.Paused)), Tone: ui.Warning}
	}
	return ui.TagProps{Text: c.T("autopay.state.live"), Tone: ui.Success}
}

var turnTones = map[State]ui.Tone{Waiting: ui.Info, Asked: ui.Warning, Refused: ui.Warning, Paying: ui.Info, Paid: ui.Success, Undone: ui.Neutral, Over: ui.Neutral}

func turnTag(c *web.Context, t Turn) ui.TagProps {
	key := "autopay.turn." + string(t.State)
	if t.State == Refused && t.Skipped {
		key = "autopay.turn.skipped"
	}
	return ui.TagProps{Text: c.T(key), Tone: turnTones[t.State]}
}

// comingTag is turnTag of a bill about which its owner may be going to be asked.
func comingTag(c *web.Context, t Turn, ask Judgement) ui.TagProps {
	if ask.Verdict == Ask {
		return ui.TagProps{Text: c.T("autopay.turn.will_ask"), Tone: ui.Info}
	}
	return turnTag(c, t)
}

// meter is how much of the month is used.
func meter(c *web.Context, spent, limit money.Amount) ui.ProgressProps {
	return ui.ProgressProps{
		Label: c.T("autopay.meter"), Value: int(spent.Minor / 100), Of: int(limit.Minor / 100),
		Text: c.T("autopay.meter_text", "spent", spent, "cap", limit),
	}
}

// answerKey is what the button says that leads to a bill that waits for its owner.
func answerKey(t Turn) string {
	if t.State == Refused {
		return "autopay.decide"
	}
	return "autopay.answer"
}
