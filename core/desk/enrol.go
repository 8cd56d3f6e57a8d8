package desk

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/desk/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Able is what an official can do and where, as a city brings it in.
type Able struct {
	Agency, Person id.ID
	Skills         []string // keys of the agency's
	Districts      []string // keys; none: every district
}

// Enrol brings in what officials can do, in one Write. Whoever has a line is left as they are: their head's word stands.
// Errors: ErrNoWorker for an agency that the city in force has not, ErrSkill, ErrDistrict.
func (m *Module) Enrol(ctx context.Context, list []Able) error {
	for _, one := range list {
		if err := m.known(one); err != nil {
			return fmt.Errorf("desk: enrol %s: %w", one.Person, err)
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, one := range list {
			_, err := deskdb.StaffByPerson(tx, one.Agency, one.Person)
			if err == nil {
				continue
			}
			if !errors.Is(err, store.ErrNone) {
				return err
			}
			if err := one.put(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// known makes sure that the city in force has the agency, the skills and the districts.
func (m *Module) known(one Able) error {
	city, office := m.officeOf(one.Agency)
	if office == nil {
		return ErrNoWorker
	}
	return knownKeys(city, office, one.Skills, one.Districts)
}

func (one Able) put(tx *store.Tx) error {
	return deskdb.PutStaff(tx, deskdb.PutStaffParams{
		Agency: one.Agency, Person: one.Person, Skills: joined(one.Skills), Districts: joined(one.Districts), Changed: tx.Now(),
	})
}
