package utility

import (
	"slices"

	"posad.city/core/service"
	"posad.city/kit/decimal"
	"posad.city/kit/money"
)

// benefits takes discounts off the lines. On one line the persons' own discounts add up, each of their own share; the best
// discount of the whole flat stands in their place when it is larger. Fixed sums come after percentages, line by line.
func (w *work) benefits(tariffs []service.Tariff) error {
	for i := range w.bill.Lines {
		l := &w.bill.Lines[i]
		t := &tariffs[w.place(tariffs, *l)]
		base, err := decimal.Product(100, rule(t), l.Quantity, l.Per, l.Price)
		if err != nil {
			return err
		}
		if base > 0 {
			w.percent(l, t, base)
		}
	}
	for _, h := range w.in.Benefits {
		if h.Benefit.Fixed > 0 {
			w.fixed(h)
		}
	}
	return nil
}

// percent takes the percentages off one line; base is the line without a factor, which no benefit covers.
func (w *work) percent(l *Line, t *service.Tariff, base int64) {
	var own, best int64
	var ownSteps []Step
	var bestStep Step
	for _, h := range w.in.Benefits {
		b := &h.Benefit
		if b.Percent == 0 || !slices.Contains(b.On, l.Kind) {
			continue
		}
		off, s := w.off(h, t, l, base)
		switch {
		case off == 0:
		case b.Of == "person":
			own += off
			ownSteps = append(ownSteps, s)
		case off > best:
			best, bestStep = off, s
		}
	}
	own = min(own, base)
	switch {
	case best > own:
		l.Benefit, l.Steps = -best, append(l.Steps, bestStep)
	case own > 0:
		l.Benefit, l.Steps = -own, append(l.Steps, ownSteps...)
	}
}

// off is what a percentage takes off, and why.
func (w *work) off(h Held, t *service.Tariff, l *Line, base int64) (int64, Step) {
	use := w.used[t.Key]
	whole := use.total()
	if whole <= 0 {
		return 0, Step{}
	}
	eligible := min(w.eligible(h, t, use), whole)
	if eligible <= 0 {
		return 0, Step{}
	}
	share, err := money.Roubles(base).Share(int64(eligible), int64(whole), money.HalfUp)
	if err == nil {
		share, err = share.Share(int64(h.Benefit.Percent), 100, rule(t))
	}
	if err != nil {
		return 0, Step{} // a line below 10¹⁶ kopecks has none
	}
	s := step("benefit", "percent", itoa(h.Benefit.Percent), "quantity", eligible.String(), "of", whole.String(), "people", itoa(h.People))
	s.Name = h.Benefit.Title
	return min(share.Minor, base), s
}

// eligible is the quantity that a benefit covers, within its limits.
func (w *work) eligible(h Held, t *service.Tariff, use usage) Decimal {
	whole, people := use.total(), h.People
	out := whole
	if h.Benefit.Of == "person" {
		if w.in.People == 0 || people <= 0 {
			return 0
		}
		people = min(people, w.in.People)
		share, err := whole.Share(int64(people), int64(w.in.People), money.HalfUp)
		if err != nil {
			return 0
		}
		out = share
	} else if h.Benefit.Area == 0 {
		people = w.in.People
	}
	if h.Benefit.Norm && use.norm > 0 {
		out = min(out, use.norm*Decimal(people))
	}
	if h.Benefit.Area > 0 && t.By == "area" {
		out = min(out, h.Benefit.Area*Decimal(max(people, 1)))
	}
	return out
}

// fixed takes a sum off the lines that it covers, in their order, never more than they come to.
func (w *work) fixed(h Held) {
	left := int64(h.Benefit.Fixed)
	for i := range w.bill.Lines {
		l := &w.bill.Lines[i]
		off := min(left, l.Full+l.Benefit)
		if off <= 0 || !slices.Contains(h.Benefit.On, l.Kind) {
			continue
		}
		s := step("benefit_fixed", "sum", kopecks(off))
		s.Name = h.Benefit.Title
		l.Benefit, l.Steps, left = l.Benefit-off, append(l.Steps, s), left-off
	}
}

// kopecks writes a sum for a step: roubles with a point.
func kopecks(n int64) string { return decimal.Hundredths(n).Fixed(2) }
