package charge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// The forms of a file of charges.
const (
	formatCSV   = "csv"
	formatLines = "jsonl"
)

// lineMost is the longest line of a file, bytes.
const lineMost = 32 << 10

// The faults of a file and of its lines.
var (
	ErrColumns  = fault.New(fault.Invalid, "charge.columns_fault")  // the first line names no columns that are needed
	ErrEncoding = fault.New(fault.Invalid, "charge.encoding_fault") // not UTF-8
	ErrQuotes   = fault.New(fault.Invalid, "charge.quotes_fault")
	ErrCells    = fault.New(fault.Invalid, "charge.cells_fault")
	ErrLong     = fault.New(fault.Invalid, "charge.long_fault")
	ErrJSON     = fault.New(fault.Invalid, "charge.json_fault")
	ErrDay      = fault.New(fault.Invalid, "charge.day_fault")
	ErrDiffers  = fault.New(fault.Conflict, "charge.differs_fault")
)

// The columns of a file of charges, as its first line names them.
const (
	colNumber   = "number"
	colKind     = "kind"
	colBy       = "by"
	colValue    = "value"
	colAmount   = "amount"
	colDue      = "due"
	colDated    = "dated"
	colPeriod   = "period"
	colTitleRU  = "title_ru"
	colTitleEN  = "title_en"
	colProof    = "proof"
	colDiscount = "discount"
	colPlace    = "place"
	colBasis    = "basis"
	colPhoto    = "photo"
)

func columns() []string {
	return []string{colNumber, colKind, colBy, colValue, colAmount, colDue, colDated, colPeriod, colTitleRU, colTitleEN, colProof, colDiscount, colPlace, colBasis, colPhoto}
}

func neededColumns() []string { return []string{colNumber, colKind, colBy, colValue, colAmount} }

// Entry is a charge as a file or the API tells it.
type Entry struct {
	Number   string        `json:"number" max:"40" doc:"The agency's own number of it; the same number twice is one bill"`
	Kind     string        `json:"kind" max:"60" doc:"Key of a kind of the city, such as traffic-fine"`
	By       By            `json:"by" max:"20" doc:"What it is issued to: snils, inn, flat-account, plate, licence, number"`
	Value    string        `json:"value" max:"60"`
	Amount   int64         `json:"amount" doc:"Kopecks"`
	Due      calendar.Date `json:"due,omitzero" doc:"The last day to pay; left out: as the kind says"`
	Dated    calendar.Date `json:"dated,omitzero" doc:"The day of the decision; left out: today"`
	Period   string        `json:"period,omitempty" max:"7" doc:"What it is for: a month, 2026-10, or a year, 2025, as the kind says"`
	TitleRU  string        `json:"title_ru,omitempty" max:"500" doc:"What is paid for, in both languages; left out: the kind's title"`
	TitleEN  string        `json:"title_en,omitempty" max:"500"`
	Proof    string        `json:"proof,omitempty" max:"40" doc:"What one must know to find it without signing in, such as the number of the registration certificate"`
	Discount *bool         `json:"discount,omitempty" doc:"false: the law gives this one no discount"`
	Place    string        `json:"place,omitempty" max:"500" doc:"Where it was; sealed"`
	Basis    string        `json:"basis,omitempty" max:"500" doc:"By which article or paper; sealed"`
	Photo    string        `json:"photo,omitempty" max:"500" doc:"Address of a photograph, with https://; sealed"`
}

// charge makes a charge of an entry, for a payee.
func (m *Module) charge(e Entry, payee id.ID, test bool) NewCharge {
	n := NewCharge{
		For: Identifier{By: e.By, Value: e.Value}, Payee: payee, External: e.Number, Kind: e.Kind, Amount: money.Roubles(e.Amount), Period: e.Period,
		Dated: e.Dated, Proof: e.Proof, Test: test, entered: true, Plain: e.Discount != nil && !*e.Discount,
	}
	if e.TitleRU != "" || e.TitleEN != "" {
		n.Title = lang.Text{RU: e.TitleRU, EN: e.TitleEN}
	}
	if !e.Due.IsZero() {
		n.Due = e.Due.AddDays(1).Start(m.Zone()).Add(-time.Second)
	}
	for _, d := range []Detail{
		{Label: lang.Text{RU: "Место", EN: "Place"}, Value: e.Place}, {Label: lang.Text{RU: "Основание", EN: "Basis"}, Value: e.Basis},
		{Label: lang.Text{RU: "Фотография", EN: "Photograph"}, Value: e.Photo, Link: e.Photo},
	} {
		if d.Value != "" {
			n.Details = append(n.Details, d)
		}
	}
	return n
}

// header is the first line of a CSV file.
type header struct {
	Comma   string   `json:"comma"`
	Columns []string `json:"columns"`
}

// readHeader reads the names of the columns; the sign that parts them is the one that gives the most columns.
func readHeader(line []byte) (header, error) {
	var best header
	for _, comma := range []string{";", ",", "\t"} {
		cells, err := cut(string(line), comma[0])
		if err == nil && len(cells) > len(best.Columns) {
			best = header{Comma: comma, Columns: cells}
		}
	}
	for i, name := range best.Columns {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(columns(), name) || slices.Contains(best.Columns[:i], name) {
			return header{}, ErrColumns
		}
		best.Columns[i] = name
	}
	for _, name := range neededColumns() {
		if !slices.Contains(best.Columns, name) {
			return header{}, ErrColumns
		}
	}
	return best, nil
}

// cut cuts a line of CSV into cells. A cell in quotes may hold the sign that parts cells, and a quote twice.
func cut(line string, comma byte) ([]string, error) {
	var out []string
	for {
		if !strings.HasPrefix(line, `"`) {
			cell, rest, more := strings.Cut(line, string(comma))
			if strings.Contains(cell, `"`) {
				return nil, ErrQuotes
			}
			if out = append(out, cell); !more {
				return out, nil
			}
			line = rest
			continue
		}
		cell, rest, ok := quoted(line[1:])
		if !ok || rest != "" && rest[0] != comma {
			return nil, ErrQuotes
		}
		if out = append(out, cell); rest == "" {
			return out, nil
		}
		line = rest[1:]
	}
}

// quoted reads a cell to its closing quote.
func quoted(text string) (string, string, bool) {
	var cell strings.Builder
	for {
		before, after, ok := strings.Cut(text, `"`)
		cell.WriteString(before)
		switch {
		case !ok:
			return "", "", false
		case !strings.HasPrefix(after, `"`):
			return cell.String(), after, true
		}
		cell.WriteByte('"')
		text = after[1:]
	}
}

// entry reads a line of a CSV file.
func (h header) entry(line []byte) (Entry, error) {
	var e Entry
	if !utf8.Valid(line) {
		return e, ErrEncoding
	}
	cells, err := cut(string(line), h.Comma[0])
	if err != nil {
		return e, err
	}
	if len(cells) != len(h.Columns) {
		return e, ErrCells
	}
	for i, name := range h.Columns {
		if err := e.set(name, strings.TrimSpace(cells[i])); err != nil {
			return e, err
		}
	}
	return e, nil
}

// set reads one cell.
func (e *Entry) set(name, cell string) error {
	if cell == "" {
		return nil
	}
	texts := map[string]*string{
		colNumber: &e.Number, colKind: &e.Kind, colBy: (*string)(&e.By), colValue: &e.Value, colPeriod: &e.Period, colTitleRU: &e.TitleRU, colTitleEN: &e.TitleEN,
		colProof: &e.Proof, colPlace: &e.Place, colBasis: &e.Basis, colPhoto: &e.Photo,
	}
	if text := texts[name]; text != nil {
		*text = cell
		return nil
	}
	var err error
	switch name {
	case colAmount:
		var amount money.Amount
		if amount, err = money.Parse(cell, money.RUB); err != nil {
			return ErrAmount
		}
		e.Amount = amount.Minor
	case colDue, colDated:
		day, err := calendar.ParseDate(cell)
		if err != nil {
			return ErrDay
		}
		if name == colDue {
			e.Due = day
		} else {
			e.Dated = day
		}
	case colDiscount:
		yes := !slices.Contains([]string{"no", "нет", "false", "0"}, strings.ToLower(cell))
		e.Discount = &yes
	}
	return nil
}

// entryOfJSON reads a line of JSON; a name that is not known is a fault, since what it meant would be lost.
func entryOfJSON(line []byte) (Entry, error) {
	var e Entry
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return Entry{}, ErrJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Entry{}, ErrJSON
	}
	return e, nil
}

// nextLine reads a line without its end. A line that is too long is passed over and comes as ErrLong, with its beginning.
func nextLine(r *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		some, err := r.ReadSlice('\n')
		if len(out) <= lineMost {
			out = append(out, some...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(out) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case len(out) > lineMost:
			return out[:200], ErrLong
		}
		return bytes.TrimRight(out, "\r\n"), nil
	}
}
