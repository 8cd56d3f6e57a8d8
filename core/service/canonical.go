package service

import (
	"strings"

	"posad.city/kit/calendar"
)

// canonical makes a field's answer of a value that the city knows; false when it does not fit.
func (r *Rules) canonical(f *Field, value any) (any, bool) {
	switch v := value.(type) {
	case calendar.Date:
		return v.String(), !v.IsZero()
	case int64:
		return float64(v), true
	case []string:
		out := make([]any, len(v))
		for i, text := range v {
			out[i] = text
		}
		return out, len(v) > 0
	case string:
		return r.canonicalText(f, v)
	case bool:
		return v, true
	}
	return nil, false
}

func (r *Rules) canonicalText(f *Field, text string) (any, bool) {
	switch f.Type {
	case TypeAddress:
		if f.House {
			text, _, _ = strings.Cut(text, "/")
			a, _, ok := r.city.compiled.addresses.House(text)
			return a.Answer(), ok
		}
		a, ok := r.city.compiled.addresses.ByReference(text)
		return a.Answer(), ok
	case TypeVehicle:
		return map[string]any{"plate": text, "model": "", "own": true}, text != ""
	}
	return text, text != ""
}

// Answer is the address as an answer's JSON value.
func (a Address) Answer() map[string]any {
	zones := map[string]any{}
	for kind, zone := range a.Zones {
		zones[kind] = zone
	}
	return map[string]any{"id": a.ID, "flat": a.Flat, "text": a.Text, "text_en": a.TextEN, "district": a.District, "zones": zones}
}
