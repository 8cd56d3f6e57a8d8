package organisation

import (
	"context"
	"fmt"

	"posad.city/core/mandate"
	"posad.city/core/organisation/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Enrolment is an organisation that a city brings with it, and its head.
type Enrolment struct {
	Entry
	Head id.ID
}

// Enrol brings organisations in as their heads would register them. One that is there is left as it is.
func (m *Module) Enrol(ctx context.Context, list []Enrolment) error {
	for _, e := range list {
		company := ID(e.OGRN)
		if _, err := m.Organisation(ctx, company); err == nil {
			continue
		}
		err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
			err := organisationdb.PutOrganisation(tx, organisationdb.PutOrganisationParams{
				Organisation: company, Ogrn: e.OGRN, Inn: e.INN, Title: e.Title, Source: string(ByRegister), Since: tx.Now(),
			})
			if err != nil {
				return err
			}
			return m.deps.Mandates.PutHead(tx, mandate.Mandate{
				ID: id.Derived("head", company.String()+" "+e.Head.String()), Giver: company, Taker: e.Head, Kind: mandate.Company, Scopes: mandate.Company.Scopes(),
				Source: mandate.SourceHead, Ends: calendar.DateOf(tx.Now(), m.deps.Zone).AddYears(HeadTerm),
			})
		})
		if err != nil {
			return fmt.Errorf("organisation: enrol %s: %w", e.OGRN, err)
		}
	}
	return nil
}
