package utility

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

func dec(t testing.TB, text string) Decimal {
	t.Helper()
	d, err := decimal.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

func month(t testing.TB, text string) Period {
	t.Helper()
	p, ok := ParsePeriod(text)
	if !ok {
		t.Fatalf("%s is no month", text)
	}
	return p
}

func cold(t testing.TB) service.Tariff {
	return service.Tariff{
		Key: "cold-water", Kind: "cold-water", Order: 10, Unit: "m3", By: "meter", Rounding: "half-up",
		Prices: []service.TariffPrice{{From: "2026-01-01", Price: dec(t, "42.07")}},
		Norms:  []service.TariffNorm{{From: "2025-01-01", Person: dec(t, "4.745"), Factor: dec(t, "1.5")}},
	}
}

func hot(t testing.TB) service.Tariff {
	out := cold(t)
	out.Key, out.Kind, out.Order = "hot-water", "hot-water", 20
	out.Prices = []service.TariffPrice{{From: "2026-01-01", Price: dec(t, "42.07"), Heat: &service.TariffHeat{Price: dec(t, "2964.15"), Norm: dec(t, "0.0607")}}}
	out.Norms = []service.TariffNorm{{From: "2025-01-01", Person: dec(t, "3.194"), Factor: dec(t, "1.5")}}
	return out
}

func drains(t testing.TB) service.Tariff {
	return service.Tariff{Key: "drainage", Kind: "drainage", Order: 30, Unit: "m3", By: "drains", Rounding: "half-up", Prices: []service.TariffPrice{{From: "2026-01-01", Price: dec(t, "33.68")}}}
}

func heating(t testing.TB) service.Tariff {
	return service.Tariff{Key: "heating", Kind: "heating", Order: 40, Unit: "Gcal", By: "area", Rounding: "half-up",
		Prices: []service.TariffPrice{{From: "2026-01-01", Price: dec(t, "2964.15")}}, Norms: []service.TariffNorm{{From: "2025-01-01", Area: dec(t, "0.0164")}}}
}

func power(t testing.TB) service.Tariff {
	zones := func(day, night string) []service.TariffZone {
		return []service.TariffZone{{Key: "day", Price: dec(t, day)}, {Key: "night", Price: dec(t, night)}}
	}
	return service.Tariff{Key: "power", Kind: "power", Order: 50, Unit: "kWh", By: "meter", Rounding: "half-up",
		Prices: []service.TariffPrice{{From: "2026-01-01", Bands: []service.TariffBand{{To: dec(t, "3900"), Zones: zones("6.02", "2.99")}, {To: dec(t, "6000"), Zones: zones("7.83", "3.89")}, {Zones: zones("12.04", "5.98")}}}},
		Norms:  []service.TariffNorm{{From: "2025-01-01", Person: dec(t, "85"), Factor: dec(t, "1.5")}}}
}

func upkeep(t testing.TB) service.Tariff {
	return service.Tariff{Key: "upkeep", Kind: "upkeep", Order: 70, Unit: "m2", By: "area", Rounding: "half-up", Prices: []service.TariffPrice{{From: "2026-01-01", Price: dec(t, "33.45")}}}
}

func meter(t testing.TB, tariff, from, to string) Meter {
	d := Dial{From: dec(t, from), Usual: dec(t, "5"), Known: 6}
	if to != "" {
		d.To, d.Read, d.Day = dec(t, to), true, calendar.MustDate("2026-06-20")
	}
	return Meter{ID: id.Derived("meter", tariff), Tariff: tariff, Serial: "18-204", Verified: calendar.MustDate("2030-01-01"), Dials: []Dial{d}}
}

func flat(t testing.TB, tariffs ...service.Tariff) Input {
	return Input{Period: month(t, "2026-06"), Area: dec(t, "52.3"), People: 3, Estimates: 3, Tariffs: tariffs}
}

// short is a line as a reader of the test checks it by hand.
func short(b Bill) []string {
	var out []string
	for _, l := range b.Lines {
		text := l.Tariff
		if l.Part != "" {
			text += "/" + l.Part
		}
		text += " " + string(l.Basis) + " " + l.Quantity.String() + "×" + l.Per.String() + "×" + l.Price.String() + "×" + l.Factor.String() + " = " + kopecks(l.Full)
		if l.Benefit != 0 {
			text += " " + kopecks(l.Benefit)
		}
		if l.Recalc != 0 {
			text += " " + kopecks(l.Recalc)
		}
		out = append(out, text)
	}
	return out
}

// handCase is a bill that was worked by hand.
type handCase struct {
	change func(*Input)
	want   []string
	total  int64
}

// readings are the cases of what a meter counts, and of what stands in its place.
func readings(t testing.TB) map[string]handCase {
	return map[string]handCase{
		"a meter: 7 m³": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Meters = []Meter{meter(t, "cold-water", "340", "347")}
			},
			[]string{"cold-water meter 7×1×42.07×1 = 294.49"}, 29449,
		},
		"no meter: 3 people by the norm, half as much again": {
			func(in *Input) { in.Tariffs = []service.Tariff{cold(t)} },
			[]string{"cold-water norm 14.235×1×42.07×1.5 = 898.30"}, 89830, // 14.235 · 42.07 = 598.86645, · 1.5 = 898.299675
		},
		"no meter, and none can be put in": {
			func(in *Input) { in.Tariffs = []service.Tariff{cold(t)}; in.NoMeter = true },
			[]string{"cold-water norm 14.235×1×42.07×1 = 598.87"}, 59887,
		},
		"no reading for the first month: the average": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Meters = []Meter{meter(t, "cold-water", "340", "")}
			},
			[]string{"cold-water estimate 5×1×42.07×1 = 210.35"}, 21035,
		},
		"no reading for the fourth month: the norm, not multiplied": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Meters = []Meter{meter(t, "cold-water", "340", "")}
				in.Meters[0].Estimated = 3
			},
			[]string{"cold-water norm 14.235×1×42.07×1 = 598.87"}, 59887,
		},
		"the verification ran out long ago: the norm, multiplied": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Meters = []Meter{meter(t, "cold-water", "340", "347")}
				in.Meters[0].Verified, in.Meters[0].Estimated = calendar.MustDate("2026-01-31"), 3
			},
			[]string{"cold-water norm 14.235×1×42.07×1.5 = 898.30"}, 89830,
		},
		"a reading after estimates that were too much: the difference comes back": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t), upkeep(t)}
				in.Meters = []Meter{meter(t, "cold-water", "355", "352")}
			},
			[]string{"cold-water meter -3×1×42.07×1 = -126.21", "upkeep area 52.3×1×33.45×1 = 1749.44"}, 162323, // 1749.435
		},
	}
}

// services are the cases of services that are counted in their own way.
func services(t testing.TB) map[string]handCase {
	return map[string]handCase{
		"hot water in two parts, and drains": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{drains(t), hot(t), cold(t)}
				in.Meters = []Meter{meter(t, "cold-water", "340", "347"), meter(t, "hot-water", "120", "124.5")}
			},
			[]string{
				"cold-water meter 7×1×42.07×1 = 294.49", "hot-water/water meter 4.5×1×42.07×1 = 189.32", // 189.315
				"hot-water/heat meter 4.5×0.0607×2964.15×1 = 809.66", // 809.6575…
				"drainage drains 11.5×1×33.68×1 = 387.32",
			}, 29449 + 18932 + 80966 + 38732,
		},
		"heating by area the year round": {
			func(in *Input) { in.Tariffs = []service.Tariff{heating(t)} },
			[]string{"heating area 52.3×0.0164×2964.15×1 = 2542.41"}, 254241, // 2542.4107
		},
		"heating in summer where there is a season": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{heating(t), upkeep(t)}
				in.Tariffs[0].Months = []int{1, 2, 3, 4, 10, 11, 12}
			},
			[]string{"upkeep area 52.3×1×33.45×1 = 1749.44"}, 174944,
		},
		"power by day and night, into the second band": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{power(t)}
				m := meter(t, "power", "1000", "4200")
				m.Dials[0].Zone = "day"
				m.Dials = append(m.Dials, Dial{Zone: "night", From: dec(t, "500"), To: dec(t, "1300"), Read: true})
				in.Meters = []Meter{m}
			},
			[]string{ // 3200 + 800 = 4000: 3900 in the first band, of which day 3120; 100 in the second, of which day 80
				"power/day meter 3120×1×6.02×1 = 18782.40", "power/night meter 780×1×2.99×1 = 2332.20",
				"power/day-band-2 meter 80×1×7.83×1 = 626.40", "power/night-band-2 meter 20×1×3.89×1 = 77.80",
			}, 1878240 + 233220 + 62640 + 7780,
		},
	}
}

// benefits are the cases of prices that change and of benefits.
func benefits(t testing.TB) map[string]handCase {
	return map[string]handCase{
		"a price that rises on the 16th: half of the month at each": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Tariffs[0].Prices = append(in.Tariffs[0].Prices, service.TariffPrice{From: "2026-06-16", Price: dec(t, "46.28")})
				in.Meters = []Meter{meter(t, "cold-water", "340", "347")}
			},
			[]string{"cold-water meter 3.5×1×42.07×1 = 147.25", "cold-water meter 3.5×1×46.28×1 = 161.98"}, 14725 + 16198, // 147.245
		},
		"a person with a disability: half of their share within the norm": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Meters = []Meter{meter(t, "cold-water", "340", "361")} // 21 m³, 7 a person, the norm is 4.745
				in.Benefits = []Held{{Benefit: service.Benefit{Key: "d", On: []string{"cold-water"}, Percent: 50, Of: "person", Norm: true}, People: 1}}
			},
			[]string{"cold-water meter 21×1×42.07×1 = 883.47 -99.81"}, 88347 - 9981, // 4.745 · 42.07 / 2 = 99.81
		},
		"an owner over eighty: all of major repairs up to 33 m²": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{upkeep(t)}
				in.Benefits = []Held{{Benefit: service.Benefit{Key: "e", On: []string{"upkeep"}, Percent: 100, Of: "flat", Area: dec(t, "33")}, People: 1}}
			},
			[]string{"upkeep area 52.3×1×33.45×1 = 1749.44 -1103.85"}, 174944 - 110385, // 33 · 33.45
		},
		"the benefit does not cover what is multiplied": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Benefits = []Held{{Benefit: service.Benefit{Key: "f", On: []string{"cold-water"}, Percent: 100, Of: "flat"}}}
			},
			[]string{"cold-water norm 14.235×1×42.07×1.5 = 898.30 -598.87"}, 29943,
		},
		"a fixed sum over two lines": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{upkeep(t), heating(t)}
				in.Benefits = []Held{{Benefit: service.Benefit{Key: "s", On: []string{"upkeep", "heating"}, Fixed: 300000}}}
			},
			[]string{"heating area 52.3×0.0164×2964.15×1 = 2542.41 -2542.41", "upkeep area 52.3×1×33.45×1 = 1749.44 -457.59"}, 254241 + 174944 - 300000,
		},
	}
}

// recalculations are the cases of what is put right.
func recalculations(t testing.TB) map[string]handCase {
	return map[string]handCase{
		"one of three away for ten full days, by the norm": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.NoMeter = true
				in.Recalculations = []Recalculation{{Sort: Absence, Tariff: "cold-water", From: calendar.MustDate("2026-06-04"), Until: calendar.MustDate("2026-06-15"), People: 1}}
			},
			[]string{"cold-water norm 14.235×1×42.07×1 = 598.87 -66.54"}, 59887 - 6654, // 598.87 · 10 / 90 = 66.541
		},
		"away, but the meter counts": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{cold(t)}
				in.Meters = []Meter{meter(t, "cold-water", "340", "347")}
				in.Recalculations = []Recalculation{{Sort: Absence, Tariff: "cold-water", From: calendar.MustDate("2026-06-04"), Until: calendar.MustDate("2026-06-15"), People: 1}}
			},
			[]string{"cold-water meter 7×1×42.07×1 = 294.49"}, 29449,
		},
		"heating was cold for 20 hours, 0.15 per cent an hour": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{heating(t)}
				in.Recalculations = []Recalculation{{Sort: Quality, Tariff: "heating", Percent: dec(t, "3")}}
			},
			[]string{"heating area 52.3×0.0164×2964.15×1 = 2542.41 -76.27"}, 254241 - 7627,
		},
		"more comes back than the month costs": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{upkeep(t)}
				in.Recalculations = []Recalculation{{Sort: Sum, Tariff: "upkeep", Amount: -200000}}
			},
			[]string{"upkeep area 52.3×1×33.45×1 = 1749.44 -2000.00"}, 0,
		},
		"what was left from the month before": {
			func(in *Input) {
				in.Tariffs = []service.Tariff{upkeep(t)}
				in.Recalculations = []Recalculation{{Sort: Carried, Amount: -25056}}
			},
			[]string{"upkeep area 52.3×1×33.45×1 = 1749.44", "carried nothing 0×1×0×1 = 0.00 -250.56"}, 174944 - 25056,
		},
	}
}

// Each case was worked by hand from the formulae of annex 2 to the Rules (decree 354): 1 (meter), 4 and 4(1) (norm and its
// factor), 2(1) (heating by area), 20 to 23 (hot water in two parts), and articles 155 to 158 of the Housing Code.
func TestComputeByHand(t *testing.T) {
	t.Parallel()
	cases := readings(t)
	for _, more := range []map[string]handCase{services(t), benefits(t), recalculations(t)} {
		maps.Copy(cases, more)
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := flat(t)
			test.change(&in)
			got, err := Compute(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, short(got)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			if got.Total != test.total {
				t.Errorf("total %s, want %s", kopecks(got.Total), kopecks(test.total))
			}
		})
	}
}

func TestCarryIsWhatTheBillLacks(t *testing.T) {
	t.Parallel()
	in := flat(t, upkeep(t))
	in.Recalculations = []Recalculation{{Sort: Sum, Tariff: "upkeep", Amount: -200000}}
	got, err := Compute(in)
	if err != nil || got.Total != 0 || got.Carry != 174944-200000 {
		t.Errorf("total %d, carry %d, %v", got.Total, got.Carry, err)
	}
}

// worded gives everything the texts without which a city's file is not read.
func worded(in *Input) {
	text := lang.Text{RU: "А", EN: "A"}
	for i := range in.Tariffs {
		t := &in.Tariffs[i]
		t.Title, t.Law = text, text
		for j := range t.Prices {
			t.Prices[j].Law = text
		}
		for j := range t.Norms {
			t.Norms[j].Law = text
		}
	}
	for i := range in.Benefits {
		in.Benefits[i].Benefit.Title, in.Benefits[i].Benefit.Law = text, text
	}
}

// What a resident downloads computes to the same bill.
func TestReplayFromJSON(t *testing.T) {
	t.Parallel()
	in := flat(t, cold(t), hot(t), drains(t), heating(t), power(t), upkeep(t))
	in.Meters = []Meter{meter(t, "cold-water", "340", "347"), meter(t, "hot-water", "120", "")}
	in.Benefits = []Held{{Benefit: service.Benefit{Key: "d", On: []string{"cold-water", "heating"}, Percent: 50, Of: "person", Norm: true}, People: 2}}
	worded(&in)
	want, err := Compute(in)
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var back Input
	if err := json.Unmarshal(content, &back); err != nil {
		t.Fatal(err)
	}
	got, err := Compute(back)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if strings.Contains(string(content), "e+") {
		t.Error("the inputs hold a floating number")
	}
}

func TestImpossibleInputsAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Input){
		"no norm":         func(in *Input) { in.Tariffs[0].Norms = nil },
		"people below 0":  func(in *Input) { in.People = -1 },
		"heat by no norm": func(in *Input) { h := heating(t); h.Norms = nil; in.Tariffs = []service.Tariff{h} },
	} {
		in := flat(t, cold(t))
		change(&in)
		if _, err := Compute(in); err == nil {
			t.Errorf("%s: a bill was made", name)
		}
	}
}

// A line of the night says nothing of the day.
func TestALineHasTheStepsOfItsOwnDial(t *testing.T) {
	t.Parallel()
	steps := []Step{step("meter_day"), step("meter_night"), step("estimate_peak"), step("factor")}
	for part, want := range map[string][]string{
		"": {"meter_day", "meter_night", "estimate_peak", "factor"}, "band-2": {"meter_day", "meter_night", "estimate_peak", "factor"},
		"day": {"meter_day", "factor"}, "night-band-2": {"meter_night", "factor"}, "peak": {"estimate_peak", "factor"},
	} {
		var got []string
		for _, s := range stepsOf(steps, part) {
			got = append(got, s.Key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q:\n%s", part, diff)
		}
	}
}
