package crash

import (
	"context"
	"errors"

	"posad.city/core/charge"
	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// What a payer says to the till, and what it answers.

type issueAsk struct {
	Person  id.ID
	Bills   []id.ID // ids made by the asker, so that a repeated call is the same
	Kind    string
	Amounts []int64
}

type beginAsk struct {
	Payer   id.ID
	Bills   []id.ID
	Amounts []int64 // 0: all that is left
	Method  pay.Method
	Card    id.ID
	Save    bool
	Key     id.ID
}

type refundAsk struct {
	Payer, Payment, Bill, Key id.ID
	Amount                    int64
}

type topUpAsk struct {
	Person, Card id.ID
	Amount       int64
}

type cardsAsk struct{ Person id.ID }

type madeAnswer struct{ ID id.ID }

func (t *till) issue(ctx context.Context, in issueAsk) (madeAnswer, error) {
	for i, bill := range in.Bills {
		p, err := t.charges.Prepare(ctx, charge.NewCharge{
			ID: bill, Person: in.Person, Payee: tillAgency, Kind: in.Kind, Amount: money.Roubles(in.Amounts[i]), Title: lang.Text{RU: "Счёт", EN: "Bill"}, External: bill.String(),
		})
		if err != nil {
			return madeAnswer{}, err
		}
		if err := t.store.Write(ctx, p.Put); err != nil {
			return madeAnswer{}, err
		}
	}
	return madeAnswer{}, nil
}

func (t *till) begin(ctx context.Context, in beginAsk) (pay.Begun, error) {
	b := pay.Basket{Payer: in.Payer, Method: in.Method, Card: in.Card, Save: in.Save, Key: in.Key}
	for i, bill := range in.Bills {
		b.Asks = append(b.Asks, pay.Ask{Home: in.Payer, Charge: bill, Amount: in.Amounts[i]})
	}
	return t.pays.Begin(ctx, actOf(in.Payer), b, lang.Russian)
}

func (t *till) refund(ctx context.Context, in refundAsk) (madeAnswer, error) {
	a := actOf(in.Payer)
	r, err := t.pays.PrepareRefund(ctx, a, pay.Refunding{Payer: in.Payer, Payment: in.Payment, Charge: in.Bill, Amount: in.Amount, Key: in.Key, Why: "Ошибка"})
	if errors.Is(err, pay.ErrUnpaid) {
		return madeAnswer{}, nil
	}
	if err != nil {
		return madeAnswer{}, err
	}
	err = t.store.Write(ctx, r.Put)
	if errors.Is(err, pay.ErrUnpaid) {
		err = nil
	}
	return madeAnswer{r.ID()}, err
}

func (t *till) topUp(ctx context.Context, in topUpAsk) (madeAnswer, error) {
	bill, err := t.cards.TopUp(ctx, actOf(in.Person), in.Person, in.Card, in.Amount)
	return madeAnswer{bill}, err
}

func (t *till) savedCards(ctx context.Context, in cardsAsk) ([]id.ID, error) {
	list, err := t.pays.Cards(ctx, actOf(in.Person), in.Person)
	out := []id.ID{}
	for _, one := range list {
		out = append(out, one.ID)
	}
	return out, err
}
