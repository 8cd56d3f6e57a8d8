package casework

import (
	"errors"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// What one department wants of its officials is no business of another's: a forwarded task can be taken there.
func TestAForwardedTaskWantsNoSkillOfItsOldDepartment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openWorks("agreed")
		part := r.partTask(ref, "green")
		k, err := r.know(ctx, r.system(ref.ID), anna, ref.ID)
		r.must(err)
		_, err = r.write(ctx, r.system(ref.ID), k, func(c *change) error { // as a definition would have it
			c.k.at = part.ID
			c.chosen().Skill = "trees"
			return c.saveTask(c.chosen())
		})
		r.must(err)
		s := Step{Holder: anna, Case: ref.ID, Task: part.ID}
		head := officer(boss, "environment", agency.Head)
		was, err := r.Standing(ctx, head, anna, ref.ID)
		r.must(err)
		revision, err := r.Forward(ctx, head, s, Forwarding{Agency: "construction", Queue: "land"})
		r.must(err)
		if now := r.partTask(ref, "green"); now.Skill != "" {
			t.Errorf("it still wants %q", now.Skill)
		}
		s.Revision = revision
		_, err = r.Restore(ctx, head, s, was)
		r.must(err)
		if now := r.partTask(ref, "green"); now.Skill != "trees" {
			t.Errorf("taken back, it wants %q", now.Skill)
		}
	})
}

// Who proposed a decision neither takes nor is given its confirmation, which nobody else could take then.
func TestWhoProposedIsNotGivenTheConfirmation(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, s := r.toPerson("agreed")
		proposer := officer(igor, "housing", agency.Officer)
		_, err := r.Decide(ctx, proposer, s, Verdict{Stage: Refused, Ground: "harmful"})
		r.must(err)
		s.Task = r.partTask(Ref{Holder: s.Holder, ID: s.Case}, kindConfirm).ID
		if _, err := r.Take(ctx, proposer, s); !errors.Is(err, ErrSame) {
			t.Errorf("the proposer takes it: %v", err)
		}
		if _, err := r.Assign(ctx, officer(boss, "housing", agency.Head), s, igor); !errors.Is(err, ErrSame) {
			t.Errorf("the proposer is given it: %v", err)
		}
		_, err = r.Assign(ctx, officer(boss, "housing", agency.Head), s, vera)
		r.must(err)
	})
}

// A case that its step's own ground refuses has asked no table, and none is asked when it is replayed.
func TestAGroundThatDecidedIsReplayedWithoutTheTable(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("agree-works", "agreed", anna)
	r.run(20 * 24 * time.Hour)
	if c := r.status(ref, StatusRefused); c.Ground != "unpaid" {
		t.Fatalf("refused by %q", c.Ground)
	}
	e, err := r.Explain(ctx, annaAct, anna, ref.ID)
	r.must(err)
	if !e.Same || e.Why != nil || e.Row != "" {
		t.Errorf("the replay says same: %v, row %q, %v", e.Same, e.Row, e.Why)
	}
}

// An appeal that is approved while a mistake in the document is looked at waits for that, however long it takes.
func TestAnAppealWaitsForACorrection(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref, s := r.toPerson("agreed")
	_, err := r.Decide(ctx, officer(igor, "housing", agency.Officer), s, Verdict{Stage: Approved})
	r.must(err)
	_, err = r.Confirm(ctx, officer(vera, "housing", agency.Officer), s)
	r.must(err)
	r.run(time.Minute)
	appeal, err := r.appeals(ref)
	r.must(err)
	papers, err := r.papers.Results(ctx, annaAct, anna, ref.ID)
	r.must(err)
	_, err = r.AskCorrection(ctx, annaAct, Mistake{Holder: anna, Case: ref.ID, Document: papers[0].ID, Fact: "what", Words: "Две скамейки"})
	r.must(err)
	board, a := officer(rita, "city", agency.Officer), Step{Holder: anna, Case: appeal.ID}
	_, err = r.Take(ctx, board, a)
	r.must(err)
	_, err = r.Decide(ctx, board, a, Verdict{Stage: Approved})
	r.must(err)
	r.run(3 * 24 * time.Hour)
	if c := r.read(ref); c.Round != 0 {
		t.Fatalf("the case is opened anew beside its correction: round %d", c.Round)
	}
	mends := officer(rita, "housing", agency.Officer)
	s.Task = id.ID{}
	_, err = r.Take(ctx, mends, s)
	r.must(err)
	_, err = r.Correct(ctx, mends, s, Mending{Fact: "what", Value: lang.Text{RU: "Две скамейки", EN: "Two benches"}})
	r.must(err)
	r.run(2 * time.Hour)
	if c := r.read(ref); c.Round != 1 {
		t.Errorf("the appeal is not carried out: round %d", c.Round)
	}
}

// A decision that is undone before the ledger has seen it is counted all the same, and once.
func TestADecisionThatIsUndoneAtOnceIsCounted(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref, s := r.toPerson("agreed")
	_, err := r.Decide(ctx, officer(igor, "housing", agency.Officer), s, Verdict{Stage: Refused, Ground: "harmful"})
	r.must(err)
	_, err = r.Confirm(ctx, officer(vera, "housing", agency.Officer), s)
	r.must(err)
	_, err = r.Reopen(ctx, officer(boss, "housing", agency.Head), Step{Holder: anna, Case: ref.ID}, "Смотрим ещё раз")
	r.must(err)
	r.run(time.Minute)
	l, err := r.Ledger(ctx, "agree-works")
	r.must(err)
	if l.Total.Decided != 1 || l.Total.Refused != 1 {
		t.Errorf("the ledger counts %+v", l.Total)
	}
}

// An invitation that comes when nobody waits for the signature any more changes nothing.
func TestALateInvitationAsksNobody(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("sign-works", "two", anna)
	r.run(time.Minute)
	k, err := r.know(ctx, r.system(ref.ID), anna, ref.ID)
	r.must(err)
	told, err := r.deps.Teller.Prepare(ctx, r.telling(k, boris, "sign", "late", 1))
	r.must(err)
	_, err = r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: ref.ID})
	r.must(err)
	r.must(r.store.Write(ctx, func(tx *store.Tx) error { return r.invited(tx, k, k.signers[0].ID, boris, told) }))
	if mine, err := r.ToSign(ctx, as(boris)); err != nil || len(mine) != 0 {
		t.Errorf("Boris is asked: %+v %v", mine, err)
	}
}
