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

// The weights of the check digits of taxpayers' numbers.
var (
	weights10   = []int{2, 4, 10, 3, 5, 9, 4, 6, 8}
	weights12st = []int{7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
	weights12nd = []int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
)

// ParseINN reads a taxpayer's number: 10 digits of an organisation, 12 of a person.
func ParseINN(text string) (string, bool) {
	if digits, ok := onlyDigits(text, 10); ok {
		return digits, strings.Trim(digits, "0") != "" && checks(digits, weights10)
	}
	digits, ok := onlyDigits(text, 12)
	return digits, ok && strings.Trim(digits, "0") != "" && checks(digits, weights12st) && checks(digits, weights12nd)
}

// checks tells whether the digit after those that are weighed is theirs.
func checks(digits string, weights []int) bool {
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return sum%11%10 == int(digits[len(weights)]-'0')
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
