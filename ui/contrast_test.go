package ui

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tokens are the custom properties of one block of styles.
type tokens map[string]string

var declaration = regexp.MustCompile(`(--[\w-]+):\s*([^;]+);`)

// block reads the properties between a selector and the end of its rule.
func block(t *testing.T, css, selector string) tokens {
	t.Helper()
	_, rest, found := strings.Cut(css, selector+" {")
	if !found {
		t.Fatalf("the styles have no %q", selector)
	}
	body, _, _ := strings.Cut(rest, "}")
	out := tokens{}
	for _, pair := range declaration.FindAllStringSubmatch(body, -1) {
		out[pair[1]] = strings.TrimSpace(pair[2])
	}
	return out
}

// over lays later blocks on earlier ones, as the cascade does.
func over(blocks ...tokens) tokens {
	out := tokens{}
	for _, b := range blocks {
		for name, value := range b {
			out[name] = value
		}
	}
	return out
}

// colour follows var() to a colour.
func (t tokens) colour(name string) (float64, error) {
	value := t[name]
	for range 5 {
		if inner, ok := strings.CutPrefix(value, "var("); ok {
			value = t[strings.TrimSuffix(inner, ")")]
		}
	}
	if !isColour(value) {
		return 0, fmt.Errorf("%s is %q, not a colour", name, value)
	}
	number, err := strconv.ParseUint(value[1:], 16, 32)
	if err != nil {
		return 0, err
	}
	channel := func(shift uint) float64 {
		v := float64(number>>shift&0xff) / 255
		if v <= 0.03928 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0), nil
}

// pairs are the colours that meet on a page, and the least contrast between them (WCAG 2.2, 1.4.3 and 1.4.11).
func pairs() []struct {
	ink, field string
	least      float64
} {
	type pair = struct {
		ink, field string
		least      float64
	}
	var out []pair
	for _, field := range []string{"--c-bg", "--c-bg-2", "--c-surface", "--c-surface-2"} {
		for _, ink := range []string{"--c-text", "--c-text-2", "--c-link", "--c-link-hover", "--c-danger", "--c-success", "--c-warning"} {
			out = append(out, pair{ink, field, 4.5})
		}
		out = append(out, pair{"--c-line-2", field, 3}, pair{"--c-focus", field, 3})
	}
	for _, tone := range []string{"success", "warning", "danger", "info"} {
		out = append(out, pair{"--c-" + tone, "--c-" + tone + "-bg", 4.5}, pair{"--c-text", "--c-" + tone + "-bg", 4.5})
	}
	for _, topic := range []string{"ice", "mint", "apricot", "sand", "lilac", "rose"} {
		out = append(out, pair{"--t-" + topic + "-i", "--t-" + topic, 4.5})
	}
	return append(out,
		pair{"--c-text", "--c-surface-3", 4.5}, pair{"--c-on-brand", "--c-brand", 4.5}, pair{"--c-on-brand", "--c-brand-hover", 4.5}, pair{"--c-on-brand", "--c-brand-active", 4.5},
		pair{"--c-on-brand-soft", "--c-brand-soft", 4.5}, pair{"--c-link", "--c-brand-soft", 4.5}, pair{"--c-on-hero", "--c-hero", 4.5}, pair{"--c-on-hero-2", "--c-hero", 4.5},
		pair{"--c-on-deep", "--c-deep", 4.5}, pair{"--c-on-deep-2", "--c-deep", 4.5}, pair{"--c-on-accent", "--c-accent", 4.5}, pair{"--c-on-accent", "--c-accent-hover", 4.5},
		pair{"--c-surface", "--c-danger-line", 4.5}, pair{"--c-danger-line", "--c-bg", 3},
	)
}

func TestContrastOfEveryPairInEveryView(t *testing.T) {
	t.Parallel()
	base, modes := read(t, "css/20-tokens.css"), read(t, "css/90-modes.css")
	light := block(t, base, ":root")
	dark := over(light, block(t, modes, ":root[data-theme=dark]"))
	view := block(t, modes, ":root[data-view]")
	views := map[string]tokens{"light": light, "dark": dark}
	for _, scheme := range []string{"white", "black", "blue", "sepia"} {
		colours := block(t, modes, ":root[data-view="+scheme+"]")
		views[scheme], views["dark under "+scheme] = over(light, view, colours), over(dark, view, colours)
	}
	for name, set := range views {
		for _, pair := range pairs() {
			least := pair.least
			if name != "light" && name != "dark" {
				least = 7 // the large-type view promises more than the law of the ordinary one
			}
			if got := contrast(t, set, pair.ink, pair.field); got < least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", name, pair.ink, pair.field, got, least)
			}
		}
	}
}

func TestTheDevicesDarkIsTheChosenDark(t *testing.T) {
	t.Parallel()
	modes := read(t, "css/90-modes.css")
	chosen, device := block(t, modes, ":root[data-theme=dark]"), block(t, modes, ":root[data-theme=auto]")
	for name, value := range chosen {
		if device[name] != value {
			t.Errorf("%s is %s when dark is chosen and %q when the device is dark", name, value, device[name])
		}
	}
}

func contrast(t *testing.T, set tokens, ink, field string) float64 {
	t.Helper()
	a, err := set.colour(ink)
	if err != nil {
		t.Fatal(err)
	}
	b, err := set.colour(field)
	if err != nil {
		t.Fatal(err)
	}
	return (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
