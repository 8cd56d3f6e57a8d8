package organisation

import "strings"

// ParseOGRN reads an organisation's state number, 13 digits with a check digit, spaces and hyphens aside (order of the
// Federal Tax Service No. ЕД-7-14/478@: the first twelve digits modulo 11, its last digit).
func ParseOGRN(text string) (string, bool) { return parseState(text, 13, 11) }

// ParseOGRNIP reads a sole trader's state number, 15 digits: the first fourteen modulo 13, its last digit.
func ParseOGRNIP(text string) (string, bool) { return parseState(text, 15, 13) }

func parseState(text string, length int, modulus int64) (string, bool) {
	digits, ok := onlyDigits(text, length)
	if !ok || strings.Trim(digits, "0") == "" {
		return "", false
	}
	number := int64(0)
	for _, r := range digits[:length-1] {
		number = number*10 + int64(r-'0')
	}
	return digits, number%modulus%10 == int64(digits[length-1]-'0')
}

// onlyDigits takes spaces and hyphens out of a number and tells whether exactly length digits are left.
func onlyDigits(text string, length int) (string, bool) {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case !strings.ContainsRune(" -\u00a0\u2010\u2011\u2013", r):
			return "", false
		}
	}
	return out.String(), out.Len() == length
}
