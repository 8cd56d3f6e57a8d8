package app

import (
	"context"

	"posad.city/core/agency"
	"posad.city/core/organisation"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// provideMandates gives core/mandate what later modules know: the city's services, for mandates that name some, and where a
// case is followed.
func (m *Modules) provideMandates() {
	m.Mandate.Provide(m.Exchange.FamilyFacts())
	m.Mandate.ProvideCity(m.serviceNames, m.caseLink)
}

// serviceNames are the services of the published city by key and in words.
func (m *Modules) serviceNames(l lang.Language) []agency.Named {
	city := m.Service.Current()
	if city == nil {
		return nil
	}
	out := make([]agency.Named, 0, len(city.Services))
	for i := range city.Services {
		out = append(out, agency.Named{Key: city.Services[i].Key, Title: city.Services[i].Title.In(l)})
	}
	return out
}

// traders gives core/apply the taxpayer's number of a sole trader.
type traders struct{ *organisation.Module }

func (t traders) number(ctx context.Context, a act.Act, person id.ID) (string, error) {
	trader, _, err := t.Trader(ctx, a, person)
	return trader.INN, err
}
