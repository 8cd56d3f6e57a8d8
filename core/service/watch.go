package service

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// watchEvery is how often a watched folder is looked at. A change is taken when the folder stood still for one more look,
// so that an editor may finish writing.
const watchEvery = time.Second

// Watching is what a watched folder's owner is told and lends.
type Watching struct {
	Told   func(Faults)                            // faults of the folder; none: the folder is in force
	Behind func(number int64)                      // once for each version that the folder would have undone; may be nil
	Put    func(path string, content []byte) error // writes a file of the folder, or takes it away when content is nil; may be nil
}

// Watch follows a city folder and publishes it whenever its files change, until ctx ends: a service added as one file is
// offered some two seconds later, with no restart. Faults are told, and the version before stays. It is for the demo and
// for authors; a city in production publishes by command.
//
// A version that somebody else published is never undone: its files are put into the folder where the folder's author has
// not changed them; if they have, the folder is behind, says so and publishes nothing until it is brought up.
func (m *Module) Watch(ctx context.Context, files fs.FS, w Watching) {
	watched := watcher{m: m, files: files, Watching: w}
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			watched.look(ctx)
		}
	}
}

// FolderBehind is the number of the version that the watched folder would undo; zero when there is none.
func (m *Module) FolderBehind() int64 { return m.behind.Load() }

type watcher struct {
	Watching
	m          *Module
	files      fs.FS
	seen, took string       // marks of the folder: at the last look, and when it was last read
	number     int64        // the version in force when it was last read
	agreed     int64        // the last version that the folder published or was equal to; zero: none since the start
	base       []SourceFile // the folder as it was then
}

// look reads the folder when it has changed and stood still since the last look, or when another version came into force.
func (w *watcher) look(ctx context.Context) {
	mark, err := markOf(w.files)
	if err != nil {
		w.m.base.Log.Warn("service: the watched folder can't be read", "error", err)
		return
	}
	settled := mark == w.seen
	w.seen = mark
	number := w.m.number()
	if !settled || mark == w.took && number == w.number {
		return
	}
	w.took, w.number = mark, number
	if err := w.read(ctx); err != nil && ctx.Err() == nil {
		w.m.base.Log.Error("service: the watched folder could not be published", "error", err)
		w.took = "" // try again at the next look
	}
}

func (m *Module) number() int64 {
	if now := m.current.Load(); now != nil {
		return now.number
	}
	return 0
}

// read checks the folder and publishes it when it is right, differs from the current version and would undo nobody's.
func (w *watcher) read(ctx context.Context) error {
	city, faults := LoadCity(w.files)
	if len(faults) > 0 {
		w.Told(faults)
		return nil
	}
	now := w.m.current.Load()
	if now.holds(city) {
		w.agree(city, now.number)
		return nil
	}
	foreign, err := w.foreign(ctx, now)
	if err != nil {
		return err
	}
	if foreign {
		return w.follow(ctx, now, city.Files())
	}
	a := act.Act{ID: id.New(w.m.base.Clock.Now()), Actor: act.Actor{Kind: act.System}, Channel: act.Command}
	if err := w.m.Publish(ctx, a, city); err != nil {
		return err
	}
	if now = w.m.current.Load(); now.holds(city) {
		w.agree(city, now.number)
	}
	return nil
}

// holds tells whether a city, files and all, is what is shown.
func (s *shown) holds(city *City) bool {
	return s != nil && s.city.Hash() == city.Hash() && s.tree == string(TreeOf(city.Files()))
}

func (w *watcher) agree(city *City, number int64) {
	w.agreed, w.base, w.number = number, city.Files(), number
	w.m.behind.Store(0)
	w.Told(nil)
}

// foreign tells whether the version in force is another's than the folder's: after a start, an official's.
func (w *watcher) foreign(ctx context.Context, now *shown) (bool, error) {
	if now == nil || w.agreed != 0 {
		return now != nil && now.number != w.agreed, nil
	}
	return w.m.ByOfficial(ctx)
}

// ByOfficial tells whether the version in force was published by an official rather than by command or from a folder.
func (m *Module) ByOfficial(ctx context.Context) (bool, error) {
	last, err := m.Switches(ctx, 1)
	return err == nil && len(last) > 0 && !last[0].By.IsZero(), err
}

// follow brings the folder up to a version of somebody else, or says that it is behind.
func (w *watcher) follow(ctx context.Context, now *shown, mine []SourceFile) error {
	if err := w.recall(ctx); err != nil {
		return err
	}
	theirs, own, err := w.m.Sources(ctx, now.city.Hash())
	if err != nil {
		return err
	}
	changed, right := brought(w.base, mine, theirs)
	if w.Put == nil || !own || !right || w.base == nil {
		if w.m.behind.Swap(now.number) != now.number && w.Behind != nil {
			w.Behind(now.number)
		}
		return nil
	}
	for _, f := range changed {
		if err := w.Put(f.Path, f.Content); err != nil {
			return fmt.Errorf("service: bring the folder up: %w", err)
		}
	}
	// What the author changed in other files stays, and is published over the version that is now in the folder.
	w.agreed, w.base, w.took = now.number, theirs, ""
	w.m.behind.Store(0)
	return nil
}

// recall finds, after a start, what the folder last published: the latest version that no official published.
func (w *watcher) recall(ctx context.Context) error {
	if w.base != nil {
		return nil
	}
	list, err := w.m.Switches(ctx, historyMost)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.By.IsZero() {
			w.base, _, err = w.m.Sources(ctx, s.Hash)
			return err
		}
	}
	return nil
}

// brought are the files to write, with no content those to take away, so that what changed from base to theirs is in mine
// too; false when a file was changed in both otherwise.
func brought(base, mine, theirs []SourceFile) ([]SourceFile, bool) {
	was, have, want := byPath(base), byPath(mine), byPath(theirs)
	paths := maps.Clone(was)
	maps.Copy(paths, have)
	maps.Copy(paths, want)
	var out []SourceFile
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		b, m, t := was[path], have[path], want[path]
		switch {
		case bytes.Equal(b, t) || bytes.Equal(m, t):
		case bytes.Equal(b, m):
			out = append(out, SourceFile{Path: path, Content: t})
		default:
			return nil, false
		}
	}
	return out, true
}

func byPath(files []SourceFile) map[string][]byte {
	out := make(map[string][]byte, len(files))
	for _, f := range files {
		out[f.Path] = f.Content
	}
	return out
}

// markOf names the state of a folder by the names, sizes and times of its definition files.
func markOf(files fs.FS) (string, error) {
	sum := fnv.New128a()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(sum, "%s\x00%d\x00%d\x00", name, info.Size(), info.ModTime().UnixNano())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("service: watch: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
