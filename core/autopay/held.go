package autopay

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/autopay/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells what a person lets be paid, and what they pay regularly.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// What is held.
const (
	holdOrders    = "autopay.orders"
	holdBills     = "autopay.bills"
	holdTemplates = "autopay.templates"
)

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"autopay_order": holdOrders, "autopay_turn": holdBills, "autopay_try": holdBills, "autopay_template": holdTemplates,
		"autopay_decision": holdBills,
	}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	orders, err := h.m.ordersOf(ctx, a, person)
	if errors.Is(err, vault.ErrErased) {
		return nil, nil // names are gone, and nothing else is left
	}
	if err != nil {
		return nil, err
	}
	turns, err := h.m.turns(ctx, a, person)
	if err != nil {
		return nil, err
	}
	templates, err := h.m.templatesOf(ctx, a, person)
	if err != nil {
		return nil, err
	}
	out := []module.Holding{{Key: holdOrders, Edit: listPath}, {Key: holdBills}, {Key: holdTemplates, Edit: templatesPath}}
	for _, o := range orders {
		out[0].Items = append(out[0].Items, orderItem(o))
	}
	for _, t := range turns {
		if most > 0 && len(out[1].Items) >= most {
			out[1].More = true
			break
		}
		out[1].Items = append(out[1].Items, turnItem(t))
	}
	for _, t := range templates {
		out[2].Items = append(out[2].Items, module.Item{ID: t.ID, Title: lang.Text{RU: t.Name.Text, EN: t.Name.Text}, At: t.Made, Path: templatesPath, Facts: []module.Fact{
			{Key: "amount", Words: spoken(t.Usual)},
		}})
	}
	return out, nil
}

func orderItem(o Order) module.Item {
	out := module.Item{ID: o.ID, Title: lang.Text{RU: o.Name.Text, EN: o.Name.Text}, At: o.Made, Path: orderPath(o.ID), Facts: []module.Fact{
		{Key: "state", Value: string(o.State)}, {Key: "autopay_each", Words: spoken(o.amountOf(o.Terms.Each))},
		{Key: "autopay_month", Words: spoken(o.amountOf(o.Terms.Month))},
	}}
	if o.Card.Label != "" {
		out.Facts = append(out.Facts, module.Fact{Key: "autopay_card", Value: o.Card.Label})
	}
	return out
}

func turnItem(t Turn) module.Item {
	out := module.Item{ID: t.ID, Title: t.Title, At: t.Ended, Path: turnPath(t.Order, t.ID), Facts: []module.Fact{
		{Key: "amount", Words: spoken(money.Roubles(t.Amount))}, {Key: "state", Value: string(t.State)}, {Key: "autopay_rule", Code: "autopay.short." + string(t.Rule)},
	}}
	if t.Rule == "" {
		out.Facts = out.Facts[:2]
	}
	return out
}

// Forget implements module.Data: nothing is paid any more, and templates go. What was decided stays sealed under a key that
// is destroyed; payments are core/pay's.
func (h held) Forget(ctx context.Context, person id.ID) error {
	var orders []autopaydb.AutopayOrder
	var templates []autopaydb.AutopayTemplate
	err := h.m.base.Store.Look(ctx, h.m.system(), lookOrders, func(p *store.Personal) error {
		var err error
		if orders, err = autopaydb.LiveOrders(p, person); err != nil {
			return err
		}
		templates, err = autopaydb.TemplatesOf(p, person, 2*templatesMost)
		return err
	})
	if err != nil {
		return fmt.Errorf("autopay: forget: %w", err)
	}
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := autopaydb.RestTurns(tx, person); err != nil {
			return err
		}
		for _, o := range orders {
			if _, err := autopaydb.StopOrder(tx, autopaydb.StopOrderParams{Stopped: tx.Now(), StoppedBy: person, Person: person, ID: o.ID}); err != nil {
				return err
			}
			if _, err := autopaydb.DropFollow(tx, o.Home, o.ID); err != nil {
				return err
			}
		}
		for _, t := range templates {
			if _, err := autopaydb.DropTemplate(tx, person, t.ID); err != nil {
				return err
			}
			if _, err := autopaydb.DropHome(tx, t.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
