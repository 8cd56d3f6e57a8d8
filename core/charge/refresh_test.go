package charge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
)

// A register is asked again of everybody, however many there are and whoever's answer fails: a car that was sold is watched no more.
func TestEverybodysRegisterIsAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		silent := id.Derived("person", "0")
		var people []id.ID
		for n := range 5 {
			person := id.Derived("person", fmt.Sprint(n))
			people = append(people, person)
			r.write(must[*PreparedWatch](t)(r.PrepareWatch(ctx, person, Identifier{By: ByPlate, Value: fmt.Sprintf("А10%dМО52", n)}, SourceRegister)).Put)
			r.clock.Move(time.Second)
		}
		var asked []id.ID
		r.deps.Things = func(_ context.Context, _ act.Act, person id.ID) ([]Thing, error) {
			asked = append(asked, person)
			if person == silent {
				return nil, errors.New("the register is silent")
			}
			return nil, nil
		}
		r.refreshes = 2
		r.clock.Move(askedFor + time.Hour)
		if err := r.refresh(ctx); err != nil {
			t.Fatal(err)
		}
		r.drain()
		for _, person := range people {
			if !slices.Contains(asked, person) {
				t.Errorf("%s was not asked for", person)
			}
			if left := must[[]Watch](t)(r.Watched(ctx, r.system(), person)); len(left) != 1 || left[0].Ends.IsZero() != (person == silent) {
				t.Errorf("%s watches %+v", person, left)
			}
		}
	})
}

// A plate that a person saved is watched for a quarter: a car is sold, and nobody says so. A flat stays.
func TestASavedPlateEnds(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, i := range []Identifier{plate, {By: ByFlat, Value: "5200001234"}} {
			r.write(must[*PreparedWatch](t)(r.PrepareWatch(ctx, boris, i, SourceSaved)).Put)
		}
		watched := func() int {
			if err := r.sweep(ctx, jobs.Job{}); err != nil {
				t.Fatal(err)
			}
			return len(must[[]Watch](t)(r.Watched(ctx, r.system(), boris)))
		}
		r.clock.Move(89 * 24 * time.Hour)
		if n := watched(); n != 2 {
			t.Errorf("%d after 89 days", n)
		}
		r.clock.Move(2 * 24 * time.Hour)
		if n := watched(); n != 1 {
			t.Errorf("%d after 91 days", n)
		}
	})
}
