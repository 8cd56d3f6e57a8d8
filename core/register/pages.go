package register

import (
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

var tones = map[Standing]ui.Tone{Valid: ui.Success, Early: ui.Info, Over: ui.Neutral}

func (m *Module) tag(c *web.Context, e Entry) ui.TagProps {
	s := e.Standing(m.today())
	return ui.TagProps{Text: c.T("register.standing." + string(s)), Tone: tones[s]}
}

// numberOf is an entry's number as people write it; empty when the reader is not told it.
func numberOf(e Entry) string {
	if e.Number == "" {
		return ""
	}
	return id.FormatNumber(e.Number)
}

// named is what an entry is called: its number, when the reader is told it.
func named(c *web.Context, e Entry) string {
	if number := numberOf(e); number != "" {
		return number
	}
	return c.T("register.desk.entry")
}

// span says from when to when an entry is good; empty when the reader is told neither day.
func span(c *web.Context, e Entry) string {
	switch {
	case e.Since.IsZero() && e.Until.IsZero():
		return ""
	case e.Since.IsZero():
		return c.T("register.until", "until", lang.Date(c.Lang(), e.Until))
	case e.Until.IsZero():
		return c.T("register.since", "from", lang.Date(c.Lang(), e.Since))
	}
	return c.T("register.span", "from", lang.Date(c.Lang(), e.Since), "until", lang.Date(c.Lang(), e.Until))
}

// rows are the values of an entry in words, in the order of the file.
func (m *Module) rows(c *web.Context, r *service.OwnRegister, values Values) []ui.SummaryRow {
	var out []ui.SummaryRow
	for i := range r.Fields {
		f := &r.Fields[i]
		if value, ok := values[f.Key]; ok {
			out = append(out, ui.SummaryRow{Name: f.Label.In(c.Lang()), Value: m.show(f, value, c.Lang())})
		}
	}
	return out
}

func (m *Module) summary(c *web.Context, r *service.OwnRegister, e Entry) []ui.SummaryRow {
	out := m.rows(c, r, e.Values)
	if number := numberOf(e); number != "" {
		out = append(out, ui.SummaryRow{Name: c.T("register.fact.number"), Value: number})
	}
	if days := span(c, e); days != "" {
		out = append(out, ui.SummaryRow{Name: c.T("register.fact.span"), Value: days})
	}
	if !e.Ended.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("register.fact.ended"), Value: m.moment(c, e.Ended)})
	}
	return out
}

func (m *Module) moment(c *web.Context, t time.Time) string {
	return lang.FullMoment(c.Lang(), t, m.deps.Zone())
}

// who says who changed an entry: an official by agency and role, or a document.
func (m *Module) who(c *web.Context, r *service.OwnRegister, v Version) string {
	if v.Role == "" {
		return c.T("register.by_document")
	}
	return m.agencyName(r.Agency, c.Lang()) + ", " + c.T("register.role."+v.Role)
}

func (m *Module) agencyName(key string, l lang.Language) string {
	if city := m.deps.City(); city != nil {
		if a, ok := city.Agency(key); ok {
			return a.Short.In(l)
		}
	}
	return key
}

// versionRows are what a version says: who, why, and every value after it that the version before did not have.
func (m *Module) versionRows(c *web.Context, r *service.OwnRegister, history []Version, at int) []ui.SummaryRow {
	v := history[at]
	out := []ui.SummaryRow{{Name: c.T("register.fact.who"), Value: m.who(c, r, v)}}
	if why := v.Reason.In(c.Lang()); why != "" {
		out = append(out, ui.SummaryRow{Name: c.T("register.fact.reason"), Value: why})
	}
	var before Values
	if at > 0 {
		before = history[at-1].Values
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		now, then := v.Values[f.Key], before[f.Key]
		switch {
		case now == then:
		case now.IsZero():
			out = append(out, ui.SummaryRow{Name: f.Label.In(c.Lang()), Value: c.T("register.taken_out", "value", m.show(f, then, c.Lang()))})
		default:
			out = append(out, ui.SummaryRow{Name: f.Label.In(c.Lang()), Value: m.show(f, now, c.Lang())})
		}
	}
	return out
}

// items are a person's entries as lines.
func (m *Module) items(c *web.Context, list []Entry) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(list))
	for _, e := range list {
		title := id.FormatNumber(e.Number)
		if r, err := m.own(e.Register); err == nil {
			title = r.Title.In(c.Lang()) + ", " + title
		}
		tag := m.tag(c, e)
		out = append(out, ui.RowItem{Icon: "book-open-text", Text: title, Href: "/account/registers/" + e.ID.String(), Value: span(c, e), Tag: &tag, Muted: e.Standing(m.today()) == Over, Quiet: true})
	}
	return out
}

// table is what a search has found.
func (m *Module) table(c *web.Context, v searchView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: v.Register.Title.In(c.Lang()), Columns: []ui.Column{{Title: c.T("register.desk.entry")}}}
	for _, f := range v.Shown {
		out.Columns = append(out.Columns, ui.Column{Title: f.Label.In(c.Lang())})
	}
	out.Columns = append(out.Columns, ui.Column{Title: c.T("register.fact.span")}, ui.Column{Title: c.T("register.fact.standing")})
	for _, e := range v.Found.Entries {
		row := ui.TableRow{Title: named(c, e), Href: v.Query.address("/desk/registers/" + v.Register.Key + "/" + e.ID.String())}
		for i := range v.Shown {
			f := &v.Shown[i]
			row.Cells = append(row.Cells, ui.TableCell{Text: m.show(f, e.Values[f.Key], c.Lang())})
		}
		tag := m.tag(c, e)
		row.Cells = append(row.Cells, ui.TableCell{Text: span(c, e)}, ui.TableCell{Tag: &tag})
		out.Rows = append(out.Rows, row)
	}
	return out
}

func purposeChoices(c *web.Context, list []service.OwnPurpose) []ui.Choice {
	out := make([]ui.Choice, 0, len(list))
	for _, p := range list {
		out = append(out, ui.Choice{Value: p.Key, Text: p.Title.In(c.Lang())})
	}
	return out
}

func fieldChoices(c *web.Context, list []service.OwnField) []ui.Choice {
	out := make([]ui.Choice, 0, len(list))
	for _, f := range list {
		out = append(out, ui.Choice{Value: f.Key, Text: f.Label.In(c.Lang())})
	}
	return out
}

// typedOf is what stands in a field of the correction in a language: what was typed, or the value.
func (m *Module) typedOf(v entryView, f *service.OwnField, l lang.Language) string {
	if v.Desk.Failed != nil && !v.Desk.IsEnding {
		return v.Desk.Typed.Get(inputOf(f, l))
	}
	value := v.Entry.Values[f.Key]
	if f.Type == "money" {
		return m.show(f, value, l)
	}
	return value.In(l)
}

// inputOf is the name of a field's input for a language.
func inputOf(f *service.OwnField, l lang.Language) string {
	if l == lang.English {
		return fieldPrefix + f.Key + inEnglish
	}
	return fieldPrefix + f.Key
}

// labelOf names a field's input; where each language has words of its own, with the language.
func labelOf(c *web.Context, f *service.OwnField, l lang.Language) string {
	if !worded(f) {
		return f.Label.In(c.Lang())
	}
	return c.T("register.desk.label_"+string(l), "label", f.Label.In(c.Lang()))
}

// yesNoChoices are the answers of a field of that type; none is a field that says nothing.
func yesNoChoices(c *web.Context) []ui.Choice {
	return []ui.Choice{{Value: "", Text: c.T("register.word.none")}, {Value: yes, Text: c.T("register.word.yes")}, {Value: no, Text: c.T("register.word.no")}}
}

// editable are the fields that the correction may change and its reader sees.
func (v entryView) editable() []*service.OwnField {
	var out []*service.OwnField
	for i := range v.Register.Fields {
		if f := &v.Register.Fields[i]; v.sees(f.Key) && !fixed(v.Register, f.Key) {
			out = append(out, f)
		}
	}
	return out
}

// refusals are who was not let in, the newest first.
func (m *Module) refusals(c *web.Context, v searchView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("register.refusal.title"), Columns: []ui.Column{
		{Title: c.T("register.refusal.who")}, {Title: c.T("register.refusal.at")}, {Title: c.T("register.desk.purpose")}, {Title: c.T("register.refusal.why")}, {Title: c.T("register.refusal.what")},
	}}
	for _, one := range v.Refused {
		row, what := ui.TableRow{Title: m.officialName(c, v, one)}, c.T("register.refusal.search")
		if !one.Entry.IsZero() {
			row.Href, what = v.Query.address("/desk/registers/"+v.Register.Key+"/"+one.Entry.String()), c.T("register.refusal.entry")
		}
		purpose := c.T("register.refusal.no_purpose")
		if p, ok := v.Register.Purpose(one.Purpose); ok {
			purpose = p.Title.In(c.Lang())
		} else if one.Purpose == PurposeCase {
			purpose = c.T("register.refusal.case")
		}
		row.Cells = []ui.TableCell{{Text: m.moment(c, one.At)}, {Text: purpose}, {Text: c.T("register.refusal." + strings.TrimPrefix(one.Why, "register."))}, {Text: what}}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// officialName is who was refused, by name where it is known, with the agency and the role.
func (m *Module) officialName(c *web.Context, v searchView, one Refusal) string {
	office := c.T("register.role." + one.Role)
	if city := m.deps.City(); city != nil {
		for i := range city.Agencies {
			if agency.ID(city.Agencies[i].Key) == one.Agency {
				office = city.Agencies[i].Short.In(c.Lang()) + ", " + office
			}
		}
	}
	if name := v.Names[one.Official].In(c.Lang()); name != "" {
		return name + " (" + office + ")"
	}
	return office
}

// wrongOf is what is wrong with a field of the correction, or with the reason.
func (v entryView) wrongOf(c *web.Context, name string, ending bool) string {
	if v.Desk.Failed == nil || v.Desk.IsEnding != ending {
		return ""
	}
	for _, f := range v.Desk.Failed.Fields {
		if f.Name == name {
			return c.T(f.ID)
		}
	}
	return ""
}

// faultLines are what stands at the top of the page when a change was refused.
func (v entryView) faultLines(c *web.Context) []ui.FaultLine {
	failed := v.Desk.Failed
	if len(failed.Fields) == 0 {
		return []ui.FaultLine{{Name: reasonName(v.Desk.IsEnding), Text: c.FaultText(failed)}}
	}
	out := make([]ui.FaultLine, 0, len(failed.Fields))
	for _, f := range failed.Fields {
		out = append(out, ui.FaultLine{Name: inputName(f, v.Desk.IsEnding), Text: c.T(f.ID)})
	}
	return out
}

func inputName(f fault.Field, ending bool) string {
	if f.Name == "reason" {
		return reasonName(ending)
	}
	return fieldPrefix + f.Name
}

// reasonName tells the two reasons of the page apart, for links to what is wrong.
func reasonName(ending bool) string {
	if ending {
		return "why_end"
	}
	return "why_correct"
}
