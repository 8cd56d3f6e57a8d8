package app

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/core/autopay"
	"posad.city/core/charge"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// autopaid gives core/autopay bills and the taking of money.
func (m *Modules) autopaid(zone func() *time.Location) autopay.Deps {
	return autopay.Deps{
		Charges: regular{m.Charge, m.undone, zone}, Payments: till{m.Pay, m.Account, func() pay.Purse { return m.Card.Purse() }}, Mandates: m.Mandate, Teller: m.Notice, KindName: m.kindTitle, AgencyName: m.Service.AgencyName,
		Basket: basketOf, Zone: zone,
	}
}

// basketOf is the page on which bills are paid by hand.
func basketOf(charges []id.ID) string {
	query := url.Values{}
	for _, one := range charges {
		query.Add("charge", one.String())
	}
	return "/pay/basket?" + query.Encode()
}

// undone tells whether the payee of a kind gives back what autopay took.
func (m *Modules) undone(kind string) bool {
	city := m.Service.Current()
	if city == nil {
		return false
	}
	found, ok := city.ChargeKind(kind)
	return ok && found.Undo
}

// regular are the bills that come again: those of the city's kinds, and none of the sandbox.
type regular struct {
	charges *charge.Module
	undone  func(kind string) bool
	zone    func() *time.Location
}

// once are the kinds that nobody pays regularly.
var once = []string{charge.KindFee, charge.KindGift, charge.KindWallet}

// Bill implements autopay.Charges.
func (r regular) Bill(ctx context.Context, a act.Act, person, home, key id.ID, at time.Time) (autopay.Bill, error) {
	c, err := r.charges.Charge(ctx, a, home, key)
	if errors.Is(err, charge.ErrNone) || err == nil && (c.Test || slices.Contains(once, c.Kind)) {
		return autopay.Bill{}, autopay.ErrNone
	}
	if err != nil {
		return autopay.Bill{}, err
	}
	out := r.bill(c, at)
	out.Follows = home == person
	if !out.Follows {
		watchers, err := r.charges.FollowersOf(ctx, c.At())
		if err != nil {
			return out, err
		}
		out.Follows = slices.Contains(watchers, person)
	}
	return out, nil
}

// bill is a charge as it stands at a moment. One that is paid by instalments asks for the next of them.
func (r regular) bill(c charge.Charge, at time.Time) autopay.Bill {
	owed := c.Owed(at, r.zone())
	next, term := owed.Next()
	out := autopay.Bill{
		Biller: autopay.Biller{Payee: c.Payee, Kind: c.Kind, Home: c.Home}, ID: c.ID, Number: c.Number, Service: c.Service, Period: c.Period, Title: c.Title,
		Amount: money.Amount{Minor: next, Currency: c.Amount.Currency}, Open: c.State.Open() && owed.Left > 0, Due: c.Due, Term: term, Refundable: r.undone(c.Kind), Revision: c.Revision,
	}
	if !term.IsZero() {
		out.Due = term.AddDays(1).Start(r.zone()).Add(-time.Second)
	}
	if c.State == charge.Paid {
		out.Paid, out.Amount.Minor, out.Term = c.Settled, owed.Paid, calendar.Date{}
	}
	return out
}

// Bills implements autopay.Charges.
func (r regular) Bills(ctx context.Context, a act.Act, person id.ID, at time.Time) ([]autopay.Bill, error) {
	list, err := r.charges.OfPerson(ctx, a, person, charge.Filter{})
	if err != nil {
		return nil, err
	}
	watched, err := r.charges.Watched(ctx, a, person)
	if err != nil {
		return nil, err
	}
	known := map[id.ID]string{}
	for _, w := range watched {
		known[w.Home] = w.Show()
	}
	out := make([]autopay.Bill, 0, len(list))
	for _, c := range list {
		if slices.Contains(once, c.Kind) {
			continue
		}
		one := r.bill(c, at)
		one.Known, one.Follows = known[c.Home], true
		out = append(out, one)
	}
	return out, nil
}

// till takes money for core/autopay.
type till struct {
	pay      *pay.Module
	accounts *account.Module
	wallets  func() pay.Purse // made after this
}

// as is the house acting by the order of its owner, whose payment it is: what lies at a record that was merged into theirs is
// theirs too.
func (t till) as(ctx context.Context, a act.Act, payer id.ID) (act.Act, error) {
	if a.Actor.Kind != act.System {
		return a, nil
	}
	a.Actor.Person, a.Also = payer, nil
	merges, err := t.accounts.MergesOf(ctx, a)
	for i := 0; err == nil && i < len(merges); i++ {
		one := merges[i]
		if one.Undone.IsZero() && !a.Is(one.Merged) {
			a.Also = append(a.Also, one.Merged)
			merges, err = t.accounts.MergesOf(ctx, a) // into those too
			i = -1
		}
	}
	return a, err
}

// Begin implements autopay.Payments. What core/pay refuses before it asks the bank withdraws the try: the bill or the card is not
// what it was. Whatever it can't tell is asked again.
func (t till) Begin(ctx context.Context, a act.Act, c autopay.Charging) (id.ID, autopay.Fate, error) {
	a, err := t.as(ctx, a, c.Payer)
	if err != nil {
		return id.ID{}, autopay.Unknown, err
	}
	method := pay.ByCard
	if c.Card.Wallet {
		method = pay.ByWallet
	}
	begun, err := t.pay.Begin(ctx, a, pay.Basket{
		Payer: c.Payer, Asks: []pay.Ask{{Home: c.Home, Charge: c.Charge, Amount: c.Amount}}, Method: method, Card: c.Card.ID, Key: c.Key,
	}, c.Lang)
	if err != nil {
		if among(err, pay.ErrSettled, pay.ErrWhole, pay.ErrTooMuch, pay.ErrCard, pay.ErrMethod, pay.ErrBasket, pay.ErrNone) {
			return id.ID{}, autopay.Withdrawn, nil
		}
		return id.ID{}, autopay.Unknown, err
	}
	return begun.Payment, fateOf(begun.State), nil
}

// among tells whether an error is one of several.
func among(err error, list ...*fault.Fault) bool {
	return slices.ContainsFunc(list, func(one *fault.Fault) bool { return errors.Is(err, one) })
}

// fateOf is what the state of an attempt or of a payment says of its money.
func fateOf(s pay.State) autopay.Fate {
	switch s {
	case pay.Paid, pay.Refunded, pay.Reversed:
		return autopay.Taken
	case pay.Declined, pay.Expired, pay.Failed:
		return autopay.Declined
	}
	return autopay.Unknown
}

// Known implements autopay.Payments.
func (t till) Known(ctx context.Context, payer, key id.ID) (bool, error) {
	return t.pay.Known(ctx, payer, key)
}

// Fate implements autopay.Payments.
func (t till) Fate(ctx context.Context, a act.Act, payer, payment id.ID) (autopay.Fate, error) {
	p, err := t.pay.Payment(ctx, a, payer, payment)
	return fateOf(p.State), err
}

// Cards implements autopay.Payments: what Begin can pay from, saved cards and those of the city.
func (t till) Cards(ctx context.Context, a act.Act, payer id.ID) ([]autopay.Card, error) {
	a, err := t.as(ctx, a, payer)
	if err != nil {
		return nil, err
	}
	cards, err := t.pay.Cards(ctx, a, payer)
	if err != nil {
		return nil, err
	}
	out := make([]autopay.Card, 0, len(cards))
	for _, one := range cards {
		out = append(out, autopay.Card{ID: one.ID, Label: one.Label, Ends: lastDay(one.Expires)})
	}
	wallets, err := t.wallets().Wallets(ctx, a, payer)
	for _, one := range wallets {
		out = append(out, autopay.Card{ID: one.ID, Label: one.Label, Wallet: true})
	}
	return out, err
}

// lastDay is the last day of a month such as 2028-11; zero when it is none.
func lastDay(month string) calendar.Date {
	first, err := calendar.ParseDate(strings.TrimSpace(month) + "-01")
	if err != nil {
		return calendar.Date{}
	}
	return first.AddMonths(1).AddDays(-1)
}

// PrepareUndo implements autopay.Payments. What the owner takes back is owed again: the payee gave nothing up.
func (t till) PrepareUndo(ctx context.Context, a act.Act, payer, payment, key id.ID) (func(*store.Tx) error, error) {
	p, err := t.pay.PrepareRefund(ctx, a, pay.Refunding{Payer: payer, Payment: payment, Charge: key, Key: payment, Again: true})
	if err != nil {
		return nil, err
	}
	return p.Put, nil
}

// Paid implements autopay.Payments.
func (t till) Paid(ctx context.Context, a act.Act, payer, payment id.ID) (id.ID, id.ID, error) {
	p, err := t.pay.Payment(ctx, a, payer, payment)
	if errors.Is(err, pay.ErrNone) || err == nil && len(p.Lines) == 0 {
		return id.ID{}, id.ID{}, autopay.ErrBill
	}
	if err != nil {
		return id.ID{}, id.ID{}, err
	}
	return p.Lines[0].Home, p.Lines[0].Charge, nil
}
