package factor

import (
	"net/http"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// The pages that other pages lead to.
const (
	securityPath = "/account/security"
	passkeyPath  = "/account/security/passkey"
	appPath      = "/account/security/app"
	recoveryPath = "/account/security/recovery"
	enterPath    = "/sign-in/passkey"
	askPath      = "/api/v1/sign-in/passkey/options"
)

// kind is what permissions call a person's own account.
const kind = "account"

// own is the permission's object for the signed-in person's own account.
func own(c *web.Context) act.Object { return act.Object{Kind: kind, Holder: c.Person()} }

// look is the kind of look at oneself that adding a way makes: the authenticator shows whose it is.
const look = "account.look.profile"

// offers tells the account what there is. The order is that of how well a way stands against thieves.
func (m *Module) offers() {
	possible := func(*web.Context) bool { return m.party != nil }
	m.accounts.Offer(account.Offer{
		Method: account.ByPasskey, Order: 10, Icon: "fingerprint", Title: "factor.passkey.offer", Lead: "factor.passkey.offer_lead",
		First: enterPath, Second: "/sign-in/second/passkey", Add: passkeyPath, Show: possible, Hint: m.Hint,
	})
	m.accounts.Offer(account.Offer{
		Method: account.ByApp, Order: 40, Icon: "device-mobile", Title: "factor.app.offer", Lead: "factor.app.offer_lead",
		Second: "/sign-in/second/app", Add: appPath,
	})
	m.accounts.Offer(account.Offer{
		Method: account.ByRecovery, Order: 90, Icon: "note", Title: "factor.recovery.offer", Lead: "factor.recovery.offer_lead",
		First: "/sign-in/recovery", Second: "/sign-in/second/recovery", Add: recoveryPath,
	})
}

// routes hangs pages and JSON faces on operations.
func (m *Module) routes(s *web.Server) {
	m.signInRoutes(s)
	m.passkeyRoutes(s)
	m.appRoutes(s)
	m.recoveryRoutes(s)
}

func (m *Module) signInRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "factor.sign_in_page", May: act.Everyone})
	ask := s.Operation(act.Operation{Name: "factor.ask_passkey", May: act.Everyone, Changes: true, PerMinute: 240})
	enter := s.Operation(act.Operation{Name: "factor.sign_in", May: act.Everyone, Changes: true, PerMinute: 60})
	s.Page(see, "GET "+enterPath, m.showEnter)
	s.Page(enter, "POST "+enterPath, m.postEnter)
	s.Page(see, "GET /sign-in/second/passkey", m.showSecondPasskey)
	s.Page(enter, "POST /sign-in/second/passkey", m.postSecondPasskey)
	s.Page(see, "GET /sign-in/second/app", m.showSecondApp)
	s.Page(enter, "POST /sign-in/second/app", m.postSecondApp)
	s.Page(see, "GET /sign-in/second/recovery", m.showSecondCode)
	s.Page(enter, "POST /sign-in/second/recovery", m.postSecondCode)
	s.Page(see, "GET /sign-in/recovery", m.showRecover)
	s.Page(enter, "POST /sign-in/recovery", m.postRecover)
	s.API(ask, "POST "+askPath, m.apiAskPasskey, web.Describe{
		Summary: "Ask a passkey to sign in", Tag: "sign-in", In: askBody{}, Out: askedBody{},
		Details: "For the page's own script: the answer goes with the form of /sign-in/passkey. The challenge is taken once, " +
			"within five minutes, in the browser that asked.",
	})
}

func (m *Module) passkeyRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "factor.passkey_page", Object: kind, May: act.Self, Look: look, Fresh: act.Lately})
	add := s.Operation(act.Operation{
		Name: "factor.add_passkey", Object: kind, May: act.Self, Look: look, Fresh: act.Lately, Changes: true, PerMinute: 30,
	})
	s.Page(see, "GET "+passkeyPath, m.showAddPasskey)
	s.Page(add, "POST "+passkeyPath, m.postAddPasskey)
	s.API(add, "POST /api/v1/passkeys/options", m.apiAskNewPasskey, web.Describe{
		Summary: "Ask for a new passkey of mine", Tag: "sign-in", Out: askedBody{},
		Details: "options is what navigator.credentials.create takes, in WebAuthn's JSON form.",
	})
	s.API(add, "POST /api/v1/passkeys", m.apiAddPasskey, web.Describe{
		Summary: "Add the passkey that was made", Tag: "sign-in", In: passkeyBody{},
		Details: "In the session that asked, within five minutes.",
	})
}

func (m *Module) appRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "factor.app_page", Object: kind, May: act.Self, Fresh: act.Lately})
	add := s.Operation(act.Operation{
		Name: "factor.add_app", Object: kind, May: act.Self, Look: look, Fresh: act.Lately, Changes: true, PerMinute: 30,
	})
	s.Page(see, "GET "+appPath, m.showAddApp)
	s.Page(add, "POST "+appPath, m.postBeginApp)
	s.Page(see, "GET "+appPath+"/code", m.showAppKey)
	s.Page(add, "POST "+appPath+"/code", m.postAddApp)
	s.API(add, "POST /api/v1/authenticator-apps/key", m.apiBeginApp, web.Describe{
		Summary: "Make a key for an authenticator app of mine", Tag: "sign-in", In: appNameBody{}, Out: appKeyBody{}, Status: http.StatusCreated,
		Details: "RFC 6238: SHA-1, six digits, 30 seconds. The app is added by its first right code, within 15 minutes.",
	})
	s.API(add, "POST /api/v1/authenticator-apps", m.apiAddApp, web.Describe{
		Summary: "Add the authenticator app by its first code", Tag: "sign-in", In: appCodeBody{},
	})
}

func (m *Module) recoveryRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "factor.codes", Object: kind, May: act.Self})
	renew := s.Operation(act.Operation{Name: "factor.make_codes", Object: kind, May: act.Self, Fresh: act.Lately, Changes: true, PerMinute: 10})
	s.Page(see, "GET "+recoveryPath, m.showCodes)
	s.Page(renew, "POST "+recoveryPath, m.postCodes)
	s.API(see, "GET /api/v1/recovery-codes", m.apiCodes, web.Describe{
		Summary: "How many recovery codes I have left", Tag: "sign-in", Out: codesBody{},
	})
	s.API(renew, "POST /api/v1/recovery-codes", m.apiMakeCodes, web.Describe{
		Summary: "Make a new set of recovery codes", Tag: "sign-in", Out: newCodesBody{}, Status: http.StatusCreated,
		Details: "They are shown in this answer and never again. The old set stops working.",
	})
}
