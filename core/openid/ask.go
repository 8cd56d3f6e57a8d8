package openid

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/kit/act"
)

// ask is what a site asks of the city for one sign-in, checked for form. It is kept as JSON, sealed.
type ask struct {
	Client    string      `json:"client"`
	Redirect  string      `json:"redirect"`
	State     string      `json:"state,omitempty"`
	Scopes    []string    `json:"scopes"`
	Nonce     string      `json:"nonce,omitempty"`
	Challenge string      `json:"challenge"`
	None      bool        `json:"none,omitempty"`    // prompt=none: ask the person nothing
	Login     bool        `json:"login,omitempty"`   // prompt=login: the person shows anew that they are there
	Consent   bool        `json:"consent,omitempty"` // prompt=consent: ask even what was allowed before
	MaxAge    *int64      `json:"max_age,omitempty"` // seconds since the person was last there, at most
	Levels    []assured   `json:"levels,omitempty"`  // in the order of the site's wish
	Essential bool        `json:"essential,omitempty"`
	Claims    claimsAsked `json:"claims"`
	Hint      string      `json:"hint,omitempty"`    // login_hint
	Subject   string      `json:"subject,omitempty"` // of id_token_hint, once it was checked
	Locales   string      `json:"locales,omitempty"`
	Proof     string      `json:"proof,omitempty"` // thumbprint of the client's DPoP key
	Made      time.Time   `json:"made"`
	Raised    bool        `json:"raised,omitempty"` // the person was asked once for the level that the site would like
	idToken   string      // id_token_hint as it came
}

// assured is one acr value as it is kept.
type assured struct {
	Level  act.Level `json:"level"`
	Strong bool      `json:"strong,omitempty"`
}

// claimsAsked is the claims parameter (OpenID Connect Core, 5.5): single claims by where they are wanted.
type claimsAsked struct {
	Info  []string `json:"info,omitempty"`
	Token []string `json:"token,omitempty"`
	Part  []string `json:"part,omitempty"` // scopes that came by single claims alone, once the request was granted
}

func (c claimsAsked) all() []string { return union(c.Info, c.Token) }

// Bounds of what a site may send.
const (
	stateMost  = 2000
	nonceMost  = 500
	claimsMost = 8000
	listMost   = 40
)

// known are the parameters of an authorization request that may come once at most.
var known = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"prompt", "max_age", "acr_values", "claims", "login_hint", "id_token_hint", "ui_locales", "request", "request_uri", "dpop_jkt", "display",
}

// parseAsk reads an authorization request. The redirect and the client are only copied: who they are is checked first by
// the caller, since a refusal is told at the redirect.
func parseAsk(values url.Values, now time.Time) (ask, *Error) {
	out := ask{
		Client: values.Get("client_id"), Redirect: values.Get("redirect_uri"), State: values.Get("state"), Nonce: values.Get("nonce"),
		Challenge: values.Get("code_challenge"), Hint: values.Get("login_hint"), Locales: values.Get("ui_locales"), Proof: values.Get("dpop_jkt"),
		Made: now, idToken: values.Get("id_token_hint"),
	}
	for _, name := range known {
		if len(values[name]) > 1 {
			return out, refuse("invalid_request", name+" was sent more than once")
		}
	}
	if err := checkKind(values); err != nil {
		return out, err
	}
	if err := out.checkForm(); err != nil {
		return out, err
	}
	out.Scopes = words(values.Get("scope"))
	if !slices.Contains(out.Scopes, ScopeOpenID) || len(out.Scopes) > listMost {
		return out, refuse("invalid_scope", "scope must contain openid")
	}
	if err := out.readPrompt(values); err != nil {
		return out, err
	}
	if err := out.readLevels(values.Get("acr_values")); err != nil {
		return out, err
	}
	return out, out.readClaims(values.Get("claims"))
}

// checkKind refuses what the city does not speak.
func checkKind(values url.Values) *Error {
	switch {
	case values.Get("request") != "":
		return refuse("request_not_supported", "send the parameters themselves, or push them to the pushed_authorization_request_endpoint")
	case values.Get("request_uri") != "":
		return refuse("request_uri_not_supported", "only an address given by the pushed_authorization_request_endpoint is taken")
	case values.Get("response_type") == "":
		return refuse("invalid_request", "response_type is missing")
	case values.Get("response_type") != "code":
		return refuse("unsupported_response_type", "response_type must be code")
	case values.Get("response_mode") != "" && values.Get("response_mode") != "query":
		return refuse("invalid_request", "response_mode must be query")
	}
	return nil
}

func (a *ask) checkForm() *Error {
	for name, one := range map[string]struct {
		text string
		most int
	}{"state": {a.State, stateMost}, "nonce": {a.Nonce, nonceMost}, "login_hint": {a.Hint, nonceMost}, "ui_locales": {a.Locales, nonceMost}} {
		if len(one.text) > one.most || !utf8.ValidString(one.text) || strings.ContainsRune(one.text, 0) {
			return refuse("invalid_request", name+" is too long or is no text")
		}
	}
	if a.Proof != "" && len(a.Proof) != 43 {
		return refuse("invalid_request", "dpop_jkt is no thumbprint")
	}
	return nil
}

// checkChallenge holds the request to PKCE with S256 (RFC 7636), which this city demands of everybody.
func checkChallenge(values url.Values) *Error {
	challenge := values.Get("code_challenge")
	switch {
	case challenge == "":
		return refuse("invalid_request", "code_challenge is missing: PKCE with S256 is demanded of every client")
	case values.Get("code_challenge_method") != "S256":
		return refuse("invalid_request", "code_challenge_method must be S256")
	case len(challenge) != 43 || strings.Trim(challenge, base64URL) != "":
		return refuse("invalid_request", "code_challenge is no SHA-256 in base64url")
	}
	return nil
}

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func (a *ask) readPrompt(values url.Values) *Error {
	if err := checkChallenge(values); err != nil {
		return err
	}
	for _, word := range words(values.Get("prompt")) {
		switch word {
		case "none":
			a.None = true
		case "login", "select_account":
			a.Login = true
		case "consent":
			a.Consent = true
		default:
			return refuse("invalid_request", "prompt is none, login, consent or select_account")
		}
	}
	if a.None && (a.Login || a.Consent) {
		return refuse("invalid_request", "prompt=none stands alone")
	}
	text := values.Get("max_age")
	if text == "" {
		return nil
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || seconds < 0 {
		return refuse("invalid_request", "max_age must be a whole number of seconds")
	}
	a.MaxAge = &seconds
	return nil
}

func (a *ask) readLevels(text string) *Error {
	list := words(text)
	if len(list) > listMost {
		return refuse("invalid_request", "too many acr_values")
	}
	for _, value := range list { // unknown ones are passed over: the wish is a voluntary one (Core, 3.1.2.1)
		if one, ok := parseACR(value); ok {
			a.Levels = append(a.Levels, assured{one.level, one.strong})
		}
	}
	return nil
}

// claimAsked is one member of the claims parameter.
type claimAsked struct {
	Essential bool              `json:"essential"`
	Value     json.RawMessage   `json:"value"`
	Values    []json.RawMessage `json:"values"`
}

func (a *ask) readClaims(text string) *Error {
	if text == "" {
		return nil
	}
	bad := refuse("invalid_request", "claims is no JSON of the form that OpenID Connect Core 5.5 gives")
	if len(text) > claimsMost {
		return bad
	}
	var in struct {
		Info  map[string]*claimAsked `json:"userinfo"`
		Token map[string]*claimAsked `json:"id_token"`
	}
	if err := strictJSON([]byte(text), &in); err != nil || len(in.Info)+len(in.Token) > listMost {
		return bad
	}
	for name := range in.Info {
		a.Claims.Info = append(a.Claims.Info, name)
	}
	for name := range in.Token {
		a.Claims.Token = append(a.Claims.Token, name)
	}
	slices.Sort(a.Claims.Info)
	slices.Sort(a.Claims.Token)
	a.Claims.Info, a.Claims.Token = only(a.Claims.Info, claimNames()), only(a.Claims.Token, claimNames())
	return a.readAsked(in.Token)
}

// readAsked takes from the claims parameter what is asked of the sign-in itself: whose and how sure.
func (a *ask) readAsked(in map[string]*claimAsked) *Error {
	if sub := in["sub"]; sub != nil && sub.Value != nil {
		if err := json.Unmarshal(sub.Value, &a.Subject); err != nil {
			return refuse("invalid_request", "claims asks for a sub that is no text")
		}
	}
	wanted := in["acr"]
	if wanted == nil {
		return nil
	}
	values := wanted.Values
	if wanted.Value != nil {
		values = append(values, wanted.Value)
	}
	var levels []assured
	for _, raw := range values {
		var name string
		if err := json.Unmarshal(raw, &name); err != nil {
			return refuse("invalid_request", "claims asks for an acr that is no text")
		}
		if one, ok := parseACR(name); ok {
			levels = append(levels, assured{one.level, one.strong})
		}
	}
	if len(values) > 0 {
		a.Levels, a.Essential = levels, wanted.Essential
	}
	return nil
}

// encodeAsk and decodeAsk are how a request is kept.
func encodeAsk(a ask) ([]byte, error) { return json.Marshal(a) }

func decodeAsk(text []byte) (ask, error) {
	var out ask
	return out, json.Unmarshal(text, &out)
}
