package iso20022

import (
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// Random parts of messages, all of which Check lets through.

func words(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		runes := rapid.SliceOfN(rapid.RuneFrom([]rune(`абвЯЁabcXYZ0159№<>&"'.,-/ёé€ `)), 0, most).Draw(t, "text")
		return oneSpaced(string(runes))
	})
}

// oneSpaced is a text as it comes back: no space at an end, none twice.
func oneSpaced(s string) string {
	out, space := []rune{}, true
	for _, r := range s {
		if r == ' ' && space {
			continue
		}
		space = r == ' '
		out = append(out, r)
	}
	if len(out) > 0 && out[len(out)-1] == ' ' {
		out = out[:len(out)-1]
	}
	return string(out)
}

var (
	references = rapid.StringMatching(`[A-Za-z0-9/-]{1,35}`)
	optional   = rapid.OneOf(rapid.Just(""), references)
	days       = rapid.Custom(func(t *rapid.T) calendar.Date {
		return calendar.MustDate("2026-01-01").AddDays(rapid.IntRange(0, 1000).Draw(t, "day"))
	})
	moments = rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMilli(rapid.Int64Range(1_700_000_000_000, 1_900_000_000_000).Draw(t, "moment")).UTC()
	})
	parties = rapid.Custom(func(t *rapid.T) Party {
		return Party{Name: words(140).Draw(t, "name"), TaxNumber: rapid.SampledFrom([]string{"", "7701234567"}).Draw(t, "tax")}
	})
	banks = rapid.Custom(func(t *rapid.T) Bank {
		return Bank{BIC: rapid.SampledFrom([]string{"", "KTZHRUMM", "KTZHRUMMXXX"}).Draw(t, "bic"), Member: rapid.SampledFrom([]string{"", "044525225"}).Draw(t, "member"), Name: words(140).Draw(t, "name")}
	})
	statuses = rapid.SampledFrom([]Status{"", Received, Settled, Rejected, Partly})
	reasons  = rapid.Custom(func(t *rapid.T) Reason {
		return Reason{Code: rapid.SampledFrom([]string{"", "AC01", "MS03"}).Draw(t, "code"), Info: words(105).Draw(t, "info")}
	})
)

func amounts(least int64, c money.Currency) *rapid.Generator[money.Amount] {
	return rapid.Custom(func(t *rapid.T) money.Amount {
		return money.Amount{Minor: rapid.Int64Range(least, 1_000_000_000_000_000).Draw(t, "amount"), Currency: c}
	})
}

func accounts(full bool) *rapid.Generator[Account] {
	return rapid.Custom(func(t *rapid.T) Account {
		out := Account{Number: rapid.SampledFrom([]string{"40702810900000000001", "DE89370400440532013000", "a-1"}).Draw(t, "number"), Currency: rapid.SampledFrom([]money.Currency{"", "RUB"}).Draw(t, "currency"), Name: words(70).Draw(t, "name")}
		if full {
			out.Owner, out.Bank = parties.Draw(t, "owner"), banks.Draw(t, "bank")
		}
		return out
	})
}

func several[T any](g *rapid.Generator[T], least, most int) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		if out := rapid.SliceOfN(g, least, most).Draw(t, "several"); len(out) > 0 {
			return out
		}
		return nil
	})
}

var fees = rapid.Custom(func(t *rapid.T) Fee {
	return Fee{Amount: amounts(1, "RUB").Draw(t, "fee"), Credit: rapid.Bool().Draw(t, "credit"), Included: rapid.Bool().Draw(t, "included")}
})

var transactions = rapid.Custom(func(t *rapid.T) Transaction {
	out := Transaction{
		Refs:   Refs{Message: optional.Draw(t, "message"), BankRef: optional.Draw(t, "bank"), Payment: optional.Draw(t, "payment"), Instruction: optional.Draw(t, "instruction"), EndToEnd: optional.Draw(t, "end"), Transaction: optional.Draw(t, "transaction")},
		Amount: amounts(0, "RUB").Draw(t, "amount"), Credit: rapid.Bool().Draw(t, "credit"), Code: optional.Draw(t, "code"), Fees: several(fees, 0, 2).Draw(t, "fees"),
		Debtor: parties.Draw(t, "debtor"), DebtorBank: banks.Draw(t, "bank"), Creditor: parties.Draw(t, "creditor"), CreditorBank: banks.Draw(t, "bank"),
		Purpose: words(560).Draw(t, "purpose"), Returned: rapid.SampledFrom([]string{"", "AC04"}).Draw(t, "returned"), Info: words(500).Draw(t, "info"),
	}
	if rapid.Bool().Draw(t, "accounts") {
		out.DebtorAccount, out.CreditorAccount = accounts(false).Draw(t, "debtor"), accounts(false).Draw(t, "creditor")
	}
	return out
})

var entries = rapid.Custom(func(t *rapid.T) Entry {
	out := Entry{
		Ref: optional.Draw(t, "ref"), Amount: amounts(0, "RUB").Draw(t, "amount"), Credit: rapid.Bool().Draw(t, "credit"), Reversal: rapid.Bool().Draw(t, "reversal"),
		Status: rapid.SampledFrom([]string{Booked, Pending}).Draw(t, "status"), Day: days.Draw(t, "day"), BankRef: optional.Draw(t, "bank"), Code: optional.Draw(t, "code"),
		Fees: several(fees, 0, 2).Draw(t, "fees"), Parts: several(transactions, 0, 3).Draw(t, "parts"), Info: words(500).Draw(t, "info"),
	}
	if rapid.Bool().Draw(t, "value") {
		out.Value = days.Draw(t, "value")
	}
	if rapid.Bool().Draw(t, "batch") {
		out.Batch = &Batch{Message: optional.Draw(t, "message"), Payment: optional.Draw(t, "payment"), Count: rapid.Int64Range(0, 10).Draw(t, "count")}
		if rapid.Bool().Draw(t, "sum") {
			out.Batch.Amount = amounts(0, "RUB").Draw(t, "sum")
		}
	}
	return out
})

var heads = rapid.Custom(func(t *rapid.T) Statement {
	out := Statement{ID: references.Draw(t, "id"), Sequence: rapid.Int64Range(0, 400).Draw(t, "sequence"), Account: accounts(true).Draw(t, "account")}
	for _, code := range []string{BalanceOpening, BalanceClosing} {
		out.Balances = append(out.Balances, Balance{Code: code, Amount: amounts(-1_000_000, "RUB").Draw(t, "balance"), Day: days.Draw(t, "day")})
	}
	if rapid.Bool().Draw(t, "span") {
		out.Made, out.Since, out.Until = moments.Draw(t, "made"), moments.Draw(t, "since"), moments.Draw(t, "until")
	}
	return out
})

var orders = rapid.Custom(func(t *rapid.T) Initiation {
	c := rapid.SampledFrom([]money.Currency{"RUB", "EUR", "JPY"}).Draw(t, "currency")
	out := Initiation{ID: references.Draw(t, "id"), Made: moments.Draw(t, "made"), Initiator: parties.Draw(t, "initiator")}
	names := rapid.SliceOfNDistinct(references, 2, 6, rapid.ID).Draw(t, "references")
	for len(names) >= 2 {
		g := Group{ID: names[0], Day: days.Draw(t, "day"), Debtor: parties.Draw(t, "debtor"), DebtorAccount: accounts(false).Draw(t, "account"), DebtorBank: banks.Draw(t, "bank")}
		n := rapid.IntRange(1, len(names)-1).Draw(t, "payments")
		for _, name := range names[1 : n+1] {
			g.Transfers = append(g.Transfers, Transfer{
				ID: name, Amount: amounts(1, c).Draw(t, "amount"), Creditor: Party{Name: "Парк <№ 1>", TaxNumber: "5260"}, CreditorAccount: accounts(false).Draw(t, "account"),
				CreditorBank: banks.Draw(t, "bank"), Purpose: words(560).Draw(t, "purpose"),
			})
		}
		out.Groups, names = append(out.Groups, g), names[n+1:]
	}
	return out
})

var reports = rapid.Custom(func(t *rapid.T) Report {
	out := Report{ID: references.Draw(t, "id"), Made: moments.Draw(t, "made"), Original: references.Draw(t, "original"), Status: statuses.Draw(t, "status"), Reason: reasons.Draw(t, "reason")}
	for range rapid.IntRange(0, 2).Draw(t, "groups") {
		g := GroupReport{ID: references.Draw(t, "id"), Status: statuses.Draw(t, "status"), Reason: reasons.Draw(t, "reason")}
		for range rapid.IntRange(0, 3).Draw(t, "payments") {
			p := PaymentReport{EndToEnd: optional.Draw(t, "end"), Status: statuses.Draw(t, "status"), Reason: reasons.Draw(t, "reason"), BankRef: optional.Draw(t, "bank")}
			if rapid.Bool().Draw(t, "accepted") {
				p.Accepted = moments.Draw(t, "accepted")
			}
			g.Payments = append(g.Payments, p)
		}
		out.Groups = append(out.Groups, g)
	}
	return out
})
