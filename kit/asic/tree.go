package asic

import (
	"crypto/sha512"
	"encoding/asn1"
	"fmt"
)

// Digest is a SHA-512.
type Digest [sha512.Size]byte

// Sum is the digest of a part's content.
func Sum(content []byte) Digest { return sha512.Sum512(content) }

// PartDigest is a part of a message by its name in the container, for example "message.xml".
type PartDigest struct {
	Name   string
	Digest Digest
}

// Leaf is what stands for a message in a tree: the hash step of its parts, so that no message can be shown as a part of
// another. Somebody who knows all parts of a message but one can't guess that one from the leaf when it is random: a message
// with personal data should have such a part, since its leaf may outlive it. Errors: no part, or a name that a part in its
// place doesn't have.
func Leaf(parts []PartDigest) (Digest, error) {
	if len(parts) == 0 || len(parts) > partsMost {
		return Digest{}, fmt.Errorf("asic: a message of %d parts", len(parts))
	}
	digests := make([]Digest, 0, len(parts))
	for i, p := range parts {
		if p.Name != PartName(i) {
			return Digest{}, fmt.Errorf("asic: part %d is named %.80q", i, p.Name)
		}
		digests = append(digests, p.Digest)
	}
	return stepOf(digests), nil
}

// single is an item of X-Road's digest list.
type single struct {
	Digest     []byte
	Method     string `asn1:"utf8"`
	Transforms []asn1.RawValue
}

// stepList is the DER list whose hash is a hash step.
func stepList(items []single) ([]byte, error) {
	out, err := asn1.Marshal(items)
	if err != nil {
		return nil, fmt.Errorf("asic: hash step: %w", err)
	}
	return out, nil
}

// The parts of the DER of a list of SHA-512 digests, whose items all have the same length.
var (
	itemHead = []byte{0x30, 0x6d, 0x04, sha512.Size}
	itemTail = append(append([]byte{0x0c, byte(len(methodSHA512))}, methodSHA512...), 0x30, 0x00)
)

// stepOf is the hash step over SHA-512 digests. It writes the DER itself, since a log makes thousands of them a second;
// a test holds it to stepList.
func stepOf(digests []Digest) Digest {
	length := len(digests) * (len(itemHead) + sha512.Size + len(itemTail))
	list := append(make([]byte, 0, length+5), 0x30)
	list = append(list, derLength(length)...)
	for _, d := range digests {
		list = append(append(append(list, itemHead...), d[:]...), itemTail...)
	}
	return sha512.Sum512(list)
}

func derLength(n int) []byte {
	switch {
	case n < 1<<7:
		return []byte{byte(n)}
	case n < 1<<8:
		return []byte{0x81, byte(n)}
	case n < 1<<16:
		return []byte{0x82, byte(n >> 8), byte(n)}
	}
	return []byte{0x83, byte(n >> 16), byte(n >> 8), byte(n)}
}

// Tree is a hash tree over the leaves of a batch. It is immutable and safe for concurrent use.
type Tree struct {
	levels [][]Digest // leaves first, the top last; a node without a neighbour goes up as it is
}

// LeavesMost is how many leaves a tree may have.
const LeavesMost = 1 << 16

// NewTree makes the tree of a batch. Errors: no leaf, or more than LeavesMost.
func NewTree(leaves []Digest) (*Tree, error) {
	if len(leaves) == 0 || len(leaves) > LeavesMost {
		return nil, fmt.Errorf("asic: a batch of %d messages", len(leaves))
	}
	t := &Tree{levels: [][]Digest{leaves}}
	for level := leaves; len(level) > 1; {
		up := make([]Digest, 0, (len(level)+1)/2)
		for i := 0; i+1 < len(level); i += 2 {
			up = append(up, stepOf(level[i:i+2]))
		}
		if len(level)%2 == 1 {
			up = append(up, level[len(level)-1])
		}
		t.levels = append(t.levels, up)
		level = up
	}
	return t, nil
}

// Top is the tree's one digest: what is signed, inside the hash chain's result.
func (t *Tree) Top() Digest { return t.levels[len(t.levels)-1][0] }

// side is a neighbour on the way from a leaf to the top.
type side struct {
	digest Digest
	left   bool // the neighbour is on the left
}

// path are the neighbours on the way from the top down to a leaf.
func (t *Tree) path(leaf int) []side {
	var up []side
	for _, level := range t.levels[:len(t.levels)-1] {
		if other := leaf ^ 1; other < len(level) {
			up = append(up, side{level[other], other < leaf})
		}
		leaf /= 2
	}
	for i, j := 0, len(up)-1; i < j; i, j = i+1, j-1 {
		up[i], up[j] = up[j], up[i]
	}
	return up
}
