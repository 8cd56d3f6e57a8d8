package reconcile

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

func jobNow() jobs.Job { return jobs.Job{} }

// planted are the ways to spoil the books, each with the difference that must be told. Each changes rows by a random sum.
var planted = map[string]struct {
	kind  string
	plant func(r *rig, sum int64) error
}{
	"a balance": {DiffBalance, func(r *rig, n int64) error {
		return r.spoil("UPDATE ledger_balance SET debits = debits + $1 WHERE account = $2", n, pay.Clearing(money.RUB).ID)
	}},
	"a charge paid from nowhere": {DiffCharge, func(r *rig, n int64) error { return r.spoil("UPDATE bill SET paid = paid + $1 WHERE paid > 0", n) }},
	"a sum of a day":             {DiffIncome, func(r *rig, n int64) error { return r.spoil("UPDATE reconcile_income SET came = came + $1", n) }},
	"the bank's last word": {DiffBank, func(r *rig, n int64) error {
		return r.spoil("UPDATE reconcile_statement SET closing = closing + $1 WHERE until = (SELECT MAX(until) FROM reconcile_statement)", n)
	}},
	"a gap between statements": {DiffGap, func(r *rig, n int64) error {
		return r.spoil("UPDATE reconcile_statement SET opening = opening + $1 WHERE until = (SELECT MAX(until) FROM reconcile_statement)", n)
	}},
	"what is on its way": {DiffClearing, func(r *rig, n int64) error {
		return r.spoil("UPDATE reconcile_expected SET met = met - $1 WHERE state = 'open'", n)
	}},
	"what nobody knows": {DiffUnknown, func(r *rig, n int64) error {
		return r.spoil("UPDATE reconcile_part SET rest = rest + $1 WHERE state = 'unknown'", n)
	}},
	"a published day": {DiffDay, func(r *rig, n int64) error {
		return r.spoil("UPDATE reconcile_open_day SET body = digest WHERE day >= $1", "")
	}},
	"money from nowhere": {DiffClearing, func(r *rig, n int64) error {
		return r.s.Write(context.Background(), func(tx *store.Tx) error {
			act := id.New(tx.Now())
			_, err := ledger.Post(tx, ledger.Movement{ID: act, Holder: treasury, Act: act, Lines: []ledger.Line{{Debit: pay.Clearing(money.RUB), Credit: Opening(money.RUB), Amount: money.Roubles(n)}}})
			return err
		})
	}},
}

func (r *rig) spoil(sql string, args ...any) error {
	return r.s.Write(context.Background(), func(tx *store.Tx) error { return plant(tx, sql, args...) })
}

// TestAnyHistory: after any days of payments, statements, officials' acts and orders the books are right.
func TestAnyHistory(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rapid.Check(t, func(rt *rapid.T) {
			r.t = rt
			r.history(rt)
			r.sound()
		})
	})
}

// TestPlantedErrors: each way of spoiling the books is found and named.
func TestPlantedErrors(t *testing.T) {
	t.Parallel()
	for name, wrong := range planted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
				c.Move(time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC).Sub(c.Now()))
				r := newRig(t, s, c)
				r.pay(r.bill(100_00), 100_00) // so that something of each kind is there
				r.load(transfer(5_00, "A", "b"))
				r.load(transfer(6_00, "A", "b"))
				r.clock.Move(time.Hour)
				r.must(r.daily(context.Background(), jobNow()))
				r.pay(r.bill(100_00), 100_00)
				r.sound()
				r.must(wrong.plant(r, 17))
				r.clock.Move(time.Minute) // what is younger than the proof may be a payment that nobody has told of yet
				p := r.prove()
				found := false
				for _, d := range p.Differences {
					found = found || d.Kind == wrong.kind
				}
				if !found {
					t.Fatalf("it is not found: %+v", p.Differences)
				}
			}, needs...)
		})
	}
}

// history is some days of payments, statements, officials' acts and payouts.
func (r *rig) history(t *rapid.T) {
	ctx := context.Background()
	var waiting []taken
	for day := range rapid.IntRange(1, 2).Draw(t, "days") {
		for range rapid.IntRange(0, 3).Draw(t, "payments") {
			amount := int64(rapid.IntRange(1, 90).Draw(t, "amount"))
			bill := r.bill(amount + int64(rapid.IntRange(0, 1).Draw(t, "part"))*10)
			waiting = append(waiting, r.pay(bill, amount))
		}
		n := rapid.IntRange(0, len(waiting)).Draw(t, "shown")
		shown := waiting[:n]
		waiting = waiting[n:]
		r.loadDay(t, day, shown)
		if list := r.in(Unknown); len(list) > 0 && rapid.Bool().Draw(t, "settles") {
			p := list[0]
			amount := min(p.Rest, int64(rapid.IntRange(1, 50).Draw(t, "of it")))
			if rapid.Bool().Draw(t, "back") {
				_, err := r.SendBack(ctx, by(first), p, amount, "not for us")
				r.must(err)
			} else {
				r.must(r.Settle(ctx, by(first), p, r.bill(amount+1).ID, amount, "by the name"))
			}
		}
	}
}

func (r *rig) loadDay(t *rapid.T, day int, shown []taken) {
	fee := int64(0)
	for _, p := range shown {
		fee += p.amount / 10
	}
	var entries = r.entriesOf(shown, fee)
	if rapid.Bool().Draw(t, "transfer") {
		entries = append(entries, transfer(int64(rapid.IntRange(1, 99).Draw(t, "sum")), fmt.Sprint("Payer ", day), "no purpose"))
	}
	r.load(entries...)
}
