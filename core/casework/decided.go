package casework

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// lookSimulation is the look of an operator who runs decided cases through another version of their service.
const lookSimulation = "casework.look.simulation"

// decidedPage is how many cases are read at a time.
const decidedPage = 200

// OpenVersions counts the open cases that keep each version of each service; nobody's data come back.
func (m *Module) OpenVersions(ctx context.Context) ([]service.VersionCount, error) {
	var out []service.VersionCount
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := caseworkdb.CountOpenVersions(r)
		out = out[:0]
		for _, row := range rows {
			out = append(out, service.VersionCount{Service: row.Service, Version: service.Hash(row.Definition), Count: int(row.N)})
		}
		return err
	})
	return out, err
}

// Decided gives the decided cases of a service that were sent since a moment, as their decisions saw them, for a
// simulation. Each person whose case is read finds the look in their account. Cases whose data was erased are passed over.
func (m *Module) Decided(ctx context.Context, a act.Act, key string, since time.Time) iter.Seq2[service.SimCase, error] {
	a = a.ForService(key)
	return func(yield func(service.SimCase, error) bool) {
		var holder, last id.ID
		for {
			page, err := m.decidedPage(ctx, a, caseworkdb.DecidedOfParams{Service: key, Submitted: since, Holder: holder, ID: last, Limit: decidedPage})
			if err != nil {
				yield(service.SimCase{}, err)
				return
			}
			for _, file := range page {
				one, ok, err := m.decidedCase(ctx, file)
				if (ok || err != nil) && !yield(one, err) || err != nil {
					return
				}
			}
			if len(page) < decidedPage {
				return
			}
			holder, last = page[len(page)-1].Holder, page[len(page)-1].ID
		}
	}
}

// decidedPage reads a page of cases in one look.
func (m *Module) decidedPage(ctx context.Context, a act.Act, after caseworkdb.DecidedOfParams) ([]caseworkdb.CaseFile, error) {
	var out []caseworkdb.CaseFile
	err := m.base.Store.Look(ctx, a, lookSimulation, func(p *store.Personal) error {
		out = out[:0]
		rows, err := caseworkdb.DecidedOf(p, after)
		if err != nil {
			return err
		}
		for _, row := range rows {
			file, err := caseworkdb.CaseByID(p, row.Holder, row.ID)
			if err != nil {
				return err
			}
			out = append(out, file)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casework: decided cases: %w", err)
	}
	return out, nil
}

func (m *Module) decidedCase(ctx context.Context, file caseworkdb.CaseFile) (service.SimCase, bool, error) {
	keys, err := m.base.Vault.Keys(ctx, file.Holder)
	if errors.Is(err, vault.ErrErased) || file.Decision == nil {
		return service.SimCase{}, false, nil
	}
	if err != nil {
		return service.SimCase{}, false, err
	}
	var kept Decision
	if err := openJSON(keys, "case_file", "decision", file.Decision, &kept); err != nil {
		if errors.Is(err, vault.ErrErased) {
			return service.SimCase{}, false, nil
		}
		return service.SimCase{}, false, err
	}
	out := service.SimCase{Inputs: kept.Inputs, Decided: service.Approve}
	if file.Stage == string(Refused) {
		out.Decided = service.Refuse
	}
	return out, true, nil
}
