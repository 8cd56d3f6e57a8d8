package vault

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"posad.city/kit/store"
)

// Purpose is what a city key is for. Keys of different purposes never meet.
type Purpose string

// The purposes.
const (
	Holders  Purpose = "holders"  // wraps holders' keys
	Index    Purpose = "index"    // keyed search
	Seals    Purpose = "seals"    // signs documents (Ed25519)
	Journal  Purpose = "journal"  // signs promises and checkpoints (Ed25519)
	Sessions Purpose = "sessions" // binds session cookies and one-time codes

	Authority   Purpose = "authority"   // signs the city's certificates (P-256)
	Papers      Purpose = "papers"      // signs PDF files (P-256), under a certificate
	Credentials Purpose = "credentials" // signs credentials and their status lists (P-256)
	Exchange    Purpose = "exchange"    // signs the log of messages with other houses (P-256), under a certificate
)

func purposes() []Purpose {
	return []Purpose{Holders, Index, Seals, Journal, Sessions, Authority, Papers, Credentials, Exchange}
}

func (p Purpose) signs() bool { return p == Seals || p == Journal }

// Secret is one version of a city key. It shows nothing of itself when printed.
type Secret struct {
	Purpose Purpose
	Number  int64     // 1 and up; the highest that has started is primary
	Starts  time.Time // from when new things are made with it
	Retired time.Time // when its secret was destroyed; zero while it lives
	Bytes   []byte    // 32 bytes, an Ed25519 seed or what a P-256 key is derived from, for those that sign; nil when retired
	Public  []byte    // the public half, for the purposes that sign: of Ed25519, or a point of P-256 without compression

	kek    string
	cipher tink.AEAD // for Holders
}

// String shows the version alone.
func (s Secret) String() string { return fmt.Sprintf("(%s key %d)", s.Purpose, s.Number) }

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON refuses.
func (s Secret) MarshalJSON() ([]byte, error) { return nil, ErrJSON }

// The errors of city keys.
var (
	// ErrIndex says that the key of keyed search can't be rotated: columns keyed with the old one would no longer be found.
	ErrIndex = errors.New("vault: the key of keyed search cannot be rotated while columns are keyed with it")
	// ErrInUse says that a city key is primary, still wraps holders' keys, or does not exist, and so can't be retired.
	ErrInUse = errors.New("vault: the key is in use")
	// ErrCityKey says that a holder's key is wrapped by a city key that is not in the database.
	ErrCityKey = errors.New("vault: the city's key for this holder is missing")
)

// ring is the city's keys in memory, newest first for each purpose; immutable.
type ring map[Purpose][]Secret

func (r ring) primary(p Purpose, now time.Time) (Secret, bool) {
	for _, s := range r[p] {
		if s.Bytes != nil && !s.Starts.After(now) {
			return s, true
		}
	}
	return Secret{}, false
}

func (r ring) numbered(p Purpose, number int64) (Secret, bool) {
	for _, s := range r[p] {
		if s.Number == number && s.Bytes != nil {
			return s, true
		}
	}
	return Secret{}, false
}

func boundCityKey(p Purpose, number int64) []byte {
	return bind([]byte("posad city key"), []byte(p), fmt.Append(nil, number))
}

func openRing(kek *KEK, rows []cityKeyRow) (ring, error) {
	out := ring{}
	for _, row := range rows {
		s, err := openSecret(kek, row)
		if err != nil {
			return nil, fmt.Errorf("vault: %s key %d: %w", row.purpose, row.number, err)
		}
		out[row.purpose] = append(out[row.purpose], s)
	}
	return out, nil
}

func openSecret(kek *KEK, row cityKeyRow) (Secret, error) {
	s := Secret{Purpose: row.purpose, Number: row.number, Starts: row.starts, Retired: row.retired, Public: row.public, kek: row.kek}
	if row.wrapped == nil {
		return s, nil
	}
	secret, err := kek.unwrap(row.kek, row.wrapped, boundCityKey(row.purpose, row.number))
	if err != nil {
		return Secret{}, err
	}
	s.Bytes = secret
	public, err := publicHalf(s.Purpose, secret)
	if err != nil {
		return Secret{}, err
	}
	if public != nil && !bytes.Equal(public, row.public) {
		return Secret{}, ErrOpen // somebody put another public key into the row
	}
	if s.Purpose == Holders {
		s.cipher, err = newCipher(secret)
	}
	return s, err
}

func signingPublic(seed []byte) []byte {
	return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
}

// newCityKey makes the statement that adds a key.
func newCityKey(kek *KEK, p Purpose, number int64, starts time.Time) (store.Stmt, error) {
	secret := newSecret()
	wrapped, kekID, err := kek.wrap(secret, boundCityKey(p, number))
	if err != nil {
		return store.Stmt{}, err
	}
	public, err := publicHalf(p, secret)
	if err != nil {
		return store.Stmt{}, err
	}
	return store.Stmt{Query: insertCityKey, Args: []any{string(p), number, starts, kekID, wrapped, store.Nullable(public)}}, nil
}
