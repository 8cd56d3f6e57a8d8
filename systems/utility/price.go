package utility

import (
	"slices"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/money"
)

// span is the days of the period on which one price stands.
type span struct {
	price           service.TariffPrice
	start, days, of int // days before it, its own, the month's
}

// spans parts the period by the tariff's prices. Days before the first price cost nothing: there was no such service.
func (w *work) spans(t *service.Tariff) []span {
	var out []span
	first, of := w.in.Period.First(), w.in.Period.Days()
	for i, p := range t.Prices {
		start, end := 0, of
		if from, err := calendar.ParseDate(p.From); err == nil {
			start = max(first.DaysUntil(from), 0)
		}
		if i+1 < len(t.Prices) {
			if next, err := calendar.ParseDate(t.Prices[i+1].From); err == nil {
				end = min(max(first.DaysUntil(next), 0), of)
			}
		}
		if start < end {
			out = append(out, span{price: p, start: start, days: end - start, of: of})
		}
	}
	return out
}

// part is the span's part of a quantity. The parts of all spans of a month add up to the whole.
func (s span) part(quantity Decimal) (Decimal, error) {
	if s.days == s.of {
		return quantity, nil
	}
	before, err := quantity.Share(int64(s.start), int64(s.of), money.Down)
	if err != nil {
		return 0, err
	}
	until, err := quantity.Share(int64(s.start+s.days), int64(s.of), money.Down)
	return until - before, err
}

// piece is a quantity at one price.
type piece struct {
	part       string
	band       string // the limit of the band; empty: none
	quantity   Decimal
	per, price Decimal
}

// pieces prices a usage over the span's days.
func (s span) pieces(u usage) ([]piece, error) {
	zones := make([]zoned, len(u.zones))
	for i, z := range u.zones {
		quantity, err := s.part(z.quantity)
		if err != nil {
			return nil, err
		}
		zones[i] = zoned{z.key, quantity}
	}
	p := s.price
	switch {
	case len(p.Bands) > 0:
		return s.banded(zones)
	case len(p.Zones) > 0:
		return priced("", "", zones, p.Zones), nil
	}
	out := []piece{{quantity: sum(zones), per: u.per, price: p.Price}}
	if p.Heat != nil {
		out[0].part = "water"
		out = append(out, piece{part: "heat", quantity: sum(zones), per: p.Heat.Norm, price: p.Heat.Price})
	}
	return out, nil
}

func sum(zones []zoned) Decimal { return usage{zones: zones}.total() }

// priced gives each zone its price. A quantity without a time of day takes the first price, and so does a zone that has none.
func priced(suffix, band string, zones []zoned, prices []service.TariffZone) []piece {
	var out []piece
	for _, z := range zones {
		at := max(slices.IndexFunc(prices, func(p service.TariffZone) bool { return p.Key == z.key }), 0)
		part := z.key
		if suffix != "" {
			part = joined(part, suffix)
		}
		out = append(out, piece{part: part, band: band, quantity: z.quantity, per: decimal.One, price: prices[at].Price})
	}
	return out
}

func joined(part, suffix string) string {
	if part == "" {
		return suffix
	}
	return part + "-" + suffix
}

// banded cuts the quantity at the bands' limits, each zone in the proportion of the whole; the first band's pieces are there even
// with nothing in them.
func (s span) banded(zones []zoned) ([]piece, error) {
	var out []piece
	whole, done := sum(zones), Decimal(0)
	left := slices.Clone(zones)
	for i, b := range s.price.Bands {
		upto := whole
		if b.To > 0 {
			limit, err := s.part(b.To)
			if err != nil {
				return nil, err
			}
			upto = min(whole, limit)
		}
		if i > 0 && upto <= done {
			break
		}
		taken, err := take(zones, left, whole, done, upto)
		if err != nil {
			return nil, err
		}
		done = upto
		suffix, limit := "", ""
		if i > 0 {
			suffix, limit = "band-"+itoa(i+1), s.price.Bands[i-1].To.String()
		}
		if len(b.Zones) > 0 {
			out = append(out, priced(suffix, limit, taken, b.Zones)...)
			continue
		}
		out = append(out, piece{part: suffix, band: limit, quantity: sum(taken), per: decimal.One, price: b.Price})
	}
	return out, nil
}

// take cuts what lies between two limits from each zone, in proportion; the last cut takes all that is left, so that nothing is
// lost in rounding.
func take(zones, left []zoned, whole, from, to Decimal) ([]zoned, error) {
	out := slices.Clone(left)
	if to >= whole {
		for i := range left {
			left[i].quantity = 0
		}
		return out, nil
	}
	rest := to - from
	for i := range zones {
		cut := rest
		if i < len(zones)-1 {
			var err error
			if cut, err = zones[i].quantity.Share(int64(to-from), int64(whole), money.Down); err != nil {
				return nil, err
			}
		}
		out[i].quantity = cut
		left[i].quantity -= cut
		rest -= cut
	}
	return out, nil
}
