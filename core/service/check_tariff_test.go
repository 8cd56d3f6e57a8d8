package service

import (
	"strings"
	"testing"

	"posad.city/kit/calendar"
)

const (
	bills  = "utilities.yaml"
	water  = "tariffs/cold-water.yaml"
	energy = "tariffs/power.yaml"
)

// tariffSlips are those of the monthly bill of a flat.
var tariffSlips = []change{
	{"unknown_reference", bills, "agency: transport", "agency: ¦transprot"},
	{"unknown_reference", bills, "payee: water", "payee: ¦watr"},
	{"bad_count", bills, "due: 15", "due: ¦31"},
	{"bad_count", bills, "closes: 25", "closes: ¦14"},
	{"bad_count", bills, "percent: 50", "percent: ¦150"},
	{"not_rising", bills, "classes: [40, 60]", "classes: [40, ¦40]"},
	{"bad_requisite", bills, `inn: "5260000001"`, `inn: ¦"52600"`},
	{"bad_requisite", bills, `bic: "042202001"`, `bic: ¦"04220200X"`},
	{"no_payment_code", bills, "{ru: Водоканал,", "¦{ru: " + strings.Repeat("Ж", 161) + ","},
	{"no_payment_code", bills, "{ru: Банк,", "¦{ru: " + strings.Repeat("Ж", 46) + ","},
	{"benefit_size", bills, "- {key: veteran,", "- ¦{key: veteran, fixed: 100.00 RUB,"},
	{"tariff_alone", bills, "-", ""},
	{"bad_decimal", water, `price: "48.93"`, `price: ¦"48.93 ₽"`},
	{"bad_decimal", water, `price: "53.33"`, `price: ¦1e3`},
	{"unknown_reference", water, "provider: water", "provider: ¦watr"},
	{"not_rising", water, "from: 2026-07-01", "from: ¦2025-07-01"},
	{"bad_date", water, "from: 2026-07-01", "from: ¦2026-07-32"},
	{"price_one", water, `{from: 2026-07-01, price: "53.33",`, `¦{from: 2026-07-01,`},
	{"price_one", water, `{from: 2026-07-01, price: "53.33",`, `¦{from: 2026-07-01, price: "53.33", heat: {price: "3000", norm: "0.05"},`},
	{"norm_one", water, `person: "4.745"`, `person: "4.745", area: "1"`},
	{"tariff_norm", water, "norms:\n  - {from: 2025-01-01, person: \"4.745\", factor: \"1.5\", law: {ru: Приказ, en: Order}}\n", ""},
	{"band_wrong", energy, `{to: "6000", price`, `¦{to: "3000", price`},
	{"band_wrong", energy, `{price: "14.5"}`, `¦{to: "9000", price: "14.5"}`},
	{"duplicate_key", energy, "{key: night,", "{key: ¦day,"},
	{"bad_count", energy, "11, 12]", "11, ¦13]"},
}

func TestTariffBetween(t *testing.T) {
	t.Parallel()
	city, faults := LoadCity(smallCity(t))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	tariff, _ := city.Tariff("cold-water")
	for _, test := range []struct {
		first, last string
		want        []string
	}{
		{"2026-06-01", "2026-06-30", []string{"2025-07-01"}},
		{"2026-07-01", "2026-07-31", []string{"2026-07-01"}},
		{"2026-06-15", "2026-07-14", []string{"2025-07-01", "2026-07-01"}},
		{"2024-06-01", "2024-06-30", nil},
	} {
		got := tariff.Between(calendar.MustDate(test.first), calendar.MustDate(test.last)).Prices
		if len(got) != len(test.want) {
			t.Fatalf("%s: %v", test.first, got)
		}
		for i := range got {
			if got[i].From != test.want[i] {
				t.Errorf("%s: price from %s, want %s", test.first, got[i].From, test.want[i])
			}
		}
	}
}
