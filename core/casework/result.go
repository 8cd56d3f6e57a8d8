package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// prepareResult makes the result document of a decided case. Its id is the task's, so that it is issued once.
func (m *Module) prepareResult(ctx context.Context, k *known, task id.ID) (putter, error) {
	var d Decision
	if err := openJSON(k.keys, "case_file", "decision", k.file.Decision, &d); err != nil {
		return nil, err
	}
	r := &k.service.Result
	from, until, err := k.validity(d)
	if err != nil {
		return nil, err
	}
	n := document.NewResult{
		ID: id.Derived("result", task.String()), Holder: k.file.Holder, Case: k.file.ID, Service: k.service.Key, Kind: r.Key, Agency: k.file.Agency,
		City: k.city.Profile.Name, Title: r.Title, Text: resultText(r, d), Public: r.Public, From: from, Until: until, Lang: k.lang(),
		Form: formOf(r), List: r.List, Opens: r.Opens,
	}
	n.Office, n.Signer = k.office()
	for i := range r.Facts {
		f := &r.Facts[i]
		if value := m.resultValue(k, f.Value, d.Inputs); !value.IsZero() {
			n.Facts = append(n.Facts, document.Fact{Key: f.Key, Label: f.Label, Value: value})
		}
	}
	if a := k.service.Appeal; a != nil {
		n.Parts = append(n.Parts, document.Part{Heading: m.both("casework.appeal_title"), Text: join(a.Where, a.How)})
	}
	return m.deps.Papers.PrepareResult(ctx, n)
}

// resultText is what the document certifies: the definition's words, and the official's own where they are the answer.
func resultText(r *service.Result, d Decision) lang.Text {
	if !r.OfficialText {
		return r.Text
	}
	return lang.Text{RU: r.Text.RU + "\n\n" + d.Words, EN: r.Text.EN + "\n\n" + d.Words}
}

func join(parts ...lang.Text) lang.Text {
	var out lang.Text
	for i, p := range parts {
		if i > 0 {
			out.RU, out.EN = out.RU+". ", out.EN+". "
		}
		out.RU, out.EN = out.RU+p.RU, out.EN+p.EN
	}
	return out
}

// both is a locale text in every language.
func (m *Module) both(key string, args ...any) lang.Text {
	return lang.Text{RU: m.text(lang.Russian, key, args...), EN: m.text(lang.English, key, args...)}
}

func agencyByID(city *service.City, key id.ID) (*service.Agency, bool) {
	i := slices.IndexFunc(city.Agencies, func(a service.Agency) bool { return agency.ID(a.Key) == key })
	if i < 0 {
		return nil, false
	}
	return &city.Agencies[i], true
}

// validity is the first and the last day on which the document is good; the last is zero when it has no end.
func (k *known) validity(d Decision) (calendar.Date, calendar.Date, error) {
	r := &k.service.Result
	from := calendar.DateOf(k.file.Decided, k.city.Days().Zone())
	if r.From != "" {
		day, ok := k.day(r.From, d.Inputs)
		if !ok {
			return from, calendar.Date{}, fmt.Errorf("the first day %s is not known", r.From)
		}
		if day.After(from) {
			from = day
		}
	}
	if r.Valid == "" {
		return from, calendar.Date{}, nil
	}
	if span, ok := service.ParseSpan(r.Valid); ok {
		return from, from.AddMonths(span.Months).AddDays(span.Days).AddDays(-1), nil
	}
	until, ok := k.day(r.Valid, d.Inputs)
	if !ok {
		return from, until, fmt.Errorf("the last day %s is not known", r.Valid)
	}
	if until.Before(from) {
		from = until // a pass for a day that came before the decision: it says so honestly and is over
	}
	return from, until, nil
}

func (k *known) day(path string, in service.Inputs) (calendar.Date, bool) {
	value, ok := k.rules.Value(path, in)
	if !ok {
		return calendar.Date{}, false
	}
	day, ok := value.(calendar.Date)
	return day, ok
}

// resultValue is a value of the document in words of every language; zero when it is not known.
func (m *Module) resultValue(k *known, path string, in service.Inputs) lang.Text {
	switch path {
	case "case.number":
		return document.Same(id.FormatNumber(k.file.Number))
	case "case.group":
		return k.groupWords()
	}
	out := lang.Text{RU: k.valueWords(lang.Russian, path, in), EN: k.valueWords(lang.English, path, in)}
	if out.RU == "" {
		return lang.Text{}
	}
	return out
}

func (k *known) groupWords() lang.Text {
	if k.service.Order == nil {
		return lang.Text{}
	}
	for _, g := range k.service.Order.Groups {
		if g.Key == k.file.ListGroup {
			return g.Because
		}
	}
	return lang.Text{}
}

// valueWords is a value in words: a whole answer as the form says it, else by its kind.
func (k *known) valueWords(l lang.Language, path string, in service.Inputs) string {
	if f, ok := k.service.Field(fieldOf(path)); ok {
		answer, ok := in.Answers[f.Key]
		if !ok {
			return ""
		}
		return form.AnswerWords(k.formInput(l, in), f, answer)
	}
	if f, ok := k.service.Field(fieldOf(strings.TrimSuffix(path, ".text"))); ok && l == lang.English && f.Type == "address" {
		return form.AnswerWords(k.formInput(l, in), f, in.Answers[f.Key]) // the address in Latin letters
	}
	value, ok := k.rules.Value(path, in)
	if !ok {
		return ""
	}
	switch v := value.(type) {
	case calendar.Date:
		return lang.Date(l, v)
	case int64:
		if k.isMoney(path) {
			return money.Roubles(v).In(l)
		}
		return lang.Number(l, v)
	case string:
		return v
	}
	return ""
}

// fieldOf is the field that a path names whole; empty when it names a part or something else.
func fieldOf(path string) string {
	const answers = "answers."
	if len(path) > len(answers) && path[:len(answers)] == answers && !slices.Contains([]byte(path[len(answers):]), '.') {
		return path[len(answers):]
	}
	return ""
}

// isMoney tells whether a path of a certificate's value is an amount.
func (k *known) isMoney(path string) bool {
	for i := range k.service.Certificates {
		c := &k.service.Certificates[i]
		register, ok := k.city.Register(c.Register)
		if !ok {
			continue
		}
		for _, v := range register.Values {
			if path == "facts."+c.Key+"."+v.Name {
				return v.Type == "money"
			}
		}
	}
	return false
}

// formInput is the form of the case, as its answers are shown.
func (k *known) formInput(l lang.Language, in service.Inputs) form.Input {
	return form.Input{City: k.city, Service: k.service, Lang: l, Today: in.Today, Applicant: in.Applicant, Facts: in.Facts, Answers: in.Answers}
}
