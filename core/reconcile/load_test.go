package reconcile

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"posad.city/core/pay"
	"posad.city/kit/iso20022"
	"posad.city/kit/money"
)

// TestStatement: a batch unfolds, a fee is its own line, somebody's transfer is unidentified, and the books are right after each.
func TestStatement(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, b := r.pay(r.bill(100_00), 100_00), r.pay(r.bill(250_00), 250_00)
		later := r.pay(r.bill(70_00), 70_00)
		r.sound()
		s := r.load(batch(4_20, a, b), transfer(500_00, "Ivan Ivanov", "for something"), iso20022.Entry{Amount: money.Roubles(30_00), Status: iso20022.Booked, Code: "FEE"})
		if s.Lines != 5 || s.Came != 850_00 || s.Went != 34_20 {
			t.Fatalf("%+v", s)
		}
		for state, want := range map[State]int{Whole: 2, Fee: 2, Unknown: 1} {
			if got := r.in(state); len(got) != want {
				t.Fatalf("%s: %d, want %d", state, len(got), want)
			}
		}
		for name, got := range map[string][2]int64{
			"bank": {r.on(Bank(account.Number, money.RUB)), -815_80}, "clearing": {r.on(pay.Clearing(money.RUB)), -70_00}, "fees": {r.on(Fees(money.RUB)), -34_20},
			"unidentified": {r.on(Unidentified(money.RUB)), 500_00},
		} {
			if got[0] != got[1] {
				t.Fatalf("%s: %d, want %d", name, got[0], got[1])
			}
		}
		r.sound()
		r.load(batch(0, later))
		if got := r.on(pay.Clearing(money.RUB)); got != 0 {
			t.Fatalf("%d is on its way", got)
		}
		r.sound()
	})
}

// TestStatementAgain: a file that is given again changes nothing, and one that broke off goes on.
func TestStatementAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, b := r.pay(r.bill(100_00), 100_00), r.pay(r.bill(250_00), 250_00)
		file := r.statement(batch(0, a, b), transfer(1_00, "A", "b"))
		ctx := context.Background()
		sheets, err := readSheets(file, account)
		if err != nil {
			t.Fatal(err)
		}
		broken := sheets[0]
		whole := broken.lines
		broken.lines = whole[:1]
		r.must(r.begin(ctx, first, broken.Statement))
		r.must(r.loadLines(ctx, first, broken))
		if _, err := r.given(file); err != nil {
			t.Fatal(err)
		}
		r.sound()
		before := r.on(Bank(account.Number, money.RUB))
		if _, err := r.given(file); !errors.Is(err, ErrKnown) {
			t.Fatal(err)
		}
		if got := r.on(Bank(account.Number, money.RUB)); got != before {
			t.Fatal(got, before)
		}
		other := bytes.Replace(file, []byte(">1.00<"), []byte(">2.00<"), 2)
		other = bytes.Replace(other, []byte(">351.00<"), []byte(">352.00<"), 1)
		if _, err := r.given(other); !errors.Is(err, ErrOther) {
			t.Fatal(err)
		}
	})
}

// TestStatementRefused: nothing is written of a file that is not right.
func TestStatementRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		file := r.statement(transfer(1_00, "A", "b"))
		for name, bad := range map[string]struct {
			file []byte
			want error
		}{
			"no XML":          {[]byte("no"), ErrFile},
			"another account": {bytes.Replace(file, []byte(account.Number), []byte("40601810900003000002"), 1), ErrAccount},
			"sums":            {bytes.Replace(file, []byte(">1.00<"), []byte(">2.00<"), 2), ErrSums},
			"currency":        {bytes.ReplaceAll(file, []byte(`Ccy="RUB"`), []byte(`Ccy="EUR"`)), ErrSums},
		} {
			if _, err := r.given(bad.file); !errors.Is(err, bad.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := r.Statements(context.Background(), calendarNone); err != nil || len(list) != 0 {
			t.Fatal(list, err)
		}
	})
}

// TestLateNews: a line that nobody knew is known when the payment behind it is heard of.
func TestLateNews(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.pay(r.bill(100_00), 100_00)
		waits := r.payments[a.payment]
		delete(r.payments, a.payment)
		r.write(forget(a.attempt))
		r.load(batch(0, a))
		if len(r.in(Unknown)) != 1 || r.on(Unidentified(money.RUB)) != 100_00 {
			t.Fatal("it is known")
		}
		r.payments[a.payment] = waits
		r.clock.Move(-20 * 3600 * 1e9) // the net looks two days back
		r.sound()
		if len(r.in(Whole)) != 1 || r.on(Unidentified(money.RUB)) != 0 || r.on(pay.Clearing(money.RUB)) != 0 {
			t.Fatal("it is not known")
		}
	})
}
