package factor

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// A recovery code is 16 letters and digits of Crockford's alphabet, which has no I, L, O and U: 80 random bits, written by
// fours.
const (
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength  = 16
	codeGroup   = 4
)

// newRecoveryCode makes a code as it is compared: no hyphens.
func newRecoveryCode() (string, error) {
	raw := make([]byte, codeLength)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("factor: make a code: %w", err)
	}
	for i, b := range raw {
		raw[i] = codeLetters[b%32] // 256 is a multiple of 32: every letter falls alike
	}
	return string(raw), nil
}

// writtenCode is a code as people see it: 7K2M-0QWX-9D4T-HB6R.
func writtenCode(code string) string {
	var out strings.Builder
	for i, r := range code {
		if i > 0 && i%codeGroup == 0 {
			out.WriteByte('-')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// lookAlikes are what a hand or a Russian keyboard writes instead.
var lookAlikes = map[rune]rune{
	'O': '0', 'I': '1', 'L': '1',
	'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': '0', 'Р': 'P', 'С': 'C', 'Т': 'T', 'Х': 'X', 'У': 'Y',
}

// parseRecoveryCode reads a code as it was typed from paper; false when it can't be one.
func parseRecoveryCode(typed string) (string, bool) {
	var out strings.Builder
	for _, r := range strings.ToUpper(typed) {
		if like, ok := lookAlikes[r]; ok {
			r = like
		}
		switch {
		case strings.ContainsRune(codeLetters, r):
			out.WriteRune(r)
		case strings.ContainsRune(" \t\u00a0\u202f-\u2010\u2011\u2012\u2013\u2014.", r):
		default:
			return "", false
		}
		if out.Len() > codeLength {
			return "", false
		}
	}
	return out.String(), out.Len() == codeLength
}
