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
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// PreparedUpload is a file that is kept and waits for its row.
type PreparedUpload struct {
	file    File
	sender  id.ID
	service string
	name    vault.Sealed
}

// PrepareUpload keeps a file under the holder's key: when it returns, the bytes are on the disk, and Put adds the row.
// Faults: ErrEmpty, ErrLarge, ErrType, ErrHEIC, each with the file's name.
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
	kept, err := m.base.Blobs.Put(ctx, keys, bytes.NewReader(u.File.Data), blob.Limits{Bytes: u.MaxBytes, Types: mediaOf(u.Accept)})
	if err != nil {
		return nil, u.fault(err, lang.Language(a.Lang))
	}
	k := kindOf(kept.Type)
	file := File{
		Holder: u.Holder, ID: kept.ID, Purpose: u.Purpose, Field: u.Field, Name: cleanName(u.File.Name, u.Field, k),
		Type: k.name, Media: kept.Type, Size: kept.Size, SHA256: kept.SHA256, Made: m.base.Clock.Now(),
	}
	return &PreparedUpload{file: file, sender: a.Actor.Person, service: u.Service, name: keys.Seal("document_file", "name", []byte(file.Name))}, nil
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
	switch {
	case errors.Is(err, blob.ErrEmpty):
		return fault.New(ErrEmpty.Kind, ErrEmpty.ID, "name", name).Because(err)
	case errors.Is(err, blob.ErrTooLarge):
		return fault.New(ErrLarge.Kind, ErrLarge.ID, "name", name, "most", lang.Size(l, u.MaxBytes)).Because(err)
	case errors.Is(err, blob.ErrHEIC):
		return fault.New(ErrHEIC.Kind, ErrHEIC.ID, "name", name).Because(err)
	case errors.Is(err, blob.ErrType):
		return fault.New(ErrType.Kind, ErrType.ID, "name", name, "accept", lang.Or(l, accept...)).Because(err)
	}
	return fmt.Errorf("document: keep a file: %w", err)
}

// File is the file as it will be kept.
func (p *PreparedUpload) File() File { return p.file }

// Put adds the row in the caller's Write; a second Put of the same upload changes nothing. That the draft lives and may
// have one more file is the caller's to know.
func (p *PreparedUpload) Put(tx *store.Tx) error {
	f := p.file
	n, err := documentdb.InsertFile(tx, documentdb.InsertFileParams{
		Holder: f.Holder, Purpose: f.Purpose, ID: f.ID, Field: f.Field, Sender: p.sender, Name: p.name,
		Kind: f.Type, Media: f.Media, Size: f.Size, Hash: f.SHA256[:], Made: f.Made,
	})
	if err != nil || n == 0 {
		return err
	}
	return documentdb.InsertBlob(tx, documentdb.InsertBlobParams{Blob: f.ID, Holder: f.Holder, Purpose: f.Purpose, Service: p.service})
}
