package openid_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/openid"
)

// The cases are named as the modules of the OpenID Foundation's conformance suite where it has one, so that an operator
// who runs the suite finds them again. The suite's plan is for providers that do without PKCE; here every request has it.

// journey is a city with a site and a signed-in person.
type journey struct {
	*rig
	t *testing.T
	c client
	b *browser
}

func (j journey) error(got url.Values, want string) {
	j.t.Helper()
	if got.Get("error") != want || got.Get("code") != "" || got.Get("state") != "st-1" || got.Get("iss") != j.url {
		j.t.Errorf("came back with %v, want error %s with state and iss", got, want)
	}
}

func (j journey) page(got reply) {
	j.t.Helper()
	if got.status != http.StatusBadRequest || got.location != "" || !strings.Contains(got.body, "<h1>") {
		j.t.Errorf("%d to %q, want a page of the city", got.status, got.location)
	}
}

func (j journey) visit(fields ...string) reply {
	j.t.Helper()
	return j.b.visit(j.c.want(fields...).path(), openid.ScopePhone)
}

// code brings a code with its verifier.
func (j journey) code(fields ...string) (string, string) {
	j.t.Helper()
	w := j.c.want(fields...)
	return j.b.visit(w.path(), openid.ScopePhone).returned(j.t).Get("code"), w.verifier
}

var conformance = map[string]func(j journey){
	"oidcc-server": func(j journey) {
		if got := j.signIn(j.b, j.c); got.Kind != "Bearer" || got.IDToken == "" {
			j.t.Errorf("%+v", got)
		}
	},
	"oidcc-response-type-missing": func(j journey) { j.error(j.visit("response_type", "").returned(j.t), "invalid_request") },
	"oidcc-response-type-token (implicit)": func(j journey) {
		j.error(j.visit("response_type", "id_token").returned(j.t), "unsupported_response_type")
	},
	"oidcc-response-type-code-token (hybrid)": func(j journey) {
		j.error(j.visit("response_type", "code id_token").returned(j.t), "unsupported_response_type")
	},
	"oidcc-ensure-redirect-uri-in-authorization-request": func(j journey) { j.page(j.visit("redirect_uri", "")) },
	"oidcc-ensure-registered-redirect-uri":               func(j journey) { j.page(j.visit("redirect_uri", "https://evil.example/callback")) },
	"oidcc-redirect-uri-query-mismatch":                  func(j journey) { j.page(j.visit("redirect_uri", j.c.Redirects[0]+"?foo=bar")) },
	"oidcc-redirect-uri-query-added": func(j journey) {
		j.c = j.register(func(p *openid.Profile) { p.Redirects = []string{"https://theatre.example/callback?a=b"} })
		j.page(j.visit("redirect_uri", "https://theatre.example/callback?a=b&c=d"))
		got := j.visit().returned(j.t)
		if got.Get("a") != "b" || got.Get("code") == "" {
			j.t.Errorf("came back with %v", got)
		}
	},
	"oidcc-redirect-uri-regfrag": func(j journey) { j.page(j.visit("redirect_uri", j.c.Redirects[0]+"#x")) },
	"redirect-uri look-alikes": func(j journey) {
		for _, address := range []string{
			"https://theatre.example/callback/", "https://theatre.example/Callback", "https://THEATRE.example/callback", "https://theatre.example:443/callback",
			"http://theatre.example/callback", "https://theatre.example/./callback", "https://theatre.example@evil.example/callback",
			"https://theatre.example.evil.example/callback", "//theatre.example/callback", "https://theatre.example/callback%00",
			"javascript:alert(1)", "https://theatre.example\\@evil.example/callback",
		} {
			j.page(j.visit("redirect_uri", address))
		}
	},
	"unknown client": func(j journey) {
		j.page(j.visit("client_id", "00000000-0000-7000-8000-000000000001"))
		j.page(j.visit("client_id", ""))
	},
	"client turned off": func(j journey) {
		token := j.signIn(j.b, j.c)
		check(j.t, j.Switch(j.t.Context(), jobAct(), j.c.Client, false))
		j.page(j.visit())
		if got := j.refresh(j.c, token.Refresh); got.Error != "invalid_client" || got.Status != http.StatusUnauthorized {
			j.t.Errorf("%+v", got)
		}
		if status, _ := j.userinfo(token.Access); status != http.StatusUnauthorized {
			j.t.Errorf("the token lives: %d", status)
		}
	},
	"oidcc-prompt-none-not-logged-in": func(j journey) {
		j.b = j.browser()
		j.error(j.visit("prompt", "none").returned(j.t), "login_required")
	},
	"oidcc-prompt-none-logged-in": func(j journey) {
		first := payload(j.t, j.signIn(j.b, j.c).IDToken)
		j.clock.Move(20 * time.Minute)
		second := payload(j.t, j.signIn(j.b, j.c, "prompt", "none").IDToken)
		if first["sub"] != second["sub"] || first["auth_time"] != second["auth_time"] {
			j.t.Errorf("%v then %v", first, second)
		}
	},
	"oidcc-prompt-none with another prompt": func(j journey) {
		j.error(j.visit("prompt", "none login").returned(j.t), "invalid_request")
	},
	"oidcc-prompt-login": func(j journey) {
		first := payload(j.t, j.signIn(j.b, j.c).IDToken)
		j.clock.Move(time.Minute)
		w := j.c.want("prompt", "login")
		got := j.b.visit(w.path())
		if !strings.HasPrefix(got.location, "/sign-in/raise?") {
			j.t.Fatalf("not asked to show who is there: %d to %q", got.status, got.location)
		}
		second := j.afterRaise(got, w)
		if first["sub"] != second["sub"] || first["auth_time"] == second["auth_time"] {
			j.t.Errorf("%v then %v", first, second)
		}
	},
	"oidcc-max-age-1": func(j journey) {
		j.signIn(j.b, j.c)
		j.clock.Move(2 * time.Second)
		w := j.c.want("max_age", "1")
		got := j.b.visit(w.path())
		if !strings.HasPrefix(got.location, "/sign-in/raise?") {
			j.t.Fatalf("not asked to show who is there: %d to %q", got.status, got.location)
		}
		if said := j.afterRaise(got, w); said["auth_time"] != float64(j.clock.Now().Unix()) {
			j.t.Errorf("auth_time %v", said["auth_time"])
		}
	},
	"oidcc-max-age-10000": func(j journey) {
		first := payload(j.t, j.signIn(j.b, j.c).IDToken)
		j.clock.Move(time.Minute)
		if second := payload(j.t, j.signIn(j.b, j.c, "max_age", "10000").IDToken); first["auth_time"] != second["auth_time"] {
			j.t.Error("the person was asked again")
		}
	},
	"max_age with prompt=none": func(j journey) {
		j.signIn(j.b, j.c)
		j.clock.Move(2 * time.Second)
		j.error(j.visit("max_age", "1", "prompt", "none").returned(j.t), "login_required")
		j.error(j.visit("max_age", "-1").returned(j.t), "invalid_request")
		j.error(j.visit("max_age", "soon").returned(j.t), "invalid_request")
	},
	"oidcc-id-token-hint": func(j journey) {
		first := j.signIn(j.b, j.c)
		got := j.signIn(j.b, j.c, "prompt", "none", "id_token_hint", first.IDToken)
		if payload(j.t, got.IDToken)["sub"] != payload(j.t, first.IDToken)["sub"] {
			j.t.Error("another person")
		}
		j.b = j.browser().enter("boris")
		j.error(j.visit("prompt", "none", "id_token_hint", first.IDToken).returned(j.t), "login_required")
		j.error(j.visit("id_token_hint", first.IDToken[:len(first.IDToken)-4]+"AAAA").returned(j.t), "invalid_request")
		other := j.register()
		w := other.want("prompt", "none", "id_token_hint", first.IDToken)
		j.error(j.b.visit(w.path()).returned(j.t), "invalid_request")
	},
	"oidcc-ensure-request-with-acr-values-succeeds": func(j journey) {
		if got := payload(j.t, j.signIn(j.b, j.c, "acr_values", "urn:unknown standard").IDToken); got["acr"] != "standard" {
			j.t.Errorf("acr %v", got["acr"])
		}
	},
	"acr: a level that is lacking is asked for": func(j journey) {
		j.signIn(j.b, j.c)
		if got := j.visit("acr_values", "verified+strong"); !strings.HasPrefix(got.location, "/sign-in/raise?") || !strings.Contains(got.location, "level=3") || !strings.Contains(got.location, "strong=1") {
			j.t.Errorf("%d to %q", got.status, got.location)
		}
		essential := `{"id_token":{"acr":{"essential":true,"value":"verified"}}}`
		j.error(j.visit("claims", essential, "prompt", "none").returned(j.t), "unmet_authentication_requirements")
		if got := j.visit("acr_values", "verified", "prompt", "none").returned(j.t); got.Get("code") == "" {
			j.t.Errorf("a voluntary wish was refused: %v", got)
		}
		w := j.c.want("claims", essential)
		got := j.b.visit(w.path())
		back, err := url.Parse(got.location)
		check(j.t, err)
		j.error(j.b.visit(back.Query().Get("back")).returned(j.t), "unmet_authentication_requirements")
		j.error(j.visit("claims", `{"id_token":{"acr":{"essential":true,"values":["gold"]}}}`).returned(j.t), "unmet_authentication_requirements")
	},
	"oidcc-ensure-request-with-unknown-parameter-succeeds": func(j journey) { j.signIn(j.b, j.c, "extra", "foobar") },
	"oidcc-display-page":         func(j journey) { j.signIn(j.b, j.c, "display", "page") },
	"oidcc-display-popup":        func(j journey) { j.signIn(j.b, j.c, "display", "popup") },
	"oidcc-login-hint":           func(j journey) { j.signIn(j.b, j.c, "login_hint", "anna@example.org") },
	"oidcc-ui-locales":           func(j journey) { j.signIn(j.b, j.c, "ui_locales", "se") },
	"oidcc-claims-locales":       func(j journey) { j.signIn(j.b, j.c, "claims_locales", "se") },
	"oidcc-scope-profile":        func(j journey) { j.scope("profile", "given_name") },
	"oidcc-scope-email":          func(j journey) { j.scope("email", "email") },
	"oidcc-scope-phone":          func(j journey) { j.scope("phone", "phone_number") },
	"oidcc-scope-without-openid": func(j journey) { j.error(j.visit("scope", "profile").returned(j.t), "invalid_scope") },
	"oidcc-claims-essential": func(j journey) {
		got := j.signIn(j.b, j.c, "claims", `{"userinfo":{"name":{"essential":true}}}`)
		if _, info := j.userinfo(got.Access); info["name"] != "Смирнова Анна Ивановна" {
			j.t.Errorf("userinfo %v", info)
		}
	},
	"claims: broken": func(j journey) {
		for _, claims := range []string{"{", "[]", `{"userinfo":[]}`, `{"id_token":{"acr":{"value":7}}}`, strings.Repeat(" ", 9000)} {
			j.error(j.visit("claims", claims).returned(j.t), "invalid_request")
		}
	},
	"oidcc-request-uri-unsigned": func(j journey) {
		j.error(j.visit("request_uri", "https://theatre.example/request").returned(j.t), "request_uri_not_supported")
		j.page(j.visit("request_uri", "urn:ietf:params:oauth:request_uri:none"))
	},
	"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": func(j journey) {
		j.error(j.visit("request", "eyJhbGciOiJub25lIn0.e30.").returned(j.t), "request_not_supported")
	},
	"oidcc-idtoken-unsigned and alg none": func(j journey) {
		if got := j.signIn(j.b, j.c); strings.HasSuffix(got.IDToken, ".") {
			j.t.Error("an unsigned ID token")
		}
	},
	"oidcc-codereuse": func(j journey) {
		code, verifier := j.code()
		first := j.exchange(j.c, code, verifier)
		if again := j.exchange(j.c, code, verifier); again.Error != "invalid_grant" {
			j.t.Errorf("%+v", again)
		}
		if status, _ := j.userinfo(first.Access); status != http.StatusUnauthorized {
			j.t.Errorf("what came of the code lives: %d", status)
		}
	},
	"oidcc-codereuse-30seconds": func(j journey) {
		code, verifier := j.code("scope", "openid offline_access")
		first := j.exchange(j.c, code, verifier)
		j.clock.Move(30 * time.Second)
		if again := j.exchange(j.c, code, verifier); again.Error != "invalid_grant" {
			j.t.Errorf("%+v", again)
		}
		if got := j.refresh(j.c, first.Refresh); got.Error != "invalid_grant" {
			j.t.Errorf("what came of the code lives: %+v", got)
		}
	},
	"code: over after a minute": func(j journey) {
		code, verifier := j.code()
		j.clock.Move(time.Minute)
		if got := j.exchange(j.c, code, verifier); got.Error != "invalid_grant" {
			j.t.Errorf("%+v", got)
		}
	},
	"code: another client's": func(j journey) {
		code, verifier := j.code()
		other := j.register()
		if got := j.exchange(other, code, verifier); got.Error != "invalid_grant" {
			j.t.Errorf("%+v", got)
		}
		if got := j.exchange(j.c, code, verifier); got.Error != "" {
			j.t.Errorf("another client has spent the code: %+v", got)
		}
	},
	"code: another redirect_uri": func(j journey) {
		code, verifier := j.code()
		got := j.tokens(j.c, "grant_type", "authorization_code", "code", code, "redirect_uri", "https://theatre.example/other", "code_verifier", verifier)
		if got.Error != "invalid_grant" {
			j.t.Errorf("%+v", got)
		}
	},
	"pkce: missing, plain, wrong": func(j journey) {
		j.error(j.visit("code_challenge", "").returned(j.t), "invalid_request")
		j.error(j.visit("code_challenge_method", "plain").returned(j.t), "invalid_request")
		j.error(j.visit("code_challenge_method", "").returned(j.t), "invalid_request")
		j.error(j.visit("code_challenge", "short").returned(j.t), "invalid_request")
		code, _ := j.code()
		if got := j.exchange(j.c, code, strings.Repeat("a", 43)); got.Error != "invalid_grant" {
			j.t.Errorf("%+v", got)
		}
		code, _ = j.code()
		if got := j.exchange(j.c, code, ""); got.Error != "invalid_grant" {
			j.t.Errorf("%+v", got)
		}
	},
	"oidcc-refresh-token": func(j journey) {
		first := j.signIn(j.b, j.c, "scope", "openid email offline_access")
		second := j.refresh(j.c, first.Refresh)
		was, is := payload(j.t, first.IDToken), payload(j.t, second.IDToken)
		for _, name := range []string{"iss", "sub", "aud", "auth_time"} {
			if was[name] != is[name] {
				j.t.Errorf("%s was %v, is %v", name, was[name], is[name])
			}
		}
		if second.Refresh == first.Refresh || second.Access == first.Access {
			j.t.Error("nothing was rotated")
		}
		if status, _ := j.userinfo(second.Access); status != http.StatusOK {
			j.t.Errorf("userinfo by the new token: %d", status)
		}
	},
	"oidcc-refresh-token-rp-key-rotation and reuse": func(j journey) {
		first := j.signIn(j.b, j.c, "scope", "openid offline_access")
		second := j.refresh(j.c, first.Refresh)
		j.clock.Move(openid.LostAnswer + time.Second)
		if again := j.refresh(j.c, first.Refresh); again.Error != "invalid_grant" {
			j.t.Errorf("%+v", again)
		}
		if got := j.refresh(j.c, second.Refresh); got.Error != "invalid_grant" {
			j.t.Error("the family lives though two had its token")
		}
		if status, _ := j.userinfo(second.Access); status != http.StatusUnauthorized {
			j.t.Errorf("the access token lives: %d", status)
		}
	},
	"refresh: a lost answer": func(j journey) {
		first := j.signIn(j.b, j.c, "scope", "openid offline_access")
		lost := j.refresh(j.c, first.Refresh)
		again := j.refresh(j.c, first.Refresh)
		if again.Error != "" {
			j.t.Fatalf("the client that proved itself got no second answer: %+v", again)
		}
		if got := j.refresh(j.c, lost.Refresh); got.Error != "" {
			j.t.Logf("the lost token within the grace: %s", got.Error)
		}
		public := j.register(func(p *openid.Profile) { p.Method = openid.AuthNone })
		first = j.signIn(j.b, public, "scope", "openid offline_access")
		j.refresh(public, first.Refresh)
		if got := j.refresh(public, first.Refresh); got.Error != "invalid_grant" {
			j.t.Errorf("a client that proves nothing got the grace: %+v", got)
		}
	},
	"refresh: another client's, wider, idle": func(j journey) {
		first := j.signIn(j.b, j.c, "scope", "openid offline_access")
		other := j.register()
		if got := j.refresh(other, first.Refresh); got.Error != "invalid_grant" {
			j.t.Errorf("%+v", got)
		}
		got := j.tokens(j.c, "grant_type", "refresh_token", "refresh_token", first.Refresh, "scope", "openid email")
		if got.Error != "invalid_scope" {
			j.t.Errorf("%+v", got)
		}
		j.clock.Move(openid.RefreshLife)
		if got := j.refresh(j.c, first.Refresh); got.Error != "invalid_grant" {
			j.t.Errorf("%+v", got)
		}
	},
	"oidcc-userinfo-get, post-header, post-body": func(j journey) {
		got := j.signIn(j.b, j.c, "scope", "openid email")
		header := j.call(client{}, "/oauth/userinfo", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+got.Access) })
		body := j.call(client{}, "/oauth/userinfo", nil, "access_token", got.Access)
		if header.status != 200 || body.status != 200 || header.body != body.body {
			j.t.Errorf("%d %q, %d %q", header.status, header.body, body.status, body.body)
		}
		if query := j.call(client{}, "/oauth/userinfo?access_token="+got.Access, nil); query.status != http.StatusUnauthorized {
			j.t.Errorf("a token in the address: %d", query.status)
		}
		if refresh := j.call(client{}, "/oauth/userinfo", nil, "access_token", got.Refresh); refresh.status != http.StatusUnauthorized {
			j.t.Errorf("a refresh token: %d", refresh.status)
		}
		j.clock.Move(openid.AccessLife)
		if over := j.call(client{}, "/oauth/userinfo", nil, "access_token", got.Access); over.status != http.StatusUnauthorized || !strings.Contains(over.header.Get("WWW-Authenticate"), "invalid_token") {
			j.t.Errorf("a token that is over: %d %q", over.status, over.header.Get("WWW-Authenticate"))
		}
	},
	"oidcc-userinfo-rs256": func(j journey) {
		j.c = j.register(func(p *openid.Profile) { p.SignedInfo, p.Alg = true, "RS256" })
		got := j.signIn(j.b, j.c, "scope", "openid email")
		info := j.call(client{}, "/oauth/userinfo", nil, "access_token", got.Access)
		if said := payload(j.t, info.body); info.header.Get("Content-Type") != "application/jwt" || said["email"] != "anna@example.org" || said["aud"] != j.c.Key() {
			j.t.Errorf("%s %v", info.header.Get("Content-Type"), said)
		}
	},
	"oidcc-server-client-secret-post": func(j journey) {
		j.c = j.register(func(p *openid.Profile) { p.Method = openid.AuthPost })
		code, verifier := j.code()
		got := j.tokens(j.c, "grant_type", "authorization_code", "code", code, "redirect_uri", j.c.Redirects[0], "code_verifier", verifier,
			"client_id", j.c.Key(), "client_secret", j.c.secret)
		if got.Access == "" {
			j.t.Errorf("%+v", got)
		}
	},
	"client authentication: wrong, none, two ways, another way": func(j journey) {
		wrong := client{j.c.Client, "posad_cs_wrong"}
		if got := j.tokens(wrong, "grant_type", "authorization_code"); got.Error != "invalid_client" || got.Status != http.StatusUnauthorized {
			j.t.Errorf("%+v", got)
		}
		for _, fields := range [][]string{
			{"client_id", j.c.Key()}, {"client_id", j.c.Key(), "client_secret", j.c.secret}, {},
		} {
			got := readTokens(j.t, j.call(client{}, "/oauth/token", nil, append(fields, "grant_type", "authorization_code")...))
			if got.Error != "invalid_client" {
				j.t.Errorf("%v: %+v", fields, got)
			}
		}
		if got := j.tokens(j.c, "grant_type", "authorization_code", "client_secret", j.c.secret); got.Error != "invalid_request" {
			j.t.Errorf("two ways: %+v", got)
		}
	},
	"token endpoint: grants": func(j journey) {
		for grant, want := range map[string]string{"": "invalid_request", "password": "unsupported_grant_type", "client_credentials": "unsupported_grant_type", "implicit": "unsupported_grant_type"} {
			if got := j.tokens(j.c, "grant_type", grant); got.Error != want {
				j.t.Errorf("%q: %+v", grant, got)
			}
		}
		few := j.register(func(p *openid.Profile) { p.Grants = []string{openid.GrantCode} })
		if got := j.tokens(few, "grant_type", "refresh_token", "refresh_token", "x"); got.Error != "unauthorized_client" {
			j.t.Errorf("%+v", got)
		}
		if got := j.tokens(j.c, "grant_type", "authorization_code", "code", "a", "code", "b"); got.Error != "invalid_request" {
			j.t.Errorf("a parameter twice: %+v", got)
		}
	},
	"oidcc-ensure-post-request-succeeds": func(j journey) {
		w := j.c.want()
		got := j.b.send(http.MethodPost, "/oauth/authorize", w.Values, "cross-site")
		if got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/oauth/continue?request=") {
			j.t.Fatalf("%d to %q", got.status, got.location)
		}
		if back := j.b.visit(got.location).returned(j.t); back.Get("code") == "" {
			j.t.Errorf("%v", back)
		}
	},
	"authorization request: another browser's": func(j journey) {
		got := j.browser().send(http.MethodGet, j.c.want().path(), nil, "cross-site")
		if other := j.b.get(got.location); other.status != http.StatusBadRequest {
			j.t.Errorf("another browser went on with the request: %d", other.status)
		}
	},
	"authorization request: the person says no": func(j journey) {
		got := j.b.send(http.MethodGet, j.c.want().path(), nil, "cross-site")
		page := j.b.get(got.location)
		request := hiddenRequest.FindStringSubmatch(page.body)[1]
		said := j.b.post("/oauth/consent", "request", request, "answer", "no")
		if u, err := url.Parse(strings.TrimPrefix(said.header.Get("Refresh"), "0; url=")); err != nil || u.Query().Get("error") != "access_denied" {
			j.t.Errorf("%d %q", said.status, said.header.Get("Refresh"))
		}
		if again := j.b.post("/oauth/consent", "request", request, "answer", "yes"); again.status != http.StatusBadRequest {
			j.t.Errorf("the request lived on: %d", again.status)
		}
	},
	"oidcc-discovery-endpoint-verification": func(j journey) {
		for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
			var said map[string]any
			got := j.b.send(http.MethodGet, path, nil, "")
			check(j.t, json.Unmarshal([]byte(got.body), &said))
			if said["issuer"] != j.url || said["authorization_response_iss_parameter_supported"] != true {
				j.t.Errorf("%v", said)
			}
		}
	},
}

func (j journey) scope(scope, claim string) {
	j.t.Helper()
	got := j.signIn(j.b, j.c, "scope", "openid "+scope)
	if _, info := j.userinfo(got.Access); info[claim] == nil {
		j.t.Errorf("userinfo %v", info)
	}
}

// afterRaise proves again who is there, as the page of raising does, and goes on.
func (j journey) afterRaise(got reply, w want) map[string]any {
	j.t.Helper()
	u, err := url.Parse(got.location)
	check(j.t, err)
	back := u.Query().Get("back")
	if said := j.b.post("/sign-in/password", "contact", "anna@example.org", "password", "password of anna", "back", back); said.location != back {
		j.t.Fatalf("proving again: %d to %q", said.status, said.location)
	}
	code := j.b.visit(back, openid.ScopePhone).returned(j.t).Get("code")
	return payload(j.t, j.exchange(j.c, code, w.verifier).IDToken)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		for _, name := range slices.Sorted(maps.Keys(conformance)) {
			t.Run(name, func(t *testing.T) {
				r.t = t
				r.clock.Move(20 * time.Minute) // tries of passwords are counted
				conformance[name](journey{r, t, r.register(), r.browser().enter("anna")})
			})
		}
		r.t = t
	})
}
