package journal

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
)

// ErrForked says that the database's log went on in another way than the published one: no recovery joins the two.
var ErrForked = errors.New("journal: the database's log went another way than the published one; restore a later copy")

// Recover brings a restored database's log up to what was published: acts that are there get their published places, and
// the leaves of lost acts are kept without acts, so that the log continues what everybody has seen. It needs the
// published files of this node. A log that is not behind stays as it is.
func (l *Log) Recover(ctx context.Context) error {
	if err := l.Publish(ctx); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	d := l.diverged.Load()
	if d == nil {
		return nil
	}
	if d.From != d.Database {
		return ErrForked
	}
	l.publishing.Lock()
	defer l.publishing.Unlock()
	if err := l.ownCheckpoint(); err != nil {
		return err
	}
	leaves, err := l.mirror.leaves(d.Database, d.Published)
	if err != nil {
		return err
	}
	for len(leaves) > 0 {
		n := min(len(leaves), l.o.Batch)
		if err := l.recoverSome(ctx, leaves[:n], leaves); err != nil {
			return err
		}
		leaves = leaves[n:]
	}
	return nil
}

// ownCheckpoint checks that the city has signed what the files say.
func (l *Log) ownCheckpoint() error {
	keys, err := l.o.Seal.Keys()
	if err != nil {
		return err
	}
	_, _, err = tlog.Open(l.mirror.last.Note, PublicKeys(keys))
	return err
}

// PublicKeys are the keys of a set that sign checkpoints.
func PublicKeys(set seal.KeySet) []ed25519.PublicKey {
	var out []ed25519.PublicKey
	for _, key := range set.Of(seal.Journal) {
		out = append(out, key.Public)
	}
	return out
}

// recoverSome places the first of the leaves that are left; all of them must lead to the published root.
func (l *Log) recoverSome(ctx context.Context, some, left []tlog.Entry) error {
	var from state
	var edge *tlog.Edge
	var entries []waiting
	var lost map[int64]tlog.Entry
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		entries, lost = nil, map[int64]tlog.Entry{}
		var err error
		if from, err = readState(r); err != nil {
			return err
		}
		if edge, err = edgeOf(r, from); err != nil {
			return err
		}
		for i, leaf := range some {
			at := from.size + int64(i)
			f, err := findLeaf(r, leaf)
			switch {
			case errors.Is(err, ErrNone):
				lost[at] = leaf
			case err != nil:
				return err
			case f.position >= 0:
				return fmt.Errorf("%w: entry %s stands at %d and was published at %d", ErrForked, f.id, f.position, at)
			default:
				entries = append(entries, waiting{f.holder, f.id, leaf, at})
			}
		}
		return nil
	})
	if err != nil {
		return wrapLog("recover", err)
	}
	if whole, _ := edge.Grow(left); whole.Root() != l.mirror.last.Root || whole.Size() != l.mirror.last.Size {
		return ErrForked
	}
	p, _, err := l.plan(from, edge, some, l.o.Clock.Now())
	if err != nil {
		return err
	}
	p.entries, p.lost = entries, lost
	return wrapLog("recover", l.st.Write(ctx, p.put))
}
