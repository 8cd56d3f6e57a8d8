package casework

import (
	"testing"

	"posad.city/core/agency"
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// entered are the journal's entries about a case, by kind.
func (r *rig) entered(ref Ref) map[string][]journal.Entered {
	r.t.Helper()
	keys, err := r.base.Vault.Keys(ctx, ref.Holder)
	r.must(err)
	var rows []journal.Row
	r.must(r.base.Store.Look(ctx, r.system(ref.ID), lookCase, func(p *store.Personal) error {
		rows, err = journal.EntriesOf(p, ref.Holder, ref.ID)
		return err
	}))
	out := map[string][]journal.Entered{}
	for _, row := range rows {
		e, err := r.base.Journal.Open(keys, row)
		r.must(err)
		out[e.Kind] = append(out[e.Kind], e)
	}
	return out
}

// A way to another agency and back is an official act, each time; a way within an agency is none.
func TestARedirectionIsInTheJournal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openWorks("agreed")
		part := r.partTask(ref, "green")
		s := Step{Holder: anna, Case: ref.ID, Task: part.ID}
		head := officer(boss, "environment", agency.Head)
		var err error
		was, err := r.Standing(ctx, head, anna, ref.ID)
		r.must(err)
		s.Revision, err = r.Forward(ctx, head, s, Forwarding{Agency: "construction", Queue: "land", Words: "это их земля"})
		r.must(err)
		found := r.entered(ref)[entryForwarded]
		if len(found) != 1 {
			t.Fatalf("%d entries of the redirection", len(found))
		}
		facts := map[string]string{}
		for _, f := range found[0].Facts {
			facts[f.Name] = f.Value
			if f.Value == "это их земля" {
				t.Error("the colleagues' words are in the journal")
			}
		}
		city := theCity()
		from, _ := city.Agency("environment")
		to, _ := city.Agency("construction")
		if facts["from"] != from.Title.RU || facts["to"] != to.Title.RU || facts["part"] != "green" || facts["number"] == "" {
			t.Errorf("it says %v", facts)
		}
		_, err = r.Restore(ctx, head, s, was)
		r.must(err)
		if n := len(r.entered(ref)[entryReturned]); n != 1 {
			t.Errorf("%d entries of the way back", n)
		}
	})
}

func TestAWayWithinAnAgencyIsNoOfficialAct(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openWorks("agreed")
		part := r.partTask(ref, "green")
		head := officer(boss, "environment", agency.Head)
		office, _ := theCity().Agency("environment")
		s := Step{Holder: anna, Case: ref.ID, Task: part.ID}
		_, err := r.Forward(ctx, head, s, Forwarding{Agency: "environment", Queue: office.Queues[0].Key})
		r.must(err)
		if n := len(r.entered(ref)[entryForwarded]); n != 0 {
			t.Errorf("%d entries", n)
		}
	})
}
