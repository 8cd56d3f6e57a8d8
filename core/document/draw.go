package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/id"
	"posad.city/kit/pdf"
	"posad.city/kit/pdf/sign"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// OpenPDF reads a document's file; the caller closes it. What the city signed is the statement: its paper is drawn when
// somebody first reads it, and is the same file from then on. Most papers are never read.
func (m *Module) OpenPDF(ctx context.Context, a act.Act, holder, result id.ID) (Result, io.ReadCloser, error) {
	one, err := m.read(ctx, a, "document.look.result", holder, result)
	if err != nil {
		return Result{}, nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return Result{}, nil, err
	}
	file, err := m.paperOf(ctx, holder, result)
	if errors.Is(err, store.ErrNone) {
		drawn, err := m.draw(ctx, keys, one)
		return one.Result, drawn, err
	}
	if err != nil {
		return Result{}, nil, err
	}
	kept, err := m.openBlob(ctx, keys, file)
	return one.Result, kept, err
}

// SendPDF answers with a document's file, after the caller has asked May.
func (m *Module) SendPDF(c *web.Context, holder, result id.ID) error {
	r, bytes, err := m.OpenPDF(c.Context(), c.Act(), holder, result)
	if err != nil {
		return err
	}
	return send(c, web.File{Name: r.FileName(r.Lang), Type: "application/pdf"}, bytes)
}

// paperOf is the blob of a paper that was drawn before: store.ErrNone when it was not.
func (m *Module) paperOf(ctx context.Context, holder, result id.ID) (id.ID, error) {
	var out id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = documentdb.PaperOf(r, holder, result)
		return err
	})
	return out, err
}

// draw makes and keeps the paper. When two draw it at once, the first one's is the paper, and the other is swept. Of an
// erased holder nothing new is kept.
func (m *Module) draw(ctx context.Context, keys *vault.Keys, o opened) (io.ReadCloser, error) {
	if err := o.sound(m.deps.Zone()); err != nil {
		return nil, err
	}
	file, err := m.render(o)
	if err != nil {
		return nil, err
	}
	if keys.Erased() {
		return io.NopCloser(bytes.NewReader(file)), nil
	}
	paper, err := m.keep(ctx, keys, o, file)
	if err != nil {
		return nil, err
	}
	return m.openBlob(ctx, keys, paper)
}

// keep gives the blob of the paper: this one, or the one that was kept meanwhile.
func (m *Module) keep(ctx context.Context, keys *vault.Keys, o opened, file []byte) (id.ID, error) {
	kept, err := m.base.Blobs.Put(ctx, keys, bytes.NewReader(file), blob.Limits{Bytes: int64(len(file)), Types: []string{"application/pdf"}})
	if err != nil {
		return id.ID{}, fmt.Errorf("document: keep the PDF: %w", err)
	}
	out := kept.ID
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		out = kept.ID
		n, err := documentdb.InsertPaper(tx, documentdb.InsertPaperParams{Holder: o.Holder, Result: o.ID, Blob: kept.ID, Drawn: tx.Now()})
		if err != nil {
			return err
		}
		if n == 0 {
			out, err = documentdb.PaperOf(tx, o.Holder, o.ID)
			return err
		}
		return documentdb.InsertBlob(tx, documentdb.InsertBlobParams{Blob: kept.ID, Holder: o.Holder, Result: o.ID, Service: o.Service})
	})
	return out, err
}

// render lays the PDF out and signs it, for programs that read PDF and know nothing of this city. The statement lies in it as
// a file, so that a program can check all of it against the code.
func (m *Module) render(o opened) ([]byte, error) {
	keys, err := m.base.Seal.Keys()
	if err != nil {
		return nil, fmt.Errorf("document: keys: %w", err)
	}
	_, key, err := seal.OpenToken(o.Token, keys)
	if err != nil {
		return nil, fmt.Errorf("document: the code of %s does not verify: %w", o.ID, err)
	}
	said, err := attached(statement(o.Result, o.salt, m.deps.Zone()), o.Token)
	if err != nil {
		return nil, err
	}
	by, err := m.authority.Signer(vault.Papers)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	laid := m.paper(o, key, said)
	laid.Signing = &pdf.Signing{Name: laid.City, Reason: laid.Title, At: m.base.Clock.Now()} // the key may be newer than the document
	file, err := pdf.Render(laid)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if file, err = sign.Sign(file, by); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return file, nil
}
