package card

import (
	"context"
	"errors"
	"strconv"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/card/internal/store"
)

// TopUp makes a bill whose payment puts money onto a card, and returns its charge. It lapses after a day. Errors: ErrNone,
// ErrState (the card is blocked), ErrAmount, ErrFull.
func (m *Module) TopUp(ctx context.Context, a act.Act, person, card id.ID, kopecks int64) (id.ID, error) {
	if kopecks < topUpLeast || kopecks > topUpMost {
		return id.ID{}, ErrAmount
	}
	c, err := m.Card(ctx, a, person, card)
	if err != nil {
		return id.ID{}, err
	}
	if c.State != Active {
		return id.ID{}, ErrState
	}
	title := lang.Text{RU: "Пополнение транспортной карты " + c.Label(), EN: "Top-up of the transport card " + c.Label()}
	bill, err := m.deps.Charges.Prepare(ctx, charge.NewCharge{
		ID: id.New(m.now()), Person: c.Person, Payee: Float(), Kind: charge.KindWallet, Subject: card, Amount: money.Roubles(kopecks), Title: title, Due: m.now().Add(topUpLife),
	})
	if err != nil {
		return id.ID{}, wrap("top up", err)
	}
	return bill.ID, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := m.room(tx, a, c, kopecks); err != nil {
			return err
		}
		return errors.Join(bill.Put(tx), m.base.Jobs.Put(tx, jobs.New{Handler: jobLapse, Holder: bill.Home, Object: bill.ID, At: tx.Now().Add(topUpLife)}))
	})
}

// lapse ends a top-up that nobody paid. One whose payment is under way is paid all the same, and then given back.
func (m *Module) lapse(ctx context.Context, j jobs.Job) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := m.deps.Charges.Cancel(tx, j.Act(act.Purpose{}), j.Holder, j.Object, "lapsed")
		return errors.Join(err, m.base.Jobs.Done(tx, j))
	})
}

// heard brings a card up to what its top-up's charge says, in whatever order the events come: the charge is read, not the
// event.
func (m *Module) heard(ctx context.Context, j jobs.Job) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		reader := tx.As(j.Act(act.Purpose{}), lookCards)
		c, err := m.deps.Charges.Read(reader, j.Holder, j.Object)
		if errors.Is(err, charge.ErrNone) || err == nil && (c.Kind != charge.KindWallet || c.Payee != Float()) {
			return m.base.Jobs.Done(tx, j)
		}
		if err != nil {
			return err
		}
		return errors.Join(m.bring(tx, reader, j.ID, c), m.base.Jobs.Done(tx, j))
	})
}

// bring moves between the float and the card what differs from the charge.
func (m *Module) bring(tx *store.Tx, reader *store.Personal, actID id.ID, c charge.Charge) error {
	if err := carddb.InsertTopUp(tx, c.Home, c.ID, c.Subject); err != nil {
		return err
	}
	has, err := carddb.TopUpByCharge(reader, c.Home, c.ID)
	if err != nil {
		return err
	}
	home, err := newest(tx, c.Subject)
	if err != nil {
		return err
	}
	balance, err := lies(tx, home.ID)
	if err != nil {
		return err
	}
	s := settle(c.Paid-c.Given, has.Moved, has.Lost, balance)
	if s.move == 0 && s.lost == has.Lost {
		return nil
	}
	covers, err := cover(tx, reader, c, s.move)
	if err != nil {
		return err
	}
	if s.lost > has.Lost {
		has.Taken = tx.Now()
	}
	n, err := carddb.SetTopUp(tx, carddb.SetTopUpParams{Moved: has.Moved + s.move, Lost: s.lost, Taken: has.Taken, Person: c.Home, Charge: c.ID, Steps: has.Steps})
	if s.move -= covers; err != nil || n == 0 || s.move == 0 {
		return err
	}
	o := move{id: id.Derived("card top up", c.ID.String()+"/"+strconv.FormatInt(has.Steps, 10)), act: actID, home: home, about: c.ID}
	if s.move > 0 {
		o.from, o.to, o.amount, o.kind = floatAccount(), wallet(home.ID), s.move, TopUp
	} else {
		o.from, o.to, o.amount, o.kind = wallet(home.ID), floatAccount(), -s.move, TopUpBack
	}
	return o.put(tx)
}

// room makes sure that a card will not have more than it may: what lies on it, what is on its way to it and to those that it
// replaced, and the new top-up.
func (m *Module) room(tx *store.Tx, a act.Act, c Card, kopecks int64) error {
	sum, err := lies(tx, c.ID)
	if err != nil {
		return err
	}
	open, err := m.deps.Charges.ReadAt(tx.As(act.ByJob(a.ID, a.Purpose), lookCards), c.Person, charge.Filter{Open: true, Kind: charge.KindWallet})
	if err != nil {
		return err
	}
	for _, one := range open {
		goes, err := newest(tx, one.Subject)
		if err != nil {
			return err
		}
		if goes.ID == c.ID {
			sum += one.Amount.Minor - one.Paid
		}
	}
	if sum+kopecks > topUpMost {
		return tx.Fail(ErrFull)
	}
	return nil
}

// step is what is done about a top-up: how much moves onto the card (below zero: off it), and how much of what went back is
// lost because it was spent.
type step struct{ move, lost int64 }

// settle decides it. wants is what payments have put in and not taken out; moved is what stands on the card of it, or was
// spent; balance is what the card may give.
func settle(wants, moved, lost, balance int64) step {
	rest := moved - lost // what the float has covered counts as gone
	if wants >= rest {
		// A loss is made good first: what the bank took and gave again does not go onto the card twice.
		regained := min(wants-rest, lost)
		return step{move: wants - rest - regained, lost: lost - regained}
	}
	off := min(rest-wants, max(balance, 0))
	return step{move: -off, lost: lost + rest - wants - off}
}
