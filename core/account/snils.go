package account

import "strings"

// SNILSDigits is how long a SNILS is, its two check digits included.
const SNILSDigits = 11

// ParseSNILS reads the insurance number of a person's account (Federal Law 27-FZ): 112-233-445 95, with or without
// hyphens and spaces. False when it has other characters, another length, or check digits that do not fit.
func ParseSNILS(text string) (string, bool) {
	digits := make([]byte, 0, SNILSDigits)
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case !strings.ContainsRune(" -\u00a0\u2010\u2011\u2013", r):
			return "", false
		}
	}
	if len(digits) != SNILSDigits || strings.Trim(string(digits), "0") == "" {
		return "", false
	}
	check := int(digits[9]-'0')*10 + int(digits[10]-'0')
	return string(digits), check == snilsCheck(digits)
}

// snilsCheck weighs the nine digits by 9 to 1, modulo 101; 100 counts as 0.
func snilsCheck(digits []byte) int {
	sum := 0
	for i, digit := range digits[:9] {
		sum += int(digit-'0') * (9 - i)
	}
	return sum % 101 % 100
}

// FormatSNILS writes the number as documents do: 112-233-445 95. Anything but eleven digits comes back as it is.
func FormatSNILS(digits string) string {
	if len(digits) != SNILSDigits {
		return digits
	}
	return digits[:3] + "-" + digits[3:6] + "-" + digits[6:9] + "\u00a0" + digits[9:]
}
