package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// Files lists the files of a draft or case, oldest first. A look at them has that case as its purpose.
func (m *Module) Files(ctx context.Context, a act.Act, holder, purpose id.ID) ([]File, error) {
	var rows []documentdb.DocumentFile
	err := m.base.Store.Look(ctx, a.ForCase(purpose), "document.look.files", func(p *store.Personal) error {
		var err error
		rows, err = documentdb.FilesOf(p, holder, purpose)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return nil, err
	}
	out := make([]File, 0, len(rows))
	for _, row := range rows {
		file, err := fileOf(keys, row)
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	return out, nil
}

func fileOf(keys *vault.Keys, row documentdb.DocumentFile) (File, error) {
	name, err := keys.Open("document_file", "name", row.Name)
	if err != nil {
		return File{}, fmt.Errorf("document: file %s: %w", row.ID, err)
	}
	out := File{
		Holder: row.Holder, ID: row.ID, Purpose: row.Purpose, Field: row.Field, Name: string(name),
		Type: row.Kind, Media: row.Media, Size: row.Size, Made: row.Made, Kept: row.Kept,
		State: FileState(row.State), Pages: int(row.Pages), Preview: row.Preview,
	}
	copy(out.SHA256[:], row.Hash)
	return out, nil
}

// OpenFile reads a file; the caller closes it. The look is recorded with the file's case as its purpose. ErrNone when the
// holder has no such file; ErrUnchecked for an official before the virus scanner has seen it; ErrDeleted when a virus was
// found in it.
func (m *Module) OpenFile(ctx context.Context, a act.Act, holder, file id.ID) (File, io.ReadCloser, error) {
	f, keys, err := m.readable(ctx, a, holder, file)
	if err != nil {
		return f, nil, err
	}
	bytes, err := m.openBlob(ctx, keys, file)
	return f, bytes, err
}

// OpenPreview reads the small JPEG of a picture or of a PDF's first page, as OpenFile does; ErrNone when there is none.
func (m *Module) OpenPreview(ctx context.Context, a act.Act, holder, file id.ID) (File, io.ReadCloser, error) {
	f, keys, err := m.readable(ctx, a, holder, file)
	if err != nil {
		return f, nil, err
	}
	if f.Preview.IsZero() {
		return f, nil, ErrNone
	}
	bytes, err := m.openBlob(ctx, keys, f.Preview)
	return f, bytes, err
}

// readable reads a file's row and tells whether the actor may have its bytes today.
func (m *Module) readable(ctx context.Context, a act.Act, holder, file id.ID) (File, *vault.Keys, error) {
	home, err := m.blobHome(ctx, file)
	if err != nil {
		return File{}, nil, err
	}
	var row documentdb.DocumentFile
	err = m.base.Store.Look(ctx, a.ForCase(home.Purpose), "document.look.file", func(p *store.Personal) error {
		var err error
		row, err = documentdb.FileByID(p, holder, home.Purpose, file)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return File{}, nil, ErrNone.Because(err)
	}
	if err != nil {
		return File{}, nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return File{}, nil, err
	}
	f, err := fileOf(keys, row)
	switch {
	case err != nil:
		return f, keys, err
	case f.State == FileInfected:
		return f, keys, ErrDeleted
	case f.State == FileWaits && a.Actor.Kind == act.Official && m.deps.Scanner != nil:
		return f, keys, ErrUnchecked
	}
	return f, keys, nil
}

func (m *Module) openBlob(ctx context.Context, keys *vault.Keys, which id.ID) (io.ReadCloser, error) {
	bytes, err := m.base.Blobs.Open(ctx, keys, which)
	if errors.Is(err, blob.ErrNone) {
		return nil, ErrNone.Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("document: open a file: %w", err)
	}
	return bytes, nil
}

// readBlob reads all of a file that the house itself works on.
func (m *Module) readBlob(ctx context.Context, keys *vault.Keys, which id.ID) ([]byte, error) {
	from, err := m.openBlob(ctx, keys, which)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(from) // at most what an upload may have
	if err := errors.Join(err, from.Close()); err != nil {
		return nil, fmt.Errorf("document: read a file: %w", err)
	}
	return data, nil
}

// blobHome finds whose a blob is and what names it.
func (m *Module) blobHome(ctx context.Context, which id.ID) (documentdb.DocumentBlob, error) {
	var out documentdb.DocumentBlob
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = documentdb.BlobByID(r, which)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// SendFile answers with the bytes of a file, after the caller has asked May.
func (m *Module) SendFile(c *web.Context, holder, file id.ID) error {
	f, bytes, err := m.OpenFile(c.Context(), c.Act(), holder, file)
	if err != nil {
		return err
	}
	return send(c, web.File{Name: f.Name, Type: f.Media}, bytes)
}

// SendPreview answers with the small picture of a file, after the caller has asked May.
func (m *Module) SendPreview(c *web.Context, holder, file id.ID) error {
	f, bytes, err := m.OpenPreview(c.Context(), c.Act(), holder, file)
	if err != nil {
		return err
	}
	return send(c, web.File{Name: f.Name + ".jpg", Type: "image/jpeg"}, bytes)
}

func send(c *web.Context, file web.File, from io.ReadCloser) error {
	data, err := io.ReadAll(from) // at most what an upload or a PDF may have
	if err := errors.Join(err, from.Close()); err != nil {
		return fmt.Errorf("document: read a file: %w", err)
	}
	file.Data = data
	return c.File(file, true)
}

// Remove takes a file out of a draft; its bytes go after the commit. Errors: ErrNone, ErrKept.
func (m *Module) Remove(tx *store.Tx, holder, purpose, file id.ID) error {
	states, err := documentdb.FileStates(tx, holder, purpose)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(states, func(s documentdb.FileStatesRow) bool { return s.ID == file })
	switch {
	case i < 0:
		return ErrNone
	case states[i].Kept:
		return ErrKept
	}
	if _, err := documentdb.DeleteFile(tx, holder, purpose, file); err != nil {
		return err
	}
	return m.dropBlobs(tx, file, states[i].Preview)
}

func (m *Module) dropBlobs(tx *store.Tx, which ...id.ID) error {
	for _, one := range which {
		if one.IsZero() {
			continue
		}
		if err := m.dropBlob(tx, one); err != nil {
			return err
		}
	}
	return nil
}

// dropBlob takes the mark away that keeps a blob from the sweep, and the blob itself once that is committed.
func (m *Module) dropBlob(tx *store.Tx, which id.ID) error {
	if err := documentdb.DeleteBlob(tx, which); err != nil {
		return err
	}
	m.dropBytes(tx, which)
	return nil
}

func (m *Module) dropBytes(tx *store.Tx, which id.ID) {
	tx.AfterCommit(func() {
		if err := m.base.Blobs.Remove(context.Background(), which); err != nil {
			m.base.Log.Warn("document: a removed file is left to the sweep", "blob", which, "error", err)
		}
	})
}

// Keep marks the files of a draft as parts of an application that is in: from now on they can't be removed.
func (m *Module) Keep(tx *store.Tx, holder, purpose id.ID) error {
	_, err := documentdb.KeepFiles(tx, holder, purpose)
	return err
}

// Discard removes the files of a draft that is given up. Kept ones stay.
func (m *Module) Discard(tx *store.Tx, holder, purpose id.ID) error {
	states, err := documentdb.FileStates(tx, holder, purpose)
	if err != nil {
		return err
	}
	for _, state := range states {
		if state.Kept {
			continue
		}
		if _, err := documentdb.DeleteFile(tx, holder, purpose, state.ID); err != nil {
			return err
		}
		if err := m.dropBlobs(tx, state.ID, state.Preview); err != nil {
			return err
		}
	}
	return nil
}
