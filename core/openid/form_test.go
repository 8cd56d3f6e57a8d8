package openid

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

var moment = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func goodProfile(change ...func(*Profile)) Profile {
	p := Profile{
		Name: lang.Text{RU: "Театры", EN: "Theatres"}, Purpose: lang.Text{RU: "Билеты", EN: "Tickets"}, Home: "https://t.example", Policy: "https://t.example/p",
		Redirects: []string{"https://t.example/cb"}, Method: AuthBasic, Scopes: Scopes(), Grants: Grants(), Alg: algEC,
	}
	for _, one := range change {
		one(&p)
	}
	return p
}

func TestRegistrationIsHeldToItsRules(t *testing.T) {
	t.Parallel()
	redirects := func(list ...string) func(*Profile) { return func(p *Profile) { p.Redirects = list } }
	for name, one := range map[string]struct {
		change func(*Profile)
		want   string // field=case; empty: it passes
	}{
		"good":                     {func(*Profile) {}, ""},
		"http":                     {redirects("http://t.example/cb"), "redirects=not_https"},
		"own scheme":               {redirects("myapp://cb"), "redirects=not_https"},
		"fragment":                 {redirects("https://t.example/cb#a"), "redirects=fragment"},
		"empty fragment":           {redirects("https://t.example/cb#"), "redirects=fragment"},
		"wildcard":                 {redirects("https://*.example/cb"), "redirects=wildcard"},
		"somebody's name in front": {redirects("https://t.example@evil.example/cb"), "redirects=bad_address"},
		"backslash":                {redirects(`https://t.example\cb`), "redirects=bad_address"},
		"dots":                     {redirects("https://t.example/a/../cb"), "redirects=bad_address"},
		"no address":               {redirects(), "redirects=no_address"},
		"two hosts":                {redirects("https://t.example/cb", "https://u.example/cb"), "redirects=many_hosts"},
		"two hosts, sector": {func(p *Profile) {
			redirects("https://t.example/cb", "https://u.example/cb")(p)
			p.Sector = "https://t.example/s"
		}, ""},
		"two hosts of the city": {func(p *Profile) { redirects("https://t.example/cb", "https://u.example/cb")(p); p.City = true }, ""},
		"loopback":              {redirects("http://127.0.0.1:8080/cb"), ""},
		"localhost":             {redirects("http://localhost:8080/cb"), "redirects=not_https"},
		"sector by http":        {func(p *Profile) { p.Sector = "http://t.example/s" }, "sector=not_https"},
		"policy by script":      {func(p *Profile) { p.Policy = "javascript:alert(1)" }, "policy=bad_address"},
		"home elsewhere":        {func(p *Profile) { p.Home = "ftp://t.example" }, "home=bad_address"},
		"no English name":       {func(p *Profile) { p.Name.EN = "" }, "name_en=empty"},
		"no openid":             {func(p *Profile) { p.Scopes = []string{"email"} }, "scopes=no_openid"},
		"unknown scope":         {func(p *Profile) { p.Scopes = []string{"openid", "address"} }, "scopes=unknown"},
		"unknown grant":         {func(p *Profile) { p.Grants = []string{GrantCode, "password"} }, "grants=unknown"},
		"no grant":              {func(p *Profile) { p.Grants = []string{GrantRefresh} }, "grants=no_grant"},
		"trusted outside":       {func(p *Profile) { p.Trusted = true }, "trusted=trusted_not_city"},
		"keys that are none":    {func(p *Profile) { p.Method, p.Keys = AuthKey, "{}" }, "keys=bad_keys"},
		"alg none":              {func(p *Profile) { p.Alg = "none" }, "alg=unknown"},
	} {
		var got []string
		for _, f := range goodProfile(one.change).check() {
			got = append(got, f.Name+"="+strings.TrimPrefix(f.ID, "openid.client."))
		}
		if one.want == "" && len(got) > 0 || one.want != "" && !slices.Contains(got, one.want) {
			t.Errorf("%s: %v, want %q", name, got, one.want)
		}
	}
}

func TestPrivateKeysAreRefused(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(key any) string {
		text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if _, err := parseKeys(set(key)); err == nil {
		t.Error("a private key was taken in")
	}
	if _, err := parseKeys(set([]byte("secret secret secret secret secret"))); err == nil {
		t.Error("a shared key was taken in")
	}
	if _, err := parseKeys(set(key.Public())); err != nil {
		t.Error(err)
	}
}

func TestPortOfAProgramOnTheSpot(t *testing.T) {
	t.Parallel()
	p := goodProfile(func(p *Profile) { p.Method, p.Redirects = AuthNone, []string{"http://127.0.0.1/cb", "http://[::1]/cb"} })
	for address, want := range map[string]bool{
		"http://127.0.0.1:51004/cb": true, "http://[::1]:51004/cb": true, "http://127.0.0.1:51004/cb?x": false, "http://127.0.0.1:51004/other": false,
		"http://127.0.0.2:51004/cb": false, "https://127.0.0.1:51004/cb": false, "http://evil.example:51004/cb": false, "http://127.0.0.1:1/cb#a": false,
	} {
		if p.redirects(address) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
	p.Method = AuthBasic
	if p.redirects("http://127.0.0.1:51004/cb") {
		t.Error("a site with a secret may choose its port")
	}
}

func TestStepsOfARequest(t *testing.T) {
	t.Parallel()
	age := func(seconds int64) *int64 { return &seconds }
	here := standing{
		signed: true, subject: "anna", level: act.Standard, proved: moment.Add(-10 * time.Minute),
		granted: []string{"openid", "email"}, offered: []string{"openid", "email", "phone"},
	}
	later := func(change func(*standing)) standing { w := here; change(&w); return w }
	basic := ask{Scopes: []string{"openid", "email"}, Made: moment.Add(-time.Second)}
	with := func(change func(*ask)) ask { a := basic; change(&a); return a }
	optional := goodProfile(func(p *Profile) { p.Optional = []string{"phone"} })
	for name, one := range map[string]struct {
		ask  ask
		p    Profile
		who  standing
		want step
		code string
	}{
		"all is well":               {basic, optional, here, stepGrant, ""},
		"nobody":                    {basic, optional, standing{}, stepSignIn, ""},
		"nobody, none":              {with(func(a *ask) { a.None = true }), optional, standing{}, stepRefuse, "login_required"},
		"more than granted":         {with(func(a *ask) { a.Scopes = []string{"openid", "email", "snils"} }), optional, here, stepConsent, ""},
		"more than granted, none":   {with(func(a *ask) { a.Scopes = []string{"openid", "email", "snils"}; a.None = true }), optional, here, stepRefuse, "consent_required"},
		"left out before":           {with(func(a *ask) { a.Scopes = []string{"openid", "email", "phone"} }), optional, here, stepGrant, ""},
		"left out, now needed":      {with(func(a *ask) { a.Scopes = []string{"openid", "email", "phone"} }), goodProfile(), here, stepConsent, ""},
		"more than the site may":    {with(func(a *ask) { a.Scopes = []string{"openid", "snils"} }), goodProfile(func(p *Profile) { p.Scopes = []string{"openid"} }), here, stepGrant, ""},
		"single claim":              {with(func(a *ask) { a.Claims.Info = []string{"snils"} }), optional, here, stepConsent, ""},
		"consent, long signed in":   {with(func(a *ask) { a.Consent = true }), optional, later(func(w *standing) { w.proved = moment.Add(-20 * time.Minute) }), stepRaise, ""},
		"trusted":                   {with(func(a *ask) { a.Scopes = Scopes() }), goodProfile(func(p *Profile) { p.City, p.Trusted = true, true }), here, stepGrant, ""},
		"trusted only by word":      {with(func(a *ask) { a.Scopes = Scopes() }), goodProfile(func(p *Profile) { p.Trusted = true }), here, stepConsent, ""},
		"prompt=login":              {with(func(a *ask) { a.Login = true }), optional, here, stepRaise, ""},
		"prompt=login, done":        {with(func(a *ask) { a.Login = true }), optional, later(func(w *standing) { w.proved = moment }), stepGrant, ""},
		"max_age over":              {with(func(a *ask) { a.MaxAge = age(60) }), optional, here, stepRaise, ""},
		"max_age holds":             {with(func(a *ask) { a.MaxAge = age(601) }), optional, here, stepGrant, ""},
		"max_age 0, just proved":    {with(func(a *ask) { a.MaxAge = age(0) }), optional, later(func(w *standing) { w.proved = moment }), stepGrant, ""},
		"another person":            {with(func(a *ask) { a.Subject = "boris" }), optional, here, stepRefuse, "login_required"},
		"level met":                 {with(func(a *ask) { a.Levels = []assured{{act.Verified, false}, {act.Standard, false}} }), optional, here, stepGrant, ""},
		"level lacking":             {with(func(a *ask) { a.Levels = []assured{{act.Verified, false}} }), optional, here, stepRaise, ""},
		"level lacking, asked once": {with(func(a *ask) { a.Levels, a.Raised = []assured{{act.Verified, false}}, true }), optional, here, stepGrant, ""},
		"level needed, asked once":  {with(func(a *ask) { a.Levels, a.Raised, a.Essential = []assured{{act.Verified, false}}, true, true }), optional, here, stepRefuse, "unmet_authentication_requirements"},
		"strength lacking":          {with(func(a *ask) { a.Levels = []assured{{act.Basic, true}} }), optional, here, stepRaise, ""},
		"level of no city, needed":  {with(func(a *ask) { a.Essential = true }), optional, here, stepRefuse, "unmet_authentication_requirements"},
	} {
		got := decide(one.ask, one.p, one.who, moment)
		code := ""
		if got.refuse != nil {
			code = got.refuse.Code
		}
		if got.step != one.want || code != one.code {
			t.Errorf("%s: %s %s, want %s %s", name, got.step, code, one.want, one.code)
		}
	}
}

func TestAddressesInsideAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34:443": true, "[2606:2800:220:1::1]:443": true,
		"127.0.0.1:80": false, "10.1.2.3:80": false, "192.168.0.1:80": false, "172.16.0.1:80": false, "169.254.169.254:80": false, "0.0.0.0:80": false,
		"100.64.0.1:80": false, "[::1]:80": false, "[::ffff:127.0.0.1]:80": false, "[fe80::1]:80": false, "[fd00::1]:80": false, "[64:ff9b::a00:1]:80": false,
		"224.0.0.1:80": false, "255.255.255.255:80": false, "[2002:7f00:1::]:80": false, "nonsense": false,
		"[::127.0.0.1]:80": false, "[fec0::1]:80": false, "[2001:db8::1]:80": false, "192.88.99.1:80": false, "[5f00::1]:80": false,
	} {
		if (outside(address) == nil) != want {
			t.Errorf("%s: outside %v", address, !want)
		}
	}
}

func TestNumbersAsTyped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"482-913-055": "482913055", " 482 913 055 ": "482913055", "482–913–055": "482913055", "482913": "", "48291305a": "", "": ""} {
		got, ok := readCode(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
	if showCode("482913055") != "482-913-055" {
		t.Error(showCode("482913055"))
	}
}

func goodRequest() url.Values {
	return url.Values{
		"client_id": {"c"}, "redirect_uri": {"https://t.example/cb"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
}

// What is taken is kept as it was read, whatever was sent.
func FuzzRequest(f *testing.F) {
	f.Add(goodRequest().Encode())
	f.Add(goodRequest().Encode() + "&prompt=none&max_age=5&acr_values=verified&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22value%22%3A%22basic%22%7D%7D%7D")
	f.Add("claims={}&claims={}")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		a, refused := parseAsk(values, moment)
		if refused != nil {
			if refused.Code == "" || strings.ContainsAny(refused.Text, "\r\n\"\\") {
				t.Errorf("a refusal that breaks its frame: %+v", refused)
			}
			return
		}
		if values.Get("response_type") != "code" || len(a.Challenge) != 43 || !slices.Contains(a.Scopes, ScopeOpenID) || a.None && a.Login {
			t.Errorf("taken: %+v", a)
		}
		kept, err := encodeAsk(a)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeAsk(kept)
		if err != nil || again.State != a.State || again.Nonce != a.Nonce || again.Challenge != a.Challenge {
			t.Errorf("kept %+v, was %+v: %v", again, a, err)
		}
		address, err := withQuery("https://t.example/cb", url.Values{"state": {a.State}})
		if u, failed := url.Parse(address); err != nil || failed != nil || u.Host != "t.example" || u.Query().Get("state") != a.State {
			t.Errorf("the redirect %q, %v", address, err)
		}
	})
}

// No assertion but one by the client's own key is taken.
func FuzzAssertion(f *testing.F) {
	key := fuzzKey()
	set, _ := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public()}}})
	c := Client{ID: id.Derived("client", "fuzz"), Profile: Profile{Method: AuthKey, Keys: string(set)}}
	good := fuzzSigned(f, key, nil, map[string]any{"iss": c.Key(), "sub": c.Key(), "aud": "https://city.example", "jti": "1", "exp": moment.Add(time.Minute).Unix()})
	if _, refused := openAssertion(c, good, []string{"https://city.example"}, moment); refused != nil {
		f.Fatal(refused)
	}
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(strings.Replace(good, ".", "..", 1))
	f.Fuzz(func(t *testing.T, text string) {
		issuerOf(text)
		if _, refused := openAssertion(c, text, []string{"https://city.example"}, moment); refused == nil && !sameToken(text, good) {
			t.Errorf("taken: %q", text)
		}
		_, _ = readClient("Basic "+text, url.Values{"client_assertion": {text}})
	})
}

// No proof that was not made by its key for this very request is taken.
func FuzzProof(f *testing.F) {
	key := fuzzKey()
	head := map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jose.JSONWebKey{Key: key.Public()}}
	good := fuzzSigned(f, key, head, map[string]any{"jti": "1", "htm": "POST", "htu": "https://city.example/oauth/token", "iat": moment.Unix()})
	open := func(text string) *Error {
		_, refused := openProof(text, "POST", "https://city.example/oauth/token", "", moment)
		return refused
	}
	if refused := open(good); refused != nil {
		f.Fatal(refused)
	}
	f.Add(good)
	f.Add("eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		if open(text) == nil && !sameToken(text, good) {
			t.Errorf("taken: %q", text)
		}
	})
}

// fuzzKey is the same in every process that takes part in fuzzing, and so are its signatures.
func fuzzKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, fixed"[:32]))
}

func fuzzSigned(f *testing.F, key ed25519.PrivateKey, head map[jose.HeaderKey]any, claims map[string]any) string {
	f.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, &jose.SignerOptions{ExtraHeaders: head})
	if err != nil {
		f.Fatal(err)
	}
	body, _ := json.Marshal(claims)
	made, err := signer.Sign(body)
	if err != nil {
		f.Fatal(err)
	}
	text, err := made.CompactSerialize()
	if err != nil {
		f.Fatal(err)
	}
	return text
}

// sameToken passes over what the reader of JWS passes over: white space around and inside base64.
func sameToken(a, b string) bool {
	strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return strip(a) == strip(b)
}
