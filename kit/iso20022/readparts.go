package iso20022

import (
	"fmt"
	"strconv"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// The parts that several messages have.

// amount is the sum down a path; it must be there.
func (f *fields) amount(path ...string) money.Amount {
	n := f.must(path...)
	if f.err != nil {
		return money.Amount{}
	}
	a, err := parseAmount(n.text, n.currency)
	f.fail(err)
	return a
}

// credit reads whether money came (CRDT) or went (DBIT).
func (f *fields) credit(path ...string) bool {
	switch v := f.must(path...).text; v {
	case "CRDT":
		return true
	case "DBIT":
	default:
		f.fail(fmt.Errorf("%w: %.20q is neither CRDT nor DBIT", ErrMessage, v))
	}
	return false
}

// flag is a truth value; false when it is not there.
func (f *fields) flag(path ...string) bool {
	switch v := f.text(5, path...); v {
	case "true", "1":
		return true
	case "", "false", "0":
	default:
		f.fail(fmt.Errorf("%w: %q is neither true nor false", ErrMessage, v))
	}
	return false
}

// day is a date, or the day of a time, in an element that has either; none when it is not there.
func (f *fields) day(path ...string) calendar.Date {
	n := f.one(path...)
	if n == nil {
		return calendar.Date{}
	}
	in := &fields{n: n}
	day, at := in.text(40, "Dt"), in.text(40, "DtTm")
	f.fail(in.err)
	var out calendar.Date
	var err error
	switch {
	case day != "" && at == "":
		out, err = parseDay(day)
	case at != "" && day == "":
		out, err = dayOfMoment(at)
	default:
		err = fmt.Errorf("%w: <%s> without a day", ErrMessage, n.name)
	}
	f.fail(err)
	return out
}

// moment is a time; none when it is not there.
func (f *fields) moment(path ...string) time.Time {
	value := f.text(40, path...)
	if value == "" {
		return time.Time{}
	}
	out, err := parseMoment(value)
	f.fail(err)
	return out
}

// count is a whole number of up to fifteen digits; zero when it is not there.
func (f *fields) count(path ...string) int64 {
	value := f.text(18, path...)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		f.fail(fmt.Errorf("%w: number %q", ErrMessage, value))
	}
	return n
}

// party reads somebody, or in statements the choice of somebody and a bank.
func (f *fields) party(path ...string) Party {
	n := f.one(path...)
	if n == nil {
		return Party{}
	}
	in := &fields{n: n}
	if chosen := in.one("Pty"); chosen != nil {
		in.n = chosen
	}
	out := Party{Name: in.text(mostName, "Nm")}
	for _, kind := range []string{"OrgId", "PrvtId"} {
		if who := in.one("Id", kind); who != nil && out.TaxNumber == "" {
			for _, other := range (&fields{n: who}).all("Othr") {
				one := &fields{n: other}
				if scheme := one.text(mostReference, "SchmeNm", "Cd"); scheme == taxScheme || out.TaxNumber == "" && scheme == "" {
					out.TaxNumber = one.text(mostReference, "Id")
				}
				f.fail(one.err)
			}
		}
	}
	f.fail(in.err)
	return out
}

// taxScheme is the standard's code of a taxpayer's number.
const taxScheme = "TXID"

// bank reads a bank.
func (f *fields) bank(path ...string) Bank {
	n := f.one(append(path, "FinInstnId")...)
	if n == nil {
		return Bank{}
	}
	in := &fields{n: n}
	out := Bank{BIC: in.text(11, "BICFI"), Member: in.text(mostReference, "ClrSysMmbId", "MmbId"), Name: in.text(mostName, "Nm")}
	f.fail(in.err)
	return out
}

// account reads an account; none when it is not there.
func (f *fields) account(path ...string) Account {
	n := f.one(path...)
	if n == nil {
		return Account{}
	}
	in := &fields{n: n}
	out := Account{
		Number: in.text(mostNumber, "Id", "IBAN"), Currency: money.Currency(in.text(3, "Ccy")), Name: in.text(mostAccount, "Nm"),
		Owner: in.party("Ownr"), Bank: in.bank("Svcr"),
	}
	if other := in.text(mostNumber, "Id", "Othr", "Id"); other != "" {
		if out.Number != "" {
			in.fail(fmt.Errorf("%w: an account with two numbers", ErrMessage))
		}
		out.Number = other
	}
	if out.Number == "" {
		in.fail(fmt.Errorf("%w: an account without a number", ErrMessage))
	}
	f.fail(in.err)
	return out
}
