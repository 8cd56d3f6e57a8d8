package service

import "testing"

const (
	fined = "charges/fine.yaml"
	rates = "rates.yaml"
)

// chargeSlips are those of kinds of bills.
var chargeSlips = []change{
	{"bad_key", fined, "charge: fine", "charge: ¦Fine"},
	{"charge_reserved", fined, "charge: fine", "charge: ¦fee"},
	{"unknown_reference", fined, "agency: transport", "agency: ¦transprot"},
	{"unknown_reference", fined, "contest: permit", "contest: ¦permits"},
	{"unknown_reference", fined, "rate: key", "rate: ¦central"},
	{"bad_count", fined, "days: 60", "days: ¦4000"},
	{"bad_count", fined, "percent: 25", "percent: ¦100"},
	{"bad_count", fined, "cap: 100", "cap: ¦2000"},
	{"bad_count", fined, "most: 6", "most: ¦1"},
	{"bad_count", fined, "every: 1", "every: ¦13"},
	{"bad_count", fined, "{from: 1, share", "{from: ¦0, share"},
	{"charge_discount_late", fined, "days: 30", "days: ¦61"},
	{"duplicate_key", fined, "- {by: snils}", "- {by: ¦number}"},
	{"charge_open_person", fined, "- {by: snils}", "- {by: person, open: ¦true}"},
	{"charge_open_second", fined, "- {by: snils}", "- {by: snils, open: ¦true}"},
	{"charge_second_closed", fined, "- {by: snils}", "- {by: snils, second: ¦{ru: ИНН, en: INN}}"},
	{"not_rising", fined, "from: 91", "from: ¦1"},
	{"charge_share", fined, "1/150", "¦150"},
	{"charge_share", fined, "1/150", "¦3/2"},
	{"wrong_word", fined, "by: snils", "by: ¦passport"},
	{"charge_percent_text", rates, `"16.00"`, `¦"16,00"`},
	{"not_rising", rates, "from: 2025-12-22", "from: ¦2025-10-01"},
	{"bad_date", rates, "from: 2025-12-22", "from: ¦2025-12-32"},
	{"bad_key", rates, "rate: key", "rate: ¦Key"},
}

func TestARateIsReadExactly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"16.50": 1650, "16.5": 1650, "7": 700, "0.01": 1, "1000": 100_000} {
		if got, ok := RatePoints(text); !ok || got != want {
			t.Errorf("%q: %d %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "16,5", "16.", ".5", "-1", "1e3", "16.505", "1001", "1000.01", "key", "١"} {
		if got, ok := RatePoints(text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}
