package tlog

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func entry(i int) Entry { return sha256.Sum256(fmt.Appendf(nil, "entry %d", i)) }

func entriesOf(from, to int) []Entry {
	var out []Entry
	for i := from; i < to; i++ {
		out = append(out, entry(i))
	}
	return out
}

// naive is the root by the definition of RFC 6962, written anew from its text.
func naive(leaves []Entry) Hash {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	if len(leaves) == 1 {
		return sha256.Sum256(append([]byte{0}, leaves[0][:]...))
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	left, right := naive(leaves[:k]), naive(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// shelf keeps tiles as a database would: what is wider takes the place of what was.
type shelf map[Tile][]byte

func (s shelf) keep(grown []Grown) {
	for _, g := range grown {
		s[Tile{g.Level, g.Number, 0}] = g.Hashes
	}
}

func (s shelf) one(t Tile) ([]byte, error) {
	data := s[Tile{t.Level, t.Number, 0}]
	if len(data) < t.Width*hashLen {
		return nil, fmt.Errorf("%w: %s", ErrTile, t.Path())
	}
	return data[:t.Width*hashLen], nil
}

func (s shelf) read(tiles []Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := s.one(t)
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func TestAnyBatchesGiveTheTreeOfTheDefinition(t *testing.T) {
	t.Parallel()
	all := entriesOf(0, 70_000) // a tile of level 2 begins
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 600), rapid.IntRange(65_400, 65_800)).Draw(t, "size")
		tiles, edge := shelf{}, new(Edge)
		for edge.Size() < int64(size) {
			at := int(edge.Size())
			next, grown := edge.Grow(all[at:min(size, at+rapid.IntRange(1, 40_000).Draw(t, "batch"))])
			tiles.keep(grown)
			if rapid.Bool().Draw(t, "reopened") {
				again, err := EdgeOf(next.Size(), tiles.one)
				if err != nil {
					t.Fatal(err)
				}
				next = again
			}
			edge = next
		}
		if edge.Root() != naive(all[:size]) {
			t.Fatalf("%d entries: another root", size)
		}
		if size == 0 {
			return
		}
		c := Checkpoint{"kitezh/log", int64(size), edge.Root()}
		index := rapid.IntRange(0, size-1).Draw(t, "index")
		path, err := Include(c, int64(index), tiles.read)
		if err != nil {
			t.Fatal(err)
		}
		p := Proof{Index: int64(index), Hashes: path}
		if err := p.Leads(all[index], c); err != nil {
			t.Fatal(err)
		}
		if err := p.Leads(entry(-1), c); !errors.Is(err, ErrProof) {
			t.Fatalf("another entry: %v", err)
		}
		smaller := rapid.IntRange(1, size).Draw(t, "smaller")
		path, root, err := Consist(c, int64(smaller), tiles.read)
		if err != nil || root != naive(all[:smaller]) {
			t.Fatalf("the root of %d in %d: %v", smaller, size, err)
		}
		if err := Consistent(Checkpoint{c.Origin, int64(smaller), root}, c, path); err != nil {
			t.Fatal(err)
		}
		if err := Consistent(Checkpoint{c.Origin, int64(smaller), entry(-1)}, c, path); smaller != size && !errors.Is(err, ErrProof) {
			t.Fatalf("another root: %v", err)
		}
	})
}

func TestAChangedTileProvesNothing(t *testing.T) {
	t.Parallel()
	tiles := shelf{}
	edge, grown := new(Edge).Grow(entriesOf(0, 1000))
	tiles.keep(grown)
	c := Checkpoint{"kitezh/log", 1000, edge.Root()}
	changed := bytes.Clone(tiles[Tile{0, 1, 0}])
	changed[7] ^= 1
	tiles[Tile{0, 1, 0}] = changed
	if _, err := Include(c, 300, tiles.read); err == nil {
		t.Error("a proof came out of a changed tile")
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]Tile{
		"tile/0/000":                 {0, 0, 256},
		"tile/entries/x001/x234/067": {Entries, 1234067, 256},
		"tile/1/x001/005.p/7":        {1, 1005, 7},
	} {
		if got, err := ParsePath(path); err != nil || got != want || want.Path() != path {
			t.Errorf("%s: %v, %v, %s", path, got, err, want.Path())
		}
	}
	for _, path := range []string{"", "tile", "tile/0", "tile/0/0", "tile/0/000.p/256", "tile/0/000.p/0", "tile/-1/000", "tile/0/x000/001", "tile/0/1000", "tile/8/000", "tile/00/000", "tile/0/+01", "tile/0/000/", "/tile/0/000", "tile/0/../000"} {
		if got, err := ParsePath(path); err == nil {
			t.Errorf("%s is taken as %v", path, got)
		}
	}
	if !(Tile{0, 1, 44}).In(300) || (Tile{0, 1, 45}).In(300) || (Tile{1, 0, 2}).In(300) || (Tile{Level: 9, Width: 1}).In(300) {
		t.Error("which tiles a tree has")
	}
}

func key(word string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(word))
	return ed25519.NewKeyFromSeed(seed[:])
}

func signed(t testing.TB, c Checkpoint, words ...string) string {
	t.Helper()
	var list []Signature
	for _, w := range words {
		k := key(w)
		list = append(list, Signature{k.Public().(ed25519.PublicKey), ed25519.Sign(k, []byte(c.Text()))})
	}
	out, err := Signed(c, list)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func publics(words ...string) []ed25519.PublicKey {
	var out []ed25519.PublicKey
	for _, w := range words {
		out = append(out, key(w).Public().(ed25519.PublicKey))
	}
	return out
}

func TestASignedCheckpoint(t *testing.T) {
	t.Parallel()
	c := Checkpoint{"kitezh.example/log", 12, naive(entriesOf(0, 12))}
	text := signed(t, c, "old", "new")
	got, by, err := Open(text, publics("other", "new"))
	if err != nil || got != c || !cmp.Equal(by, []int{1}) {
		t.Errorf("%v, by %v, %v", got, by, err)
	}
	if _, _, err := Open(text, publics("other")); !errors.Is(err, ErrSignature) {
		t.Errorf("strangers' keys: %v", err)
	}
	if _, _, err := Open(strings.Replace(text, "\n12\n", "\n13\n", 1), publics("new")); !errors.Is(err, ErrSignature) {
		t.Errorf("another size: %v", err)
	}
	if _, err := Signed(Checkpoint{Origin: "a name", Size: 1}, []Signature{{publics("new")[0], nil}}); err == nil {
		t.Error("a name with a blank was signed for")
	}
}

func sampleProof(t testing.TB) (Proof, Checkpoint) {
	t.Helper()
	tiles := shelf{}
	edge, grown := new(Edge).Grow(entriesOf(0, 300))
	tiles.keep(grown)
	c := Checkpoint{"kitezh.example/log", 300, edge.Root()}
	path, err := Include(c, 17, tiles.read)
	if err != nil {
		t.Fatal(err)
	}
	return Proof{17, path, signed(t, c, "one")}, c
}

func TestAProofKeepsItsForm(t *testing.T) {
	t.Parallel()
	p, c := sampleProof(t)
	got, err := ParseProof(p.Text())
	if err != nil || !cmp.Equal(p, got) {
		t.Fatalf("%v\n%s", err, cmp.Diff(p, got))
	}
	if err := got.Leads(entry(17), c); err != nil {
		t.Error(err)
	}
	got.Index = 18
	if err := got.Leads(entry(17), c); !errors.Is(err, ErrProof) {
		t.Errorf("another place: %v", err)
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add("tile/0/x001/067.p/9")
	f.Fuzz(func(t *testing.T, path string) {
		if got, err := ParsePath(path); err == nil && got.Path() != path {
			t.Errorf("%q and %q name one tile", path, got.Path())
		}
	})
}

func FuzzParseBundle(f *testing.F) {
	f.Add(Bundle(entriesOf(0, 3)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if got, err := ParseBundle(file); err == nil && !bytes.Equal(Bundle(got), file) {
			t.Error("two spellings")
		}
	})
}

func FuzzOpen(f *testing.F) {
	c := Checkpoint{"kitezh.example/log", 12, naive(entriesOf(0, 12))}
	f.Add(signed(f, c, "one"))
	f.Fuzz(func(t *testing.T, text string) {
		if got, _, err := Open(text, publics("one")); err == nil && got != c {
			t.Errorf("%v was never signed", got)
		}
	})
}

func FuzzParseProof(f *testing.F) {
	p, c := sampleProof(f)
	f.Add(p.Text())
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseProof(text)
		if err != nil {
			return
		}
		if got.Text() != text {
			t.Error("two spellings")
		}
		if got.Leads(entry(17), c) == nil && got.Index != 17 {
			t.Errorf("entry 17 was proved at %d", got.Index)
		}
	})
}

var _ tlog.TileReader = reader{}
