package card

import (
	"context"

	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/card/internal/store"
)

// BuyTicket buys a ticket with the card's money. key makes it one however often it is pressed. Errors: ErrNone, ErrTariff,
// ErrState (the card does not work), ErrFunds.
func (m *Module) BuyTicket(ctx context.Context, a act.Act, w Want) (Bought, error) {
	t, ok := m.tariff(w.Tariff)
	if !ok {
		return Bought{}, ErrTariff
	}
	now := m.now()
	out := Bought{ID: id.Derived("card ticket", w.Person.String()+"/"+w.Key.String()), Card: w.Card, Kind: t.Key, Price: t.Price, At: now, Trips: t.Trips}
	if t.Days > 0 {
		out.Until = calendar.DateOf(now, m.deps.Zone()).AddDays(t.Days - 1).String()
	}
	income := pay.Income(m.deps.Carrier(), money.RUB)
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := ofPerson(tx, w.Person, w.Card); err != nil {
			return err
		}
		home, err := homeOf(tx, w.Card)
		if err != nil {
			return err
		}
		n, err := carddb.InsertTicket(tx, carddb.InsertTicketParams{
			Person: w.Person, ID: out.ID, Card: w.Card, Kind: t.Key, Price: t.Price, Bought: tx.Now(), Until: out.Until, Trips: t.Trips,
		})
		if err != nil || n == 0 {
			return err
		}
		balance, err := lies(tx, w.Card)
		if err != nil {
			return err
		}
		blocked, err := owing(tx, a.ID, home.Person)
		switch {
		case err != nil:
			return err
		case blocked || State(home.State) != Active:
			return tx.Fail(ErrState)
		case balance < t.Price:
			return tx.Fail(ErrFunds)
		}
		return move{id: out.ID, act: a.ID, home: home, from: wallet(w.Card), to: income, amount: t.Price, kind: Ticket, about: out.ID, words: t.Key}.put(tx)
	})
	return out, err
}

// Want is a ticket that somebody buys.
type Want struct {
	Person, Card id.ID
	Tariff       string
	Key          id.ID // of the press
}

// History is what moved on a card, the newest first.
func (m *Module) History(ctx context.Context, a act.Act, person, card id.ID) ([]Line, error) {
	var rows []carddb.CardLine
	err := m.base.Store.Look(ctx, a, lookCards, func(p *store.Personal) error {
		rows = nil
		for _, one := range a.Records(person) {
			some, err := carddb.LinesOf(p, one, card, linesMost)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	var out []Line
	for _, row := range rows {
		out = append(out, Line{ID: row.ID, Kind: Kind(row.Kind), Amount: money.Roubles(row.Amount), At: row.At, About: row.About, Ticket: row.Words})
	}
	return out, wrap("history", err)
}

// Tickets are the tickets of a person's cards, the newest first.
func (m *Module) Tickets(ctx context.Context, a act.Act, person id.ID) ([]Bought, error) {
	var rows []carddb.CardTicket
	err := m.base.Store.Look(ctx, a, lookCards, func(p *store.Personal) error {
		rows = nil
		for _, one := range a.Records(person) {
			some, err := carddb.TicketsOf(p, one, ticketsMost)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	var out []Bought
	for _, row := range rows {
		out = append(out, Bought{ID: row.ID, Card: row.Card, Kind: row.Kind, Price: row.Price, At: row.Bought, Until: row.Until, Trips: row.Trips})
	}
	return out, wrap("tickets", err)
}

// Works tells whether a ticket may be used on a day.
func (b Bought) Works(on calendar.Date) bool {
	return b.Until == "" || on.String() <= b.Until
}
