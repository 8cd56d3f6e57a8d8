package form

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"posad.city/core/service"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// numberKind asks for a whole number.
type numberKind struct{}

// mostNumber is the greatest number that JSON readers of every kind keep exactly.
const mostNumber = 1<<53 - 1

func (numberKind) parts(*service.Field) []part {
	return []part{{kind: "text", inputMode: "numeric", width: 10}}
}
func (numberKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (numberKind) missing() *problem                                 { return wrong("", "form.number_missing") }

func (numberKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	digits, ok := digitsOf(typed.first(""), "")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n > mostNumber {
		return nil, wrong("", "form.number")
	}
	if least, err := strconv.ParseInt(f.Min, 10, 64); err == nil && n < least {
		return nil, wrong("", "form.number_min", "least", lang.Number(w.Lang, least))
	}
	if most, err := strconv.ParseInt(f.Max, 10, 64); err == nil && n > most {
		return nil, wrong("", "form.number_max", "most", lang.Number(w.Lang, most))
	}
	return float64(n), nil
}

func (numberKind) write(value any) (Typed, bool) {
	n, ok := wholeOf(value)
	return Typed{"": {strconv.FormatInt(n, 10)}}, ok
}

func (numberKind) words(w *walk, _ *service.Field, value any) string {
	n, _ := wholeOf(value)
	return lang.Number(w.Lang, n)
}

func wholeOf(value any) (int64, bool) {
	n, ok := value.(float64)
	return int64(n), ok && n >= 0 && n == math.Trunc(n) && n <= mostNumber
}

// moneyKind asks for an amount of roubles; it is kept in kopecks.
type moneyKind struct{}

func (moneyKind) parts(*service.Field) []part {
	return []part{{kind: "text", inputMode: "decimal", width: 12}}
}
func (moneyKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (moneyKind) missing() *problem                                 { return wrong("", "form.money_missing") }

func (moneyKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	amount, err := money.Parse(typed.first(""), money.RUB)
	if err != nil || amount.Currency != money.RUB || amount.Minor < 0 || amount.Minor > mostNumber {
		return nil, wrong("", "form.money")
	}
	var least, most service.Money
	if f.Min != "" && least.UnmarshalText([]byte(f.Min)) == nil && amount.Minor < int64(least) {
		return nil, wrong("", "form.money_min", "least", least.Amount().In(w.Lang))
	}
	if f.Max != "" && most.UnmarshalText([]byte(f.Max)) == nil && amount.Minor > int64(most) {
		return nil, wrong("", "form.money_max", "most", most.Amount().In(w.Lang))
	}
	return float64(amount.Minor), nil
}

func (moneyKind) write(value any) (Typed, bool) {
	n, ok := wholeOf(value)
	return Typed{"": {strings.TrimSuffix(service.Money(n).String(), " RUB")}}, ok
}

func (moneyKind) words(w *walk, _ *service.Field, value any) string {
	n, _ := wholeOf(value)
	return money.Roubles(n).In(w.Lang)
}

// textKind asks for one line, or several with a limit.
type textKind struct{ long bool }

const (
	mostLine = 200  // characters of one line without a limit of its own
	mostText = 4000 // of several lines; the check of definitions asks for a limit
)

func (k textKind) parts(*service.Field) []part {
	if k.long {
		return []part{{kind: "textarea"}}
	}
	return []part{{kind: "text"}}
}
func (textKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (textKind) missing() *problem                                 { return wrong("", "form.text_missing") }

func (k textKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	text := strings.ReplaceAll(strings.ReplaceAll(typed.first(""), "\r\n", "\n"), "\r", "\n")
	text = strings.TrimSpace(strings.Map(printable, text))
	if !k.long {
		text = strings.Join(strings.Fields(text), " ")
	}
	least, most := lengths(f)
	length := utf8.RuneCountInString(text)
	if text == "" {
		return nil, k.missing()
	}
	if length < least {
		return nil, wrong("", "form.text_short", "least", lang.Number(w.Lang, int64(least)))
	}
	if length > most {
		return nil, wrong("", "form.text_long", "most", lang.Number(w.Lang, int64(most)), "over", lang.Number(w.Lang, int64(length-most)))
	}
	return text, nil
}

// printable drops control characters, which no keyboard gives on purpose.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}

func lengths(f *service.Field) (int, int) {
	most := mostLine
	if f.Type == service.TypeLongText {
		most = mostText
	}
	if n, err := strconv.Atoi(f.Max); err == nil {
		most = n
	}
	least, err := strconv.Atoi(f.Min)
	if err != nil {
		least = 0
	}
	return least, most
}

func (textKind) write(value any) (Typed, bool) {
	text, ok := value.(string)
	return Typed{"": {text}}, ok
}

func (textKind) words(_ *walk, _ *service.Field, value any) string {
	text, _ := value.(string)
	return text
}
