package bank

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/iso20022"
	"posad.city/kit/money"
)

// The merchant's account.
const (
	AccountNumber = "40601810900003000001"
	bankMember    = "044525999"
	bankName      = "Банк «Слобода»"
)

// Shares of a payment that the bank takes, in ten-thousandths.
const (
	cardFee = 120
	fastFee = 40
)

// fee is what the bank takes for itself of a payment, in whole kopecks, half up.
func fee(p *Payment) int64 {
	share := int64(cardFee)
	if p.Method == "qr" {
		share = fastFee
	}
	return (p.Amount*share + 5_000) / 10_000
}

// Codes of the entries.
var codes = map[string]string{
	"refund": "REF", "reversal": "RVSL", "dispute": "CBK", "dispute won": "CBR", "payout": "PAY", "payout returned": "RET", "incoming": "XFER",
}

// batchMost is how many card payments one entry stands for.
const batchMost = 5000

// statement writes the statement of a day, once the day is over.
func (b *Bank) statement(r *http.Request) reply {
	day, err := calendar.ParseDate(r.PathValue("day"))
	if err != nil {
		return refused(http.StatusBadRequest, "want a day as 2026-11-21")
	}
	if !day.Before(calendar.DateOf(b.now(), moscow)) {
		return refused(http.StatusNotFound, "the day is not over")
	}
	text, err := b.writeStatement(day)
	if err != nil {
		b.log.Error("bank: statement", "error", err)
		return refused(http.StatusInternalServerError, "the statement can't be written")
	}
	return reply{status: http.StatusOK, xml: text}
}

func (b *Bank) writeStatement(day calendar.Date) ([]byte, error) {
	opening, closing := int64(0), int64(0)
	var today []Booking
	for _, one := range b.booked {
		switch on := calendar.DateOf(one.At, moscow); {
		case on.Before(day):
			opening += one.Amount
		case on == day:
			today = append(today, one)
			closing += one.Amount
		}
	}
	closing += opening
	var out bytes.Buffer
	made := b.now()
	w, err := iso20022.NewStatementWriter(&out, iso20022.Header{ID: "ST" + day.String(), Made: made})
	if err != nil {
		return nil, err
	}
	since := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, moscow)
	err = w.Begin(iso20022.Statement{
		ID: "ST" + day.String(), Made: made, Since: since, Until: since.AddDate(0, 0, 1).Add(-time.Second),
		Account: iso20022.Account{Number: AccountNumber, Currency: money.RUB, Name: "Счёт города", Bank: iso20022.Bank{Member: bankMember, Name: bankName}},
		Balances: []iso20022.Balance{
			{Code: iso20022.BalanceOpening, Amount: money.Roubles(opening), Day: day},
			{Code: iso20022.BalanceClosing, Amount: money.Roubles(closing), Day: day},
		},
	})
	if err != nil {
		return nil, err
	}
	for i, e := range entries(today, day) {
		e.Ref = fmt.Sprintf("%s-%d", strings.ReplaceAll(day.String(), "-", ""), i+1)
		if err := w.Entry(e); err != nil {
			return nil, err
		}
	}
	if err := w.End(); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// entries are a day's: card payments come in batches, net of the bank's fees; fast payments one by one, net too; all else
// by itself.
func entries(today []Booking, day calendar.Date) []iso20022.Entry {
	fees := map[string]int64{}
	for _, one := range today {
		if one.Kind == "fee" {
			fees[one.Payment] -= one.Amount
		}
	}
	var out []iso20022.Entry
	var batch []Booking
	for _, one := range today {
		switch {
		case one.Kind == "payment" && one.Method == "qr":
			out = append(out, settled([]Booking{one}, fees, day))
		case one.Kind == "payment":
			if batch = append(batch, one); len(batch) == batchMost {
				out, batch = append(out, settled(batch, fees, day)), nil
			}
		case one.Kind != "fee":
			out = append(out, alone(one, day))
		}
	}
	if len(batch) > 0 {
		out = append(out, settled(batch, fees, day))
	}
	return out
}

// settled is an entry for payments, without the bank's fees for them.
func settled(paid []Booking, fees map[string]int64, day calendar.Date) iso20022.Entry {
	gross, taken := int64(0), int64(0)
	e := iso20022.Entry{Credit: true, Status: iso20022.Booked, Day: day, Value: day, Code: "ACQ", BankRef: "ACQ" + paid[0].Reference}
	for _, one := range paid {
		gross, taken = gross+one.Amount, taken+fees[one.Payment]
		e.Parts = append(e.Parts, part(one))
	}
	e.Amount = money.Roubles(gross - taken)
	if taken > 0 {
		e.Fees = []iso20022.Fee{{Amount: money.Roubles(taken), Included: true}}
	}
	if len(paid) > 1 {
		e.Batch = &iso20022.Batch{Message: e.BankRef, Count: int64(len(paid)), Amount: money.Roubles(gross)}
	}
	return e
}

func alone(one Booking, day calendar.Date) iso20022.Entry {
	p := part(one)
	return iso20022.Entry{
		Amount: p.Amount, Credit: p.Credit, Status: iso20022.Booked, Day: day, Value: day, Code: codes[one.Kind], BankRef: one.Reference, Parts: []iso20022.Transaction{p},
	}
}

// reference is an id as messages have it: without hyphens, 35 characters at most.
func reference(about string) string {
	out := strings.ReplaceAll(about, "-", "")
	return out[:min(len(out), 35)]
}

func part(one Booking) iso20022.Transaction {
	out := iso20022.Transaction{
		Refs: iso20022.Refs{EndToEnd: reference(one.About), BankRef: one.Reference}, Amount: money.Roubles(max(one.Amount, -one.Amount)),
		Credit: one.Amount > 0, Code: codes[one.Kind], Purpose: one.Words,
	}
	switch one.Kind {
	case "payment":
		out.Code = "ACQ"
	case "incoming":
		out.Debtor, out.DebtorAccount = iso20022.Party{Name: one.Name}, iso20022.Account{Number: one.Account}
		out.Refs.EndToEnd = one.About
	case "payout":
		out.Creditor, out.CreditorAccount = iso20022.Party{Name: one.Name}, iso20022.Account{Number: one.Account}
		out.Refs.EndToEnd, out.Refs.Message = one.About, one.Payment
	case "payout returned":
		out.Refs.EndToEnd, out.Refs.Message, out.Returned = one.About, one.Payment, "AC04"
	}
	return out
}
