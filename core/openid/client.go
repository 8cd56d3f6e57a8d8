package openid

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Client is a site that signs people in through the city. Its client_id is ID as text.
type Client struct {
	ID      id.ID
	Active  bool
	Made    time.Time
	Version int64
	Profile
	Secrets []Secret `json:"secrets,omitempty"` // newest first
}

// Key is the client_id.
func (c Client) Key() string { return c.ID.String() }

// Profile is what the administrator says of a site.
type Profile struct {
	Name        lang.Text `json:"name"`
	Purpose     lang.Text `json:"purpose"`               // why it wants the data, for the person's eyes
	Home        string    `json:"home"`                  // the site's own address
	Policy      string    `json:"policy"`                // the page that says how it deals with data
	City        bool      `json:"city"`                  // the city's own: knows people by their city-wide name
	Trusted     bool      `json:"trusted"`               // the city's own, asks nobody for consent
	Redirects   []string  `json:"redirects"`             // compared whole, character by character
	AfterLogout []string  `json:"after_logout"`          // where a person may be sent after signing out
	Sector      string    `json:"sector"`                // address of the sector's document; empty: the one host of Redirects
	BackChannel string    `json:"back_channel"`          // where the end of a session is told; empty: nowhere
	Method      string    `json:"method"`                // AuthNone and so on
	Keys        string    `json:"keys"`                  // JWKS, for AuthKey
	Scopes      []string  `json:"scopes"`                // what it may ask for
	Optional    []string  `json:"optional"`              // of these, what the person may leave out
	Grants      []string  `json:"grants"`                // GrantCode and so on
	Alg         string    `json:"alg"`                   // of ID tokens: ES256 or RS256
	SignedInfo  bool      `json:"signed_info,omitempty"` // userinfo comes as a signed JWT
	MustPush    bool      `json:"must_push,omitempty"`   // requests come pushed only
	MustProve   bool      `json:"must_prove,omitempty"`  // tokens are bound to a key of the client (DPoP)
}

// Secret is a client secret as it is kept: SHA-256 of 256 random bits.
type Secret struct {
	Hash []byte    `json:"hash"`
	Made time.Time `json:"made"`
	Ends time.Time `json:"ends,omitzero"` // zero: it holds
}

// Public tells a client that can keep no secret: a page's script, an application on a phone.
func (p Profile) Public() bool { return p.Method == AuthNone }

func (p Profile) allows(grant string) bool { return slices.Contains(p.Grants, grant) }

// origins are whose scripts may talk to the token endpoint: those of a public client's own pages.
func (p Profile) origins() []string {
	var out []string
	if !p.Public() {
		return nil
	}
	for _, address := range p.Redirects {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}

// sector is the host by which people are named to the site.
func (p Profile) sector() string {
	address := p.Sector
	if address == "" && len(p.Redirects) > 0 {
		address = p.Redirects[0]
	}
	if address == "" {
		address = p.Home
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// redirects tells whether an address is one of the site's. It is compared whole (RFC 9700, 2.1), but for the port of a
// program on the person's own machine, which it can't choose ahead (RFC 8252, 7.3).
func (p Profile) redirects(address string) bool {
	if slices.Contains(p.Redirects, address) {
		return true
	}
	for _, known := range p.Redirects {
		if plain, ok := withoutPort(known); ok && p.Public() {
			if got, ok := withoutPort(address); ok && got == plain {
				return true
			}
		}
	}
	return false
}

// withoutPort is a loopback address without its port; false for any other address.
func withoutPort(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || !loopbackIP(u.Hostname()) || strings.Contains(address, "#") {
		return "", false
	}
	return "http://" + bracketed(u.Hostname()) + u.RequestURI(), true
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func loopbackIP(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Bounds of a registration.
const (
	addressesMost = 20
	addressMost   = 500
	keysMost      = 20_000
)

// check says what is wrong with a registration, field by field; nil when nothing is.
func (p Profile) check() []fault.Field {
	var out []fault.Field
	bad := func(name, key string) { out = append(out, fault.Field{Name: name, ID: "openid.client." + key}) }
	for name, text := range map[string]lang.Text{"name": p.Name, "purpose": p.Purpose} {
		if strings.TrimSpace(text.RU) == "" {
			bad(name+"_ru", "empty")
		}
		if strings.TrimSpace(text.EN) == "" {
			bad(name+"_en", "empty")
		}
	}
	if !webAddress(p.Home) {
		bad("home", "bad_address")
	}
	if !webAddress(p.Policy) {
		bad("policy", "bad_address")
	}
	p.checkAddresses(bad)
	p.checkRights(bad)
	slices.SortStableFunc(out, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (p Profile) checkAddresses(bad func(name, key string)) {
	hosts := map[string]bool{}
	for _, address := range p.Redirects {
		if key := redirectFault(address); key != "" {
			bad("redirects", key)
			break
		}
		u, _ := url.Parse(address) // redirectFault has parsed it
		hosts[u.Hostname()] = true
	}
	switch {
	case len(p.Redirects) == 0 && p.allows(GrantCode):
		bad("redirects", "no_address")
	case len(p.Redirects) > addressesMost || len(p.AfterLogout) > addressesMost:
		bad("redirects", "many_addresses")
	case len(hosts) > 1 && p.Sector == "" && !p.City:
		bad("redirects", "many_hosts")
	}
	if slices.ContainsFunc(p.AfterLogout, func(a string) bool { return redirectFault(a) != "" }) {
		bad("after_logout", "bad_address")
	}
	if p.Sector != "" && !secureAddress(p.Sector) {
		bad("sector", "not_https")
	}
	if p.BackChannel != "" && !webAddress(p.BackChannel) {
		bad("back_channel", "bad_address")
	}
}

func (p Profile) checkRights(bad func(name, key string)) {
	among := func(name string, have, known []string) {
		if slices.ContainsFunc(have, func(one string) bool { return !slices.Contains(known, one) }) {
			bad(name, "unknown")
		}
	}
	among("scopes", p.Scopes, Scopes())
	among("optional", p.Optional, p.Scopes)
	among("grants", p.Grants, Grants())
	among("method", []string{p.Method}, AuthMethods())
	among("alg", []string{p.Alg}, algs())
	if !slices.Contains(p.Scopes, ScopeOpenID) {
		bad("scopes", "no_openid")
	}
	if !p.allows(GrantCode) && !p.allows(GrantDevice) {
		bad("grants", "no_grant")
	}
	if p.Trusted && !p.City {
		bad("trusted", "trusted_not_city")
	}
	if p.Method == AuthKey {
		if _, err := parseKeys(p.Keys); err != nil {
			bad("keys", "bad_keys")
		}
	}
}

// parseKeys reads a client's public keys. A private one, or one that only encrypts, is no key to check by.
func parseKeys(text string) (jose.JSONWebKeySet, error) {
	var out jose.JSONWebKeySet
	if len(text) > keysMost {
		return out, fault.New(fault.Invalid, "openid.client.bad_keys")
	}
	if err := strictJSON([]byte(text), &out); err != nil {
		return out, err
	}
	for _, key := range out.Keys {
		if !key.IsPublic() || !key.Valid() || key.Use == "enc" {
			return out, fault.New(fault.Invalid, "openid.client.bad_keys")
		}
	}
	if len(out.Keys) == 0 {
		return out, fault.New(fault.Invalid, "openid.client.bad_keys")
	}
	return out, nil
}

// redirectFault says what is wrong with an address that people are sent back to, or "". It is https, or, for a program
// on the person's own machine, http to that very machine by its number (RFC 8252, 8.3: localhost may be taken over).
func redirectFault(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || len(address) > addressMost || !plainAddress(address):
		return "bad_address"
	case strings.Contains(address, "#"):
		return "fragment"
	case strings.Contains(address, "*"):
		return "wildcard"
	case u.Scheme == "https":
		return ""
	case u.Scheme == "http" && loopbackIP(u.Hostname()):
		return ""
	}
	return "not_https"
}

// plainAddress tells a text that every program reads alike: printable ASCII, no backslash, no dot segments.
func plainAddress(address string) bool {
	for _, r := range address {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`\"<>^{}|`+"`", r) {
			return false
		}
	}
	return !strings.Contains(address, "/../") && !strings.HasSuffix(address, "/..")
}

func secureAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(address) <= addressMost && plainAddress(address) && !strings.Contains(address, "#")
}

// webAddress is a secure address, or one of this very machine: a demo, a test, a site beside the city.
func webAddress(address string) bool {
	u, err := url.Parse(address)
	return secureAddress(address) || err == nil && u.Scheme == "http" && loopbackIP(u.Hostname()) && u.User == nil && plainAddress(address) && !strings.Contains(address, "#")
}
