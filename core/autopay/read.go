package autopay

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/autopay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Order reads an order; ErrNone when there is none.
func (m *Module) Order(ctx context.Context, a act.Act, person, order id.ID) (Order, error) {
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return Order{}, fmt.Errorf("autopay: keys: %w", err)
	}
	return m.order(ctx, a, person, order, keys)
}

func (m *Module) order(ctx context.Context, a act.Act, person, order id.ID, keys *vault.Keys) (Order, error) {
	var out Order
	err := m.base.Store.Look(ctx, a, lookOrders, func(p *store.Personal) error {
		row, err := autopaydb.OrderByID(p, person, order)
		if err != nil {
			return err
		}
		out, err = orderOf(row, keys)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// Orders lists a person's orders: the live ones, then those that were stopped last.
func (m *Module) Orders(ctx context.Context, a act.Act, person id.ID) ([]Order, error) {
	var out []Order
	for _, one := range a.Records(person) {
		some, err := m.ordersOf(ctx, a, one)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

func (m *Module) ordersOf(ctx context.Context, a act.Act, person id.ID) ([]Order, error) {
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("autopay: keys: %w", err)
	}
	var out []Order
	err = m.base.Store.Look(ctx, a, lookOrders, func(p *store.Personal) error {
		out = out[:0]
		rows, err := autopaydb.LiveOrders(p, person)
		if err != nil {
			return err
		}
		stopped, err := autopaydb.StoppedOrders(p, person, stoppedShown)
		if err != nil {
			return err
		}
		for _, row := range append(rows, stopped...) {
			one, err := orderOf(row, keys)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// Turns lists the bills under a person's orders without their tries: all that wait, then the newest of what is over.
func (m *Module) Turns(ctx context.Context, a act.Act, person id.ID) ([]Turn, error) {
	var out []Turn
	for _, one := range a.Records(person) {
		some, err := m.turns(ctx, a, one)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

func (m *Module) turns(ctx context.Context, a act.Act, person id.ID) ([]Turn, error) {
	return m.listTurns(ctx, a, func(p *store.Personal) ([]autopaydb.AutopayTurn, error) {
		waiting, err := autopaydb.PendingTurns(p, person)
		if err != nil {
			return nil, err
		}
		past, err := autopaydb.PastTurns(p, person, turnsMost)
		return append(waiting, past...), err
	})
}

// TurnsOf lists the bills under one order, as Turns does.
func (m *Module) TurnsOf(ctx context.Context, a act.Act, o Order) ([]Turn, error) {
	return m.listTurns(ctx, a, func(p *store.Personal) ([]autopaydb.AutopayTurn, error) {
		waiting, err := autopaydb.PendingTurnsOf(p, o.Person, o.ID)
		if err != nil {
			return nil, err
		}
		past, err := autopaydb.PastTurnsOf(p, o.Person, o.ID, turnsShown)
		return append(waiting, past...), err
	})
}

// pendingOf lists all the bills under one order that may still be judged otherwise.
func (m *Module) pendingOf(ctx context.Context, a act.Act, o Order) ([]Turn, error) {
	return m.listTurns(ctx, a, func(p *store.Personal) ([]autopaydb.AutopayTurn, error) {
		return autopaydb.PendingTurnsOf(p, o.Person, o.ID)
	})
}

func (m *Module) listTurns(ctx context.Context, a act.Act, read func(*store.Personal) ([]autopaydb.AutopayTurn, error)) ([]Turn, error) {
	var out []Turn
	err := m.base.Store.Look(ctx, a, lookOrders, func(p *store.Personal) error {
		out = out[:0]
		rows, err := read(p)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := turnOf(row, nil)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// Turn reads one bill under an order, with its tries.
func (m *Module) Turn(ctx context.Context, a act.Act, person, turn id.ID) (Turn, Order, error) {
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return Turn{}, Order{}, fmt.Errorf("autopay: keys: %w", err)
	}
	return m.readTurn(ctx, a, person, turn, keys)
}

// Decisions lists why a turn was paid or was not, newest first.
func (m *Module) Decisions(ctx context.Context, a act.Act, person, turn id.ID) ([]Decision, error) {
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("autopay: keys: %w", err)
	}
	var out []Decision
	err = m.base.Store.Look(ctx, a, lookOrders, func(p *store.Personal) error {
		out = out[:0]
		rows, err := autopaydb.DecisionsOf(p, person, turn, decisionsMost)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := decisionOf(row, keys)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// Replays tells whether a decision comes out again from what was kept with it.
func (d Decision) Replays() bool {
	if d.Inputs.Rules != RulesVersion {
		return false
	}
	j := Judge(d.Inputs)
	return j.Verdict == d.Verdict && j.Rule == d.Rule && j.Amount == d.Amount
}
