package pay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/charge"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// disputePause is how often what waits for a dispute is looked at; disputes last for weeks.
const disputePause = time.Hour

// PreparedGiveBack is all that was paid for a charge, waiting for its Write.
type PreparedGiveBack struct {
	m            *Module
	home, charge id.ID
	list         []*PreparedRefund
	later        bool
	elsewhere    bool // a part of it was put in by others than this module
}

// elsewhere is what stands of a charge's parts that no payment of this module put in: an official settled them out of
// money that came without a name (core/reconcile), which gives them back.
func elsewhere(c charge.Charge, paid []Payment) int64 {
	sum := int64(0)
	for _, part := range c.Parts {
		if !slices.ContainsFunc(paid, func(p Payment) bool { return p.ID == part.Payment }) {
			sum += max(part.Amount-part.Given-part.Reversed, 0)
		}
	}
	return sum
}

// Later tells whether a part of what was paid is disputed at a bank: it goes back by itself once that is decided for the city.
func (p *PreparedGiveBack) Later() bool { return p.later }

// Amount is what goes back now; zero when all of it waits.
func (p *PreparedGiveBack) Amount() money.Amount {
	var out money.Amount
	for _, one := range p.list {
		out.Minor, out.Currency = out.Minor+one.amount, one.payment.Amount.Currency
	}
	return out
}

// Put gives everything back in the caller's Write, and has the rest looked at until it can be.
func (p *PreparedGiveBack) Put(tx *store.Tx) error {
	if err := p.put(tx); err != nil {
		return err
	}
	if p.elsewhere {
		if err := p.m.base.Jobs.Emit(tx, jobs.Event{Name: EventGiveBackElsewhere, Holder: p.home, Object: p.charge}); err != nil {
			return err
		}
	}
	if !p.later {
		return nil
	}
	return p.m.base.Jobs.Put(tx, jobs.New{Handler: jobGiveBack, Holder: p.home, Object: p.charge, At: tx.Now().Add(disputePause)})
}

func (p *PreparedGiveBack) put(tx *store.Tx) error {
	for _, one := range p.list {
		if err := one.Put(tx); err != nil {
			return err
		}
	}
	return nil
}

// PrepareGiveBack makes ready to give back all that was paid for a charge, by whomever, each of the payments once. What is
// disputed waits for the end of that. Errors: ErrUnpaid when nothing was paid.
func (m *Module) PrepareGiveBack(ctx context.Context, home, charge id.ID) (*PreparedGiveBack, error) {
	a := m.system()
	paid, err := m.paymentsOf(ctx, a, home, charge)
	if err != nil {
		return nil, err
	}
	c, err := m.deps.Charges.Charge(ctx, a, home, charge)
	if err != nil {
		return nil, err
	}
	out := &PreparedGiveBack{m: m, home: home, charge: charge, elsewhere: elsewhere(c, paid) > 0}
	for _, p := range paid {
		one, err := m.refundOf(a, p, Refunding{Charge: charge}, id.Derived("give back", charge.String()+"/"+p.ID.String()))
		switch {
		case errors.Is(err, ErrUnpaid):
			waits, err := m.waits(ctx, a, p, charge)
			if err != nil {
				return nil, err
			}
			out.later = out.later || waits
		case err != nil:
			return nil, err
		default:
			out.list = append(out.list, one)
		}
	}
	if len(out.list) == 0 && !out.later && !out.elsewhere {
		return nil, ErrUnpaid
	}
	return out, nil
}

// waits tells whether what a payment paid for a charge can't go back because it is disputed now.
func (m *Module) waits(ctx context.Context, a act.Act, p Payment, charge id.ID) (bool, error) {
	left := int64(0)
	for _, l := range p.Lines {
		if l.Charge == charge {
			left += l.Left()
		}
	}
	if at, ok := p.taken(); !ok || at.State != Paid || left <= 0 || p.Disputed == 0 {
		return false, nil
	}
	out := false
	err := m.base.Store.Look(ctx, a, lookPayment, func(r *store.Personal) error {
		disputes, err := paydb.DisputesOf(r, p.Payer)
		out = false
		for _, d := range disputes {
			out = out || d.Payment == p.ID && d.State == string(DisputeOpen)
		}
		return err
	})
	return out, err
}

// giveBackLater gives back what was disputed when it was decided that it goes back.
func (m *Module) giveBackLater(ctx context.Context, j jobs.Job) error {
	ready, err := m.PrepareGiveBack(ctx, j.Holder, j.Object)
	if errors.Is(err, ErrUnpaid) {
		return nil // the dispute is lost, or somebody gave it back
	}
	if err != nil {
		return err
	}
	if len(ready.list) > 0 {
		if err := m.base.Store.Write(ctx, ready.put); err != nil {
			return err
		}
	}
	if ready.later {
		return jobs.Later(disputePause)
	}
	return nil
}

// over gives back what a charge was paid beyond what is owed since its payee corrected or ended it, from the newest payment
// on. What is disputed is looked at again until that is over.
func (m *Module) over(ctx context.Context, j jobs.Job) error {
	a := j.Act(act.Purpose{})
	c, err := m.deps.Charges.Charge(ctx, a, j.Holder, j.Object)
	if err != nil {
		return err
	}
	rest := c.Owed(m.base.Clock.Now(), m.deps.Zone()).Over
	if rest <= 0 {
		return nil
	}
	paid, err := m.paymentsOf(ctx, a, j.Holder, j.Object)
	if err != nil {
		return err
	}
	back := &PreparedGiveBack{m: m, home: j.Holder, charge: j.Object}
	back.list, rest = m.overParts(a, c, paid, rest)
	if len(back.list) > 0 {
		moved := false
		err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
			again, err := m.deps.Charges.Read(tx.As(a, lookCharge), j.Holder, j.Object)
			if moved = again.Revision != c.Revision; err != nil || moved {
				return err
			}
			return back.put(tx)
		})
		if err != nil {
			return err
		}
		if moved { // it changed meanwhile: count anew
			return jobs.Later(0)
		}
	}
	return m.overRest(ctx, j, c, paid, rest)
}

// elsewhereMost is how long what others put in may take to go back.
const elsewhereMost = 24 * time.Hour

// overRest is about what could not be given back now.
func (m *Module) overRest(ctx context.Context, j jobs.Job, c charge.Charge, paid []Payment, rest int64) error {
	if rest <= 0 {
		return nil
	}
	for _, p := range paid {
		if waits, err := m.waits(ctx, j.Act(act.Purpose{}), p, c.ID); err != nil || waits {
			if err == nil {
				err = jobs.Later(disputePause)
			}
			return err
		}
	}
	if rest <= elsewhere(c, paid) && m.base.Clock.Now().Sub(j.Made) < elsewhereMost {
		return jobs.Later(disputePause)
	}
	m.met.kept.Inc()
	m.base.Log.Error("pay: what was paid beyond what is owed can't be given back by any payment: somebody must look", "charge", c.ID.String(), "amount", rest)
	return nil
}

// overParts divides what is too much among the payments, and tells what is left of it.
func (m *Module) overParts(a act.Act, c charge.Charge, paid []Payment, rest int64) ([]*PreparedRefund, int64) {
	var out []*PreparedRefund
	for _, p := range paid {
		for _, l := range p.Lines {
			amount := min(rest, l.Left(), p.Amount.Minor-p.Refunded-p.Disputed)
			if l.Charge != c.ID || amount <= 0 {
				continue
			}
			key := id.Derived("over", fmt.Sprintf("%s/%s/%d", c.ID, p.ID, c.Revision))
			if one, err := m.refundOf(a, p, Refunding{Charge: c.ID, Amount: amount}, key); err == nil {
				out, rest = append(out, one), rest-amount
			}
		}
	}
	return out, rest
}
