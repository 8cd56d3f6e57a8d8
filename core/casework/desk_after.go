package casework

import (
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// afterActs are what officials do to decided cases: open one anew, put a mistake in its document right, or say that there is
// none. The use cases check who may.
var afterActs = []deskAct{
	{name: "reopen", may: colleague, field: "words", summary: "Open a decided case anew, by the head of the agency", in: reopenBody{}, bind: body[reopenBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Reopen(c.Context(), c.Act(), s, strings.TrimSpace(t.Words))
		}},
	{name: "correct", may: colleague, field: "ru", summary: "Issue a corrected document in place of the old one", in: correctBody{}, bind: body[correctBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Correct(c.Context(), c.Act(), s, Mending{Fact: t.Line, Value: lang.Text{RU: strings.TrimSpace(t.RU), EN: strings.TrimSpace(t.EN)}})
		}},
	{name: "decline", may: colleague, field: "words", summary: "Say that there is no mistake in the document", in: declineBody{}, bind: body[declineBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Decline(c.Context(), c.Act(), s, strings.TrimSpace(t.Words))
		}},
}

type reopenBody struct {
	stepBody
	Words string `json:"words" max:"8000" doc:"Why it is opened anew; the applicant reads it"`
}

func (b reopenBody) typed() deskTyped { return deskTyped{Revision: b.Revision, Words: b.Words} }

type correctBody struct {
	stepBody
	Task id.ID  `json:"task,omitempty" doc:"Of the correction; left out: the one that there is"`
	Line string `json:"line" max:"120" doc:"Key of the document's line that is corrected"`
	RU   string `json:"ru" max:"2000" doc:"Its right value in Russian"`
	EN   string `json:"en" max:"2000" doc:"Its right value in English"`
}

func (b correctBody) typed() deskTyped {
	return deskTyped{Revision: b.Revision, Task: b.Task, Line: b.Line, RU: b.RU, EN: b.EN}
}

type declineBody struct {
	stepBody
	Task  id.ID  `json:"task,omitempty" doc:"Of the correction; left out: the one that there is"`
	Words string `json:"words" max:"8000" doc:"Why nothing is corrected; the applicant reads it"`
}

func (b declineBody) typed() deskTyped {
	return deskTyped{Revision: b.Revision, Task: b.Task, Words: b.Words}
}

// mayReopen tells whether the official may open the case anew.
func (d *deskCase) mayReopen(a act.Act) bool {
	decided := d.Stage == Approved || d.Stage == Refused
	open := slices.ContainsFunc(d.Tasks, func(t Task) bool { return t.State == TaskOpen })
	return decided && !open && d.Step == "" && a.Actor.Role == string(agency.Head) && a.Actor.Agency == d.Agency
}

// mending is the mistake that the official's task is about, with the document; false when it is about none.
func (d *deskCase) mending() (Correcting, document.Result, bool) {
	if d.Task == nil || d.Task.Kind != kindCorrect {
		return Correcting{}, document.Result{}, false
	}
	for _, one := range d.Corrections {
		if one.ID != d.Task.Reference {
			continue
		}
		for _, paper := range d.Papers {
			if paper.ID == one.Document {
				return one, paper, true
			}
		}
	}
	return Correcting{}, document.Result{}, false
}

// lineChoices are the lines of the document.
func lineChoices(paper document.Result, l lang.Language) []ui.Choice {
	var out []ui.Choice
	for _, f := range paper.Facts {
		out = append(out, ui.Choice{Value: f.Key, Text: f.Label.In(l) + ": " + f.Value.In(l)})
	}
	return out
}

// mended is what the form of a correction begins with: what was typed, else the line as it is.
func (v deskCaseView) mended(asked Correcting, paper document.Result) deskTyped {
	out := v.Typed
	if out.Line != "" || out.RU != "" || out.EN != "" {
		return out
	}
	out.Line = asked.Fact
	for _, f := range paper.Facts {
		if f.Key == asked.Fact {
			out.RU, out.EN = f.Value.RU, f.Value.EN
		}
	}
	return out
}

// correctionRows are the mistakes that were told, with what became of them.
func (d *deskCase) correctionRows(c *web.Context) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, one := range d.Corrections {
		value := one.Words + "\n" + c.T("casework.correction."+one.State)
		if one.Answer != "" {
			value += " " + one.Answer
		}
		out = append(out, ui.SummaryRow{Name: d.placeOf(c, one) + ", " + d.when(c, one.Asked), Value: value})
	}
	return out
}

// placeOf is where the mistake was said to be.
func (d *deskCase) placeOf(c *web.Context, one Correcting) string {
	for _, paper := range d.Papers {
		if paper.ID != one.Document {
			continue
		}
		for _, f := range paper.Facts {
			if f.Key == one.Fact {
				return paper.Title.In(c.Lang()) + ", " + f.Label.In(c.Lang())
			}
		}
		return paper.Title.In(c.Lang()) + ", " + c.T("casework.correct_elsewhere")
	}
	return c.T("casework.correct_elsewhere")
}

// linkRows are the cases that this one is tied to.
func (d *deskCase) linkRows(c *web.Context) []ui.RowItem {
	var out []ui.RowItem
	if d.AboutNumber != "" {
		key := "casework.about_case"
		if d.Service.About == aboutDecision {
			key = "casework.about_decision"
		}
		out = append(out, ui.RowItem{Text: c.T(key, "number", id.FormatNumber(d.AboutNumber)), Href: deskPath(d.AboutNumber), Quiet: true})
	}
	for _, l := range d.Links {
		title := l.Service
		if s, ok := d.City.Service(l.Service); ok {
			title = s.Title.In(c.Lang())
		}
		out = append(out, ui.RowItem{Text: title + " · " + id.FormatNumber(l.Number), Href: deskPath(l.Number), Value: d.when(c, l.At), Quiet: true})
	}
	return out
}
