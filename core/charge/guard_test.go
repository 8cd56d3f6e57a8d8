package charge

import (
	"errors"
	"testing"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// TestManyBillsOfAKeyTakenBack: a key that was taken back while the call was under way issues no bill more; what was sent
// before goes on as a job.
func TestManyBillsOfAKeyTakenBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		over := errors.New("the key is over")
		r.base.Store.SetGuard(func(_ *store.Tx, a act.Act) error {
			if a.Actor.Kind == act.Program {
				return over
			}
			return nil
		})
		a := act.Act{ID: id.Derived("act", "many"), Actor: act.Actor{Kind: act.Program, Agency: officer.Actor.Agency}, Channel: act.API, Key: id.Derived("key", "1")}
		if _, err := r.IssueMany(t.Context(), a, []NewCharge{fine("Ш-1")}); !errors.Is(err, over) {
			t.Errorf("issued by a key that was taken back: %v", err)
		}
		a.Channel, a.Key = act.Job, id.ID{}
		if out, err := r.IssueMany(t.Context(), a, []NewCharge{fine("Ш-1")}); err != nil || out[0].Result != Issued {
			t.Errorf("by a job: %+v: %v", out, err)
		}
	})
}
