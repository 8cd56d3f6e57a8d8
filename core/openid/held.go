package openid

import (
	"context"
	"fmt"

	"posad.city/core/module"
	"posad.city/core/openid/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Data tells what the module holds of a person.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Held implements module.Data: the sites that the person has connected, with what each may have.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	sites, err := h.m.SitesOf(ctx, a, person)
	if err != nil || len(sites) == 0 {
		return nil, err
	}
	out := module.Holding{Key: "openid.sites", Edit: "/account/sites"}
	if most > 0 && len(sites) > most {
		out.More, sites = true, sites[:most]
	}
	for _, s := range sites {
		item := module.Item{ID: s.Client, Title: s.Name, At: s.First, Path: "/account/sites"}
		for _, scope := range without(s.Scopes, []string{ScopeOpenID}) {
			item.Facts = append(item.Facts, module.Fact{Key: "site_gets", Code: "openid.scope." + scope})
		}
		item.Facts = append(item.Facts, module.Fact{Key: "site_used", Time: s.Used})
		out.Items = append(out.Items, item)
	}
	return []module.Holding{out}, nil
}

// Forget implements module.Data: every site is told that its session is over, and what it was allowed is deleted with all
// tokens.
func (h held) Forget(ctx context.Context, person id.ID) error {
	err := h.m.closeFamilies(ctx, person, func(p store.PersonalReader) ([]openiddb.OpenidFamily, error) {
		return openiddb.FamiliesOf(p, person)
	}, true, func(tx *store.Tx) error {
		if _, err := openiddb.DropFamilies(tx, person); err != nil {
			return err
		}
		_, err := openiddb.DropConnections(tx, person)
		return err
	})
	if err != nil {
		return fmt.Errorf("openid: forget: %w", err)
	}
	return nil
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"openid_connection": "openid.sites",
		"openid_family":     "- tokens of the sites shown as openid.sites, with the names of sign-ins that they hang on; they end with the consent or the session",
	}
}
