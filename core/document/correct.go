package document

import (
	"context"
	"errors"
	"fmt"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Correction puts a mistake in an issued document right: a new one is issued, and the old one is revoked in the same Write.
type Correction struct {
	ID     id.ID // of the new document, made once by the caller
	Act    id.ID // for the journal; zero: ID
	Holder id.ID
	Old    id.ID
	Facts  []Fact // all lines of the new document; nil: as they were
	Title  lang.Text
	Text   lang.Text
	From   calendar.Date // zero: as it was
	Until  calendar.Date // zero: as it was
	Parts  []Part        // nil: as they were
	Signer lang.Text
	Reason lang.Text // what was wrong, in plain words; the holder and the journal read it
}

// PreparedCorrection waits for its Write.
type PreparedCorrection struct {
	result *PreparedResult
	revoke *PreparedRevoke // nil: it was done before
}

// PrepareCorrection makes a correction ready; what it does not name stays as it was. The new document has a number of its
// own, says in whose place it stands, and the check of the old one says which it is. Errors: ErrNone, ErrRevoked.
func (m *Module) PrepareCorrection(ctx context.Context, c Correction) (*PreparedCorrection, error) {
	if c.Act.IsZero() {
		c.Act = c.ID
	}
	if c.ID == c.Old {
		return nil, errors.New("document: a correction is a new document")
	}
	old, err := m.read(ctx, m.system(c.Act), "document.look.result", c.Holder, c.Old)
	if err != nil {
		return nil, err
	}
	out := &PreparedCorrection{}
	if out.result, err = m.PrepareResult(ctx, c.corrected(old)); err != nil {
		return nil, err
	}
	now := out.result.Result()
	if now.Replaces != old.Number {
		return nil, fmt.Errorf("document: result %s is not the correction of %s", c.ID, c.Old)
	}
	if old.Replaced == now.Number {
		return out, nil
	}
	out.revoke, err = m.PrepareRevoke(ctx, Revocation{Act: c.Act, Holder: c.Holder, ID: c.Old, Reason: c.Reason, replaced: now.Number})
	return out, err
}

// corrected is the old document with what is put right.
func (c Correction) corrected(old opened) NewResult {
	r := old.Result
	n := NewResult{
		ID: c.ID, Act: c.Act, Holder: r.Holder, Case: r.Case, Service: r.Service, Kind: r.Kind, Agency: r.Agency, Office: r.Office,
		Signer: r.Signer, City: old.city, Title: r.Title, Text: r.Text, Facts: r.Facts, Public: r.Public, Parts: old.parts,
		From: r.From, Until: r.Until, Lang: r.Lang, Form: r.Form, List: r.List, Opens: r.Opens, replaces: r.Number,
	}
	if c.Facts != nil {
		n.Facts = c.Facts
	}
	if c.Parts != nil {
		n.Parts = c.Parts
	}
	for _, one := range []struct {
		to   *lang.Text
		with lang.Text
	}{{&n.Title, c.Title}, {&n.Text, c.Text}, {&n.Signer, c.Signer}} {
		if !one.with.IsZero() {
			*one.to = one.with
		}
	}
	if !c.From.IsZero() {
		n.From = c.From
	}
	if !c.Until.IsZero() {
		n.Until = c.Until
	}
	return n
}

// Result is the new document.
func (p *PreparedCorrection) Result() Result { return p.result.Result() }

// Put issues the new document and revokes the old one in the caller's Write. ErrRevoked: somebody revoked it meanwhile, and
// nothing is issued if the Write fails with it.
func (p *PreparedCorrection) Put(tx *store.Tx) error {
	if err := p.result.Put(tx); err != nil || p.revoke == nil {
		return err
	}
	return p.revoke.Put(tx)
}
