package account

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// citySecrets are the city's keys that bind one-time codes, the one in use first; older ones still open what is on its
// way while the key changes.
func (m *Module) citySecrets(use string) ([][]byte, error) {
	now := m.base.Clock.Now()
	var out [][]byte
	for _, s := range m.base.Vault.Secrets(vault.Sessions) {
		if s.Bytes == nil || s.Starts.After(now) {
			continue
		}
		key, err := hkdf.Key(sha256.New, s.Bytes, nil, "posad account "+use, 32)
		if err != nil {
			return nil, fmt.Errorf("account: derive a key: %w", err)
		}
		out = append(out, key)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("account: %w", vault.ErrCityKey)
	}
	return out, nil
}

// codeHashes are what the challenge's code may be kept as, under each key that may have made it.
func (m *Module) codeHashes(challenge id.ID, code string) ([][]byte, error) {
	keys, err := m.citySecrets("codes")
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write(challenge[:])
		mac.Write([]byte(code))
		out[i] = mac.Sum(nil)
	}
	return out, nil
}

// sealLetter seals what has to be sent, bound to its challenge. There is no holder's key yet: nobody is known.
func (m *Module) sealLetter(challenge id.ID, plain []byte) ([]byte, error) {
	keys, err := m.citySecrets("letters")
	if err != nil {
		return nil, err
	}
	sealer, err := chacha20poly1305.NewX(keys[0])
	if err != nil {
		return nil, fmt.Errorf("account: seal a letter: %w", err)
	}
	nonce := randomBytes(sealer.NonceSize())
	return sealer.Seal(nonce, nonce, plain, challenge[:]), nil
}

func (m *Module) openLetter(challenge id.ID, sealed []byte) ([]byte, error) {
	keys, err := m.citySecrets("letters")
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		sealer, err := chacha20poly1305.NewX(key)
		if err != nil || len(sealed) < sealer.NonceSize() {
			return nil, fmt.Errorf("account: open a letter: %w", vault.ErrOpen)
		}
		if plain, err := sealer.Open(nil, sealed[:sealer.NonceSize()], sealed[sealer.NonceSize():], challenge[:]); err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("account: open a letter: %w", vault.ErrOpen)
}
