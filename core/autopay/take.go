package autopay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"posad.city/core/autopay/internal/store"
	"posad.city/core/notice"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// take is the job that brings a try to core/pay. It may run twice: the key is the same.
func (m *Module) take(ctx context.Context, j jobs.Job) error {
	s, err := m.gather(ctx, m.system(), j.Holder, j.Object)
	if err != nil {
		return none(err) // whose data was erased has no try that anybody could follow
	}
	number, payment := s.turn.open()
	if number != j.Version {
		return nil // its fate is known
	}
	if !payment.IsZero() {
		return m.follow(ctx, j, s, number, payment)
	}
	return m.begin(ctx, j, s, number)
}

func (m *Module) begin(ctx context.Context, j jobs.Job, s standing, number int64) error {
	try := s.turn.attempts[number-1]
	if gone, err := m.gone(ctx, s, try); err != nil || gone {
		if err != nil {
			return err
		}
		return m.settle(ctx, j, s, outcome{number: number, fate: Withdrawn})
	}
	payment, fate, err := m.deps.Payments.Begin(ctx, m.system(), Charging{
		Key: try.key, Payer: s.order.Person, Home: s.turn.Home, Charge: s.turn.Charge, Amount: try.amount, Card: s.order.Card, Lang: lang.Russian,
	})
	if err != nil {
		m.base.Log.Warn("autopay: a payment was not begun and is begun again", "turn", s.turn.ID.String(), "try", number, "error", err)
		return jobs.Later(m.pause(j))
	}
	if fate == Withdrawn && s.turn.withdrawn(s.inputs.Today) >= withdrawnMost {
		fate = Held
	}
	return m.settle(ctx, j, s, outcome{number: number, payment: payment, fate: fate})
}

// gone tells whether a try of which core/pay has not heard would not be begun any more: the owner stopped the order, night fell, or
// the bill is another one.
func (m *Module) gone(ctx context.Context, s standing, try attempt) (bool, error) {
	known, err := m.deps.Payments.Known(ctx, s.order.Person, try.key)
	if err != nil || known {
		return false, err
	}
	in := s.inputs
	in.Tries = slices.DeleteFunc(slices.Clone(in.Tries), func(t Try) bool { return t.Fate == Unknown })
	if in.Bound != nil {
		in.Bound = &Bound{Live: in.Bound.Live} // its purse has counted this very try
	}
	found := Judge(in)
	return found.Verdict != Pay || found.Amount != try.amount, nil
}

// withdrawnMost is how many tries of a day may be withdrawn before one is held: core/pay and the judge differ.
const withdrawnMost = 3

func (t Turn) withdrawn(day calendar.Date) int {
	n := 0
	for _, one := range t.Tries {
		if one.Fate == Withdrawn && one.Day == day {
			n++
		}
	}
	return n
}

// pause grows with the age of a job, from a quarter of a minute to an hour.
func (m *Module) pause(j jobs.Job) time.Duration {
	return max(15*time.Second, min(m.base.Clock.Now().Sub(j.Made)/2, time.Hour))
}

// follow asks core/pay how a payment ended whose end was not heard.
func (m *Module) follow(ctx context.Context, j jobs.Job, s standing, number int64, payment id.ID) error {
	if payment.IsZero() {
		return m.begin(ctx, j, s, number)
	}
	fate, err := m.deps.Payments.Fate(ctx, m.system(), s.order.Person, payment)
	if err != nil {
		return fmt.Errorf("autopay: how a payment ended: %w", err)
	}
	return m.settle(ctx, j, s, outcome{number: number, payment: payment, fate: fate})
}

// heardFate is the handler of core/pay's events: the holder is the payer, the object the payment.
func (m *Module) heardFate(ctx context.Context, j jobs.Job) error {
	home, err := m.home(ctx, j.Object)
	if err != nil || home.Turn.IsZero() {
		return none(err) // not a payment of ours, or not named yet: then the job that began it asks
	}
	s, err := m.gather(ctx, m.system(), home.Person, home.Turn)
	if err != nil {
		return none(err)
	}
	fate, err := m.deps.Payments.Fate(ctx, m.system(), s.order.Person, j.Object)
	if err != nil {
		return fmt.Errorf("autopay: how a payment ended: %w", err)
	}
	for _, one := range s.turn.attempts {
		if one.payment == j.Object {
			return m.settle(ctx, j, s, outcome{number: one.number, payment: j.Object, fate: fate})
		}
	}
	return nil
}

// outcome is what is known of a try.
type outcome struct {
	number  int64
	payment id.ID
	fate    Fate
}

// settle writes down what is known of a try, once, whoever learns it first.
func (m *Module) settle(ctx context.Context, j jobs.Job, s standing, o outcome) error {
	var told *notice.Prepared
	var err error
	if word := o.word(); word != "" {
		t := s.turn
		t.Tries = t.with(o)
		after := s.inputs
		after.Tries = counted(t.Tries)
		told, err = m.deps.Teller.Prepare(ctx, m.notice(word, s.order, t, Judge(after), after))
		if err != nil {
			return err
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.named(tx, s, o); err != nil {
			return err
		}
		changed, err := m.ended(tx, s, o)
		if err != nil {
			return err
		}
		if changed && told != nil {
			if err := told.Put(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func (o outcome) word() Word {
	switch o.fate {
	case Taken:
		return WordPaid
	case Declined:
		return WordFailed
	case Held:
		return WordHeld
	}
	return ""
}

// with are a turn's tries with what is known now of one.
func (t Turn) with(o outcome) []Try {
	out := append([]Try(nil), t.Tries...)
	out[o.number-1].Fate = o.fate
	return out
}

// named remembers which payment a try is, so that core/pay's events find it.
func (m *Module) named(tx *store.Tx, s standing, o outcome) error {
	if o.payment.IsZero() {
		return nil
	}
	n, err := autopaydb.NameTry(tx, autopaydb.NameTryParams{Payment: o.payment, Person: s.order.Person, Turn: s.turn.ID, Number: o.number})
	if err != nil || n == 0 {
		return err
	}
	return autopaydb.PutHome(tx, o.payment, s.order.Person, s.turn.ID)
}

// ended writes the end of a try; false: it was written already, or is not known.
func (m *Module) ended(tx *store.Tx, s standing, o outcome) (bool, error) {
	person, turn, try := s.order.Person, s.turn.ID, s.turn.attempts[o.number-1]
	switch o.fate {
	case Taken:
		n, err := autopaydb.TakeTry(tx, autopaydb.TakeTryParams{Ended: tx.Now(), Person: person, Turn: turn, Number: o.number})
		if err != nil || n == 0 {
			return false, err
		}
		return true, m.paid(tx, s, try)
	case Declined, Withdrawn, Held:
		n, err := autopaydb.EndTry(tx, autopaydb.EndTryParams{Fate: string(o.fate), Ended: tx.Now(), Person: person, Turn: turn, Number: o.number})
		if err != nil || n == 0 {
			return false, err
		}
		return true, m.failed(tx, s, try, o.fate)
	}
	_, err := autopaydb.AwaitTurn(tx, tx.Now().Add(fatePoll), person, turn)
	if err != nil {
		return false, err
	}
	return false, m.schedule(tx, person, turn, tx.Now().Add(fatePoll))
}

func (m *Module) paid(tx *store.Tx, s standing, try attempt) error {
	undo := time.Time{}
	if s.bill.Refundable && s.order.Terms.Window > 0 {
		undo = tx.Now().Add(time.Duration(s.order.Terms.Window) * time.Hour)
	}
	_, err := autopaydb.PayTurn(tx, autopaydb.PayTurnParams{Amount: try.amount, Thinking: undo, Ended: tx.Now(), Person: s.order.Person, ID: s.turn.ID})
	if err != nil {
		return err
	}
	if !s.order.Mandate.IsZero() {
		if err := m.deps.Mandates.Settle(tx, s.order.Person, try.key); err != nil {
			return err
		}
	}
	if err := m.introduce(tx, s.order.Person, s.order.ID, meeting{s.turn.Home, s.turn.Charge}); err != nil {
		return err // the next instalment, or what came to be owed meanwhile
	}
	return m.emit(tx, EventTaken, s.order.Person, s.turn.ID)
}

func (m *Module) failed(tx *store.Tx, s standing, try attempt, fate Fate) error {
	if _, err := autopaydb.FailTurn(tx, tx.Now(), s.order.Person, s.turn.ID); err != nil {
		return err
	}
	if !s.order.Mandate.IsZero() {
		if err := m.deps.Mandates.Release(tx, s.order.Person, try.key); err != nil {
			return err
		}
	}
	if err := m.wake(tx, s.order.Person, s.turn.ID); err != nil {
		return err
	}
	if fate == Withdrawn {
		return nil
	}
	return m.emit(tx, EventFailed, s.order.Person, s.turn.ID)
}

func (m *Module) emit(tx *store.Tx, name string, person, object id.ID) error {
	return m.base.Jobs.Emit(tx, jobs.Event{Name: name, Holder: person, Object: object, Version: 1})
}
