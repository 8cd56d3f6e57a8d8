package studio

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/core/studio/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// unpack reads the definition files of an archive. A single folder around them is taken off; what is not a city's file
// (pictures, hidden folders, the demo's data) is passed over. Errors: ErrArchive, ErrLarge, ErrMany, ErrText, ErrPath.
func unpack(content []byte) ([]service.SourceFile, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, ErrArchive.Because(err)
	}
	if len(archive.File) > 4*FilesMost {
		return nil, ErrMany
	}
	names := make([]string, 0, len(archive.File))
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	around, room := wrapper(names), folderMost
	var out []service.SourceFile
	for _, f := range archive.File {
		name := strings.TrimPrefix(f.Name, around)
		if !definition(name) {
			continue
		}
		if !known.MatchString(name) {
			return nil, ErrPath
		}
		text, err := unpackOne(f)
		if err != nil {
			return nil, err
		}
		if room -= len(text); room < 0 {
			return nil, ErrLarge
		}
		out = append(out, service.SourceFile{Path: name, Content: text})
		if len(out) > FilesMost {
			return nil, ErrMany
		}
	}
	slices.SortFunc(out, func(a, b service.SourceFile) int { return strings.Compare(a.Path, b.Path) })
	for i := 1; i < len(out); i++ {
		if out[i].Path == out[i-1].Path {
			return nil, ErrArchive
		}
	}
	return out, nil
}

func unpackOne(f *zip.File) ([]byte, error) {
	if !f.Mode().IsRegular() {
		return nil, ErrArchive
	}
	r, err := f.Open()
	if err != nil {
		return nil, ErrArchive.Because(err)
	}
	text, err := io.ReadAll(io.LimitReader(r, FileMost+1)) // what the archive says of its size is not believed
	if err := errors.Join(err, r.Close()); err != nil && len(text) <= FileMost {
		return nil, ErrArchive.Because(err)
	}
	return text, rightText(text)
}

// wrapper is the folder that everything lies in, with its slash; empty when there is none.
func wrapper(names []string) string {
	around := ""
	for i, name := range names {
		head, _, inside := strings.Cut(name, "/")
		if !inside || i > 0 && head+"/" != around || folders[head] {
			return ""
		}
		around = head + "/"
	}
	return around
}

// folders are the city's own: an archive of one of them is not wrapped.
var folders = map[string]bool{"services": true, "agencies": true, "registers": true, "resources": true, "tariffs": true, "charges": true, "own-registers": true, "messages": true, "content": true, "demo": true}

// definition tells whether a name is that of a file which a city's folder is read for.
func definition(name string) bool {
	if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" || strings.HasPrefix(name, "demo/") {
		return false
	}
	return !slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.HasPrefix(part, ".") && part != ".." })
}

// Upload puts many files into a change set that was seen in a revision: all of them or none. Files that are not among them
// stay as they are. It tells how many differ. Errors: those of Save, ErrChanged.
func (m *Module) Upload(ctx context.Context, a act.Act, which id.ID, revision int64, files []service.SourceFile) (int, error) {
	w, err := m.Workspace(ctx, which)
	if err != nil {
		return 0, err
	}
	if w.Revision != revision {
		return 0, ErrChanged
	}
	var ready []edit
	for _, f := range files {
		if now, there := fileOf(w.Files, f.Path); there && bytes.Equal(now, f.Content) {
			continue
		}
		seen, _ := w.SavedOf(f.Path)
		one, err := m.prepareEdit(a, w, Edit{Path: f.Path, Text: f.Content, Seen: seen.Revision, Base: hashIn(w.City.Files, f.Path)})
		if err != nil {
			return 0, err
		}
		ready = append(ready, one)
	}
	if len(ready)+len(w.Files) > FilesMost+len(w.Saved)+len(w.City.Files) {
		return 0, ErrMany
	}
	return len(ready), m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row, err := studiodb.ChangeByID(tx, which)
		if err != nil {
			return err
		}
		if row.Revision != revision {
			return tx.Fail(ErrChanged)
		}
		for _, one := range ready {
			c, err := step(tx, a, which, Open)
			if err == nil {
				err = one.put(tx, a, c)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Archive is a folder as a ZIP, the same bytes for the same files.
func Archive(files []service.SourceFile) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		one, err := w.CreateHeader(&zip.FileHeader{Name: f.Path, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := one.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
