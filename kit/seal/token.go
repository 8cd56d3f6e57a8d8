package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// Token is what a document's QR code says: enough for somebody with the city's key set and no network to see that the
// city issued such a document, to whom or what, and until when. Whether it was revoked since, only the city can tell.
type Token struct {
	Kind     string // the document's kind, for example "parking-permit"; 1-32 bytes
	Number   string // as printed; at most 32 bytes
	Document id.ID
	Issued   calendar.Date // 2020-01-01 … 2199-06-05
	Until    calendar.Date // the last day that it is good for; zero when it has no end
	Digest   [16]byte      // of the document's data, as its module defines it
	Claims   []Claim       // at most 8; a name at most 16 bytes, a value at most 64
}

// Claim is one fact that an inspector compares, for example plate: А123ВС177.
type Claim struct {
	Name, Value string
}

// The errors of tokens.
var (
	// ErrToken says that a text is not a token.
	ErrToken = errors.New("seal: this is not a document's code")
	// ErrTokenFacts says that the facts do not fit into a token; see Token for the bounds.
	ErrTokenFacts = errors.New("seal: the facts do not fit into a code")
)

const (
	tokenVersion = 1
	domainToken  = "token"
	keyHint      = 4 // bytes of the key's id that a token carries

	maxTokenText = 1600 // characters that are looked at
	maxClaims    = 8
)

// tokenText is base32 (RFC 4648) without padding: a QR code packs capital letters and digits into 5.5 bits each, so that
// the code is a fifth smaller than with base64, and a person can type it in.
var tokenText = base32.StdEncoding.WithPadding(base32.NoPadding)

var tokenEpoch = calendar.MustDate("2019-12-31") // day 0; a token's first day is 1

// Token signs the facts and returns the token's text: capital letters and digits, about 200 of them.
func (s *Seal) Token(t Token) (string, error) {
	body, err := t.body()
	if err != nil {
		return "", err
	}
	signature, err := s.Sign(Documents, domainToken, body)
	if err != nil {
		return "", err
	}
	hint, err := hex.DecodeString(string(signature.Key))
	if err != nil {
		return "", fmt.Errorf("seal: token: %w", err)
	}
	whole := append(append(body, hint[:keyHint]...), signature.Bytes...)
	return tokenText.EncodeToString(whole), nil
}

// CheckURL is the address that a document's QR code holds. site is the portal's address without a slash at the end.
func CheckURL(site, token string) string { return site + "/v/" + token }

// OpenToken reads a token, or an address that ends with one, and checks it against a key set, with no server and no
// network. Errors: ErrToken, ErrUnknownKey, ErrSignature.
func OpenToken(text string, keys KeySet) (Token, PublicKey, error) {
	body, hint, signature, err := splitToken(text)
	if err != nil {
		return Token{}, PublicKey{}, err
	}
	t, err := parseToken(body)
	if err != nil {
		return Token{}, PublicKey{}, err
	}
	known := false
	for _, key := range keys.Keys {
		if key.Use != Documents || !strings.HasPrefix(string(key.ID), hint) {
			continue
		}
		known = true
		if ed25519.Verify(key.Public, signed(domainToken, body), signature) {
			return t, key, nil
		}
	}
	if !known {
		return Token{}, PublicKey{}, ErrUnknownKey
	}
	return Token{}, PublicKey{}, ErrSignature
}

// splitToken takes a token's text apart: the body, the key's hint in hexadecimal, the signature.
func splitToken(text string) ([]byte, string, []byte, error) {
	if len(text) > maxTokenText {
		return nil, "", nil, ErrToken
	}
	text = strings.ToUpper(strings.TrimSpace(text[strings.LastIndexByte(text, '/')+1:]))
	whole, err := tokenText.DecodeString(text)
	end := len(whole) - keyHint - ed25519.SignatureSize
	if err != nil || end < 1 || tokenText.EncodeToString(whole) != text { // spare bits would give one token two texts
		return nil, "", nil, ErrToken
	}
	return whole[:end], hex.EncodeToString(whole[end : end+keyHint]), whole[end+keyHint:], nil
}

func (t Token) body() ([]byte, error) {
	if t.Kind == "" || len(t.Kind) > 32 || len(t.Number) > 32 || len(t.Claims) > maxClaims {
		return nil, ErrTokenFacts
	}
	issued, until := day(t.Issued), day(t.Until)
	if issued < 1 || until < 0 {
		return nil, ErrTokenFacts
	}
	out := []byte{tokenVersion}
	out = appendShort(appendShort(out, t.Kind), t.Number)
	out = append(out, t.Document[:]...)
	out = binary.BigEndian.AppendUint16(out, uint16(issued))
	out = binary.BigEndian.AppendUint16(out, uint16(until))
	out = append(out, t.Digest[:]...)
	out = append(out, byte(len(t.Claims)))
	for _, c := range t.Claims {
		if len(c.Name) > 16 || len(c.Value) > 64 || !utf8.ValidString(c.Name+c.Value) {
			return nil, ErrTokenFacts
		}
		out = appendShort(appendShort(out, c.Name), c.Value)
	}
	if !utf8.ValidString(t.Kind + t.Number) {
		return nil, ErrTokenFacts
	}
	return out, nil
}

// day counts from tokenEpoch: 0 for no date, -1 for one that does not fit.
func day(d calendar.Date) int {
	if d.IsZero() {
		return 0
	}
	n := tokenEpoch.DaysUntil(d)
	if n < 1 || n > 0xffff {
		return -1
	}
	return n
}

func dateOf(n uint16) calendar.Date {
	if n == 0 {
		return calendar.Date{}
	}
	return tokenEpoch.AddDays(int(n))
}

func appendShort(out []byte, text string) []byte {
	return append(append(out, byte(len(text))), text...)
}

// reader takes a token's body apart and remembers the first trouble.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.bad = true
		return make([]byte, n)
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) short() string { return string(r.take(int(r.take(1)[0]))) }

func parseToken(body []byte) (Token, error) {
	r := &reader{rest: body}
	if r.take(1)[0] != tokenVersion {
		return Token{}, ErrToken
	}
	t := Token{Kind: r.short(), Number: r.short(), Document: id.ID(r.take(16))}
	t.Issued = dateOf(binary.BigEndian.Uint16(r.take(2)))
	t.Until = dateOf(binary.BigEndian.Uint16(r.take(2)))
	t.Digest = [16]byte(r.take(16))
	count := int(r.take(1)[0])
	for range min(count, maxClaims+1) {
		t.Claims = append(t.Claims, Claim{Name: r.short(), Value: r.short()})
	}
	again, err := t.body()
	if r.bad || err != nil || !bytes.Equal(again, body) {
		return Token{}, ErrToken
	}
	return t, nil
}
