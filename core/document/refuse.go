package document

import (
	"context"
	"errors"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// KindRefusal is the kind of every refusal.
const KindRefusal = "refusal"

// Refusal is a decision not to give what was asked for, to be put on paper.
type Refusal struct {
	ID      id.ID // made once by the caller, as of a NewResult
	Act     id.ID // for the journal; zero: ID
	Holder  id.ID
	Case    id.ID
	Number  string // of the case, in digits
	Service string
	Asked   lang.Text // what was asked for: the service's title
	Applied calendar.Date
	Decided calendar.Date // zero: today
	Agency  id.ID
	Office  lang.Text
	Signer  lang.Text
	City    lang.Text
	Ground  lang.Text     // why, as the applicant reads it
	Law     lang.Text     // the act and its point
	Words   string        // the official's own; empty: none
	Instead lang.Text     // what the applicant can do; may be empty
	Where   lang.Text     // to whom one complains
	How     lang.Text     // how
	Appeal  lang.Text     // by which law
	Until   calendar.Date // the last day to complain; zero: no such day
	Lang    lang.Language
}

// PrepareRefusal makes the paper of a refusal: a result like any other, sealed, signed, idempotent by its id. Whoever has
// its code learns that the city refused something on that day, and nothing of what or why.
func (m *Module) PrepareRefusal(ctx context.Context, r Refusal) (*PreparedResult, error) {
	if r.Ground.IsZero() || r.Law.IsZero() {
		return nil, errors.New("document: a refusal needs its ground and the law")
	}
	return m.PrepareResult(ctx, NewResult{
		ID: r.ID, Act: r.Act, Holder: r.Holder, Case: r.Case, Service: r.Service, Kind: KindRefusal, Agency: r.Agency, Office: r.Office,
		Signer: r.Signer, City: r.City, Title: m.both("document.refusal.title"), Text: m.both("document.refusal.text"), From: r.Decided,
		Facts: m.refusalFacts(r), Parts: m.refusalParts(r), Lang: r.Lang, Form: FormRefusal,
	})
}

// both is a text of the module in every language.
func (m *Module) both(key string, args ...any) lang.Text {
	return lang.Text{RU: m.base.Texts.Text(lang.Russian, key, args...), EN: m.base.Texts.Text(lang.English, key, args...)}
}

// bothOn is a text with a date in it.
func (m *Module) bothOn(key string, day calendar.Date) lang.Text {
	return lang.Text{
		RU: m.base.Texts.Text(lang.Russian, key, "date", lang.Date(lang.Russian, day)),
		EN: m.base.Texts.Text(lang.English, key, "date", lang.Date(lang.English, day)),
	}
}

func dateText(day calendar.Date) lang.Text {
	if day.IsZero() {
		return lang.Text{}
	}
	return lang.Text{RU: lang.Date(lang.Russian, day), EN: lang.Date(lang.English, day)}
}

func (m *Module) refusalFacts(r Refusal) []Fact {
	return []Fact{
		{Key: "asked", Label: m.both("document.refusal.asked"), Value: r.Asked},
		{Key: "case", Label: m.both("document.refusal.case"), Value: Same(id.FormatNumber(r.Number))},
		{Key: "applied", Label: m.both("document.refusal.applied"), Value: dateText(r.Applied)},
		{Key: "ground", Label: m.both("document.refusal.ground"), Value: r.Ground},
		{Key: "law", Label: m.both("document.refusal.law"), Value: r.Law},
		{Key: "appeal_until", Label: m.both("document.refusal.until"), Value: dateText(r.Until)},
	}
}

func (m *Module) refusalParts(r Refusal) []Part {
	var out []Part
	add := func(key string, text lang.Text) {
		if text.RU != "" && text.EN != "" {
			out = append(out, Part{Heading: m.both(key), Text: text})
		}
	}
	add("document.refusal.words", Same(r.Words))
	add("document.refusal.instead", r.Instead)
	how := sentences(r.Where, r.How)
	if !r.Until.IsZero() {
		how = sentences(m.bothOn("document.refusal.by", r.Until), r.Where, r.How)
	}
	if !r.Appeal.IsZero() {
		how = sentences(how, r.Appeal)
	}
	if !r.Where.IsZero() || !r.How.IsZero() {
		add("document.refusal.appeal", how)
	}
	return out
}

// sentences puts texts one after another, each with its full stop.
func sentences(texts ...lang.Text) lang.Text {
	var out lang.Text
	for _, t := range texts {
		out.RU, out.EN = sentence(out.RU, t.RU), sentence(out.EN, t.EN)
	}
	return out
}

func sentence(before, next string) string {
	if next == "" {
		return before
	}
	if last := next[len(next)-1]; last != '.' && last != '!' && last != '?' {
		next += "."
	}
	if before == "" {
		return next
	}
	return before + " " + next
}
