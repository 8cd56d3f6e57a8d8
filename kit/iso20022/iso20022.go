package iso20022

import (
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/money"
)

// Names of the messages, which are also the ends of their namespaces.
const (
	NameStatement  = "camt.053.001.08"
	NameInitiation = "pain.001.001.10"
	NameReport     = "pain.002.001.11"

	spacePrefix = "urn:iso:std:iso:20022:tech:xsd:"
)

// Errors.
var (
	// ErrMessage says that a message is not what the standard, or this package, lets stand in it.
	ErrMessage = errors.New("iso20022: the message can't be read")
	// ErrCheck says that something can't be written: a text that is too long, a sum that is not above zero.
	ErrCheck = errors.New("iso20022: this can't be written")
)

// Party is a person or an organisation. All may be empty.
type Party struct {
	Name      string // 140 characters at most
	TaxNumber string // INN: 35 characters at most
}

// Bank is where an account is kept.
type Bank struct {
	BIC    string // of SWIFT, 8 or 11 characters
	Member string // the number by which the country's clearing knows it: the BIK, 35 characters at most
	Name   string
}

// Account is an account at a bank.
type Account struct {
	Number   string // an IBAN, or the country's own number of 34 characters at most
	Currency money.Currency
	Name     string // 70 characters at most
	Owner    Party  // in statements alone
	Bank     Bank   // in statements alone
}

// Balance is what lay on an account.
type Balance struct {
	Code   string       // BalanceOpening and its like
	Amount money.Amount // below zero: the account is overdrawn
	Day    calendar.Date
}

// The balances that a statement has: at the start of its span and at its end.
const (
	BalanceOpening = "OPBD"
	BalanceClosing = "CLBD"
)

// Ref writes an id as a reference: 32 hexadecimal digits.
func Ref(i id.ID) string { return hex.EncodeToString(i[:]) }

// ParseRef reads what Ref writes; false for any other reference.
func ParseRef(text string) (id.ID, bool) {
	if len(text) != 32 {
		return id.ID{}, false
	}
	i, err := id.Parse(text)
	return i, err == nil
}

// Lengths of texts, characters.
const (
	mostReference = 35
	mostNumber    = 34
	mostName      = 140
	mostAccount   = 70
	mostReason    = 105
	mostInfo      = 500
)

// plain tells whether a text may stand in a message: valid, without control characters.
func plain(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r < 0x20 || r == 0x7f || r == 0xfffe || r == 0xffff || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// text checks that an optional text fits.
func text(what, value string, most int) error {
	if utf8.RuneCountInString(value) > most || !plain(value) {
		return fmt.Errorf("%w: %s has more than %d characters, or ones that no message has", ErrCheck, what, most)
	}
	return nil
}

// reference checks a reference that must be there.
func reference(what, value string) error {
	if value == "" {
		return fmt.Errorf("%w: %s is empty", ErrCheck, what)
	}
	return text(what, value, mostReference)
}

func (p Party) check(what string) error {
	return errors.Join(text(what+": name", p.Name, mostName), text(what+": tax number", p.TaxNumber, mostReference))
}

func (b Bank) check(what string) error {
	if b.BIC != "" && !isBIC(b.BIC) {
		return fmt.Errorf("%w: %s: %.20q is no BIC", ErrCheck, what, b.BIC)
	}
	return errors.Join(text(what+": member", b.Member, mostReference), text(what+": name", b.Name, mostName))
}

func (a Account) check(what string) error {
	if a.Number == "" {
		return fmt.Errorf("%w: %s has no number", ErrCheck, what)
	}
	if a.Currency != "" && !isCurrency(string(a.Currency)) {
		return fmt.Errorf("%w: %s: currency %.8q", ErrCheck, what, a.Currency)
	}
	return errors.Join(text(what+": number", a.Number, mostNumber), text(what+": name", a.Name, mostAccount), a.Owner.check(what), a.Bank.check(what))
}

// isBIC tells whether a text is four letters or digits, a country, and four or seven letters or digits.
func isBIC(s string) bool {
	if len(s) != 8 && len(s) != 11 {
		return false
	}
	for i, c := range []byte(s) {
		letter := c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9' || i == 4 || i == 5) {
			return false
		}
	}
	return true
}

// isIBAN tells whether a text has the form of an IBAN, which is where a number of an account belongs then. Its check digits
// are the bank's affair.
func isIBAN(s string) bool {
	if len(s) < 5 || len(s) > 34 {
		return false
	}
	for i, c := range []byte(s) {
		letter, digit := c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
		if i < 2 && !letter || (i == 2 || i == 3) && !digit || !letter && !digit {
			return false
		}
	}
	return true
}

func isCurrency(s string) bool {
	return len(s) == 3 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] >= 'A' && s[2] <= 'Z'
}

// isCode tells whether a text is a code of one to four letters and digits.
func isCode(s string) bool {
	if len(s) < 1 || len(s) > 4 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
