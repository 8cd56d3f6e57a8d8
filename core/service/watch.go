package service

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// watchEvery is how often a watched folder is looked at. A change is taken when the folder stood still for one more look,
// so that an editor may finish writing.
const watchEvery = time.Second

// Watch follows a city folder and publishes it whenever its files change, until ctx ends: a service added as one file is
// offered some two seconds later, with no restart. Faults go to tell, and the version before stays; no faults mean that the
// folder is in force. It is for the demo and for authors; a city in production publishes by command.
func (m *Module) Watch(ctx context.Context, files fs.FS, tell func(Faults)) {
	w := watcher{m: m, files: files, tell: tell}
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			w.look(ctx)
		}
	}
}

type watcher struct {
	m          *Module
	files      fs.FS
	tell       func(Faults)
	seen, took string // marks of the folder: at the last look, and when it was last read
}

// look reads the folder when it has changed and stood still since the last look.
func (w *watcher) look(ctx context.Context) {
	mark, err := markOf(w.files)
	if err != nil {
		w.m.base.Log.Warn("service: the watched folder can't be read", "error", err)
		return
	}
	settled := mark == w.seen
	w.seen = mark
	if !settled || mark == w.took {
		return
	}
	w.took = mark
	if err := w.m.publishFolder(ctx, w.files, w.tell); err != nil && ctx.Err() == nil {
		w.m.base.Log.Error("service: the watched folder could not be published", "error", err)
		w.took = "" // try again at the next look
	}
}

// publishFolder checks a folder and publishes it when it is right and differs from the current version.
func (m *Module) publishFolder(ctx context.Context, files fs.FS, tell func(Faults)) error {
	city, faults := LoadCity(files)
	if len(faults) > 0 {
		tell(faults)
		return nil
	}
	if now := m.current.Load(); now != nil && now.city.Hash() == city.Hash() && now.tree == string(TreeOf(city.Files())) {
		tell(nil)
		return nil
	}
	a := act.Act{ID: id.New(m.base.Clock.Now()), Actor: act.Actor{Kind: act.System}, Channel: act.Command}
	if err := m.Publish(ctx, a, city); err != nil {
		return err
	}
	tell(nil)
	return nil
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
