package credential

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/kit/authority"
)

var base64url = base64.RawURLEncoding.Strict()

// JWK is a public key of P-256 (RFC 7517). Other keys are not taken.
type JWK struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
	ID    string `json:"kid,omitempty"`
	Use   string `json:"use,omitempty"`
	Alg   string `json:"alg,omitempty"`
}

// ErrJWK says that a key is none of P-256.
var ErrJWK = errors.New("credential: this is not a public key of P-256")

// JWKOf is a key as JSON has it, named by its thumbprint (RFC 7638).
func JWKOf(public *ecdsa.PublicKey) (JWK, error) {
	raw, err := public.Bytes()
	if err != nil || public.Curve != elliptic.P256() {
		return JWK{}, ErrJWK
	}
	out := JWK{Type: "EC", Curve: "P-256", X: base64url.EncodeToString(raw[1:33]), Y: base64url.EncodeToString(raw[33:]), Use: "sig", Alg: algorithm}
	out.ID = out.thumbprint()
	return out, nil
}

func (k JWK) thumbprint() string {
	sum := sha256.Sum256([]byte(`{"crv":"` + k.Curve + `","kty":"` + k.Type + `","x":"` + k.X + `","y":"` + k.Y + `"}`))
	return base64url.EncodeToString(sum[:])
}

// Public is the key; it lies on the curve.
func (k JWK) Public() (*ecdsa.PublicKey, error) {
	x, errX := base64url.DecodeString(k.X)
	y, errY := base64url.DecodeString(k.Y)
	if k.Type != "EC" || k.Curve != "P-256" || errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, ErrJWK
	}
	out, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJWK, err)
	}
	return out, nil
}

const (
	algorithm = "ES256"
	mostToken = 256 << 10 // bytes of a credential that are looked at
	mostList  = 4 << 20   // of a status list
)

var (
	// ErrForm says that a text is no token of the kind that was asked for.
	ErrForm = errors.New("credential: this is not a credential of the form that the city issues")
	// ErrSignature says that the signature does not fit: the token was changed, or somebody else made it.
	ErrSignature = errors.New("credential: the signature does not fit")
	// ErrUnknownKey says that the key is none of the issuer's, or was not in use at the time.
	ErrUnknownKey = errors.New("credential: the key is not the issuer's")
)

// header is of a signed token. What it says beside these does not matter, unless it says that it must be understood (crit).
type header struct {
	Algorithm string   `json:"alg"`
	Type      string   `json:"typ"`
	Key       string   `json:"kid,omitempty"`
	Chain     []string `json:"x5c,omitempty"` // certificates in plain base64: of the signer alone, the root is known

	Critical json.RawMessage `json:"crit,omitempty"`
}

// compact signs a payload (RFC 7515). The same payload and key give the same token.
func compact(h header, payload any, key *ecdsa.PrivateKey) (string, error) {
	head, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	body, err := marshal(payload)
	if err != nil {
		return "", err
	}
	text := base64url.EncodeToString(head) + "." + base64url.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	der, err := authority.Steady(key).Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("credential: sign: %w", err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return "", fmt.Errorf("credential: sign: %w", err)
	}
	signature := make([]byte, 64)
	pair.R.FillBytes(signature[:32])
	pair.S.FillBytes(signature[32:])
	return text + "." + base64url.EncodeToString(signature), nil
}

// marshal is JSON without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// token is a signed token taken apart, before anybody has looked at its signature.
type token struct {
	header    header
	payload   []byte
	signed    string
	signature []byte
}

func splitToken(text, kind string) (token, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return token{}, ErrForm
	}
	head, errHead := base64url.DecodeString(parts[0])
	body, errBody := base64url.DecodeString(parts[1])
	signature, errSignature := base64url.DecodeString(parts[2])
	if errHead != nil || errBody != nil || errSignature != nil || len(signature) != 64 || !utf8.Valid(head) || !utf8.Valid(body) {
		return token{}, ErrForm
	}
	out := token{payload: body, signed: parts[0] + "." + parts[1], signature: signature}
	if err := json.Unmarshal(head, &out.header); err != nil || out.header.Critical != nil || out.header.Algorithm != algorithm || out.header.Type != kind {
		return token{}, ErrForm
	}
	return out, nil
}

func (t token) signedBy(public *ecdsa.PublicKey) bool {
	sum := sha256.Sum256([]byte(t.signed))
	return ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:]))
}

// seconds is a time as tokens have it.
func seconds(at time.Time) int64 { return at.Unix() }

func timeOf(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
