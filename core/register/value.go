package register

import (
	"strconv"
	"strings"

	"posad.city/core/document"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// valueMost is the longest value of a field, in characters.
const valueMost = 2000

// plain is a value as it is compared: small letters, ё as е, one space between words.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Join(strings.Fields(text), " ")), "ё", "е")
}

// clean reads what somebody wrote for a field into its one form; false when it is no value of the type.
func clean(kind, text string) (string, bool) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || len([]rune(text)) > valueMost {
		return "", false
	}
	switch kind {
	case "date":
		day, err := calendar.ParseDate(text)
		return day.String(), err == nil
	case "number":
		return cleanNumber(text)
	case "money":
		return cleanMoney(text)
	case "yes-no":
		return cleanYesNo(text)
	}
	return form.Clean(service.Type(kind), text)
}

// cleanNumber takes a whole number as people write it: 12 000, −3.
func cleanNumber(text string) (string, bool) {
	text = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "−", "-").Replace(text)
	n, err := strconv.ParseInt(text, 10, 64)
	return strconv.FormatInt(n, 10), err == nil
}

// cleanMoney takes a sum in roubles as people and documents write it: 3 000,50 ₽. Its one form is 3000.50 RUB.
func cleanMoney(text string) (string, bool) {
	sum, err := money.Parse(text, money.RUB)
	return sum.String(), err == nil
}

// The one form of what is so and what is not.
const (
	yes = "yes"
	no  = "no"
)

// cleanYesNo takes the word of either language.
func cleanYesNo(text string) (string, bool) {
	word, known := map[string]string{"да": yes, "yes": yes, "true": yes, "нет": no, "no": no, "false": no}[plain(text)]
	return word, known
}

// same is a text that is the same in every language.
func same(text string) lang.Text { return lang.Text{RU: text, EN: text} }

// valuesOf takes an entry's values out of a result. A line that can't be read as its field's type is kept as it is written:
// nothing is lost, and it is found by what it says.
func valuesOf(r *service.OwnRegister, s *service.OwnSource, d document.Result) Values {
	out := Values{}
	for key, source := range s.Fields {
		f, ok := r.Field(key)
		if !ok {
			continue
		}
		if value := valueOf(f, source, d); !value.IsZero() {
			out[key] = value
		}
	}
	return out
}

func valueOf(f *service.OwnField, source string, d document.Result) lang.Text {
	switch source {
	case service.FromNumber:
		return same(d.Number)
	case service.FromFrom:
		return same(d.From.String())
	case service.FromUntil:
		if d.Until.IsZero() {
			return lang.Text{}
		}
		return same(d.Until.String())
	}
	fact, _ := service.FactOf(source)
	for _, line := range d.Facts {
		if line.Key != fact || line.Value.IsZero() {
			continue
		}
		if f.Type == "text" || f.Type == "name" || f.Type == "address" {
			return line.Value
		}
		if value, ok := clean(f.Type, line.Value.RU); ok {
			return same(value)
		}
		return line.Value
	}
	return lang.Text{}
}

// show is a value in words.
func (m *Module) show(f *service.OwnField, value lang.Text, l lang.Language) string {
	text := value.In(l)
	switch f.Type {
	case "plate":
		if plate, ok := clean(f.Type, text); ok {
			return form.ShowPlate(plate)
		}
	case "date":
		if day, err := calendar.ParseDate(text); err == nil {
			return lang.Date(l, day)
		}
	case "number":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return lang.Number(l, n)
		}
	case "money":
		if sum, err := money.Parse(text, money.RUB); err == nil {
			return sum.In(l)
		}
	case "yes-no":
		if text == yes || text == no {
			return m.text(l, "register.word."+text)
		}
	}
	return text
}

// inWords is a value as a document has it.
func (m *Module) inWords(f *service.OwnField, value lang.Text) lang.Text {
	if value.IsZero() {
		return value
	}
	return lang.Text{RU: m.show(f, value, lang.Russian), EN: m.show(f, value, lang.English)}
}

// alike tells whether two entries' values agree in the fields.
func alike(a, b Values, fields []string) bool {
	for _, f := range fields {
		if plain(a[f].RU) != plain(b[f].RU) || a[f].RU == "" {
			return false
		}
	}
	return true
}
