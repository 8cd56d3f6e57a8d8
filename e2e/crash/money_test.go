package crash

import (
	"testing"

	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/sim/bank"
)

// checkMoney compares the city's ledger with the bank's and with what was charged.
func checkMoney(t *testing.T, b *books, w *world) {
	t.Helper()
	atBank := w.bank.Payments()
	checkAttempts(t, b, w, atBank)

	var taken int64
	for _, p := range atBank {
		taken += int64(p.Takes)*p.Amount - p.Refunded
		if p.Takes > 1 || p.Refunded > int64(p.Takes)*p.Amount {
			t.Errorf("the bank took %d times and gave back %d of %d: %s", p.Takes, p.Refunded, p.Amount, p.ID)
		}
	}
	var booked int64
	income := map[id.ID][]row{} // by charge
	for _, transfer := range b.rows(`SELECT debit, credit, amount, about, movement, state FROM ledger_transfer`) {
		switch {
		case transfer.text(5) != "posted":
			t.Errorf("a transfer that is not posted: %s", transfer)
		case transfer.id(0) == pay.Clearing(money.RUB).ID:
			booked += transfer.int(2)
		case transfer.id(1) == pay.Clearing(money.RUB).ID:
			booked -= transfer.int(2)
		}
		if transfer.id(0) == pay.Clearing(money.RUB).ID && transfer.id(1) != pay.ToReturn(money.RUB).ID {
			income[transfer.id(3)] = append(income[transfer.id(3)], transfer)
		}
	}
	if booked != taken {
		t.Errorf("the bank holds %d for the city, the ledger says %d", taken, booked)
	}
	checkCharges(t, b, income)
	t.Logf("the bank knows %d payments, took money %d times; %d kopecks on both sides", len(atBank), w.paid(), taken)
}

// checkCharges: a charge is paid exactly when its whole amount, once, is its agency's income.
func checkCharges(t *testing.T, b *books, income map[id.ID][]row) {
	t.Helper()
	for _, charge := range b.rows(`SELECT b.id, b.payee, b.amount, b.state, p.payment FROM bill AS b LEFT JOIN bill_part AS p ON p.home = b.home AND p.charge = b.id AND p.amount > 0`) {
		legs := income[charge.id(0)]
		delete(income, charge.id(0))
		if charge.text(3) != "paid" {
			if len(legs) != 0 {
				t.Errorf("a charge that is not paid has income: %s", charge)
			}
			continue
		}
		if len(legs) != 1 || legs[0].id(1) != pay.Income(charge.id(1), money.RUB).ID || legs[0].int(2) != charge.int(2) || legs[0].id(4) != charge.id(4) {
			t.Errorf("a paid charge %s has the income %v", charge, legs)
		}
	}
	for charge := range income {
		t.Errorf("income of a charge that is not there: %s", charge)
	}
}

// checkAttempts: what was acknowledged is there, and each attempt has ended as the bank says.
func checkAttempts(t *testing.T, b *books, w *world, atBank map[string]bank.Payment) {
	t.Helper()
	known := map[string]bool{}
	for _, at := range b.rows(`SELECT a.id, a.state, p.state FROM attempt AS a JOIN payment AS p ON p.payer = a.payer AND p.id = a.payment`) {
		name, state := at.id(0).String(), at.text(1)
		known[name] = true
		p, there := atBank[name]
		switch {
		case !there && state != "started":
			t.Errorf("the bank does not know an attempt that is %s: %s", state, name)
		case there && p.State == "open" && state != "open" && state != "started",
			there && p.State == "declined" && state != "declined",
			there && (p.State == "paid" || p.State == "refunded") && state != "paid" && state != "reversed":
			t.Errorf("attempt %s is %s here and %s at the bank", name, state, p.State)
		case there && (p.State == "refunded") != (at.text(2) == "refunded"):
			t.Errorf("the payment of attempt %s is %s here and %s at the bank", name, at.text(2), p.State)
		}
	}
	for name := range atBank {
		if !known[name] {
			t.Errorf("the bank has an order that the city does not know: %s", name)
		}
	}
}
