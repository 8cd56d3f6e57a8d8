package openid

import (
	"context"
	"crypto"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"posad.city/kit/web"
)

// DPoP (RFC 9449) binds tokens to a key of the client: a stolen one is worth nothing without it.

// proofAlgs are the signatures of proofs.
var proofAlgs = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.EdDSA, jose.PS256, jose.RS256}

const (
	proofMost = 8000
	proofAge  = time.Minute // how old a proof may be; its jti is kept as long
)

// dpopProof is what a proof says.
type dpopProof struct {
	ID     string  `json:"jti"`
	Method string  `json:"htm"`
	URL    string  `json:"htu"`
	Made   float64 `json:"iat"`
	Access string  `json:"ath"`

	key string // thumbprint
}

func badProof(text string) *Error { return refuse("invalid_dpop_proof", text) }

// openProof checks a proof for a request: all but whether it was used. access is the token that it goes with, "" at the
// token endpoint.
func openProof(text, method, address, access string, now time.Time) (dpopProof, *Error) {
	var out dpopProof
	if len(text) > proofMost {
		return out, badProof("the proof is too long")
	}
	parsed, err := jose.ParseSignedCompact(text, proofAlgs)
	if err != nil {
		return out, badProof("the proof can't be read")
	}
	head := parsed.Signatures[0].Protected
	if kind, _ := head.ExtraHeaders[jose.HeaderType].(string); kind != "dpop+jwt" {
		return out, badProof("typ of the proof must be dpop+jwt")
	}
	if head.JSONWebKey == nil || !head.JSONWebKey.Valid() || !head.JSONWebKey.IsPublic() {
		return out, badProof("the proof must carry its public key")
	}
	payload, err := parsed.Verify(head.JSONWebKey)
	if err != nil || json.Unmarshal(payload, &out) != nil {
		return out, badProof("the proof's signature is not by its key")
	}
	print, err := head.JSONWebKey.Thumbprint(crypto.SHA256)
	if err != nil {
		return out, badProof("the proof's key has no thumbprint")
	}
	out.key = encode(print)
	return out, out.fits(method, address, access, now)
}

func (p dpopProof) fits(method, address, access string, now time.Time) *Error {
	moment, wanted := float64(now.Unix()), ""
	if access != "" {
		wanted = encode(hashOf(access))
	}
	switch {
	case p.ID == "" || len(p.ID) > 300:
		return badProof("the proof needs a jti")
	case p.Method != method:
		return badProof("htm is another method than the request's")
	case !sameAddress(p.URL, address):
		return badProof("htu is another address than the request's")
	case p.Made > moment+clockSkew.Seconds() || p.Made < moment-proofAge.Seconds():
		return badProof("iat is too far from the city's clock")
	case p.Access != wanted:
		return badProof("ath does not fit the token")
	}
	return nil
}

// sameAddress compares an htu with the request's address, without query and fragment (RFC 9449, 4.3).
func sameAddress(said, want string) bool {
	u, err := url.Parse(said)
	if err != nil || u.User != nil {
		return false
	}
	w, err := url.Parse(want)
	if err != nil {
		return false
	}
	return strings.EqualFold(u.Scheme, w.Scheme) && strings.EqualFold(u.Host, w.Host) && u.EscapedPath() == w.EscapedPath()
}

// proven is the thumbprint of the key that a request shows by a DPoP proof, "" when it shows none.
func (m *Module) proven(c *web.Context, access string) (string, error) {
	lines := c.Request().Header.Values("DPoP")
	if len(lines) == 0 {
		return "", nil
	}
	if len(lines) > 1 {
		return "", badProof("one proof is enough")
	}
	r := c.Request()
	got, refused := openProof(lines[0], r.Method, m.deps.Address+r.URL.Path, access, c.Now())
	if refused != nil {
		return "", refused
	}
	return got.key, m.notAgain(c.Context(), got)
}

func (m *Module) notAgain(ctx context.Context, p dpopProof) error {
	until := time.Unix(int64(p.Made), 0).Add(proofAge + 2*clockSkew)
	again, err := m.usedBefore(ctx, "dpop "+p.key+" "+p.ID, until)
	if err == nil && again {
		return badProof("the proof was used before")
	}
	return err
}

// bearer reads the token of a request to a protected resource, with its scheme. It stands in the header, or, of a form,
// in access_token (RFC 6750, 2); never in the address.
func bearer(r *http.Request, form url.Values) (string, string, bool) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	inForm := form.Get("access_token")
	switch {
	case found && inForm != "":
		return "", "", false
	case found && slices.ContainsFunc([]string{"Bearer", "DPoP"}, func(one string) bool { return strings.EqualFold(one, scheme) }):
		return strings.ToLower(scheme), strings.TrimSpace(token), true
	case inForm != "" && r.Header.Get("Authorization") == "":
		return "bearer", inForm, true
	}
	return "", "", false
}
