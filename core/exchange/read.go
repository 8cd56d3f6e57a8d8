package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/exchange/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Facts are the certificates of a case about these people, as rules see them.
func (m *Module) Facts(ctx context.Context, a act.Act, about []id.ID, caseID id.ID) (service.Facts, error) {
	list, err := m.Certificates(ctx, a, about, caseID)
	if err != nil {
		return nil, err
	}
	return FactsOf(list, m.deps.Zone()), nil
}

// Certificates are the certificates of a case about these people, in the order of asking. What was erased with its person
// comes without values.
func (m *Module) Certificates(ctx context.Context, a act.Act, about []id.ID, caseID id.ID) ([]Certificate, error) {
	people := slices.Clone(about)
	slices.SortFunc(people, func(a, b id.ID) int { return slices.Compare(a[:], b[:]) })
	people = slices.Compact(people)
	var rows []exchangedb.Certificate
	err := m.base.Store.Look(ctx, a, look, func(p *store.Personal) error {
		rows = rows[:0]
		for _, person := range people {
			found, err := exchangedb.CertificatesOf(p, person, caseID)
			if err != nil {
				return err
			}
			rows = append(rows, found...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("exchange: certificates: %w", err)
	}
	out := make([]Certificate, 0, len(rows))
	for _, row := range rows {
		c, err := m.opened(ctx, row)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Certificate) int { return a.Asked.Compare(b.Asked) })
	return out, nil
}

func (m *Module) opened(ctx context.Context, row exchangedb.Certificate) (Certificate, error) {
	out := Certificate{
		ID: row.ID, About: row.Holder, Holder: row.CaseHolder, Case: row.CaseID, Applicant: row.Applicant, Agency: row.Agency,
		Service: row.Service, Key: row.Certificate, Register: row.Register, State: State(row.State), Trouble: Trouble(row.Trouble),
		Asked: row.Asked, Answered: row.Answered, Valid: row.Valid, Early: row.Early, Tries: int(row.Tries), Revision: row.Revision, source: row.Source,
	}
	if out.State == again {
		out.State, out.Again = Known, true
	}
	if err := json.Unmarshal([]byte(row.Needed), &out.Needed); err != nil {
		return out, fmt.Errorf("exchange: why certificate %s is needed: %w", row.ID, err)
	}
	if row.Reply == nil {
		return out, nil
	}
	keys, err := m.base.Vault.Keys(ctx, row.Holder)
	if err != nil {
		return out, fmt.Errorf("exchange: keys: %w", err)
	}
	plain, err := keys.Open(table, columnReply, row.Reply)
	if errors.Is(err, vault.ErrErased) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("exchange: open certificate %s: %w", row.ID, err)
	}
	out.Values, err = readKept(plain)
	return out, err
}

// readKept reads what was kept of a reply. Numbers come as json.Number, whole.
func readKept(plain []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("exchange: a kept reply: %w", err)
	}
	return out, nil
}
