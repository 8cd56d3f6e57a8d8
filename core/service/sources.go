package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/service/internal/store"
	"posad.city/kit/store"
)

// SourceFile is a file of a city's folder, byte for byte as its author wrote it.
type SourceFile struct {
	Path    string `json:"path"` // from the folder, with slashes: services/parking-permit.yaml
	Content []byte `json:"content"`
}

// Files are the files that the city was made of, in the order of their paths; none when it was opened from its canonical
// bytes. They are not to be changed.
func (c *City) Files() []SourceFile { return c.compiled.files }

func sortedFiles(files []SourceFile) []SourceFile {
	return slices.SortedFunc(slices.Values(files), func(a, b SourceFile) int { return strings.Compare(a.Path, b.Path) })
}

// SourceHash names the bytes of a file.
func SourceHash(content []byte) Hash { return hashOf(content) }

// TreeOf names a list of files by their paths and bytes, whatever their order; empty for no files. Two folders of one
// version may differ, in a remark for example: a version is what they mean, a tree is how they are written.
func TreeOf(files []SourceFile) Hash {
	if len(files) == 0 {
		return ""
	}
	sum := sha256.New()
	for _, f := range sortedFiles(files) {
		fmt.Fprintf(sum, "%s  %s\n", SourceHash(f.Content), f.Path) // a hash never fails
	}
	return Hash(hex.EncodeToString(sum.Sum(nil)))
}

// PackedSource is a file's bytes, ready to be kept.
type PackedSource struct {
	hash    Hash
	content []byte // gzip
	length  int64
}

// PackSource makes bytes ready to be kept.
func PackSource(content []byte) (PackedSource, error) {
	packed, err := pack(content)
	return PackedSource{SourceHash(content), packed, int64(len(content))}, err
}

// Hash names the bytes.
func (p PackedSource) Hash() Hash { return p.hash }

// Put keeps the bytes under their hash.
func (p PackedSource) Put(tx *store.Tx) error {
	return servicedb.InsertSource(tx, string(p.hash), p.content, p.length)
}

// preparedTree is a folder, ready to be kept.
type preparedTree struct {
	name    string
	paths   []string
	sources []PackedSource
}

func prepareTree(files []SourceFile) (preparedTree, error) {
	out := preparedTree{name: string(TreeOf(files))}
	for _, f := range files {
		packed, err := PackSource(f.Content)
		if err != nil {
			return out, err
		}
		out.paths, out.sources = append(out.paths, f.Path), append(out.sources, packed)
	}
	return out, nil
}

func (t preparedTree) put(tx *store.Tx) error {
	for i, source := range t.sources {
		if err := source.Put(tx); err != nil {
			return err
		}
		if err := servicedb.InsertTreeFile(tx, t.name, t.paths[i], string(source.hash)); err != nil {
			return err
		}
	}
	return nil
}

// Tree is a folder that is ready to be kept in a Write of the caller's own.
type Tree struct{ prepared preparedTree }

// PrepareTree makes a folder ready to be kept.
func PrepareTree(files []SourceFile) (Tree, error) {
	out, err := prepareTree(files)
	return Tree{out}, err
}

// Hash names the folder.
func (t Tree) Hash() Hash { return Hash(t.prepared.name) }

// Put keeps the folder.
func (t Tree) Put(tx *store.Tx) error { return t.prepared.put(tx) }

// treeOf is the folder that a version was last published from; empty when it always came without one.
func treeOf(r store.Reader, hash Hash) (string, error) {
	row, err := servicedb.TreeOfVersion(r, string(hash))
	if !errors.Is(err, store.ErrNone) {
		return row.Tree, err
	}
	plan, err := servicedb.TreeOfPlan(r, string(hash))
	if errors.Is(err, store.ErrNone) {
		return "", nil
	}
	return plan.Tree, err
}

// InForce is the version in force, with the folder that it was published from; empty: it came without one.
type InForce struct {
	Number  int64
	Version Hash
	Tree    Hash
}

// Now is what is in force, inside a transaction or a snapshot. ErrCity when nothing is.
func Now(r store.Reader) (InForce, error) {
	last, err := servicedb.LastSwitch(r)
	if errors.Is(err, store.ErrNone) {
		return InForce{}, ErrCity
	}
	return InForce{last.Number, Hash(last.Hash), Hash(last.Tree)}, err
}

// TreeEntry is a file of a tree by its hash.
type TreeEntry struct {
	Path   string
	Source Hash
}

// TreeEntries lists a tree's files, in the order of their paths.
func TreeEntries(r store.Reader, tree Hash) ([]TreeEntry, error) {
	rows, err := servicedb.TreeFiles(r, string(tree))
	out := make([]TreeEntry, 0, len(rows))
	for _, row := range rows {
		out = append(out, TreeEntry{row.Path, Hash(row.Source)})
	}
	return out, err
}

// Source is a kept file by its hash. ErrNone when it was never kept.
func Source(r store.Reader, hash Hash) ([]byte, error) {
	row, err := servicedb.SourceByHash(r, string(hash))
	if errors.Is(err, store.ErrNone) {
		return nil, ErrNone.Because(err)
	}
	if err != nil {
		return nil, err
	}
	return unpack(row.Content, row.Length)
}

// TreeFiles reads a kept folder.
func TreeFiles(r store.Reader, tree Hash) ([]SourceFile, error) {
	entries, err := TreeEntries(r, tree)
	if err != nil {
		return nil, err
	}
	out := make([]SourceFile, 0, len(entries))
	for _, e := range entries {
		content, err := Source(r, e.Source)
		if err != nil {
			return nil, err
		}
		out = append(out, SourceFile{Path: e.Path, Content: content})
	}
	return out, nil
}

// Sources are the files of a published version. False when it came without them: the files are then the version written
// out anew, which mean the same and are not what its author wrote. ErrOld when it was never published here.
func (m *Module) Sources(ctx context.Context, hash Hash) ([]SourceFile, bool, error) {
	var files []SourceFile
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		tree, err := treeOf(r, hash)
		if err == nil && tree != "" {
			files, err = TreeFiles(r, Hash(tree))
		}
		return err
	})
	if err != nil || len(files) > 0 {
		return files, true, err
	}
	city, err := m.Version(ctx, hash)
	if err != nil {
		return nil, false, err
	}
	files, err = Rendered(city)
	return files, false, err
}
