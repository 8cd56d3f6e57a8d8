package journal

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
)

// Newest is the newest checkpoint of the log in a view of the database. ErrNone when no node has begun the log.
func Newest(r store.Reader) (Published, error) {
	s, err := readState(r)
	if errors.Is(err, errNoTree) {
		return Published{}, ErrNone
	}
	return Published{s.checkpoint(), s.note, s.made}, err
}

// ErrOutside says that what was found outside is not this city's log: another name, another signature, or leaves that
// don't give the root.
var ErrOutside = errors.New("journal: what was found outside is not this city's public log")

// Fetch copies a public log from anywhere into a folder of published files, which is empty or holds a beginning of it.
// read gives a file of tlog-tiles by its path: checkpoint, tile/entries/000. A folder that is as far or further stays as
// it is. What is copied leads to the root of a checkpoint that one of the keys has signed. The error may be ErrOutside.
func Fetch(ctx context.Context, folder string, read func(ctx context.Context, path string) ([]byte, error), keys []ed25519.PublicKey) (Published, error) {
	note, err := read(ctx, checkpointFile)
	if err != nil {
		return Published{}, fmt.Errorf("journal: the checkpoint outside: %w", err)
	}
	c, _, err := tlog.Open(string(note), keys)
	if err != nil {
		return Published{}, fmt.Errorf("%w: %w", ErrOutside, err)
	}
	m, err := openMirror(folder)
	if err != nil {
		return Published{}, err
	}
	out := Published{Checkpoint: c, Note: string(note)}
	if m.last.Size > 0 && m.last.Origin != c.Origin {
		return out, fmt.Errorf("%w: it is called %s, the folder's %s", ErrOutside, c.Origin, m.last.Origin)
	}
	if m.last.Size >= c.Size && !m.broken {
		return m.last, nil
	}
	if m.last.Size > c.Size {
		return out, fmt.Errorf("%w: the files in %s are damaged, and the log outside is shorter than they were", ErrOutside, folder)
	}
	edge, before := m.edge, m.last.Size
	for edge.Size() < c.Size {
		to := min(c.Size, (edge.Size()+chunk)/tlog.Width*tlog.Width)
		if m.broken && edge.Size() < before {
			to = min(to, before) // what was shown must come out again before the files go beyond it
		}
		leaves, err := fetchLeaves(ctx, read, edge.Size(), to, c.Size)
		if err != nil {
			return out, err
		}
		next, tiles := edge.Grow(leaves)
		if m.broken && next.Size() == before && next.Root() != m.last.Root {
			return out, fmt.Errorf("%w: it is another history than the one whose damaged files are in %s", ErrOutside, folder)
		}
		if next.Size() == c.Size && next.Root() != c.Root {
			return out, fmt.Errorf("%w: its leaves do not give the root of its checkpoint, or the folder's log is another", ErrOutside)
		}
		if err := m.write(tiles, next.Size() == c.Size); err != nil {
			return out, err
		}
		edge = next
	}
	return out, m.advance(out, edge, before)
}

// fetchLeaves reads leaves of a log of the size from one index to another.
func fetchLeaves(ctx context.Context, read func(context.Context, string) ([]byte, error), from, to, size int64) ([]tlog.Entry, error) {
	var out []tlog.Entry
	for number := from / tlog.Width; number*tlog.Width < to; number++ {
		t := tlog.Tile{Level: tlog.Entries, Number: number, Width: int(min(size-number*tlog.Width, tlog.Width))}
		file, err := read(ctx, t.Path())
		if err != nil {
			return nil, fmt.Errorf("journal: the log outside: %w", err)
		}
		entries, err := tlog.ParseBundle(file)
		if err != nil || len(entries) < t.Width {
			return nil, fmt.Errorf("%w: %s: %w", ErrOutside, t.Path(), errors.Join(err, tlog.ErrTile))
		}
		for i, e := range entries[:t.Width] {
			if at := number*tlog.Width + int64(i); at >= from && at < to {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// ReadFolder reads the files of a public log in a folder.
func ReadFolder(folder string) func(context.Context, string) ([]byte, error) {
	return func(_ context.Context, path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(folder, filepath.FromSlash(path)))
	}
}

// Comparison is how a database's log stands to what is known outside.
type Comparison struct {
	Database tlog.Checkpoint
	Outside  tlog.Checkpoint // Size 0: nothing is known outside
	Made     time.Time       // of the newest checkpoint in the database
	// From is the first place at which they differ; the smaller size when one continues the other.
	From int64
	// Missing are the places from From on that the database does not have as they were published. Leaf is zero where only
	// a checkpoint is known; Entry is not zero when the act is there and only its place is lost.
	Missing []Missing
	More    int64
}

// Lost is how many acts the database has no more.
func (c Comparison) Lost() int64 {
	out := c.More
	for _, m := range c.Missing {
		if m.Entry.IsZero() {
			out++
		}
	}
	return out
}

// Forked tells whether the two logs differ before the database's ends: then the database is not an older state of what
// was published, but another history.
func (c Comparison) Forked() bool { return c.From < min(c.Database.Size, c.Outside.Size) }

// Compare compares a database's log, which nobody writes, with the published files of a folder.
func Compare(ctx context.Context, st *store.Store, folder string, keys seal.KeySet) (Comparison, error) {
	m, err := openMirror(folder)
	if err != nil {
		return Comparison{}, err
	}
	s, err := known(ctx, st)
	if err != nil {
		return Comparison{}, err
	}
	out := Comparison{Database: s.checkpoint(), Outside: m.last.Checkpoint, Made: s.made, From: min(s.size, m.last.Size)}
	if m.last.Size == 0 {
		return out, nil
	}
	if _, _, err := tlog.Open(m.last.Note, PublicKeys(keys)); err != nil {
		return out, fmt.Errorf("%w: %w", ErrOutside, err)
	}
	agrees, err := continues(ctx, st, s, m.last.Checkpoint)
	if err != nil || agrees && m.last.Size <= s.size {
		return out, err
	}
	if m.broken {
		return out, fmt.Errorf("%w: the files in %s are damaged; give the address of another copy of the log", ErrOutside, folder)
	}
	d, err := (&Log{st: st, mirror: m}).compare(ctx, s)
	if err != nil {
		return out, err
	}
	out.From, out.Missing, out.More = d.From, d.Missing, d.More
	return out, nil
}

// CompareCheckpoint is Compare where a signed checkpoint is all that is known outside: how many acts are missing and at
// which places, but not their leaves.
func CompareCheckpoint(ctx context.Context, st *store.Store, note string, keys seal.KeySet) (Comparison, error) {
	c, _, err := tlog.Open(note, PublicKeys(keys))
	if err != nil {
		return Comparison{}, fmt.Errorf("%w: %w", ErrOutside, err)
	}
	s, err := known(ctx, st)
	if err != nil {
		return Comparison{}, err
	}
	out := Comparison{Database: s.checkpoint(), Outside: c, Made: s.made, From: min(s.size, c.Size)}
	agrees, err := continues(ctx, st, s, c)
	if err != nil {
		return out, err
	}
	if !agrees {
		out.From = 0 // where they part can't be told by a root alone
	}
	for at := out.From; at < c.Size && agrees; at++ {
		if len(out.Missing) == missingMost {
			out.More = c.Size - at
			break
		}
		out.Missing = append(out.Missing, Missing{Index: at})
	}
	return out, nil
}

// known is the state of the database's log; that of an empty log when none was begun.
func known(ctx context.Context, st *store.Store) (state, error) {
	var out state
	err := st.Read(ctx, func(r *store.Snapshot) error {
		s, err := readState(r)
		out = s
		return err
	})
	if errors.Is(err, errNoTree) {
		return state{root: new(tlog.Edge).Root()}, nil
	}
	return out, wrapLog("read the tree", err)
}

// continues tells whether the database has the checkpoint's tree, as far as the database goes: of a longer checkpoint
// nothing can be told by its root.
func continues(ctx context.Context, st *store.Store, s state, c tlog.Checkpoint) (bool, error) {
	if s.origin != "" && c.Origin != s.origin {
		return false, fmt.Errorf("%w: it is called %s, the city's %s", ErrOutside, c.Origin, s.origin)
	}
	if c.Size > s.size {
		return true, nil
	}
	var edge *tlog.Edge
	err := st.Read(ctx, func(r *store.Snapshot) error {
		e, err := tlog.EdgeOf(c.Size, func(t tlog.Tile) ([]byte, error) { return readTile(r, t) })
		edge = e
		return err
	})
	if err != nil {
		return false, wrapLog("read the tree", err)
	}
	return edge.Root() == c.Root, nil
}

// FirstBundle is the path of the first leaves of the log that a checkpoint tells of; false when there are none.
func FirstBundle(note string) (string, bool) {
	c, err := tlog.Peek(note)
	if err != nil || c.Size == 0 {
		return "", false
	}
	return tlog.Tile{Level: tlog.Entries, Width: int(min(c.Size, tlog.Width))}.Path(), true
}
