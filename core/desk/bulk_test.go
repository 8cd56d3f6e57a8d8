package desk

import (
	"context"
	"errors"
	"testing"
	"time"

	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"

	"pgregory.net/rapid"
)

func TestManyCasesAreGivenAndTheActIsUndone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		refs, numbers := r.letters(3)
		_, err := r.cases.Take(ctx, as(vera), casework.Step{Holder: anna, Case: refs[2].ID})
		r.must(err)
		before := []casework.Standing{r.stands(refs[0]), r.stands(refs[1]), r.stands(refs[2])}
		key := r.begin(boss, Order{Verb: Assign, Numbers: numbers, To: igor})
		r.run(time.Second)
		for _, ref := range refs {
			if got := r.stands(ref).Official; got != igor {
				t.Errorf("the case is with %s", got)
			}
		}
		if b := r.bulk(boss, key); b.State != Done || b.Count(CaseDone) != 3 {
			t.Errorf("the act is %s: %+v", b.State, b.Cases)
		}
		r.must(r.Undo(ctx, as(boss), key))
		r.run(time.Second)
		for i, ref := range refs {
			if !same(r.stands(ref), before[i]) {
				t.Errorf("the case stands %+v, and stood %+v", r.stands(ref), before[i])
			}
		}
		if b := r.bulk(boss, key); b.State != Undone || b.Count(CaseUndone) != 3 {
			t.Errorf("the act is %s: %+v", b.State, b.Cases)
		}
	})
}

func TestAQuestionToManyWaitsForTheMinute(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		refs, numbers := r.letters(2)
		for _, ref := range refs {
			_, err := r.cases.Take(ctx, as(igor), casework.Step{Holder: anna, Case: ref.ID})
			r.must(err)
		}
		first := r.begin(igor, Order{Verb: Ask, Numbers: numbers[:1], Words: "Где именно? Дело {number}"})
		r.must(r.Undo(ctx, as(igor), first))
		second := r.begin(igor, Order{Verb: Ask, Numbers: numbers[1:], Words: "{name}, где именно? Дело {number}"})
		r.run(59 * time.Second)
		for _, ref := range refs {
			if c := r.read(ref); len(c.Questions) != 0 {
				t.Errorf("asked before the minute is over: %+v", c.Questions)
			}
		}
		r.run(10 * time.Second)
		if c := r.read(refs[0]); len(c.Questions) != 0 {
			t.Errorf("asked after it was undone: %+v", c.Questions)
		}
		c := r.read(refs[1])
		if len(c.Questions) != 1 || c.Questions[0].Words != "Анна Игоревна, где именно? Дело "+id.FormatNumber(refs[1].Number) || c.Questions[0].AskedBy != igor {
			t.Errorf("asked: %+v", c.Questions)
		}
		if err := r.Undo(ctx, as(igor), second); !errors.Is(err, ErrWindow) {
			t.Errorf("undone after the minute: %v", err)
		}
	})
}

func TestWhatGoesOnIsNotUndone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		refs, numbers := r.letters(2)
		key := r.begin(boss, Order{Verb: Assign, Numbers: numbers, To: igor})
		r.run(time.Second)
		_, err := r.cases.Ask(ctx, as(igor), casework.Step{Holder: anna, Case: refs[0].ID}, "Где?")
		r.must(err)
		r.must(r.Undo(ctx, as(boss), key))
		r.run(time.Second)
		if r.stands(refs[0]).Official != igor || !r.stands(refs[1]).Official.IsZero() {
			t.Errorf("the cases stand %+v, %+v", r.stands(refs[0]), r.stands(refs[1]))
		}
		if b := r.bulk(boss, key); b.Count(CaseKept) != 1 || b.Count(CaseUndone) != 1 {
			t.Errorf("the act: %+v", b.Cases)
		}
	})
}

func TestOnlyWhoseActItIsUndoesIt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, numbers := r.letters(1)
		key := r.begin(boss, Order{Verb: Assign, Numbers: numbers, To: igor})
		for _, other := range []id.ID{igor, rita} {
			if err := r.Undo(ctx, as(other), key); !errors.Is(err, ErrNoBulk) {
				t.Errorf("undone by another: %v", err)
			}
			if _, err := r.BulkOf(ctx, as(other), key); !errors.Is(err, ErrNoBulk) {
				t.Errorf("seen by another: %v", err)
			}
		}
	})
}

// A case whose doer has died is not waited for till the end of days: the rest is undone, and it is kept as it stands.
func TestADeadDoerDoesNotHoldAnUndoForEver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, numbers := r.letters(2)
		key := r.begin(boss, Order{Verb: Assign, Numbers: numbers, To: igor})
		r.must(r.store.Write(ctx, func(tx *store.Tx) error {
			_, err := deskdb.SaveBulkCase(tx, deskdb.SaveBulkCaseParams{Next: string(CaseDoing), Agency: housing, Bulk: key, Position: 1, Was: string(CasePlanned)})
			return err
		}))
		r.must(r.Undo(ctx, as(boss), key))
		r.run(2 * time.Minute)
		if b := r.bulk(boss, key); b.State != Undoing {
			t.Errorf("a case that may still be done is not waited for: %s", b.State)
		}
		r.run(doingMost)
		if b := r.bulk(boss, key); b.State != Undone || b.Count(CaseKept) != 1 || b.Count(CaseCancelled) != 1 {
			t.Errorf("the act is %s: %+v", b.State, b.Cases)
		}
		r.clock.Move(keptFor)
		r.must(r.sweep(ctx, jobs.Job{}))
		if _, err := r.BulkOf(ctx, as(boss), key); !errors.Is(err, ErrNoBulk) {
			t.Errorf("long after: %v", err)
		}
	})
}

func TestThePlanSaysWhyNothingHappens(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		refs, numbers := r.letters(2)
		_, err := r.cases.Take(ctx, as(vera), casework.Step{Holder: anna, Case: refs[0].ID})
		r.must(err)
		for _, want := range []struct {
			who   id.ID
			order Order
			cases []error
		}{
			{igor, Order{Verb: Assign, To: igor}, []error{casework.ErrHeadOnly, nil}},
			{boss, Order{Verb: Assign, To: petra}, []error{casework.ErrNoWorker, casework.ErrNoWorker}},
			{boss, Order{Verb: Assign, To: rita}, []error{casework.ErrNoWorker, casework.ErrNoWorker}},
			{boss, Order{Verb: Assign, To: olga}, []error{casework.ErrElsewhere, casework.ErrElsewhere}},
			{igor, Order{Verb: Release}, []error{casework.ErrNotYours, nil}},
			{igor, Order{Verb: Forward, Queue: "city/letters"}, []error{casework.ErrNotYours, casework.ErrNotYours}},
			{boss, Order{Verb: Forward, Queue: "city/nowhere"}, []error{casework.ErrQueue, casework.ErrQueue}},
			{vera, Order{Verb: Ask, Words: "Где?"}, []error{nil, casework.ErrNotYours}},
			{vera, Order{Verb: Extend, Days: 3, Words: "Нужна экспертиза"}, []error{casework.ErrNoExtension, casework.ErrNotYours}},
			{rita, Order{Verb: Release}, []error{ErrNotHere, ErrNotHere}},
		} {
			want.order.Numbers = numbers
			plan, err := r.Plan(ctx, as(want.who), want.order)
			r.must(err)
			for i, c := range plan.Cases {
				var got error
				if c.Refused != nil {
					got = c.Refused
				}
				if !errors.Is(got, want.cases[i]) {
					t.Errorf("%s: case %d: %v, want %v", want.order.Verb, i, got, want.cases[i])
				}
			}
		}
		if refs[0].Revision >= r.ref(numbers[0]).Revision+1 {
			t.Error("a plan has done something")
		}
	})
}

func (r *rig) read(ref casework.Ref) casework.Case {
	r.t.Helper()
	c, err := r.cases.Read(ctx, as(anna), ref.Holder, ref.ID)
	r.must(err)
	return c
}

// breaking is Cases that stops now and then after the act, as a machine does.
type breaking struct {
	Cases
	plan []bool // true: this act's answer is lost
	at   int
	acts map[id.ID]int // how often a case was changed
}

var errLost = errors.New("the machine stopped")

func (b *breaking) lose(caseID id.ID, s int64, revision int64, err error) (int64, error) {
	if err == nil && revision > s {
		b.acts[caseID]++
	}
	b.at++
	if b.at <= len(b.plan) && b.plan[b.at-1] {
		return 0, errLost
	}
	return revision, err
}

func (b *breaking) Assign(ctx context.Context, a act.Act, s casework.Step, to id.ID) (int64, error) {
	n, err := b.Cases.Assign(ctx, a, s, to)
	return b.lose(s.Case, s.Revision, n, err)
}

func (b *breaking) Ask(ctx context.Context, a act.Act, s casework.Step, words string) (int64, error) {
	n, err := b.Cases.Ask(ctx, a, s, words)
	return b.lose(s.Case, s.Revision, n, err)
}

func (b *breaking) Forward(ctx context.Context, a act.Act, s casework.Step, f casework.Forwarding) (int64, error) {
	n, err := b.Cases.Forward(ctx, a, s, f)
	return b.lose(s.Case, s.Revision, n, err)
}

func (b *breaking) Restore(ctx context.Context, a act.Act, s casework.Step, was casework.Standing) (int64, error) {
	n, err := b.Cases.Restore(ctx, a, s, was)
	return b.lose(s.Case, s.Revision, n, err)
}

// However often the machine stops in the midst of it, each case is acted on once, and undoing restores exactly.
func TestAnActIsDoneOnceAndUndoneExactly(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, migrated...)
	lossy := &breaking{acts: map[id.ID]int{}}
	r := newRig(t, s, c, func(cases Cases) Cases { lossy.Cases = cases; return lossy })
	rapid.Check(t, func(rt *rapid.T) {
		t.Helper()
		lossy.at, lossy.plan = 0, nil
		refs, numbers := r.letters(rapid.IntRange(1, 3).Draw(rt, "cases"))
		taken := rapid.Bool().Draw(rt, "taken")
		verb := rapid.SampledFrom([]Verb{Assign, Forward, Ask}).Draw(rt, "verb")
		for _, ref := range refs {
			if taken || verb == Ask {
				_, err := r.cases.Take(ctx, as(boss), casework.Step{Holder: anna, Case: ref.ID})
				r.must(err)
			}
		}
		before := make([]casework.Standing, len(refs))
		for i, ref := range refs {
			before[i] = r.stands(ref)
		}
		lossy.plan = rapid.SliceOfN(rapid.Bool(), 0, 8).Draw(rt, "losses")
		key := r.begin(boss, Order{Verb: verb, Numbers: numbers, To: igor, Queue: "city/letters", Words: "Где?"})
		undo := rapid.Bool().Draw(rt, "undo") && verb != Ask
		if undo {
			r.run(time.Duration(rapid.IntRange(0, 50).Draw(rt, "seconds")) * time.Second)
			r.must(r.Undo(ctx, as(boss), key))
		}
		b := r.bulk(boss, key)
		for range 60 { // a job that failed waits longer each time
			if r.run(time.Minute); r.bulk(boss, key).Ended() {
				break
			}
		}
		if b = r.bulk(boss, key); !b.Ended() {
			rt.Fatalf("the act is %s: %+v", b.State, b.Cases)
		}
		for i, ref := range refs {
			acts, state := lossy.acts[ref.ID], b.Cases[i].State
			switch {
			case undo && state == CaseUndone && acts == 2, undo && state == CaseCancelled && acts == 0:
				if !same(r.stands(ref), before[i]) {
					rt.Fatalf("the case stands %+v, and stood %+v", r.stands(ref), before[i])
				}
			case !undo && state == CaseDone && acts == 1:
				if verb == Ask && len(r.read(ref).Questions) != 1 {
					rt.Fatalf("asked %d times", len(r.read(ref).Questions))
				}
			default:
				rt.Fatalf("undo %v: %d acts, the case is %s (%s)", undo, acts, state, b.Cases[i].Reason)
			}
		}
	})
}
