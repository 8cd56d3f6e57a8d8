package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

var statusTones = map[Status]ui.Tone{
	StatusChecking: ui.Info, StatusToPay: ui.Warning, StatusInQueue: ui.Info, StatusInReview: ui.Info, StatusAsked: ui.Warning,
	StatusDeciding: ui.Info, StatusIssuing: ui.Info, StatusAgreeing: ui.Info, StatusSigning: ui.Info, StatusApproved: ui.Success, StatusRefused: ui.Fault, StatusWithdrawn: ui.Neutral,
}

// zone is the city's; cases read in lists have no definition of their own at hand.
func (m *Module) zone() *time.Location {
	if city := m.deps.Services.Current(); city != nil {
		return city.Days().Zone()
	}
	return time.UTC
}

// serviceTitle is what a service is called now; its key when the city no longer offers it.
func (m *Module) serviceTitle(key string, l lang.Language) string {
	if city := m.deps.Services.Current(); city != nil {
		if s, ok := city.Service(key); ok {
			return s.Title.In(l)
		}
	}
	return key
}

func (m *Module) agencyName(v *view, key id.ID) string {
	if office, ok := agencyByID(v.city, key); ok {
		return office.Title.In(v.lang)
	}
	return ""
}

// facts are the head of the page: number, days, for whom.
func (m *Module) facts(c *web.Context, v *view) []ui.SummaryRow {
	rows := []ui.SummaryRow{
		{Name: c.T("casework.number"), Value: id.FormatNumber(v.Number)},
		{Name: c.T("casework.submitted"), Value: lang.FullMoment(v.lang, v.Submitted, v.zone)},
		{Name: c.T("casework.agency"), Value: v.Agency},
	}
	if v.Group != "" {
		rows = append(rows, ui.SummaryRow{Name: c.T("casework.group_title"), Value: v.Group})
	}
	return rows
}

// steps are the timeline: what has happened, what is happening, what is to come.
func (m *Module) steps(c *web.Context, v *view) []ui.TimelineStep {
	var out []ui.TimelineStep
	for _, e := range v.Past {
		out = append(out, ui.TimelineStep{State: ui.Done, Title: v.entryTitle(c.T, e), When: v.when(e.At), Note: m.who(c, v, e)})
	}
	return append(out, v.future()...)
}

// who did what a line of the timeline tells, in words.
func (m *Module) who(c *web.Context, v *view, e Entry) string {
	who := ""
	switch {
	case e.Actor.Kind == act.Official:
		who = m.agencyName(v, e.Actor.Agency)
	case e.Actor.Kind == act.Person && c.Act().Is(e.Actor.Person):
		who = c.T("casework.you")
	case e.Actor.Kind == act.Person && v.signs(e.Actor.Person):
		if who = v.signerNames()[e.Actor.Person]; who == "" {
			who = c.T("casework.co_signer")
		}
	case e.Actor.Kind == act.Person && e.Actor.Person == v.Applicant && c.Act().Is(v.Holder):
		who = c.T("casework.by_mandate", "name", v.Names[v.Applicant].Full(v.lang))
	case e.Actor.Kind == act.Person:
		who = c.T("casework.applicant")
	default:
		who = c.T("casework.machine")
	}
	if e.Words != "" {
		return who + ": " + e.Words
	}
	return who
}

// lateWords say that the term was missed and what was done because of it.
func (m *Module) lateWords(c *web.Context, v *view) string {
	out := []string{c.T("casework.late_notice", "due", lang.FullMoment(v.lang, v.TermDue, v.zone))}
	for _, one := range v.Consequences {
		switch {
		case one.Do == doEscalate:
			out = append(out, c.T("casework.late_escalated"))
		case one.Do == doApologise:
			out = append(out, c.T("casework.late_apologised"))
		case one.Amount > 0:
			out = append(out, c.T("casework.late_refunded", "amount", money.Roubles(one.Amount).In(v.lang)))
		}
	}
	return strings.Join(out, " ")
}

// parts are the opinions of the case: what is looked at, by whom, and how it stands.
func (m *Module) parts(c *web.Context, v *view) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, p := range v.Parts(v.service) {
		state := p.Opinion
		switch {
		case state == "" && p.Task.Official.IsZero():
			state = "waiting"
		case state == "":
			state = "taken"
		}
		text := m.agencyName(v, p.Task.Agency) + ": " + c.T("casework.opinion."+state)
		if p.Words != "" {
			text += ". " + p.Words
		}
		out = append(out, ui.SummaryRow{Name: p.Part.Title.In(v.lang), Value: text})
	}
	return out
}

// signs tells whether somebody signs the case with its applicant, and has no other part in it.
func (c Case) signs(person id.ID) bool {
	_, ok := c.signerNames()[person]
	return ok && person != c.Applicant && person != c.Holder
}

// deletedText says which files were deleted because of a virus, and what to do.
func (v *view) deletedText(c *web.Context) string {
	key := "casework.deleted_text"
	switch {
	case v.openOf() != nil:
		key = "casework.deleted_answer"
	case v.Stage != Open:
		key = "casework.deleted_over"
	}
	return c.T(key, "names", strings.Join(deletedNames(v.Deleted), ", "))
}

// answers are what was told in the form, in words.
func (m *Module) answers(v *view) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, step := range v.Summary.Steps {
		for _, line := range step.Lines {
			if line.Value == "" {
				continue
			}
			row := ui.SummaryRow{Name: line.Label, Value: line.Value}
			if line.Source != nil {
				row.Source = line.Source.Name
			}
			out = append(out, row)
		}
	}
	return out
}

// looks are who looked at the case.
func (m *Module) looks(c *web.Context, v *view) []ui.RowItem {
	var out []ui.RowItem
	for _, l := range v.Looks {
		if c.Act().Is(l.Actor.Person) && l.Actor.Kind == act.Person && l.Channel != act.Centre {
			continue
		}
		out = append(out, ui.RowItem{Text: m.looker(c, v, l) + " · " + m.lookWords(c, l.What), Value: v.when(l.At), Quiet: true})
	}
	return out
}

func (m *Module) looker(c *web.Context, v *view, l store.LookRecord) string {
	if name := m.agencyName(v, l.Actor.Agency); name != "" {
		return name
	}
	if l.Actor.Kind == act.Person && v.signs(l.Actor.Person) {
		return c.T("casework.co_signer")
	}
	if l.Actor.Kind == act.Person {
		return c.T("casework.applicant")
	}
	return c.T("casework.machine")
}

func (m *Module) lookWords(c *web.Context, what string) string {
	if text, ok := m.deps.Registers.LookText(what, c.Lang()); ok {
		return text
	}
	if m.base.Texts.Has(what) {
		return c.T(what)
	}
	return what
}

// papers are the result documents.
func (m *Module) papers(v *view, list []document.Result) []ui.DocItem {
	var out []ui.DocItem
	for _, r := range list {
		out = append(out, ui.DocItem{Name: r.Title.In(v.lang), Href: "/documents/" + r.ID.String(), Note: id.FormatNumber(r.Number)})
	}
	return out
}

// asked are the questions that were answered or lapsed, with their answers.
func (m *Module) asked(c *web.Context, v *view) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, q := range v.Questions {
		switch {
		case !q.Answered.IsZero():
			value := q.Answer
			for _, f := range q.Files {
				value = strings.TrimPrefix(value+"\n"+f.Name, "\n")
			}
			out = append(out, ui.SummaryRow{Name: q.Words, Value: value, Source: c.T("casework.question_answered", "when", v.when(q.Answered))})
		case !q.Lapsed.IsZero():
			out = append(out, ui.SummaryRow{Name: q.Words, Value: c.T("casework.question_lapsed", "when", v.when(q.Lapsed))})
		}
	}
	return out
}

// error is the sentence of a fault of a form on the page; empty when there is none.
func (t typed) error(c *web.Context) string {
	if t.Fault == nil {
		return ""
	}
	return c.FaultText(t.Fault)
}

// faults are the lines of the error summary.
func (t typed) faults(c *web.Context) []ui.FaultLine {
	if t.Fault == nil {
		return nil
	}
	name := "words"
	switch t.Form {
	case "rate":
		name = "stars"
	case "correct", "withdraw": // several forms of the page have words
		name = t.Form + ".words"
	}
	return []ui.FaultLine{{Name: name, Text: c.FaultText(t.Fault)}}
}

// appealPath leads to the service by which a person disagrees, with the case where it is about one; empty: the page says how
// in words alone.
func (m *Module) appealPath(a *service.Appeal, number string, decided bool) string {
	if a == nil || a.Service == "" {
		return ""
	}
	path := "/services/" + a.Service + "/apply"
	city := m.deps.Services.Current()
	if city == nil {
		return path
	}
	if s, ok := city.Service(a.Service); ok && (s.About == aboutDecision && decided || s.About == "case") {
		path += "?about=" + number
	}
	return path
}

// againPath is where the same is applied for anew; empty when the city offers it no more, or it is about another case.
func (m *Module) againPath(v *view) string {
	city := m.deps.Services.Current()
	if city == nil || v.service.About != "" {
		return ""
	}
	if _, ok := city.Service(v.Service); !ok {
		return ""
	}
	return "/services/" + v.Service + "/apply"
}

// places are the lines of the case's documents in which there may be a mistake.
func (m *Module) places(c *web.Context, v *view) []ui.Choice {
	var out []ui.Choice
	for _, r := range v.Papers {
		if !mendable(r) {
			continue
		}
		for _, f := range r.Facts {
			out = append(out, ui.Choice{Value: r.ID.String() + "/" + f.Key, Text: f.Label.In(v.lang) + ": " + f.Value.In(v.lang)})
		}
		out = append(out, ui.Choice{Value: r.ID.String() + "/", Text: r.Title.In(v.lang) + ": " + c.T("casework.correct_elsewhere")})
	}
	return out
}

// corrections are the mistakes that were told, with what became of them.
func (m *Module) corrections(c *web.Context, v *view) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, one := range v.Corrections {
		value := c.T("casework.correction." + one.State)
		if one.Answer != "" {
			value += " " + one.Answer
		}
		out = append(out, ui.SummaryRow{Name: one.Words, Value: value})
	}
	return out
}

// mayMend tells whether the page offers to tell of a mistake.
func (v *view) mayMend() bool {
	open := slices.ContainsFunc(v.Corrections, func(c Correcting) bool { return c.State == string(TaskOpen) })
	return v.ended() && v.Stage != Withdrawn && !open
}

// related are the cases that this one is tied to.
func (m *Module) related(c *web.Context, v *view) []ui.RowItem {
	var out []ui.RowItem
	if v.AboutNumber != "" {
		key := "casework.about_case"
		if v.service.About == aboutDecision {
			key = "casework.about_decision"
		}
		out = append(out, ui.RowItem{Text: c.T(key, "number", id.FormatNumber(v.AboutNumber)), Href: casePath(v.AboutNumber), Quiet: true})
	}
	for _, l := range v.Links {
		item := ui.RowItem{Text: m.serviceTitle(l.Service, v.lang) + " · " + id.FormatNumber(l.Number), Href: casePath(l.Number), Value: v.when(l.At), Quiet: true}
		if !l.Carried.IsZero() {
			item.Tag = &ui.TagProps{Text: c.T("casework.appeal_won"), Tone: ui.Success}
		}
		out = append(out, item)
	}
	return out
}

// Titles are what cases are called, by id, for pages of other modules that name a case; those that are not there are
// left out.
func (m *Module) Titles(ctx context.Context, l lang.Language, cases ...id.ID) map[id.ID]ui.Link {
	out := map[id.ID]ui.Link{}
	for _, one := range cases {
		r, err := m.FindID(ctx, one)
		if err != nil {
			continue
		}
		out[one] = ui.Link{Text: id.FormatNumber(r.Number), Href: casePath(r.Number)}
	}
	return out
}
