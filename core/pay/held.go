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

// Data tells what a person owes and has paid.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"charge": "pay.charges", "payment": "pay.payments", "payment_line": "pay.payments", "attempt": "pay.payments",
	}
}

// paid is a payment with its tries at the bank.
type paid struct {
	Payment
	tries []Attempt
}

// books are everything that a payer's rows say.
type books struct {
	charges  []Charge
	payments []paid
	more     bool
}

func (h held) read(ctx context.Context, a act.Act, payer id.ID, most int) (books, error) {
	limit := int64(everything)
	if most > 0 {
		limit = int64(most) + 1
	}
	var out books
	err := h.m.base.Store.Look(ctx, a, "pay.look.charges", func(p *store.Personal) error {
		out = books{}
		rows, err := paydb.ChargesOf(p, payer, limit)
		if err != nil {
			return err
		}
		if most > 0 && len(rows) > most {
			rows, out.more = rows[:most], true
		}
		seen := map[id.ID]bool{}
		for _, row := range rows {
			charge, err := chargeOf(row)
			if err != nil {
				return err
			}
			out.charges = append(out.charges, charge)
			if err := out.paidFor(p, payer, charge.ID, seen); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// everything is more than anybody has.
const everything = 1_000_000

func (b *books) paidFor(p *store.Personal, payer, charge id.ID, seen map[id.ID]bool) error {
	lines, err := paydb.LinesOfCharge(p, payer, charge)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if seen[line.Payment] {
			continue
		}
		seen[line.Payment] = true
		row, err := paydb.PaymentByID(p, payer, line.Payment)
		if err != nil {
			return err
		}
		all, err := paydb.LinesOf(p, payer, line.Payment)
		if err != nil {
			return err
		}
		one := paid{Payment: paymentOf(row, all)}
		attempts, err := paydb.AttemptsOf(p, payer, line.Payment)
		if err != nil {
			return err
		}
		for _, attempt := range attempts {
			one.tries = append(one.tries, attemptOf(attempt))
		}
		b.payments = append(b.payments, one)
	}
	return nil
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	b, err := h.read(ctx, a, person, most)
	if err != nil {
		return nil, err
	}
	charges := module.Holding{Key: "pay.charges", More: b.more}
	for _, c := range b.charges {
		charges.Items = append(charges.Items, chargeItem(c))
	}
	payments := module.Holding{Key: "pay.payments", More: b.more}
	for _, one := range b.payments {
		payments.Items = append(payments.Items, paymentItem(one))
	}
	return []module.Holding{charges, payments}, nil
}

func chargeItem(c Charge) module.Item {
	item := module.Item{ID: c.ID, Number: c.Number, Title: c.Title, At: c.Issued, Path: "/payments/" + c.ID.String()}
	item.Facts = []module.Fact{
		{Key: "amount", Words: inWords(c.Amount)},
		{Key: "state", Value: string(c.State)}, {Key: "service", Value: c.Service},
	}
	if !c.Settled.IsZero() {
		item.Facts = append(item.Facts, module.Fact{Key: "settled", Time: c.Settled})
	}
	return item
}

func paymentItem(one paid) module.Item {
	item := module.Item{ID: one.ID, At: one.Started}
	item.Facts = []module.Fact{
		{Key: "amount", Words: inWords(one.Amount)},
		{Key: "state", Value: string(one.State)},
	}
	if one.Code != "" {
		item.Facts = append(item.Facts, module.Fact{Key: "check_code", Value: one.Code})
	}
	for _, try := range one.tries {
		item.Facts = append(item.Facts, module.Fact{Key: "bank_try", Time: try.Started})
	}
	return item
}

func inWords(a money.Amount) lang.Text {
	return lang.Text{RU: a.In(lang.Russian), EN: a.In(lang.English)}
}

// Stays implements module.Data: what is owed is waited for; what was paid is a primary accounting record.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	b, err := h.read(ctx, h.system(), person, 0)
	if err != nil {
		return nil, err
	}
	var out []module.Stay
	for _, c := range b.charges {
		switch c.State {
		case Due:
			out = append(out, module.Stay{Key: "pay.charges", Law: module.LawDue, Item: c.Number, Count: 1})
		case Paid, Refunded:
			out = append(out, module.Stay{Key: "pay.charges", Law: module.LawPayment, Since: c.Settled, Item: c.Number, Count: 1})
		}
	}
	for _, one := range b.payments {
		switch {
		case one.State == Open || one.State == Surplus:
			out = append(out, module.Stay{Key: "pay.payments", Law: module.LawDue, Count: 1})
		case one.State == Paid || one.State == Refunded:
			out = append(out, module.Stay{Key: "pay.payments", Law: module.LawPayment, Since: one.Ended, Count: 1})
		}
	}
	return out, nil
}

func (h held) system() act.Act {
	return act.ByJob(id.New(h.m.base.Clock.Now()), act.Purpose{Kind: "account"})
}
