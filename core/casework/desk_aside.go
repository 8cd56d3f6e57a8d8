package casework

import (
	"net/url"
	"strconv"

	"posad.city/core/page"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// notes are those that officials have written for one another, the last first.
func (d *deskCase) notes(c *web.Context) []ui.LogItem {
	var out []ui.LogItem
	for i := len(d.Timeline) - 1; i >= 0; i-- {
		if e := d.Timeline[i]; e.Event == "note" && e.Words != "" {
			out = append(out, ui.LogItem{When: d.when(c, e.At) + " · " + d.who(c, e.Actor), Text: e.Words})
		}
	}
	return out
}

// proposalNotice says what is proposed, by whom and why.
func (d *deskCase) proposalNotice(c *web.Context) ui.NoticeProps {
	out := ui.NoticeProps{Tone: ui.Warning, Title: c.T("casework.status." + string(d.Proposal.Stage)), Text: c.T("casework.desk.proposed_by", "who", d.name(c, d.ProposedBy))}
	if ground, ok := d.Service.Ground(d.Proposal.Ground); ok {
		out.Text += " " + ground.Words.In(c.Lang()) + "."
	}
	if d.Proposal.Words != "" {
		out.Text += " " + d.Proposal.Words
	}
	return out
}

// partRows are the opinions that an agree step asks for.
func (d *deskCase) partRows(c *web.Context, parts []PartView) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, p := range parts {
		value := p.Opinion
		switch {
		case value == "" && p.Task.Official.IsZero():
			value = "waiting"
		case value == "":
			value = "taken"
		}
		text := c.T("casework.opinion." + value)
		if p.Words != "" {
			text += "\n" + p.Words
		}
		out = append(out, ui.SummaryRow{Name: p.Part.Title.In(c.Lang()), Value: text})
	}
	return out
}

// opinionLabel is what the official's part looks at.
func (v deskCaseView) opinionLabel(c *web.Context) string {
	if part, ok := partOf(v.Service, v.Task.Part); ok {
		return part.Title.In(c.Lang())
	}
	return c.T("casework.desk.opinion")
}

func (v deskCaseView) extendHint(l lang.Language) string {
	return lang.Term(l, v.Service.Extension.By.Calendar()) + ". " + v.Service.Extension.Law.In(l)
}

func (v deskCaseView) days() string {
	if v.Typed.Days == 0 {
		return ""
	}
	return strconv.Itoa(v.Typed.Days)
}

// closedHref leads to decided cases, with what was looked for.
func (d deskList) closedHref() string {
	if d.Query.Search == "" {
		return "/desk/closed"
	}
	return "/desk/closed?" + url.Values{"q": {d.Query.Search}}.Encode()
}

// insert puts the text that the address names into the form that it is of, filled with the case's own words.
func (d *deskCase) insert(c *web.Context, typed *deskTyped) {
	which, err := id.Parse(c.Query("text"))
	if err != nil {
		return
	}
	for _, t := range d.AskTexts {
		if t.ID == which {
			typed.Question = d.filling().Fill(t.Text.In(d.filling().Lang))
		}
	}
	for _, t := range d.NoTexts {
		if t.ID == which {
			typed.Words = d.filling().Fill(t.Text.In(d.filling().Lang))
		}
	}
}

// filling is what the case has for the holes of a text: it speaks the language in which it was filed.
func (d *deskCase) filling() Filling {
	l := lang.Language(d.Case.Lang)
	due, err := replyDay(d.City, d.Service, d.Step, d.TermDue, d.now, l)
	if err != nil { // days that the city's calendar does not count yet: then by the term
		due = lang.DayMonth(l, d.City.Days().Today(d.TermDue))
	}
	return Filling{Number: id.FormatNumber(d.Number), Name: d.Names[d.Applicant].Address(l), Due: due, Lang: l}
}

// printCase shows a case for paper.
func (d *desk) printCase(c *web.Context) error {
	ref, err := d.refFor(c)
	if err != nil {
		return err
	}
	shown, err := d.openCase(c, ref)
	if err != nil {
		return err
	}
	if err := d.addColleagues(c.Context(), []id.ID{c.Person()}, shown.Names); err != nil {
		return err
	}
	return d.base.Pages.Render(c, page.Options{Title: c.T("casework.desk.case_title", "number", id.FormatNumber(ref.Number)), Layout: page.Plain}, deskPrintPage(d.Module, c, shown))
}
