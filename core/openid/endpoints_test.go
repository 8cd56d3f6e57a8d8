package openid_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"posad.city/core/openid"
)

func readJSON(t testing.TB, got reply, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.body), into); err != nil {
		t.Fatalf("%d %q: %v", got.status, got.body, err)
	}
}

func kidOf(t testing.TB, token string) string {
	t.Helper()
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	check(t, err)
	return parsed.Signatures[0].Header.KeyID
}

// active asks by introspection whether a token is good.
func (r *rig) active(c client, token string) bool {
	r.t.Helper()
	var said struct {
		Active bool `json:"active"`
	}
	readJSON(r.t, r.call(c, "/oauth/introspect", nil, "token", token), &said)
	return said.Active
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	return key
}

// signed makes a JWT with extra headers.
func signed(t testing.TB, key *ecdsa.PrivateKey, head map[jose.HeaderKey]any, claims map[string]any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: head}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, options)
	check(t, err)
	body, err := json.Marshal(claims)
	check(t, err)
	made, err := signer.Sign(body)
	check(t, err)
	text, err := made.CompactSerialize()
	check(t, err)
	return text
}

func TestClientProvesItselfByItsKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		key, stranger := newKey(t), newKey(t)
		set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
		check(t, err)
		c := r.register(func(p *openid.Profile) { p.Method, p.Keys = openid.AuthKey, string(set) })
		b := r.browser().enter("anna")
		number := 0
		try := func(key *ecdsa.PrivateKey, change func(map[string]any)) (tokens, func() tokens) {
			number++
			claims := map[string]any{"iss": c.Key(), "sub": c.Key(), "aud": r.url, "jti": fmt.Sprint(number), "iat": r.clock.Now().Unix(), "exp": r.clock.Now().Add(time.Minute).Unix()}
			change(claims)
			text := signed(t, key, nil, claims)
			send := func() tokens {
				w := c.want()
				code := b.visit(w.path(), openid.ScopePhone).returned(t).Get("code")
				return r.tokens(c, "grant_type", "authorization_code", "code", code, "redirect_uri", c.Redirects[0], "code_verifier", w.verifier,
					"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", text)
			}
			return send(), send
		}
		good, again := try(key, func(map[string]any) {})
		if good.Access == "" {
			t.Fatalf("%+v", good)
		}
		if got := again(); got.Error != "invalid_client" {
			t.Errorf("an assertion is good twice: %+v", got)
		}
		for name, change := range map[string]func(map[string]any){
			"of another":       func(c map[string]any) { c["sub"] = "someone" },
			"for another":      func(c map[string]any) { c["aud"] = "https://other.example" },
			"no jti":           func(c map[string]any) { delete(c, "jti") },
			"over":             func(c map[string]any) { c["exp"] = r.clock.Now().Add(-time.Minute).Unix() },
			"for ever":         func(c map[string]any) { delete(c, "exp") },
			"for an hour":      func(c map[string]any) { c["exp"] = r.clock.Now().Add(time.Hour).Unix() },
			"not yet":          func(c map[string]any) { c["nbf"] = r.clock.Now().Add(time.Hour).Unix() },
			"aud of any shape": func(c map[string]any) { c["aud"] = map[string]any{"a": 1} },
		} {
			if got, _ := try(key, change); got.Error != "invalid_client" {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got, _ := try(stranger, func(map[string]any) {}); got.Error != "invalid_client" {
			t.Errorf("by a stranger's key: %+v", got)
		}
	})
}

// proof makes a DPoP proof.
func proof(t testing.TB, key *ecdsa.PrivateKey, method, address, access string, now time.Time, change ...func(head map[jose.HeaderKey]any, claims map[string]any)) string {
	t.Helper()
	jti := make([]byte, 8)
	_, _ = rand.Read(jti)
	head := map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jose.JSONWebKey{Key: key.Public()}}
	claims := map[string]any{"jti": fmt.Sprintf("%x", jti), "htm": method, "htu": address, "iat": now.Unix()}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	for _, one := range change {
		one(head, claims)
	}
	return signed(t, key, head, claims)
}

func TestTokensBoundToAKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		key, thief := newKey(t), newKey(t)
		c := r.register(func(p *openid.Profile) { p.Method, p.MustProve = openid.AuthNone, true })
		b := r.browser().enter("anna")
		dpop := func(text string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("DPoP", text) }
		}
		w := c.want("scope", "openid offline_access")
		code := b.visit(w.path(), openid.ScopePhone).returned(t).Get("code")
		fields := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", c.Redirects[0], "code_verifier", w.verifier}
		if got := readTokens(t, r.call(c, "/oauth/token", nil, fields...)); got.Error != "invalid_dpop_proof" {
			t.Errorf("no proof: %+v", got)
		}
		got := readTokens(t, r.call(c, "/oauth/token", dpop(proof(t, key, "POST", r.url+"/oauth/token", "", r.clock.Now())), fields...))
		if got.Kind != "DPoP" {
			t.Fatalf("%+v", got)
		}
		ask := func(scheme, text string) int {
			return r.call(client{}, "/oauth/userinfo", func(q *http.Request) {
				q.Header.Set("Authorization", scheme+" "+got.Access)
				if text != "" {
					q.Header.Set("DPoP", text)
				}
			}).status
		}
		info := r.url + "/oauth/userinfo"
		mine := proof(t, key, "POST", info, got.Access, r.clock.Now())
		type parts = map[string]any
		for name, one := range map[string]struct {
			scheme, text string
			want         int
		}{
			"own proof":          {"DPoP", mine, 200},
			"as a bearer token":  {"Bearer", "", 401},
			"no proof":           {"DPoP", "", 401},
			"a thief's key":      {"DPoP", proof(t, thief, "POST", info, got.Access, r.clock.Now()), 401},
			"for another token":  {"DPoP", proof(t, key, "POST", info, "other", r.clock.Now()), 401},
			"no ath":             {"DPoP", proof(t, key, "POST", info, "", r.clock.Now()), 401},
			"for another method": {"DPoP", proof(t, key, "GET", info, got.Access, r.clock.Now()), 401},
			"for another place":  {"DPoP", proof(t, key, "POST", r.url+"/oauth/token", got.Access, r.clock.Now()), 401},
			"old":                {"DPoP", proof(t, key, "POST", info, got.Access, r.clock.Now().Add(-2*time.Minute)), 401},
			"of the future":      {"DPoP", proof(t, key, "POST", info, got.Access, r.clock.Now().Add(2*time.Minute)), 401},
			"of another kind":    {"DPoP", proof(t, key, "POST", info, got.Access, r.clock.Now(), func(h map[jose.HeaderKey]any, _ parts) { h["typ"] = "JWT" }), 401},
			"no name":            {"DPoP", proof(t, key, "POST", info, got.Access, r.clock.Now(), func(_ map[jose.HeaderKey]any, c parts) { delete(c, "jti") }), 401},
			"with a private key": {"DPoP", proof(t, key, "POST", info, got.Access, r.clock.Now(), func(h map[jose.HeaderKey]any, _ parts) { h["jwk"] = jose.JSONWebKey{Key: key} }), 401},
		} {
			if status := ask(one.scheme, one.text); status != one.want {
				t.Errorf("%s: %d, want %d", name, status, one.want)
			}
		}
		if status := ask("DPoP", mine); status != 401 {
			t.Errorf("a proof is good twice: %d", status)
		}
		refresh := []string{"grant_type", "refresh_token", "refresh_token", got.Refresh}
		if stolen := readTokens(t, r.call(c, "/oauth/token", dpop(proof(t, thief, "POST", r.url+"/oauth/token", "", r.clock.Now())), refresh...)); stolen.Error != "invalid_grant" {
			t.Errorf("a stolen refresh token: %+v", stolen)
		}
		if own := readTokens(t, r.call(c, "/oauth/token", dpop(proof(t, key, "POST", r.url+"/oauth/token", "", r.clock.Now())), refresh...)); own.Access == "" {
			t.Errorf("own refresh: %+v", own)
		}
		// The request may name the key ahead, so that a stolen code is worth nothing.
		public := jose.JSONWebKey{Key: key.Public()}
		print, err := public.Thumbprint(crypto.SHA256)
		check(t, err)
		w = c.want("dpop_jkt", base64.RawURLEncoding.EncodeToString(print))
		code = b.visit(w.path(), openid.ScopePhone).returned(t).Get("code")
		fields[3], fields[7] = code, w.verifier
		if stolen := readTokens(t, r.call(c, "/oauth/token", dpop(proof(t, thief, "POST", r.url+"/oauth/token", "", r.clock.Now())), fields...)); stolen.Error != "invalid_grant" {
			t.Errorf("a stolen code: %+v", stolen)
		}
	})
}

func TestPushedRequests(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register(func(p *openid.Profile) { p.MustPush = true })
		b := r.browser().enter("anna")
		push := func(w want) (int, string, string) {
			var fields []string
			for name := range w.Values {
				fields = append(fields, name, w.Get(name))
			}
			got := r.call(c, "/oauth/par", nil, fields...)
			var said struct {
				URI   string `json:"request_uri"`
				Error string `json:"error"`
			}
			readJSON(t, got, &said)
			return got.status, said.URI, said.Error
		}
		path := func(key, uri string) string {
			return "/oauth/authorize?" + url.Values{"client_id": {key}, "request_uri": {uri}}.Encode()
		}
		w := c.want("scope", "openid email", "login_hint", "anna@example.org")
		status, uri, _ := push(w)
		if status != http.StatusCreated {
			t.Fatalf("%d", status)
		}
		other := r.register()
		if got := b.visit(path(other.Key(), uri)); got.status != http.StatusBadRequest {
			t.Errorf("another client took the request: %d", got.status)
		}
		code := b.visit(path(c.Key(), uri), openid.ScopePhone).returned(t).Get("code")
		if got := r.exchange(c, code, w.verifier); got.Access == "" {
			t.Errorf("%+v", got)
		}
		if got := b.visit(path(c.Key(), uri)); got.status != http.StatusBadRequest {
			t.Errorf("a pushed request is good twice: %d", got.status)
		}
		_, uri, _ = push(c.want())
		r.clock.Move(openid.PushLife)
		if got := b.visit(path(c.Key(), uri)); got.status != http.StatusBadRequest {
			t.Errorf("a pushed request is good for ever: %d", got.status)
		}
		for field, value := range map[string]string{"redirect_uri": "https://evil.example/", "code_challenge": "", "response_type": "token", "request_uri": uri} {
			if status, uri, code := push(c.want(field, value)); status < 400 || uri != "" || code == "" {
				t.Errorf("%s %q: %d %s %s", field, value, status, uri, code)
			}
		}
		if got := b.visit(c.want().path()).returned(t); got.Get("error") != "invalid_request" {
			t.Errorf("a request that was not pushed: %v", got)
		}
		if got := r.call(client{c.Client, "wrong"}, "/oauth/par", nil, "client_id", c.Key()); got.status != http.StatusUnauthorized {
			t.Errorf("a wrong secret: %d", got.status)
		}
	})
}

func TestDeviceSignsInByANumber(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register(func(p *openid.Profile) {
			p.Method, p.Redirects, p.Grants = openid.AuthNone, nil, []string{openid.GrantDevice, openid.GrantRefresh}
		})
		begin := func() (device, code string) {
			var said struct {
				Device string `json:"device_code"`
				Code   string `json:"user_code"`
				Page   string `json:"verification_uri"`
				Pause  int    `json:"interval"`
			}
			readJSON(t, r.call(c, "/oauth/device", nil, "scope", "openid email phone"), &said)
			if said.Page != r.url+"/device" || said.Pause != 5 || len(said.Code) != 11 {
				t.Fatalf("%+v", said)
			}
			return said.Device, said.Code
		}
		poll := func(device string) tokens {
			r.clock.Move(6 * time.Second)
			return r.tokens(c, "grant_type", openid.GrantDevice, "device_code", device)
		}
		device, code := begin()
		if got := poll(device); got.Error != "authorization_pending" {
			t.Errorf("%+v", got)
		}
		if got := r.tokens(c, "grant_type", openid.GrantDevice, "device_code", device); got.Error != "slow_down" {
			t.Errorf("asked at once again: %+v", got)
		}
		if got := r.browser().get("/device"); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/sign-in?back=") {
			t.Errorf("nobody signed in: %d to %q", got.status, got.location)
		}
		b := r.browser().enter("anna")
		page := b.post("/device", "user_code", strings.ReplaceAll(code, "-", " "))
		if !strings.Contains(page.body, "Театры") || !strings.Contains(page.body, code) || !strings.Contains(page.body, "мошенники") {
			t.Fatalf("the page does not say who asks: %d %.500s", page.status, page.body)
		}
		if got := poll(device); got.Error != "slow_down" && got.Error != "authorization_pending" {
			t.Errorf("seeing the page is no yes: %+v", got)
		}
		b.post("/device", "user_code", code, "answer", "yes")
		r.clock.Move(time.Minute)
		got := poll(device)
		if _, info := r.userinfo(got.Access); info["email"] != "anna@example.org" || info["phone_number"] != nil {
			t.Errorf("%+v, userinfo %v", got, info)
		}
		if again := poll(device); again.Error != "invalid_grant" {
			t.Errorf("a device code is good twice: %+v", again)
		}
		if page := b.post("/device", "user_code", code, "answer", "yes"); page.status != http.StatusUnprocessableEntity {
			t.Errorf("a number is good twice: %d", page.status)
		}
		device, code = begin()
		b.post("/device", "user_code", code, "answer", "no")
		if got := poll(device); got.Error != "access_denied" {
			t.Errorf("%+v", got)
		}
		device, _ = begin()
		r.clock.Move(openid.DeviceLife)
		if got := poll(device); got.Error != "expired_token" {
			t.Errorf("%+v", got)
		}
	})
}

func TestNumbersOfDevicesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	r := one(t)
	b := r.browser().enter("anna")
	for i := range 12 {
		got := b.post("/device", "user_code", fmt.Sprintf("%09d", i))
		if want := "429"; i >= 10 && !strings.Contains(fmt.Sprint(got.status), want) && !strings.Contains(got.body, "Слишком") && !strings.Contains(got.body, "много") {
			t.Errorf("try %d: %d %.300s", i, got.status, got.body)
		}
	}
	c := r.register(func(p *openid.Profile) { p.Method = openid.AuthNone })
	var said struct {
		Code string `json:"user_code"`
	}
	readJSON(t, r.call(c, "/oauth/device", nil, "scope", "openid"), &said)
	if page := b.post("/device", "user_code", said.Code); strings.Contains(page.body, "Театры") {
		t.Error("the right number was taken after too many tries")
	}
}

func TestIntrospectionAndRevocation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c, other := r.register(), r.register()
		city := r.register(func(p *openid.Profile) { p.City = true })
		public := r.register(func(p *openid.Profile) { p.Method = openid.AuthNone })
		b := r.browser().enter("anna")
		got := r.signIn(b, c, "scope", "openid email")
		if !r.active(c, got.Access) || !r.active(c, got.Refresh) || !r.active(city, got.Access) {
			t.Error("a good token is called dead")
		}
		if r.active(other, got.Access) || r.active(c, "nonsense") {
			t.Error("a token of another client, or none at all, is called good")
		}
		var said map[string]any
		readJSON(t, r.call(c, "/oauth/introspect", nil, "token", got.Access), &said)
		if said["client_id"] != c.Key() || said["scope"] != "openid email" || said["sub"] != payload(t, got.IDToken)["sub"] || said["username"] != nil {
			t.Errorf("%v", said)
		}
		if got := r.call(public, "/oauth/introspect", nil, "token", got.Access); got.status != http.StatusUnauthorized {
			t.Errorf("a client that proves nothing may ask: %d", got.status)
		}
		revoke := func(c client, token string) {
			if got := r.call(c, "/oauth/revoke", nil, "token", token); got.status != http.StatusOK {
				t.Errorf("revoke: %d %s", got.status, got.body)
			}
		}
		revoke(other, got.Access)
		revoke(c, "nonsense")
		if !r.active(c, got.Access) {
			t.Error("another client revoked the token")
		}
		revoke(c, got.Access)
		if r.active(c, got.Access) || !r.active(c, got.Refresh) {
			t.Error("an access token was to end alone")
		}
		got = r.signIn(b, c)
		revoke(c, got.Refresh)
		if r.active(c, got.Access) || r.active(c, got.Refresh) {
			t.Error("the family lives after its refresh token was revoked")
		}
	})
}

func TestSigningOutBySite(t *testing.T) {
	t.Parallel()
	r := one(t)
	c := r.register()
	path := func(fields ...string) string {
		values := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			values.Set(fields[i], fields[i+1])
		}
		return "/oauth/logout?" + values.Encode()
	}
	b := r.browser().enter("anna")
	got := r.signIn(b, c)
	// Without a hint, or with one of another session, the person is asked.
	for _, hint := range []string{"", r.signIn(r.browser().enter("anna"), c).IDToken} {
		page := b.visit(path("client_id", c.Key(), "id_token_hint", hint, "post_logout_redirect_uri", c.AfterLogout[0]))
		if page.status != http.StatusOK || !strings.Contains(page.body, `action="/oauth/leave"`) {
			t.Errorf("not asked: %d to %q", page.status, page.location)
		}
	}
	if status, _ := r.userinfo(got.Access); status != http.StatusOK {
		t.Error("a link has signed the person out")
	}
	for name, fields := range map[string][]string{
		"another address":      {"id_token_hint", got.IDToken, "post_logout_redirect_uri", "https://evil.example/"},
		"an address with more": {"id_token_hint", got.IDToken, "post_logout_redirect_uri", c.AfterLogout[0] + "?x=y"},
		"nobody's address":     {"post_logout_redirect_uri", c.AfterLogout[0]},
		"a broken hint":        {"id_token_hint", got.IDToken[:40], "post_logout_redirect_uri", c.AfterLogout[0]},
		"another client":       {"id_token_hint", got.IDToken, "client_id", r.register().Key()},
	} {
		if page := b.visit(path(fields...)); page.status != http.StatusBadRequest {
			t.Errorf("%s: %d to %q", name, page.status, page.location)
		}
	}
	left := b.visit(path("id_token_hint", got.IDToken, "post_logout_redirect_uri", c.AfterLogout[0], "state", "s")).location
	if left != c.AfterLogout[0]+"?state=s" {
		t.Errorf("left to %q", left)
	}
	if status, _ := r.userinfo(got.Access); status != http.StatusUnauthorized {
		t.Errorf("the token lives: %d", status)
	}
	if page := b.get("/account/sites"); page.status != http.StatusSeeOther {
		t.Errorf("the session lives: %d", page.status)
	}
}

func TestScriptsOfAPublicSite(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.register(func(p *openid.Profile) { p.Method = openid.AuthNone })
	r.register(func(p *openid.Profile) { p.Redirects = []string{"https://secret.example/cb"} })
	for _, one := range []struct {
		path, origin string
		want         string
	}{
		{"/oauth/token", "https://theatre.example", "https://theatre.example"},
		{"/oauth/token", "https://secret.example", ""},
		{"/oauth/token", "https://evil.example", ""},
		{"/oauth/token", "null", ""},
		{"/oauth/userinfo", "https://theatre.example", "https://theatre.example"},
		{"/oauth/jwks", "https://evil.example", "https://evil.example"},
		{"/.well-known/openid-configuration", "https://evil.example", "https://evil.example"},
		{"/oauth/introspect", "https://theatre.example", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, r.url+one.path, nil)
		check(t, err)
		req.Header.Set("Origin", one.origin)
		req.Header.Set("Access-Control-Request-Method", "POST")
		got := do(t, http.DefaultClient, req).header
		if got.Get("Access-Control-Allow-Origin") != one.want || got.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s from %s: %q", one.path, one.origin, got.Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestSecretsChangeWithoutABreak(t *testing.T) {
	t.Parallel()
	r := one(t)
	c := r.register()
	works := func(secret string) bool {
		return r.tokens(client{c.Client, secret}, "grant_type", "refresh_token", "refresh_token", "x").Error == "invalid_grant"
	}
	next, err := r.NewSecret(t.Context(), jobAct(), c.Client)
	check(t, err)
	if !works(c.secret) || !works(next) {
		t.Error("one of the two secrets does not work")
	}
	r.clock.Move(openid.SecretStays)
	if works(c.secret) || !works(next) {
		t.Error("the old secret works, or the new one does not")
	}
	stale := c.Client
	if _, err := r.NewSecret(t.Context(), jobAct(), stale); err == nil {
		t.Error("a change over an old version went through")
	}
}
