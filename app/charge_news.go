package app

import (
	"context"
	"errors"
	"slices"

	"posad.city/core/autopay"
	"posad.city/core/charge"
	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// tellBills makes a notice about somebody's bills: in their inbox, and by the channels that they chose for money.
func (m *Modules) tellBills(ctx context.Context, n charge.News) (func(*store.Tx) error, error) {
	ready, err := m.Notice.Prepare(ctx, notice.Notice{Key: n.Key, To: n.To, Topic: notice.Money, Kind: n.Kind, Params: n.Params, Text: n.Text, Path: n.Path})
	if err != nil {
		return nil, err
	}
	return ready.Put, nil
}

// isPerson tells whether a bill's home is a person of the city and no identifier.
func (m *Modules) isPerson(ctx context.Context, home id.ID) (bool, error) {
	_, err := m.Account.Person(ctx, act.ByJob(home, act.Purpose{Kind: "account"}), "account.look.profile", home)
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// arranged says which of a person's bills a standing order pays: core/autopay tells of these, before it pays and whenever it asks.
func (m *Modules) arranged(ctx context.Context, a act.Act, person id.ID) (func(charge.Charge) bool, error) {
	orders, err := m.Autopay.Orders(ctx, a, person)
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(m.now(), m.Charge.Zone())
	return func(c charge.Charge) bool {
		return slices.ContainsFunc(orders, func(o autopay.Order) bool {
			return o.State == autopay.Live && !o.PausedOn(today) && o.Biller == autopay.Biller{Payee: c.Payee, Kind: c.Kind, Home: c.Home}
		})
	}, nil
}
