package openid

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// strangePage tells a person why the site that sent them can't be trusted with an answer. Nobody is sent on.
func (m *Module) strangePage(c *web.Context, f *fault.Fault) error {
	if err := c.May(noObject); err != nil {
		return err
	}
	o := page.Options{Title: c.T("openid.strange.title"), Layout: page.Plain, Status: http.StatusBadRequest}
	return m.base.Pages.Render(c, o, strangePage(c, c.FaultText(f)))
}

// leavingPage is shown for the blink of an eye before the browser goes on by itself.
func (m *Module) leavingPage(c *web.Context, site, address string) templ.Component {
	o := page.Options{Title: c.T("openid.leaving.title", "site", site), Layout: page.Plain}
	return m.base.Pages.Frame(c, o, leavingPage(c, site, address))
}

// consentView is the page on which a person says whether a site may have what it asks for.
type consentView struct {
	Client   Client
	Request  string
	Code     string // the device's number; empty: a browser's request
	Needed   []string
	Optional []string
	Ticked   []string
	Action   string
	Host     string // where the person goes after yes
}

func (m *Module) consentPage(c *web.Context, client Client, a ask, reference string, who standing) error {
	if err := c.May(noObject); err != nil {
		return err
	}
	v := consentOf(client, a.wanted(client.Profile))
	v.Request, v.Action, v.Ticked = reference, "/oauth/consent", only(who.granted, v.Optional)
	if u, err := url.Parse(a.Redirect); err == nil {
		v.Host = u.Host
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("openid.consent.title", "site", client.Name.In(c.Lang())), Layout: page.Plain}, consentPage(c, v))
}

// consentOf parts what a site wants into what it needs and what may be left out. openid itself is not data: it is the
// signing in.
func consentOf(client Client, wanted []string) consentView {
	shown := without(wanted, []string{ScopeOpenID})
	return consentView{Client: client, Needed: without(shown, client.Optional), Optional: only(shown, client.Optional)}
}

func (m *Module) devicePage(c *web.Context, typed string, faults []fault.Field) error {
	o := page.Options{Title: c.T("openid.device.title"), Layout: page.Plain, Faulty: len(faults) > 0}
	return m.base.Pages.Render(c, o, devicePage(c, typed, faults))
}

func (m *Module) deviceConsent(c *web.Context, d deviceAsked) error {
	a := ask{Scopes: d.scopes}
	v := consentOf(d.client, a.wanted(d.client.Profile))
	v.Code, v.Action = d.code, pathDevicePage
	return m.base.Pages.Render(c, page.Options{Title: c.T("openid.device.title"), Layout: page.Plain}, consentPage(c, v))
}

func (m *Module) deviceDone(c *web.Context, client Client, allowed bool) error {
	o := page.Options{Title: c.T("openid.device.title"), Layout: page.Plain}
	return m.base.Pages.Render(c, o, deviceDonePage(c, client.Name.In(c.Lang()), allowed))
}

func (m *Module) leavePage(c *web.Context, client Client, reference string) error {
	if err := c.May(noObject); err != nil {
		return err
	}
	name := ""
	if !client.ID.IsZero() {
		name = client.Name.In(c.Lang())
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("openid.leave.title"), Layout: page.Plain}, leavePage(c, name, reference))
}

// sitesView is a person's connected sites.
type sitesView struct {
	Sites []Site
	when  func(Site) (string, string)
}

func (m *Module) showSites(c *web.Context) error {
	if err := c.May(ownAccount(c)); err != nil {
		return err
	}
	sites, err := m.SitesOf(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	slices.SortFunc(sites, func(a, b Site) int { return b.Used.Compare(a.Used) })
	v := sitesView{sites, func(s Site) (string, string) {
		return lang.FullMoment(c.Lang(), s.First, m.deps.Zone), lang.Moment(c.Lang(), s.Used, c.Now(), m.deps.Zone)
	}}
	return m.base.Pages.Render(c, page.Options{Title: c.T("openid.sites.title"), Layout: page.Account}, sitesPage(c, v))
}

type withdrawForm struct {
	Site id.ID `json:"site"`
}

func (m *Module) postWithdraw(c *web.Context) error {
	if err := c.May(ownAccount(c)); err != nil {
		return err
	}
	var form withdrawForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.Withdraw(c.Context(), c.Person(), form.Site); err != nil {
		return err
	}
	c.SetFlash("success", "openid.sites.withdrawn")
	return c.Redirect("/account/sites")
}

// siteBody is a connected site in JSON.
type siteBody struct {
	Site   id.ID    `json:"site"`
	Name   string   `json:"name"`
	Home   string   `json:"home"`
	Scopes []string `json:"scopes" doc:"What it may have: profile, email, phone, snils, level, offline_access"`
	First  string   `json:"first" doc:"When it was connected, RFC 3339"`
	Used   string   `json:"used" doc:"When it last got something"`
}

func (m *Module) apiSites(c *web.Context) error {
	if err := c.May(ownAccount(c)); err != nil {
		return err
	}
	sites, err := m.SitesOf(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := make([]siteBody, len(sites))
	for i, s := range sites {
		out[i] = siteBody{s.Client, s.Name.In(c.Lang()), s.Home, append([]string{}, s.Scopes...), s.First.Format(timeForm), s.Used.Format(timeForm)}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiWithdraw(c *web.Context) error {
	if err := c.May(ownAccount(c)); err != nil {
		return err
	}
	site, err := c.ID("site")
	if err != nil {
		return err
	}
	if err := m.Withdraw(c.Context(), c.Person(), site); err != nil {
		return err
	}
	return c.Empty()
}

// scopeChoices are the ticks of what may be left out.
func scopeChoices(c *web.Context, scopes []string) []ui.Choice {
	out := make([]ui.Choice, len(scopes))
	for i, scope := range scopes {
		out[i] = ui.Choice{Value: scope, Text: c.T("openid.scope." + scope), Hint: c.T("openid.scope_hint." + scope)}
	}
	return out
}
