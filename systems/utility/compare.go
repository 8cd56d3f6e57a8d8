package utility

import (
	"slices"

	"posad.city/kit/lang"
)

// Change is how one service's sum differs between two bills, and why.
type Change struct {
	Tariff   string
	Title    lang.Text
	Unit     string
	Was, Now int64 // kopecks
	Why      []Step
}

// summed is one tariff's lines together.
type summed struct {
	tariff, unit    string
	title           lang.Text
	basis           Basis
	quantity        Decimal
	price           Decimal // of the first line
	from            string
	heat            Decimal // price of the heat that warms it; zero: it is not warmed
	factor          Decimal
	full            int64
	benefit, recalc int64
	total           int64
}

// sums puts the lines of each tariff together, in the bill's order. Heat is in the water that it warms.
func sums(b Bill) []summed {
	var out []summed
	for _, l := range b.Lines {
		at := slices.IndexFunc(out, func(s summed) bool { return s.tariff == l.Tariff })
		if at < 0 {
			out = append(out, summed{tariff: l.Tariff, unit: l.Unit, title: l.Title, basis: l.Basis, price: l.Price, from: l.From, factor: l.Factor})
			at = len(out) - 1
		}
		s := &out[at]
		if l.Part != "heat" {
			s.quantity += l.Quantity
		}
		if l.Part == "heat" {
			s.heat = l.Price // the last part of the month is the last one
		} else if l.From > s.from { // the price of the end of the month
			s.from, s.price = l.From, l.Price
		}
		s.full, s.benefit, s.recalc, s.total = s.full+l.Full, s.benefit+l.Benefit, s.recalc+l.Recalc, s.total+l.Total
	}
	return out
}

// Compare tells, service by service, how a bill differs from another one and why. It is pure.
func Compare(was, now Bill) []Change {
	before, after := sums(was), sums(now)
	var out []Change
	for _, n := range after {
		at := slices.IndexFunc(before, func(s summed) bool { return s.tariff == n.tariff })
		if at < 0 {
			out = append(out, Change{Tariff: n.tariff, Title: n.title, Unit: n.unit, Now: n.total, Why: []Step{step("why_new")}})
			continue
		}
		w := before[at]
		out = append(out, Change{Tariff: n.tariff, Title: n.title, Unit: n.unit, Was: w.total, Now: n.total, Why: why(w, n)})
	}
	for _, w := range before {
		if !slices.ContainsFunc(after, func(s summed) bool { return s.tariff == w.tariff }) {
			out = append(out, Change{Tariff: w.tariff, Title: w.title, Unit: w.unit, Was: w.total, Why: []Step{step("why_gone")}})
		}
	}
	return out
}

// priceStep tells of a price that is another one.
func priceStep(what, from string, was, now Decimal) []Step {
	key := "why_" + what + "_up"
	switch {
	case was == now, was == 0, now == 0:
		return nil
	case now < was:
		key = "why_" + what + "_down"
	}
	return []Step{step(key, "day", from, "was", was.String(), "now", now.String())}
}

// why lists the causes of a difference.
func why(w, n summed) []Step {
	var out []Step
	if w.total == n.total {
		return nil
	}
	if n.from > w.from {
		out = append(out, priceStep("price", n.from, w.price, n.price)...)
		out = append(out, priceStep("heat", n.from, w.heat, n.heat)...)
	}
	switch {
	case n.quantity > w.quantity:
		out = append(out, step("why_more", "quantity", (n.quantity-w.quantity).String(), "unit", n.unit))
	case n.quantity < w.quantity:
		out = append(out, step("why_less", "quantity", (w.quantity-n.quantity).String(), "unit", n.unit))
	}
	if n.basis != w.basis {
		out = append(out, step("why_"+string(n.basis)))
	}
	if n.factor != w.factor {
		out = append(out, step("why_factor", "was", w.factor.String(), "now", n.factor.String()))
	}
	if n.benefit != w.benefit {
		out = append(out, step("why_benefit", "was", kopecks(-w.benefit), "now", kopecks(-n.benefit)))
	}
	if n.recalc != w.recalc {
		out = append(out, step("why_recalculation", "was", kopecks(w.recalc), "now", kopecks(n.recalc)))
	}
	return out
}
