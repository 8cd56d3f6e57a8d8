package certificate

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"posad.city/kit/lang"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// challenge is what a page gives to be answered. It is kept nowhere: its own sum, under the city's key, tells that the city
// made it, when, and for which browser's visit. Only that it was answered is kept.
type challenge struct {
	token  string
	issued time.Time
	lang   lang.Language
	visit  []byte // of the browser that it is for
	key    []byte // that it was made with
}

const (
	nonceBytes = 16
	sumBytes   = sha256.Size
	whenBytes  = 8
	tokenBytes = 1 + whenBytes + nonceBytes + sumBytes + sumBytes
)

// secrets are the city's keys for one use here, the one in use first.
func (m *Module) secrets(use string) ([][]byte, error) {
	now := m.base.Clock.Now()
	var out [][]byte
	for _, s := range m.base.Vault.Secrets(vault.Sessions) {
		if s.Bytes == nil || s.Starts.After(now) {
			continue
		}
		key, err := hkdf.Key(sha256.New, s.Bytes, nil, "posad certificate "+use, sumBytes)
		if err != nil {
			return nil, fmt.Errorf("certificate: derive a key: %w", err)
		}
		out = append(out, key)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("certificate: %w", vault.ErrCityKey)
	}
	return out, nil
}

func sum(key []byte, what string, data []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(what))
	mac.Write(data)
	return mac.Sum(nil)
}

// newChallenge makes a challenge for the browser's visit.
func (m *Module) newChallenge(c *web.Context) (challenge, error) {
	keys, err := m.secrets("challenge")
	if err != nil {
		return challenge{}, err
	}
	at := m.base.Clock.Now()
	raw := make([]byte, 0, tokenBytes)
	raw = append(raw, languageByte(c.Lang()))
	raw = binary.BigEndian.AppendUint64(raw, uint64(at.UnixMicro()))
	raw = append(raw, randomBytes(nonceBytes)...)
	visit := sum(keys[0], "visit ", []byte(m.deps.Accounts.Visit(c)))
	raw = append(raw, visit...)
	raw = append(raw, sum(keys[0], "challenge ", raw)...)
	return challenge{base64.RawURLEncoding.EncodeToString(raw), at, c.Lang(), visit, keys[0]}, nil
}

func languageByte(l lang.Language) byte {
	if l == lang.English {
		return 1
	}
	return 0
}

// openChallenge reads a challenge that the city made and that is not over, whosever it is. Errors: ErrOver.
func (m *Module) openChallenge(token string) (challenge, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return challenge{}, ErrOver
	}
	keys, err := m.secrets("challenge")
	if err != nil {
		return challenge{}, err
	}
	body, given := raw[:tokenBytes-sumBytes], raw[tokenBytes-sumBytes:]
	now := m.base.Clock.Now()
	for _, key := range keys {
		if !hmac.Equal(given, sum(key, "challenge ", body)) {
			continue
		}
		out := challenge{token: token, key: key, lang: lang.Russian, issued: time.UnixMicro(int64(binary.BigEndian.Uint64(raw[1:]))).UTC()}
		if raw[0] == languageByte(lang.English) {
			out.lang = lang.English
		}
		out.visit = body[1+whenBytes+nonceBytes:]
		if now.Before(out.issued) || !now.Before(out.issued.Add(challengeLife)) {
			return challenge{}, ErrOver
		}
		return out, nil
	}
	return challenge{}, ErrOver
}

// mine is openChallenge of one that is for the browser that asks. Errors: ErrOver.
func (m *Module) mine(c *web.Context, token string) (challenge, error) {
	out, err := m.openChallenge(token)
	if err != nil {
		return out, err
	}
	if !hmac.Equal(out.visit, sum(out.key, "visit ", []byte(m.deps.Accounts.Visit(c)))) {
		return out, ErrOver
	}
	return out, nil
}

// visits are what the browser's visit may stand as, under each key.
func (m *Module) visits(c *web.Context) ([][]byte, error) {
	keys, err := m.secrets("challenge")
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, key := range keys {
		out = append(out, sum(key, "visit ", []byte(m.deps.Accounts.Visit(c))))
	}
	return out, nil
}

// text is what is signed. It says to a person what they sign, so that nobody signs a stranger's sign-in unawares.
func (m *Module) text(ch challenge) []byte {
	return []byte(m.base.Texts.Text(ch.lang, "certificate.text",
		"address", m.deps.Address, "time", ch.issued.Format("2006-01-02 15:04:05"), "code", ch.token) + "\n")
}

// hash is what is kept of an answered challenge.
func (ch challenge) hash() []byte {
	out := sha256.Sum256([]byte(ch.token))
	return out[:]
}

// seal seals what waits for its person, bound to the name that it is found by. Nobody is known yet, so it is the city's key.
func (m *Module) seal(name, plain []byte) ([]byte, error) {
	keys, err := m.secrets("shown")
	if err != nil {
		return nil, err
	}
	sealer, err := chacha20poly1305.NewX(keys[0])
	if err != nil {
		return nil, fmt.Errorf("certificate: seal: %w", err)
	}
	nonce := randomBytes(sealer.NonceSize())
	return sealer.Seal(nonce, nonce, plain, name), nil
}

func (m *Module) unseal(name, sealed []byte) ([]byte, error) {
	keys, err := m.secrets("shown")
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		sealer, err := chacha20poly1305.NewX(key)
		if err != nil || len(sealed) < sealer.NonceSize() {
			break
		}
		if plain, err := sealer.Open(nil, sealed[:sealer.NonceSize()], sealed[sealer.NonceSize():], name); err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("certificate: unseal: %w", vault.ErrOpen)
}

func randomBytes(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.Read(out) // it never fails: crypto/rand ends the program instead
	return out
}
