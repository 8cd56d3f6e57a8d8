package app

import (
	"context"
	"errors"
	"fmt"

	"posad.city/city/kitezh"
	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/organisation"
	"posad.city/core/pay"
	"posad.city/core/reconcile"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity"
)

// charityCity is what systems/charity reads of the city in force.
func (m *Modules) charityCity() charity.City {
	city := m.Service.Current()
	if city == nil || city.Charity == nil {
		return charity.City{}
	}
	out := charity.City{Agency: agency.ID(city.Charity.Agency), Name: lang.Text(city.Profile.Name), Of: lang.Text(city.Profile.Of)}
	if a, ok := city.Agency(city.Charity.Agency); ok {
		out.AgencyName = lang.Text(a.Title)
	}
	for _, c := range city.Charity.Categories {
		out.Categories = append(out.Categories, charity.Named{Key: c.Key, Title: lang.Text(c.Title), Icon: c.Icon, Tone: c.Tone})
	}
	for _, d := range city.Places.Districts {
		out.Districts = append(out.Districts, charity.Named{Key: d.Key, Title: lang.Text(d.Title)})
	}
	return out
}

// giftCharges makes gifts charges of their kind.
type giftCharges struct{ charges *charge.Module }

// Prepare implements charity.Charges.
func (g giftCharges) Prepare(ctx context.Context, n charity.NewCharge) (charity.Putter, error) {
	p, err := g.charges.Prepare(ctx, charge.NewCharge{
		ID: n.ID, Person: n.Person, Payee: n.Payee, Kind: charge.KindGift, Subject: n.Aim, Amount: n.Amount, Title: n.Title, Due: n.Due,
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Drop implements charity.Charges.
func (g giftCharges) Drop(tx *store.Tx, a act.Act, giver, gift id.ID) (bool, error) {
	return g.charges.Cancel(tx, a, giver, gift, "")
}

// Read implements charity.Charges.
func (g giftCharges) Read(r store.PersonalReader, giver, gift id.ID) (charity.GiftCharge, error) {
	one, err := g.charges.Read(r, giver, gift)
	return charity.GiftCharge{Stands: one.Paid - one.Given, Ended: one.State == charge.Cancelled || one.State == charge.Refunded}, err
}

// giftPayments pays gifts by core/pay.
type giftPayments struct{ payments *pay.Module }

// Begin implements charity.Payments.
func (g giftPayments) Begin(ctx context.Context, a act.Act, p charity.Paying, l lang.Language) (charity.Begun, error) {
	basket := pay.Basket{
		Payer: p.Giver, Asks: []pay.Ask{{Home: p.Giver, Charge: p.Gift}}, Method: pay.ByPage, Card: p.Card, Save: p.Save, Email: p.Email,
	}
	if a.Actor.Kind == act.Nobody {
		basket.Payer = id.ID{}
	}
	if !p.Card.IsZero() {
		basket.Method, basket.Key = pay.ByCard, id.Derived("gift by card", p.Gift.String())
	}
	begun, err := g.payments.Begin(ctx, a, basket, l)
	switch {
	case errors.Is(err, pay.ErrSettled):
		return charity.Begun{Done: true}, nil
	case errors.Is(err, pay.ErrCard):
		return charity.Begun{Over: true}, nil
	case err != nil:
		return charity.Begun{}, err
	}
	switch begun.State {
	case pay.Declined, pay.Expired, pay.Failed:
		return charity.Begun{Over: true}, nil
	case pay.Open:
		if begun.Page != "" && p.Card.IsZero() {
			return charity.Begun{Page: begun.Page}, nil
		}
	}
	return charity.Begun{Done: true}, nil
}

// Cards implements charity.Payments.
func (g giftPayments) Cards(ctx context.Context, a act.Act, person id.ID) ([]charity.Card, error) {
	cards, err := g.payments.Cards(ctx, a, person)
	out := make([]charity.Card, 0, len(cards))
	for _, c := range cards {
		out = append(out, charity.Card{ID: c.ID, Label: c.Label})
	}
	return out, err
}

// PrepareRefund implements charity.Payments.
func (g giftPayments) PrepareRefund(ctx context.Context, _ act.Act, giver, gift id.ID) (charity.Putter, error) {
	p, err := g.payments.PrepareGiveBack(ctx, giver, gift) // by whomever it was paid
	if err != nil {
		return nil, err
	}
	return p, nil
}

// fundPayouts sends what funds pay out by the treasury's orders to the bank.
type fundPayouts struct{ books *reconcile.Module }

// Source implements charity.Payouts.
func (f fundPayouts) Source() ledger.Account { return reconcile.OnPayout(money.RUB) }

// Prepare implements charity.Payouts.
func (f fundPayouts) Prepare(ctx context.Context, o charity.Order) (charity.Putter, error) {
	p, err := f.books.PrepareTransfer(ctx, reconcile.Transfer{
		ID: o.ID, Payee: o.Fund, Amount: money.Roubles(o.Amount), MadeBy: o.AskedBy, ApprovedBy: o.ApprovedBy,
		To: reconcile.Creditor{Name: o.To.RU, TaxNumber: o.ToINN, Account: o.PayoutBody.Account, Member: o.BIC, Purpose: o.What.RU},
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// BeginCharity brings the demo's charity funds in, with their history. Those who are there are left as they are.
func (h *House) BeginCharity(ctx context.Context, people kitezh.People) error {
	content, err := kitezh.CharityFunds()
	if err != nil {
		return err
	}
	list, err := charity.ReadBeginnings(content)
	if err != nil {
		return err
	}
	keys := map[string]id.ID{}
	official := id.ID{}
	for _, p := range people {
		keys[p.Key] = p.ID()
		for _, role := range p.Roles {
			if agency.ID(role.Agency) == h.Modules.charityCity().Agency {
				official = p.ID()
			}
		}
	}
	var companies []organisation.Enrolment
	for _, one := range list {
		companies = append(companies, organisation.Enrolment{
			Entry: organisation.Entry{OGRN: one.OGRN, INN: one.INN, Title: one.Title.RU, Active: true}, Head: keys[one.Head],
		})
	}
	if err := h.Modules.Organisation.Enrol(ctx, companies); err != nil {
		return fmt.Errorf("demo: funds: %w", err)
	}
	if err := h.Modules.Charity.Begin(ctx, list, official, keys); err != nil {
		return fmt.Errorf("demo: funds: %w", err)
	}
	return nil
}
