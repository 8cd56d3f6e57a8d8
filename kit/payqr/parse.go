package payqr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// head is the standard's mark and version, before the digit of the character set.
const head = "ST0001"

// Parse reads the bytes of a code. Errors: ErrNotPayment, ErrField.
func Parse(code []byte) (Details, error) {
	if len(code) > wholeMost+len(head)+1 || len(code) < len(head)+2 || string(code[:len(head)]) != head {
		return Details{}, ErrNotPayment
	}
	text, err := toText(Charset(code[len(head)]), code[len(head)+1:])
	if err != nil {
		return Details{}, err
	}
	return parse(text)
}

// ParseText reads the text of a code that a scanner or a browser has turned into characters already, so that the digit of
// the character set says nothing any more. Errors: as Parse.
func ParseText(text string) (Details, error) {
	text = strings.TrimSpace(text)
	if len(text) > 2*wholeMost || len(text) < len(head)+2 || !strings.EqualFold(text[:len(head)], head) || !utf8.ValidString(text) {
		return Details{}, ErrNotPayment
	}
	if c := Charset(text[len(head)]); c != Windows1251 && c != UTF8 && c != KOI8R {
		return Details{}, ErrNotPayment
	}
	return parse(text[len(head)+1:])
}

func parse(text string) (Details, error) {
	separator, size := utf8.DecodeRuneInString(text)
	if size == 0 || separator >= utf8.RuneSelf || separator <= ' ' || separator == '=' || isWord(separator) {
		return Details{}, ErrNotPayment
	}
	var d Details
	found := map[string]string{}
	for part := range strings.SplitSeq(text[size:], string(separator)) {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		value = strings.TrimSpace(value)
		switch {
		case part == "" || ok && value == "": // a separator at the end, a requisite left open
			continue
		case !ok:
			return Details{}, fault(part)
		}
		if known, ok := spelling[strings.ToLower(key)]; ok {
			key = known
		}
		low := strings.ToLower(key)
		if _, twice := found[low]; twice || len(found) > fieldsMost {
			return Details{}, fault(key)
		}
		found[low] = value
		if !required(key) {
			d.Fields = append(d.Fields, Field{key, value})
		}
	}
	return d.fill(found)
}

// fill sets the named requisites and checks the whole.
func (d Details) fill(found map[string]string) (Details, error) {
	d.Name, d.Account, d.Bank, d.BIC, d.Correspondent = found["name"], found["personalacc"], found["bankname"], found["bic"], found["correspacc"]
	if d.Correspondent == "" {
		d.Correspondent = "0"
	}
	if sum, ok := found["sum"]; ok {
		n, err := strconv.ParseUint(sum, 10, 60)
		if err != nil {
			return Details{}, fault("Sum")
		}
		d.Sum = int64(n) //nolint:gosec // 60 bits
	}
	if err := d.check(); err != nil {
		return Details{}, err
	}
	return d, nil
}

func required(key string) bool {
	if key == "Sum" {
		return true
	}
	for _, one := range must {
		if one == key {
			return true
		}
	}
	return false
}

func isWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

func table(c Charset) (encoding.Encoding, error) {
	switch c {
	case Windows1251:
		return charmap.Windows1251, nil
	case KOI8R:
		return charmap.KOI8R, nil
	case UTF8:
		return encoding.Nop, nil
	}
	return nil, ErrNotPayment
}

func toText(c Charset, b []byte) (string, error) {
	t, err := table(c)
	if err != nil {
		return "", err
	}
	out, err := t.NewDecoder().Bytes(b)
	if err != nil || !utf8.Valid(out) {
		return "", ErrNotPayment
	}
	return string(out), nil
}

func fromText(c Charset, text string) ([]byte, error) {
	t, err := table(c)
	if err != nil {
		return nil, err
	}
	out, err := t.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%w: a character that the character set has not: %w", ErrField, err)
	}
	return out, nil
}
