package vault

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
)

// ErrCurve says that a city key is none of P-256, or that its secret is gone.
var ErrCurve = errors.New("vault: this city key has no key of P-256")

// curved tells whether keys of the purpose are of P-256: what readers of PDF and wallets understand.
func (p Purpose) curved() bool {
	return p == Authority || p == Papers || p == Credentials || p == Exchange
}

// CurveKey is the P-256 key of a secret that lives. It is derived from the secret's 32 bytes: HKDF with SHA-256 (RFC 5869)
// gives 48 bytes, and FIPS 186-5, A.2.1, makes a number of the curve's order of them, with no bias that matters.
func (s Secret) CurveKey() (*ecdsa.PrivateKey, error) {
	if !s.Purpose.curved() || s.Bytes == nil {
		return nil, ErrCurve
	}
	return curveKey(s.Bytes)
}

// CurvePublic is the public half of a P-256 key, which outlives its secret.
func (s Secret) CurvePublic() (*ecdsa.PublicKey, error) {
	if !s.Purpose.curved() {
		return nil, ErrCurve
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), s.Public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCurve, err)
	}
	return public, nil
}

func curveKey(secret []byte) (*ecdsa.PrivateKey, error) {
	wide, err := hkdf.Key(sha256.New, secret, nil, "posad p-256 key 1", 48)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCurve, err)
	}
	one := big.NewInt(1)
	number := new(big.Int).Mod(new(big.Int).SetBytes(wide), new(big.Int).Sub(elliptic.P256().Params().N, one))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), number.Add(number, one).FillBytes(make([]byte, 32)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCurve, err)
	}
	return key, nil
}

// publicHalf is what stays of a key of the purpose when its secret is gone: nil for those that sign nothing.
func publicHalf(p Purpose, secret []byte) ([]byte, error) {
	switch {
	case p.signs():
		return signingPublic(secret), nil
	case p.curved():
		key, err := curveKey(secret)
		if err != nil {
			return nil, err
		}
		out, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCurve, err)
		}
		return out, nil
	}
	return nil, nil
}
