package exchange

import (
	"encoding/json"
	"strconv"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// Says is what a known certificate says, in words: the register's values in its order. Values of a register that the
// city no longer has are shown under their names.
func (m *Module) Says(c Certificate, l lang.Language) []Line {
	if c.State != Known {
		return nil
	}
	register, ok := m.register(c.Register)
	if !ok {
		return nil
	}
	out := make([]Line, 0, len(register.Values))
	for i := range register.Values {
		v := &register.Values[i]
		if value, ok := c.Values[v.Name]; ok {
			if text := m.say(v, value, l); text != "" {
				out = append(out, Line{Title: v.Title.In(l), Text: text})
			}
		}
	}
	return out
}

func (m *Module) say(v *service.Value, value any, l lang.Language) string {
	switch v.Type {
	case "text":
		return m.sayText(v, value, l)
	case "yes-no":
		yes, _ := value.(bool)
		return m.base.Texts.Text(l, "exchange.says."+strconv.FormatBool(yes))
	case "number":
		n, ok := number(value)
		if !ok {
			return ""
		}
		return strconv.FormatInt(n, 10)
	case "money":
		n, ok := number(value)
		if !ok {
			return ""
		}
		return money.Amount{Minor: n, Currency: money.RUB}.In(l)
	case "date":
		text, _ := value.(string)
		day, err := calendar.ParseDate(text)
		if err != nil {
			return ""
		}
		return lang.Date(l, day)
	case "texts":
		return sayTexts(value)
	case "records":
		return m.sayRecords(v, value, l)
	}
	return ""
}

// sayText says a register's own words for a value, or the address that a reference of the address register names.
func (m *Module) sayText(v *service.Value, value any, l lang.Language) string {
	text, _ := value.(string)
	if words, ok := v.Words[text]; ok {
		return words.In(l)
	}
	if city := m.deps.City(); city != nil && strings.Contains(text, ":") {
		if address, ok := city.Addresses().ByReference(text); ok {
			return address.Text
		}
	}
	return text
}

func sayTexts(value any) string {
	list, _ := value.([]any)
	parts := make([]string, 0, len(list))
	for _, item := range list {
		if text, ok := item.(string); ok && text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// sayRecords puts each record on a line of its own.
func (m *Module) sayRecords(v *service.Value, value any, l lang.Language) string {
	list, _ := value.([]any)
	lines := make([]string, 0, len(list))
	for _, item := range list {
		record, _ := item.(map[string]any)
		var parts []string
		for i := range v.Fields {
			if text := m.say(&v.Fields[i], record[v.Fields[i].Name], l); text != "" {
				parts = append(parts, text)
			}
		}
		lines = append(lines, strings.Join(parts, ", "))
	}
	return strings.Join(lines, "\n")
}

func number(value any) (int64, bool) {
	switch n := value.(type) {
	case int64:
		return n, true
	case json.Number:
		whole, err := n.Int64()
		return whole, err == nil
	}
	return 0, false
}

// LookText is what a look that an answer left is called: the register's name. False when it is no such look or the city
// no longer has the register.
func (m *Module) LookText(what string, l lang.Language) (string, bool) {
	key, ok := strings.CutPrefix(what, lookPrefix)
	if !ok {
		return "", false
	}
	register, ok := m.register(key)
	if !ok {
		return "", false
	}
	return register.Title.In(l), true
}

// Needed is what a service needs the register of a look for, in its own words; empty for any other look, and
// when the service asks that register no more.
func (m *Module) Needed(service, what string, l lang.Language) string {
	key, ok := strings.CutPrefix(what, lookPrefix)
	city := m.city()
	if !ok || city == nil {
		return ""
	}
	s, ok := city.Service(service)
	if !ok {
		return ""
	}
	for _, c := range s.Certificates {
		if c.Register == key {
			return c.Needed.In(l)
		}
	}
	return ""
}

// registerTitle is a register in words; its key when the city no longer has it.
func (m *Module) registerTitle(key string, l lang.Language) string {
	if register, ok := m.register(key); ok {
		return register.Title.In(l)
	}
	if words := "exchange.provided." + key; m.base.Texts != nil && m.base.Texts.Has(words) {
		return m.base.Texts.Text(l, words)
	}
	return key
}

// agencyTitle is the short name of the agency that keeps a register; empty when the city no longer has it.
func (m *Module) agencyTitle(register string, l lang.Language) string {
	r, ok := m.register(register)
	if !ok {
		return ""
	}
	return m.agencyName(r.Agency, l)
}

func (m *Module) agencyName(key string, l lang.Language) string {
	city := m.city()
	if city == nil {
		return key
	}
	if a, ok := city.Agency(key); ok {
		return a.Short.In(l)
	}
	return key
}
