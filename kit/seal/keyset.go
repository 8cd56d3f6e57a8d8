package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// PublicKey is one of the city's public keys.
type PublicKey struct {
	ID      KeyID
	Use     Use
	Public  ed25519.PublicKey
	Starts  time.Time // from when it signs, to the second
	Retired time.Time // when its secret was destroyed; zero while it lives. What it signed before stays good
}

// KeySet is what a city says about its keys. As a file it is format posad-keys/1.
type KeySet struct {
	City       string
	Issued     time.Time // to the second
	Keys       []PublicKey
	Signatures []Signature // one by each living key
}

// ErrKeySet says that a text is not a key set, or that a key set is not signed by a key of its own.
var ErrKeySet = errors.New("seal: this is not a key set of the form posad-keys/1")

const (
	formatKeys = "posad-keys/1"
	domainKeys = "keys"

	maxKeySet = 1 << 20 // bytes of a key set file; a real one has under 4 KB
	maxKeys   = 1000
)

// Find returns the key of an id.
func (k KeySet) Find(keyID KeyID) (PublicKey, bool) {
	for _, key := range k.Keys {
		if key.ID == keyID {
			return key, true
		}
	}
	return PublicKey{}, false
}

// Verify checks a signature over a message of a domain by a key of the use. Errors: ErrUnknownKey, ErrSignature.
func (k KeySet) Verify(use Use, domain string, message []byte, s Signature) (PublicKey, error) {
	key, ok := k.Find(s.Key)
	if !ok {
		return PublicKey{}, ErrUnknownKey
	}
	if key.Use != use || !ed25519.Verify(key.Public, signed(domain, message), s.Bytes) {
		return PublicKey{}, ErrSignature
	}
	return key, nil
}

// Vouches tells whether one of these keys has signed the other set: who trusts these keys may then trust those.
func (k KeySet) Vouches(other KeySet) bool {
	message, err := other.message()
	if err != nil || k.City != other.City {
		return false
	}
	for _, s := range other.Signatures {
		key, ok := k.Find(s.Key)
		if ok && ed25519.Verify(key.Public, signed(domainKeys, message), s.Bytes) {
			return true
		}
	}
	return false
}

// Value is the set as Canonical takes it.
func (k KeySet) Value() map[string]any {
	signatures := make([]any, 0, len(k.Signatures))
	for _, s := range k.Signatures {
		signatures = append(signatures, s.Value())
	}
	out := k.body()
	out["signatures"] = signatures
	return out
}

// Value is the signature as Canonical takes it.
func (s Signature) Value() map[string]any {
	return map[string]any{"key": string(s.Key), "value": base64url.EncodeToString(s.Bytes)}
}

func (k KeySet) body() map[string]any {
	keys := make([]any, 0, len(k.Keys))
	for _, key := range k.Keys {
		one := map[string]any{
			"id": string(key.ID), "use": string(key.Use), "algorithm": "Ed25519",
			"public": base64url.EncodeToString(key.Public), "starts": seconds(key.Starts),
		}
		if !key.Retired.IsZero() {
			one["retired"] = seconds(key.Retired)
		}
		keys = append(keys, one)
	}
	return map[string]any{"format": formatKeys, "city": k.City, "issued": seconds(k.Issued), "keys": keys}
}

func (k KeySet) message() ([]byte, error) { return Canonical(k.body()) }

// File is the set as published: indented JSON, for people too.
func (k KeySet) File() ([]byte, error) {
	plain, err := Canonical(k.Value())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, plain, "", "  "); err != nil {
		return nil, fmt.Errorf("seal: key set: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func seconds(t time.Time) string { return t.UTC().Format(time.RFC3339) }

type keySetForm struct {
	Format     string          `json:"format"`
	City       string          `json:"city"`
	Issued     string          `json:"issued"`
	Keys       []keyForm       `json:"keys"`
	Signatures []SignatureForm `json:"signatures"`
}

type keyForm struct {
	ID        KeyID   `json:"id"`
	Use       Use     `json:"use"`
	Algorithm string  `json:"algorithm"`
	Public    string  `json:"public"`
	Starts    string  `json:"starts"`
	Retired   *string `json:"retired"`
}

// SignatureForm is a signature as JSON has it.
type SignatureForm struct {
	Key   KeyID  `json:"key"`
	Value string `json:"value"`
}

// Signature decodes the form.
func (f SignatureForm) Signature() (Signature, error) {
	value, err := base64url.DecodeString(f.Value)
	if err != nil || len(value) != ed25519.SignatureSize {
		return Signature{}, ErrSignature
	}
	return Signature{Key: f.Key, Bytes: value}, nil
}

// ParseKeySet reads a key set file and checks that keys of its own have signed it. That tells that the set is whole, not
// that it is the city's: whoever calls must have it from a place that they trust. The error is ErrKeySet.
func ParseKeySet(file []byte) (KeySet, error) {
	if len(file) > maxKeySet {
		return KeySet{}, fmt.Errorf("%w: it is too large", ErrKeySet)
	}
	var form keySetForm
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&form); err != nil {
		return KeySet{}, fmt.Errorf("%w: %w", ErrKeySet, err)
	}
	set, err := form.keySet()
	if err != nil {
		return KeySet{}, err
	}
	if err := SameJSON(file, set.Value()); err != nil {
		return KeySet{}, fmt.Errorf("%w: %w", ErrKeySet, err)
	}
	if err := set.whole(); err != nil {
		return KeySet{}, err
	}
	return set, nil
}

// whole checks that keys of the set's own have signed it, and that no signature in it is idle.
func (k KeySet) whole() error {
	message, err := k.message()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrKeySet, err)
	}
	if len(k.Signatures) == 0 {
		return fmt.Errorf("%w: nobody has signed it", ErrKeySet)
	}
	for _, s := range k.Signatures {
		key, ok := k.Find(s.Key)
		if !ok || !ed25519.Verify(key.Public, signed(domainKeys, message), s.Bytes) {
			return fmt.Errorf("%w: the signature by key %.16q does not fit", ErrKeySet, s.Key)
		}
	}
	return nil
}

// SameJSON checks that a file is the canonical form of v but for white space: no second key of one name, no other
// spelling, nothing after the end. Two programs that read such a file cannot read two things.
func SameJSON(file []byte, v any) error {
	want, err := Canonical(v)
	if err != nil {
		return err
	}
	var got bytes.Buffer
	if err := json.Compact(&got, file); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		return errors.New("seal: the file is not in canonical form")
	}
	return nil
}

func (f keySetForm) keySet() (KeySet, error) {
	if f.Format != formatKeys || len(f.Keys) > maxKeys || len(f.Signatures) > maxKeys {
		return KeySet{}, ErrKeySet
	}
	issued, err := time.Parse(time.RFC3339, f.Issued)
	if err != nil {
		return KeySet{}, fmt.Errorf("%w: issued: %w", ErrKeySet, err)
	}
	out := KeySet{City: f.City, Issued: issued.UTC()}
	for _, one := range f.Keys {
		key, err := one.key()
		if err != nil {
			return KeySet{}, err
		}
		if _, twice := out.Find(key.ID); twice {
			return KeySet{}, fmt.Errorf("%w: key %s is there twice", ErrKeySet, key.ID)
		}
		out.Keys = append(out.Keys, key)
	}
	for _, one := range f.Signatures {
		s, err := one.Signature()
		if err != nil {
			return KeySet{}, fmt.Errorf("%w: %w", ErrKeySet, err)
		}
		out.Signatures = append(out.Signatures, s)
	}
	return out, nil
}

func (f keyForm) key() (PublicKey, error) {
	public, err := base64url.DecodeString(f.Public)
	if err != nil || len(public) != ed25519.PublicKeySize || f.Algorithm != "Ed25519" || (f.Use != Documents && f.Use != Journal) {
		return PublicKey{}, fmt.Errorf("%w: key %q", ErrKeySet, f.ID)
	}
	if f.ID != IDOf(public) {
		return PublicKey{}, fmt.Errorf("%w: key %q is not what its id says", ErrKeySet, f.ID)
	}
	out := PublicKey{ID: f.ID, Use: f.Use, Public: public}
	if out.Starts, err = time.Parse(time.RFC3339, f.Starts); err != nil {
		return PublicKey{}, fmt.Errorf("%w: key %s: %w", ErrKeySet, f.ID, err)
	}
	if f.Retired != nil {
		if out.Retired, err = time.Parse(time.RFC3339, *f.Retired); err != nil {
			return PublicKey{}, fmt.Errorf("%w: key %s: %w", ErrKeySet, f.ID, err)
		}
	}
	return out, nil
}
