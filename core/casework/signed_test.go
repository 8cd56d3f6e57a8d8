package casework

import (
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/money"

	"github.com/google/go-cmp/cmp"
)

// signsWith signs as Boris, with his answers.
func (r *rig) signsWith(ref Ref, part service.Answers) {
	r.t.Helper()
	p, err := r.PrepareSign(ctx, as(boris), ref.Holder, ref.ID, boris, part)
	r.must(err)
	r.must(r.store.Write(ctx, p.Put))
	r.run(time.Minute)
}

func TestWhatSignersAnsweredReachesTheRulesAndStaysWithTheDecision(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.deps.Signers = numbers{"11223344595": boris}
		ref := r.open("sign-home", "against", anna)
		r.run(time.Minute)
		r.status(ref, StatusSigning)
		r.signsWith(ref, service.Answers{"agrees": false, "pays": true})
		r.status(ref, StatusToPay) // what the signer said makes the fee
		charges, err := r.bills.OfPerson(ctx, annaAct, anna, charge.Filter{Subject: ref.ID})
		r.must(err)
		if len(charges) != 1 || charges[0].Amount != money.Roubles(50_000) {
			t.Errorf("charges %+v", charges)
		}
		r.payBill(ref)
		r.run(time.Minute)
		c := r.status(ref, StatusRefused)
		if c.Ground != "against" || c.Row != "against" {
			t.Errorf("ground %q by row %q", c.Ground, c.Row)
		}
		want := []service.Signer{{Person: c.Signers[0].Named, Signed: true, Answers: service.Answers{"agrees": false, "pays": true}}}
		if diff := cmp.Diff(want, c.Decision.Inputs.Signers); diff != "" {
			t.Error(diff)
		}
		again, err := r.Explain(ctx, officer(igor, "housing", agency.Head), anna, ref.ID)
		r.must(err)
		if !again.Same || again.Row != "against" || again.FeeNow != 50_000 {
			t.Errorf("made again: %+v", again)
		}
	})
}

func TestStepsThatConcernNobodyArePassedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("sign-home", "alone", anna)
		r.run(time.Second)
		c := r.status(ref, StatusApproved)
		if len(c.Pauses) != 0 || len(c.Signers) != 0 {
			t.Errorf("pauses %v, signers %v", c.Pauses, c.Signers)
		}
		if diff := cmp.Diff([]string{"submitted", "free", "approved", "issued"}, r.events(ref)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADocumentLeavesOutWhatIsNotKnown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		alone := r.open("sign-home", "alone", anna)
		in := r.inputs("sign-home", "alone")
		in.Answers["note"] = "ворота слева"
		noted := r.openAs("sign-home", in, anna)
		r.run(time.Second)
		for ref, facts := range map[string]int{alone.Number: 0, noted.Number: 1} {
			found, err := r.Find(ctx, ref)
			r.must(err)
			r.status(found, StatusApproved)
			papers, err := r.papers.Results(ctx, annaAct, anna, found.ID)
			r.must(err)
			if len(papers) != 1 || len(papers[0].Facts) != facts {
				t.Fatalf("%d facts are wanted: %+v", facts, papers)
			}
			if papers[0].Form != document.FormAccess || papers[0].Opens != "yard" {
				t.Errorf("form %q opens %q", papers[0].Form, papers[0].Opens)
			}
		}
	})
}
