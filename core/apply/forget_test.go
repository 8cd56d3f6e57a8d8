package apply_test

import (
	"testing"

	"posad.city/core/apply"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// What a register told about the applicant lies with the applicant, whosever the draft is: it goes with the draft all the
// same, however the draft ends.
func TestADeletedDraftLeavesNoCertificates(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, r *rig, draft id.ID, begin func(anew bool) id.ID){
		"by its person": func(t *testing.T, r *rig, draft id.ID, _ func(bool) id.ID) {
			if err := r.Delete(t.Context(), r.self("anna"), draft); err != nil {
				t.Fatal(err)
			}
		},
		"by time":        func(_ *testing.T, r *rig, _ id.ID, _ func(bool) id.ID) { r.clock.Move(apply.DraftLife + 1) },
		"by another one": func(_ *testing.T, _ *rig, _ id.ID, begin func(bool) id.ID) { begin(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) {
				anna := r.enrol("anna", annaPerson)
				misha := service.Child{ID: id.Derived("person", "misha").String(), Name: service.Name{Surname: "Смирнов", Given: "Михаил"}, Birth: "2020-03-05"}
				r.child(anna, misha)
				r.signIn("anna")
				begin := func(anew bool) id.ID {
					t.Helper()
					d, _, err := r.Begin(t.Context(), r.self("anna"), apply.Beginning{Service: "school-first-class", Child: id.MustParse(misha.ID), Anew: anew, Lang: lang.Russian})
					if err != nil {
						t.Fatal(err)
					}
					return d.ID
				}
				draft := begin(false)
				r.wantCertificates(anna, draft, 1)
				r.mustPut(jobs.New{Handler: "apply.forget", Holder: anna, Object: draft})
				r.drain()
				r.wantCertificates(anna, draft, 1) // it lives: nothing is forgotten
				end(t, r, draft, begin)
				r.drain()
				r.wantCertificates(anna, draft, 0)
			})
		})
	}
}

func (r *rig) wantCertificates(about, draft id.ID, want int) {
	r.t.Helper()
	a := act.ByJob(draft, act.Purpose{Kind: "case", ID: draft.String()})
	list, err := r.exchange.Certificates(r.t.Context(), a, []id.ID{about}, draft)
	if err != nil || len(list) != want {
		r.t.Errorf("%d certificates, want %d: %v %v", len(list), want, list, err)
	}
}

func (r *rig) mustPut(n jobs.New) {
	r.t.Helper()
	if err := r.base.Store.Write(r.t.Context(), func(tx *store.Tx) error { return r.base.Jobs.Put(tx, n) }); err != nil {
		r.t.Fatal(err)
	}
}
