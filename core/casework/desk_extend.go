package casework

import (
	"context"
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

// Prolong is Extend for an act on many cases.
func (m *Module) Prolong(ctx context.Context, a act.Act, s Step, days int, words string) (int64, error) {
	return m.Extend(ctx, a, s, Extending{Days: days, Words: words})
}
