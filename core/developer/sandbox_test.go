package developer

import (
	"errors"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// program is an act of the sandbox's program.
func (r *rig) program(test bool, name string) act.Act {
	r.t.Helper()
	k, _ := r.key(NewKey{Test: test})
	return act.Act{ID: id.Derived("act", name), Actor: act.Actor{Kind: act.Program, Agency: transport}, Key: k.ID, Test: test, Holder: transport}
}

func TestMagicAmounts(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{Test: true})
		a := r.program(true, "")
		heard := 0
		for _, one := range []struct {
			amount int64
			first  string
			then   string // after a while
			left   int64
			kinds  []string
		}{
			{150000, Taken, Taken, 0, []string{PayTaken}},
			{150001, Failed, Failed, 150001, []string{PayFailed}},
			{150010, Waiting, Taken, 0, []string{PayTaken}},
			{150011, Waiting, Failed, 150011, []string{PayFailed}},
			{150012, Waiting, Failed, 150012, []string{PayFailed}},
			{150020, Taken, Disputed, 150020, []string{PayTaken, PayDisputed}},
			{150030, Taken, Refunded, 150030, []string{PayTaken, PayRefunded}},
		} {
			r.move(time.Second) // messages stand in the order of their milliseconds
			charge := id.Derived("charge", time.Duration(one.amount).String())
			r.purse.left[charge] = one.amount
			a.ID = id.Derived("pay", charge.String())
			p := must[Payment](t)(r.PayTrial(t.Context(), a, charge, 0))
			if p.State != one.first || p.Amount.Minor != one.amount {
				t.Errorf("%d: at first %s of %d, want %s", one.amount, p.State, p.Amount.Minor, one.first)
			}
			if again := must[Payment](t)(r.PayTrial(t.Context(), a, charge, 0)); again.ID != p.ID || again.State != one.first {
				t.Errorf("%d: a repeat of the call is %+v", one.amount, again)
			}
			r.move(2 * time.Minute)
			r.drain()
			if p = must[Payment](t)(r.TrialPayment(t.Context(), transport, p.ID)); p.State != one.then {
				t.Errorf("%d: in the end %s, want %s", one.amount, p.State, one.then)
			}
			if r.purse.left[charge] != one.left {
				t.Errorf("%d: %d left, want %d", one.amount, r.purse.left[charge], one.left)
			}
			r.deliver()
			list := r.list(e)
			got := map[string]bool{}
			for _, d := range list[:len(list)-heard] {
				got[d.Type] = true
			}
			for _, kind := range one.kinds {
				if !got[kind] {
					t.Errorf("%d: %s was not told, but %v", one.amount, kind, got)
				}
			}
			if heard = len(list); len(got) != len(one.kinds) {
				t.Errorf("%d: told %v, want %v", one.amount, got, one.kinds)
			}
		}
	})
}

func TestTheSandboxIsForSandboxKeysAlone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		charge := id.Derived("charge", "1")
		r.purse.left[charge] = 1000
		if _, err := r.PayTrial(t.Context(), r.program(false, "live"), charge, 0); !errors.Is(err, ErrSandbox) {
			t.Errorf("a live key: %v", err)
		}
		if _, err := r.PayTrial(t.Context(), head, charge, 0); !errors.Is(err, ErrSandbox) {
			t.Errorf("an official: %v", err)
		}
		if _, err := r.PayTrial(t.Context(), r.program(true, "none"), id.Derived("charge", "2"), 0); !errors.Is(err, ErrMissing) {
			t.Errorf("a charge that is none: %v", err)
		}
		if _, err := r.PayTrial(t.Context(), r.program(true, "much"), charge, 1100); !errors.Is(err, ErrFields) {
			t.Errorf("more than is left: %v", err)
		}
		a := r.program(true, "part")
		p := must[Payment](t)(r.PayTrial(t.Context(), a, charge, 400))
		if r.purse.left[charge] != 600 {
			t.Errorf("%d left of 1000 after 400", r.purse.left[charge])
		}
		if p = must[Payment](t)(r.RefundTrial(t.Context(), a, p.ID)); p.State != Refunded || r.purse.left[charge] != 1000 {
			t.Errorf("given back: %s, %d left", p.State, r.purse.left[charge])
		}
		if _, err := r.RefundTrial(t.Context(), a, p.ID); !errors.Is(err, ErrOver) {
			t.Errorf("given back twice: %v", err)
		}
	})
}

// TestTrialsAreForgottenInTime: the sandbox's payments are kept for a while, and not for ever.
func TestTrialsAreForgottenInTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		charge := id.Derived("charge", "1")
		r.purse.left[charge] = 300000
		pay := func(name string) Payment {
			return must[Payment](t)(r.PayTrial(t.Context(), r.program(true, name), charge, 150000))
		}
		old := pay("old")
		r.move(TrialsKept)
		fresh := pay("fresh")
		r.move(time.Minute)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.TrialPayment(t.Context(), transport, old.ID); !errors.Is(err, ErrMissing) {
			t.Errorf("an old payment is there still: %v", err)
		}
		must[Payment](t)(r.TrialPayment(t.Context(), transport, fresh.ID))
	})
}

// TestARepeatOfATrialIsOfTheSamePayment: the same call about another charge, or another amount, is no repeat.
func TestARepeatOfATrialIsOfTheSamePayment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		charge, other := id.Derived("charge", "1"), id.Derived("charge", "2")
		r.purse.left[charge], r.purse.left[other] = 300000, 300000
		a := r.program(true, "once")
		first := must[Payment](t)(r.PayTrial(t.Context(), a, charge, 150000))
		if again := must[Payment](t)(r.PayTrial(t.Context(), a, charge, 150000)); again.ID != first.ID {
			t.Errorf("a repeat is another payment: %+v", again)
		}
		for name, try := range map[string]struct {
			charge id.ID
			amount int64
		}{"another charge": {other, 150000}, "another amount": {charge, 140000}} {
			if p, err := r.PayTrial(t.Context(), a, try.charge, try.amount); !errors.Is(err, ErrOtherTrial) {
				t.Errorf("%s: %+v: %v", name, p, err)
			}
		}
	})
}
