package utility

import (
	"strings"
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/payqr"
	"posad.city/kit/pdf"
	"posad.city/kit/web"
)

// sendPDF gives a bill on paper, with a code by which any bank's app pays it.
func (m *Module) sendPDF(c *web.Context) error {
	v, err := m.myBill(c)
	if err != nil {
		return err
	}
	u, err := m.utilities()
	if err != nil {
		return err
	}
	doc, err := m.printed(c, u, v)
	if err != nil {
		return err
	}
	body, err := pdf.Render(doc)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: "bill-" + v.Flat.Account + "-" + v.Bill.Period.String() + ".pdf", Type: "application/pdf", Data: body}, true)
}

// printed lays a bill out.
func (m *Module) printed(c *web.Context, u *service.Utilities, v billView) (pdf.Document, error) {
	l := c.Lang()
	payee, _ := u.Provider(u.Payee)
	due := v.Bill.Period.Add(1).Day(u.Due)
	out := pdf.Document{
		Lang: string(l), City: m.base.Pages.City(c).City.Name, Office: payee.Title.In(l), Kind: c.T("utility.print.kind"), Title: billTitle(c, v.Bill.Period),
		Number: c.T("utility.print.number", "n", v.number()), Date: lang.Date(l, calendar.DateOf(v.Bill.At, m.deps.Zone())),
		Status: c.T("utility.print.due", "sum", sumText(l, v.Bill.Total), "day", lang.Date(l, due)), Plain: true,
		Lead: c.T("utility.print.lead"), PageOf: c.T("utility.print.page", "page", "{page}", "pages", "{pages}"), Made: v.Bill.At.UTC().Truncate(time.Second),
		Facts: []pdf.Fact{
			{Label: c.T("utility.fact.address"), Value: v.Flat.Address.In(l)}, {Label: c.T("utility.fact.account"), Value: v.Flat.Account},
			{Label: c.T("utility.fact.area"), Value: number(l, v.Bill.Input.Area) + " " + c.T("utility.unit.m2")},
			{Label: c.T("utility.fact.people"), Value: itoa(v.Bill.Input.People)},
		},
	}
	if v.Bill.Code != "" {
		out.Facts = append(out.Facts, pdf.Fact{Label: c.T("utility.bill_code"), Value: showCode(v.Bill.Code)})
	}
	for _, line := range v.Bill.Lines {
		out.Facts = append(out.Facts, pdf.Fact{Label: lineTitle(c, line), Value: printedLine(c, line)})
	}
	out.Facts = append(out.Facts, pdf.Fact{Label: c.T("utility.total"), Value: sumText(l, v.Bill.Total)})
	out.Parts = []pdf.Part{{Heading: c.T("utility.print.why"), Text: m.printedSteps(c, v)}, {Heading: c.T("utility.print.law"), Text: u.Law.In(l)}}
	if v.Bill.Total == 0 {
		return out, nil
	}
	purpose := m.base.Texts.Text(lang.Russian, "utility.charge_title", "month", v.Bill.Period.In(lang.Russian)) // the bank's language
	code, err := paymentText(u, v.Flat, v.Bill, v.number(), purpose)
	if err != nil {
		return out, err
	}
	address := c.URL("/pay/find") // whoever has the paper has the number
	_, shown, _ := strings.Cut(address, "://")
	out.Check = &pdf.Check{
		Title: c.T("utility.print.pay"), Text: c.T("utility.print.pay_text"), Address: address, Shown: shown, Code: code,
		Seal: payee.Title.In(l) + ", " + c.T("utility.print.requisites", "inn", payee.INN, "account", payee.Account, "bic", payee.BIC),
	}
	return out, nil
}

// number is the city's number of the bill; of one that was paid elsewhere, the account's and the month.
func (v billView) number() string {
	if one, there := v.Charges[v.Bill.Period.String()]; there {
		return id.FormatCode(one.Number)
	}
	return v.Flat.Account + "-" + v.Bill.Period.String()
}

// paymentText is what the code on a bill holds.
func paymentText(u *service.Utilities, f Flat, b Issued, number, purpose string) (string, error) {
	return paymentCode(u, f, b, number, purpose).Text()
}

// paymentCode is the payment's requisites by GOST R 56042.
func paymentCode(u *service.Utilities, f Flat, b Issued, number, purpose string) payqr.Details {
	payee, _ := u.Provider(u.Payee)
	period := b.Period.String()
	return payqr.Details{Name: payee.Title.RU, Account: payee.Account, Bank: payee.Bank.RU, BIC: payee.BIC, Correspondent: payee.Corr, Sum: b.Total}.
		With(payqr.Purpose, purpose).With(payqr.PayeeINN, payee.INN).With(payqr.Payer, f.Account).
		With(payqr.DocumentID, number).With(payqr.Period, period[5:]+"."+period[:4]).With(payqr.Kind, "02")
}

func printedLine(c *web.Context, l Line) string {
	language := c.Lang()
	out := formula(c, l)
	if l.Benefit != 0 {
		out += "\n" + c.T("utility.benefit") + ": " + sumText(language, l.Benefit)
	}
	if l.Recalc != 0 {
		out += "\n" + c.T("utility.recalculation") + ": " + signedSum(language, l.Recalc)
	}
	return strings.TrimPrefix(out+"\n= "+sumText(language, l.Total), "\n")
}

func (m *Module) printedSteps(c *web.Context, v billView) string {
	var out strings.Builder
	for _, l := range v.Bill.Lines {
		var words []string
		for _, s := range l.Steps {
			words = append(words, stepText(c, s))
		}
		if len(words) > 0 {
			out.WriteString(lineTitle(c, l) + ": " + strings.Join(words, " ") + "\n")
		}
	}
	return strings.TrimSpace(out.String())
}
