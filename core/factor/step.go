package factor

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// The numbers of RFC 6238 as every app knows them.
const (
	stepLength = 30 * time.Second
	stepsAside = 1 // how many steps a phone's clock may be off, and a person slow
	codeDigits = 6
	keySize    = 20 // bytes, as RFC 4226, 4 asks of an HMAC-SHA-1 key
)

func stepAt(t time.Time) int64 { return t.Unix() / int64(stepLength/time.Second) }

// codeAt is the code of a step. key is base32 without padding.
func codeAt(key string, step int64) (string, error) {
	code, err := hotp.GenerateCodeCustom(key, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("factor: code of an app: %w", err)
	}
	return code, nil
}

// fits tells which step's code it is, among those around now and after the last one taken; 0 for none. It takes as long
// whichever it is.
func fits(key, code string, now time.Time, last int64) (int64, error) {
	found := int64(0)
	for step := stepAt(now) - stepsAside; step <= stepAt(now)+stepsAside; step++ {
		want, err := codeAt(key, step)
		if err != nil {
			return 0, err
		}
		if same := subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1; same && step > last {
			found = step
		}
	}
	return found, nil
}

// digits reads a code as people type it: 123 456, 123-456. False for anything else.
func digits(typed string) (string, bool) {
	var out strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case r == ' ', r == '-', r == '\u00a0', r == '\u202f', r == '\t':
		default:
			return "", false
		}
	}
	return out.String(), out.Len() == codeDigits
}

// keyText is an app's key as apps write it.
func keyText(key []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
}

// grouped parts a key by fours, for reading and typing.
func grouped(key string) string {
	var out strings.Builder
	for i, r := range key {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}
