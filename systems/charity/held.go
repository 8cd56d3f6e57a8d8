package charity

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// What is looked at.
const (
	lookGifts = "charity.look.gifts"
	lookActs  = "charity.look.acts"
)

const (
	holdGifts   = "charity.gifts"
	holdMonthly = "charity.monthly"
	holdActs    = "charity.acts"
)

// Data tells what a person gave, and what they did in the name of a fund.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{"charity_gift": holdGifts, "charity_monthly": holdMonthly, "charity_act": holdActs}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	limit := int64(100_000)
	if most > 0 {
		limit = int64(most) + 1
	}
	gifts := module.Holding{Key: holdGifts, Edit: "/account/gifts"}
	monthly := module.Holding{Key: holdMonthly, Edit: "/account/gifts"}
	acts := module.Holding{Key: holdActs}
	var funds = map[id.ID]lang.Text{}
	err := h.m.base.Store.Look(ctx, a, lookGifts, func(p *store.Personal) error {
		gifts.Items, monthly.Items, acts.Items = nil, nil, nil
		rows, err := charitydb.GiftsOf(p, person, limit)
		if err != nil {
			return err
		}
		for _, row := range rows {
			title, err := fundTitle(p, row.Fund, funds)
			if err != nil {
				return err
			}
			gifts.Items = append(gifts.Items, h.item(row.ID, title, row.Amount, module.Fact{Key: "state", Code: "charity.gift_state." + row.State}, module.Item{At: row.Made}))
		}
		months, err := charitydb.MonthliesOf(p, person, limit)
		if err != nil {
			return err
		}
		for _, row := range months {
			title, err := fundTitle(p, row.Fund, funds)
			if err != nil {
				return err
			}
			monthly.Items = append(monthly.Items, h.item(row.ID, title, row.Amount, module.Fact{Key: "state", Code: "charity.monthly_state." + row.State}, module.Item{At: row.Made}))
		}
		done, err := charitydb.ActsOfPerson(p, person, limit)
		if err != nil {
			return err
		}
		for _, row := range done {
			title, err := fundTitle(p, row.Fund, funds)
			if err != nil {
				return err
			}
			acts.Items = append(acts.Items, module.Item{ID: row.ID, Title: title, At: row.At, Facts: []module.Fact{{Key: "state", Code: "charity.did." + row.Kind}}})
		}
		return nil
	})
	out := []module.Holding{gifts, monthly, acts}
	for i := range out {
		if most > 0 && len(out[i].Items) > most {
			out[i].Items, out[i].More = out[i].Items[:most], true
		}
	}
	return out, wrap("held", err)
}

func (h held) item(one id.ID, title lang.Text, amount int64, state module.Fact, item module.Item) module.Item {
	sum := money.Roubles(amount)
	item.ID, item.Title = one, title
	item.Facts = []module.Fact{{Key: "amount", Words: lang.Text{RU: sum.In(lang.Russian), EN: sum.In(lang.English)}}, state}
	return item
}

// fundTitle is what a fund is called; each is read once.
func fundTitle(r store.Reader, fund id.ID, known map[id.ID]lang.Text) (lang.Text, error) {
	if title, ok := known[fund]; ok {
		return title, nil
	}
	row, err := charitydb.FundByID(r, fund)
	if err != nil {
		return lang.Text{}, err
	}
	f, err := fundOf(row)
	known[fund] = f.Title
	return f.Title, err
}

// Forget implements module.Data: monthly gifts end, and a name that was shown is taken out of the public books. The gifts stay in
// the books, which name nobody.
func (h held) Forget(ctx context.Context, person id.ID) error {
	a := h.m.system(person)
	gifts, err := h.m.GiftsOf(ctx, a, person)
	if err != nil {
		return err
	}
	months, err := h.m.Monthlies(ctx, a, person)
	if err != nil {
		return err
	}
	for _, one := range months {
		err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return endMonthly(tx, person, one.ID, "giver") })
		if err != nil {
			return wrap("forget", err)
		}
	}
	for _, g := range gifts {
		if g.Shown == "" {
			continue
		}
		if err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return charitydb.HideName(tx, g.Fund, g.ID) }); err != nil {
			return wrap("forget", err)
		}
	}
	return nil
}
