package broker

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// metadata is what a provider says of itself (OpenID Connect Discovery 1.0, RFC 8414), with the library's hand on it.
type metadata struct {
	provider *oidc.Provider
	keys     oidc.KeySet
	read     time.Time

	Issuer       string   `json:"issuer"`
	Authorize    string   `json:"authorization_endpoint"`
	Token        string   `json:"token_endpoint"`
	Keys         string   `json:"jwks_uri"`
	Userinfo     string   `json:"userinfo_endpoint"`
	Pushed       string   `json:"pushed_authorization_request_endpoint"`
	EndSession   string   `json:"end_session_endpoint"`
	Types        []string `json:"response_types_supported"`
	Grants       []string `json:"grant_types_supported"`
	Challenges   []string `json:"code_challenge_methods_supported"`
	Algorithms   []string `json:"id_token_signing_alg_values_supported"`
	ClientAuth   []string `json:"token_endpoint_auth_methods_supported"`
	ScopesKnown  []string `json:"scopes_supported"`
	ClaimsKnown  []string `json:"claims_supported"`
	SaysIssuer   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	BackChannel  bool     `json:"backchannel_logout_supported"`
	BackSessions bool     `json:"backchannel_logout_session_supported"`
}

// algorithms are the signatures that are believed: asymmetric ones alone. A provider that signs by the client's secret
// (HS256) or not at all could be spoken for by others.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// allowed are the algorithms of the metadata that are believed.
func (m *metadata) allowed() []string {
	var out []string
	for _, one := range algorithms {
		if slices.Contains(m.Algorithms, one) {
			out = append(out, one)
		}
	}
	if len(m.Algorithms) == 0 {
		return []string{oidc.RS256} // what Core 1.0 makes every provider have
	}
	return out
}

// authStyle is how the city shows its secret; false when it has no way that the provider takes.
func (m *metadata) authStyle(secret string) (oauth2.AuthStyle, bool) {
	offered := m.ClientAuth
	if len(offered) == 0 {
		offered = []string{"client_secret_basic"}
	}
	switch {
	case secret == "":
		return oauth2.AuthStyleInParams, slices.Contains(offered, "none") || len(m.ClientAuth) == 0
	case slices.Contains(offered, "client_secret_basic"):
		return oauth2.AuthStyleInHeader, true
	}
	return oauth2.AuthStyleInParams, slices.Contains(offered, "client_secret_post")
}

// fit decides whether a sign-in can be made by the provider as it is.
func (m *metadata) fit(secret string, local bool) error {
	for _, address := range []struct {
		text   string
		needed bool
	}{{m.Authorize, true}, {m.Token, true}, {m.Keys, true}, {m.Userinfo, false}, {m.Pushed, false}, {m.EndSession, false}} {
		u, err := url.Parse(address.text)
		if address.text == "" && !address.needed {
			continue
		}
		if err != nil || checkURL(u, local) != nil {
			return errAddress
		}
	}
	_, canAuth := m.authStyle(secret)
	switch {
	case len(m.Types) > 0 && !slices.Contains(m.Types, "code"),
		len(m.Grants) > 0 && !slices.Contains(m.Grants, "authorization_code"),
		len(m.Challenges) > 0 && !slices.Contains(m.Challenges, "S256"),
		len(m.allowed()) == 0, !canAuth:
		return errFlow
	}
	return nil
}

// metadata returns the provider's metadata, asked again every hour. When the provider does not answer, what it said last
// still holds.
func (p *peer) metadata(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	have := p.meta
	p.mu.Unlock()
	if have != nil && p.clock.Now().Sub(have.read) < metadataLife {
		return have, nil
	}
	fresh, err := p.discover(ctx)
	if err != nil && have != nil && why(err, "") != errMismatch {
		return have, nil
	}
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meta, p.keysRead = fresh, time.Time{}
	return fresh, nil
}

// discover asks for the metadata.
func (p *peer) discover(ctx context.Context) (*metadata, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	provider, err := oidc.NewProvider(ctx, p.issuer)
	var mismatch *oidc.IssuerMismatchError
	if errors.As(err, &mismatch) {
		return nil, fmt.Errorf("broker: discover %s: %w", p.issuer, errMismatch)
	}
	if err != nil {
		return nil, fmt.Errorf("broker: discover %s: %w", p.issuer, why(err, errDiscovery))
	}
	out := &metadata{provider: provider, read: p.clock.Now()}
	if err := provider.Claims(out); err != nil {
		return nil, fmt.Errorf("broker: discover %s: %w", p.issuer, errDiscovery)
	}
	// The keys are forgotten with the metadata: one that the provider took away is believed for an hour at most.
	out.keys = tellingKeys{oidc.NewRemoteKeySet(ctx, out.Keys)}
	return out, nil
}

// tellingKeys keeps the library's error of a key set, which its verifier makes into mere text.
type tellingKeys struct{ inner oidc.KeySet }

type keysErrorKey struct{}

// VerifySignature is the inner one's.
func (k tellingKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.inner.VerifySignature(ctx, jwt)
	if slot, ok := ctx.Value(keysErrorKey{}).(*error); ok {
		*slot = err
	}
	return payload, err
}

// scopes are what is asked for: openid and the provider's own.
func (p Provider) scopes() []string {
	out := []string{oidc.ScopeOpenID}
	for _, one := range p.Scopes {
		if one = strings.TrimSpace(one); one != "" && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}
