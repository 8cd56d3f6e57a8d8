package tlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a node of the tree.
type Hash = tlog.Hash

// Entry is what a leaf of the tree stands for.
type Entry = [32]byte

// LeafHash is the leaf of an entry.
func LeafHash(e Entry) Hash { return tlog.RecordHash(e[:]) }

// Shapes of a tree.
const (
	// Width is how many hashes a full tile holds.
	Width = 256
	// Entries is the level of the bundles that hold the entries themselves.
	Entries = -1

	height  = 8
	hashLen = 32
	// levels is more than a tree of 2^62 entries has.
	levels = 8
	// numberMost bounds a tile's number, and with it what a tree may hold.
	numberMost = 1 << 54
)

// Tile names a tile: level 0 holds leaves, each level above holds the roots of full tiles below it.
type Tile struct {
	Level  int   // 0 and up, or Entries
	Number int64 // from 0
	Width  int   // 1 to Width; below that it is partial
}

// ErrTile says that a text names no tile, or that bytes are not what the name promises.
var ErrTile = errors.New("tlog: this is not a tile")

// Path is the tile's name under the log's root: tile/0/x001/x234/067, tile/entries/000.p/8.
func (t Tile) Path() string {
	var out strings.Builder
	out.WriteString("tile/")
	if t.Level == Entries {
		out.WriteString("entries")
	} else {
		out.WriteString(strconv.Itoa(t.Level))
	}
	digits := fmt.Sprintf("%03d", t.Number)
	digits = strings.Repeat("0", (3-len(digits)%3)%3) + digits
	for len(digits) > 3 {
		out.WriteString("/x" + digits[:3])
		digits = digits[3:]
	}
	out.WriteString("/" + digits)
	if t.Width < Width {
		out.WriteString(".p/" + strconv.Itoa(t.Width))
	}
	return out.String()
}

// ParsePath reads a tile's name. Only the one spelling that Path gives is taken. The error is ErrTile.
func ParsePath(path string) (Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > 100 {
		return Tile{}, ErrTile
	}
	out := Tile{Width: Width}
	level, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return Tile{}, ErrTile
	}
	var err error
	if out.Level = Entries; level != "entries" {
		if out.Level, err = strconv.Atoi(level); err != nil || out.Level < 0 || out.Level >= levels {
			return Tile{}, ErrTile
		}
	}
	if number, width, partial := strings.Cut(rest, ".p/"); partial {
		if out.Width, err = strconv.Atoi(width); err != nil || out.Width < 1 || out.Width >= Width {
			return Tile{}, ErrTile
		}
		rest = number
	}
	for part := range strings.SplitSeq(rest, "/") {
		n, err := strconv.Atoi(strings.TrimPrefix(part, "x"))
		if err != nil || n < 0 || n > 999 || out.Number > numberMost/1000 {
			return Tile{}, ErrTile
		}
		out.Number = out.Number*1000 + int64(n)
	}
	if out.Path() != path {
		return Tile{}, ErrTile
	}
	return out, nil
}

// In tells whether a tree of the size has the tile, at least as wide.
func (t Tile) In(size int64) bool {
	if t.Level < Entries || t.Level >= levels || t.Number < 0 || t.Number > numberMost || t.Width < 1 || t.Width > Width {
		return false
	}
	return t.Number*Width+int64(t.Width) <= countAt(t.Level, size)
}

// countAt is how many hashes a level of a tree of the size holds.
func countAt(level int, size int64) int64 { return size >> (height * max(level, 0)) }

// Bundle is the file of a bundle of entries: before each its length, two bytes, the higher first.
func Bundle(entries []Entry) []byte {
	out := make([]byte, 0, len(entries)*(2+hashLen))
	for _, e := range entries {
		out = binary.BigEndian.AppendUint16(out, hashLen)
		out = append(out, e[:]...)
	}
	return out
}

// ParseBundle reads such a file of a log whose entries are 32 bytes. The error is ErrTile.
func ParseBundle(file []byte) ([]Entry, error) {
	const one = 2 + hashLen
	if len(file)%one != 0 || len(file) > Width*one {
		return nil, ErrTile
	}
	out := make([]Entry, 0, len(file)/one)
	for ; len(file) > 0; file = file[one:] {
		if binary.BigEndian.Uint16(file) != hashLen {
			return nil, ErrTile
		}
		out = append(out, Entry(file[2:one]))
	}
	return out, nil
}

// Split cuts joined hashes or entries apart. The error is ErrTile.
func Split(joined []byte) ([]Hash, error) {
	if len(joined)%hashLen != 0 || len(joined) > Width*hashLen {
		return nil, ErrTile
	}
	out := make([]Hash, 0, len(joined)/hashLen)
	for ; len(joined) > 0; joined = joined[hashLen:] {
		out = append(out, Hash(joined[:hashLen]))
	}
	return out, nil
}
