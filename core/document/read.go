package document

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Result reads one document; ErrNone when the holder has none of that id.
func (m *Module) Result(ctx context.Context, a act.Act, holder, result id.ID) (Result, error) {
	out, err := m.read(ctx, a, "document.look.result", holder, result)
	return out.Result, err
}

// read reads a document with the look recorded under what.
func (m *Module) read(ctx context.Context, a act.Act, what string, holder, result id.ID) (opened, error) {
	row, err := m.row(ctx, a, what, holder, result)
	if err != nil {
		return opened{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return opened{}, err
	}
	return open(keys, row)
}

// row reads a document's row; one that the journal knows to be revoked comes back revoked, whatever it says itself.
func (m *Module) row(ctx context.Context, a act.Act, what string, holder, result id.ID) (documentdb.DocumentResult, error) {
	var row documentdb.DocumentResult
	forged := false
	err := m.base.Store.Look(ctx, a, what, func(p *store.Personal) error {
		var err error
		if row, err = documentdb.ResultByID(p, holder, result); err == nil {
			forged, err = stillRevoked(p, &row)
		}
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return row, ErrNone.Because(err)
	}
	if forged {
		m.base.Log.Error("document: a result's row says that it is good, and the journal that it was revoked", "result", result)
	}
	return row, err
}

// stillRevoked gives a row that does not say that it was revoked the time of its revocation in the journal, if there is one,
// and tells whether there was.
func stillRevoked(r store.Reader, row *documentdb.DocumentResult) (bool, error) {
	if !row.Revoked.IsZero() {
		return false, nil
	}
	since, err := journal.Since(r, row.Holder, row.ID, EventRevoked)
	row.Revoked = since
	return !since.IsZero(), err
}

// resultsMost is how many of a person's documents a list shows, the newest first.
const resultsMost = 500

// Results lists the documents of a holder, newest first, at most 500. caseID narrows it to one case; zero: all.
func (m *Module) Results(ctx context.Context, a act.Act, holder, caseID id.ID) ([]Result, error) {
	if !caseID.IsZero() && a.Purpose == (act.Purpose{}) {
		a = a.ForCase(caseID)
	}
	var out []Result
	for _, one := range a.Records(holder) {
		some, err := m.resultsOf(ctx, a, one, caseID)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// resultsOf is Results of one record of a holder.
func (m *Module) resultsOf(ctx context.Context, a act.Act, holder, caseID id.ID) ([]Result, error) {
	var rows []documentdb.DocumentResult
	err := m.base.Store.Look(ctx, a, "document.look.results", func(p *store.Personal) error {
		var err error
		if rows, err = documentdb.ResultsOf(p, holder, resultsMost); err != nil || len(rows) == 0 {
			return err
		}
		revoked, err := journal.SinceAll(p, holder, EventRevoked)
		for i := range rows {
			if rows[i].Revoked.IsZero() {
				rows[i].Revoked = revoked[rows[i].ID]
			}
		}
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return nil, err
	}
	out := make([]Result, 0, len(rows))
	for _, row := range rows {
		if !caseID.IsZero() && row.Subject != caseID {
			continue
		}
		one, err := open(keys, row)
		if err != nil {
			return nil, err
		}
		out = append(out, one.Result)
	}
	return out, nil
}

// Receipt is the newest receipt of the journal about a document: of its revocation, or else of its issue.
func (m *Module) Receipt(ctx context.Context, a act.Act, holder, result id.ID) ([]byte, error) {
	var rows []journal.Row
	err := m.base.Store.Look(ctx, a, "document.look.result", func(p *store.Personal) error {
		var err error
		rows, err = journal.EntriesOf(p, holder, result)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, ErrNone
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return nil, err
	}
	entered, err := m.base.Journal.Open(keys, rows[len(rows)-1])
	if err != nil {
		return nil, fmt.Errorf("document: receipt: %w", err)
	}
	return m.base.Journal.Receipt(ctx, entered)
}

// home finds whose document it is, and of which service.
func (m *Module) home(ctx context.Context, result id.ID) (documentdb.DocumentHome, error) {
	var out documentdb.DocumentHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = documentdb.HomeOf(r, result)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// Validity says in words from when to when a document is good.
func (m *Module) Validity(r Result, l lang.Language) string {
	return m.status(l, r, m.day(r.Issued))
}
