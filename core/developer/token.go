package developer

import (
	"crypto/rand"
	"hash/crc32"
	"strings"

	"posad.city/kit/web"
)

// A key is posad_live_ or posad_test_, 32 random letters and digits and 6 that check them, so that a scanner of sources
// knows one without asking the city, and a mistyped one costs no look-up. Letters and digits alone: a double click
// chooses all of it.
const (
	liveKey     = web.KeyPrefix + "live_"
	testKey     = web.KeyPrefix + "test_"
	randomPart  = 32 // of 62 signs each: 190 bits
	checkPart   = 6
	hintPart    = 4
	base62      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base62Whole = 256 - 256%62 // bytes from here on would make some signs likelier
)

// newToken makes a key.
func newToken(test bool) string {
	prefix := liveKey
	if test {
		prefix = testKey
	}
	body := make([]byte, 0, randomPart)
	for len(body) < randomPart {
		more := make([]byte, randomPart)
		_, _ = rand.Read(more) // documented never to fail
		for _, b := range more {
			if int(b) < base62Whole && len(body) < randomPart {
				body = append(body, base62[b%62])
			}
		}
	}
	return prefix + string(body) + checkOf(prefix+string(body))
}

// readToken tells whether a text is written as a key is, and of which hand. It says nothing of whether there is such a key.
func readToken(text string) (bool, bool) {
	test := strings.HasPrefix(text, testKey)
	if !test && !strings.HasPrefix(text, liveKey) || len(text) != len(liveKey)+randomPart+checkPart {
		return false, false
	}
	for _, b := range []byte(text[len(liveKey):]) {
		if strings.IndexByte(base62, b) < 0 {
			return false, false
		}
	}
	whole := len(text) - checkPart
	return test, checkOf(text[:whole]) == text[whole:]
}

// checkOf is the CRC-32 of a text as six signs.
func checkOf(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var out [checkPart]byte
	for i := checkPart - 1; i >= 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return string(out[:])
}
