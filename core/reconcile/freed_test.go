package reconcile

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/charge"
	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// drain runs what events ask for.
func (r *rig) drain() {
	r.t.Helper()
	_, err := r.queue.Drain(context.Background())
	r.must(err)
}

// settledBill is a bill that an official has settled with money of a line, of which 200.00 are left.
func (r *rig) settledBill() (charge.Charge, Part) {
	r.t.Helper()
	c := r.bill(300_00)
	r.load(transfer(500_00, "Ivan Ivanov", "for the fine"))
	p := r.in(Unknown)[0]
	r.must(r.Settle(context.Background(), by(first), p, c.ID, 300_00, "by the number"))
	return c, p
}

// TestSettledComesBack: what an official settled with unidentified money lies there again as often as the bill is lowered, and may pay another.
func TestSettledComesBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		c, p := r.settledBill()
		stands := func(rest int64) {
			t.Helper()
			r.drain()
			now, err := r.Part(ctx, p.ID)
			if err != nil || now.Rest != rest || now.State != Unknown {
				t.Fatalf("%d is left, %s: %v", now.Rest, now.State, err)
			}
			if got := r.on(Unidentified(money.RUB)); got != rest {
				t.Fatalf("%d lies among what nobody knows", got)
			}
			if got := r.on(pay.Income(police, money.RUB)); got != 500_00-rest {
				t.Fatalf("the payee has %d", got)
			}
			r.sound()
		}
		stands(200_00)
		r.write(func(tx *store.Tx) error {
			return r.charge.Correct(tx, by(first), c.Home, c.ID, charge.Correction{Amount: 250_00, Reason: "mistake"})
		})
		stands(250_00)
		r.write(func(tx *store.Tx) error {
			return r.charge.Correct(tx, by(first), c.Home, c.ID, charge.Correction{Amount: 1_00, Reason: "mistake"})
		})
		stands(499_00)
		acts, err := r.ActsOn(ctx, p.ID)
		if err != nil || len(acts) != 3 || acts[2].Kind != ActFreed || acts[2].Charge != c.ID || acts[2].Amount != 249_00 {
			t.Fatalf("%+v %v", acts, err)
		}
		again, err := r.Part(ctx, p.ID)
		r.must(err)
		r.must(r.Settle(ctx, by(first), again, r.bill(400_00).ID, 400_00, "asked the payer"))
		r.drain()
		if got := r.on(Unidentified(money.RUB)); got != 99_00 {
			t.Fatal(got)
		}
		r.sound()
	})
}

// TestGivenBackElsewhere: all that officials settled goes back when core/pay says that the bill is given back.
func TestGivenBackElsewhere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c, _ := r.settledBill()
		for range 2 { // the word may come again
			r.write(func(tx *store.Tx) error {
				return r.queue.Emit(tx, jobs.Event{Name: pay.EventGiveBackElsewhere, Holder: c.Home, Object: c.ID})
			})
			r.drain()
			if got := r.on(Unidentified(money.RUB)); got != 500_00 {
				t.Fatal(got)
			}
		}
		if got := r.read(c.ID); got.State != charge.Refunded {
			t.Fatal(got.State)
		}
		r.sound()
	})
}

// TestFreedAnyHow: however a bill was paid, by officials and by payments, and then lowered, what is too much goes back once.
func TestFreedAnyHow(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rapid.Check(t, func(rt *rapid.T) {
			r.t = rt
			face := int64(rapid.IntRange(100, 900).Draw(rt, "face"))
			c := r.bill(face)
			byOfficials := int64(0)
			for range rapid.IntRange(0, 3).Draw(rt, "parts") {
				amount := int64(rapid.IntRange(1, 30).Draw(rt, "part"))
				if rapid.Bool().Draw(rt, "by an official") {
					r.load(transfer(amount, "A", "b"))
					p := r.newest()
					r.must(r.Settle(context.Background(), by(first), p, c.ID, amount, "by the number"))
					byOfficials += amount
				} else {
					r.pay(c, amount)
				}
			}
			lay := r.on(Unidentified(money.RUB))
			r.write(func(tx *store.Tx) error {
				_, err := r.charge.Cancel(tx, by(first), c.Home, c.ID, "mistake")
				return err
			})
			r.drain()
			r.must(r.over(context.Background(), jobs.Job{ID: id.New(r.clock.Now()), Holder: c.Home, Object: c.ID}))
			if got := r.on(Unidentified(money.RUB)) - lay; got != byOfficials {
				rt.Fatalf("%d of %d came back", got, byOfficials)
			}
			r.sound()
		})
	})
}

// newest is the last line that nobody knows.
func (r *rig) newest() Part {
	r.t.Helper()
	list := r.in(Unknown)
	return list[len(list)-1]
}
