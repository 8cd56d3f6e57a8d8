package document

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/credential"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Credential makes the document as a credential for a wallet (SD-JWT VC): every fact is hidden until the person shows it. The
// wallet's key binds it; nil: whoever has the file may show it. Each call makes another one, at the same place of the same
// status list. Errors: ErrNone, ErrNoCredential.
func (m *Module) Credential(ctx context.Context, a act.Act, holder, result id.ID, wallet *credential.JWK) (string, Result, error) {
	r, err := m.Result(ctx, a, holder, result)
	if err != nil {
		return "", Result{}, err
	}
	if !m.carried(r) {
		return "", r, ErrNoCredential
	}
	place, err := m.placeOf(ctx, holder, result)
	if err != nil {
		return "", r, err
	}
	c := m.credential(r)
	c.Holder, c.Status = wallet, &credential.Place{Index: place.Place, List: m.listAddress(place.List)}
	text, err := m.issuer.Issue(c)
	if err != nil {
		return "", r, fmt.Errorf("document: credential: %w", err)
	}
	return text, r, nil
}

// carried tells whether a wallet may have the document.
func (m *Module) carried(r Result) bool {
	standing := r.Standing(m.today())
	return r.Form != FormRefusal && (standing == Valid || standing == Early)
}

// credential says what the paper says, in the paper's language. What everybody sees is the kind, who issued it, and from when
// to when it is good.
func (m *Module) credential(r Result) credential.Credential {
	zone := m.deps.Zone()
	out := credential.Credential{
		Type: m.deps.Address + "/credentials/" + r.Kind, From: r.From.Start(zone),
		Open:   []credential.Claim{{Name: "issuing_authority", Value: r.Office.In(r.Lang)}},
		Hidden: []credential.Claim{{Name: "document_number", Value: id.FormatNumber(r.Number)}, {Name: "document_title", Value: r.Title.In(r.Lang)}},
	}
	if !r.Until.IsZero() {
		out.Expires = r.Until.AddDays(1).Start(zone)
	}
	taken := []string{"issuing_authority", "document_number", "document_title"}
	for i, f := range r.Facts {
		name := f.Key
		if credential.Reserved(name) || slices.Contains(taken, name) {
			name = "fact_" + strconv.Itoa(i+1)
		}
		taken = append(taken, name)
		out.Hidden = append(out.Hidden, credential.Claim{Name: name, Value: f.Value.In(r.Lang)})
	}
	return out
}

// drawsMost is how often a place is drawn before the list is held for full: with a half of it taken, one in 256 would be.
const drawsMost = 8

// placeOf is where the document's credential stands, given now if it has no place yet.
func (m *Module) placeOf(ctx context.Context, holder, result id.ID) (documentdb.DocumentPlace, error) {
	for {
		var there documentdb.DocumentPlace
		var newest documentdb.DocumentStatusList
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			if there, err = documentdb.PlaceOf(r, result); !errors.Is(err, store.ErrNone) {
				return err
			}
			if newest, err = documentdb.NewestList(r); errors.Is(err, store.ErrNone) {
				return nil
			}
			return err
		})
		if err != nil {
			return there, fmt.Errorf("document: place: %w", err)
		}
		if there.Result == result {
			return there, nil
		}
		if err := m.givePlace(ctx, holder, result, newest); err != nil && !errors.Is(err, store.ErrExists) { // else somebody gave it meanwhile
			return there, err
		}
	}
}

// givePlace draws a place of the newest list, or opens the next list when the newest is full.
func (m *Module) givePlace(ctx context.Context, holder, result id.ID, newest documentdb.DocumentStatusList) error {
	var draws []int64
	if newest.Number > 0 {
		list := m.statusSecret(newest)
		for range drawsMost {
			draws = append(draws, list.Draw())
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		row, err := documentdb.ResultByID(tx.As(m.system(result), "document.look.result"), holder, result)
		if err != nil {
			return err
		}
		if !row.Revoked.IsZero() {
			return ErrNoCredential
		}
		for _, place := range draws {
			if n, err := documentdb.InsertPlace(tx, newest.Number, place, result); err != nil || n > 0 {
				return err
			}
		}
		_, err = documentdb.InsertList(tx, newest.Number+1, tx.Now())
		return err
	})
}
