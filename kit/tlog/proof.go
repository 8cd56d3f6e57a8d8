package tlog

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof is an entry's place in a signed checkpoint.
type Proof struct {
	Index      int64
	Hashes     []Hash // from the leaf up
	Checkpoint string // the signed note
}

const (
	proofHead = "c2sp.org/tlog-proof@v1"
	hashMost  = 63 // a path in a tree of 2^63 entries
)

// Text is the proof in the form of C2SP's tlog-proof.
func (p Proof) Text() string {
	var out strings.Builder
	out.WriteString(proofHead + "\nindex " + strconv.FormatInt(p.Index, 10) + "\n")
	for _, h := range p.Hashes {
		out.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	out.WriteString("\n" + p.Checkpoint)
	return out.String()
}

// ParseProof reads that form. A proof with a line "extra" is not ours and is refused. The error is ErrForm.
func ParseProof(text string) (Proof, error) {
	head, signed, ok := strings.Cut(text, "\n\n")
	if !ok || len(text) > noteMost+hashMost*64 {
		return Proof{}, fmt.Errorf("%w: no checkpoint", ErrForm)
	}
	lines := strings.Split(head, "\n")
	if len(lines) < 2 || len(lines) > 2+hashMost || lines[0] != proofHead {
		return Proof{}, fmt.Errorf("%w: not a proof", ErrForm)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || index < 0 {
		return Proof{}, fmt.Errorf("%w: its index", ErrForm)
	}
	out := Proof{Index: index, Checkpoint: signed}
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != hashLen {
			return Proof{}, fmt.Errorf("%w: a hash", ErrForm)
		}
		out.Hashes = append(out.Hashes, Hash(raw))
	}
	if _, err := Peek(signed); err != nil {
		return Proof{}, err
	}
	if out.Text() != text {
		return Proof{}, fmt.Errorf("%w: another spelling", ErrForm)
	}
	return out, nil
}

// Leads checks that the hashes lead from the entry to the checkpoint's root. Who signed the checkpoint is Open's to
// say. The error is ErrProof.
func (p Proof) Leads(e Entry, c Checkpoint) error {
	if p.Index < 0 || p.Index >= c.Size {
		return fmt.Errorf("%w: entry %d of %d", ErrProof, p.Index, c.Size)
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, LeafHash(e)); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}

// Reader reads a tile's joined hashes, exactly as many as the tile is wide.
type Reader func(tiles []Tile) ([][]byte, error)

// Include makes the path of the entry at the index in the tree of the checkpoint. Every tile is checked on the way: a
// changed one is an error.
func Include(c Checkpoint, index int64, read Reader) ([]Hash, error) {
	if index < 0 || index >= c.Size {
		return nil, fmt.Errorf("%w: entry %d of %d", ErrProof, index, c.Size)
	}
	path, err := tlog.ProveRecord(c.Size, index, hashes(c, read))
	if err != nil {
		return nil, fmt.Errorf("tlog: prove entry %d of %d: %w", index, c.Size, err)
	}
	return path, nil
}

// Consist makes the proof that the tree of the checkpoint begins with the tree of the smaller size, and tells that
// tree's root.
func Consist(c Checkpoint, smaller int64, read Reader) ([]Hash, Hash, error) {
	if smaller < 1 || smaller > c.Size {
		return nil, Hash{}, fmt.Errorf("%w: from %d to %d", ErrProof, smaller, c.Size)
	}
	r := hashes(c, read)
	root, err := tlog.TreeHash(smaller, r)
	if err != nil {
		return nil, Hash{}, fmt.Errorf("tlog: root of %d: %w", smaller, err)
	}
	path, err := tlog.ProveTree(c.Size, smaller, r)
	if err != nil {
		return nil, Hash{}, fmt.Errorf("tlog: prove that %d is in %d: %w", smaller, c.Size, err)
	}
	return path, root, nil
}

// Consistent checks such a proof. The error is ErrProof.
func Consistent(smaller, larger Checkpoint, path []Hash) error {
	if smaller.Size < 1 || smaller.Size > larger.Size {
		return fmt.Errorf("%w: from %d to %d", ErrProof, smaller.Size, larger.Size)
	}
	if err := tlog.CheckTree(path, larger.Size, larger.Root, smaller.Size, smaller.Root); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}

// Checked is a tile of the checkpoint's tree, read and compared with the root; of the level Entries, the joined entries. The
// error is ErrTile for one that the tree does not have, ErrProof for one that is not the tree's, or read's own.
func Checked(c Checkpoint, t Tile, read Reader) ([]byte, error) {
	if !t.In(c.Size) {
		return nil, fmt.Errorf("%w: %s of %d entries", ErrTile, t.Path(), c.Size)
	}
	level := max(t.Level, 0)
	indexes := make([]int64, t.Width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(level*height, t.Number*Width+int64(i))
	}
	want, err := hashes(c, read).ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrProof, t.Path(), err)
	}
	out := make([]byte, 0, t.Width*hashLen)
	if t.Level != Entries {
		for _, h := range want {
			out = append(out, h[:]...)
		}
		return out, nil
	}
	files, err := read([]Tile{t})
	if err != nil {
		return nil, err
	}
	if len(files) != 1 || len(files[0]) != cap(out) {
		return nil, fmt.Errorf("%w: %s", ErrProof, t.Path())
	}
	for i, h := range want {
		if entry := Entry(files[0][i*hashLen:]); LeafHash(entry) != h {
			return nil, fmt.Errorf("%w: entry %d of %s", ErrProof, i, t.Path())
		}
	}
	return files[0], nil
}

func hashes(c Checkpoint, read Reader) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, reader{read})
}

// reader hands tiles to the library that proves.
type reader struct{ read Reader }

func (r reader) Height() int                     { return height }
func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	want := make([]Tile, len(tiles))
	for i, t := range tiles {
		want[i] = Tile{Level: t.L, Number: t.N, Width: t.W}
	}
	return r.read(want)
}
