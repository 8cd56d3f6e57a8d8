package seal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
)

// TextSignature is a signature over a text as it is.
type TextSignature struct {
	Public ed25519.PublicKey
	Bytes  []byte
}

// textKeys bounds how many keys sign a text: the newest, and those before it that others may still know.
const textKeys = 3

// SignText signs a text without the prefix that our own signatures have, by the newest keys of the use that have started
// and live, the newest first: a checkpoint of the journal is read by programs that know nothing of Posad, and after a
// rotation those who know the older key alone can still read it. It is for forms that say in their first line what they
// are; a text that begins as our own signed messages do is refused.
func (s *Seal) SignText(use Use, text []byte) ([]TextSignature, error) {
	if bytes.HasPrefix(text, []byte("posad ")) {
		return nil, errors.New("seal: a text must not begin as a signed message does")
	}
	now := s.clock.Now()
	var out []TextSignature
	for _, secret := range s.from.Secrets(use.purpose()) {
		if secret.Bytes == nil || secret.Starts.After(now) || len(out) == textKeys {
			continue
		}
		out = append(out, TextSignature{secret.Public, ed25519.Sign(ed25519.NewKeyFromSeed(secret.Bytes), text)})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, use)
	}
	return out, nil
}

// Of lists the keys of a use.
func (k KeySet) Of(use Use) []PublicKey {
	var out []PublicKey
	for _, key := range k.Keys {
		if key.Use == use {
			out = append(out, key)
		}
	}
	return out
}
