package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/apply/internal/store"
	"posad.city/core/exchange"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// The looks, and the table and columns that sealed values are bound to.
const (
	lookDraft     = "apply.look.draft"
	lookDrafts    = "apply.look.drafts"
	lookApplicant = "apply.look.applicant"
	table         = "draft"
	columnAnswers = "answers"
	columnTyped   = "typed"
)

// linesMost bounds the list of a holder's drafts.
const linesMost = 50

// home finds in whose account a draft lies, or lay, and what it became.
func (m *Module) home(ctx context.Context, draft id.ID) (applydb.DraftHome, error) {
	var out applydb.DraftHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = applydb.HomeOf(r, draft)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// own is the act of a person at their own account, whatever they do for others.
func own(a act.Act) act.Act { return a.For(a.Actor.Person, id.ID{}) }

// read opens a draft of the actor's. Somebody else's is ErrNone, even of a child that both may act for: it holds what its
// applicant told of themselves. One that was sent is ErrSent.
func (m *Module) read(ctx context.Context, a act.Act, draft id.ID) (Draft, error) {
	home, err := m.home(ctx, draft)
	if err != nil {
		return Draft{}, err
	}
	if home.Number != "" {
		return Draft{}, ErrSent
	}
	var row applydb.Draft
	err = m.base.Store.Look(ctx, a.ForCase(draft), lookDraft, func(p *store.Personal) error {
		var err error
		row, err = applydb.DraftByID(p, home.Holder, draft)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Draft{}, ErrNone.Because(err)
	}
	if err != nil {
		return Draft{}, err
	}
	if !a.Is(row.Applicant) {
		return Draft{}, ErrNone
	}
	keys, err := m.base.Vault.Keys(ctx, row.Holder)
	if err != nil {
		return Draft{}, err
	}
	return opened(keys, row)
}

func opened(keys *vault.Keys, row applydb.Draft) (Draft, error) {
	out := Draft{
		Holder: row.Holder, ID: row.ID, Applicant: row.Applicant, Mandate: row.Mandate, About: row.About, Service: row.Service, Definition: service.Hash(row.Definition),
		Step: row.Step, Lang: lang.Language(row.Lang), Channel: act.Channel(row.Channel), Begun: row.Begun, Saved: row.Saved, Revision: row.Revision,
	}
	return out, errors.Join(openJSON(keys, columnAnswers, row.Answers, &out.Answers), openJSON(keys, columnTyped, row.Typed, &out.Typed))
}

func openJSON(keys *vault.Keys, column string, sealed vault.Sealed, into any) error {
	plain, err := keys.Open(table, column, sealed)
	if err != nil {
		return fmt.Errorf("apply: open %s: %w", column, err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("apply: %s: %w", column, err)
	}
	return nil
}

func sealJSON(keys *vault.Keys, column string, value any) (vault.Sealed, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("apply: %s: %w", column, err)
	}
	return keys.Seal(table, column, plain), nil
}

// lists are the certificates of a definition as draft.asks keeps them.
func lists(s *service.Service) string {
	out := make([]string, 0, len(s.Certificates))
	for i := range s.Certificates {
		out = append(out, s.Certificates[i].Key+"="+s.Certificates[i].Register)
	}
	return strings.Join(out, " ")
}

// Lives is exchange.Lives for drafts: a register answers for a draft that is there, is the applicant's, and whose
// definition lists the certificate.
func (m *Module) Lives(r store.PersonalReader, u exchange.Use) (bool, error) {
	row, err := applydb.DraftAsks(r, u.Holder, u.Case)
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("apply: whether a draft lives: %w", err)
	}
	listed := slices.Contains(strings.Fields(row.Asks), u.Certificate+"="+u.Register)
	about := u.About == row.Holder || u.About == row.Applicant
	return listed && about && row.Applicant == u.Applicant && row.Service == u.Service, nil
}

// Drafts lists the actor's drafts, those for others whom they act for included, the latest saved first.
func (m *Module) Drafts(ctx context.Context, a act.Act) ([]Line, error) {
	others, err := m.deps.Family.Acting(ctx, own(a), a.Actor.Person)
	if err != nil {
		return nil, err
	}
	var out []Line
	for _, person := range a.Selves() {
		lines, err := m.linesOf(ctx, own(a), person)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	for _, other := range others {
		if !slices.Contains(other.Scopes, mandate.ScopeApply) {
			continue
		}
		some, err := m.linesOf(ctx, a.For(other.Giver, other.ID), other.Giver)
		if err != nil {
			return nil, err
		}
		for _, line := range some {
			if other.Allows(mandate.ScopeApply, line.Service) && !slices.ContainsFunc(out, func(l Line) bool { return l.ID == line.ID }) {
				out = append(out, line)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Line) int { return b.Saved.Compare(a.Saved) })
	return out, nil
}

// linesOf lists the drafts that the actor fills in one holder's account.
func (m *Module) linesOf(ctx context.Context, a act.Act, holder id.ID) ([]Line, error) {
	var out []Line
	err := m.base.Store.Look(ctx, a, lookDrafts, func(p *store.Personal) error {
		out = out[:0]
		rows, err := applydb.LinesOf(p, holder, linesMost)
		for _, row := range rows {
			if a.Is(row.Applicant) {
				out = append(out, Line{Holder: row.Holder, ID: row.ID, Service: row.Service, Saved: row.Saved})
			}
		}
		return err
	})
	return out, err
}
