package openid

import (
	"errors"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// How long things live.
const (
	CodeLife    = time.Minute          // a code, from the browser's redirect to its exchange
	AccessLife  = 10 * time.Minute     // an access token
	IDTokenLife = 10 * time.Minute     // an ID token
	RefreshLife = 30 * 24 * time.Hour  // a refresh token of an offline family, unused
	RefreshMost = 365 * 24 * time.Hour // an offline family, however often it is used
	RequestLife = time.Hour            // a request that waits for its person
	PushLife    = 90 * time.Second     // a pushed request, until a browser brings it
	DeviceLife  = 10 * time.Minute     // a device's code
	DevicePause = 5 * time.Second      // between two questions of a device, at least
	LostAnswer  = 10 * time.Second     // a client that proves itself may refresh again with the turn before
	SecretStays = 7 * 24 * time.Hour   // an old client secret beside a new one
)

// The scopes. offline_access is not about data: the site may act while the person is away.
const (
	ScopeOpenID  = "openid"
	ScopeProfile = "profile"
	ScopeEmail   = "email"
	ScopePhone   = "phone"
	ScopeSNILS   = "snils"
	ScopeLevel   = "level"
	ScopeOffline = "offline_access"
)

// Scopes lists every scope, in the order in which pages show them.
func Scopes() []string {
	return []string{ScopeOpenID, ScopeProfile, ScopeEmail, ScopePhone, ScopeSNILS, ScopeLevel, ScopeOffline}
}

// The grants.
const (
	GrantCode    = "authorization_code"
	GrantRefresh = "refresh_token"
	GrantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

// Grants lists every grant.
func Grants() []string { return []string{GrantCode, GrantRefresh, GrantDevice} }

// The ways in which a client shows that it is itself.
const (
	AuthNone  = "none"
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	AuthKey   = "private_key_jwt"
)

// AuthMethods lists every way.
func AuthMethods() []string { return []string{AuthBasic, AuthPost, AuthKey, AuthNone} }

// Levels as acr says them; "+strong" is added for two factors.
const strongSuffix = "+strong"

var levelNames = map[act.Level]string{act.Basic: "basic", act.Standard: "standard", act.Verified: "verified"}

// acrOf is how a sign-in is told to a client.
func acrOf(level act.Level, strong bool) string {
	name := levelNames[level]
	if name != "" && strong {
		name += strongSuffix
	}
	return name
}

// assurance is what an acr value asks for.
type assurance struct {
	level  act.Level
	strong bool
}

// acrValues are all that a client may ask for, the strongest last.
func acrValues() []string {
	var out []string
	for _, level := range []act.Level{act.Basic, act.Standard, act.Verified} {
		out = append(out, levelNames[level], levelNames[level]+strongSuffix)
	}
	return out
}

// parseACR reads an acr value; false: the city has no such level.
func parseACR(value string) (assurance, bool) {
	for level, name := range levelNames {
		switch value {
		case name:
			return assurance{level: level}, true
		case name + strongSuffix:
			return assurance{level: level, strong: true}, true
		}
	}
	return assurance{}, false
}

// Error is a refusal in the protocol's words (RFC 6749, 5.2). Its text goes to programs, in English.
type Error struct {
	Code   string // invalid_grant, access_denied
	Text   string // for the client's developer; never about a person
	Status int    // HTTP status where it is answered directly; 0: 400
	Cause  error  // for the log
}

// Error is for the log.
func (e *Error) Error() string {
	text := "openid: " + e.Code + ": " + e.Text
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

func refuse(code, text string) *Error { return &Error{Code: code, Text: text} }

// asError finds a refusal in an error's chain.
func asError(err error) (*Error, bool) {
	var out *Error
	ok := errors.As(err, &out)
	return out, ok
}

// The faults of the pages.
var (
	ErrFields  = fault.New(fault.Invalid, "openid.fields")
	ErrOver    = fault.New(fault.Gone, "openid.request_over")
	ErrClient  = fault.New(fault.Invalid, "openid.unknown_site")
	ErrAddress = fault.New(fault.Invalid, "openid.wrong_address")
	ErrCode    = fault.New(fault.Invalid, "openid.wrong_code")
	ErrChanged = fault.New(fault.Conflict, "openid.changed_meanwhile")
	ErrSector  = fault.New(fault.Unavailable, "openid.sector_document")
)

// issuerHolder holds the keys that sign.
var issuerHolder = id.Derived("openid", "issuer")

// house is the act by which the module reads its own tables: nobody looks, so that no record is left.
var house = act.Act{Actor: act.Actor{Kind: act.System}, Purpose: act.Purpose{Kind: "account"}, Channel: act.Job, Assurance: act.Verified}
