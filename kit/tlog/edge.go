package tlog

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Edge is the right edge of a tree: its unfinished tiles. It is all that growing needs. The zero value is an empty tree.
type Edge struct {
	size    int64
	entries []byte         // of the unfinished bundle, 32 bytes each
	tiles   [levels][]byte // the unfinished tile of each level
}

// Grown is a tile as it is after a growth. Width is how much of it there is; Hashes is 32 bytes for each.
type Grown struct {
	Tile
	Hashes []byte
}

// Size is how many entries the tree has.
func (e *Edge) Size() int64 { return e.size }

// EdgeOf reads the edge of a tree of the size. read gives a tile's joined hashes, or for the level Entries the joined
// entries, at least as many as the tile is wide. The error is ErrTile, or read's own.
func EdgeOf(size int64, read func(Tile) ([]byte, error)) (*Edge, error) {
	out := &Edge{size: size}
	for level := Entries; level < levels; level++ {
		count := countAt(level, size)
		if count%Width == 0 {
			continue
		}
		want := Tile{Level: level, Number: count / Width, Width: int(count % Width)}
		data, err := read(want)
		if err != nil {
			return nil, err
		}
		if len(data) < want.Width*hashLen {
			return nil, fmt.Errorf("%w: %s has %d bytes", ErrTile, want.Path(), len(data))
		}
		data = append([]byte(nil), data[:want.Width*hashLen]...)
		if level == Entries {
			out.entries = data
		} else {
			out.tiles[level] = data
		}
	}
	return out, nil
}

// Grow appends entries and returns the new edge with every tile that changed, each once, as it is in the end. The old
// edge stays as it was.
func (e *Edge) Grow(entries []Entry) (*Edge, []Grown) {
	out := &Edge{size: e.size, entries: append([]byte(nil), e.entries...)}
	for level := range e.tiles {
		out.tiles[level] = append([]byte(nil), e.tiles[level]...)
	}
	var grown []Grown
	for _, entry := range entries {
		out.entries = append(out.entries, entry[:]...)
		out.size++
		if len(out.entries) == Width*hashLen {
			grown = append(grown, Grown{Tile{Entries, out.size/Width - 1, Width}, out.entries})
			out.entries = nil
		}
		grown = out.put(LeafHash(entry), grown)
	}
	return out, out.unfinished(e.size, grown)
}

// put adds a leaf, and the roots of the tiles that it fills.
func (e *Edge) put(h Hash, grown []Grown) []Grown {
	for level := range e.tiles {
		e.tiles[level] = append(e.tiles[level], h[:]...)
		if len(e.tiles[level]) < Width*hashLen {
			break
		}
		full := e.tiles[level]
		grown = append(grown, Grown{Tile{level, countAt(level, e.size)/Width - 1, Width}, full})
		h, e.tiles[level] = perfect(full), nil
	}
	return grown
}

// unfinished adds the partial tiles that changed since the size before.
func (e *Edge) unfinished(before int64, grown []Grown) []Grown {
	for level := Entries; level < levels; level++ {
		data := e.entries
		if level >= 0 {
			data = e.tiles[level]
		}
		count := countAt(level, e.size)
		if len(data) == 0 || count == countAt(level, before) {
			continue
		}
		grown = append(grown, Grown{Tile{level, count / Width, int(count % Width)}, append([]byte(nil), data...)})
	}
	return grown
}

// perfect is the root of a power of two of hashes.
func perfect(joined []byte) Hash {
	if len(joined) == hashLen {
		return Hash(joined)
	}
	half := len(joined) / 2
	return tlog.NodeHash(perfect(joined[:half]), perfect(joined[half:]))
}

// Root is the root of the tree; of an empty one, the hash of nothing.
func (e *Edge) Root() Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	var peaks []Hash // of the perfect trees that the tree is made of, the largest first
	for level := levels - 1; level >= 0; level-- {
		for data := e.tiles[level]; len(data) > 0; {
			n := 1 << (bits.Len(uint(len(data)/hashLen)) - 1) * hashLen
			peaks, data = append(peaks, perfect(data[:n])), data[n:]
		}
	}
	root := peaks[len(peaks)-1]
	for i := len(peaks) - 2; i >= 0; i-- {
		root = tlog.NodeHash(peaks[i], root)
	}
	return root
}
