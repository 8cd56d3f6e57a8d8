package account

import (
	"net/url"
	"strconv"
	"strings"

	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// laterName is the second button of the sign-in page: whoever registers has no password yet.
func laterName(v signInView) string {
	if v.Register {
		return ""
	}
	return "by_password"
}

func withBack(path, back string) string {
	if back == "/" || back == "" {
		return path
	}
	return withQuery(path, "back", back)
}

func startAgain(v codeView) string {
	if v.Again == "" {
		return "/account/contact"
	}
	return withBack("/sign-in", v.Back)
}

func renamed(f ui.Field, label string) ui.Field {
	f.Label = label
	return f
}

func version(p Person) string { return strconv.FormatInt(p.Version, 10) }

func langChoices(c *web.Context) []ui.Choice {
	out := []ui.Choice{{Value: "", Text: c.T("account.lang.browser")}}
	for _, l := range lang.All() {
		out = append(out, ui.Choice{Value: string(l), Text: c.T("account.lang." + string(l))})
	}
	return out
}

// profileRows are a person's data; what comes from the register says so and can't be changed here.
func profileRows(c *web.Context, p Person) []ui.SummaryRow {
	source := ""
	if p.Level >= act.Standard {
		source = c.T("account.profile.from_register")
	}
	orNone := func(text string) string {
		if text == "" {
			return c.T("account.profile.none")
		}
		return text
	}
	var rows []ui.SummaryRow
	if p.Level >= act.Standard {
		rows = append(rows, ui.SummaryRow{Name: c.T("account.field.name"), Value: p.Name.Full(c.Lang()), Source: source},
			ui.SummaryRow{Name: c.T("account.field.birth"), Value: lang.Date(c.Lang(), p.Birth), Source: source},
			ui.SummaryRow{Name: c.T("account.field.snils"), Value: FormatSNILS(p.SNILS), Source: source})
	}
	return append(rows, ui.SummaryRow{Name: c.T("account.field.phone"), Value: orNone(p.Phone), Change: "/account/contact"},
		ui.SummaryRow{Name: c.T("account.field.email"), Value: orNone(p.Email), Change: "/account/contact"})
}

func sessionRows(c *web.Context, v securityView) []ui.SummaryRow {
	rows := make([]ui.SummaryRow, len(v.Sessions))
	for i, s := range v.Sessions {
		name := s.Device
		if name == "" {
			name = c.T("account.security.unknown_device")
		}
		rows[i] = ui.SummaryRow{Name: name, Body: sessionLine(c, v, s)}
	}
	return rows
}

// sessionNote is how and from where a session began.
func sessionNote(c *web.Context, s OpenSession) string {
	var parts []string
	for _, method := range strings.Fields(s.Methods) {
		parts = append(parts, c.T("account.method."+method))
	}
	if s.Place != "" {
		parts = append(parts, c.T("account.security.place", "place", s.Place))
	}
	return strings.Join(parts, " · ")
}

// wayRows are the contacts, the password and every other way, each with where it is changed.
func wayRows(c *web.Context, v waysView) []ui.SummaryRow {
	password := c.T("account.ways.no_password")
	if v.HasPassword {
		password = c.T("account.ways.has_password")
	}
	rows := []ui.SummaryRow{
		{Name: c.T("account.field.phone"), Body: contactLine(c, Phone, v.Phone), Change: "/account/contact"},
		{Name: c.T("account.field.email"), Body: contactLine(c, Email, v.Email), Change: "/account/contact"},
		{Name: c.T("account.field.password"), Value: password, Change: "/account/security/password"},
	}
	for _, w := range v.Ways {
		name := w.Title
		if w.Name != "" {
			name += ": " + w.Name
		}
		to := "/account/security/way?" + url.Values{"account": {w.Account.String()}, "way": {w.ID.String()}}.Encode()
		rows = append(rows, ui.SummaryRow{Name: name, Value: w.Note, Change: to})
	}
	return rows
}

func moreRows(links []ui.Link) []ui.RowItem {
	rows := make([]ui.RowItem, len(links))
	for i, link := range links {
		rows[i] = ui.RowItem{Icon: link.Icon, Text: link.Text, Href: link.Href}
	}
	return rows
}

func deviceRows(c *web.Context, v securityView) []ui.SummaryRow {
	rows := make([]ui.SummaryRow, len(v.Devices))
	for i, d := range v.Devices {
		name := d.Name
		if name == "" {
			name = c.T("account.security.unknown_device")
		}
		rows[i] = ui.SummaryRow{Name: name, Body: deviceLine(c, v, d)}
	}
	return rows
}

// policyValue is a policy as its form posts it.
func policyValue(policy string) string {
	if policy == SecondByRisk {
		return "risk"
	}
	return policy
}

func policyChoices(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, value := range []string{"risk", SecondAlways, SecondNeeded} {
		out = append(out, ui.Choice{Value: value, Text: c.T("account.second.policy_" + value), Hint: c.T("account.second.policy_" + value + "_hint")})
	}
	return out
}

// bare are choices without their sentences, where many stand together.
func bare(list []choice) []choice {
	out := make([]choice, len(list))
	for i, one := range list {
		one.Lead = ""
		out[i] = one
	}
	return out
}

func funnelTabs(c *web.Context, v funnelView) []ui.Link {
	var out []ui.Link
	for _, days := range []int{1, 7, 30, 90} {
		out = append(out, ui.Link{Text: c.T("account.funnel.days", "count", days), Href: "/admin/sign-ins?days=" + strconv.Itoa(days), Current: days == v.Days})
	}
	return out
}

func methodName(c *web.Context, m Method) string {
	if m == "" {
		return c.T("account.funnel.any")
	}
	return c.T("account.method." + string(m))
}

func funnelText(c *web.Context, f Funnel) string {
	return c.T("account.funnel.line", "entered", number(c, f.Entered), "chosen", number(c, f.Chosen), "failed", number(c, f.Failed), "share", share(c, f.Entered, max(f.Chosen, f.Entered)))
}

func roleRows(c *web.Context, roles []roleView) []ui.SummaryRow {
	rows := make([]ui.SummaryRow, len(roles))
	for i, r := range roles {
		rows[i] = ui.SummaryRow{Name: r.Title, Body: roleLine(c, r)}
	}
	return rows
}

func number(c *web.Context, n int64) string { return lang.Number(c.Lang(), n) }
