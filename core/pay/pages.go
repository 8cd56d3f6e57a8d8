package pay

import (
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) summary(c *web.Context, charge Charge) []ui.SummaryRow {
	rows := []ui.SummaryRow{
		{Name: c.T("pay.amount"), Value: charge.Amount.In(c.Lang())},
		{Name: c.T("pay.to"), Value: m.deps.AgencyName(charge.Agency, c.Lang())},
		{Name: c.T("pay.number"), Value: id.FormatNumber(charge.Number)},
	}
	if charge.State == Due && !charge.Due.IsZero() {
		rows = append(rows, ui.SummaryRow{Name: c.T("pay.due"), Value: lang.FullMoment(c.Lang(), charge.Due, m.deps.Zone())})
	}
	if charge.State == Paid || charge.State == Refunded {
		rows = append(rows, ui.SummaryRow{Name: c.T("pay.settled"), Value: lang.FullMoment(c.Lang(), charge.Settled, m.deps.Zone())})
	}
	return rows
}

func (m *Module) receiptRows(c *web.Context, payment Payment, charges []Charge) []ui.SummaryRow {
	rows := []ui.SummaryRow{
		{Name: c.T("pay.amount"), Value: payment.Amount.In(c.Lang())},
		{Name: c.T("pay.settled"), Value: lang.FullMoment(c.Lang(), payment.Ended, m.deps.Zone())},
		{Name: c.T("pay.code"), Value: id.FormatNumber(payment.Code)},
	}
	for _, charge := range charges {
		rows = append(rows,
			ui.SummaryRow{Name: c.T("pay.for"), Value: charge.Title.In(c.Lang()) + "\n" + c.T("pay.number") + " " + id.FormatNumber(charge.Number)},
			ui.SummaryRow{Name: c.T("pay.to"), Value: m.deps.AgencyName(charge.Agency, c.Lang())})
	}
	return rows
}

// returned is the key of the words about money that went back, or is on its way: a second payment, or a fee that the city
// gives back.
func returned(charges []Charge) string {
	for _, charge := range charges {
		if charge.State == Refunded {
			return "pay.refund"
		}
	}
	return "pay.surplus"
}

var stateTones = map[State]ui.Tone{Due: ui.Warning, Paid: ui.Success, Cancelled: ui.Neutral, Refunded: ui.Info}

func rows(c *web.Context, charges []Charge) []ui.RowItem {
	out := make([]ui.RowItem, 0, len(charges))
	for _, charge := range charges {
		out = append(out, ui.RowItem{Text: charge.Title.In(c.Lang()), Href: "/pay/" + charge.ID.String(), Value: charge.Amount.In(c.Lang()),
			Muted: charge.State == Cancelled, Tag: &ui.TagProps{Text: c.T("pay.state." + string(charge.State)), Tone: stateTones[charge.State]}})
	}
	return out
}
