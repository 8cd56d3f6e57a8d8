package utility

import (
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
)

// drawn is any flat that could be.
func drawn(r *rapid.T, t testing.TB) Input {
	in := Input{
		Period: month(t, rapid.SampledFrom([]string{"2026-02", "2026-06", "2026-10"}).Draw(r, "period")), Estimates: 3,
		Area: decimal.Hundredths(rapid.Int64Range(100, 50000).Draw(r, "area")), People: rapid.IntRange(0, 12).Draw(r, "people"),
		NoMeter: rapid.Bool().Draw(r, "no meter"),
		Tariffs: []service.Tariff{cold(t), hot(t), drains(t), heating(t), power(t), upkeep(t)},
	}
	if rapid.Bool().Draw(r, "rise") {
		in.Tariffs[0].Prices = append(in.Tariffs[0].Prices, service.TariffPrice{From: "2026-06-" + rapid.StringMatching("0[1-9]|[12][0-9]").Draw(r, "rises"), Price: decimal.Decimal(rapid.Int64Range(1, 1e9).Draw(r, "price"))})
	}
	for _, key := range []string{"cold-water", "hot-water", "power"} {
		if !rapid.Bool().Draw(r, key) {
			continue
		}
		m := meter(t, key, "100", "")
		m.Estimated = rapid.IntRange(0, 5).Draw(r, "estimated")
		if rapid.Bool().Draw(r, "read") {
			m.Dials[0].To, m.Dials[0].Read = m.Dials[0].From+decimal.Thousandths(rapid.Int64Range(0, 9_000_000).Draw(r, "used")), true
		}
		if key == "power" {
			m.Dials[0].Zone = "day"
			m.Dials = append(m.Dials, Dial{Zone: "night", From: 0, To: decimal.Thousandths(rapid.Int64Range(0, 9_000_000).Draw(r, "night")), Read: true, Known: 3, Usual: 7})
		}
		in.Meters = append(in.Meters, m)
	}
	for range rapid.IntRange(0, 3).Draw(r, "benefits") {
		b := service.Benefit{Key: "b", On: []string{"cold-water", "heating", "upkeep", "power"}, Of: rapid.SampledFrom([]string{"person", "flat"}).Draw(r, "of"), Norm: rapid.Bool().Draw(r, "norm")}
		if rapid.Bool().Draw(r, "fixed") {
			b.Fixed = service.Money(rapid.Int64Range(1, 1_000_000).Draw(r, "sum"))
		} else {
			b.Percent = rapid.IntRange(1, 100).Draw(r, "percent")
		}
		in.Benefits = append(in.Benefits, Held{Benefit: b, People: rapid.IntRange(0, 14).Draw(r, "who")})
	}
	for range rapid.IntRange(0, 2).Draw(r, "recalculations") {
		in.Recalculations = append(in.Recalculations, Recalculation{
			Sort: rapid.SampledFrom([]string{Absence, Quality, Sum, Carried}).Draw(r, "sort"), Tariff: rapid.SampledFrom([]string{"cold-water", "heating", "gone"}).Draw(r, "tariff"),
			From: calendar.MustDate("2026-05-03"), Until: calendar.MustDate("2026-05-03").AddDays(rapid.IntRange(0, 60).Draw(r, "days")), People: rapid.IntRange(0, 14).Draw(r, "away"),
			Percent: decimal.Of(rapid.Int64Range(0, 100).Draw(r, "quality")), Amount: rapid.Int64Range(-1_000_000, 1_000_000).Draw(r, "amount"),
		})
	}
	return in
}

func TestBillHoldsTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		in := drawn(r, t)
		b, err := Compute(in)
		if err != nil {
			r.Fatal(err)
		}
		var total int64
		for _, l := range b.Lines {
			total += l.Total
			if l.Total != l.Full+l.Benefit+l.Recalc {
				r.Fatalf("%s: %d is not %d%+d%+d", l.Tariff, l.Total, l.Full, l.Benefit, l.Recalc)
			}
			if l.Benefit > 0 || -l.Benefit > max(l.Full, 0) {
				r.Fatalf("%s: a benefit of %d on %d", l.Tariff, l.Benefit, l.Full)
			}
		}
		if b.Total < 0 || b.Carry > 0 || b.Total != 0 && b.Carry != 0 || b.Total+b.Carry != total {
			r.Fatalf("total %d, carry %d, lines %d", b.Total, b.Carry, total)
		}
		again, err := Compute(in)
		if err != nil || again.Total != b.Total {
			r.Fatalf("computed twice: %d and %d, %v", b.Total, again.Total, err)
		}
	})
}

// Nothing of a quantity is lost when a month is cut by prices, zones and bands.
func TestQuantitiesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		in := drawn(r, t)
		b, err := Compute(in)
		if err != nil {
			r.Fatal(err)
		}
		got, want := map[string]Decimal{}, map[string]Decimal{}
		for _, l := range b.Lines {
			if l.Part != "heat" && l.Basis != ByNorm {
				got[l.Tariff] += l.Quantity
			}
		}
		for _, c := range b.Counted {
			if c.Basis == ByNorm {
				continue
			}
			for _, m := range in.Meters {
				if m.ID == c.Meter {
					want[m.Tariff] += c.Quantity
				}
			}
		}
		for key, quantity := range want {
			if got[key] != quantity {
				r.Fatalf("%s: lines have %s, meters %s", key, got[key], quantity)
			}
		}
	})
}

// Who uses more pays no less.
func TestMoreUsedIsNoLess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		in := drawn(r, t)
		in.Benefits, in.Recalculations = nil, nil
		less, err := Compute(in)
		if err != nil {
			r.Fatal(err)
		}
		more := in
		more.Area += decimal.Hundredths(rapid.Int64Range(0, 5000).Draw(r, "more area"))
		more.Meters = nil
		for _, m := range in.Meters {
			m.Dials = append([]Dial{}, m.Dials...)
			for i := range m.Dials {
				m.Dials[i].To += decimal.Thousandths(rapid.Int64Range(0, 1_000_000).Draw(r, "more"))
			}
			more.Meters = append(more.Meters, m)
		}
		b, err := Compute(more)
		// Each line is rounded by itself: a line that zones cut anew may lose half a kopeck.
		if err != nil || b.Total < less.Total-int64(len(b.Lines)) {
			r.Fatalf("more used costs %d, less %d, %v", b.Total, less.Total, err)
		}
	})
}

func TestSharesLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		total := rapid.Int64Range(0, 1e12).Draw(r, "total")
		var shares []Share
		for range rapid.IntRange(0, 8).Draw(r, "owners") {
			shares = append(shares, Share{rapid.Int64Range(-1, 20).Draw(r, "n"), rapid.Int64Range(-1, 60).Draw(r, "of")})
		}
		parts, rest := Split(total, shares)
		sum := rest
		for i, p := range parts {
			sum += p
			if p < 0 {
				r.Fatalf("%d: %d", i, p)
			}
		}
		if sum != total || rest < 0 {
			r.Fatalf("%v and %d of %d", parts, rest, total)
		}
	})
	parts, rest := Split(100, []Share{{1, 3}, {1, 3}, {1, 3}})
	if parts[0]+parts[1]+parts[2] != 100 || rest != 0 || parts[0] != 33 {
		t.Errorf("thirds of a rouble: %v, %d", parts, rest)
	}
}
