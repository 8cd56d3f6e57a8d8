package reconcile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"posad.city/core/charge"
	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// TestUnidentified: money without a purpose pays a charge by an official's word, in parts, once; the rest goes back by two.
func TestUnidentified(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		c, other := r.bill(300_00), r.bill(900_00)
		r.named["А417МО52"] = []id.ID{c.ID, other.ID}
		r.named[c.Number] = []id.ID{c.ID}
		r.load(transfer(500_00, "Ivan Ivanov", "fine "+id.FormatNumber(c.Number)+" of the car А417МО52 of 2026-11-01"))
		p := r.in(Unknown)[0]
		d, err := r.Details(ctx, by(first), p.ID)
		if err != nil || d.Name != "Ivan Ivanov" {
			t.Fatal(d, err)
		}
		list, err := r.Suggest(ctx, by(first), p, d)
		if err != nil || len(list) != 2 || list[0].Charge.ID != c.ID || list[0].Score != 60 || list[1].Score != 40 {
			t.Fatalf("%+v %v", list, err)
		}
		for name, try := range map[string]struct {
			amount int64
			of     id.ID
			why    string
			want   error
		}{
			"more than is owed": {301_00, c.ID, "by the number", ErrAmount}, "more than came": {501_00, other.ID, "by the number", ErrAmount}, "nothing": {0, c.ID, "by the number", ErrAmount},
			"no reason": {300_00, c.ID, " ", ErrReason}, "no charge": {300_00, id.ID{9}, "by the number", ErrCharge},
		} {
			if err := r.Settle(ctx, by(first), p, try.of, try.amount, try.why); !errors.Is(err, try.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		stranger := first
		stranger.Actor.Agency = police
		if err := r.Settle(ctx, stranger, p, c.ID, 300_00, "by the number"); !errors.Is(err, ErrRole) {
			t.Fatal(err)
		}
		r.must(r.Settle(ctx, by(first), p, c.ID, 300_00, "by the number"))
		if err := r.Settle(ctx, by(first), p, c.ID, 100_00, "by the number"); !errors.Is(err, ErrCharge) && !errors.Is(err, ErrChanged) {
			t.Fatal(err)
		}
		if got := r.read(c.ID); got.State != charge.Paid {
			t.Fatal(got.State)
		}
		r.sound()
		p, err = r.Part(ctx, p.ID)
		if err != nil || p.Rest != 200_00 || p.State != Unknown {
			t.Fatal(p, err)
		}
		order, err := r.SendBack(ctx, by(first), p, 200_00, "not for us")
		r.must(err)
		r.sound()
		if err := r.ApprovePayout(ctx, by(first), order.ID, 1); !errors.Is(err, ErrSecond) {
			t.Fatal(err)
		}
		r.must(r.CancelPayout(ctx, by(second), order.ID, 1))
		r.sound()
		if p, err = r.Part(ctx, p.ID); err != nil || p.Rest != 200_00 {
			t.Fatal(p, err)
		}
		order, err = r.SendBack(ctx, by(first), p, 200_00, "not for us")
		r.must(err)
		r.must(r.ApprovePayout(ctx, by(second), order.ID, 1))
		r.sound()
		acts, err := r.ActsOn(ctx, p.ID)
		if err != nil || len(acts) != 4 || acts[0].Kind != ActSettle || acts[3].Kind != ActSendBack {
			t.Fatalf("%+v %v", acts, err)
		}
		r.load(iso20022.Entry{Amount: money.Roubles(200_00), Status: iso20022.Booked, Code: "PAY", Parts: []iso20022.Transaction{{Refs: iso20022.Refs{EndToEnd: iso20022.Ref(order.Lines[0].ID)}, Amount: money.Roubles(200_00)}}})
		r.sound()
		if p, err = r.Part(ctx, p.ID); err != nil || p.State != Settled || p.Rest != 0 {
			t.Fatal(p, err)
		}
	})
}

// details of a payee, let in by two officials.
func (r *rig) details(payee id.ID) {
	r.t.Helper()
	ctx := context.Background()
	r.must(r.ProposePayee(ctx, by(first), payee, Creditor{Name: "УФК по области", TaxNumber: "5256000001", Account: "03100643000000013200", Member: "012202102", Bank: "Волго-Вятское ГУ"}))
	if err := r.JudgePayee(ctx, by(first), payee, 1, true); !errors.Is(err, ErrSecond) {
		r.t.Fatalf("who proposed lets it in: %v", err)
	}
	r.must(r.JudgePayee(ctx, by(second), payee, 1, true))
}

// TestPayout: income is paid out once, by two officials; refused and returned payments come back to the income.
func TestPayout(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		if _, err := r.PreparePayout(ctx, by(first), r.today()); !errors.Is(err, ErrNothing) {
			t.Fatal(err)
		}
		a := r.pay(r.bill(100_00), 100_00)
		r.load(batch(0, a))
		if _, err := r.PreparePayout(ctx, by(first), r.today()); !errors.Is(err, ErrNothing) {
			t.Fatalf("to nobody's account: %v", err)
		}
		r.details(police)
		today := r.pay(r.bill(7_00), 7_00) // of today: not yet
		p, err := r.PreparePayout(ctx, by(first), r.today())
		r.must(err)
		if p.Amount != money.Roubles(100_00) || p.Count != 1 {
			t.Fatalf("%+v", p)
		}
		if _, err := r.PreparePayout(ctx, by(first), r.today()); !errors.Is(err, ErrNothing) {
			t.Fatalf("what is set aside is paid out again: %v", err)
		}
		r.sound()
		r.must(r.ApprovePayout(ctx, by(second), p.ID, 1))
		if err := r.ApprovePayout(ctx, by(second), p.ID, 1); !errors.Is(err, ErrChanged) {
			t.Fatal(err)
		}
		r.sound()
		p, err = r.Payout(ctx, p.ID)
		r.must(err)
		var order bytes.Buffer
		r.must(r.WriteOrder(p, &order))
		sent, err := iso20022.ReadInitiation(&order)
		if err != nil || sent.Groups[0].Transfers[0].Amount != money.Roubles(100_00) || sent.Groups[0].Transfers[0].CreditorAccount.Number != "03100643000000013200" {
			t.Fatalf("%+v %v", sent, err)
		}
		report := func(p Payout, s iso20022.Status, reason string) iso20022.Report {
			return iso20022.Report{ID: "r", Original: iso20022.Ref(p.ID), Groups: []iso20022.GroupReport{{ID: iso20022.Ref(p.ID), Payments: []iso20022.PaymentReport{{EndToEnd: iso20022.Ref(p.Lines[0].ID), Status: s, Reason: iso20022.Reason{Code: reason}}}}}}
		}
		r.must(r.Answered(ctx, p, report(p, iso20022.Rejected, "AC01")))
		r.must(r.Answered(ctx, p, report(p, iso20022.Rejected, "AC01")))
		r.sound()
		if got := r.on(pay.Income(police, money.RUB)); got != 107_00 {
			t.Fatal(got)
		}
		p, err = r.PreparePayout(ctx, by(first), r.today())
		r.must(err)
		r.must(r.ApprovePayout(ctx, by(second), p.ID, 1))
		p, err = r.Payout(ctx, p.ID)
		r.must(err)
		r.must(r.Answered(ctx, p, report(p, iso20022.Settled, "")))
		entry := iso20022.Entry{Amount: money.Roubles(100_00), Status: iso20022.Booked, Code: "PAY", Parts: []iso20022.Transaction{{Refs: iso20022.Refs{EndToEnd: iso20022.Ref(p.Lines[0].ID)}, Amount: money.Roubles(100_00)}}}
		r.load(entry, batch(0, today))
		r.sound()
		back := entry
		back.Credit = true
		back.Parts = []iso20022.Transaction{{Refs: entry.Parts[0].Refs, Amount: money.Roubles(100_00), Credit: true, Returned: "AC04"}}
		r.load(back)
		r.sound()
		if got := r.on(pay.Income(police, money.RUB)); got != 107_00 {
			t.Fatalf("%d came back", got)
		}
		if p, err = r.Payout(ctx, p.ID); err != nil || p.Lines[0].State != lineReturned || p.Lines[0].Reason != "AC04" {
			t.Fatalf("%+v %v", p, err)
		}
		r.clock.Move(24 * time.Hour)
		p, err = r.PreparePayout(ctx, by(first), r.today())
		if err != nil || p.Amount != money.Roubles(107_00) {
			t.Fatal(p.Amount, err)
		}
	})
}

// TestOpenDay: a day's totals are published once, and its receipt says the digest of what everybody can read.
func TestOpenDay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		a := r.pay(r.bill(100_00), 40_00)
		r.pay(r.bill(50_00), 50_00)
		r.load(batch(0, a))
		r.clock.Move(time.Hour)
		r.must(r.daily(ctx, jobNow()))
		r.must(r.daily(ctx, jobNow()))
		days, err := r.OpenDays(ctx, calendarNone)
		if err != nil || len(days) != 1 || days[0].Came != 90_00 || !days[0].Fits() {
			t.Fatalf("%+v %v", days, err)
		}
		var body wireDay
		r.must(json.Unmarshal(days[0].Body, &body))
		if len(body.Lines) != 1 || body.Lines[0] != (wireTotal{Kind: severalKind, Came: 90_00, Count: 2}) {
			t.Fatalf("%+v", body)
		}
		receipt, err := r.DayReceipt(ctx, days[0])
		if err != nil || !bytes.Contains(receipt, []byte(`reconcile.day`)) {
			t.Fatal(string(receipt), err)
		}
		proofs, err := r.Proofs(ctx, 10)
		if err != nil || len(proofs) != 1 || !proofs[0].Sound() {
			t.Fatalf("%+v %v", proofs, err)
		}
	})
}

func TestSameName(t *testing.T) {
	t.Parallel()
	for payer, want := range map[string]bool{"КОВАЛЁВ БОРИС ОЛЕГОВИЧ": true, "Борис Ковалев": true, "Ковалёв А.": false, "": false} {
		if got := sameName(payer, lang.Name{Family: "Ковалёв", Given: "Борис"}); got != want {
			t.Errorf("%s: %v", payer, got)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	got := words("Оплата штрафа 1234-567-890, авто А417МО52, лс 00123456 за 2026-10-01 и 15 руб")
	want := []string{"1234-567-890", "А417МО52", "00123456"}
	if len(got) != len(want) {
		t.Fatal(got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatal(got)
		}
	}
}

func FuzzStatement(f *testing.F) {
	f.Add([]byte("<Document/>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		sheets, err := readSheets(file, account)
		if err != nil {
			return
		}
		for _, s := range sheets {
			sum := s.Opening
			for _, l := range s.lines {
				sum += l.Amount
				_ = words(l.details.Purpose)
			}
			if sum != s.Closing {
				t.Fatal("its lines do not make its balances")
			}
		}
	})
}
