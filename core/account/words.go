package account

import (
	"net/url"
	"strconv"

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
	return path + "?" + url.Values{"back": {back}}.Encode()
}

func startAgain(v codeView) string {
	if v.Again == "" {
		return "/account/contact"
	}
	return withBack("/sign-in", v.Back)
}

func optional(f ui.Field) ui.Field {
	f.Optional = true
	return f
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

func roleRows(c *web.Context, roles []roleView) []ui.SummaryRow {
	rows := make([]ui.SummaryRow, len(roles))
	for i, r := range roles {
		rows[i] = ui.SummaryRow{Name: r.Title, Body: roleLine(c, r)}
	}
	return rows
}
