package pay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
	"posad.city/kit/money"
	"posad.city/kit/pdf"
	"posad.city/kit/store"
)

// row is one line of a receipt, on whatever it is written.
type row struct{ label, value string }

// receiptRows say what was paid, when, how and to whom. They name nobody.
func (m *Module) receiptRows(p Payment, l lang.Language) []row {
	say := func(key string, args ...any) string { return m.base.Texts.Text(l, key, args...) }
	out := []row{
		{say("pay.amount"), p.Amount.In(l)},
		{say("pay.settled"), lang.FullMoment(l, p.Ended, m.deps.Zone())},
		{say("pay.method_label"), say("pay.method_name." + string(p.Method))},
		{say("pay.code"), id.FormatCode(p.Code)},
	}
	if at, ok := p.taken(); ok && at.Reference != "" {
		out = append(out, row{say("pay.bank_number"), at.Reference})
	}
	if p.Refunded > 0 {
		out = append(out, row{say("pay.given_back"), m.sum(p, p.Refunded, l)})
	}
	if f := p.Fiscal; f != nil {
		out = append(out, row{say("pay.fiscal"), say("pay.fiscal_value", "device", f.Device, "number", f.Number, "sign", f.Sign)})
	}
	return out
}

// sum writes minor units in the currency of a payment.
func (m *Module) sum(p Payment, minor int64, l lang.Language) string {
	return money.Amount{Minor: minor, Currency: p.Amount.Currency}.In(l)
}

// lineWords say what one line paid, and to whom.
func (m *Module) lineWords(p Payment, one Line, l lang.Language) string {
	text := m.deps.AgencyName(one.Payee, l) + "\n" + m.base.Texts.Text(l, "pay.number") + " " + id.FormatNumber(one.Number) + "\n" + m.sum(p, one.Amount, l)
	switch {
	case one.Taken < one.Amount && p.Code != "":
		text += "\n" + m.base.Texts.Text(l, "pay.line_surplus", "amount", m.sum(p, one.Amount-one.Taken, l))
	case one.Refunded > 0:
		text += "\n" + m.base.Texts.Text(l, "pay.line_refunded", "amount", m.sum(p, one.Refunded, l))
	}
	return text
}

// paper lays a receipt out as PDF.
func (m *Module) paper(p Payment, l lang.Language) ([]byte, error) {
	say := func(key string, args ...any) string { return m.base.Texts.Text(l, key, args...) }
	out := pdf.Document{
		Lang: string(l), City: m.deps.City(l), Kind: say("pay.receipt_kind"), Title: say("pay.receipt"), Number: id.FormatCode(p.Code),
		Date: lang.FullMoment(l, p.Ended, m.deps.Zone()), Status: say("pay.state." + string(p.State)), Plain: p.State != Paid,
		PageOf: say("pay.page_of", "page", "{page}", "pages", "{pages}"), Made: p.Ended,
		Check: &pdf.Check{
			Title: say("pay.check_title"), Text: say("pay.check_text"), Address: m.checkURL(p), Shown: strings.TrimPrefix(strings.TrimPrefix(m.checkURL(p), "https://"), "http://"),
		},
	}
	for _, r := range m.receiptRows(p, l) {
		out.Facts = append(out.Facts, pdf.Fact{Label: r.label, Value: r.value})
	}
	for _, one := range p.Lines {
		out.Parts = append(out.Parts, pdf.Part{Heading: one.Title.In(l), Text: m.lineWords(p, one, l)})
	}
	return pdf.Render(out)
}

// checkURL is where anybody compares a receipt.
func (m *Module) checkURL(p Payment) string { return m.deps.Address + "/pay/check/" + p.Code }

// letter sends the receipt where the payer asked for it. It is the same letter each time that it is tried.
func (m *Module) letter(ctx context.Context, j jobs.Job) error {
	p, err := m.Payment(ctx, j.Act(act.Purpose{}), j.Holder, j.Object)
	if err != nil {
		return err
	}
	to, err := m.open(ctx, p.Payer, "payment", "email", p.email)
	if err != nil || to == "" || m.deps.Mail == nil {
		return err
	}
	paper, err := m.paper(p, p.Lang)
	if err != nil {
		return fmt.Errorf("pay: receipt: %w", err)
	}
	say := func(key string, args ...any) string { return m.base.Texts.Text(p.Lang, key, args...) }
	words := []string{say("pay.letter_text", "amount", p.Amount.In(p.Lang), "city", m.deps.City(p.Lang))}
	for _, r := range m.receiptRows(p, p.Lang) {
		words = append(words, r.label+": "+r.value)
	}
	for _, one := range p.Lines {
		words = append(words, one.Title.In(p.Lang)+"\n"+m.lineWords(p, one, p.Lang))
	}
	words = append(words, say("pay.letter_check")+"\n"+m.checkURL(p))
	err = m.deps.Mail.Send(ctx, mail.Message{
		Job: j.ID, At: p.Ended, From: mail.Address{Name: m.deps.City(p.Lang), Address: m.deps.From}, To: mail.Address{Address: to},
		Subject: say("pay.letter_subject", "amount", p.Amount.In(p.Lang)), Text: strings.Join(words, "\n\n") + "\n", Language: p.Lang,
		Attachments: []mail.Attachment{{Name: "receipt-" + p.Code + ".pdf", Type: "application/pdf", Content: paper}},
	})
	if err != nil || !p.Guest {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error { // nobody else would ever wipe it
		return errors.Join(paydb.WipeEmail(tx, p.Payer, p.ID), m.base.Jobs.Done(tx, j))
	})
}

// Refunds lists what goes back or went back of a payment.
func (m *Module) Refunds(ctx context.Context, a act.Act, payer, payment id.ID) ([]Refund, *DisputeCase, error) {
	var out []Refund
	var dispute *DisputeCase
	err := m.base.Store.Look(ctx, a, lookPayment, func(r *store.Personal) error {
		out, dispute = out[:0], nil
		rows, err := paydb.RefundsOf(r, payer)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Payment == payment {
				out = append(out, refundOf(row))
			}
		}
		disputes, err := paydb.DisputesOf(r, payer)
		for _, row := range disputes {
			if row.Payment == payment {
				dispute = &DisputeCase{
					Attempt: row.Attempt, Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, State: Dispute(row.State),
					Opened: row.Opened, Ended: row.Ended, answer: row.Answer,
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range out {
		if out[i].Reason, err = m.open(ctx, payer, "refund", "reason", out[i].reason); err != nil {
			return nil, nil, err
		}
	}
	return out, dispute, nil
}
