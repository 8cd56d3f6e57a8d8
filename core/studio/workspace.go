package studio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/core/studio/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// City is the city in force as its authors see it.
type City struct {
	service.InForce
	Files []service.SourceFile
	Own   bool // the files are those that were published; false: it came without them and is written out anew
}

// Workspace is a change set with the files as they would be published.
type Workspace struct {
	Change
	City  City // in force
	Saved []Saved
	Files []service.SourceFile
	Tree  service.Hash // of Files
}

// Check is what came of checking a folder: a city, or what is wrong.
type Check struct {
	City   *service.City
	Faults service.Faults
}

// InForce is the city as it is now.
func (m *Module) InForce(ctx context.Context) (City, error) {
	var out City
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out.InForce, err = service.Now(r)
		return err
	})
	if err != nil {
		return City{}, err
	}
	key := out.Tree
	if key == "" {
		key = "version/" + out.Version
	}
	out.Own = out.Tree != ""
	files, ok := m.folders.get(key)
	if !ok {
		if out.Own {
			files, err = m.readTree(ctx, out.Tree)
		} else {
			files, _, err = m.deps.Services.Sources(ctx, out.Version)
		}
		if err != nil {
			return City{}, fmt.Errorf("studio: files in force: %w", err)
		}
		m.folders.put(key, files)
	}
	out.Files = files
	return out, nil
}

func (m *Module) readTree(ctx context.Context, tree service.Hash) ([]service.SourceFile, error) {
	var out []service.SourceFile
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = service.TreeFiles(r, tree)
		return err
	})
	return out, err
}

// Read is the change set, without its files. ErrNone.
func (m *Module) Read(ctx context.Context, which id.ID) (Change, error) {
	var out Change
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := studiodb.ChangeByID(r, which)
		out = changeOf(row)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// Workspace is a change set with its files over those in force. ErrNone.
func (m *Module) Workspace(ctx context.Context, which id.ID) (Workspace, error) {
	var out Workspace
	texts := map[service.Hash][]byte{}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := studiodb.ChangeByID(r, which)
		if err != nil {
			return err
		}
		out.Change = changeOf(row)
		rows, err := studiodb.Files(r, which)
		if err != nil {
			return err
		}
		out.Saved = out.Saved[:0]
		for _, one := range rows {
			f := savedOf(one)
			out.Saved = append(out.Saved, f)
			if f.Source == "" || texts[f.Source] != nil {
				continue
			}
			if texts[f.Source], err = service.Source(r, f.Source); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	if err != nil {
		return out, err
	}
	if out.City, err = m.InForce(ctx); err != nil {
		return out, err
	}
	out.Files = overlay(out.City.Files, out.Saved, texts)
	out.Tree = service.TreeOf(out.Files)
	return out, nil
}

// overlay puts saved files over a folder.
func overlay(files []service.SourceFile, list []Saved, texts map[service.Hash][]byte) []service.SourceFile {
	if len(list) == 0 {
		return files
	}
	byPath := make(map[string]Saved, len(list))
	for _, f := range list {
		byPath[f.Path] = f
	}
	out := make([]service.SourceFile, 0, len(files)+len(list))
	for _, f := range files {
		if _, changed := byPath[f.Path]; !changed {
			out = append(out, f)
		}
	}
	for _, f := range list {
		if f.Source != "" {
			out = append(out, service.SourceFile{Path: f.Path, Content: texts[f.Source]})
		}
	}
	slices.SortFunc(out, func(a, b service.SourceFile) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// hashIn is the name of a file's bytes in a folder; empty when it is not there.
func hashIn(files []service.SourceFile, path string) service.Hash {
	content, there := fileOf(files, path)
	if !there {
		return ""
	}
	return service.SourceHash(content)
}

// SavedOf is what the change set has of a file; false: the file is as in force.
func (w Workspace) SavedOf(path string) (Saved, bool) {
	i := slices.IndexFunc(w.Saved, func(f Saved) bool { return f.Path == path })
	if i < 0 {
		return Saved{}, false
	}
	return w.Saved[i], true
}

// IsBehind tells whether the file in force is another than the one that its author saw.
func (w Workspace) IsBehind(f Saved) bool {
	now := hashIn(w.City.Files, f.Path)
	return now != f.Base && now != f.Source
}

// Behind lists the files that were published otherwise meanwhile.
func (w Workspace) Behind() []string {
	var out []string
	for _, f := range w.Saved {
		if w.IsBehind(f) {
			out = append(out, f.Path)
		}
	}
	return out
}

// Check checks the folder of a tree, once a node for each tree, and one at a time: it takes a second of a processor.
func (m *Module) Check(ctx context.Context, tree service.Hash, files []service.SourceFile) (*Check, error) {
	if out, ok := m.checks.get(tree); ok {
		return out, nil
	}
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-m.turn }()
	if out, ok := m.checks.get(tree); ok {
		return out, nil
	}
	city, faults := service.LoadFiles(files)
	out := &Check{City: city, Faults: faults}
	m.checks.put(tree, out)
	return out, nil
}

// Changes lists change sets in a state that the office sees, newest first; a zero office sees all.
func (m *Module) Changes(ctx context.Context, state State, office id.ID) ([]Change, error) {
	var out []Change
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := studiodb.ChangesInState(r, string(state), listMost)
		out = out[:0]
		for _, row := range rows {
			if c := changeOf(row); office.IsZero() || c.Agency == office {
				out = append(out, c)
			}
		}
		return err
	})
	return out, err
}

// Events lists what was done to a change set, the latest first.
func (m *Module) Events(ctx context.Context, which id.ID) ([]Event, error) {
	var out []Event
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := studiodb.Events(r, which, listMost)
		out = out[:0]
		for _, row := range rows {
			out = append(out, Event{row.Number, row.At, row.Official, row.Kind, row.Path, service.Hash(row.Source), row.Words})
		}
		return err
	})
	return out, err
}

// SourceOf is a text that was saved in a change set, by the number of its event. ErrNone.
func (m *Module) SourceOf(ctx context.Context, which id.ID, number int64) (Event, []byte, error) {
	events, err := m.Events(ctx, which)
	if err != nil {
		return Event{}, nil, err
	}
	for _, e := range events {
		if e.Number != number || e.Source == "" {
			continue
		}
		var text []byte
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			text, err = service.Source(r, e.Source)
			return err
		})
		return e, text, err
	}
	return Event{}, nil, ErrNone
}

// savedIn lists the files that a change set has.
func (m *Module) savedIn(ctx context.Context, which id.ID) ([]Saved, error) {
	var out []Saved
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := studiodb.Files(r, which)
		out = out[:0]
		for _, row := range rows {
			out = append(out, savedOf(row))
		}
		return err
	})
	return out, err
}
