package casework

import (
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/exchange"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	registers "posad.city/sim/agency"
)

// A form asks registers early, to prefill itself. What failed then, or has grown old in a draft that lay, is no ground for
// a decision: the case asks it once more.
func TestTheCaseAsksOnceMoreWhatTheFormAskedInVainOrLongAgo(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]struct {
		faults registers.Faults
		age    time.Duration
		again  bool
	}{
		"fresh": {age: time.Hour}, "old": {age: 25 * time.Hour, again: true}, "failed": {faults: registers.Faults{Refuse: 1}, again: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			in := r.inputs("parking-permit", "own-car")
			ref := r.openAs("parking-permit", in, anna)
			wanted, _ := theCity().Rules("parking-permit").Parameters("residence", in)
			r.agency.SetFaults("residence", early.faults)
			_, err := r.deps.Registers.(*exchange.Module).Early(ctx, annaAct.ForCase(ref.ID), []exchange.Ask{{
				Holder: anna, Case: ref.ID, Applicant: anna, About: anna, Service: "parking-permit", Agency: agency.ID("transport"),
				Certificate: "residence", Register: "residence", Params: wanted, Needed: lang.Text{RU: "Чтобы узнать зону", EN: "To learn the zone"},
			}}, 10*time.Second)
			r.must(err)
			before := r.residence(ref)
			r.clock.Move(early.age)
			r.run(time.Minute)
			after := r.residence(ref)
			if after.State != exchange.Known || (after.ID != before.ID) != early.again {
				t.Errorf("%s %s became %s %s", before.State, before.ID, after.State, after.ID)
			}
		})
	}
}

func (r *rig) residence(ref Ref) exchange.Certificate {
	r.t.Helper()
	list, err := r.deps.Registers.Certificates(ctx, r.system(ref.ID), []id.ID{anna}, ref.ID)
	r.must(err)
	for _, c := range list {
		if c.Key == "residence" {
			return c
		}
	}
	r.t.Fatal("residence was not asked")
	return exchange.Certificate{}
}
