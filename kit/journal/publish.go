package journal

import (
	"context"
	"errors"
	"fmt"

	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
)

// Divergence is how the published log and the database differ: after a restore the database may have lost acts whose
// leaves were shown already.
type Divergence struct {
	Published int64     // size of the published log
	Database  int64     // size of the database's log
	From      int64     // the first place at which they differ
	Missing   []Missing // published leaves that do not stand at their place in the database, at most missingMost of them
	More      int64     // further ones
	database  tlog.Hash // root of the database's log: a divergence is told of again only when it changes
}

// Missing is a published leaf that the database does not hold at its place.
type Missing struct {
	Index int64
	Leaf  tlog.Entry
	Entry id.ID // the act is there but has another place or none; zero: the act is lost
}

const (
	missingMost = 10_000
	// chunk is how many leaves are compared or grown at a time: whole bundles.
	chunk = 64 * tlog.Width
)

// Publish takes what the database holds into this node's published log: files first, then the checkpoint that may be
// shown. It checks on the way that the database's tree continues the published one, leaf by leaf. When it does not,
// nothing is published and ErrStopped tells so; Stopped says where they differ.
func (l *Log) Publish(ctx context.Context) error {
	l.publishing.Lock()
	defer l.publishing.Unlock()
	s, err := l.state(ctx)
	if err == nil && len(l.o.Witnesses) > 0 {
		err = l.hear(ctx, &s)
	}
	if err != nil {
		return err
	}
	if p := l.published.Load(); p != nil && p.Checkpoint == s.checkpoint() && p.Note == s.note && l.diverged.Load() == nil {
		return nil
	}
	if l.o.Folder == "" {
		l.published.Store(&Published{s.checkpoint(), s.note, s.made})
		return nil
	}
	if l.mirror == nil {
		if l.mirror, err = openMirror(l.o.Folder); err != nil {
			return err
		}
	}
	if d := l.diverged.Load(); d != nil && d.Database == s.size && d.database == s.root {
		return ErrStopped
	}
	d, err := l.follow(ctx, s)
	if err != nil {
		return err
	}
	if d != nil {
		l.stopAt(d)
		return ErrStopped
	}
	l.diverged.Store(nil)
	last := l.mirror.last
	l.published.Store(&last)
	return nil
}

// hear reads how the witnesses stand, and puts their lines under the checkpoint that they have signed.
func (l *Log) hear(ctx context.Context, s *state) error {
	var now standings
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		list, err := readStandings(r, s.origin)
		now = list
		return err
	})
	if err != nil {
		return wrapLog("read the witnesses' standing", err)
	}
	l.see(now, s.size)
	s.note = now.cosigned(s.checkpoint(), s.note)
	return nil
}

// stopAt ends giving places and publishing; what was published may still be shown, from the files.
func (l *Log) stopAt(d *Divergence) {
	l.diverged.Store(d)
	last := l.mirror.last
	l.published.Store(&last)
	l.log.Error("journal: the public log is stopped: the database has lost acts that were published; posad log check names them",
		"published", d.Published, "database", d.Database, "from", d.From, "missing", int64(len(d.Missing))+d.More)
}

func (l *Log) state(ctx context.Context) (state, error) {
	var out state
	read := func(r *store.Snapshot) error {
		s, err := readState(r)
		out = s
		return err
	}
	err := l.st.Read(ctx, read)
	if errors.Is(err, errNoTree) {
		if err = l.begin(ctx); err == nil {
			err = l.st.Read(ctx, read)
		}
	}
	return out, wrapLog("read the tree", err)
}

// follow grows the published log to the state of the database, or tells how they differ.
func (l *Log) follow(ctx context.Context, s state) (*Divergence, error) {
	m := l.mirror
	if s.size < m.last.Size {
		return l.compare(ctx, s)
	}
	edge, before := m.edge, m.last.Size
	if m.broken {
		edge = new(tlog.Edge)
	}
	for edge.Size() < s.size || m.broken {
		to := min(s.size, (edge.Size()+chunk)/tlog.Width*tlog.Width)
		if m.broken && edge.Size() < before {
			to = min(to, before) // the root that was published is compared when it is reached
		}
		leaves, err := l.leaves(ctx, edge.Size(), to)
		if err != nil {
			return nil, err
		}
		next, tiles := edge.Grow(leaves)
		if m.broken && next.Size() == before && next.Root() != m.last.Root {
			return l.compare(ctx, s)
		}
		if next.Size() == s.size && next.Root() != s.root {
			return l.compare(ctx, s)
		}
		if err := m.write(tiles, next.Size() == s.size); err != nil {
			return nil, err
		}
		if edge = next; edge.Size() == s.size {
			break
		}
	}
	if edge.Root() != s.root {
		return l.compare(ctx, s)
	}
	return nil, m.advance(Published{s.checkpoint(), s.note, s.made}, edge, before)
}

// leaves reads leaves of the database's log in a snapshot of its own.
func (l *Log) leaves(ctx context.Context, from, to int64) ([]tlog.Entry, error) {
	var out []tlog.Entry
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		leaves, err := readLeaves(r, from, to)
		out = leaves
		return err
	})
	return out, err
}

// compare finds where the two logs part.
func (l *Log) compare(ctx context.Context, s state) (*Divergence, error) {
	m := l.mirror
	both := min(s.size, m.last.Size)
	out := &Divergence{Published: m.last.Size, Database: s.size, From: both, database: s.root}
	for at := int64(0); at < both && out.From == both; at += chunk {
		ours, err := m.leaves(at, min(at+chunk, both))
		if err != nil {
			return nil, fmt.Errorf("%w: the published files can't be read either: %w", ErrStopped, err)
		}
		theirs, err := l.leaves(ctx, at, min(at+chunk, both))
		if err != nil {
			return nil, err
		}
		for i := range ours {
			if ours[i] != theirs[i] {
				out.From = at + int64(i)
				break
			}
		}
	}
	if out.From == both && s.size >= m.last.Size {
		return nil, fmt.Errorf("%w: every leaf is as it was published, but the root is another", ErrTree)
	}
	for at := out.From; at < m.last.Size; at += chunk {
		if err := l.name(ctx, out, at, min(at+chunk, m.last.Size)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// name adds the published leaves that the database does not hold at their places.
func (l *Log) name(ctx context.Context, d *Divergence, from, to int64) error {
	leaves, err := l.mirror.leaves(from, to)
	if err != nil {
		return fmt.Errorf("%w: the published files can't be read either: %w", ErrStopped, err)
	}
	var fresh []Missing
	err = l.st.Read(ctx, func(r *store.Snapshot) error {
		fresh = nil
		for i, leaf := range leaves {
			at, err := findLeaf(r, leaf)
			if err != nil && !errors.Is(err, ErrNone) {
				return err
			}
			if err != nil || at.position != from+int64(i) {
				fresh = append(fresh, Missing{from + int64(i), leaf, at.id})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	room := max(0, min(missingMost-len(d.Missing), len(fresh)))
	d.Missing = append(d.Missing, fresh[:room]...)
	d.More += int64(len(fresh) - room)
	return nil
}
