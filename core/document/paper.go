package document

import (
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/pdf"
	"posad.city/kit/seal"
)

// paper is the document as it is printed, in its own language.
func (m *Module) paper(o opened, key seal.PublicKey, statement []byte) pdf.Document {
	r, l := o.Result, o.Lang
	t := func(name string, args ...any) string { return m.base.Texts.Text(l, name, args...) }
	issued := calendar.DateOf(r.Issued, m.deps.Zone())
	out := pdf.Document{
		Lang: string(l), City: o.city.In(l), Office: r.Office.In(l), Kind: t("document.paper.kind" + suffix(r.Form)), Title: r.Title.In(l),
		Number: t("document.paper.number", "number", id.FormatNumber(r.Number)), Date: lang.Date(l, issued),
		Status: m.status(l, r, issued), Plain: r.Form == FormRefusal, Lead: r.Text.In(l), PageOf: t("document.paper.page", "page", "{page}", "pages", "{pages}"), Made: r.Issued,
		Check: &pdf.Check{
			Title: t("document.paper.check_title"), Text: t("document.paper.check_text"),
			Address: seal.CheckURL(m.deps.Address, r.Token), Shown: shown(m.deps.Address) + "/check",
			Seal: t("document.paper.seal", "key", key.ID.Short(), "date", lang.Date(l, issued)),
		},
		Attachments: []pdf.Attachment{{
			Name: statementName, Type: "application/json", Description: t("document.paper.attachment"), Body: statement,
		}},
	}
	for _, f := range r.Facts {
		out.Facts = append(out.Facts, pdf.Fact{Label: f.Label.In(l), Value: f.Value.In(l)})
	}
	if !r.Signer.IsZero() {
		out.Facts = append(out.Facts, pdf.Fact{Label: t("document.fact.signer"), Value: r.Signer.In(l)})
	}
	if r.Replaces != "" {
		out.Facts = append(out.Facts, pdf.Fact{Label: t("document.fact.replaces"), Value: id.FormatNumber(r.Replaces)})
	}
	for _, part := range o.parts {
		out.Parts = append(out.Parts, pdf.Part{Heading: part.Heading.In(l), Text: part.Text.In(l)})
	}
	return out
}

// suffix picks the text of a form where each has its own.
func suffix(f Form) string {
	if f == FormDocument {
		return ""
	}
	return "_" + string(f)
}

// status is the line under the title: how long the document is good. A refusal is not good for a time: it was decided.
func (m *Module) status(l lang.Language, r Result, issued calendar.Date) string {
	if r.Form == FormRefusal {
		return m.base.Texts.Text(l, "document.validity.decided", "date", lang.Date(l, r.From))
	}
	return m.validity(l, r.From, r.Until, issued)
}

// shown is an address as people read it, without its scheme.
func shown(address string) string {
	for _, scheme := range []string{"https://", "http://"} {
		if len(address) > len(scheme) && address[:len(scheme)] == scheme {
			return address[len(scheme):]
		}
	}
	return address
}

// validity says from when to when a document is good.
func (m *Module) validity(l lang.Language, from, until, issued calendar.Date) string {
	switch later := from.After(issued); {
	case later && until.IsZero():
		return m.base.Texts.Text(l, "document.validity.from", "from", lang.Date(l, from))
	case later:
		return m.base.Texts.Text(l, "document.validity.range", "from", lang.Date(l, from), "until", lang.Date(l, until))
	case until.IsZero():
		return m.base.Texts.Text(l, "document.validity.endless")
	}
	return m.base.Texts.Text(l, "document.validity.until", "until", lang.Date(l, until))
}
