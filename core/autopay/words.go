package autopay

import (
	"fmt"
	"time"

	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// Word is what an owner is told: a kind of notice, autopay.<Word>.
type Word string

// The words.
const (
	WordPreview  Word = "preview"  // it will be paid on a day
	WordAsked    Word = "asked"    // shall it be paid?
	WordThinking Word = "thinking" // it is paid in some hours
	WordRefused  Word = "refused"  // it is not paid by the order, and why
	WordPaid     Word = "paid"
	WordFailed   Word = "failed"  // the bank declined
	WordHeld     Word = "held"    // it was not begun, and the bank was not asked
	WordStopped  Word = "stopped" // the order
	WordCard     Word = "card"    // the card ends soon
)

// notice words what an owner is told of a turn. Its button leads to the page with the ways to stop.
func (m *Module) notice(word Word, o Order, t Turn, j Judgement, in Inputs) notice.Notice {
	kind := "autopay." + string(word)
	params := map[string]any{
		"name": o.Name.Text, "what": lang.Text{RU: billTitle(lang.Russian, t), EN: billTitle(lang.English, t)}, "amount": spoken(o.amountOf(j.Amount)), "card": o.Card.shown(), "day": dayText(j.Pay),
		"usual": spoken(o.amountOf(j.Usual)), "limit": spoken(o.amountOf(j.Limit)), "hours": spokenHour(t, in, m),
	}
	switch word {
	case WordAsked, WordRefused:
		kind += "_" + string(j.Rule)
	case WordPreview:
		params["day"] = dayText(j.Again)
	case WordFailed:
		if kind += "_last"; j.Rule == RuleRetry {
			kind, params["day"] = "autopay.failed", dayText(j.Again)
		}
	case WordPaid:
		params["amount"] = spoken(o.amountOf(t.lastAmount()))
	}
	return notice.Notice{
		Key: fmt.Sprintf("autopay.%s/%s/%d", word, t.ID, t.Revision), To: o.Person, Topic: notice.Money, Kind: kind, Params: params, Path: turnPath(o.ID, t.ID),
	}
}

// lastAmount is what the last try took.
func (t Turn) lastAmount() int64 {
	if len(t.attempts) == 0 {
		return t.Amount
	}
	return t.attempts[len(t.attempts)-1].amount
}

// spokenHour is until when one may think better of it, as a clock of the city shows it.
func hours(n int) time.Duration { return time.Duration(n) * time.Hour }

func spokenHour(_ Turn, in Inputs, m *Module) string {
	if in.Terms.Window == 0 {
		return ""
	}
	return lang.Time(lang.Russian, in.Now.Add(hours(in.Terms.Window)).In(m.deps.Zone()))
}

// stopNotice tells that an order was stopped.
func (m *Module) stopNotice(o Order) notice.Notice {
	return notice.Notice{
		Key: "autopay.stopped/" + o.ID.String(), To: o.Person, Topic: notice.Money, Kind: "autopay.stopped",
		Params: map[string]any{"name": o.Name.Text}, Path: orderPath(o.ID),
	}
}

// cardNotice tells that a card ends.
func (m *Module) cardNotice(o Order) notice.Notice {
	return notice.Notice{
		Key: "autopay.card/" + o.ID.String() + "/" + o.Card.Ends.String(), To: o.Person, Topic: notice.Money, Kind: "autopay.card",
		Params: map[string]any{"name": o.Name.Text, "card": o.Card.shown(), "day": dayText(o.Card.Ends)}, Path: orderPath(o.ID) + "/change",
	}
}

// spoken is an amount in both languages.
func spoken(a money.Amount) lang.Text {
	return lang.Text{RU: a.In(lang.Russian), EN: a.In(lang.English)}
}

// dayText is a day in both languages.
func dayText(d calendar.Date) lang.Text {
	if d.IsZero() {
		return lang.Text{RU: "—", EN: "—"}
	}
	return lang.Text{RU: lang.DayMonth(lang.Russian, d), EN: lang.DayMonth(lang.English, d)}
}

func languageOf(a act.Act) lang.Language {
	if lang.Known(a.Lang) {
		return lang.Language(a.Lang)
	}
	return lang.Russian
}

// The paths.
const (
	listPath      = "/pay/autopay"
	templatesPath = "/pay/templates"
)

func orderPath(order id.ID) string      { return listPath + "/" + order.String() }
func turnPath(order, turn id.ID) string { return orderPath(order) + "/bills/" + turn.String() }
