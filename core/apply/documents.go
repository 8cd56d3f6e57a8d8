package apply

import (
	"context"

	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Documents are Papers kept by core/document.
func Documents(m *document.Module) Papers { return documents{m} }

type documents struct{ *document.Module }

// Prepare implements Papers.
func (d documents) Prepare(ctx context.Context, a act.Act, u Upload) (PreparedFile, error) {
	p, err := d.PrepareUpload(ctx, a, document.Upload{
		Holder: u.Holder, Purpose: u.Draft, Service: u.Service, Field: u.Field, File: u.File, Accept: u.Accept, MaxBytes: u.MaxBytes,
	})
	if err != nil {
		return nil, err
	}
	return preparedUpload{p}, nil
}

// Files implements Papers.
func (d documents) Files(ctx context.Context, a act.Act, holder, draft id.ID) ([]service.File, error) {
	list, err := d.Module.Files(ctx, a, holder, draft)
	out := make([]service.File, 0, len(list))
	for _, f := range list {
		out = append(out, f.Answer())
	}
	return out, err
}

type preparedUpload struct{ *document.PreparedUpload }

// Answer implements PreparedFile.
func (p preparedUpload) Answer() service.File { return p.File().Answer() }

// Put implements PreparedFile.
func (p preparedUpload) Put(tx *store.Tx) error { return p.PreparedUpload.Put(tx) }
