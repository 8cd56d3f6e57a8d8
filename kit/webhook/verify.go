package webhook

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a message.
const (
	HeaderID        = "Webhook-Id"
	HeaderTime      = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Tolerance is how far a message's time may lie from the receiver's.
const Tolerance = 5 * time.Minute

// Bounds of what is read of headers.
const (
	idMost         = 256
	signaturesMost = 16 // a receiver does so many sums at most
	headerMost     = 4096
)

// What may be wrong with a message.
var (
	ErrID        = errors.New("webhook: the id is empty, too long, or has a full stop or unprintable characters")
	ErrTime      = errors.New("webhook: the time is missing or too far from now")
	ErrSignature = errors.New("webhook: no signature fits")
)

// Version of a signature.
type Version string

// The versions.
const (
	V1  Version = "v1"  // HMAC-SHA256
	V1a Version = "v1a" // Ed25519
)

// Signature is one of a header.
type Signature struct {
	Version Version
	Bytes   []byte
}

// ParseSignatures reads the header webhook-signature. What it does not know is left out, so that the scheme may grow; of
// a header that is too long, or has too many, nothing is read.
func ParseSignatures(header string) []Signature {
	if len(header) > headerMost {
		return nil
	}
	parts := strings.Fields(header)
	if len(parts) > signaturesMost {
		return nil
	}
	var out []Signature
	for _, part := range parts {
		version, text, ok := strings.Cut(part, ",")
		if !ok || version != string(V1) && version != string(V1a) {
			continue
		}
		if raw, err := base64.StdEncoding.Strict().DecodeString(text); err == nil {
			out = append(out, Signature{Version(version), raw})
		}
	}
	return out
}

// Verify tells whether a message is from who has one of the keys, and of now. It returns the message's id: a receiver that
// has seen it has nothing to do. Errors: ErrID, ErrTime, ErrSignature.
func Verify(keys []Key, header http.Header, body []byte, now time.Time, tolerance time.Duration) (string, error) {
	id := header.Get(HeaderID)
	if !fit(id) {
		return "", ErrID
	}
	text := header.Get(HeaderTime)
	second, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(second, 10) != text || second < 0 || second > 1<<40 {
		return "", ErrTime
	}
	at := time.Unix(second, 0)
	if off := now.Sub(at); off > tolerance || off < -tolerance {
		return "", ErrTime
	}
	over := signed(id, at, body)
	for _, s := range ParseSignatures(header.Get(HeaderSignature)) {
		for _, k := range keys {
			if k.made(s, over) {
				return id, nil
			}
		}
	}
	return "", ErrSignature
}

// fit tells whether an id can stand in the header and in what is signed, where a full stop ends it.
func fit(id string) bool {
	if id == "" || len(id) > idMost {
		return false
	}
	for _, b := range []byte(id) {
		if b <= ' ' || b > '~' || b == '.' {
			return false
		}
	}
	return true
}
