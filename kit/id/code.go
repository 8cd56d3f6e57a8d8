package id

import (
	"crypto/rand"
	"math/big"
	"strings"
)

// CodeDigits is how many digits a check code has, its check digit included. Nineteen random digits are 63 bits: nobody
// comes upon somebody else's by trying.
const CodeDigits = 20

// NewCode returns a fresh random check code: what is known to whoever holds a paper, and to nobody else. The caller stores
// it under a unique key and asks again should it be taken.
func NewCode() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(CodeDigits-1), nil))
	if err != nil {
		panic("id: the system's random source failed: " + err.Error())
	}
	digits := n.Text(10)
	digits = strings.Repeat("0", CodeDigits-1-len(digits)) + digits
	return digits + string('0'+damm(digits))
}

// ParseCode takes a check code as people write it and returns its digits, or ErrNumber. Codes of ten digits, as they were
// once, are still good.
func ParseCode(text string) (string, error) {
	var digits strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits.WriteRune(r)
		}
	}
	out := digits.String()
	if len(out) != CodeDigits && len(out) != NumberDigits || damm(out) != 0 {
		return "", ErrNumber
	}
	return out, nil
}

// FormatCode groups a check code for reading: by four, or as a number when it is a short one.
func FormatCode(code string) string {
	if len(code) != CodeDigits {
		return FormatNumber(code)
	}
	var out strings.Builder
	for i := 0; i < CodeDigits; i += 4 {
		if i > 0 {
			out.WriteByte('-')
		}
		out.WriteString(code[i : i+4])
	}
	return out.String()
}
