package openid

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// The beginnings of what is handed out, so that a leaked one is recognised by tools that look for secrets.
const (
	prefixCode    = "posad_ac_"
	prefixAccess  = "posad_at_"
	prefixRefresh = "posad_rt_"
	prefixDevice  = "posad_dc_"
	prefixSecret  = "posad_cs_"
)

// fresh makes 256 random bits as text.
func fresh(prefix string) string {
	raw := make([]byte, 32)
	rand.Read(raw) // documented never to return an error
	return prefix + base64.RawURLEncoding.EncodeToString(raw)
}

// hashOf is what is kept of something handed out.
func hashOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// half is the left half of a hash, as at_hash wants it (OpenID Connect Core, 3.1.3.6).
func half(text string) string { return base64.RawURLEncoding.EncodeToString(hashOf(text)[:16]) }

// words cuts a space-delimited list, each word once.
func words(text string) []string {
	var out []string
	for _, word := range strings.Fields(text) {
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// only keeps the items that the second list has too.
func only(list, allowed []string) []string {
	var out []string
	for _, one := range list {
		if slices.Contains(allowed, one) {
			out = append(out, one)
		}
	}
	return out
}

func without(list, removed []string) []string {
	var out []string
	for _, one := range list {
		if !slices.Contains(removed, one) {
			out = append(out, one)
		}
	}
	return out
}

// union is both lists, each item once, in order.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, one := range b {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

func contains(whole, part []string) bool { return len(without(part, whole)) == 0 }

var errTrailing = errors.New("openid: something after the JSON")

// strictJSON reads one JSON value and nothing after it.
func strictJSON(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errTrailing
	}
	return nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
