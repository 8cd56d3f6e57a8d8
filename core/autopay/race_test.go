package autopay

import (
	"errors"
	"testing"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Two workers judge two bills of an order, or one bill twice, by what stood before either wrote: the second one finds that
// somebody was first.
func TestWhoIsSecondJudgesAnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.past(400000)
		terms := usualTerms
		terms.Month, terms.Window = terms.Each, 0
		o := r.make(terms)
		first, second := r.bill("один", 430000, "2026-12-10"), r.bill("два", 430000, "2026-12-10")
		r.to("2026-12-07", 12)
		r.clock.Move(at(day("2026-12-08"), payHour, moscow).Sub(r.clock.Now()))
		judged := func(bill id.ID) *written {
			s, err := r.gather(ctx, r.system(), anna, turnID(o.ID, bill))
			r.must(err)
			found := Judge(s.inputs)
			if found.Verdict != Pay {
				t.Fatalf("%s by %s", found.Verdict, found.Rule)
			}
			w, err := r.prepareStep(ctx, s, found, plan(s.turn, s.inputs, found, moscow))
			r.must(err)
			return w
		}
		one, same, other := judged(first), judged(first), judged(second)
		r.must(r.store.Write(ctx, func(tx *store.Tx) error { return one.put(tx) }))
		for name, late := range map[string]*written{"the same bill": same, "another bill of the month": other} {
			if err := r.store.Write(ctx, func(tx *store.Tx) error { return late.put(tx) }); !errors.Is(err, errChanged) {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.to("2026-12-08", 12)
		if got := r.turn(o, second); got.Rule != RuleMonth || r.world.begun != 1 {
			t.Errorf("%+v, %d payments", got, r.world.begun)
		}
	})
}
