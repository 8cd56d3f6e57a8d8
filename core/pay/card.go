package pay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Card is a card that a person has kept for later. Its number is the bank's alone.
type Card struct {
	ID      id.ID
	Payer   id.ID
	Label   string // "МИР •• 4242"
	Expires string // the last month it works: 2028-11
	Added   time.Time
}

// Over tells whether a card works no more at a moment.
func (c Card) Over(at time.Time) bool { return c.Expires != "" && c.Expires < at.Format("2006-01") }

// Cards lists a person's saved cards, the oldest first.
func (m *Module) Cards(ctx context.Context, a act.Act, payer id.ID) ([]Card, error) {
	var rows []paydb.SavedCard
	err := m.base.Store.Look(ctx, a, lookCards, func(p *store.Personal) error {
		rows = rows[:0]
		for _, person := range a.Records(payer) {
			some, err := paydb.CardsOf(p, person)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]Card, 0, len(rows))
	for _, row := range rows {
		label, err := m.open(ctx, row.Payer, "saved_card", "label", row.Label)
		if err != nil {
			return nil, err
		}
		out = append(out, Card{ID: row.ID, Payer: row.Payer, Label: label, Expires: row.Expires, Added: row.Added})
	}
	return out, nil
}

// open opens a sealed text of a holder.
func (m *Module) open(ctx context.Context, holder id.ID, table, column string, sealed vault.Sealed) (string, error) {
	if sealed == nil {
		return "", nil
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return "", fmt.Errorf("pay: %s: %w", table, err)
	}
	plain, err := keys.Open(table, column, sealed)
	if errors.Is(err, vault.ErrErased) {
		return "", nil
	}
	return string(plain), err
}

// token is what the provider calls a saved card; ErrCard when the person has none of that id.
func (m *Module) token(ctx context.Context, a act.Act, payer, card id.ID) (string, error) {
	var rows []paydb.SavedCard
	err := m.base.Store.Look(ctx, a, lookCards, func(p *store.Personal) error {
		rows = rows[:0]
		for _, person := range a.Records(payer) {
			some, err := paydb.CardsOf(p, person)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(rows, func(row paydb.SavedCard) bool { return row.ID == card })
	if i < 0 {
		return "", ErrCard
	}
	return m.open(ctx, rows[i].Payer, "saved_card", "token", rows[i].Token)
}

// cardOf makes ready to keep the card that a payment was made with, when its payer wanted that.
func (m *Module) cardOf(ctx context.Context, at Attempt, answer Standing) (*paydb.InsertCardParams, error) {
	if !at.Save || answer.State != Paid || answer.Card == nil || at.State == Paid {
		return nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, at.Payer)
	if err != nil {
		return nil, fmt.Errorf("pay: card: %w", err)
	}
	return &paydb.InsertCardParams{
		Payer: at.Payer, ID: id.Derived("card", at.Payer.String()+"/"+at.Provider+"/"+answer.Card.Label+"/"+answer.Card.Expires), Provider: at.Provider,
		Token: keys.Seal("saved_card", "token", []byte(answer.Card.Token)), Label: keys.Seal("saved_card", "label", []byte(answer.Card.Label)),
		Expires: answer.Card.Expires, Added: m.base.Clock.Now(),
	}, nil
}

// RemoveCard forgets a saved card; it tells whether there was one.
func (m *Module) RemoveCard(ctx context.Context, a act.Act, payer, card id.ID) (bool, error) {
	var n int64
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		var err error
		n, err = paydb.DropCard(tx, payer, card)
		return err
	})
	return n > 0, err
}
