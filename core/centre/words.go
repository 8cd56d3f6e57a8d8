package centre

import (
	"strconv"

	"github.com/a-h/templ"

	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// pageBody is the content of a page.
type pageBody = templ.Component

// banner is nil but in a visit: there it stands on every page, so that nobody forgets whose session this is.
func banner(c *web.Context) templ.Component {
	session, ok := c.Session()
	if !ok || session.By.IsZero() {
		return nil
	}
	return visitBanner(c)
}

func field(c *web.Context, faults []fault.Field, name string) ui.Field {
	return ui.Field{Name: name, Label: c.T("centre.field." + name), Error: page.FaultText(c, faults, name)}
}

func documentChoices(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, d := range Documents() {
		out = append(out, ui.Choice{Value: string(d), Text: c.T("centre.document." + string(d))})
	}
	return out
}

func tick(c *web.Context, name string) []ui.Choice {
	return []ui.Choice{{Value: "true", Text: c.T("centre.tick." + name)}}
}

func ticked(on bool) []string {
	if on {
		return []string{"true"}
	}
	return nil
}

// personRows are what an official sees of the person served: what the document says too, and how they can be reached,
// masked.
func personRows(c *web.Context, v visitView) []ui.SummaryRow {
	p := v.Person
	rows := []ui.SummaryRow{
		{Name: c.T("centre.field.name"), Value: p.Name.Full(c.Lang())},
		{Name: c.T("centre.field.birth"), Value: lang.Date(c.Lang(), p.Birth)},
		{Name: c.T("centre.field.snils"), Value: account.FormatSNILS(p.SNILS)},
		{Name: c.T("centre.field.level"), Value: c.T("centre.level." + strconv.Itoa(int(p.Level)))},
	}
	for _, one := range []struct{ name, text string }{{"phone", p.Phone}, {"email", p.Email}} {
		value := c.T("centre.visit.none")
		if contact, err := account.ParseContact(one.text); err == nil {
			value = contact.Masked()
		}
		rows = append(rows, ui.SummaryRow{Name: c.T("centre.field." + one.name), Value: value})
	}
	return rows
}

// mineWords are a visit in the person's own list.
func mineWords(c *web.Context, v Visit) string {
	out := c.T("centre.mine.where", "place", v.Place, "official", v.ServedBy)
	for _, d := range v.Done {
		out += "\n" + c.T("centre.done."+string(d))
	}
	return out
}

// proves tells whether the identity of the person served is still to be proved in this visit.
func (v visitView) proves() bool { return v.Visit.Proved.IsZero() }

func (v visitView) path(rest string) string { return pathVisits + v.Visit.ID.String() + rest }
