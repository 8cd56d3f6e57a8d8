package ui

import (
	"slices"
)

// View is how a person wants pages shown. Scheme turns the large-type view on (GOST R 52872-2019); the fields after it
// mean something only then. A value that is not one of those named is read as the first.
type View struct {
	Theme   string // light, dark, auto (as the device says)
	Scheme  string // empty: the ordinary view; white, black, blue, sepia
	Scale   string // 100, 150, 200 (per cent)
	Images  string // on, off
	Spacing string // normal, wide
	Face    string // sans, serif
}

// choices lists what each switch may be; the first is the default.
var choices = []struct {
	name   string
	values []string
	of     func(*View) *string
}{
	{"theme", []string{"light", "dark", "auto"}, func(v *View) *string { return &v.Theme }},
	{"scheme", []string{"", "white", "black", "blue", "sepia"}, func(v *View) *string { return &v.Scheme }},
	{"scale", []string{"100", "150", "200"}, func(v *View) *string { return &v.Scale }},
	{"images", []string{"on", "off"}, func(v *View) *string { return &v.Images }},
	{"spacing", []string{"normal", "wide"}, func(v *View) *string { return &v.Spacing }},
	{"face", []string{"sans", "serif"}, func(v *View) *string { return &v.Face }},
}

// ViewFields are the names of the fields that the view bar posts to /view, one a press; ViewOff ends the large-type view.
var ViewFields = []string{"theme", "scheme", "scale", "images", "spacing", "face", ViewOff}

// ViewOff is the field that ends the large-type view and keeps the theme.
const ViewOff = "off"

// With returns the view after one press in the view bar. What is not a switch, or not a value of it, changes nothing.
func (v View) With(name, value string) View {
	out := v.complete()
	if name == ViewOff {
		return View{Theme: out.Theme}.complete()
	}
	for _, choice := range choices {
		if choice.name == name && slices.Contains(choice.values, value) {
			*choice.of(&out) = value
		}
	}
	return out
}

// complete replaces every value that is not known by its default.
func (v View) complete() View {
	for _, choice := range choices {
		if field := choice.of(&v); !slices.Contains(choice.values, *field) {
			*field = choice.values[0]
		}
	}
	return v
}

// is says whether a switch stands at the value.
func (v View) is(name, value string) bool {
	v = v.complete()
	for _, choice := range choices {
		if choice.name == name {
			return *choice.of(&v) == value
		}
	}
	return false
}

// viewGroups are the rows of the view bar; a sign stands for the words where there is little room, with a mark after it.
var viewGroups = []struct {
	name   string
	values []string
	sign   string            // key of the sign; empty: words
	mark   map[string]string // after the sign
}{
	{"scale", []string{"100", "150", "200"}, "view_scale_sign", map[string]string{"150": "+", "200": "++"}},
	{"scheme", []string{"white", "black", "blue", "sepia"}, "view_scheme_sign", nil},
	{"images", []string{"on", "off"}, "", nil},
	{"spacing", []string{"normal", "wide"}, "", nil},
	{"face", []string{"sans", "serif"}, "", nil},
}
