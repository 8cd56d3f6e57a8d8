package tlog

import (
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"
)

// TestAnotherHouseAgrees holds our trees and proofs to a library that shares no code with them.
func TestAnotherHouseAgrees(t *testing.T) {
	t.Parallel()
	all := entriesOf(0, 70_000)
	tiles, edges := shelf{}, []*Edge{new(Edge)}
	for _, size := range []int{1, 2, 255, 256, 257, 513, 65_536, 65_537, 70_000} {
		last := edges[len(edges)-1]
		next, grown := last.Grow(all[last.Size():size])
		tiles.keep(grown)
		edges = append(edges, next)
	}
	bytesOf := func(path []Hash) [][]byte {
		var out [][]byte
		for _, h := range path {
			out = append(out, h[:])
		}
		return out
	}
	last := edges[len(edges)-1]
	c := Checkpoint{"kitezh/log", last.Size(), last.Root()}
	rapid.Check(t, func(t *rapid.T) {
		index := rapid.Int64Range(0, c.Size-1).Draw(t, "index")
		path, err := Include(c, index, tiles.read)
		if err != nil {
			t.Fatal(err)
		}
		e := all[index]
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(c.Size), rfc6962.DefaultHasher.HashLeaf(e[:]), bytesOf(path), c.Root[:]); err != nil {
			t.Fatal(err)
		}
	})
	for _, edge := range edges[1:] {
		path, root, err := Consist(c, edge.Size(), tiles.read)
		if err != nil || root != edge.Root() {
			t.Fatalf("%d: %v", edge.Size(), err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(edge.Size()), uint64(c.Size), bytesOf(path), root[:], c.Root[:]); err != nil {
			t.Errorf("%d: %v", edge.Size(), err)
		}
	}
}
