package developer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Trial is a charge of the sandbox.
type Trial struct {
	Agency, Home, Charge id.ID
	Number               string
	Left                 money.Amount // to be paid now
}

// Sandbox is where trials lie; the app has one on core/charge. No money moves in it.
type Sandbox interface {
	// Trial finds a charge of the agency's sandbox; ErrMissing for none, and for a real one.
	Trial(ctx context.Context, a act.Act, agency, charge id.ID) (Trial, error)
	// Pay counts a payment of a trial, GiveBack takes it back.
	Pay(tx *store.Tx, a act.Act, t Trial, payment id.ID, amount int64, at time.Time) error
	GiveBack(tx *store.Tx, a act.Act, t Trial, payment id.ID, amount int64) error
}

// Payment is a payment of the sandbox.
type Payment struct {
	ID     id.ID
	Charge id.ID
	Amount money.Amount
	State  string // waiting, taken, failed, refunded, disputed
	Reason string // of a failure
	Made   time.Time
	Due    time.Time // when it goes on by itself; zero: it does not
}

// The states of a payment that are not a delivery's too.
const (
	Refunded = "refunded"
	Disputed = "disputed"
)

// step is what becomes of a payment: at once, or after a time.
type step struct {
	state  string
	reason string
	after  time.Duration
}

// Magic is what the last two digits of an amount do in the sandbox. Any others: the payment is taken at once.
type Magic struct {
	Digits int64
	Key    string // locale key of what it does, after developer.magic
	first  step
	then   step // with after: what comes of it by itself
}

// later is how long the sandbox's slow things take.
const later = 10 * time.Second

// Magics lists them.
func Magics() []Magic {
	return []Magic{
		{1, "no_money", step{Failed, "insufficient_funds", 0}, step{}},
		{2, "expired", step{Failed, "card_expired", 0}, step{}},
		{3, "refused", step{Failed, "refused_by_bank", 0}, step{}},
		{10, "slow", step{Waiting, "", 0}, step{Taken, "", later}},
		{11, "slow_failure", step{Waiting, "", 0}, step{Failed, "refused_by_bank", later}},
		{12, "abandoned", step{Waiting, "", 0}, step{Failed, "abandoned", time.Minute}},
		{20, "dispute", step{Taken, "", 0}, step{Disputed, "", later}},
		{30, "refund", step{Taken, "", 0}, step{Refunded, "", later}},
	}
}

func magicOf(amount int64) Magic {
	list := Magics()
	if i := slices.IndexFunc(list, func(m Magic) bool { return m.Digits == amount%100 }); i >= 0 {
		return list[i]
	}
	return Magic{first: step{state: Taken}}
}

// kindOf is the message that a state is told by; empty: none.
func kindOf(state string) string {
	return map[string]string{Taken: PayTaken, Failed: PayFailed, Refunded: PayRefunded, Disputed: PayDisputed}[state]
}

// PayTrial pays a charge of the sandbox as its magic amount says: amount 0 is all that is left. Only a sandbox key may. The
// payment is named after the act, so that a repeat of the call pays nothing twice.
func (m *Module) PayTrial(ctx context.Context, a act.Act, charge id.ID, amount int64) (Payment, error) {
	if !sandboxed(a, a.Actor.Agency) || m.sandbox == nil {
		return Payment{}, ErrSandbox
	}
	if p, err := m.TrialPayment(ctx, a.Actor.Agency, a.ID); !errors.Is(err, ErrMissing) {
		if err == nil && (p.Charge != charge || amount != 0 && p.Amount.Minor != amount) {
			err = ErrOtherTrial
		}
		return p, err // the call came before, and its answer was lost
	}
	t, err := m.sandbox.Trial(ctx, a, a.Actor.Agency, charge)
	if err != nil {
		return Payment{}, err
	}
	if amount == 0 {
		amount = t.Left.Minor
	}
	if amount <= 0 || amount > t.Left.Minor {
		return Payment{}, ErrFields.With(fault.Field{Name: "amount", ID: "developer.bad_amount"})
	}
	magic := magicOf(amount)
	n := told{message: id.New(m.base.Clock.Now())}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		p := developerdb.InsertPaymentParams{
			Agency: t.Agency, ID: a.ID, Charge: charge, Amount: amount, Currency: string(t.Left.Currency), State: magic.first.state, Reason: magic.first.reason, Made: tx.Now(),
		}
		if magic.then.after > 0 {
			p.Due = tx.Now().Add(magic.then.after)
		}
		fresh, err := developerdb.InsertPayment(tx, p)
		if err != nil || fresh == 0 {
			return err
		}
		if !p.Due.IsZero() {
			if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobSandbox, Holder: t.Agency, Object: a.ID, At: p.Due}); err != nil {
				return err
			}
		}
		return m.enterState(tx, a, t, a.ID, amount, "", p.State, n)
	})
	if err != nil {
		return Payment{}, fmt.Errorf("developer: pay a trial: %w", err)
	}
	return m.TrialPayment(ctx, a.Actor.Agency, a.ID)
}

// told carries the id of a message that a Write may make: ids are made before it.
type told struct{ message id.ID }

// enterState does what a payment's new state means for its charge, and tells endpoints.
func (m *Module) enterState(tx *store.Tx, a act.Act, t Trial, payment id.ID, amount int64, was, state string, n told) error {
	var err error
	switch {
	case state == Taken:
		err = m.sandbox.Pay(tx, a, t, payment, amount, tx.Now())
	case was == Taken && (state == Refunded || state == Disputed):
		err = m.sandbox.GiveBack(tx, a, t, payment, amount)
	}
	kind := kindOf(state)
	if err != nil || kind == "" {
		return err
	}
	about := About{Agency: t.Agency, Test: true, Data: Data{Payment: payment, Charges: []id.ID{t.Charge}}}
	body, err := bodyOf(kind, tx.Now(), about)
	if err != nil {
		return err
	}
	return m.put(tx, n.message, kind, body, tx.Now(), about)
}

// sandboxJob does what a magic amount does by itself after a time.
func (m *Module) sandboxJob(ctx context.Context, j jobs.Job) error {
	p, err := m.TrialPayment(ctx, j.Holder, j.Object)
	if errors.Is(err, ErrMissing) || err == nil && p.Due.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	return m.moveTrial(ctx, j.Act(act.Purpose{Kind: "sandbox", ID: j.Holder.String()}), j.Holder, p, magicOf(p.Amount.Minor).then)
}

// moveTrial takes a payment from its state into another, once.
func (m *Module) moveTrial(ctx context.Context, a act.Act, agency id.ID, p Payment, to step) error {
	t, err := m.sandbox.Trial(ctx, a, agency, p.Charge)
	if err != nil {
		return err
	}
	n := told{message: id.New(m.base.Clock.Now())}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		moved, err := developerdb.ChangePayment(tx, developerdb.ChangePaymentParams{State: to.state, Reason: to.reason, Agency: agency, ID: p.ID, Was: p.State})
		if err != nil || moved == 0 {
			return err
		}
		return m.enterState(tx, a, t, p.ID, p.Amount.Minor, p.State, to.state, n)
	})
}

// RefundTrial gives a taken payment of the sandbox back. Errors: ErrMissing, ErrOver when it is not taken, or no longer.
func (m *Module) RefundTrial(ctx context.Context, a act.Act, payment id.ID) (Payment, error) {
	if !sandboxed(a, a.Actor.Agency) || m.sandbox == nil {
		return Payment{}, ErrSandbox
	}
	p, err := m.TrialPayment(ctx, a.Actor.Agency, payment)
	if err != nil {
		return Payment{}, err
	}
	if p.State != Taken {
		return Payment{}, ErrOver
	}
	if err := m.moveTrial(ctx, a, a.Actor.Agency, p, step{state: Refunded}); err != nil {
		return Payment{}, fmt.Errorf("developer: refund a trial: %w", err)
	}
	return m.TrialPayment(ctx, a.Actor.Agency, payment)
}

// TrialPayment is a payment of an agency's sandbox; ErrMissing when there is none.
func (m *Module) TrialPayment(ctx context.Context, agency, payment id.ID) (Payment, error) {
	var out Payment
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := developerdb.PaymentByID(r, agency, payment)
		out = Payment{
			ID: row.ID, Charge: row.Charge, Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, State: row.State, Reason: row.Reason,
			Made: row.Made, Due: row.Due,
		}
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Payment{}, ErrMissing
	}
	return out, err
}
