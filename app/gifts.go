package app

import (
	"context"

	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/systems/charity"
)

// basketGifts offers gifts to funds beside bills.
type basketGifts struct{ funds *charity.Module }

// Offer implements pay.Gifts.
func (b basketGifts) Offer(ctx context.Context, total money.Amount) (pay.GiftOffer, bool, error) {
	s, ok, err := b.funds.Suggest(ctx, total.Minor)
	if err != nil || !ok {
		return pay.GiftOffer{}, false, err
	}
	out := pay.GiftOffer{Aim: s.Appeal, Title: s.Title, Fund: s.FundTitle, Percent: s.Percent, Path: s.Path, RoundUp: money.Roubles(s.RoundUp)}
	for _, n := range s.Amounts {
		out.Amounts = append(out.Amounts, money.Roubles(n))
	}
	return out, true, nil
}

// Add implements pay.Gifts.
func (b basketGifts) Add(ctx context.Context, a act.Act, key, aim id.ID, amount money.Amount) (pay.Ask, error) {
	g, err := b.funds.AddTo(ctx, a, key, aim, amount.Minor)
	return pay.Ask{Home: g.Giver, Charge: g.ID}, err
}

// Page implements pay.Gifts.
func (b basketGifts) Page() string { return "/account/gifts" }
