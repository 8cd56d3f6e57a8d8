package casework

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// appeals files an appeal of Anna's against a case.
func (r *rig) appeals(about Ref) (Ref, error) {
	r.t.Helper()
	caseID := id.New(r.clock.Now())
	prepared, err := r.PrepareOpen(ctx, Opening{
		ID: caseID, Service: "agree-appeal", Definition: theCity().Hash(), Holder: anna, Applicant: anna, Inputs: r.inputs("agree-appeal", "plain"),
		Channel: act.Web, Lang: lang.Russian, About: about.ID, Act: act.Act{ID: id.New(r.clock.Now()), Actor: annaAct.Actor, Holder: anna},
	})
	if err != nil {
		return Ref{}, err
	}
	number := ""
	r.must(r.store.Write(ctx, func(tx *store.Tx) error {
		n, err := prepared.Put(tx)
		number = n
		return err
	}))
	r.run(time.Minute)
	return r.Find(ctx, number)
}

// refuseWorks has Igor and Vera refuse works.
func (r *rig) refuseWorks() (Ref, Step) {
	r.t.Helper()
	ref, s := r.toPerson("agreed")
	_, err := r.Decide(ctx, officer(igor, "housing", agency.Officer), s, Verdict{Stage: Refused, Ground: "harmful"})
	r.must(err)
	_, err = r.Confirm(ctx, officer(vera, "housing", agency.Officer), s)
	r.must(err)
	r.run(time.Minute)
	return ref, s
}

func TestAnAppealIsDecidedBySomebodyElseAndOpensTheCaseAnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		open := r.openWorks("agreed")
		if _, err := r.appeals(open); !errors.Is(err, ErrAbout) {
			t.Errorf("an appeal against no decision: %v", err)
		}
		ref, s := r.refuseWorks()
		appeal, err := r.appeals(ref)
		r.must(err)
		links, err := r.Links(ctx, annaAct, anna, ref.ID)
		r.must(err)
		if len(links) != 1 || links[0].ID != appeal.ID || !links[0].Appeal || r.read(appeal).About != ref.ID {
			t.Errorf("tied: %+v", links)
		}
		a := Step{Holder: anna, Case: appeal.ID}
		for _, by := range []id.ID{igor, vera} {
			if _, err := r.Take(ctx, officer(by, "city", agency.Officer), a); !errors.Is(err, ErrBarred) {
				t.Errorf("who decided takes the appeal: %v", err)
			}
		}
		board := officer(rita, "city", agency.Officer)
		_, err = r.Take(ctx, board, a)
		r.must(err)
		_, err = r.Decide(ctx, board, a, Verdict{Stage: Approved})
		r.must(err)
		r.run(time.Minute)
		c := r.status(ref, StatusInQueue)
		if c.Round != 1 || c.Step != "person" {
			t.Errorf("round %d at %q", c.Round, c.Step)
		}
		for range 3 { // heard again
			r.must(r.appealed(ctx, jobs.Job{Object: appeal.ID, Holder: anna}))
			r.must(r.tie(ctx, jobs.Job{Object: appeal.ID, Holder: anna}))
		}
		_, err = r.Take(ctx, officer(rita, "housing", agency.Officer), s)
		r.must(err)
		_, err = r.Decide(ctx, officer(rita, "housing", agency.Officer), s, Verdict{Stage: Approved})
		r.must(err)
		_, err = r.Confirm(ctx, officer(boss, "housing", agency.Officer), s)
		r.must(err)
		r.run(time.Minute)
		r.status(ref, StatusApproved)
		r.must(r.appealed(ctx, jobs.Job{Object: appeal.ID, Holder: anna}))
		r.status(ref, StatusApproved)
		for _, event := range []string{"appealed", "reopened", "refused", "approved"} {
			if n := count(r.events(ref), event); n != 1 {
				t.Errorf("%s %d times: %v", event, n, r.events(ref))
			}
		}
	})
}

func TestTheLedgerCountsEachDecisionOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, _ := r.refuseWorks()
		late, s := r.toPerson("agreed")
		r.run(r.read(late).TermDue.Sub(r.clock.Now()) + 20*24*time.Hour)
		_, err := r.Take(ctx, officer(igor, "housing", agency.Officer), s)
		r.must(err)
		_, err = r.Decide(ctx, officer(igor, "housing", agency.Officer), s, Verdict{Stage: Refused, Ground: "harmful"})
		r.must(err)
		_, err = r.Confirm(ctx, officer(vera, "housing", agency.Officer), s)
		r.must(err)
		r.run(time.Hour)
		for _, one := range []Ref{ref, late, ref} { // events come twice
			change, err := r.Module.count(ctx, jobs.Job{Object: one.ID, Holder: anna})
			r.must(err)
			r.must(r.store.Write(ctx, change))
		}
		l, err := r.Ledger(ctx, "agree-works")
		r.must(err)
		got := l.Total
		if got.Decided != 2 || got.InTime != 1 || got.Late != 1 || got.Refused != 2 || got.Median > 1 || got.P90 <= 20 {
			t.Errorf("%+v", got)
		}
		want := []LedgerReason{{Key: doApologise, Cases: 1}, {Key: doEscalate, Cases: 1}, {Key: doRefund, Cases: 1}}
		if diff := cmp.Diff(want, got.Consequences); diff != "" {
			t.Error(diff)
		}
		if len(got.Pauses) != 1 || got.Pauses[0].Key != "casework.pause.fee" || got.Pauses[0].Cases != 2 {
			t.Errorf("pauses: %+v", got.Pauses)
		}
	})
}

func TestThePercentileIsTheLeastThatIsEnough(t *testing.T) {
	t.Parallel()
	spent := map[int]int64{1: 5, 3: 4, 40: 1}
	for per, want := range map[int64]int{50: 1, 51: 3, 90: 3, 91: 40, 100: 40} {
		if got := percentile(spent, 10, per); got != want {
			t.Errorf("%d %%: %d days, want %d", per, got, want)
		}
	}
	if got := percentile(nil, 0, 50); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}
