package iso20022

import (
	"errors"
	"fmt"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// Header is the head of a message of statements.
type Header struct {
	ID   string // 1 to 35 characters
	Made time.Time
}

// Statement is the head of an account's statement; its entries come one by one.
type Statement struct {
	ID           string // 1 to 35 characters, the bank's own
	Sequence     int64  // which statement of the account it is; zero: not said
	Made         time.Time
	Since, Until time.Time // zero: not said
	Account      Account
	Balances     []Balance // one at least
	Info         string    // 500 characters at most
}

// Balance is the balance of a code; false when the statement has none.
func (s Statement) Balance(code string) (Balance, bool) {
	for _, b := range s.Balances {
		if b.Code == code {
			return b, true
		}
	}
	return Balance{}, false
}

// Statuses of entries. What is not booked is not on the account yet.
const (
	Booked  = "BOOK"
	Pending = "PDNG"
)

// Entry is a line of a statement: what came to the account, or went from it.
type Entry struct {
	Ref      string       // within the statement
	Amount   money.Amount // above zero, or zero for what only tells
	Credit   bool         // it came
	Reversal bool         // it takes back an earlier entry
	Status   string       // Booked, Pending or another of the bank's
	Day      calendar.Date
	Value    calendar.Date // from which day it counts
	BankRef  string        // the bank's own number
	Code     string        // what kind of entry it is, the bank's own code
	Fees     []Fee         // in the entry's amount already when Included
	Parts    []Transaction // one or several, a batch for example; none: the entry says all
	Batch    *Batch
	Info     string // 500 characters at most
}

// Fee is what the bank takes for itself.
type Fee struct {
	Amount   money.Amount // above zero
	Credit   bool         // given back
	Included bool
}

// Batch says that an entry stands for many payments.
type Batch struct {
	Message string // the order it comes from
	Payment string
	Count   int64
	Amount  money.Amount // zero: not said
}

// Transaction is one payment within an entry.
type Transaction struct {
	Refs            Refs
	Amount          money.Amount
	Credit          bool
	Code            string
	Fees            []Fee
	Debtor          Party
	DebtorAccount   Account
	DebtorBank      Bank
	Creditor        Party
	CreditorAccount Account
	CreditorBank    Bank
	Purpose         string // what the payer wrote
	Returned        string // why it came back, a code such as AC04; empty: it did not
	Info            string
}

// Refs are the references of a payment, each of 35 characters at most and each may be empty.
type Refs struct {
	Message     string // of the order it was in
	BankRef     string // the bank's own number
	Payment     string
	Instruction string
	EndToEnd    string // that goes all the way from who pays to whom
	Transaction string
}

// Check tells why a statement's head can't be written; ErrCheck.
func (s Statement) Check() error {
	out := errors.Join(reference("statement", s.ID), s.Account.check("account"), text("info", s.Info, mostInfo))
	if s.Sequence < 0 || len(s.Balances) == 0 || s.Since.IsZero() != s.Until.IsZero() {
		out = errors.Join(out, fmt.Errorf("%w: a statement needs a balance, and both ends of its span or none", ErrCheck))
	}
	for _, b := range s.Balances {
		if _, err := money.Of(0, b.Amount.Currency); err != nil || !isCode(b.Code) || b.Day.IsZero() || !sayable(b.Amount) {
			out = errors.Join(out, fmt.Errorf("%w: balance %.10q: a code, a day and a sum are needed", ErrCheck, b.Code))
		}
	}
	return out
}

// Check tells why an entry can't be written; ErrCheck.
func (e Entry) Check() error {
	out := errors.Join(e.sum("entry", e.Amount), text("reference", e.Ref, mostReference), text("bank's reference", e.BankRef, mostReference), text("code", e.Code, mostReference), text("info", e.Info, mostInfo))
	if !isCode(e.Status) {
		out = errors.Join(out, fmt.Errorf("%w: an entry needs a status", ErrCheck))
	}
	if b := e.Batch; b != nil {
		out = errors.Join(out, text("batch", b.Message, mostReference), text("batch", b.Payment, mostReference), e.sum("batch", b.Amount))
		if b.Count < 0 || b.Count > 999_999_999_999_999 {
			out = errors.Join(out, fmt.Errorf("%w: a batch of %d", ErrCheck, b.Count))
		}
	}
	out = errors.Join(out, checkFees(e.Fees))
	for i, t := range e.Parts {
		if err := t.check(); err != nil {
			out = errors.Join(out, fmt.Errorf("payment %d: %w", i, err))
		}
	}
	return out
}

// sum checks an amount that may be zero.
func (Entry) sum(what string, a money.Amount) error {
	if a == (money.Amount{}) && what == "batch" {
		return nil
	}
	if _, err := money.Of(0, a.Currency); err != nil || a.Minor < 0 || !sayable(a) {
		return fmt.Errorf("%w: %s: %s", ErrCheck, what, a)
	}
	return nil
}

func checkFees(fees []Fee) error {
	for _, f := range fees {
		if err := above("fee", f.Amount); err != nil {
			return err
		}
	}
	return nil
}

func (t Transaction) check() error {
	r := t.Refs
	out := errors.Join(Entry{}.sum("payment", t.Amount), text("code", t.Code, mostReference), t.Debtor.check("debtor"), t.Creditor.check("creditor"),
		t.DebtorBank.check("debtor's bank"), t.CreditorBank.check("creditor's bank"), text("purpose", t.Purpose, mostPurpose), text("info", t.Info, mostInfo), checkFees(t.Fees))
	for _, ref := range []string{r.Message, r.BankRef, r.Payment, r.Instruction, r.EndToEnd, r.Transaction} {
		out = errors.Join(out, text("reference", ref, mostReference))
	}
	for _, a := range []Account{t.DebtorAccount, t.CreditorAccount} {
		if a != (Account{}) {
			out = errors.Join(out, a.check("account"))
		}
	}
	if t.Returned != "" && !isCode(t.Returned) {
		out = errors.Join(out, fmt.Errorf("%w: %.10q is no code of a return", ErrCheck, t.Returned))
	}
	return out
}

// mostPurpose is how long a purpose may be, characters: as long as a payment order of Russia lets, in pieces of 140.
const (
	mostPurpose = 560
	purposePart = 140
)
