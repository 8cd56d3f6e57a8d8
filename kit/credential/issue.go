package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/kit/authority"
	"posad.city/kit/clock"
	"posad.city/kit/vault"
)

// Issuer issues one city's credentials and status lists. It is safe for concurrent use.
type Issuer struct {
	address   string
	from      authority.Source
	authority *authority.Authority
	clock     clock.Clock
}

// New returns the issuer of a city. address is the portal's, https and without a slash at the end; it is the issuer's name.
func New(address string, from authority.Source, a *authority.Authority, c clock.Clock) *Issuer {
	return &Issuer{address: address, from: from, authority: a, clock: c}
}

// Credential is what Issue signs.
type Credential struct {
	Type    string    // vct: an address of the city that names the kind, for example https://kitezh.example/credentials/parking-permit
	Issued  time.Time // to the second; zero: now
	From    time.Time // from when it is good; zero: not said
	Expires time.Time // zero: it does not end
	Holder  *JWK      // the wallet's key; nil: whoever has the credential may show it
	Status  *Place    // nil: it can't be revoked
	Open    []Claim   // seen by everybody to whom it is shown
	Hidden  []Claim   // each shown or kept by the person
}

// Claim is a fact. The value is a text, a bool, an int64, or a list or map[string]any of such.
type Claim struct {
	Name  string
	Value any
}

// Place is where a credential stands in a status list.
type Place struct {
	Index int64  `json:"idx"`
	List  string `json:"uri"`
}

// The kinds of token.
const (
	MediaType       = "application/dc+sd-jwt"      // of a credential
	StatusMediaType = "application/statuslist+jwt" // of a status list

	kindCredential = "dc+sd-jwt"
	kindBinding    = "kb+jwt"
	kindStatus     = "statuslist+jwt"

	saltBytes  = 16
	decoyStep  = 4   // hashes are filled up to a multiple of it
	mostHidden = 200 // claims of a credential
)

// ErrClaim says that a claim has a name that the format keeps for itself, or one that is there twice.
var ErrClaim = errors.New("credential: a claim has a name that is taken")

// reserved are the names that no claim may have: what they mean is fixed, and none of them may be hidden.
var reserved = []string{"iss", "iat", "nbf", "exp", "sub", "aud", "jti", "cnf", "vct", "vct#integrity", "status", "_sd", "_sd_alg", "..."}

// Reserved tells whether no claim may have a name.
func Reserved(name string) bool { return name == "" || slices.Contains(reserved, name) }

// Issue signs a credential. The text goes to the holder whole; it holds every hidden claim. Two issues of the same facts have
// other salts and can't be told to be of one person by them.
func (s *Issuer) Issue(c Credential) (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	if c.Issued.IsZero() {
		c.Issued = s.clock.Now()
	}
	payload := map[string]any{"iss": s.address, "vct": c.Type, "iat": seconds(c.Issued)}
	for name, at := range map[string]time.Time{"nbf": c.From, "exp": c.Expires} {
		if !at.IsZero() {
			payload[name] = seconds(at)
		}
	}
	if c.Holder != nil {
		payload["cnf"] = map[string]any{"jwk": JWK{Type: c.Holder.Type, Curve: c.Holder.Curve, X: c.Holder.X, Y: c.Holder.Y}}
	}
	if c.Status != nil {
		payload["status"] = map[string]any{"status_list": c.Status}
	}
	for _, claim := range c.Open {
		payload[claim.Name] = claim.Value
	}
	disclosures, err := hide(payload, c.Hidden)
	if err != nil {
		return "", err
	}
	signed, err := s.sign(kindCredential, payload)
	if err != nil {
		return "", err
	}
	return signed + "~" + strings.Join(append(disclosures, ""), "~"), nil
}

func (c Credential) check() error {
	if c.Type == "" || len(c.Hidden) > mostHidden {
		return errors.New("credential: it needs a kind, and at most 200 hidden claims")
	}
	seen := slices.Clone(reserved)
	for _, claim := range slices.Concat(c.Open, c.Hidden) {
		if claim.Name == "" || slices.Contains(seen, claim.Name) {
			return fmt.Errorf("%w: %q", ErrClaim, claim.Name)
		}
		seen = append(seen, claim.Name)
	}
	if c.Holder != nil {
		if _, err := c.Holder.Public(); err != nil {
			return err
		}
	}
	return nil
}

// hide puts the hashes of the claims into the payload, in the order of the hashes, and returns what opens them.
func hide(payload map[string]any, claims []Claim) ([]string, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	var out, hashes []string
	for _, claim := range claims {
		opening, err := marshal([]any{newSalt(), claim.Name, claim.Value})
		if err != nil {
			return nil, err
		}
		disclosure := base64url.EncodeToString(opening)
		out, hashes = append(out, disclosure), append(hashes, hashOf(disclosure))
	}
	for len(hashes)%decoyStep != 0 {
		hashes = append(hashes, hashOf(newSalt()))
	}
	slices.Sort(hashes)
	payload["_sd"], payload["_sd_alg"] = hashes, "sha-256"
	return out, nil
}

func newSalt() string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // it never fails
	return base64url.EncodeToString(salt)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64url.EncodeToString(sum[:])
}

func (s *Issuer) sign(kind string, payload any) (string, error) {
	by, err := s.authority.Signer(vault.Credentials)
	if err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	key, err := JWKOf(&by.Key.PublicKey)
	if err != nil {
		return "", err
	}
	return compact(header{Algorithm: algorithm, Type: kind, Key: key.ID, Chain: []string{base64.StdEncoding.EncodeToString(by.Leaf.Raw)}}, payload, by.Key)
}

// KeySet is the public keys of an issuer.
type KeySet struct {
	Issuer string
	Keys   []Key
}

// Key is one of them.
type Key struct {
	JWK
	Starts  time.Time
	Retired time.Time // when its secret was destroyed; what it signed before stays good. Zero while it lives, or when nobody says
}

// Keys are the issuer's public keys, those whose secret is gone too, newest first.
func (s *Issuer) Keys() (KeySet, error) {
	out := KeySet{Issuer: s.address}
	for _, secret := range s.from.Secrets(vault.Credentials) {
		public, err := secret.CurvePublic()
		if err != nil {
			return KeySet{}, fmt.Errorf("credential: %w", err)
		}
		key, err := JWKOf(public)
		if err != nil {
			return KeySet{}, err
		}
		out.Keys = append(out.Keys, Key{JWK: key, Starts: secret.Starts, Retired: secret.Retired})
	}
	return out, nil
}

type jwks struct {
	Keys []dated `json:"keys"`
}

// dated is a key as the file has it: with when it was good, in members of our own, which readers of others pass over (RFC
// 7517, 4). Those who check without the city must know it, for a destroyed key may have been stolen.
type dated struct {
	JWK
	Starts  int64 `json:"starts,omitempty"`  // seconds since 1970
	Retired int64 `json:"retired,omitempty"` // left out while it lives
}

type metadata struct {
	Issuer string `json:"issuer"`
	JWKS   jwks   `json:"jwks"`
}

func (k KeySet) jwks() jwks {
	out := jwks{Keys: []dated{}}
	for _, key := range k.Keys {
		one := dated{JWK: key.JWK}
		if !key.Starts.IsZero() {
			one.Starts = seconds(key.Starts)
		}
		if !key.Retired.IsZero() {
			one.Retired = seconds(key.Retired)
		}
		out.Keys = append(out.Keys, one)
	}
	return out
}

// JWKS is the set as a file (RFC 7517), for /.well-known/jwks.json of credentials.
func (k KeySet) JWKS() ([]byte, error) { return marshal(k.jwks()) }

// Metadata is what /.well-known/jwt-vc-issuer answers: who issues, and the keys.
func (k KeySet) Metadata() ([]byte, error) { return marshal(metadata{k.Issuer, k.jwks()}) }

// ParseMetadata reads what Metadata wrote. Nothing tells that it is the issuer's but the place that it came from.
func ParseMetadata(file []byte) (KeySet, error) {
	var in metadata
	if len(file) > mostToken {
		return KeySet{}, ErrForm
	}
	if err := json.Unmarshal(file, &in); err != nil {
		return KeySet{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	out := KeySet{Issuer: in.Issuer}
	for _, one := range in.JWKS.Keys {
		if _, err := one.Public(); err != nil {
			return KeySet{}, err
		}
		out.Keys = append(out.Keys, Key{JWK: one.JWK, Starts: timeOf(one.Starts), Retired: timeOf(one.Retired)})
	}
	return out, nil
}
