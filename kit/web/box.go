package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// box seals what the server hands to browsers to keep, and makes keyed sums. It knows several keys, so that they can be
// changed without closing what is open: the first seals, each opens.
type box struct {
	sealers []cipher.AEAD
	sums    [][]byte
}

var errBox = errors.New("web: not sealed by this city, or too long ago")

func newBox(secrets [][]byte) (*box, error) {
	b := new(box)
	for _, secret := range secrets {
		if len(secret) < 32 {
			return nil, errors.New("web: a secret for cookies is shorter than 32 bytes")
		}
		sealer, err := newSealer(secret, "posad web cookies")
		if err != nil {
			return nil, err
		}
		sum, err := hkdf.Key(sha256.New, secret, nil, "posad web form tokens", 32)
		if err != nil {
			return nil, fmt.Errorf("web: derive a key: %w", err)
		}
		b.sealers, b.sums = append(b.sealers, sealer), append(b.sums, sum)
	}
	return b, nil
}

func newSealer(secret []byte, purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("web: derive a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("web: cipher: %w", err)
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("web: cipher: %w", err)
	}
	return sealer, nil
}

// seal makes a text fit for a cookie of this name; under another name it does not open.
func (b *box) seal(name string, plain []byte) string {
	return base64.RawURLEncoding.EncodeToString(b.sealers[0].Seal(nil, nil, plain, []byte(name)))
}

func (b *box) open(name, sealed string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errBox
	}
	for _, sealer := range b.sealers {
		if plain, err := sealer.Open(nil, nil, raw, []byte(name)); err == nil {
			return plain, nil
		}
	}
	return nil, errBox
}

func keyedSum(key []byte, parts ...string) []byte {
	sum := hmac.New(sha256.New, key)
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return sum.Sum(nil)
}
