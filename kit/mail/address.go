package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ErrAddress is returned for a text that is no e-mail address that letters can be sent to.
var ErrAddress = errors.New("mail: not an e-mail address; it looks like name@example.org")

// Bounds of RFC 5321, 4.5.3.1.
const (
	maxAddress = 254
	maxLocal   = 64
)

// ParseAddress checks what a person typed and returns the address in the form to keep: without spaces around, the
// domain in small letters and, when it has other letters than Latin, in its ASCII form. Names with quotes, comments and
// letters outside ASCII before the @ are refused: too few servers take them.
func ParseAddress(text string) (string, error) {
	local, domain, ok := cutLast(strings.TrimSpace(text))
	if !ok || local == "" || len(local) > maxLocal || !isLocal(local) {
		return "", ErrAddress
	}
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil || !utf8.ValidString(text) || !isDomain(domain) {
		return "", ErrAddress
	}
	if again, err := idna.Lookup.ToASCII(domain); err != nil || again != domain { // what is kept must pass the next check too
		return "", ErrAddress
	}
	address := local + "@" + domain
	if parsed, err := netmail.ParseAddress(address); err != nil || parsed.Address != address || len(address) > maxAddress {
		return "", ErrAddress
	}
	return address, nil
}

func cutLast(text string) (string, string, bool) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", "", false
	}
	return text[:at], text[at+1:], true
}

// isLocal takes dot-atoms of RFC 5322 and nothing else.
func isLocal(local string) bool {
	for _, atom := range strings.Split(local, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			c := atom[i]
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
			if !letter && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", rune(c)) {
				return false
			}
		}
	}
	return true
}

func isDomain(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}
