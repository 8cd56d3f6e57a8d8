package card

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/card/internal/store"
)

const lookCards = "card.look.cards"

const (
	holdCards = "card.cards"
	holdLines = "card.lines"
)

// Data tells a person's transport cards and what moved on them.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"card_mine": holdCards, "card_ticket": holdCards, "card_line": holdLines,
		"card_top_up": "- counts how much of a bill of theirs is on the card; the lines show it",
	}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	cards, err := h.cards(ctx, a, person)
	if err != nil {
		return nil, err
	}
	limit := int64(100_000)
	if most > 0 {
		limit = int64(most) + 1
	}
	lines := module.Holding{Key: holdLines, Edit: base}
	err = h.m.base.Store.Look(ctx, a, lookCards, func(p *store.Personal) error {
		lines.Items = nil
		rows, err := carddb.LinesOfPerson(p, person, limit)
		for _, row := range rows {
			lines.Items = append(lines.Items, module.Item{ID: row.ID, At: row.At, Path: base + "/" + row.Card.String(), Facts: []module.Fact{
				{Key: "amount", Words: sumText(row.Amount)}, {Key: "state", Code: "card.kind." + row.Kind},
			}})
		}
		return err
	})
	if most > 0 && len(lines.Items) > most {
		lines.Items, lines.More = lines.Items[:most], true
	}
	return []module.Holding{cards, lines}, wrap("held", err)
}

func (h held) cards(ctx context.Context, a act.Act, person id.ID) (module.Holding, error) {
	out := module.Holding{Key: holdCards, Edit: base}
	list, err := h.m.Cards(ctx, a, person, true)
	if err != nil {
		return out, err
	}
	for _, c := range list {
		item := module.Item{ID: c.ID, At: c.Linked, Path: base + "/" + c.ID.String(), Erased: c.Number == ""}
		if !item.Erased {
			item.Number = c.Number
			item.Facts = []module.Fact{{Key: "amount", Words: sumText(c.Balance.Minor)}, {Key: "state", Code: "card.state." + string(c.State)}}
		}
		out.Items = append(out.Items, item)
	}
	tickets, err := h.m.Tickets(ctx, a, person)
	for _, t := range tickets {
		out.Items = append(out.Items, module.Item{ID: t.ID, At: t.At, Title: h.m.ticketTitle(t.Kind), Facts: []module.Fact{{Key: "amount", Words: sumText(t.Price)}}})
	}
	return out, err
}

func sumText(kopecks int64) lang.Text {
	a := money.Roubles(kopecks)
	return lang.Text{RU: a.In(lang.Russian), EN: a.In(lang.English)}
}

// Forget implements module.Data: the cards leave the account and belong to whoever holds them, with the money on them. One
// that is blocked stays so.
func (h held) Forget(ctx context.Context, person id.ID) error {
	err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		rows, err := carddb.MineOf(tx.As(h.m.system(), lookCards), person)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if _, err := carddb.FreeHome(tx, tx.Now(), row.ID, person); err != nil {
				return err
			}
			if _, err := carddb.LeaveHome(tx, tx.Now(), row.ID, person); err != nil {
				return err
			}
		}
		return carddb.DropMine(tx, person)
	})
	return wrap("forget", err)
}
