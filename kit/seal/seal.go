package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/vault"
)

// Use is what a key signs.
type Use string

// The uses.
const (
	Documents Use = "documents" // result documents and their tokens
	Journal   Use = "journal"   // promises and checkpoints of the journal
)

func (u Use) purpose() vault.Purpose {
	if u == Journal {
		return vault.Journal
	}
	return vault.Seals
}

// KeyID names a public key: the first eight bytes of a hash of it, as 16 hexadecimal digits.
type KeyID string

// IDOf is the id of an Ed25519 public key.
func IDOf(public ed25519.PublicKey) KeyID {
	sum := sha256.Sum256(append([]byte("posad key\x00"), public...))
	return KeyID(hex.EncodeToString(sum[:8]))
}

// Short is how people compare ids: 12ab-34cd-56ef-7890.
func (k KeyID) Short() string {
	if len(k) != 16 {
		return string(k)
	}
	return string(k[:4] + "-" + k[4:8] + "-" + k[8:12] + "-" + k[12:])
}

// Signature is a signature and the key that made it.
type Signature struct {
	Key   KeyID
	Bytes []byte // 64 bytes
}

// The errors of signatures.
var (
	// ErrSignature says that the signature does not fit: the message was changed, or another key made it.
	ErrSignature = errors.New("seal: the signature does not fit")
	// ErrUnknownKey says that the key is not in the set.
	ErrUnknownKey = errors.New("seal: the key is not in the set")
	// ErrNoKey says that the city has no key to sign with.
	ErrNoKey = errors.New("seal: there is no key to sign with")
)

// Source hands out the city's keys, newest first; *vault.Vault is one.
type Source interface {
	Secrets(vault.Purpose) []vault.Secret
}

// Seal signs for one city. It is safe for concurrent use.
type Seal struct {
	city  string
	from  Source
	clock clock.Clock
}

// New returns the seal of a city, named by its key, for example "kitezh".
func New(city string, from Source, c clock.Clock) *Seal {
	return &Seal{city: city, from: from, clock: c}
}

// City is whose seal it is.
func (s *Seal) City() string { return s.city }

// Sign signs a message of a domain, for example "promise", by the newest key of the use that has started.
func (s *Seal) Sign(use Use, domain string, message []byte) (Signature, error) {
	now := s.clock.Now()
	for _, secret := range s.from.Secrets(use.purpose()) {
		if secret.Bytes == nil || secret.Starts.After(now) {
			continue
		}
		return sign(secret, domain, message), nil
	}
	return Signature{}, fmt.Errorf("%w: %s", ErrNoKey, use)
}

func sign(secret vault.Secret, domain string, message []byte) Signature {
	private := ed25519.NewKeyFromSeed(secret.Bytes)
	return Signature{Key: IDOf(secret.Public), Bytes: ed25519.Sign(private, signed(domain, message))}
}

// signed is what the signature is over. A domain is a constant of the program without zero bytes.
func signed(domain string, message []byte) []byte {
	return append([]byte("posad signature 1\x00"+domain+"\x00"), message...)
}

// Keys is the city's public key set as of now, signed.
func (s *Seal) Keys() (KeySet, error) {
	set := KeySet{City: s.city, Issued: s.clock.Now().Truncate(time.Second)}
	var living []vault.Secret
	for _, use := range []Use{Documents, Journal} {
		for _, secret := range s.from.Secrets(use.purpose()) {
			set.Keys = append(set.Keys, PublicKey{
				ID: IDOf(secret.Public), Use: use, Public: secret.Public,
				Starts: secret.Starts.Truncate(time.Second), Retired: secret.Retired.Truncate(time.Second),
			})
			if secret.Bytes != nil {
				living = append(living, secret)
			}
		}
	}
	message, err := set.message()
	if err != nil {
		return KeySet{}, err
	}
	for _, secret := range living {
		set.Signatures = append(set.Signatures, sign(secret, domainKeys, message))
	}
	return set, nil
}

var base64url = base64.RawURLEncoding.Strict()
