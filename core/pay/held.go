package pay

import (
	"context"

	"posad.city/core/module"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Data tells what a person has paid, and which cards they keep.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"payment": "pay.payments", "payment_line": "pay.payments", "attempt": "pay.payments", "refund": "pay.payments", "dispute": "pay.payments", "dispute_answer": "pay.payments",
		"saved_card": "pay.cards",
	}
}

// everything is more than anybody has.
const everything = 1_000_000

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	payments, err := h.payments(ctx, a, person, most)
	if err != nil {
		return nil, err
	}
	cards, err := h.m.Cards(ctx, a, person)
	if err != nil {
		return nil, err
	}
	kept := module.Holding{Key: "pay.cards"}
	for _, c := range cards {
		kept.Items = append(kept.Items, module.Item{ID: c.ID, Title: lang.Text{RU: c.Label, EN: c.Label}, At: c.Added, Path: "/pay/cards", Facts: []module.Fact{{Key: "expires", Value: c.Expires}}})
	}
	return []module.Holding{payments, kept}, nil
}

func (h held) payments(ctx context.Context, a act.Act, person id.ID, most int) (module.Holding, error) {
	limit := int64(everything)
	if most > 0 {
		limit = int64(most) + 1
	}
	out := module.Holding{Key: "pay.payments"}
	err := h.m.base.Store.Look(ctx, a, lookPayments, func(p *store.Personal) error {
		out.Items, out.More = nil, false
		list, err := history(p, person, newest, limit)
		if err != nil {
			return err
		}
		if most > 0 && len(list) > most {
			list, out.More = list[:most], true
		}
		refunds, err := paydb.RefundsOf(p, person)
		if err != nil {
			return err
		}
		disputes, err := paydb.DisputesOf(p, person)
		for _, one := range list {
			out.Items = append(out.Items, paymentItem(one, refunds, disputes))
		}
		return err
	})
	return out, err
}

func paymentItem(p Payment, refunds []paydb.Refund, disputes []paydb.Dispute) module.Item {
	item := module.Item{ID: p.ID, At: p.Started, Title: p.Lines[0].Title, Path: "/pay/receipt/" + p.ID.String()}
	item.Facts = []module.Fact{{Key: "amount", Words: inWords(p.Amount)}, {Key: "state", Value: string(p.State)}}
	if p.Code != "" {
		item.Facts = append(item.Facts, module.Fact{Key: "check_code", Value: p.Code})
	}
	for _, l := range p.Lines {
		item.Facts = append(item.Facts, module.Fact{Key: "bill", Value: l.Number})
	}
	for _, try := range p.Attempts {
		item.Facts = append(item.Facts, module.Fact{Key: "bank_try", Time: try.Started})
	}
	for _, r := range refunds {
		if r.Payment == p.ID {
			item.Facts = append(item.Facts, module.Fact{Key: "given_back", Words: inWords(money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)})})
		}
	}
	for _, d := range disputes {
		if d.Payment == p.ID {
			item.Facts = append(item.Facts, module.Fact{Key: "dispute", Time: d.Opened})
		}
	}
	return item
}

func inWords(a money.Amount) lang.Text {
	return lang.Text{RU: a.In(lang.Russian), EN: a.In(lang.English)}
}

// Stays implements module.Data: what is on its way is waited for; what was paid is a primary accounting record.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	var list []Payment
	waiting := map[id.ID]bool{}
	err := h.m.base.Store.Look(ctx, h.m.system(), lookPayments, func(p *store.Personal) error {
		var err error
		if list, err = history(p, person, newest, everything); err != nil {
			return err
		}
		refunds, err := paydb.RefundsOf(p, person)
		clear(waiting)
		for _, r := range refunds {
			waiting[r.Payment] = waiting[r.Payment] || r.State != string(Given)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []module.Stay
	for _, one := range list {
		switch {
		case one.State == Open || waiting[one.ID] || one.Disputed > 0:
			out = append(out, module.Stay{Key: "pay.payments", Law: module.LawDue, Count: 1})
		case one.Code != "":
			out = append(out, module.Stay{Key: "pay.payments", Law: module.LawPayment, Since: one.Ended, Count: 1})
		}
	}
	return out, nil
}

// Forget implements module.Data: saved cards go at once.
func (h held) Forget(ctx context.Context, person id.ID) error {
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		cards, err := paydb.CardsOf(tx.As(h.m.system(), lookCards), person)
		if err != nil {
			return err
		}
		for _, c := range cards {
			if _, err := paydb.DropCard(tx, person, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
