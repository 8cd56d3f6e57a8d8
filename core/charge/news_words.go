package charge

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// newsShown is how many bills a notice about many of them names.
const newsShown = 5

// newsSteps are what people are told, in the order in which they read it.
var newsSteps = []Step{stepDue, StepCorrected, StepCancelled, StepGiven, StepReversed}

// wordAll makes the notices of one person ready: one of each sort, whether it is about one bill or about many.
func (m *Module) wordAll(ctx context.Context, person id.ID, list []told) ([]func(*store.Tx) error, error) {
	if len(list) == 0 {
		return nil, nil
	}
	watched, err := m.Watched(ctx, m.system(), person)
	if err != nil {
		return nil, err
	}
	var out []func(*store.Tx) error
	for _, step := range newsSteps {
		some := slices.DeleteFunc(slices.Clone(list), func(t told) bool { return t.step != step })
		if len(some) == 0 {
			continue
		}
		n := m.wordMany(some)
		if len(some) == 1 {
			n = m.wordOne(some[0], watched)
		}
		n.To, n.Key = person, some[0].key
		put, err := m.deps.Tell(ctx, n)
		if err != nil {
			return nil, err
		}
		out = append(out, put)
	}
	return out, nil
}

// wordOne words what happened to one bill: first what is to be done, then whose it is.
func (m *Module) wordOne(t told, watched []Watch) News {
	c := t.one
	params := map[string]any{"what": m.title(c), "amount": m.sumOf(t)}
	whose := []lang.Text{m.both("charge.news.whose", "payee", m.payee(c), "number", id.FormatNumber(c.Number))}
	if at := slices.IndexFunc(watched, func(w Watch) bool { return w.Home == c.Home }); at >= 0 {
		whose = append(whose, m.both("charge.news.for."+string(watched[at].Identifier.By), "value", watched[at].Show()))
	}
	return News{Kind: "charge.news." + string(t.step), Params: params, Path: "/pay/" + c.ID.String(), Text: paragraphs(m.happened(t), m.owing(t), whose)}
}

// wordMany words what happened to many bills: how many, how much in all, and the first of them.
func (m *Module) wordMany(list []told) News {
	sums := map[money.Currency]int64{}
	var lines [][]lang.Text
	for i, t := range list {
		sum := m.sumOf(t)
		sums[sum.Currency] += sum.Minor
		if i < newsShown {
			lines = append(lines, []lang.Text{m.both("charge.news.line", "what", m.title(t.one), "amount", sum)})
		}
	}
	if rest := len(list) - newsShown; rest > 0 {
		lines = append(lines, []lang.Text{m.both("charge.news.more", "count", rest)})
	}
	total := money.Amount{Currency: list[0].one.Amount.Currency}
	total.Minor = sums[total.Currency]
	return News{
		Kind: "charge.news." + string(list[0].step) + "_many", Params: map[string]any{"count": len(list), "amount": total}, Path: "/pay", Text: paragraphs(lines...),
	}
}

// sumOf is the sum that a notice names: what is to be paid now, or what moved.
func (m *Module) sumOf(t told) money.Amount {
	out := t.one.Amount
	switch t.step {
	case stepDue, StepCorrected:
		out.Minor = t.one.Owed(m.base.Clock.Now(), m.Zone()).Left
	case StepGiven, StepReversed:
		out.Minor = t.moved()
	}
	return out
}

// happened says what was done to a bill, and why.
func (m *Module) happened(t told) []lang.Text {
	if t.step == stepDue {
		return nil
	}
	var out []lang.Text
	last, sum := t.last(), t.one.Amount
	was := money.Amount{Minor: t.was(), Currency: sum.Currency}
	switch {
	case t.step == StepCorrected && was.Minor != sum.Minor && was.Minor > 0:
		out = append(out, m.both("charge.news.from", "was", was, "amount", sum))
	case t.step == StepCorrected && was.Minor == sum.Minor:
		out = append(out, m.both("charge.news.moved", "day", m.lastDay(t.one.Due)))
	case t.step == StepGiven:
		out = append(out, m.both("charge.news.where"))
	}
	if key := "charge.reason." + last.Reason; last.Reason != "" && m.base.Texts.Has(key) {
		out = append(out, m.both("charge.news.reason", "reason", m.both(key)))
	}
	if last.Note != "" {
		out = append(out, m.both("charge.news.note", "note", strings.TrimRight(last.Note, ". ")))
	}
	return out
}

// owing says what is to be paid now: how much, until when a discount lives, by when; or that nothing is.
func (m *Module) owing(t told) []lang.Text {
	c := t.one
	owed := c.Owed(m.base.Clock.Now(), m.Zone())
	in := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: c.Amount.Currency} }
	if owed.Left == 0 {
		out := []lang.Text{m.both("charge.news.nothing")}
		if t.step != StepGiven && owed.Over > 0 {
			out = append(out, m.both("charge.news.over", "amount", in(owed.Over)))
		}
		return out
	}
	out := []lang.Text{m.both("charge.news.left", "amount", in(owed.Left))}
	if owed.Discount > 0 && !owed.DiscountUntil.IsZero() {
		out = append(out, m.both("charge.news.discount", "day", m.lastDay(owed.DiscountUntil.Add(-time.Second)), "amount", in(owed.Left+owed.Discount)))
	}
	if !c.Due.IsZero() {
		out = append(out, m.both("charge.news.by", "day", m.lastDay(c.Due)))
	}
	return out
}

// title is what a bill is for, with its period.
func (m *Module) title(c Charge) lang.Text {
	if c.Period == "" {
		return c.Title
	}
	return lang.Text{RU: c.Title.RU + ", " + PeriodWords(c.Period, lang.Russian), EN: c.Title.EN + ", " + PeriodWords(c.Period, lang.English)}
}

func (m *Module) payee(c Charge) lang.Text {
	name := func(l lang.Language) string {
		if m.deps.AgencyName == nil {
			return ""
		}
		return m.deps.AgencyName(c.Payee, l)
	}
	return lang.Text{RU: cmp.Or(name(lang.Russian), "—"), EN: cmp.Or(name(lang.English), "—")}
}

// lastDay is the day of a moment until which something lives.
func (m *Module) lastDay(at time.Time) lang.Text {
	if at.IsZero() {
		return lang.Text{RU: "—", EN: "—"}
	}
	day := calendar.DateOf(at, m.Zone())
	return lang.Text{RU: lang.Date(lang.Russian, day), EN: lang.Date(lang.English, day)}
}

// both is a text in both languages.
func (m *Module) both(key string, args ...any) lang.Text {
	return lang.Text{RU: m.base.Texts.Text(lang.Russian, key, args...), EN: m.base.Texts.Text(lang.English, key, args...)}
}

// paragraphs joins sentences to paragraphs and these to a text.
func paragraphs(list ...[]lang.Text) lang.Text {
	var ru, en []string
	for _, some := range list {
		if len(some) == 0 {
			continue
		}
		var a, b []string
		for _, one := range some {
			a, b = append(a, one.RU), append(b, one.EN)
		}
		ru, en = append(ru, strings.Join(a, " ")), append(en, strings.Join(b, " "))
	}
	return lang.Text{RU: strings.Join(ru, "\n\n"), EN: strings.Join(en, "\n\n")}
}
