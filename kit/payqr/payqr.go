package payqr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"posad.city/kit/seal"
)

// Charset is how the text of a code is written in bytes.
type Charset byte

// The character sets, by the digit that names them.
const (
	Windows1251 Charset = '1'
	UTF8        Charset = '2'
	KOI8R       Charset = '3'
)

// Field is one requisite beyond those that must be there.
type Field struct{ Key, Value string }

// Details are the requisites of a transfer.
type Details struct {
	Name          string // of the payee, 1-160 characters
	Account       string // of the payee, 20 characters
	Bank          string // of the payee, 1-45 characters
	BIC           string // of that bank, 9 digits
	Correspondent string // account of that bank, 20 characters; "0": it has none
	Sum           int64  // kopecks; zero: the payer says how much
	Fields        []Field
}

// Keys that the city uses. Others of the standard are in the table of limits.
const (
	Purpose     = "Purpose"     // what is paid for
	PayeeINN    = "PayeeINN"    // the payee's taxpayer number
	PayeeKPP    = "KPP"         // the payee's reason code
	BudgetCode  = "CBC"         // budget classification code
	Territory   = "OKTMO"       // code of the municipality
	UIN         = "UIN"         // number of a charge to the budget
	DocumentID  = "DocIdx"      // the payee's own number of the bill
	Payer       = "PersAcc"     // the payer's account at the payee: a flat's
	Period      = "PaymPeriod"  // what it is paid for: 10.2026
	Kind        = "TechCode"    // 02: utilities; see the standard
	PayBy       = "PaymTerm"    // date
	Flat        = "Flat"        // number of the flat
	ServiceName = "ServiceName" // of the service
)

// Errors.
var (
	ErrNotPayment = errors.New("payqr: this is not a payment code of GOST R 56042")
	ErrField      = errors.New("payqr: a requisite breaks the standard's limits")
	ErrSeparator  = errors.New("payqr: every separator occurs in the requisites")
)

// Get is the value of a key, or empty.
func (d Details) Get(key string) string {
	for _, f := range d.Fields {
		if strings.EqualFold(f.Key, key) {
			return f.Value
		}
	}
	return ""
}

// With adds a requisite, or nothing when the value is empty.
func (d Details) With(key, value string) Details {
	if value != "" {
		d.Fields = append(d.Fields[:len(d.Fields):len(d.Fields)], Field{key, value})
	}
	return d
}

// separators are tried in this order until one occurs nowhere else.
const separators = "|~^#;!$%&*"

// Encode writes the text of a code in bytes of a character set. Errors: ErrField, ErrSeparator.
func (d Details) Encode(c Charset) ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	parts := d.parts()
	separator, err := separatorFor(parts)
	if err != nil {
		return nil, err
	}
	out, err := fromText(c, strings.Join(append([]string{""}, parts...), string(separator)))
	if err != nil {
		return nil, err
	}
	mandatory, err := fromText(c, strings.Join(parts[:len(must)], string(separator)))
	if err != nil {
		return nil, err
	}
	if len(mandatory) > mandatoryMost || len(out) > wholeMost {
		return nil, fmt.Errorf("%w: too long for a code", ErrField)
	}
	return append([]byte("ST0001"+string(rune(c))), out...), nil
}

// Text is the text of a code, byte for byte: in UTF-8, or in Windows-1251, where a letter is one byte, when the requisites are
// too long for that. Errors: as Encode.
func (d Details) Text() (string, error) {
	text, err := d.Encode(UTF8)
	if errors.Is(err, ErrField) {
		text, err = d.Encode(Windows1251)
	}
	return string(text), err
}

// Code is the QR code of the requisites. Errors: as Encode.
func (d Details) Code() (*seal.Code, error) {
	text, err := d.Text()
	if err != nil {
		return nil, err
	}
	return seal.QR(text)
}

func (d Details) parts() []string {
	out := []string{"Name=" + d.Name, "PersonalAcc=" + d.Account, "BankName=" + d.Bank, "BIC=" + d.BIC, "CorrespAcc=" + d.Correspondent}
	if d.Sum > 0 {
		out = append(out, "Sum="+strconv.FormatInt(d.Sum, 10))
	}
	for _, f := range d.Fields {
		out = append(out, f.Key+"="+f.Value)
	}
	return out
}

func separatorFor(parts []string) (byte, error) {
	all := strings.Join(parts, "")
	for i := range len(separators) {
		if !strings.Contains(all, separators[i:i+1]) {
			return separators[i], nil
		}
	}
	return 0, ErrSeparator
}
