package webhook

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The prefixes of keys as texts.
const (
	PrefixSecret  = "whsec_" // shared: signs and checks
	PrefixPrivate = "whsk_"  // Ed25519: signs
	PrefixPublic  = "whpk_"  // Ed25519: checks
)

// Bounds of a shared secret, bytes.
const (
	secretLeast = 24
	secretMost  = 64
)

// ErrKey says that a text is no key of this scheme.
var ErrKey = errors.New("webhook: want whsec_ and 24 to 64 bytes, or whsk_ or whpk_ and an Ed25519 key, as base64")

// Key signs messages, or checks their signatures, or both. The zero Key does neither.
type Key struct {
	secret  []byte
	private ed25519.PrivateKey
	public  ed25519.PublicKey
}

// ParseKey reads a key from its text. Errors: ErrKey.
func ParseKey(text string) (Key, error) {
	prefix, rest, _ := strings.Cut(text, "_")
	raw, err := base64.StdEncoding.Strict().DecodeString(rest)
	if err != nil {
		return Key{}, ErrKey
	}
	switch prefix + "_" {
	case PrefixSecret:
		if len(raw) >= secretLeast && len(raw) <= secretMost {
			return Key{secret: raw}, nil
		}
	case PrefixPrivate:
		switch len(raw) { // some write the seed alone
		case ed25519.SeedSize:
			raw = ed25519.NewKeyFromSeed(raw)
		case ed25519.PrivateKeySize:
			if made := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize]); !made.Equal(ed25519.PrivateKey(raw)) {
				return Key{}, ErrKey // its halves are not of one key
			}
		default:
			return Key{}, ErrKey
		}
		private := ed25519.PrivateKey(raw)
		return Key{private: private, public: private.Public().(ed25519.PublicKey)}, nil
	case PrefixPublic:
		if len(raw) == ed25519.PublicKeySize {
			return Key{public: raw}, nil
		}
	}
	return Key{}, ErrKey
}

// NewSecret makes a shared secret's text from 32 random bytes.
func NewSecret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // documented never to fail
	return PrefixSecret + base64.StdEncoding.EncodeToString(raw)
}

// NewPair makes an Ed25519 key: the text that signs, and the one that checks and may be shown to anybody.
func NewPair() (private, public string) {
	raw := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(raw)
	key := ed25519.NewKeyFromSeed(raw)
	return PrefixPrivate + base64.StdEncoding.EncodeToString(key), PrefixPublic + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// Public is the text of an Ed25519 key's half that checks; empty for a shared secret, of which there is no such half.
func (k Key) Public() string {
	if k.public == nil {
		return ""
	}
	return PrefixPublic + base64.StdEncoding.EncodeToString(k.public)
}

// signs tells whether the key can sign.
func (k Key) signs() bool { return k.secret != nil || k.private != nil }

// signature is one signature of a message, with its version.
func (k Key) signature(id string, at time.Time, body []byte) string {
	text := signed(id, at, body)
	if k.private != nil {
		return string(V1a) + "," + base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, text))
	}
	return string(V1) + "," + base64.StdEncoding.EncodeToString(sum(k.secret, text))
}

// made tells whether the key made a signature.
func (k Key) made(s Signature, text []byte) bool {
	switch s.Version {
	case V1:
		return k.secret != nil && hmac.Equal(s.Bytes, sum(k.secret, text))
	case V1a:
		return k.public != nil && ed25519.Verify(k.public, text, s.Bytes)
	}
	return false
}

// signed is what a signature is made over.
func signed(id string, at time.Time, body []byte) []byte {
	out := make([]byte, 0, len(id)+len(body)+24)
	out = append(append(out, id...), '.')
	out = append(strconv.AppendInt(out, at.Unix(), 10), '.')
	return append(out, body...)
}

func sum(secret, text []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(text)
	return mac.Sum(nil)
}

// Sign is the header webhook-signature of a message: one signature a key, in order. Errors: ErrKey when a key can't sign,
// or there is none; ErrID for an id that the header could not carry.
func Sign(keys []Key, id string, at time.Time, body []byte) (string, error) {
	if !fit(id) {
		return "", fmt.Errorf("%w: %q", ErrID, id)
	}
	out := make([]string, len(keys))
	for i, k := range keys {
		if !k.signs() {
			return "", ErrKey
		}
		out[i] = k.signature(id, at, body)
	}
	if len(out) == 0 {
		return "", ErrKey
	}
	return strings.Join(out, " "), nil
}
