package autopay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/autopay/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// none drops ErrNone: a job about what is not ours, or is no more, is done.
func none(err error) error {
	if errors.Is(err, ErrNone) {
		return nil
	}
	return err
}

// followersMost is how many orders of one home are seen to: its people are few.
const followersMost = 200

// meeting is a bill that an order is to be shown; the job's object is the order.
type meeting struct {
	Home   id.ID `json:"h"`
	Charge id.ID `json:"c"`
}

// heardBill shows a bill to every order that its home has, each in a job of its own: their owners may be several.
func (m *Module) heardBill(ctx context.Context, j jobs.Job) error {
	var rows []autopaydb.AutopayFollow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = autopaydb.Followers(r, j.Holder, followersMost)
		return err
	})
	if err != nil {
		return fmt.Errorf("autopay: who has an order: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, row := range rows {
			if err := m.introduce(tx, row.Person, row.Standing, meeting{j.Holder, j.Object}); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func (m *Module) introduce(tx *store.Tx, person, order id.ID, one meeting) error {
	payload, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("autopay: meeting: %w", err)
	}
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobMeet, Holder: person, Object: order, Payload: string(payload)})
}

// meet makes a bill a turn of an order, when it is one of the order's, and has it judged.
func (m *Module) meet(ctx context.Context, j jobs.Job) error {
	var one meeting
	if err := json.Unmarshal([]byte(j.Payload), &one); err != nil {
		return jobs.Fatal(fmt.Errorf("autopay: meeting: %w", err))
	}
	o, err := m.order(ctx, m.system(), j.Holder, j.Object, nil)
	if err != nil {
		return none(err)
	}
	bill, err := m.deps.Charges.Bill(ctx, m.system(), j.Holder, one.Home, one.Charge, m.base.Clock.Now())
	if err != nil {
		return none(err)
	}
	if bill.Biller != o.Biller {
		return nil
	}
	turns, err := m.turnsOfBill(ctx, o, bill.ID)
	if err != nil {
		return err
	}
	p, err := m.newTurn(o, bill, turns)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if bill.Open && o.State == Live {
			n, err := autopaydb.InsertTurn(tx, p)
			if err == nil && n > 0 {
				err = autopaydb.PutHome(tx, p.ID, p.Person, id.ID{})
			}
			if err != nil {
				return err
			}
		}
		if err := m.wake(tx, p.Person, p.ID); err != nil {
			return err
		}
		for _, t := range turns {
			if t.ID == p.ID || !t.State.pending() {
				continue
			}
			if err := m.wake(tx, t.Person, t.ID); err != nil { // of an instalment that is not the next one any more
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// turnsOfBill lists the turns of one bill under an order.
func (m *Module) turnsOfBill(ctx context.Context, o Order, charge id.ID) ([]Turn, error) {
	return m.listTurns(ctx, m.system(), func(p *store.Personal) ([]autopaydb.AutopayTurn, error) {
		return autopaydb.TurnsOfCharge(p, o.Person, o.ID, charge)
	})
}

// turnFor is the turn of what a bill asks for now: a new one when the order has paid all the turns of it that there are.
func turnFor(o Order, bill Bill, turns []Turn) id.ID {
	out := turnAt(o.ID, bill.ID, bill.Term, 0)
	for before := range againMost {
		out = turnAt(o.ID, bill.ID, bill.Term, before)
		if !slices.ContainsFunc(turns, func(t Turn) bool { return t.ID == out && t.State == Paid }) {
			return out
		}
	}
	return out
}

func (m *Module) newTurn(o Order, bill Bill, turns []Turn) (autopaydb.InsertTurnParams, error) {
	title, err := json.Marshal(bill.Title)
	if err != nil {
		return autopaydb.InsertTurnParams{}, fmt.Errorf("autopay: title: %w", err)
	}
	due := calendar.Date{}
	if !bill.Due.IsZero() {
		due = calendar.DateOf(bill.Due, m.deps.Zone())
	}
	return autopaydb.InsertTurnParams{
		Person: o.Person, ID: turnFor(o, bill, turns), Standing: o.ID, Home: bill.Home, Charge: bill.ID, Title: string(title), Period: bill.Period,
		Known: m.today().String(), Due: due.String(),
	}, nil
}

// heardMandate looks anew at what the orders of a giver wait for: whoever made one may not act for them any more, or may
// again.
func (m *Module) heardMandate(ctx context.Context, j jobs.Job) error {
	turns, err := m.listTurns(ctx, m.system(), func(p *store.Personal) ([]autopaydb.AutopayTurn, error) {
		return autopaydb.PendingTurns(p, j.Holder)
	})
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, t := range turns {
			if err := m.wake(tx, t.Person, t.ID); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}
