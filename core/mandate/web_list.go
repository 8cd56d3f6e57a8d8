package mandate

import (
	"slices"

	"github.com/a-h/templ"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// listView is the page of a person's mandates.
type listView struct {
	Taken    []Principal
	Given    []Mandate
	Over     []Mandate // given once, over now
	Names    map[id.ID]lang.Name
	Made     []Offer
	Received []Offer
	Makers   map[id.ID]string // who offers what was received
	Today    calendar.Date
}

// overShown is how many mandates that are over the page lists.
const overShown = 20

func (m *Module) listOf(c *web.Context) (listView, error) {
	ctx, a, self := c.Context(), c.Act(), c.Person()
	v := listView{Today: calendar.DateOf(c.Now(), m.deps.Zone)}
	var err error
	if v.Taken, err = m.Acting(ctx, a, self); err != nil {
		return v, err
	}
	given, err := m.Of(ctx, self)
	if err != nil {
		return v, err
	}
	var takers []id.ID
	for _, one := range slices.Backward(given) { // the newest first
		if takers = append(takers, one.Taker); one.Ended.IsZero() && v.Today.Before(one.Ends) {
			v.Given = append(v.Given, one)
		} else if len(v.Over) < overShown {
			v.Over = append(v.Over, one)
		}
	}
	if v.Names, err = m.deps.Accounts.Names(ctx, a, "mandate.look.people", takers...); err != nil {
		return v, err
	}
	if v.Made, err = m.Made(ctx, a, self); err != nil {
		return v, err
	}
	if v.Received, err = m.Received(ctx, a, self); err != nil {
		return v, err
	}
	v.Makers, err = m.makers(c, v.Received)
	return v, err
}

// makers are the names of those who made offers.
func (m *Module) makers(c *web.Context, offers []Offer) (map[id.ID]string, error) {
	out := map[id.ID]string{}
	for _, o := range offers {
		name, err := m.name(c.Context(), o.Maker, o.Kind == Company)
		if err != nil {
			return nil, err
		}
		out[o.Maker] = name
	}
	return out, nil
}

func (m *Module) showList(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	v, err := m.listOf(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("mandate.list.title"), Layout: page.Account}, listPage(c, v))
}

func takenRows(c *web.Context, v listView) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(v.Taken))
	for _, p := range v.Taken {
		out = append(out, ui.RowItem{Text: p.Called(c.Lang()), Href: path(p.ID), Value: untilWords(c, p.Mandate), Quiet: true, Tag: kindTag(c, p.Kind)})
	}
	return out
}

func givenRows(c *web.Context, v listView, list []Mandate, muted bool) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(list))
	for _, one := range list {
		value := untilWords(c, one)
		if muted {
			value = c.T("mandate.list.over_tag")
		}
		out = append(out, ui.RowItem{Text: v.Names[one.Taker].Full(c.Lang()), Href: path(one.ID), Value: value, Quiet: true, Muted: muted, Tag: kindTag(c, one.Kind)})
	}
	return out
}

func offerRows(c *web.Context, v listView) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(v.Made)+len(v.Received))
	for _, o := range v.Received {
		out = append(out, ui.RowItem{Icon: "bell", Tone: ui.Warning, Text: c.T("mandate.list.got_"+string(o.Way), "name", v.Makers[o.Maker]), Href: path(o.ID), Value: c.T("mandate.list.answer"), Quiet: true})
	}
	for _, o := range v.Made {
		out = append(out, ui.RowItem{Icon: "clock", Text: c.T("mandate.list.made_"+string(o.Way), "name", o.Whom.Name().Full(c.Lang())), Href: path(o.ID), Value: c.T("mandate.list.waits"), Quiet: true})
	}
	return out
}

func kindTag(c *web.Context, k Kind) *ui.TagProps {
	return &ui.TagProps{Text: c.T("mandate.kind." + string(k)), Tone: ui.Neutral}
}

func untilWords(c *web.Context, one Mandate) string {
	return c.T("mandate.until", "day", lang.Date(c.Lang(), one.Ends.AddDays(-1)))
}

// Widget is the chooser "for whom" of the person's own place: those for whom they may act, each leading to what can be done
// for them; nil when there is nobody.
func (m *Module) Widget(c *web.Context) (templ.Component, error) {
	a := c.Act()
	a.Actor = act.Actor{Kind: act.Person, Person: c.Person()}
	list, err := m.Acting(c.Context(), a, c.Person())
	if err != nil || len(list) == 0 {
		return nil, err
	}
	rows := []ui.RowItem{{Icon: "user", Text: c.T("mandate.chooser.myself"), Href: "/account"}}
	seen := []id.ID{}
	for _, p := range list {
		if !slices.Contains(seen, p.Giver) {
			seen = append(seen, p.Giver)
			rows = append(rows, ui.RowItem{Icon: "users-three-duotone", Text: p.Called(c.Lang()), Href: path(p.ID), Value: c.T("mandate.kind." + string(p.Kind)), Quiet: true})
		}
	}
	return chooser(c, rows), nil
}
