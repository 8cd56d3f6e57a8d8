package casework

import (
	"context"

	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
)

// prolongs is the decision of Allowed for making the term longer.
func (w Wish) prolongs(a act.Act, k *known, t *caseworkdb.Task) error {
	switch {
	case t.Official != a.Actor.Person:
		return ErrNotYours
	case k.service.Extension == nil, !k.file.Extended.IsZero():
		return ErrNotNow
	}
	return nil
}

// Prolong makes the term of a case longer by so many days of the definition's kind, with a reason that the applicant reads.
func (m *Module) Prolong(ctx context.Context, a act.Act, s Step, days int, words string) (int64, error) {
	return 0, ErrNotNow
}
