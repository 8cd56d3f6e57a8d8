package casework

import (
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
)

// prolongs is the decision of Allowed for making the term longer.
func (w Wish) prolongs(a act.Act, k *known, t *caseworkdb.Task, now time.Time) error {
	if t.Official != a.Actor.Person {
		return ErrNotYours
	}
	return k.mayExtend(w.Days, now)
}
