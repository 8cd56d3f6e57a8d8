package charge

import (
	"context"

	"posad.city/core/charge/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells what a person owes and has paid, and which homes their account watches.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"bill": "charge.charges", "bill_part": "charge.charges", "bill_change": "charge.charges", "charge_watch": "charge.watches", "charge_watcher": "charge.watches",
		"charge_news":   "- what a notice tells within minutes",
		"charge_import": "- an official's act of office: the file is the agency's",
	}
}

// everything is more than anybody has.
const everything = 1_000_000

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	limit := everything
	if most > 0 {
		limit = most + 1
	}
	list, err := h.m.OfPerson(ctx, a, person, Filter{Most: limit})
	if err != nil {
		return nil, err
	}
	out := module.Holding{Key: "charge.charges"}
	if most > 0 && len(list) > most {
		list, out.More = list[:most], true
	}
	for _, c := range list {
		out.Items = append(out.Items, chargeItem(c))
	}
	watches, err := h.watches(ctx, a, person)
	return []module.Holding{out, watches}, err
}

func chargeItem(c Charge) module.Item {
	item := module.Item{ID: c.ID, Number: c.Number, Title: c.Title, At: c.Issued, Path: "/pay/" + c.ID.String()}
	item.Facts = []module.Fact{
		{Key: "amount", Words: lang.Text{RU: c.Amount.In(lang.Russian), EN: c.Amount.In(lang.English)}},
		{Key: "state", Value: string(c.State)},
	}
	if c.Service != "" {
		item.Facts = append(item.Facts, module.Fact{Key: "service", Value: c.Service})
	}
	if !c.Settled.IsZero() {
		item.Facts = append(item.Facts, module.Fact{Key: "settled", Time: c.Settled})
	}
	return item
}

func (h held) watches(ctx context.Context, a act.Act, person id.ID) (module.Holding, error) {
	out := module.Holding{Key: "charge.watches"}
	list, err := h.m.keptWatches(ctx, a, person)
	for _, w := range list {
		out.Items = append(out.Items, module.Item{
			ID: w.Home, At: w.Since, Facts: []module.Fact{{Key: "identifier", Value: w.Show()}, {Key: "watch_source", Value: string(w.Source)}},
		})
	}
	return out, err
}

// Stays implements module.Data: what is owed is waited for; what was paid is a primary accounting record. A charge at an
// identifier's home is the payee's claim on that number, whoever watches it: it does not hold an erasure up.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	var out []module.Stay
	err := h.m.base.Store.Look(ctx, h.system(), "charge.look.charges", func(p *store.Personal) error {
		list, err := h.m.ReadAt(p, person, Filter{Most: everything})
		out = out[:0]
		for _, c := range list {
			switch c.State {
			case Due, Part:
				out = append(out, module.Stay{Key: "charge.charges", Law: module.LawDue, Item: c.Number, Count: 1})
			case Paid, Refunded:
				out = append(out, module.Stay{Key: "charge.charges", Law: module.LawPayment, Since: c.Settled, Item: c.Number, Count: 1, Rows: []vault.Rows{
					{Table: "bill", Columns: []string{"details"}, Where: []vault.Where{{Column: "home", Value: person}, {Column: "id", Value: c.ID}}},
				}})
			}
		}
		return err
	})
	return out, err
}

// Forget implements module.Data: the account watches nothing any more.
func (h held) Forget(ctx context.Context, person id.ID) error {
	var homes []id.ID
	err := h.m.base.Store.Look(ctx, h.system(), "charge.look.watches", func(p *store.Personal) error {
		rows, err := chargedb.WatchesOf(p, person)
		homes = homes[:0]
		for _, row := range rows {
			homes = append(homes, row.Home)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, home := range homes {
		if err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return chargedb.DeleteWatcher(tx, home, person) }); err != nil {
			return err
		}
	}
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := chargedb.DeleteAllNews(tx, person); err != nil {
			return err
		}
		return chargedb.DeleteWatches(tx, person)
	})
}

func (h held) system() act.Act {
	return act.ByJob(id.New(h.m.base.Clock.Now()), act.Purpose{Kind: "account"})
}
