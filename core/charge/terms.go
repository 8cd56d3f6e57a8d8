package charge

import (
	"strconv"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// Terms are what a charge was issued with. They are copied from its kind, and a later change of the kind alters nothing.
type Terms struct {
	Discount    *Discount    `json:"discount,omitempty"`
	Penalty     *Penalty     `json:"penalty,omitempty"`
	Instalments *Instalments `json:"instalments,omitempty"`
	Parts       bool         `json:"parts,omitempty"` // a part may be paid
}

// Discount is taken off when all of the rest is paid until a day, that day included.
type Discount struct {
	Percent int           `json:"percent"`
	Until   calendar.Date `json:"until"`
}

// Penalty grows each day after the day to pay.
type Penalty struct {
	Rate       string        `json:"rate,omitempty"`        // key of a rate of the city; empty: Points
	Points     int64         `json:"points,omitempty"`      // a fixed yearly rate, hundredths of a per cent
	PaymentDay bool          `json:"payment_day,omitempty"` // all days take the rate of the day of payment
	Steps      []PenaltyStep `json:"steps"`
	Cap        int           `json:"cap,omitempty"` // per cent of the charge at most; 0: no bound
}

// PenaltyStep is the share of the yearly rate that a day counts, from a day after the term on. The first day is 1.
type PenaltyStep struct {
	From  int   `json:"from"`
	Share int64 `json:"share"` // numerator
	Of    int64 `json:"of"`    // denominator
}

// Instalments are how a charge may be divided, and how it was.
type Instalments struct {
	Most   int `json:"most"`
	Every  int `json:"every"` // months
	Chosen int `json:"chosen,omitempty"`
}

// Rate is what a yearly rate is from a day on.
type Rate struct {
	From   calendar.Date
	Points int64 // hundredths of a per cent
}

// termsOf copies the terms of a kind for a charge that was decided on a day.
func termsOf(kind *service.ChargeKind, dated calendar.Date) Terms {
	if kind == nil {
		return Terms{}
	}
	out := Terms{Parts: kind.Parts}
	if d := kind.Discount; d != nil {
		out.Discount = &Discount{Percent: d.Percent, Until: dated.AddDays(d.Days)}
	}
	if p := kind.Penalty; p != nil {
		out.Penalty = penaltyOf(p)
	}
	if i := kind.Instalments; i != nil {
		out.Instalments = &Instalments{Most: i.Most, Every: i.Every}
		out.Parts = true
	}
	return out
}

func penaltyOf(p *service.ChargePenalty) *Penalty {
	out := &Penalty{PaymentDay: p.Basis == "payment-day", Cap: p.Cap}
	if points, ok := service.RatePoints(p.Rate); ok {
		out.Points = points
	} else {
		out.Rate = p.Rate
	}
	for _, s := range p.Steps {
		share, of, _ := strings.Cut(s.Share, "/")
		n, _ := strconv.ParseInt(share, 10, 64) // the check of the city let it through
		d, _ := strconv.ParseInt(of, 10, 64)
		out.Steps = append(out.Steps, PenaltyStep{From: s.From, Share: n, Of: max(1, d)})
	}
	return out
}

// ratesOf are the values of a rate of the city, the oldest first; none for a rate that is not there.
func ratesOf(city *service.City, key string) []Rate {
	if city == nil || key == "" {
		return nil
	}
	rate, ok := city.Rate(key)
	if !ok {
		return nil
	}
	out := make([]Rate, 0, len(rate.Values))
	for _, v := range rate.Values {
		from, err := calendar.ParseDate(v.From)
		points, ok := service.RatePoints(v.Percent)
		if err == nil && ok { // the check of the city let both through
			out = append(out, Rate{From: from, Points: points})
		}
	}
	return out
}
