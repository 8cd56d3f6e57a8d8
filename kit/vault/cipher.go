package vault

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/xaesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// secretSize is how many bytes every secret of the vault has.
const secretSize = 32

// formatXAES is the first byte of everything that the vault seals. Another cipher, or a second key for one holder, gets
// another byte, so that both can be read.
const formatXAES = 1

// xaesSalt is the longest salt that XAES-256-GCM takes; with the nonce it makes 24 random bytes a message.
const xaesSalt = 12

func newSecret() []byte {
	out := make([]byte, secretSize)
	_, _ = rand.Read(out) // crypto/rand documents that this never returns an error
	return out
}

// derive makes a key for one use out of a secret, so that one secret never serves two algorithms.
func derive(secret []byte, use string) ([]byte, error) {
	out, err := hkdf.Expand(sha256.New, secret, "posad "+use, secretSize)
	if err != nil {
		return nil, fmt.Errorf("vault: derive a key for %s: %w", use, err)
	}
	return out, nil
}

func newCipher(secret []byte) (tink.AEAD, error) {
	parameters, err := xaesgcm.NewParameters(xaesgcm.VariantNoPrefix, xaesSalt)
	if err != nil {
		return nil, fmt.Errorf("vault: cipher: %w", err)
	}
	key, err := xaesgcm.NewKey(secretdata.NewBytesFromData(secret, insecuresecretdataaccess.Token{}), 0, parameters)
	if err != nil {
		return nil, fmt.Errorf("vault: cipher: %w", err)
	}
	manager := keyset.NewManager()
	keyID, err := manager.AddKey(key)
	if err != nil {
		return nil, fmt.Errorf("vault: cipher: %w", err)
	}
	if err := manager.SetPrimary(keyID); err != nil {
		return nil, fmt.Errorf("vault: cipher: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("vault: cipher: %w", err)
	}
	out, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("vault: cipher: %w", err)
	}
	return out, nil
}

func sealWith(cipher tink.AEAD, plain, bound []byte) ([]byte, error) {
	body, err := cipher.Encrypt(plain, bound)
	if err != nil {
		return nil, fmt.Errorf("vault: seal: %w", err)
	}
	return append([]byte{formatXAES}, body...), nil
}

func openWith(cipher tink.AEAD, sealed, bound []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != formatXAES {
		return nil, ErrOpen
	}
	plain, err := cipher.Decrypt(sealed[1:], bound)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// bind joins the parts that a sealed value is bound to. Each part carries its length, so that no two lists of parts
// give the same bytes.
func bind(parts ...[]byte) []byte {
	size := 0
	for _, part := range parts {
		size += 4 + len(part)
	}
	out := make([]byte, 0, size)
	for _, part := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}
