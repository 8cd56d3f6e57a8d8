package desk

import (
	"errors"
	"slices"
	"testing"

	"posad.city/core/agency"
)

func TestWhatIsBroughtInLeavesTheHeadsWord(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, bad := range []struct {
			able Able
			err  error
		}{
			{Able{Agency: agency.ID("nowhere"), Person: igor}, ErrNoWorker}, {Able{Agency: housing, Person: igor, Skills: []string{"flying"}}, ErrSkill},
			{Able{Agency: housing, Person: igor, Districts: []string{"moon"}}, ErrDistrict},
		} {
			if err := r.Enrol(ctx, []Able{bad.able}); !errors.Is(err, bad.err) {
				t.Errorf("%+v: %v, want %v", bad.able, err, bad.err)
			}
		}
		r.must(r.PutScope(ctx, as(boss), igor, nil, nil))
		r.must(r.Enrol(ctx, []Able{{Agency: housing, Person: igor, Districts: []string{"severny"}}, {Agency: housing, Person: vera, Districts: []string{"zarechye"}}}))
		for person, want := range map[string][]string{igor.String(): nil, vera.String(): {"zarechye"}} {
			team, _, err := r.Team(ctx, housing)
			r.must(err)
			for _, w := range team {
				if w.Person.String() == person && !slices.Equal(w.Districts, want) {
					t.Errorf("%s works in %v, want %v", names[w.Person].Family, w.Districts, want)
				}
			}
		}
	})
}
