package apply

import (
	"github.com/a-h/templ"

	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// when says when a draft was saved.
func (m *Module) when(c *web.Context, l Line) string {
	city, err := m.deps.Services.City()
	if err != nil {
		return ""
	}
	return lang.Moment(c.Lang(), l.Saved, c.Now(), city.Days().Zone())
}

// rows are drafts in a list; those of a service that is no longer offered say so.
func (m *Module) rows(c *web.Context, lines []Line) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(lines))
	for _, l := range lines {
		row := ui.RowItem{Text: c.T("apply.gone_service"), Value: m.when(c, l), Quiet: true, Href: "/drafts/" + l.ID.String() + "/delete"}
		if _, s, err := m.definition(l.Service); err == nil {
			row.Text, row.Href = s.Title.In(c.Lang()), "/drafts/"+l.ID.String()
		}
		out = append(out, row)
	}
	return out
}

// widgetMost is how many drafts the person's own place shows.
const widgetMost = 3

// Widget is the drafts to go on with, for the person's own place; nil when there are none.
func (m *Module) Widget(c *web.Context) (templ.Component, error) {
	lines, err := m.Drafts(c.Context(), c.Act())
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	return widget(m, c, lines[:min(len(lines), widgetMost)]), nil
}
