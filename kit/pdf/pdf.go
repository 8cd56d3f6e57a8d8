package pdf

import (
	"errors"
	"fmt"
	"time"

	"posad.city/kit/seal"
)

// Document is what Render lays out. Lead, facts and parts may be of any length and hold line breaks; what has one line's
// place is shortened with an ellipsis. Empty texts are left out.
type Document struct {
	Lang   string // "ru" or "en", for readers that speak
	City   string // Китеж
	Office string // who issues: the agency's name
	Kind   string // small line over the title: Разрешение
	Title  string
	Number string // as people read it: № РП-1234-567-890
	Date   string // in words: 21 ноября 2026
	Status string // one line: Действует до 20 ноября 2027. Shown as a green tag
	Plain  bool   // the tag is grey: what it says is no good news
	Lead   string // first paragraph
	Facts  []Fact
	Parts  []Part
	Check  *Check // the panel with the code; nil for a document that can't be checked
	PageOf string // footer of a page, for example: Страница {page} из {pages}

	Made        time.Time // into the file's own data, in UTC, to the second
	Attachments []Attachment
	Signing     *Signing // the place of an electronic signature, filled by kit/pdf/sign; nil: none
}

// Fact is a row of the table.
type Fact struct {
	Label, Value string
}

// Part is a heading with text, for example the conditions or how to disagree.
type Part struct {
	Heading, Text string
}

// Check is the panel at the end: how to see that the document is genuine.
type Check struct {
	Title   string // Проверить документ
	Text    string
	Address string // what the QR code holds: seal.CheckURL
	Code    string // what the QR code holds in its place, such as a payment's requisites; empty: Address
	Shown   string // the address that people type in, shorter: kitezh.example/v
	Seal    string // Подписано печатью города: ключ 3bf5-dae3-8c02-20cd, 21 ноября 2026
}

// Attachment is a file inside the PDF, for example the receipt that posad verify checks.
type Attachment struct {
	Name        string // with its extension
	Type        string // MIME type
	Description string
	Body        []byte
}

// ErrTooLong says that a document would have more than MaxPages pages.
var ErrTooLong = errors.New("pdf: the document is too long")

// MaxPages bounds a document.
const MaxPages = 100

// Render lays the document out. Characters that the fonts lack are shown as a question mark.
func Render(d Document) ([]byte, error) {
	var code *seal.Code
	if d.Check != nil {
		text := d.Check.Code
		if text == "" {
			text = d.Check.Address
		}
		made, err := seal.QR(text)
		if err != nil {
			return nil, fmt.Errorf("pdf: %w", err)
		}
		code = made
	}
	s, err := layOut(d, code)
	if err != nil {
		return nil, err
	}
	return s.finish(d)
}
