package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// PreparedUpload is a file that is kept and waits for its row.
type PreparedUpload struct {
	m       *Module
	file    File
	sender  id.ID
	service string
	name    vault.Sealed
	sent    *sending // that it came by; nil: in one piece
}

// PrepareUpload looks into a file and keeps it under the holder's key: when it returns, the bytes are on the disk, and Put
// adds the row. A photo is kept as picture.Clean makes it, not as it came. Faults: ErrEmpty, ErrLarge, ErrType, ErrHEIC,
// ErrPicture, ErrPixels, ErrBroken, ErrLocked, ErrInfected, each with the file's name; ErrScanner.
func (m *Module) PrepareUpload(ctx context.Context, a act.Act, u Upload) (*PreparedUpload, error) {
	if u.Holder.IsZero() || u.Purpose.IsZero() {
		return nil, errors.New("document: an upload needs a holder and a purpose")
	}
	if u.Accept == nil {
		u.Accept = usualKinds
	}
	if u.MaxBytes == 0 {
		u.MaxBytes = blob.DefaultBytes
	}
	keys, err := m.base.Vault.Keys(ctx, u.Holder)
	if err != nil {
		return nil, fmt.Errorf("document: keys: %w", err)
	}
	if keys.Erased() {
		return nil, fmt.Errorf("document: upload: %w", vault.ErrErased)
	}
	seen, err := m.inspect(ctx, u)
	if err != nil {
		return nil, u.fault(err, lang.Language(a.Lang))
	}
	kept, err := m.base.Blobs.Put(ctx, keys, bytes.NewReader(seen.data), blob.Limits{Bytes: int64(len(seen.data)), Types: mediaOf(u.Accept)})
	if err != nil {
		return nil, u.fault(err, lang.Language(a.Lang))
	}
	k := kindOf(kept.Type)
	file := File{
		Holder: u.Holder, ID: kept.ID, Purpose: u.Purpose, Field: u.Field, Name: cleanName(u.File.Name, u.Field, k),
		Type: k.name, Media: kept.Type, Size: kept.Size, SHA256: kept.SHA256, Made: m.base.Clock.Now(), State: seen.state, Pages: seen.pages,
	}
	if file.Preview, err = m.keepPreview(ctx, keys, seen.preview); err != nil {
		return nil, err
	}
	sent, _ := ctx.Value(sendingKey{}).(*sending)
	return &PreparedUpload{m: m, file: file, sender: a.Actor.Person, service: u.Service, name: keys.Seal("document_file", "name", []byte(file.Name)), sent: sent}, nil
}

// keepPreview keeps the small picture of a file; zero when there is none.
func (m *Module) keepPreview(ctx context.Context, keys *vault.Keys, preview []byte) (id.ID, error) {
	if preview == nil {
		return id.ID{}, nil
	}
	kept, err := m.base.Blobs.Put(ctx, keys, bytes.NewReader(preview), blob.Limits{Bytes: int64(len(preview)), Types: []string{"image/jpeg"}})
	if err != nil {
		return id.ID{}, fmt.Errorf("document: keep a preview: %w", err)
	}
	return kept.ID, nil
}

// fault says what is wrong with this file, in place of what is wrong with some file.
func (u Upload) fault(err error, l lang.Language) error {
	if !lang.Known(string(l)) {
		l = lang.Russian
	}
	name := u.File.Name
	accept := make([]string, len(u.Accept))
	for i, kind := range u.Accept {
		accept[i] = strings.ToUpper(kind)
	}
	for is, say := range map[error]*fault.Fault{blob.ErrEmpty: ErrEmpty, blob.ErrHEIC: ErrHEIC} {
		if errors.Is(err, is) {
			return fault.New(say.Kind, say.ID, "name", name).Because(err)
		}
	}
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return fault.New(ErrLarge.Kind, ErrLarge.ID, "name", name, "most", lang.Size(l, u.MaxBytes)).Because(err)
	case errors.Is(err, blob.ErrType):
		return fault.New(ErrType.Kind, ErrType.ID, "name", name, "accept", lang.Or(l, accept...)).Because(err)
	}
	var told *fault.Fault
	if errors.As(err, &told) {
		return fault.New(told.Kind, told.ID, "name", name).Because(err)
	}
	return fmt.Errorf("document: keep a file: %w", err)
}

// File is the file as it will be kept.
func (p *PreparedUpload) File() File { return p.file }

// Put adds the row in the caller's Write; a second Put of the same upload changes nothing. That the draft lives and may
// have one more file is the caller's to know. A file that the scanner has not seen is put to it later.
func (p *PreparedUpload) Put(tx *store.Tx) error {
	f := p.file
	n, err := documentdb.InsertFile(tx, documentdb.InsertFileParams{
		Holder: f.Holder, Purpose: f.Purpose, ID: f.ID, Field: f.Field, Sender: p.sender, Name: p.name,
		Kind: f.Type, Media: f.Media, Size: f.Size, Hash: f.SHA256[:], Made: f.Made,
		State: string(f.State), Pages: int64(f.Pages), Preview: f.Preview,
	})
	if err != nil || n == 0 {
		return err
	}
	for _, one := range []id.ID{f.ID, f.Preview} {
		if one.IsZero() {
			continue
		}
		err := documentdb.InsertBlob(tx, documentdb.InsertBlobParams{Blob: one, Holder: f.Holder, Purpose: f.Purpose, Service: p.service})
		if err != nil {
			return err
		}
	}
	if p.sent != nil {
		if err := p.m.finish(tx, p.sent); err != nil {
			return err
		}
	}
	if f.State != FileWaits {
		return nil
	}
	return p.m.base.Jobs.Put(tx, jobs.New{Handler: jobScan, Holder: f.Holder, Object: f.ID, Version: 1, At: tx.Now().Add(scanAgain)})
}
