package reconcile

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/money"
)

// answerTo is the bank's answer to an order of one payment.
func answerTo(p Payout, s iso20022.Status, reason string) iso20022.Report {
	return iso20022.Report{ID: "r", Original: iso20022.Ref(p.ID), Groups: []iso20022.GroupReport{{ID: iso20022.Ref(p.ID), Payments: []iso20022.PaymentReport{{
		EndToEnd: iso20022.Ref(p.Lines[0].ID), Status: s, Reason: iso20022.Reason{Code: reason},
	}}}}}
}

// ready is a prepared order for 100.00 of the police.
func (r *rig) ready() Payout {
	r.t.Helper()
	r.load(batch(0, r.pay(r.bill(100_00), 100_00)))
	r.details(police)
	p, err := r.PreparePayout(context.Background(), by(first), r.today())
	r.must(err)
	return p
}

// approved is the order as it stands after the second official.
func (r *rig) approved(p Payout) Payout {
	r.t.Helper()
	r.must(r.ApprovePayout(context.Background(), by(second), p.ID, 1))
	p, err := r.Payout(context.Background(), p.ID)
	r.must(err)
	return p
}

// TestAnswerTooEarly: an answer to an order that nobody let out, or that was given up, changes nothing.
func TestAnswerTooEarly(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		p := r.ready()
		for _, status := range []iso20022.Status{iso20022.AcceptedClient, iso20022.Settled, iso20022.Rejected} {
			if err := r.Answered(ctx, p, answerTo(p, status, "")); !errors.Is(err, ErrChanged) {
				t.Fatalf("prepared, %s: %v", status, err)
			}
		}
		r.sound()
		r.must(r.CancelPayout(ctx, by(second), p.ID, 1))
		if err := r.Answered(ctx, p, answerTo(p, iso20022.Settled, "")); !errors.Is(err, ErrChanged) {
			t.Fatalf("cancelled: %v", err)
		}
		if again, err := r.Payout(ctx, p.ID); err != nil || again.State != payoutCancelled {
			t.Fatal(again.State, err)
		}
		r.sound()
	})
}

// TestDuplicateIsNoRefusal: a bank that calls the second copy of an order a duplicate has refused that copy alone.
func TestDuplicateIsNoRefusal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.approved(r.ready())
		r.must(r.Answered(context.Background(), p, answerTo(p, iso20022.Rejected, "DU01")))
		if got := r.on(pay.Income(police, money.RUB)); got != 0 {
			t.Fatalf("%d came back", got)
		}
		r.sound()
	})
}

// TestPreparedTwice: what two officials would set aside at once is set aside once.
func TestPreparedTwice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		r.load(batch(0, r.pay(r.bill(100_00), 100_00)))
		r.details(police)
		other := Payout{ID: id.New(r.clock.Now()), Day: r.today(), State: payoutPrepared, MadeBy: second.Actor.Person, Made: r.clock.Now(), Amount: money.Roubles(100_00), Count: 1}
		lines, err := r.payable(ctx, other.ID, r.today().AddDays(-1))
		r.must(err)
		other.Lines = lines
		_, err = r.PreparePayout(ctx, by(first), r.today())
		r.must(err)
		if err := r.putPayout(ctx, by(second), other, r.reserve); !errors.Is(err, ErrChanged) {
			t.Fatalf("the same income is set aside twice: %v", err)
		}
		r.sound()
	})
}

// TestAnswerGiven: a refusal in a file moves money when two officials give it; the bank's other words one official may give, and
// nobody where the bank talks to the city itself.
func TestAnswerGiven(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		p := r.ready()
		if err := r.AnswerGiven(ctx, by(first), p, answerTo(p, iso20022.Settled, "")); !errors.Is(err, ErrChanged) {
			t.Fatalf("prepared: %v", err)
		}
		p = r.approved(p)
		refusal := answerTo(p, iso20022.Rejected, "AC01")
		for range 2 {
			if err := r.AnswerGiven(ctx, by(first), p, refusal); !errors.Is(err, ErrAsked) {
				t.Fatalf("one official alone: %v", err)
			}
		}
		if got := r.on(pay.Income(police, money.RUB)); got != 0 {
			t.Fatalf("%d came back", got)
		}
		r.deps.Bank = &HTTPBank{}
		if err := r.AnswerGiven(ctx, by(second), p, refusal); !errors.Is(err, ErrByBank) {
			t.Fatalf("the bank says it itself: %v", err)
		}
		r.deps.Bank = nil
		r.must(r.AnswerGiven(ctx, by(second), p, refusal))
		if got := r.on(pay.Income(police, money.RUB)); got != 100_00 {
			t.Fatal(got)
		}
		r.sound()
	})
}

// TestOneStatementADay: a day of an account counts once, in order, each beginning with what the one before ended with.
func TestOneStatementADay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		try := func(what string, file []byte, want error) {
			t.Helper()
			if _, err := r.given(file); !errors.Is(err, want) {
				t.Errorf("%s: %v", what, err)
			}
		}
		r.load(transfer(100_00, "A", "b"))
		stood := r.on(Bank(account.Number, money.RUB))
		file := r.statement(transfer(5_00, "A", "b"))
		yesterday := r.today().AddDays(-1).String()
		try("a future day", bytes.ReplaceAll(file, []byte(yesterday), []byte("2099-01-01")), ErrDay)
		try("the same day again", bytes.ReplaceAll(bytes.ReplaceAll(file, []byte(yesterday), []byte(r.today().AddDays(-2).String())), []byte("<Id>S"), []byte("<Id>T")), ErrDay)
		try("a day before the first", bytes.ReplaceAll(file, []byte(yesterday), []byte("2026-01-15")), ErrDay)
		other := bytes.Replace(file, []byte(">100.00<"), []byte(">90.00<"), 1)
		try("another opening", bytes.Replace(other, []byte(">105.00<"), []byte(">95.00<"), 1), ErrChain)
		if got := r.on(Bank(account.Number, money.RUB)); got != stood {
			t.Fatalf("%d, it was %d", got, stood)
		}
		try("the next day", file, nil)
		try("given again", file, ErrKnown)
		try("other lines of the same sums", bytes.Replace(file, []byte("<Nm>A<"), []byte("<Nm>B<"), 1), ErrOther)
		r.sound()
	})
}

// TestAStatementOfOneHand: what one official alone says has come to the account is in no book.
func TestAStatementOfOneHand(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		file := r.statement(transfer(1_000_00, "X", "y"))
		for range 2 {
			if _, err := r.Load(ctx, by(first), SourceUpload, file); !errors.Is(err, ErrAsked) {
				t.Fatal(err)
			}
		}
		if _, err := r.Load(ctx, by(second), SourceUpload, bytes.ReplaceAll(file, []byte("<Nm>X<"), []byte("<Nm>Z<"))); !errors.Is(err, ErrAsked) {
			t.Fatalf("another file: %v", err)
		}
		if got := r.on(Unidentified(money.RUB)); got != 0 {
			t.Fatal(got)
		}
		if _, err := r.Load(ctx, by(second), SourceUpload, file); err != nil {
			t.Fatal(err)
		}
		if got := r.on(Unidentified(money.RUB)); got != 1_000_00 {
			t.Fatal(got)
		}
		r.sound()
	})
}

// TestFeeIsBounded: what a statement calls a fee is one without anybody's word as far as fees go.
func TestFeeIsBounded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.load(transfer(1_000_000_00, "X", "y"), iso20022.Entry{Amount: money.Roubles(1_000_000_00), Status: iso20022.Booked, Code: "FEE"}, iso20022.Entry{Amount: money.Roubles(10_00), Status: iso20022.Booked, Code: "FEE"})
		if got := r.on(Fees(money.RUB)); got != -10_00 {
			t.Fatalf("%d are fees", got)
		}
		if got := r.on(Unexplained(money.RUB)); got != -1_000_000_00 {
			t.Fatalf("%d is to be explained", got)
		}
		r.sound()
	})
}

// TestUnreadDay: no day is signed while the books hold a line of it that is not added up.
func TestUnreadDay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		r.pay(r.bill(100_00), 100_00)
		r.clock.Move(6 * time.Minute)
		r.must(r.Fold(ctx))
		r.pay(r.bill(50_00), 50_00)
		r.clock.Move(24 * time.Hour)
		r.must(r.publishDays(ctx))
		if days, err := r.OpenDays(ctx, calendarNone); err != nil || len(days) != 0 {
			t.Fatalf("it is signed: %+v %v", days, err)
		}
		r.must(r.daily(ctx, jobNow()))
		if days, err := r.OpenDays(ctx, calendarNone); err != nil || len(days) != 1 || days[0].Came != 150_00 {
			t.Fatalf("%+v %v", days, err)
		}
	})
}

// TestTwoForMuch: much money without a purpose is settled, and much that went is explained, when two officials say the same.
func TestTwoForMuch(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		c := r.bill(20_000_00)
		r.load(transfer(20_000_00, "A", "b"), iso20022.Entry{Amount: money.Roubles(16_000_00), Status: iso20022.Booked, Code: "OTHER"})
		p := r.in(Unknown)
		came, went := p[0], p[1]
		if came.Amount < 0 {
			came, went = went, came
		}
		for range 2 {
			if err := r.Settle(ctx, by(first), came, c.ID, 10_000_00, "by the name"); !errors.Is(err, ErrAsked) {
				t.Fatalf("one official alone settles: %v", err)
			}
			if err := r.Explain(ctx, by(first), went, "the bank's fee"); !errors.Is(err, ErrAsked) {
				t.Fatalf("one official alone explains: %v", err)
			}
		}
		if err := r.Settle(ctx, by(second), came, c.ID, 20_000_00, "by the name"); !errors.Is(err, ErrAsked) {
			t.Fatalf("another sum is another word: %v", err)
		}
		r.must(r.Settle(ctx, by(second), came, c.ID, 10_000_00, "by the name"))
		r.must(r.Explain(ctx, by(second), went, "the bank's fee"))
		acts, err := r.ActsOn(ctx, came.ID)
		if err != nil || len(acts) != 3 || acts[0].Kind != ActSettleAsked || acts[2].Kind != ActSettle {
			t.Fatalf("%+v %v", acts, err)
		}
		r.sound()
	})
}

// TestOwnCharge: nobody settles what they owe themselves.
func TestOwnCharge(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.bill(100_00)
		r.load(transfer(100_00, "A", "b"))
		own := first
		own.Actor.Person = anna
		if err := r.Settle(context.Background(), by(own), r.in(Unknown)[0], c.ID, 100_00, "by the name"); !errors.Is(err, ErrOwn) {
			t.Fatal(err)
		}
	})
}
