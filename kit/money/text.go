package money

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"posad.city/kit/lang"
)

// ErrForm is returned for a text that is not a sum of money.
var ErrForm = errors.New("money: write the sum as 3000 or 3000,50")

const nbsp = "\u00a0"

// In writes the amount for people; the minor units only where there are some: 3 000 ₽, 3 000,50 ₽; 3,000.50 ₽. Its
// spaces do not break.
func (a Amount) In(l lang.Language) string {
	_, part := a.halves()
	return a.write(l, part != 0)
}

// Full writes the amount with its minor units always, for statements and tables: 3 000,00 ₽.
func (a Amount) Full(l lang.Language) string { return a.write(l, true) }

func (a Amount) write(l lang.Language, withPart bool) string {
	u := units[a.Currency]
	whole, part := a.halves()
	text := lang.Grouped(l, strconv.FormatUint(whole, 10))
	if a.Minor < 0 {
		text = "−" + text
	}
	if withPart && u.digits > 0 {
		text += lang.DecimalMark(l) + fmt.Sprintf("%0*d", u.digits, part)
	}
	if u.sign == "" {
		return text
	}
	return text + nbsp + u.sign
}

// Parse reads what people type: 3000; 3 000; 3 000,50 ₽; 3000.5 руб.; 3,000.50. Spaces of any kind and commas may group
// thousands; 1,234 alone is ErrForm, since it is a thousand times more to some than to others. The currency is the one named in the text, otherwise the one given; naming another one is ErrCurrency.
// Anything else, a minus included, is ErrForm; a sum out of range is ErrOverflow.
func Parse(text string, currency Currency) (Amount, error) {
	u, known := units[currency]
	if !known {
		return Amount{}, ErrCurrency
	}
	number, err := withoutSign(strings.TrimSpace(oneSpace.Replace(text)), u)
	if err != nil {
		return Amount{}, err
	}
	whole, part := cutPart(number, u.digits)
	digits, ok := ungroup(whole)
	if !ok || len(part) > u.digits || !onlyDigits(part) || part == "" && strings.Count(whole, ",") == 1 {
		return Amount{}, ErrForm
	}
	minor, err := strconv.ParseInt(digits+part+strings.Repeat("0", u.digits-len(part)), 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return Amount{}, ErrOverflow
	}
	if err != nil {
		return Amount{}, ErrForm
	}
	return Amount{minor, currency}, nil
}

// oneSpace makes plain spaces of those that keyboards, phones and copied tables give.
var oneSpace = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "\t", " ", "'", " ", "’", " ")

// withoutSign takes the currency off either end.
func withoutSign(text string, u unit) (string, error) {
	lower := strings.ToLower(text)
	for _, sign := range append([]string{u.sign}, u.others...) {
		if rest, ok := strings.CutSuffix(lower, strings.ToLower(sign)); ok {
			return strings.TrimSpace(rest), nil
		}
		if rest, ok := strings.CutPrefix(lower, strings.ToLower(sign)); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	for _, other := range units {
		if strings.Contains(text, other.sign) || strings.HasSuffix(lower, other.others[len(other.others)-1]) {
			return "", ErrCurrency
		}
	}
	return text, nil
}

// cutPart cuts the minor units off: the digits after the last comma or point, when there are no more of them than the
// currency has. A comma before three digits groups thousands.
func cutPart(number string, digits int) (string, string) {
	at := strings.LastIndexAny(number, ",.")
	if at < 0 || number[at] == ',' && len(number)-at-1 > digits {
		return number, ""
	}
	if at == len(number)-1 {
		return number, "" // a bare comma at the end: ungroup refuses it
	}
	return number[:at], number[at+1:]
}

// ungroup joins groups of three digits that one kind of mark separates; a number without marks passes as it is.
func ungroup(text string) (string, bool) {
	mark := " "
	if strings.Contains(text, ",") {
		mark = ","
	}
	groups := strings.Split(text, mark)
	for i, group := range groups {
		if !onlyDigits(group) || group == "" || len(groups) > 1 && (len(group) > 3 || i > 0 && len(group) != 3) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func onlyDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// wire is the form of an amount in JSON; clients get whole minor units and nothing to round.
type wire struct {
	Minor    int64    `json:"minor"`
	Currency Currency `json:"currency"`
}

// MarshalJSON writes {"minor":300050,"currency":"RUB"}.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(wire(a)) }

// UnmarshalJSON reads what MarshalJSON wrote, strictly.
func (a *Amount) UnmarshalJSON(content []byte) error {
	var w wire
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w); err != nil {
		return fmt.Errorf("money: want {\"minor\": 300050, \"currency\": \"RUB\"}: %w", err)
	}
	if w == (wire{}) {
		*a = Amount{}
		return nil
	}
	got, err := Of(w.Minor, w.Currency)
	*a = got
	return err
}

// MarshalYAML writes 3000.50 RUB.
func (a Amount) MarshalYAML() (any, error) { return a.String(), nil }

// UnmarshalYAML reads the form of data files: a number and a currency code, as 3000 RUB or 3000.50 RUB.
func (a *Amount) UnmarshalYAML(node ast.Node) error {
	got, err := parseData(node)
	if err != nil {
		return &yaml.SyntaxError{Message: "write the sum with its currency, for example 3000 RUB or 3000.50 RUB", Token: node.GetToken()}
	}
	*a = got
	return nil
}

func parseData(node ast.Node) (Amount, error) {
	scalar, ok := node.(*ast.StringNode)
	if !ok {
		return Amount{}, ErrForm
	}
	number, code, ok := strings.Cut(scalar.Value, " ")
	if !ok || len(code) != 3 {
		return Amount{}, ErrForm
	}
	return Parse(number, Currency(code))
}
