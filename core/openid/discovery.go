package openid

import (
	"net/http"

	"posad.city/kit/web"
)

// The paths of the protocol.
const (
	pathAuthorize  = "/oauth/authorize"
	pathToken      = "/oauth/token"
	pathUserinfo   = "/oauth/userinfo"
	pathKeys       = "/oauth/jwks"
	pathPush       = "/oauth/par"
	pathDevice     = "/oauth/device"
	pathIntrospect = "/oauth/introspect"
	pathRevoke     = "/oauth/revoke"
	pathLogout     = "/oauth/logout"
)

// metadata is what a client reads before anything else (OpenID Connect Discovery 1.0, 3; RFC 8414).
type metadata struct {
	Issuer           string   `json:"issuer"`
	Authorize        string   `json:"authorization_endpoint"`
	Token            string   `json:"token_endpoint"`
	Userinfo         string   `json:"userinfo_endpoint"`
	Keys             string   `json:"jwks_uri"`
	Push             string   `json:"pushed_authorization_request_endpoint"`
	Device           string   `json:"device_authorization_endpoint"`
	Introspect       string   `json:"introspection_endpoint"`
	Revoke           string   `json:"revocation_endpoint"`
	Logout           string   `json:"end_session_endpoint"`
	Scopes           []string `json:"scopes_supported"`
	ResponseTypes    []string `json:"response_types_supported"`
	ResponseModes    []string `json:"response_modes_supported"`
	Grants           []string `json:"grant_types_supported"`
	ACRs             []string `json:"acr_values_supported"`
	Subjects         []string `json:"subject_types_supported"`
	IDTokenAlgs      []string `json:"id_token_signing_alg_values_supported"`
	UserinfoAlgs     []string `json:"userinfo_signing_alg_values_supported"`
	AuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	AuthAlgs         []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	RevokeMethods    []string `json:"revocation_endpoint_auth_methods_supported"`
	InspectMethods   []string `json:"introspection_endpoint_auth_methods_supported"`
	Claims           []string `json:"claims_supported"`
	ClaimsParameter  bool     `json:"claims_parameter_supported"`
	Request          bool     `json:"request_parameter_supported"`
	RequestURI       bool     `json:"request_uri_parameter_supported"`
	RequirePush      bool     `json:"require_pushed_authorization_requests"`
	Challenges       []string `json:"code_challenge_methods_supported"`
	Iss              bool     `json:"authorization_response_iss_parameter_supported"`
	BackChannel      bool     `json:"backchannel_logout_supported"`
	BackChannelSID   bool     `json:"backchannel_logout_session_supported"`
	ProofAlgs        []string `json:"dpop_signing_alg_values_supported"`
	Prompts          []string `json:"prompt_values_supported"`
	Locales          []string `json:"ui_locales_supported"`
	VerifiedClaims   bool     `json:"verified_claims_supported"`
	TrustFrameworks  []string `json:"trust_frameworks_supported"`
	CheckedByCity    []string `json:"claims_in_verified_claims_supported"`
	ServiceDocuments string   `json:"service_documentation"`
}

func (m *Module) metadata() metadata {
	at := func(path string) string { return m.deps.Address + path }
	var signs []string
	for _, alg := range assertionAlgs {
		signs = append(signs, string(alg))
	}
	claims := append([]string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}, claimNames()...)
	return metadata{
		Issuer: m.deps.Address, Authorize: at(pathAuthorize), Token: at(pathToken), Userinfo: at(pathUserinfo), Keys: at(pathKeys), Push: at(pathPush),
		Device: at(pathDevice), Introspect: at(pathIntrospect), Revoke: at(pathRevoke), Logout: at(pathLogout),
		Scopes: Scopes(), ResponseTypes: []string{"code"}, ResponseModes: []string{"query"}, Grants: Grants(), ACRs: acrValues(),
		Subjects: []string{"pairwise", "public"}, IDTokenAlgs: algs(), UserinfoAlgs: algs(), AuthMethods: AuthMethods(), AuthAlgs: signs,
		RevokeMethods: AuthMethods(), InspectMethods: without(AuthMethods(), []string{AuthNone}), Claims: append(claims, "verified_claims"),
		ClaimsParameter: true, Challenges: []string{"S256"}, Iss: true, BackChannel: true, BackChannelSID: true, ProofAlgs: signs,
		Prompts: []string{"none", "login", "consent", "select_account"}, Locales: []string{"ru", "en"},
		VerifiedClaims: true, TrustFrameworks: []string{"posad_population_register"}, CheckedByCity: fromRegister,
		ServiceDocuments: at("/api/openapi.json"),
	}
}

func (m *Module) discovery(c *web.Context) error {
	if err := c.Header("Cache-Control", "public, max-age=300"); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.metadata())
}

func (m *Module) jwks(c *web.Context) error {
	set, err := m.ring.published(c.Context())
	if err != nil {
		return err
	}
	if err := c.Header("Cache-Control", maxAge(jwksAge)); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, set)
}
