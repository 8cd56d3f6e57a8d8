package journal

import (
	"context"
	"errors"
	"fmt"

	"posad.city/kit/store"
	"posad.city/kit/tlog"
)

// Tiles reads tiles of the published log, each exactly as wide as asked. ErrNotYet for one that is not published.
func (l *Log) Tiles(ctx context.Context, tiles ...tlog.Tile) ([][]byte, error) {
	p := l.published.Load()
	for _, t := range tiles {
		if p == nil || !t.In(p.Size) {
			return nil, fmt.Errorf("%w: %s", ErrNotYet, t.Path())
		}
	}
	if l.diverged.Load() != nil {
		return l.kept(tiles)
	}
	var out [][]byte
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		data, err := tilesOf(r)(tiles)
		out = data
		return err
	})
	return out, err
}

// Tile reads a tile of the published log and compares it with the published root, so that a changed one leaves nobody's hands:
// others keep it for ever. Errors: ErrNotYet, ErrTree.
func (l *Log) Tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	p := l.published.Load()
	if p == nil || !t.In(p.Size) {
		return nil, fmt.Errorf("%w: %s", ErrNotYet, t.Path())
	}
	data, err := tlog.Checked(p.Checkpoint, t, l.reader(ctx))
	if errors.Is(err, tlog.ErrProof) {
		return nil, fmt.Errorf("%w: %w", ErrTree, err)
	}
	return data, err
}

// kept reads from the files: the log is stopped, so they do not change, and the database's tree is not the published one.
func (l *Log) kept(tiles []tlog.Tile) ([][]byte, error) {
	l.publishing.Lock()
	defer l.publishing.Unlock()
	out := make([][]byte, 0, len(tiles))
	for _, t := range tiles {
		data, err := l.mirror.read(t)
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func (l *Log) reader(ctx context.Context) tlog.Reader {
	return func(tiles []tlog.Tile) ([][]byte, error) { return l.Tiles(ctx, tiles...) }
}

// Find tells at which place of the published log a leaf stands, also when a restore has lost its act. ErrNone: nothing has
// this leaf. ErrNotYet: it waits.
func (l *Log) Find(ctx context.Context, leaf tlog.Entry) (int64, error) {
	at := found{position: -1}
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		f, err := findLeaf(r, leaf)
		if errors.Is(err, ErrNone) {
			f, err = findLost(r, leaf)
		}
		at = f
		return err
	})
	if err != nil {
		return 0, err
	}
	if p := l.published.Load(); p == nil || at.position < 0 || at.position >= p.Size {
		return 0, ErrNotYet
	}
	return at.position, nil
}

// Prove proves that the leaf stands at the place in the newest published checkpoint that a quorum of witnesses has signed;
// when none of these has the place, in the newest published one. ErrNotYet: it stands in none, so far.
func (l *Log) Prove(ctx context.Context, leaf tlog.Entry, index int64) (tlog.Proof, error) {
	p := l.provable(index)
	if p == nil || index < 0 || index >= p.Size {
		return tlog.Proof{}, ErrNotYet
	}
	path, err := tlog.Include(p.Checkpoint, index, l.reader(ctx))
	if err != nil {
		return tlog.Proof{}, err
	}
	out := tlog.Proof{Index: index, Hashes: path, Checkpoint: p.Note}
	if err := out.Leads(leaf, p.Checkpoint); err != nil {
		return tlog.Proof{}, fmt.Errorf("%w: %w", ErrTree, err)
	}
	return out, nil
}

// Growth proves that the log of the larger size begins with the log of the smaller one, and tells both roots. The larger
// is at most the published size: ErrNotYet.
func (l *Log) Growth(ctx context.Context, smaller, larger int64) (Growth, error) {
	p := l.published.Load()
	if p == nil || larger > p.Size {
		return Growth{}, ErrNotYet
	}
	if smaller < 1 || smaller > larger {
		return Growth{}, tlog.ErrProof
	}
	out := Growth{From: smaller, To: larger, NewRoot: p.Root}
	if larger < p.Size {
		_, root, err := tlog.Consist(p.Checkpoint, larger, l.reader(ctx))
		if err != nil {
			return Growth{}, err
		}
		out.NewRoot = root
	}
	var err error
	at := tlog.Checkpoint{Origin: p.Origin, Size: larger, Root: out.NewRoot}
	out.Hashes, out.OldRoot, err = tlog.Consist(at, smaller, l.reader(ctx))
	return out, err
}

// Growth is a proof between two sizes of the log.
type Growth struct {
	From, To         int64
	OldRoot, NewRoot tlog.Hash
	Hashes           []tlog.Hash
}

// proofOf is the proof for a receipt; nil while there is none. A tree that does not fit is told of, but it does not keep
// anybody from their receipt: the promise stands.
func (l *Log) proofOf(ctx context.Context, e Entered) *tlog.Proof {
	if e.Position < 0 {
		return nil
	}
	p, err := l.Prove(ctx, e.Leaf, e.Position)
	if err != nil {
		if !errors.Is(err, ErrNotYet) {
			l.log.Error("journal: no proof for a receipt", "position", e.Position, "error", err)
		}
		return nil
	}
	return &p
}
