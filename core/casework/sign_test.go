package casework

import (
	"context"
	"errors"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

var boris = id.Derived("person", "boris")

// numbers are Signers: whom the city knows by their number.
type numbers map[string]id.ID

func (n numbers) PersonOf(_ context.Context, snils string) (id.ID, error) {
	if p, ok := n[snils]; ok {
		return p, nil
	}
	return id.ID{}, store.ErrNone
}

func as(person id.ID) act.Act {
	return act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Standard, Channel: act.Web}
}

func (r *rig) sign(ref Ref, person id.ID) error {
	r.t.Helper()
	p, err := r.PrepareSign(ctx, as(person), ref.Holder, ref.ID, person, service.Answers{"agrees": true})
	if err != nil {
		return err
	}
	return r.store.Write(ctx, p.Put)
}

func TestACaseWaitsForThoseWhoSignIt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		known := numbers{"11223344595": boris}
		r.deps.Signers = known
		ref := r.open("sign-works", "two", anna)
		r.run(time.Minute)
		c := r.status(ref, StatusSigning)
		if c.Paused.IsZero() {
			t.Error("the term runs")
		}
		mine, err := r.ToSign(ctx, as(boris))
		r.must(err)
		if len(mine) != 1 || mine[0].Case != ref.ID || mine[0].State != SignWaiting {
			t.Fatalf("Boris is asked to sign %+v", mine)
		}
		if err := r.sign(ref, vera); !errors.Is(err, ErrSigner) {
			t.Errorf("who is not found signs: %v", err)
		}
		r.must(r.sign(ref, boris))
		if err := r.sign(ref, boris); !errors.Is(err, ErrSigner) {
			t.Errorf("twice: %v", err)
		}
		r.run(time.Minute)
		r.status(ref, StatusSigning)
		known["00000020107"] = vera // she registers
		r.run(2 * time.Hour)
		r.must(r.sign(ref, vera))
		r.run(time.Minute)
		c = r.status(ref, StatusInQueue)
		if c.Step != "person" || !c.Paused.IsZero() {
			t.Errorf("at %q, paused %s", c.Step, c.Paused)
		}
		signers, err := r.SignersOf(ctx, officer(igor, "housing", agency.Officer), anna, ref.ID)
		r.must(err)
		if len(signers) != 2 || signers[0].State != SignSigned || signers[1].Part["agrees"] != true {
			t.Errorf("%+v", signers)
		}
		told, err := r.told.Inbox(ctx, annaAct, anna, id.ID{}, 50)
		r.must(err)
		kinds := map[string]int{}
		for _, m := range told.Messages {
			kinds[m.Kind]++
		}
		if kinds["casework.tell.sign_unknown"] != 1 || kinds["casework.tell.signed"] != 2 {
			t.Errorf("told %v", kinds)
		}
	})
}

func TestARefusalToSignOrNoneEndsTheStep(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.deps.Signers = numbers{"11223344595": boris, "00000020107": vera}
	ref, late := r.open("sign-works", "two", anna), r.open("sign-works", "two", anna)
	gone := r.open("sign-works", "two", anna)
	r.run(time.Minute)
	p, err := r.PrepareRefuse(ctx, as(boris), anna, ref.ID, boris)
	r.must(err)
	r.must(r.store.Write(ctx, p.Put))
	_, err = r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: gone.ID})
	r.must(err)
	r.run(time.Minute)
	if c := r.status(ref, StatusRefused); c.Ground != "unsigned" {
		t.Errorf("ground %q", c.Ground)
	}
	r.status(gone, StatusWithdrawn)
	r.run(20 * 24 * time.Hour)
	if c := r.status(late, StatusRefused); c.Ground != "unsigned" || !c.Late.IsZero() {
		t.Errorf("ground %q, late %s", c.Ground, c.Late)
	}
	mine, err := r.ToSign(ctx, as(vera))
	r.must(err)
	for _, line := range mine {
		if line.State != SignOver {
			t.Errorf("Vera is still asked: %+v", line)
		}
	}
	if err := r.sign(late, vera); !errors.Is(err, ErrSigner) {
		t.Errorf("after the end: %v", err)
	}
}
