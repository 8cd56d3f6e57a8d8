package ui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestViewPresses(t *testing.T) {
	t.Parallel()
	plain := View{Theme: "light", Scale: "100", Images: "on", Spacing: "normal", Face: "sans"}
	tests := []struct {
		name, value string
		from, want  View
	}{
		{"scheme", "blue", View{}, View{Theme: "light", Scheme: "blue", Scale: "100", Images: "on", Spacing: "normal", Face: "sans"}},
		{"scheme", "pink", View{}, plain},
		{"colour", "blue", View{}, plain},
		{"scale", "1000", View{}, plain},
		{"off", "1", View{Theme: "dark", Scheme: "black", Scale: "200"}, View{Theme: "dark", Scale: "100", Images: "on", Spacing: "normal", Face: "sans"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, test.from.With(test.name, test.value)); diff != "" {
			t.Errorf("%s=%s: %s", test.name, test.value, diff)
		}
	}
}

func TestViewSurvivesItsCookie(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var v View
		for _, choice := range choices {
			v = v.With(choice.name, rapid.SampledFrom(choice.values).Draw(r, choice.name))
		}
		if back := ParseView(v.String()); back != v {
			r.Fatalf("%+v came back as %+v", v, back)
		}
	})
}

func FuzzParseView(f *testing.F) {
	f.Add("dark.black.200.off.wide.serif")
	f.Add("")
	f.Add(`".><script>.1.2.3.4`)
	f.Fuzz(func(t *testing.T, text string) {
		v := ParseView(text)
		if v != v.complete() {
			t.Errorf("%q gave a view that is not known: %+v", text, v)
		}
	})
}
