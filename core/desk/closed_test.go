package desk

import (
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// A surname that thousands have hides nobody: what else is typed finds the case, however many newer ones have the surname.
func TestAFrequentWordHidesNoCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.letter("zarechye")
		_, err := r.cases.Take(ctx, as(igor), casework.Step{Holder: anna, Case: ref.ID})
		r.must(err)
		_, err = r.cases.Decide(ctx, as(igor), casework.Step{Holder: anna, Case: ref.ID}, casework.Verdict{Stage: casework.Approved, Words: "Заделаем"})
		r.must(err)
		r.run(time.Minute)
		surname := r.cases.SearchWords("Смирнова")[0]
		r.must(r.store.Write(ctx, func(tx *store.Tx) error {
			for range 2100 {
				if err := deskdb.PutClosedWord(tx, agency.ID("city"), surname, id.New(r.clock.Now().Add(time.Hour))); err != nil {
					return err
				}
			}
			return nil
		}))
		for _, text := range []string{"Смирнова " + ref.Number, ref.Number + " Смирнова", "Смирнова Смирнова Смирнова Смирнова Смирнова " + ref.Number} {
			found, _, err := r.Search(ctx, as(panin), text)
			if err != nil || len(found) != 1 || found[0].ID != ref.ID {
				t.Errorf("%s: %+v, %v", text, found, err)
			}
		}
		if found, more, err := r.Search(ctx, as(panin), "Смирнова"); err != nil || !more {
			t.Errorf("a word of thousands: %d, %v, %v", len(found), more, err)
		}
	})
}
