package document

import (
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

var tones = map[Standing]ui.Tone{Valid: ui.Success, Early: ui.Info, Expired: ui.Neutral, Revoked: ui.Fault, NotOurs: ui.Fault, Altered: ui.Fault}

// verdictTones are of the check, where an expired document is not just old but not good.
var verdictTones = map[Standing]ui.Tone{Valid: ui.Success, Early: ui.Warning, Expired: ui.Warning, Revoked: ui.Fault, NotOurs: ui.Fault, Altered: ui.Fault}

// tagOf says how a document stands. A refusal gives nothing that could be in force.
func (m *Module) tagOf(c *web.Context, r Result) ui.TagProps {
	s := r.Standing(m.today())
	if r.Form == FormRefusal && s == Valid {
		return ui.TagProps{Text: c.T("document.form.refusal"), Tone: ui.Fault}
	}
	return m.tag(c, s)
}

func (m *Module) tag(c *web.Context, s Standing) ui.TagProps {
	return ui.TagProps{Text: c.T("document.standing." + string(s)), Tone: tones[s]}
}

func (m *Module) rows(c *web.Context, results []Result) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(results))
	for _, r := range results {
		s := r.Standing(m.today())
		tag := m.tag(c, s)
		if r.Form == FormRefusal {
			tag = ui.TagProps{Text: c.T("document.form.refusal"), Tone: ui.Neutral}
		}
		out = append(out, ui.RowItem{
			Icon: "identification-card", Text: m.called(c, r), Href: "/documents/" + r.ID.String(), Value: m.Validity(r, c.Lang()),
			Tag: &tag, Muted: s == Expired || s == Revoked, Quiet: true,
		})
	}
	return out
}

// called is what a list calls a document: its title, and what it is beside a paper.
func (m *Module) called(c *web.Context, r Result) string {
	title := r.Title.In(c.Lang())
	if r.Form == FormEntry || r.Form == FormAccess {
		return title + ", " + c.T("document.form."+string(r.Form)+"_small")
	}
	return title
}

// inForce parts documents that are good or will be from those that are over.
func (m *Module) inForce(results []Result) ([]Result, []Result) {
	var good, over []Result
	for _, r := range results {
		if s := r.Standing(m.today()); s == Expired || s == Revoked || r.Form == FormRefusal {
			over = append(over, r)
		} else {
			good = append(good, r)
		}
	}
	return good, over
}

// renewals are the documents of a list that can be renewed today.
func (m *Module) renewals(results []Result) []Result {
	var out []Result
	for _, r := range results {
		if m.renewal(r) != "" {
			out = append(out, r)
		}
	}
	return out
}

func factRows(c *web.Context, facts []Fact) []ui.SummaryRow {
	out := make([]ui.SummaryRow, 0, len(facts))
	for _, f := range facts {
		out = append(out, ui.SummaryRow{Name: f.Label.In(c.Lang()), Value: f.Value.In(c.Lang())})
	}
	return out
}

func (m *Module) summary(c *web.Context, r Result) []ui.SummaryRow {
	l := c.Lang()
	out := append(factRows(c, r.Facts),
		ui.SummaryRow{Name: c.T("document.fact.number"), Value: id.FormatNumber(r.Number)},
	)
	if r.Form == FormRefusal {
		out = append(out, ui.SummaryRow{Name: c.T("document.fact.decided"), Value: lang.Date(l, r.From)})
	} else {
		out = append(out, ui.SummaryRow{Name: c.T("document.fact.validity"), Value: m.Validity(r, l)})
	}
	out = append(out, ui.SummaryRow{Name: c.T("document.fact.office"), Value: r.Office.In(l)})
	if r.Form != FormRefusal || r.From != m.day(r.Issued) {
		out = append(out, ui.SummaryRow{Name: c.T("document.fact.issued"), Value: lang.Date(l, m.day(r.Issued))})
	}
	if !r.Signer.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("document.fact.signer"), Value: r.Signer.In(l)})
	}
	for _, one := range [][2]string{{"replaces", r.Replaces}, {"replaced", r.Replaced}} {
		if one[1] != "" {
			out = append(out, ui.SummaryRow{Name: c.T("document.fact." + one[0]), Value: id.FormatNumber(one[1])})
		}
	}
	if r.Form == FormEntry {
		if list, err := m.list(r.List); err == nil {
			out = append(out, ui.SummaryRow{Name: c.T("document.fact.list"), Value: list.Title.In(l)})
		}
	}
	return out
}

// verdict is what the check found, in rows that an inspector compares.
func (m *Module) verdict(c *web.Context, found Checked) []ui.SummaryRow {
	l := c.Lang()
	var out []ui.SummaryRow
	add := func(key, value string) {
		if value != "" {
			out = append(out, ui.SummaryRow{Name: c.T("document.fact." + key), Value: value})
		}
	}
	add("document", found.Title.In(l))
	out = append(out, factRows(c, found.Facts)...)
	add("number", id.FormatNumber(found.Number))
	if found.Form == FormRefusal {
		add("decided", lang.Date(l, found.From))
	} else {
		add("validity", m.validity(l, found.From, found.Until, found.Issued))
	}
	if !found.Revoked.IsZero() {
		add("revoked", lang.Date(l, m.day(found.Revoked)))
	}
	add("replaced", id.FormatNumber(found.Replaced))
	add("office", found.Office.In(l))
	if found.Form != FormRefusal || found.From != found.Issued {
		add("issued", lang.Date(l, found.Issued))
	}
	if found.Signed {
		add("key", found.Key.Short())
	}
	return out
}

// wrongText is what is wrong with what was typed into the check.
func wrongText(c *web.Context, view checkView) string {
	if view.Wrong {
		return c.T("document.check.wrong")
	}
	return ""
}

// shelfTitle heads a person's documents.
func shelfTitle(c *web.Context, s shelf) string {
	if s.Name == "" {
		return c.T("document.mine")
	}
	return s.Name
}
