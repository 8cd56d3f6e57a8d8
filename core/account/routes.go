package account

import (
	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// kind is what permissions call a person's own account.
const kind = "account"

// own is the permission's object for the signed-in person's own account.
func own(c *web.Context) act.Object { return act.Object{Kind: kind, Holder: c.Person()} }

// routes hangs pages and JSON faces on operations.
func (m *Module) routes(s *web.Server, pages *page.Site) {
	m.signInRoutes(s)
	m.profileRoutes(s)
	m.securityRoutes(s)
	funnel := s.Operation(act.Operation{Name: "account.sign_ins", Object: "sign_ins", May: act.Admin})
	s.Page(funnel, "GET /admin/sign-ins", m.showFunnel)
	s.API(funnel, "GET /api/v1/admin/sign-ins", m.apiFunnel, web.Describe{
		Summary: "How sign-ins went, by method", Tag: "admin", Out: funnelBody{}, Details: "Counts of nobody: days is 1, 7, 30 or 90.",
	})
	pages.Add(page.MenuDesk, page.Link{Order: 94, Text: "account.funnel.menu", Href: "/admin/sign-ins", Icon: "chart-bar", Show: agency.IsAdmin})
	m.mergeRoutes(s)
	m.blockRoutes(s, pages)
	signedIn := func(c *web.Context) bool { return !c.Person().IsZero() }
	pages.Add(page.MenuAccount,
		page.Link{Order: 80, Text: "account.menu.profile", Href: "/account/profile", Icon: "user", Show: signedIn},
		page.Link{Order: 90, Text: "account.menu.security", Href: "/account/security", Icon: "lock-key", Show: signedIn})
}

func (m *Module) signInRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "account.sign_in_page", May: act.Everyone})
	ask := s.Operation(act.Operation{Name: "account.ask_code", May: act.Everyone, Changes: true, PerMinute: 30})
	enter := s.Operation(act.Operation{Name: "account.sign_in", May: act.Everyone, Changes: true, PerMinute: 60})
	leave := s.Operation(act.Operation{Name: "account.sign_out", May: act.Everyone, Changes: true})
	s.Page(see, "GET /sign-in", m.showSignIn)
	s.Page(see, "GET /register", m.showSignIn)
	s.Page(ask, "POST /sign-in", m.postSignIn)
	s.Page(ask, "POST /register", m.postSignIn)
	s.Page(see, "GET /sign-in/code", m.showCode)
	s.Page(enter, "POST /sign-in/code", m.postCode)
	s.Page(ask, "POST /sign-in/again", m.postAgain)
	s.Page(see, "GET /sign-in/password", m.showPassword)
	s.Page(enter, "POST /sign-in/password", m.postPassword)
	s.Page(leave, "POST /sign-out", m.postSignOut)
	s.Page(ask, "POST /sign-in/last", m.postLast)
	s.Page(leave, "POST /sign-in/forget", m.postForget)
	s.Page(see, "GET /sign-in/second", m.showSecond)
	s.Page(enter, "POST /sign-in/second", m.postSecond)
	s.Page(see, "GET /sign-in/raise", m.showRaise)
	s.Page(see, "GET /recover", m.showRecover)
	s.Page(enter, "POST /recover", m.postRecover)
	s.Page(see, "GET /recover/cancel", m.showCancel)
	s.Page(leave, "POST /recover/cancel", m.postCancel)
	s.API(ask, "POST /api/v1/sign-in/code", m.apiAskCode, web.Describe{
		Summary: "Send a one-time code to an e-mail or phone", Tag: "sign-in", In: askBody{}, Out: sentBody{},
		Details: "The answer is the same whether or not an account exists. The code lives 10 minutes and stands 5 tries.",
	})
	s.API(enter, "POST /api/v1/sign-in", m.apiSignIn, web.Describe{
		Summary: "Sign in by a code or a password", Tag: "sign-in", In: signInBody{}, Out: entryBody{},
		Details: "Give try and code, or contact and password. A code for a contact that nobody signs in with makes an account. " +
			"Send the token as Authorization: Bearer.",
	})
	s.API(leave, "DELETE /api/v1/session", m.apiSignOut, web.Describe{Summary: "Sign out", Tag: "sign-in"})
}

func (m *Module) profileRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "account.profile", Object: kind, May: act.Self, Look: "account.look.profile"})
	change := s.Operation(act.Operation{Name: "account.change_profile", Object: kind, May: act.Self, Look: "account.look.profile", Changes: true})
	confirm := s.Operation(act.Operation{
		Name: "account.confirm_identity", Object: kind, May: act.Self, Look: "account.look.profile", Changes: true, Timeout: identityWait + identityWait/2,
	})
	contact := s.Operation(act.Operation{Name: "account.put_contact", Object: kind, May: act.Self, Look: "account.look.profile", Changes: true, PerMinute: 30, Fresh: act.Lately})
	s.Page(see, "GET /account/profile", m.showProfile)
	s.Page(see, "GET /register/name", m.showName)
	s.Page(change, "POST /register/name", m.postName)
	s.Page(change, "POST /account/profile", m.postProfile)
	s.Page(see, "GET /account/identity", m.showIdentity)
	s.Page(confirm, "POST /account/identity", m.postIdentity)
	s.Page(see, "GET /account/contact", m.showContact)
	s.Page(contact, "POST /account/contact", m.postContact)
	s.Page(see, "GET /account/contact/code", m.showContactCode)
	s.Page(contact, "POST /account/contact/code", m.postContactCode)
	s.API(see, "GET /api/v1/profile", m.apiProfile, web.Describe{Summary: "My data", Tag: "profile", Out: profileBody{}})
	s.API(change, "PATCH /api/v1/profile", m.apiChangeProfile, web.Describe{
		Summary: "Change my data", Tag: "profile", In: changeBody{}, Out: profileBody{},
		Details: "Only the fields sent change. Send If-Match with the ETag that was read, so that no other change is lost.",
	})
	s.API(confirm, "POST /api/v1/profile/identity", m.apiIdentity, web.Describe{
		Summary: "Confirm who I am against the population register", Tag: "profile", In: identityBody{}, Out: profileBody{},
		Details: "When the answer's person is another than before, the city knew you by your SNILS already: sign in again.",
	})
	s.API(contact, "POST /api/v1/profile/contact/code", m.apiContactCode, web.Describe{
		Summary: "Send a code to an e-mail or phone that I want to use", Tag: "profile", In: askBody{}, Out: sentBody{},
	})
	s.API(contact, "PUT /api/v1/profile/contact", m.apiContact, web.Describe{
		Summary: "Use the e-mail or phone that the code proves", Tag: "profile", In: codeBody{}, Out: profileBody{},
	})
}

func (m *Module) securityRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "account.sessions", Object: kind, May: act.Self, Look: "account.look.sessions", NotAtCentre: true})
	closing := s.Operation(act.Operation{Name: "account.close_session", Object: kind, May: act.Self, Changes: true, NotAtCentre: true})
	password := s.Operation(act.Operation{Name: "account.set_password", Object: kind, May: act.Self, Changes: true, PerMinute: 20, NotAtCentre: true})
	hat := s.Operation(act.Operation{Name: "account.wear_hat", Object: kind, May: act.Self, Changes: true, NotAtCentre: true})
	ways := s.Operation(act.Operation{Name: "account.change_ways", Object: kind, May: act.Self, Look: "account.look.profile", Changes: true, Fresh: act.Lately})
	s.Page(see, "GET /account/security/way", named(m.showWay))
	s.Page(ways, "POST /account/security/way", named(m.postRename))
	s.Page(ways, "POST /account/security/way/drop", named(m.postDropWay))
	s.Page(ways, "POST /account/security/second", m.postSecondPolicy)
	s.Page(ways, "POST /account/security/password/drop", m.postDropPassword)
	s.Page(ways, "POST /account/contact/drop", named(m.postDropContact))
	s.Page(closing, "POST /account/security/forget", named(m.postForgetDevice))
	s.Page(see, "GET /account/security/password", m.showPasswordForm)
	s.Page(see, "GET /account/security", m.showSecurity)
	s.Page(closing, "POST /account/security/close", named(m.postClose))
	s.Page(password, "POST /account/security/password", m.postNewPassword)
	s.Page(hat, "POST /hat", m.postHat)
	s.API(see, "GET /api/v1/sessions", m.apiSessions, web.Describe{Summary: "My open sessions", Tag: "sign-in", Out: []sessionBody{}})
	s.API(closing, "DELETE /api/v1/sessions/{session}", named(m.apiClose), web.Describe{Summary: "Close one of my sessions", Tag: "sign-in"})
	s.API(password, "PUT /api/v1/profile/password", m.apiPassword, web.Describe{
		Summary: "Set my password", Tag: "profile", In: passwordBody{},
		Details: "The old password is needed unless the person showed that they are there within 15 minutes. Other sessions are closed.",
	})
	s.API(see, "GET /api/v1/roles", m.apiRoles, web.Describe{Summary: "Agencies that I act for", Tag: "sign-in", Out: []roleBody{}})
	s.API(hat, "POST /api/v1/hat", m.apiHat, web.Describe{
		Summary: "Act for an agency, or for myself again", Tag: "sign-in", In: hatBody{},
	})
}
