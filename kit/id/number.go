package id

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"math/big"
	"strings"
)

// ErrNumber is returned when a public number has the wrong length or its check digit does not fit.
var ErrNumber = errors.New("id: the number does not fit its check digit; compare it with the letter or the page that you have it from")

// NumberDigits is how many digits a public number has, its check digit included. Nine random digits are a billion
// numbers a year for each service prefix.
const NumberDigits = 10

func deriveSum(space, name string) [32]byte {
	return sha256.Sum256([]byte("posad id\x00" + space + "\x00" + name))
}

// NewNumber returns a fresh random public number: nine random digits and the check digit of Damm's algorithm
// (H. M. Damm, 2004), which catches every single wrong digit and every swap of two neighbours. The caller stores it
// under a unique key and asks again in the rare case that it is taken.
func NewNumber() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
	if err != nil {
		panic("id: the system's random source failed: " + err.Error())
	}
	digits := n.Text(10)
	digits = strings.Repeat("0", NumberDigits-1-len(digits)) + digits
	return digits + string('0'+damm(digits))
}

// ParseNumber takes a number as people write it (with spaces, hyphens, or a prefix of letters) and returns its ten
// digits, or ErrNumber.
func ParseNumber(text string) (string, error) {
	var digits strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits.WriteRune(r)
		}
	}
	out := digits.String()
	if len(out) != NumberDigits || damm(out) != 0 {
		return "", ErrNumber
	}
	return out, nil
}

// FormatNumber groups a number for reading: 1234567890 is shown as 1234-567-890, and one as long as a check code by four.
func FormatNumber(number string) string {
	if len(number) == CodeDigits {
		return FormatCode(number)
	}
	if len(number) != NumberDigits {
		return number
	}
	return number[:4] + "-" + number[4:7] + "-" + number[7:]
}

// dammTable is the totally antisymmetric quasigroup of order 10 from Damm's thesis.
var dammTable = [10][10]byte{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6}, {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7}, {9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

func damm(digits string) byte {
	var interim byte
	for i := range len(digits) {
		interim = dammTable[interim][digits[i]-'0']
	}
	return interim
}
