package ui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
