package document

import (
	"context"
	"encoding/json"
	"fmt"

	"posad.city/core/document/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// PreparedRevoke is a revocation that waits for its Write.
type PreparedRevoke struct {
	m      *Module
	params documentdb.RevokeResultParams
	entry  *journal.Ready
	there  Result
}

// PrepareRevoke makes a revocation ready. Whether the actor may revoke is asked by the caller. Errors: ErrNone,
// ErrRevoked.
func (m *Module) PrepareRevoke(ctx context.Context, r Revocation) (*PreparedRevoke, error) {
	if r.Reason.RU == "" || r.Reason.EN == "" {
		return nil, fmt.Errorf("document: a revocation needs a reason in both languages")
	}
	if r.Act.IsZero() {
		r.Act = id.New(m.base.Clock.Now())
	}
	there, err := m.read(ctx, m.system(r.Act), "document.look.result", r.Holder, r.ID)
	if err != nil {
		return nil, err
	}
	if !there.Revoked.IsZero() {
		return nil, ErrRevoked
	}
	keys, err := m.base.Vault.Keys(ctx, r.Holder)
	if err != nil {
		return nil, err
	}
	if keys.Erased() {
		return nil, fmt.Errorf("document: revoke: %w", vault.ErrErased)
	}
	reason, err := json.Marshal(r.Reason)
	if err != nil {
		return nil, fmt.Errorf("document: reason: %w", err)
	}
	entry, err := m.base.Journal.Prepare(keys, m.revoking(r, there.Result))
	if err != nil {
		return nil, err
	}
	return &PreparedRevoke{m: m, entry: entry, there: there.Result, params: documentdb.RevokeResultParams{
		Holder: r.Holder, ID: r.ID, Reason: keys.Seal("document_result", "reason", reason), Replaced: r.replaced,
	}}, nil
}

func (m *Module) revoking(r Revocation, there Result) journal.Entry {
	t := func(key string) string { return m.base.Texts.Text(there.Lang, key) }
	entry := journal.Entry{
		Act: r.Act, Kind: EventRevoked, Title: t("document.journal.revoked"), Object: r.ID,
		Facts: []journal.Fact{
			{Name: "document", Label: t("document.fact.document"), Value: there.Title.In(there.Lang)},
			{Name: "number", Label: t("document.fact.number"), Value: id.FormatNumber(there.Number)},
			{Name: "reason", Label: t("document.fact.reason"), Value: r.Reason.In(there.Lang)},
		},
	}
	if r.replaced != "" {
		entry.Facts = append(entry.Facts, journal.Fact{Name: "replaced", Label: t("document.fact.replaced"), Value: id.FormatNumber(r.replaced)})
	}
	return entry
}

// Put revokes in the caller's Write, the document's credential too, enters it in the journal and emits document.revoked. ErrRevoked: somebody was first.
func (p *PreparedRevoke) Put(tx *store.Tx) error {
	params := p.params
	params.Revoked = tx.Now()
	n, err := documentdb.RevokeResult(tx, params)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrRevoked
	}
	if _, err := documentdb.RevokePlace(tx, params.ID); err != nil {
		return err
	}
	if there := p.there; there.Form == FormEntry {
		if _, err := documentdb.EndEntry(tx, ListID(there.List), there.Number, p.m.day(params.Revoked).String()); err != nil {
			return err
		}
	}
	if _, err := journal.Enter(tx, p.entry); err != nil {
		return err
	}
	return p.m.base.Jobs.Emit(tx, jobs.Event{Name: EventRevoked, Holder: params.Holder, Object: params.ID, Version: 2})
}
