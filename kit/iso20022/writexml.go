package iso20022

import (
	"bufio"
	"encoding/xml"
	"io"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// writer writes elements; the first fault stays.
type writer struct {
	out *bufio.Writer
	err error
}

func newWriter(to io.Writer) *writer { return &writer{out: bufio.NewWriterSize(to, 32<<10)} }

func (w *writer) raw(s string) {
	if w.err == nil {
		_, w.err = w.out.WriteString(s)
	}
}

// begin writes the head of a message and opens its root.
func (w *writer) begin(name, root string) {
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Document xmlns="` + spacePrefix + name + `"><` + root + ">\n")
}

// end closes the root and the message.
func (w *writer) end(root string) error {
	w.raw("</" + root + "></Document>\n")
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.err
}

func (w *writer) open(names ...string) {
	for _, name := range names {
		w.raw("<" + name + ">")
	}
}

func (w *writer) close(names ...string) {
	for _, name := range names {
		w.raw("</" + name + ">")
	}
}

func (w *writer) escaped(value string) {
	if w.err == nil {
		w.err = xml.EscapeText(w.out, []byte(value))
	}
}

// text writes an element of text, unless the text is empty.
func (w *writer) text(name, value string) {
	if value == "" {
		return
	}
	w.open(name)
	w.escaped(value)
	w.close(name)
}

func (w *writer) amount(name string, a money.Amount) {
	w.raw("<" + name + ` Ccy="` + string(a.Currency) + `">` + decimal(a))
	w.close(name)
}

// day writes a day within an element, unless there is none.
func (w *writer) day(name string, d calendar.Date) {
	if d.IsZero() {
		return
	}
	w.open(name)
	w.text("Dt", d.String())
	w.close(name)
}

func (w *writer) direction(credit bool) {
	if credit {
		w.text("CdtDbtInd", "CRDT")
		return
	}
	w.text("CdtDbtInd", "DBIT")
}

// party writes what a party is, without the element around it.
func (w *writer) party(p Party) {
	w.text("Nm", p.Name)
	if p.TaxNumber == "" {
		return
	}
	w.open("Id", "OrgId", "Othr")
	w.text("Id", p.TaxNumber)
	w.open("SchmeNm")
	w.text("Cd", taxScheme)
	w.close("SchmeNm", "Othr", "OrgId", "Id")
}

// bank writes a bank in an element. An empty bank is an empty one, which the standard lets be.
func (w *writer) bank(name string, b Bank) {
	w.open(name, "FinInstnId")
	w.text("BICFI", b.BIC)
	if b.Member != "" {
		w.open("ClrSysMmbId")
		w.text("MmbId", b.Member)
		w.close("ClrSysMmbId")
	}
	w.text("Nm", b.Name)
	w.close("FinInstnId", name)
}

// account writes an account in an element; full: with its owner and bank, as statements have it.
func (w *writer) account(name string, a Account, full bool) {
	w.open(name, "Id")
	if isIBAN(a.Number) {
		w.text("IBAN", a.Number)
	} else {
		w.open("Othr")
		w.text("Id", a.Number)
		w.close("Othr")
	}
	w.close("Id")
	w.text("Ccy", string(a.Currency))
	w.text("Nm", a.Name)
	if full && a.Owner != (Party{}) {
		w.open("Ownr")
		w.party(a.Owner)
		w.close("Ownr")
	}
	if full && a.Bank != (Bank{}) {
		w.bank("Svcr", a.Bank)
	}
	w.close(name)
}
