package broker

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
)

// read takes from the claims what the provider was configured to tell. What is no name, date or number of its kind is
// left out: a provider's slip must not stand in the way of a sign-in.
func (p Provider) read(claims map[string]any, own tokenClaims) found {
	n := p.Claims
	out := found{
		Provider: p.Key, Level: p.lends(own.Class), Strong: p.twoFactors(own.Methods),
		Family: nameIn(claims, n.Family), Given: nameIn(claims, n.Given), Patronymic: nameIn(claims, n.Patronymic),
	}
	if birth, err := calendar.ParseDate(textIn(claims, n.Birth)); err == nil && birth.Year() > 1850 {
		out.Birth = birth.String()
	}
	if digits, ok := account.ParseSNILS(textIn(claims, n.SNILS)); ok {
		out.SNILS = digits
	}
	if contact, err := account.ParseContact(textIn(claims, n.Email)); err == nil && contact.Channel == account.Email && yes(claims["email_verified"]) {
		out.Email = textIn(claims, n.Email)
	}
	if contact, err := account.ParseContact(textIn(claims, n.Phone)); err == nil && contact.Channel == account.Phone && yes(claims["phone_number_verified"]) {
		out.Phone = textIn(claims, n.Phone)
	}
	return out
}

// lends is how sure a sign-in of a class makes: the provider's level only for the classes that lend it.
func (p Provider) lends(class string) act.Level {
	if len(p.Accepted) > 0 && !slices.Contains(p.Accepted, class) {
		return act.Basic
	}
	return p.Level
}

// factors are what the methods of RFC 8176 rest on.
var factors = map[string]string{
	"pwd": "knows", "pin": "knows", "kba": "knows",
	"otp": "has", "hwk": "has", "swk": "has", "sms": "has", "tel": "has", "sc": "has", "pop": "has",
	"face": "is", "fpt": "is", "iris": "is", "retina": "is", "vbm": "is",
}

// twoFactors tells whether a sign-in counts as two factors: the administrator says so of the provider, and the methods
// that it names, if it names any, do not say otherwise.
func (p Provider) twoFactors(methods []string) bool {
	if !p.Strong {
		return false
	}
	kinds := map[string]bool{}
	for _, one := range methods {
		if one == "mfa" {
			return true
		}
		if kind := factors[one]; kind != "" {
			kinds[kind] = true
		}
	}
	return len(methods) == 0 || len(kinds) > 1
}

func yes(value any) bool { return value == true || value == "true" }

// textMost is the longest claim that is taken, characters.
const textMost = 300

// textIn finds a claim by its name or JSON Pointer; "" when it is not there or no text.
func textIn(claims map[string]any, name string) string {
	if name == "" {
		return ""
	}
	var value any = claims
	path := []string{name}
	if strings.HasPrefix(name, "/") {
		path = strings.Split(name[1:], "/")
	}
	for _, step := range path {
		if strings.HasPrefix(name, "/") {
			step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		}
		value = inside(value, step)
	}
	text, ok := value.(string)
	if !ok || !utf8.ValidString(text) || utf8.RuneCountInString(text) > textMost {
		return ""
	}
	return strings.TrimSpace(norm.NFC.String(text))
}

func inside(value any, step string) any {
	switch there := value.(type) {
	case map[string]any:
		return there[step]
	case []any:
		if at, err := strconv.Atoi(step); err == nil && at >= 0 && at < len(there) {
			return there[at]
		}
	}
	return nil
}

// nameMost is the longest part of a name, characters.
const nameMost = 100

// nameIn is a claim that is a part of a name: letters with what stands between them.
func nameIn(claims map[string]any, name string) string {
	text := strings.Join(strings.Fields(textIn(claims, name)), " ")
	if utf8.RuneCountInString(text) > nameMost || strings.ContainsFunc(text, notInNames) {
		return ""
	}
	return text
}
