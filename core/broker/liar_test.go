package broker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"posad.city/kit/act"
	"posad.city/kit/clock"
)

// liar is a small OpenID provider that tells the truth until one of its lies is set.
type liar struct {
	t      *testing.T
	server *httptest.Server
	clock  clock.Clock
	key    *ecdsa.PrivateKey
	kid    string

	mu       sync.Mutex
	asked    map[string]url.Values // by code
	keysRead int
	took     []string // bodies of the token endpoint

	claims    func(c map[string]any)                        // changes the ID token
	userinfo  func(c map[string]any)                        // changes userinfo
	discovery func(d map[string]any)                        // changes the metadata
	answer    func(q url.Values)                            // changes the return
	sign      func(claims []byte) string                    // signs in a way of its own
	before    func(http.ResponseWriter, *http.Request) bool // answers in its place
}

func newLiar(t *testing.T, c clock.Clock) *liar {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{t: t, clock: c, key: key, kid: "one", asked: map[string]url.Values{}}
	l.server = httptest.NewServer(http.HandlerFunc(l.serve))
	t.Cleanup(l.server.Close)
	return l
}

// provider is how the city knows the liar.
func (l *liar) provider(key string) Provider {
	return Provider{
		Key: key, Issuer: l.server.URL, Client: "city", Secret: "s3cret-of-the-city", Scopes: []string{"profile"}, TitleRu: "Вход " + key,
		TitleEn: "The " + key, Level: act.Verified, Claims: StandardClaims, Registers: true, On: true,
	}
}

func (l *liar) serve(w http.ResponseWriter, r *http.Request) {
	if l.before != nil && l.before(w, r) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		l.write(w, l.metadata())
	case "/keys":
		l.mu.Lock()
		l.keysRead++
		l.mu.Unlock()
		l.write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: l.key.Public(), KeyID: l.kid, Algorithm: "ES256", Use: "sig"}}})
	case "/token":
		l.token(w, r)
	case "/userinfo":
		claims := l.person()
		if l.userinfo != nil {
			l.userinfo(claims)
		}
		l.write(w, claims)
	default:
		http.NotFound(w, r)
	}
}

func (l *liar) write(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(what); err != nil {
		l.t.Error(err)
	}
}

func (l *liar) metadata() map[string]any {
	at := l.server.URL
	out := map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize?tenant=1", "token_endpoint": at + "/token", "jwks_uri": at + "/keys",
		"userinfo_endpoint": at + "/userinfo", "end_session_endpoint": at + "/end", "response_types_supported": []string{"code"},
		"code_challenge_methods_supported": []string{"S256"}, "id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
		"authorization_response_iss_parameter_supported": true, "subject_types_supported": []string{"public"},
	}
	if l.discovery != nil {
		l.discovery(out)
	}
	return out
}

func (l *liar) person() map[string]any {
	return map[string]any{
		"sub": "anna", "family_name": "Смирнова", "given_name": "Анна", "middle_name": "Ивановна", "birthdate": "1986-04-05", "snils": "112-233-445 95",
	}
}

// agree is the person saying yes at the provider: where the browser is sent.
func (l *liar) agree(u *url.URL) string {
	q := u.Query()
	code := random()
	l.mu.Lock()
	l.asked[code] = q
	l.mu.Unlock()
	out := url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {l.server.URL}}
	if l.answer != nil {
		l.answer(out)
	}
	return q.Get("redirect_uri") + "?" + out.Encode()
}

func (l *liar) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		l.t.Error(err)
	}
	l.mu.Lock()
	q := l.asked[r.PostForm.Get("code")]
	delete(l.asked, r.PostForm.Get("code"))
	l.took = append(l.took, r.PostForm.Encode())
	l.mu.Unlock()
	client, secret, _ := r.BasicAuth()
	if q == nil || client != "city" || secret != "s3cret-of-the-city" || r.PostForm.Get("redirect_uri") != q.Get("redirect_uri") ||
		oauth2.S256ChallengeFromVerifier(r.PostForm.Get("code_verifier")) != q.Get("code_challenge") || q.Get("code_challenge_method") != "S256" {
		w.WriteHeader(http.StatusBadRequest)
		l.write(w, map[string]string{"error": "invalid_grant", "error_description": "no such code"})
		return
	}
	claims := map[string]any{
		"iss": l.server.URL, "sub": "anna", "aud": "city", "nonce": q.Get("nonce"), "iat": l.clock.Now().Unix(), "exp": l.clock.Now().Add(time.Hour).Unix(),
		"sid": "session-of-anna", "auth_time": l.clock.Now().Unix(),
	}
	if l.claims != nil {
		l.claims(claims)
	}
	l.write(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": l.signed(claims, "JWT"), "expires_in": 60})
}

// signed makes a token.
func (l *liar) signed(claims map[string]any, kind string) string {
	plain, err := json.Marshal(claims)
	if err != nil {
		l.t.Error(err)
	}
	if l.sign != nil {
		return l.sign(plain)
	}
	return l.jws(jose.ES256, l.key, l.kid, kind, plain)
}

func (l *liar) jws(alg jose.SignatureAlgorithm, key any, kid, kind string, plain []byte) string {
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(kind)).WithHeader("kid", kid)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		l.t.Error(err)
		return ""
	}
	token, err := signer.Sign(plain)
	if err != nil {
		l.t.Error(err)
		return ""
	}
	text, err := token.CompactSerialize()
	if err != nil {
		l.t.Error(err)
	}
	return text
}

// unsigned is a token of alg none.
func unsigned(plain []byte) string {
	raw := base64.RawURLEncoding
	return raw.EncodeToString([]byte(`{"alg":"none"}`)) + "." + raw.EncodeToString(plain) + "."
}

// lie is one way of lying and the refusal that it must meet.
type lie struct {
	name string
	tell func(l *liar)
	want refusal
	asks bool // refused before the browser leaves
}

func set(name string, value any) func(map[string]any) {
	return func(c map[string]any) { c[name] = value }
}

func lies() []lie {
	claim := func(name string, value any) func(*liar) { return func(l *liar) { l.claims = set(name, value) } }
	meta := func(name string, value any) func(*liar) { return func(l *liar) { l.discovery = set(name, value) } }
	return []lie{
		{name: "another nonce", tell: claim("nonce", "of-another-question"), want: errNonce},
		{name: "no nonce", tell: func(l *liar) { l.claims = func(c map[string]any) { delete(c, "nonce") } }, want: errNonce},
		{name: "another issuer", tell: claim("iss", "https://evil.example"), want: errIssuer},
		{name: "issuer with a slash", tell: func(l *liar) { l.claims = set("iss", l.server.URL+"/") }, want: errIssuer},
		{name: "another audience", tell: claim("aud", "another-client"), want: errAudience},
		{name: "two audiences and no party", tell: claim("aud", []string{"city", "evil"}), want: errParty},
		{name: "another party", tell: func(l *liar) {
			l.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{"city", "evil"}, "evil" }
		}, want: errParty},
		{name: "expired", tell: func(l *liar) { l.claims = set("exp", l.clock.Now().Add(-2*time.Minute).Unix()) }, want: errExpired},
		{name: "from the future", tell: func(l *liar) { l.claims = set("iat", l.clock.Now().Add(5*time.Minute).Unix()) }, want: errIssued},
		{name: "from before the question", tell: func(l *liar) { l.claims = set("iat", l.clock.Now().Add(-5*time.Minute).Unix()) }, want: errIssued},
		{name: "no iat", tell: func(l *liar) { l.claims = func(c map[string]any) { delete(c, "iat") } }, want: errIssued},
		{name: "no subject", tell: claim("sub", ""), want: errSubject},
		{name: "a wrong at_hash", tell: claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), want: errToken},
		{name: "alg none", tell: func(l *liar) { l.sign = unsigned }, want: errSignature},
		{name: "HS256 by the client's secret", tell: func(l *liar) {
			l.sign = func(p []byte) string {
				return l.jws(jose.HS256, []byte("s3cret-of-the-city-s3cret-of-the-city"), l.kid, "JWT", p)
			}
		}, want: errSignature},
		{name: "another's key under the same kid", tell: func(l *liar) {
			other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			l.sign = func(p []byte) string { return l.jws(jose.ES256, other, l.kid, "JWT", p) }
		}, want: errSignature},
		{name: "no ID token", tell: func(l *liar) {
			l.before = at("/token", func(w http.ResponseWriter) { l.write(w, map[string]any{"access_token": "a", "token_type": "Bearer"}) })
		}, want: errNoToken},
		{name: "userinfo of another", tell: func(l *liar) { l.userinfo = set("sub", "boris") }, want: errSubject},
		{name: "userinfo of nobody", tell: func(l *liar) { l.userinfo = func(c map[string]any) { delete(c, "sub") } }, want: errSubject},
		{name: "userinfo that is no JSON", tell: func(l *liar) {
			l.before = at("/userinfo", func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) })
		}, want: errUserinfo},
		{name: "userinfo refused", tell: func(l *liar) {
			l.before = at("/userinfo", func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) })
		}, want: errUserinfo},
		{name: "code refused", tell: func(l *liar) {
			l.before = at("/token", func(w http.ResponseWriter) {
				w.WriteHeader(http.StatusBadRequest)
				l.write(w, map[string]string{"error": "invalid_grant"})
			})
		}, want: errExchange},
		{name: "a huge token answer", tell: func(l *liar) { l.before = at("/token", huge) }, want: errHuge},
		{name: "huge keys", tell: func(l *liar) { l.before = at("/keys", huge) }, want: errHuge},
		{name: "huge userinfo", tell: func(l *liar) { l.before = at("/userinfo", huge) }, want: errHuge},
		{name: "huge metadata", tell: func(l *liar) { l.before = at("/.well-known/openid-configuration", huge) }, want: errHuge, asks: true},
		{name: "slow metadata", tell: func(l *liar) { l.before = l.slow("/.well-known/openid-configuration") }, want: errSilent, asks: true},
		{name: "a slow token answer", tell: func(l *liar) { l.before = l.slow("/token") }, want: errSilent},
		{name: "metadata on another host", tell: func(l *liar) { l.before = l.elsewhere("/.well-known/openid-configuration") }, want: errRedirect, asks: true},
		{name: "a token endpoint that sends the secret on", tell: func(l *liar) {
			l.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					http.Redirect(w, r, "/token2", http.StatusTemporaryRedirect)
				}
				return r.URL.Path == "/token"
			}
		}, want: errRedirect},
		{name: "metadata of another issuer", tell: meta("issuer", "https://evil.example"), want: errMismatch, asks: true},
		{name: "metadata that is no JSON", tell: func(l *liar) {
			l.before = at("/.well-known/openid-configuration", func(w http.ResponseWriter) { _, _ = w.Write([]byte("hello")) })
		}, want: errDiscovery, asks: true},
		{name: "a token endpoint in the clear", tell: meta("token_endpoint", "http://bank.example/token"), want: errAddress, asks: true},
		{name: "keys in a private network", tell: meta("jwks_uri", "https://10.0.0.1/keys"), want: errAddress},
		{name: "userinfo in the cloud's own address", tell: meta("userinfo_endpoint", "https://169.254.169.254/"), want: errAddress},
		{name: "plain PKCE alone", tell: meta("code_challenge_methods_supported", []string{"plain"}), want: errFlow, asks: true},
		{name: "no code flow", tell: meta("response_types_supported", []string{"id_token"}), want: errFlow, asks: true},
		{name: "symmetric signatures alone", tell: meta("id_token_signing_alg_values_supported", []string{"HS256", "none"}), want: errFlow, asks: true},
		{name: "client keys alone", tell: meta("token_endpoint_auth_methods_supported", []string{"private_key_jwt"}), want: errFlow, asks: true},
		{name: "a mixed-up answer", tell: func(l *liar) { l.answer = func(q url.Values) { q.Set("iss", "https://evil.example") } }, want: errMixUp},
		{name: "an answer without its issuer", tell: func(l *liar) { l.answer = func(q url.Values) { q.Del("iss") } }, want: errMixUp},
		{name: "neither code nor error", tell: func(l *liar) { l.answer = func(q url.Values) { q.Del("code") } }, want: errResponse},
		{name: "an error", tell: func(l *liar) {
			l.answer = func(q url.Values) { q.Del("code"); q.Set("error", "server_error") }
		}, want: errResponse},
		{name: "a pushed request refused", tell: func(l *liar) { l.discovery = set("pushed_authorization_request_endpoint", l.server.URL+"/par") }, want: errPushed, asks: true},
	}
}

// at answers on one path.
func at(path string, answer func(http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == path {
			answer(w)
		}
		return r.URL.Path == path
	}
}

func huge(w http.ResponseWriter) {
	_, _ = w.Write([]byte(`{"x":"`))
	_, _ = w.Write([]byte(strings.Repeat("x", answerMost)))
	_, _ = w.Write([]byte(`"}`))
}

// slow answers byte by byte, long after everybody has gone.
func (l *liar) slow(path string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return false
		}
		for range 100 {
			select {
			case <-r.Context().Done():
				return true
			case <-time.After(50 * time.Millisecond):
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
			}
		}
		return true
	}
}

// elsewhere sends on to another host, which tells the same.
func (l *liar) elsewhere(path string) func(http.ResponseWriter, *http.Request) bool {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.write(w, l.metadata()) }))
	l.t.Cleanup(other.Close)
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == path {
			http.Redirect(w, r, other.URL+path, http.StatusFound)
		}
		return r.URL.Path == path
	}
}
