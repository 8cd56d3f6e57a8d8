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

func (m *Module) tag(c *web.Context, s Standing) ui.TagProps {
	return ui.TagProps{Text: c.T("document.standing." + string(s)), Tone: tones[s]}
}

func (m *Module) rows(c *web.Context, results []Result) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(results))
	for _, r := range results {
		s := r.Standing(m.today())
		tag := m.tag(c, s)
		out = append(out, ui.RowItem{
			Icon: "identification-card", Text: r.Title.In(c.Lang()), Href: "/documents/" + r.ID.String(), Value: m.Validity(r, c.Lang()),
			Tag: &tag, Muted: s == Expired || s == Revoked, Quiet: true,
		})
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
		ui.SummaryRow{Name: c.T("document.fact.validity"), Value: m.Validity(r, l)},
		ui.SummaryRow{Name: c.T("document.fact.office"), Value: r.Office.In(l)},
		ui.SummaryRow{Name: c.T("document.fact.issued"), Value: lang.Date(l, m.day(r.Issued))},
	)
	if !r.Signer.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("document.fact.signer"), Value: r.Signer.In(l)})
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
	add("validity", m.validity(l, found.From, found.Until, found.Issued))
	if !found.Revoked.IsZero() {
		add("revoked", lang.Date(l, m.day(found.Revoked)))
	}
	add("office", found.Office.In(l))
	add("issued", lang.Date(l, found.Issued))
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
