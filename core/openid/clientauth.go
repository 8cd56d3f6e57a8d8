package openid

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// shown is how a client says who it is, as the request has it.
type shown struct {
	key       string // client_id
	method    string
	secret    string
	assertion string
}

// assertionKind is the client_assertion_type of RFC 7523.
const assertionKind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func badClient(text string) *Error {
	return &Error{Code: "invalid_client", Text: text, Status: http.StatusUnauthorized}
}

// readClient finds in a request how the client says who it is: in one way only (RFC 6749, 2.3).
func readClient(header string, values url.Values) (shown, *Error) {
	out := shown{key: values.Get("client_id"), method: AuthNone}
	ways := 0
	if header != "" {
		key, secret, err := readBasic(header)
		if err != nil {
			return out, err
		}
		if out.key != "" && out.key != key {
			return out, badClient("client_id differs from the one in the Authorization header")
		}
		out.key, out.secret, out.method = key, secret, AuthBasic
		ways++
	}
	if values.Get("client_secret") != "" {
		out.secret, out.method = values.Get("client_secret"), AuthPost
		ways++
	}
	if assertion := values.Get("client_assertion"); assertion != "" || values.Get("client_assertion_type") != "" {
		if values.Get("client_assertion_type") != assertionKind {
			return out, badClient("client_assertion_type is not that of a JWT")
		}
		out.assertion, out.method = assertion, AuthKey
		ways++
		if out.key == "" {
			out.key = issuerOf(assertion)
		}
	}
	switch {
	case ways > 1:
		return out, refuse("invalid_request", "the client shows who it is in more than one way")
	case out.key == "":
		return out, badClient("no client is named")
	}
	return out, nil
}

// readBasic reads the Authorization header; both parts are form-encoded first (RFC 6749, 2.3.1).
func readBasic(header string) (string, string, *Error) {
	scheme, text, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", badClient("the Authorization header is not Basic")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	key, secret, ok := strings.Cut(string(raw), ":")
	if err != nil || !ok {
		return "", "", badClient("the Authorization header can't be read")
	}
	key, err = url.QueryUnescape(key)
	if err != nil {
		return "", "", badClient("the Authorization header can't be read")
	}
	secret, err = url.QueryUnescape(secret)
	if err != nil {
		return "", "", badClient("the Authorization header can't be read")
	}
	return key, secret, nil
}

// authenticate finds out which client asks. It is said alike whether there is no such client or the secret is wrong.
func (m *Module) authenticate(c *web.Context, values url.Values) (Client, error) {
	claimed, refused := readClient(c.Request().Header.Get("Authorization"), values)
	if refused != nil {
		return Client{}, refused
	}
	client, err := m.clientByKey(c.Context(), claimed.key)
	if none(err) {
		return Client{}, badClient("the client is not known, or has not shown that it is itself")
	}
	if err != nil {
		return Client{}, err
	}
	return client, m.prove(c.Context(), client, claimed)
}

func (m *Module) prove(ctx context.Context, client Client, claimed shown) error {
	wrong := badClient("the client is not known, or has not shown that it is itself")
	if claimed.method != client.Method {
		return wrong
	}
	switch client.Method {
	case AuthNone:
		return nil
	case AuthKey:
		return m.checkAssertion(ctx, client, claimed.assertion)
	}
	if !client.knows(claimed.secret, m.base.Clock.Now()) {
		return wrong
	}
	return nil
}

// knows compares a secret with those that hold, all of them, in constant time.
func (c Client) knows(secret string, now time.Time) bool {
	got, good := hashOf(secret), 0
	for _, one := range c.Secrets {
		same := subtle.ConstantTimeCompare(got, one.Hash)
		if one.Ends.IsZero() || now.Before(one.Ends) {
			good |= same
		}
	}
	return good == 1
}

// assertionAlgs are the signatures that a client may make (RFC 9700 and RFC 7518 leave no weaker one).
var assertionAlgs = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.EdDSA, jose.PS256, jose.RS256}

// assertion is what a client says of itself in a JWT (RFC 7523, 3).
type assertion struct {
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"`
	Audience oneMany `json:"aud"`
	ID       string  `json:"jti"`
	Expires  float64 `json:"exp"`
	From     float64 `json:"nbf"`
	Made     float64 `json:"iat"`
}

// oneMany is a text or a list of texts.
type oneMany []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneMany) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneMany{one}
		return nil
	}
	var many []string
	err := json.Unmarshal(text, &many)
	*o = many
	return err
}

const (
	assertionMost  = 8000
	assertionLives = 10 * time.Minute // the longest that an assertion may be good for
	clockSkew      = 30 * time.Second // how far a client's clock may be off
)

// issuerOf is who an assertion says it is from, unchecked: it only says whose keys to check by.
func issuerOf(text string) string {
	if len(text) > assertionMost {
		return ""
	}
	parsed, err := jose.ParseSignedCompact(text, assertionAlgs)
	if err != nil {
		return ""
	}
	var said assertion
	if json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &said) != nil {
		return ""
	}
	return said.Issuer
}

// openAssertion checks an assertion's signature and what it says, all but whether it was used.
func openAssertion(client Client, text string, audiences []string, now time.Time) (assertion, *Error) {
	var said assertion
	if len(text) > assertionMost {
		return said, badClient("the assertion is too long")
	}
	parsed, err := jose.ParseSignedCompact(text, assertionAlgs)
	if err != nil {
		return said, badClient("the assertion can't be read")
	}
	keys, err := parseKeys(client.Keys)
	if err != nil {
		return said, badClient("the client has no keys here")
	}
	payload, ok := verifiedBy(parsed, keys)
	if !ok || json.Unmarshal(payload, &said) != nil {
		return said, badClient("the assertion's signature is not by a key of the client")
	}
	moment := float64(now.Unix())
	switch skew := clockSkew.Seconds(); {
	case said.Issuer != client.Key() || said.Subject != client.Key():
		return said, badClient("iss and sub of the assertion must be the client_id")
	case !slices.ContainsFunc(said.Audience, func(one string) bool { return slices.Contains(audiences, one) }):
		return said, badClient("aud of the assertion is not this city")
	case said.ID == "" || len(said.ID) > 300:
		return said, badClient("the assertion needs a jti")
	case said.Expires <= moment-skew || said.Expires > moment+assertionLives.Seconds()+skew:
		return said, badClient("the assertion is over, or is good for longer than ten minutes")
	case said.From > moment+skew || said.Made > moment+skew:
		return said, badClient("the assertion is from the future")
	}
	return said, nil
}

// verifiedBy tries the keys that the signature may be by.
func verifiedBy(parsed *jose.JSONWebSignature, keys jose.JSONWebKeySet) ([]byte, bool) {
	kid := parsed.Signatures[0].Header.KeyID
	for _, key := range keys.Keys {
		if kid != "" && key.KeyID != "" && key.KeyID != kid || key.Algorithm != "" && key.Algorithm != parsed.Signatures[0].Header.Algorithm {
			continue
		}
		if payload, err := parsed.Verify(key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

func (m *Module) checkAssertion(ctx context.Context, client Client, text string) error {
	audiences := []string{m.deps.Address, m.deps.Address + pathToken, m.deps.Address + pathPush, m.deps.Address + pathIntrospect, m.deps.Address + pathRevoke, m.deps.Address + pathDevice}
	said, refused := openAssertion(client, text, audiences, m.base.Clock.Now())
	if refused != nil {
		return refused
	}
	until := time.Unix(int64(said.Expires), 0).Add(2 * clockSkew)
	again, err := m.usedBefore(ctx, "assertion "+client.Key()+" "+said.ID, until)
	if err == nil && again {
		return badClient("the assertion was used before")
	}
	return err
}

// usedBefore notes the use of something that is good once, and tells whether it was used before. It is kept until then.
func (m *Module) usedBefore(ctx context.Context, name string, until time.Time) (bool, error) {
	var n int64
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		n, err = openiddb.InsertProof(tx, hashOf(name), until)
		return err
	})
	return n == 0, err
}
