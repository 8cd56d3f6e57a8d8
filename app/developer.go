package app

import (
	"context"

	"posad.city/core/agency"
	"posad.city/core/developer"
	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/store"
)

// guard tells, inside a Write, whether an act still may: a person's session and mandate, or a program's key.
func (m *Modules) guard(tx *store.Tx, a act.Act) error {
	if a.Actor.Kind == act.Program {
		return m.Developer.Guard(tx, a)
	}
	return m.Mandate.Guard(tx, a)
}

// agencyKeys are the city's agencies by key, in the order of its files.
func (m *Modules) agencyKeys() []string {
	city := m.Service.Current()
	if city == nil {
		return nil
	}
	out := make([]string, len(city.Agencies))
	for i, a := range city.Agencies {
		out[i] = a.Key
	}
	return out
}

// provideDeveloper gives core/developer what stands above it.
func (m *Modules) provideDeveloper() {
	m.Developer.ProvidePaused(m.tellPaused)
}

// tellPaused tells each head of an agency that an endpoint of theirs was paused.
func (m *Modules) tellPaused(ctx context.Context, e developer.Endpoint) ([]func(*store.Tx) error, error) {
	officials, err := m.Agency.Officials(ctx, e.Agency)
	if err != nil {
		return nil, err
	}
	var out []func(*store.Tx) error
	for _, o := range officials {
		if o.Role != agency.Head && o.Role != agency.Admin {
			continue
		}
		told, err := m.Notice.Prepare(ctx, notice.Notice{
			Key: "developer.paused/" + e.ID.String() + "/" + e.Failing.UTC().Format("2006-01-02T15:04:05"), To: o.Person, Topic: notice.Cases, Kind: "developer.told.paused",
			Params: map[string]any{"name": e.Name}, Path: "/desk/programs/endpoints/" + e.ID.String(),
		})
		if err != nil {
			return nil, err
		}
		out = append(out, told.Put)
	}
	return out, nil
}
