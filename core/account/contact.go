package account

import (
	"strings"

	"golang.org/x/net/idna"

	"posad.city/kit/vault"
)

// Contact is an e-mail or a phone in the one form that the city knows it by.
type Contact struct {
	Channel Channel
	Value   string // where codes go: anna@example.org with the host in lower case, +79161234567
	key     string // what it is found by: e-mail addresses are the same whatever the letter case
}

// bounds of contacts: RFC 5321, 4.5.3.1, and ITU-T E.164.
const (
	localMost = 64
	emailMost = 254
	phoneMost = 15
	phoneFew  = 8
)

// ParseContact reads what a person types into the one field of the sign-in page, or returns ErrContact.
func ParseContact(text string) (Contact, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "@") {
		return ParseEmail(text)
	}
	return ParsePhone(text)
}

// ParsePhone reads a phone number with any of the usual spaces, brackets and hyphens: 8 916 123-45-67, (916) 1234567,
// +7 916 123 45 67, +375291234567. A number without + is Russian.
func ParsePhone(text string) (Contact, error) {
	plus, digits := false, make([]byte, 0, phoneMost)
	for i, r := range strings.TrimSpace(text) {
		switch {
		case r == '+' && i == 0:
			plus = true
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case strings.ContainsRune(" -().\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2014", r):
		default:
			return Contact{}, ErrContact
		}
	}
	number := international(plus, string(digits))
	if len(number) < phoneFew || len(number) > phoneMost || number[0] == '0' || number[0] == '7' && len(number) != 11 {
		return Contact{}, ErrContact
	}
	number = "+" + number
	return Contact{Channel: Phone, Value: number, key: number}, nil
}

// international writes a number with its country code; Russia dials 8 for the trunk.
func international(plus bool, digits string) string {
	switch {
	case plus:
		return digits
	case len(digits) == 11 && (digits[0] == '8' || digits[0] == '7'):
		return "7" + digits[1:]
	case len(digits) == 10:
		return "7" + digits
	}
	return "" // too few or too many for a Russian number
}

// ParseEmail reads an address such as anna@example.org or anna@почта.рф; the host is kept in its ASCII form.
// Quoted local parts and those outside ASCII are refused: hardly any mailbox has one, and most senders cannot reach it.
func ParseEmail(text string) (Contact, error) {
	text = strings.TrimSpace(text)
	at := strings.LastIndexByte(text, '@')
	if at < 1 || at > localMost || !localPart(text[:at]) {
		return Contact{}, ErrContact
	}
	host, err := idna.Lookup.ToASCII(strings.ToLower(text[at+1:]))
	if err != nil || !hostName(host) || at+1+len(host) > emailMost {
		return Contact{}, ErrContact
	}
	value := text[:at+1] + host
	return Contact{Channel: Email, Value: value, key: strings.ToLower(value)}, nil
}

func localPart(local string) bool {
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	for _, r := range local {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", r) {
			return false
		}
	}
	return true
}

// hostName asks for at least two labels, the last one not a number.
func hostName(host string) bool {
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !hostLetters(label) {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func hostLetters(label string) bool {
	for _, r := range label {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// keyed is what the contact is found by.
func (c Contact) keyed(v *vault.Vault) vault.Keyed {
	return v.Keyed("account."+string(c.Channel), c.key)
}

// Masked is the contact as a page repeats it: an•••@example.org, +7•••••••4567.
func (c Contact) Masked() string {
	if c.Channel == Phone {
		return c.Value[:2] + strings.Repeat("•", len(c.Value)-6) + c.Value[len(c.Value)-4:]
	}
	at := strings.LastIndexByte(c.Value, '@')
	return c.Value[:min(2, at)] + "•••" + c.Value[at:]
}
