package backup

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// sum adds up hashes of rows modulo 2^256: the same rows in any order give the same sum, and a row twice another one.
// It compares contents; against a forger stands the signature over the manifest and the hash of every part.
type sum struct {
	words [4]uint64
	rows  int64
}

func (s *sum) add(row []byte) {
	h := sha256.Sum256(row)
	carry := uint64(0)
	for i := range s.words {
		s.words[i], carry = bits.Add64(s.words[i], binary.LittleEndian.Uint64(h[8*i:]), carry)
	}
	s.rows++
}

// String is the sum as 64 hexadecimal digits.
func (s *sum) String() string {
	var out [32]byte
	for i, w := range s.words {
		binary.LittleEndian.PutUint64(out[8*i:], w)
	}
	return hex.EncodeToString(out[:])
}
