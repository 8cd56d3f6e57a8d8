package pay

import (
	"cmp"
	"context"
	"strconv"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Gifts are offered beside bills, and paid with them by one payment. A gift is a charge of its own: what follows reads it like any other.
type Gifts interface {
	// Offer is what a basket of a total may offer; false: nothing.
	Offer(ctx context.Context, total money.Amount) (GiftOffer, bool, error)
	// Add makes the charge of a gift that the actor gives. A key names it, with its aim and amount, for ever: pressed twice, it is
	// one. Faults: Invalid (the amount), Conflict or Missing (the aim takes no gifts now).
	Add(ctx context.Context, a act.Act, key, aim id.ID, amount money.Amount) (Ask, error)
	// Page is where a giver follows their gifts.
	Page() string
}

// GiftOffer is a gift that may be added to a basket.
type GiftOffer struct {
	Aim         id.ID
	Title, Fund lang.Text
	Percent     int    // of what is collected for
	Path        string // where one reads of it
	Amounts     []money.Amount
	RoundUp     money.Amount // makes the total round; zero: nothing to round
}

// ProvideGifts gives what is offered beside bills. Call it before anything runs.
func (m *Module) ProvideGifts(g Gifts) { m.deps.Gifts = g }

// otherGift is the choice of an amount that is typed.
const otherGift = "other"

// giftView is the offer on the page of a basket.
type giftView struct {
	GiftOffer
	Lead    string
	Value   string
	Choices []ui.Choice
	Typed   string
}

// mayGive tells whether a basket may be offered a gift: of one's own money alone, by one's own hand, beside bills.
func (m *Module) mayGive(c *web.Context, in asked) bool {
	if m.deps.Gifts == nil || !c.Act().Is(in.payer) || !in.by.IsZero() || c.Act().Channel == act.Centre || len(in.charges) >= AsksMost {
		return false
	}
	for _, one := range in.charges {
		if one.Kind == charge.KindGift || one.Amount.Currency != money.RUB {
			return false
		}
	}
	return true
}

// offer finds what to offer beside a basket; nil: nothing. A gift is worth no page: what fails is left out.
func (m *Module) offer(c *web.Context, f basketForm, in asked, v basketView) *giftView {
	if !m.mayGive(c, in) {
		return nil
	}
	o, ok, err := m.deps.Gifts.Offer(c.Context(), money.Roubles(v.sum))
	if err != nil {
		m.base.Log.Warn("pay: what to offer", "error", err)
	}
	if err != nil || !ok {
		return nil
	}
	out := &giftView{GiftOffer: o}
	if f.Aim == o.Aim { // never chosen beforehand, and never for another aim than the one that was read of
		out.Value, out.Typed = f.Gift, f.GiftSum
	}
	l := c.Lang()
	out.Lead = c.T("pay.gift_lead", "aim", o.Title.In(l), "fund", o.Fund.In(l), "percent", o.Percent)
	out.Choices = []ui.Choice{{Value: "", Text: c.T("pay.gift_none")}}
	choice := func(n money.Amount) {
		one := ui.Choice{Value: strconv.FormatInt(n.Minor, 10), Text: n.In(l)}
		if v.fixed() {
			one.Hint = c.T("pay.gift_total", "total", money.Roubles(v.sum+n.Minor).In(l))
		}
		out.Choices = append(out.Choices, one)
	}
	if o.RoundUp.Minor > 0 && v.fixed() {
		choice(o.RoundUp)
	}
	for _, n := range o.Amounts {
		if n.Minor != o.RoundUp.Minor {
			choice(n)
		}
	}
	out.Choices = append(out.Choices, ui.Choice{Value: otherGift, Text: c.T("pay.gift_other"), Then: giftSumField(c, out, v.Faults)})
	return out
}

// fixed tells that nothing of the basket can be paid in part, so that its total is known.
func (v basketView) fixed() bool {
	for _, line := range v.Lines {
		if line.Parts {
			return false
		}
	}
	return true
}

// gift is what was chosen; zero: nothing.
func (f basketForm) gift() (money.Amount, *fault.Field) {
	bad := &fault.Field{Name: "gift_sum", ID: "pay.gift_bad"}
	if f.Gift == "" {
		return money.Amount{}, nil
	}
	if f.Gift == otherGift {
		n, err := money.Parse(f.GiftSum, money.RUB)
		if err != nil || n.Minor <= 0 {
			return n, bad
		}
		return n, nil
	}
	n, err := strconv.ParseInt(f.Gift, 10, 64)
	if err != nil || n <= 0 {
		bad.Name = "gift"
		return money.Amount{}, bad
	}
	return money.Roubles(n), nil
}

// addGift adds the chosen gift to a basket: its charge is made now, and paid with the bills. Pressed twice, it is one
// gift, also after a bank that was silent: it is then of the very things of the payment that may have been taken already.
func (m *Module) addGift(c *web.Context, f basketForm, in asked, b *Basket) (*fault.Field, error) {
	sum, bad := f.gift()
	if bad != nil || sum.Minor == 0 || !m.mayGive(c, in) {
		return bad, nil
	}
	ask, err := m.deps.Gifts.Add(c.Context(), c.Act(), cmp.Or(f.GiftKey, f.Key), f.Aim, sum)
	if err != nil {
		return refusedGift(err)
	}
	ask.Amount = sum.Minor
	b.Asks = append(b.Asks, ask)
	return nil, nil
}

// refusedGift makes what a giver can put right into a fault of its field.
func refusedGift(err error) (*fault.Field, error) {
	switch fault.Of(err).Kind {
	case fault.Invalid:
		return &fault.Field{Name: "gift_sum", ID: "pay.gift_bad"}, nil
	case fault.Conflict, fault.Missing:
		return &fault.Field{Name: "gift", ID: "pay.gift_closed"}, nil
	}
	return nil, err
}

// gave tells whether a payment has a gift in it.
func (p Payment) gave() bool {
	for _, line := range p.Lines {
		if line.Kind == charge.KindGift {
			return true
		}
	}
	return false
}
