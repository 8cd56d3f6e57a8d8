package page

import (
	"posad.city/kit/fault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// FaultText is what is wrong with a field of a form, in the page's language; empty when nothing is.
func FaultText(c *web.Context, faults []fault.Field, name string) string {
	for _, f := range faults {
		if f.Name == name {
			return c.FieldText(f)
		}
	}
	return ""
}

// FaultLines are the faults of a form for the list at its top, which leads to each field.
func FaultLines(c *web.Context, faults []fault.Field) []ui.FaultLine {
	out := make([]ui.FaultLine, len(faults))
	for i, f := range faults {
		out[i] = ui.FaultLine{Name: f.Name, Text: c.FieldText(f)}
	}
	return out
}

// Optional is a question that may be left without an answer.
func Optional(f ui.Field) ui.Field {
	f.Optional = true
	return f
}
