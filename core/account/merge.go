package account

import (
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// alsoOf lists the persons who were merged into a person.
func (m *Module) alsoOf(_ store.Reader, _ id.ID) ([]id.ID, error) { return nil, nil }
