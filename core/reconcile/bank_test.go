package reconcile

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"posad.city/core/pay"
	"posad.city/kit/iso20022"
	"posad.city/kit/money"
	"posad.city/sim/bank"
)

// TestWithTheBank: payments are taken at the bank, its own statements are fetched and fit, income is paid out by an order that it
// carries, and the books are right each day.
func TestWithTheBank(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		there := bank.New("http://bank.test", "key", "secret", r.clock, slog.New(slog.DiscardHandler))
		server := httptest.NewServer(there.Handler())
		t.Cleanup(server.Close)
		t.Cleanup(there.Wait)
		r.deps.Bank = &HTTPBank{API: server.URL, Key: "key"}
		acquirer := &pay.Hosted{API: server.URL, Key: "key", Secret: "secret", Clock: r.clock}
		r.details(police)

		for i, sum := range []int64{750_00, 1200_50, 99_99} {
			c := r.bill(sum)
			r.n++
			p := r.pay(c, sum)
			_, err := acquirer.Start(ctx, pay.Order{Attempt: p.attempt, Amount: money.Roubles(sum), Description: "fine", Return: "http://city.test/", Notify: server.URL + "/nowhere", Method: pay.ByPage})
			r.must(err)
			_, err = there.PayWith(p.attempt.String(), "4242")
			r.must(err)
			standing, err := acquirer.Ask(ctx, p.attempt)
			if err != nil || standing.State != pay.Paid {
				t.Fatal(standing, err)
			}
			r.payments[p.payment][0].Reference = standing.Reference
			if i == 2 { // of this one the reference alone is known
				r.write(forget(p.attempt))
				r.payments[p.attempt] = r.payments[p.payment]
			}
			r.must(r.expect(ctx, p.payment))
		}
		r.must(there.Incoming("IN-1", "Ivan Ivanov", "40817810000000000042", "no idea", 300_00))
		r.clock.Move(24 * time.Hour)
		r.must(r.askBank(ctx, jobNow()))
		r.sound()
		if got := r.on(pay.Clearing(money.RUB)); got != 0 {
			t.Fatalf("%d is still on its way: %+v", got, r.in(Unknown))
		}
		if list := r.in(Unknown); len(list) != 1 || list[0].Amount != 300_00 || len(r.in(Fee)) == 0 {
			t.Fatalf("%+v", list)
		}
		p, err := r.PreparePayout(ctx, by(first), r.today())
		r.must(err)
		if p.Amount != money.Roubles(2050_49) {
			t.Fatal(p.Amount)
		}
		r.must(r.ApprovePayout(ctx, by(second), p.ID, 1))
		r.must(r.Carry(ctx))
		r.must(r.Carry(ctx)) // again changes nothing
		r.clock.Move(2 * time.Hour)
		r.must(r.Carry(ctx))
		r.clock.Move(24 * time.Hour)
		r.must(r.askBank(ctx, jobNow()))
		r.sound()
		p, err = r.Payout(ctx, p.ID)
		if err != nil || p.State != payoutDone || p.Lines[0].State != linePaid {
			t.Fatalf("%+v %v", p, err)
		}
		if got := r.on(OnPayout(money.RUB)); got != 0 {
			t.Fatal(got)
		}
		if standing, err := r.deps.Bank.Ask(ctx, iso20022.Ref(p.ID)); err != nil || standing.Original != iso20022.Ref(p.ID) {
			t.Fatal(fmt.Sprint(standing), err)
		}
	})
}
