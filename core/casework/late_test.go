package casework

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// toPerson brings works to the official who decides, and has Igor take them.
func (r *rig) toPerson(example string) (Ref, Step) {
	r.t.Helper()
	ref := r.openWorks(example)
	r.opines(ref, "environment", "green", service.OpinionAgree)
	r.opines(ref, "housing", "yards", service.OpinionObject)
	r.opines(ref, "housing", "works", service.OpinionAgree)
	r.run(time.Minute)
	s := Step{Holder: ref.Holder, Case: ref.ID}
	_, err := r.Take(ctx, officer(igor, "housing", agency.Officer), s)
	r.must(err)
	return ref, s
}

func TestADecisionOfTwoPersons(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, s := r.toPerson("agreed")
		first, second := officer(igor, "housing", agency.Officer), officer(vera, "housing", agency.Officer)
		if _, err := r.Confirm(ctx, second, s); !errors.Is(err, ErrNotNow) {
			t.Errorf("nothing to confirm: %v", err)
		}
		refusal := Verdict{Stage: Refused, Ground: "harmful", Words: "Корни"}
		_, err := r.Decide(ctx, first, s, refusal)
		r.must(err)
		r.run(time.Minute)
		if c := r.status(ref, StatusInReview); c.Stage != Open || c.ProposedBy != igor || c.Proposal == nil {
			t.Errorf("a proposal decides: %s by %s", c.Stage, c.ProposedBy)
		}
		page, err := r.Queue(ctx, second, QueueQuery{Agency: agency.ID("housing")})
		r.must(err)
		kinds := map[string]string{}
		for _, line := range page.Lines {
			kinds[line.Kind] = line.Note
		}
		if diff := cmp.Diff(map[string]string{"confirm": "casework.note.confirm", "decide": "casework.note.proposed"}, kinds); diff != "" {
			t.Error(diff)
		}
		for what, do := range map[string]func() error{
			"confirms their own":   func() error { _, err := r.Confirm(ctx, first, s); return err },
			"a clerk confirms":     func() error { _, err := r.Confirm(ctx, officer(petra, "housing", agency.Clerk), s); return err },
			"decides again":        func() error { _, err := r.Decide(ctx, first, s, refusal); return err },
			"another agency":       func() error { _, err := r.Confirm(ctx, officer(vera, "transport", agency.Officer), s); return err },
			"returned with no why": func() error { _, err := r.Return(ctx, second, s, ""); return err },
		} {
			if err := do(); err == nil {
				t.Errorf("%s", what)
			}
		}
		_, err = r.Return(ctx, second, s, "Проверьте корни")
		r.must(err)
		_, err = r.Decide(ctx, first, s, refusal)
		r.must(err)
		_, err = r.Confirm(ctx, second, s)
		r.must(err)
		r.run(time.Minute)
		c := r.status(ref, StatusRefused)
		if c.DecidedBy != igor || c.ConfirmedBy != vera || !c.ProposedBy.IsZero() {
			t.Errorf("decided by %s, confirmed by %s", c.DecidedBy, c.ConfirmedBy)
		}
		file, err := r.Receipt(ctx, annaAct, anna, ref.ID, true)
		r.must(err)
		report, err := journal.Verify(file)
		r.must(err)
		var names []string
		for _, f := range report.Statement.Facts {
			names = append(names, f.Name)
		}
		if !slices.Contains(names, "proposed_by") || !slices.Contains(names, "confirmed_by") {
			t.Errorf("the journal says %v", names)
		}
		if n := count(r.events(ref), "refused"); n != 1 {
			t.Errorf("refused %d times", n)
		}
		if left, err := r.Queue(ctx, second, QueueQuery{Agency: agency.ID("housing")}); err != nil || len(left.Lines) != 0 {
			t.Errorf("the desk still lists %+v: %v", left.Lines, err)
		}
	})
}

func TestAMissedTermHasItsConsequencesOnceEach(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, _ := r.toPerson("agreed")
		c := r.read(ref)
		r.run(c.TermDue.Sub(r.clock.Now()) - time.Hour)
		if c = r.read(ref); !c.Late.IsZero() || len(c.Consequences) != 0 {
			t.Fatalf("before the term: %+v", c.Consequences)
		}
		r.run(2 * time.Hour)
		c = r.status(ref, StatusInQueue)
		if len(c.Consequences) != 1 || c.Consequences[0].Do != doEscalate || c.Escalated.IsZero() || openTask(c.Tasks).Queue != "letters" {
			t.Errorf("at the term: %+v in %s", c.Consequences, openTask(c.Tasks).Queue)
		}
		page, err := r.Queue(ctx, officer(vera, "housing", agency.Head), QueueQuery{Agency: agency.ID("housing"), Escalated: true})
		r.must(err)
		if len(page.Lines) != 1 || !page.Lines[0].Escalated {
			t.Errorf("the head sees %+v", page.Lines)
		}
		r.run(30 * 24 * time.Hour)
		c = r.read(ref)
		if len(c.Consequences) != 3 || c.Consequences[2].Amount != 100_000 {
			t.Errorf("in the end: %+v", c.Consequences)
		}
		r.gaveBackOnce(ref)
		told, err := r.told.Inbox(ctx, annaAct, anna, id.ID{}, 50)
		r.must(err)
		kinds := map[string]int{}
		for _, m := range told.Messages {
			kinds[m.Kind]++
		}
		k, err := r.know(ctx, r.system(ref.ID), ref.Holder, ref.ID)
		r.must(err)
		if n := r.telling(k, anna, "apologise/1", "key", 1); n.Text.RU != "Простите нас" || n.Kind != "casework.tell.apologise" {
			t.Errorf("the letter says %+v", n)
		}
		if kinds["casework.tell.late"] != 1 || kinds["casework.tell.apologise"] != 1 || kinds["casework.tell.refund"] != 1 {
			t.Errorf("told %v", kinds)
		}
	})
}

// A fee whose payment is disputed stops no case: the rest of what the missed term brings is done, and the fee goes back once
// the dispute is won.
func TestADisputedFeeDoesNotFreezeItsCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, _ := r.toPerson("agreed")
		attempt := ""
		for key := range r.bank.Payments() {
			attempt = key
		}
		settle := func(what string) {
			r.must(r.bank.Act(attempt, what, 0))
			_, err := r.pay.Settle(ctx, id.MustParse(attempt))
			r.must(err)
		}
		settle("dispute")
		r.run(r.read(ref).TermDue.Sub(r.clock.Now()) + time.Hour)
		r.run(30 * 24 * time.Hour)
		if c := r.read(ref); len(c.Consequences) != 3 || c.Consequences[2].Amount != 0 {
			t.Errorf("while it is disputed: %+v", c.Consequences)
		}
		if n := count(r.events(ref), "refunded_later"); n != 1 {
			t.Errorf("said %d times that the fee goes back later", n)
		}
		settle("won")
		r.run(2 * time.Hour)
		r.gaveBackOnce(ref)
	})
}

func (r *rig) gaveBackOnce(ref Ref) {
	r.t.Helper()
	charges, err := r.bills.OfPerson(ctx, annaAct, anna, charge.Filter{Subject: ref.ID})
	r.must(err)
	if len(charges) != 1 || charges[0].State != charge.Refunded {
		r.t.Errorf("the bills: %+v", charges)
	}
	for _, p := range r.bank.Payments() {
		if p.Refunds != 1 || p.Takes != 1 {
			r.t.Errorf("taken %d times, given back %d times", p.Takes, p.Refunds)
		}
	}
}

// A crash before and after each effect, doubled and lost jobs: what a missed term does is done once.
func TestConsequencesOutliveCrashes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, _ := r.toPerson("agreed")
		h := &history{rig: r, ref: ref}
		r.run(r.read(ref).TermDue.Sub(r.clock.Now()) - time.Minute)
		for range 40 {
			r.clock.Move(7 * time.Hour)
			r.must(r.store.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(loseMoves); return err }))
			h.crash()
			h.race()
			_, err := r.queue.Drain(ctx)
			r.must(err)
		}
		r.run(time.Hour)
		if c := r.read(ref); len(c.Consequences) != 3 {
			t.Errorf("%+v", c.Consequences)
		}
		for _, event := range []string{"late", "escalated_to", "apologised", "refunded"} {
			if n := count(r.events(ref), event); n != 1 {
				t.Errorf("%s %d times", event, n)
			}
		}
		r.gaveBackOnce(ref)
	})
}

func TestADecisionEndsTheConsequencesThatAreStillToCome(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref, s := r.toPerson("agreed")
	first, second := officer(igor, "housing", agency.Officer), officer(vera, "housing", agency.Officer)
	r.run(r.read(ref).TermDue.Sub(r.clock.Now()) + time.Hour)
	_, err := r.Take(ctx, first, s)
	r.must(err)
	_, err = r.Decide(ctx, first, s, Verdict{Stage: Approved})
	r.must(err)
	_, err = r.Confirm(ctx, second, s)
	r.must(err)
	r.run(30 * 24 * time.Hour)
	if c := r.status(ref, StatusApproved); len(c.Consequences) != 1 {
		t.Errorf("%+v", c.Consequences)
	}
}

func TestATermIsExtendedOnceWithAReason(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, s := r.toPerson("agreed")
		desk := officer(igor, "housing", agency.Officer)
		before := r.read(ref)
		if _, err := r.Extend(ctx, desk, s, Extending{Days: 11, Words: "Экспертиза"}); !errors.Is(err, ErrDays) {
			t.Errorf("more than the law: %v", err)
		}
		if _, err := r.Extend(ctx, desk, s, Extending{Days: 5}); !errors.Is(err, ErrEmpty) {
			t.Errorf("without a reason: %v", err)
		}
		_, err := r.Extend(ctx, desk, s, Extending{Days: 5, Words: "Экспертиза"})
		r.must(err)
		if _, err := r.Extend(ctx, desk, s, Extending{Days: 5, Words: "Ещё"}); !errors.Is(err, ErrExtended) {
			t.Errorf("twice: %v", err)
		}
		_, err = r.Ask(ctx, desk, s, "Где?")
		r.must(err)
		r.run(3 * 24 * time.Hour)
		question := r.read(ref).Questions[0].ID
		_, err = r.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Question: question, Words: "Тут"})
		r.must(err)
		r.run(time.Minute)
		c := r.read(ref)
		term := service.Term{Days: 25, Working: true}
		if want := naiveDue(theCity().Days(), term.Calendar(), c.Submitted, c.Pauses); !c.TermDue.Equal(want) || !want.After(before.TermDue) || c.ExtensionWords != "Экспертиза" {
			t.Errorf("the term ends %s, want %s; why %q", c.TermDue, want, c.ExtensionWords)
		}
	})
}

func TestTheHeadOpensACaseAnewForAnotherOfficial(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, s := r.toPerson("agreed")
		first, second, head := officer(igor, "housing", agency.Officer), officer(vera, "housing", agency.Officer), officer(boss, "housing", agency.Head)
		_, err := r.Decide(ctx, first, s, Verdict{Stage: Approved})
		r.must(err)
		if _, err := r.Reopen(ctx, head, s, "Ошибка"); !errors.Is(err, ErrNotNow) {
			t.Errorf("a case under way: %v", err)
		}
		_, err = r.Confirm(ctx, second, s)
		r.must(err)
		r.run(time.Minute)
		if _, err := r.Reopen(ctx, first, s, "Ошибка"); !errors.Is(err, ErrHead) {
			t.Errorf("not the head: %v", err)
		}
		r.clock.Move(40 * 24 * time.Hour)
		_, err = r.Reopen(ctx, head, s, "Новые сведения")
		r.must(err)
		r.run(time.Minute)
		c := r.status(ref, StatusInQueue)
		if c.Stage != Open || c.Step != "person" || c.Round != 1 || !c.TermDue.After(r.clock.Now()) || !c.Late.IsZero() {
			t.Errorf("%s at %q, round %d, term %s, late %s", c.Stage, c.Step, c.Round, c.TermDue, c.Late)
		}
		for _, by := range []id.ID{igor, vera} {
			if _, err := r.Take(ctx, officer(by, "housing", agency.Officer), s); !errors.Is(err, ErrBarred) {
				t.Errorf("who decided it takes it again: %v", err)
			}
		}
		if _, err := r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: ref.ID}); !errors.Is(err, ErrNotNow) {
			t.Errorf("withdrawn: %v", err)
		}
		_, err = r.Take(ctx, officer(rita, "housing", agency.Officer), s)
		r.must(err)
		_, err = r.Decide(ctx, officer(rita, "housing", agency.Officer), s, Verdict{Stage: Refused, Ground: "harmful"})
		r.must(err)
		if _, err := r.Confirm(ctx, second, s); !errors.Is(err, ErrBarred) {
			t.Errorf("who confirmed the first time: %v", err)
		}
		_, err = r.Confirm(ctx, head, s)
		r.must(err)
		r.run(time.Minute)
		r.status(ref, StatusRefused)
		papers, err := r.papers.Results(ctx, annaAct, anna, ref.ID)
		r.must(err)
		if live := slices.DeleteFunc(papers, func(d document.Result) bool { return !d.Revoked.IsZero() || d.Form == document.FormRefusal }); len(live) != 0 {
			t.Errorf("the old permit is still good")
		}
	})
}
