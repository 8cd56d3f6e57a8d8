package openid

import (
	"errors"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

func (m *Module) routes(s *web.Server, pages *page.Site) {
	m.protocols(s)
	m.personal(s)
	m.adminRoutes(s)
	pages.Add(page.MenuSecure, page.Link{
		Order: 76, Text: "openid.menu.sites", Href: "/account/sites", Icon: "globe-simple",
		Show: func(c *web.Context) bool { return !c.Person().IsZero() },
	})
	pages.Add(page.MenuDesk, page.Link{Order: 91, Text: "openid.menu.clients", Href: "/admin/clients", Icon: "globe-simple", Show: agency.IsAdmin})
}

// A minute's requests from one address. A site's server speaks for all its visitors, so these are far above a browser's.
const (
	perMinuteServer  = 30_000
	perMinuteBrowser = 600
)

// protocols are the endpoints that programs call. They are open: whoever asks shows a secret, a token or a key in the
// request itself.
func (m *Module) protocols(s *web.Server) {
	everyone := func(name string, perMinute int) *web.Op {
		return s.Operation(act.Operation{Name: "openid." + name, May: act.Everyone, PerMinute: perMinute, Scope: "openid"})
	}
	change := func(name string, perMinute int) *web.Op {
		return s.Operation(act.Operation{Name: "openid." + name, May: act.Everyone, PerMinute: perMinute, Scope: "openid", Changes: true})
	}
	anywhere := web.Wire{Fail: failed, Origin: func(*web.Context, string) bool { return true }}
	scripted := web.Wire{Fail: failed, Headers: []string{"Authorization", "DPoP"}, Origin: func(c *web.Context, origin string) bool {
		return m.scripted(c.Context(), origin)
	}}
	servers, people := web.Wire{Fail: failed}, web.Wire{People: true}

	read := everyone("metadata", perMinuteServer)
	s.Protocol(read, "GET /.well-known/openid-configuration", spoken(m.discovery), anywhere)
	s.Protocol(read, "GET /.well-known/oauth-authorization-server", spoken(m.discovery), anywhere)
	s.Protocol(read, "GET "+pathKeys, spoken(m.jwks), anywhere)

	s.Protocol(change("token", perMinuteServer), "POST "+pathToken, spoken(m.token), scripted)
	s.Protocol(change("push", perMinuteServer), "POST "+pathPush, spoken(m.push), scripted)
	s.Protocol(change("revoke", perMinuteServer), "POST "+pathRevoke, spoken(m.revoke), scripted)
	s.Protocol(change("device", perMinuteServer), "POST "+pathDevice, spoken(m.deviceStart), scripted)
	s.Protocol(everyone("introspect", perMinuteServer), "POST "+pathIntrospect, spoken(m.introspect), servers)
	info := everyone("userinfo", perMinuteServer)
	s.Protocol(info, "GET "+pathUserinfo, spoken(m.userinfo), scripted)
	s.Protocol(info, "POST "+pathUserinfo, spoken(m.userinfo), scripted)

	ask := everyone("authorize", perMinuteBrowser)
	s.Protocol(ask, "GET "+pathAuthorize, m.authorize, people)
	s.Protocol(ask, "POST "+pathAuthorize, m.authorize, people)
	leave := everyone("logout", perMinuteBrowser)
	s.Protocol(leave, "GET "+pathLogout, m.logout, people)
	s.Protocol(leave, "POST "+pathLogout, m.logout, people)
}

// personal are the pages of the person.
func (m *Module) personal(s *web.Server) {
	s.Page(s.Operation(act.Operation{Name: "openid.continue", May: act.Everyone}), "GET "+requestPath, m.showContinue)
	s.Page(s.Operation(act.Operation{Name: "openid.consent", Object: "account", May: act.Self, Changes: true, Fresh: act.Lately}),
		"POST /oauth/consent", m.postConsent)
	s.Page(s.Operation(act.Operation{Name: "openid.leave_page", May: act.Everyone}), "GET "+pathLeave, m.showLeave)
	s.Page(s.Operation(act.Operation{Name: "openid.leave", May: act.Everyone, Changes: true}), "POST "+pathLeave, m.postLeave)
	s.Page(s.Operation(act.Operation{Name: "openid.device_page", Object: "account", May: act.Self}), "GET "+pathDevicePage, m.showDevice)
	s.Page(s.Operation(act.Operation{Name: "openid.allow_device", Object: "account", May: act.Self, Changes: true, Fresh: act.Lately, PerMinute: 30}),
		"POST "+pathDevicePage, m.postDevice)

	sites := s.Operation(act.Operation{Name: "openid.sites", Object: "account", May: act.Self, Look: "openid.look.sites"})
	s.Page(sites, "GET /account/sites", m.showSites)
	s.API(sites, "GET /api/v1/sites", m.apiSites, web.Describe{Summary: "Sites that I let sign me in", Tag: "account", Out: []siteBody{}})
	drop := s.Operation(act.Operation{Name: "openid.withdraw", Object: "account", May: act.Self, Changes: true})
	s.Page(drop, "POST /account/sites/withdraw", m.postWithdraw)
	s.API(drop, "DELETE /api/v1/sites/{site}", m.apiWithdraw, web.Describe{Summary: "Take back what I let a site have", Tag: "account"})
}

// adminRoutes are the administrator's pages.
func (m *Module) adminRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "openid.clients", Object: "client", May: act.Admin})
	put := s.Operation(act.Operation{Name: "openid.put_client", Object: "client", May: act.Admin, Changes: true, Fresh: act.Lately, Timeout: 15 * time.Second})
	s.Page(see, "GET /admin/clients", m.showClients)
	s.Page(see, "GET /admin/clients/new", m.showNewClient)
	s.Page(see, "GET /admin/clients/{client}", m.showClient)
	s.Page(put, "POST /admin/clients", m.postNewClient)
	s.Page(put, "POST /admin/clients/{client}", m.postClient)
	s.Page(put, "POST /admin/clients/{client}/secret", m.postSecret)
	s.Page(put, "POST /admin/clients/{client}/switch", m.postSwitch)
	s.Page(put, "POST /admin/keys", m.postKeys)
}

// ofCity is the permission's object for what the city's administrator rules.
func ofCity() act.Object { return act.Object{Kind: "client", Agency: agency.ID(agency.City)} }

// shownHere turns an error that a form can show into its faults.
func shownHere(err error) ([]fault.Field, bool) {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil, false
	}
	switch {
	case len(f.Fields) > 0:
		return f.Fields, true
	case f.ID == ErrCode.ID || f.Kind == fault.TooMany:
		return []fault.Field{{Name: "user_code", ID: f.ID, Params: f.Params}}, true
	case f.ID == ErrSector.ID:
		return []fault.Field{{Name: "sector", ID: f.ID}}, true
	case f.ID == ErrChanged.ID:
		return []fault.Field{{Name: "name_ru", ID: f.ID}}, true
	}
	return nil, false
}
