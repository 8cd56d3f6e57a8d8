package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"posad.city/kit/tlog"
)

// mirror is the folder in which a node keeps what was published: the files of tlog-tiles, ready to be served or copied by
// any program. It is grown from the leaves alone, so that it is a second builder of the tree, and it outlives the
// database: what was shown to anybody stands here.
type mirror struct {
	folder string
	last   Published // Size 0 and no Note: nothing was published
	edge   *tlog.Edge
	broken bool // the tiles are not those of the checkpoint: they are made anew from the database
}

const checkpointFile = "checkpoint"

func openMirror(folder string) (*mirror, error) {
	m := &mirror{folder: folder, edge: new(tlog.Edge)}
	m.last.Root = m.edge.Root()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("journal: the folder of the public log: %w", err)
	}
	note, err := os.ReadFile(filepath.Join(folder, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal: the published checkpoint: %w", err)
	}
	if m.last.Checkpoint, err = tlog.Peek(string(note)); err != nil {
		return nil, fmt.Errorf("journal: the published checkpoint %s: %w", filepath.Join(folder, checkpointFile), err)
	}
	m.last.Note = string(note)
	edge, err := tlog.EdgeOf(m.last.Size, m.read)
	if m.broken = err != nil || edge.Root() != m.last.Root; !m.broken {
		m.edge = edge
	}
	return m, nil
}

// read reads a tile of the published tree as joined hashes; of the level Entries, joined leaves.
func (m *mirror) read(t tlog.Tile) ([]byte, error) {
	kept := t
	kept.Width = int(widthNow(t.Level, t.Number, m.last.Size))
	if kept.Width < t.Width {
		return nil, fmt.Errorf("%w: %s is not published", tlog.ErrTile, t.Path())
	}
	data, err := os.ReadFile(filepath.Join(m.folder, filepath.FromSlash(kept.Path())))
	if err != nil {
		return nil, fmt.Errorf("journal: a tile of the published log: %w", err)
	}
	if t.Level == tlog.Entries {
		entries, err := tlog.ParseBundle(data)
		if err != nil {
			return nil, err
		}
		data = nil
		for _, e := range entries {
			data = append(data, e[:]...)
		}
	}
	if want := t.Width * len(tlog.Hash{}); len(data) >= want {
		return data[:want], nil
	}
	return nil, fmt.Errorf("%w: %s", tlog.ErrTile, t.Path())
}

// leaves reads the published leaves from one index to another.
func (m *mirror) leaves(from, to int64) ([]tlog.Entry, error) {
	var out []tlog.Entry
	for number := from / tlog.Width; number*tlog.Width < to; number++ {
		width := min(m.last.Size-number*tlog.Width, tlog.Width)
		data, err := m.read(tlog.Tile{Level: tlog.Entries, Number: number, Width: int(width)})
		if err != nil {
			return nil, err
		}
		hashes, err := tlog.Split(data)
		if err != nil {
			return nil, err
		}
		for i, h := range hashes {
			if at := number*tlog.Width + int64(i); at >= from && at < to {
				out = append(out, tlog.Entry(h))
			}
		}
	}
	return out, nil
}

// write writes tiles; of partial ones only those that the last of all growths left.
func (m *mirror) write(tiles []tlog.Grown, last bool) error {
	for _, t := range tiles {
		if t.Width < tlog.Width && !last {
			continue
		}
		data := t.Hashes
		if t.Level == tlog.Entries {
			hashes, err := tlog.Split(data)
			if err != nil {
				return err
			}
			entries := make([]tlog.Entry, len(hashes))
			for i, h := range hashes {
				entries[i] = tlog.Entry(h)
			}
			data = tlog.Bundle(entries)
		}
		if err := m.file(t.Path(), data, t.Level == tlog.Entries); err != nil {
			return err
		}
	}
	return nil
}

// advance makes a checkpoint the published one, after its tiles, and removes partial tiles that it needs no more.
func (m *mirror) advance(p Published, edge *tlog.Edge, before int64) error {
	if err := m.file(checkpointFile, []byte(p.Note), true); err != nil {
		return err
	}
	m.last, m.edge, m.broken = p, edge, false
	for level := tlog.Entries; ; level++ {
		count := before
		for range max(level, 0) {
			count /= tlog.Width
		}
		if count == 0 {
			return nil
		}
		old := tlog.Tile{Level: level, Number: count / tlog.Width, Width: int(count % tlog.Width)}
		if old.Width == 0 || widthNow(level, old.Number, p.Size) == int64(old.Width) {
			continue
		}
		if err := os.Remove(filepath.Join(m.folder, filepath.FromSlash(old.Path()))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("journal: an old tile: %w", err)
		}
		if full := widthNow(level, old.Number, p.Size) == tlog.Width; full {
			_ = os.Remove(filepath.Join(m.folder, filepath.FromSlash(filepath.Dir(old.Path())))) // its folder, if nothing else is in it
		}
	}
}

// widthNow is how wide a tile is in a tree of the size.
func widthNow(level int, number, size int64) int64 {
	for range max(level, 0) {
		size /= tlog.Width
	}
	return min(size-number*tlog.Width, tlog.Width)
}

// file writes a file whole, or leaves what was.
func (m *mirror) file(name string, data []byte, sync bool) error {
	path := filepath.Join(m.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("journal: write %s: %w", name, err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("journal: write %s: %w", name, err)
	}
	_, err = fresh.Write(data)
	if err == nil && sync {
		err = fresh.Sync()
	}
	err = errors.Join(err, fresh.Chmod(0o644), fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("journal: write %s: %w", name, err), os.Remove(fresh.Name()))
	}
	return nil
}
