package charge

import (
	"bytes"
	"slices"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// Owed is what is owed of a charge at a moment, and why. Sums are minor units.
type Owed struct {
	Face          int64
	Discount      int64     // taken off: lives now, or was earned
	DiscountUntil time.Time // the moment at which a discount that lives ends; zero: none lives
	Penalty       int64
	Paid          int64 // what was paid and not given back
	Left          int64 // to pay
	Over          int64 // paid beyond what is owed, to be given back
	Late          int   // days after the term; 0: in time
	Lines         []Line
	Instalments   []Instalment // when it is paid by instalments, in order
}

// Line is one step of the sum; the amounts of all lines add up to Left (less Over).
type Line struct {
	Key    string // text: charge.line.<Key>
	Amount int64  // what it adds
	// What it was counted from, for a penalty: the base for so many days, from a day to a day, at a yearly rate in hundredths
	// of a per cent, a share of it a day. For a discount: the per cent and the last day.
	Base      int64
	Days      int
	From, To  calendar.Date
	Points    int64
	Share, Of int64
	Percent   int
}

// Instalment is one part of a charge that is paid by instalments.
type Instalment struct {
	Due    calendar.Date
	Amount int64
	Left   int64
}

// Next is how much is to be paid next, and until when: the first instalment with what is late before it, or all that is left.
func (o Owed) Next() (int64, calendar.Date) {
	for _, i := range o.Instalments {
		if i.Left > 0 {
			return min(o.Left, i.Left+o.Penalty), i.Due
		}
	}
	return o.Left, calendar.Date{}
}

// Owed counts what is owed at a moment. zone is the city's. It is pure: the same charge and moment always give the same.
func (c Charge) Owed(at time.Time, zone *time.Location) Owed {
	o := Owed{Face: c.Amount.Minor, Paid: c.Paid - c.Given}
	o.add(Line{Key: "face", Amount: o.Face})
	c.discount(&o, at, zone)
	c.penalty(&o, calendar.DateOf(at, zone), zone)
	forgiven := min(c.Forgiven, o.Face-o.Discount+o.Penalty) // a correction may have made less of it than was forgiven
	if forgiven > 0 {
		o.add(Line{Key: "forgiven", Amount: -forgiven})
	}
	if o.Paid > 0 {
		o.add(Line{Key: "paid", Amount: -o.Paid})
	}
	c.conclude(&o, o.Face-o.Discount+o.Penalty-forgiven-o.Paid)
	return o
}

// add adds a line to the sum.
func (o *Owed) add(l Line) { o.Lines = append(o.Lines, l) }

// conclude says what is left, or too much. A charge that is over is owed no more, whatever its sum would be now.
func (c Charge) conclude(o *Owed, rest int64) {
	if c.State == Cancelled {
		o.add(Line{Key: "cancelled", Amount: -(rest + o.Paid)})
		rest = -o.Paid
	}
	if !c.State.Open() && rest > 0 {
		o.add(Line{Key: "closed", Amount: -rest})
		rest = 0
	}
	o.Left, o.Over = max(0, rest), max(0, -rest)
	if o.Left == 0 {
		o.Late, o.DiscountUntil = 0, time.Time{}
	}
}

// discount takes the discount off while it lives, and for good when all of the rest was paid by then.
func (c Charge) discount(o *Owed, at time.Time, zone *time.Location) {
	d := c.Terms.Discount
	if d == nil {
		return
	}
	off := share(o.Face, int64(d.Percent), 100)
	ends := d.Until.AddDays(1).Start(zone)
	early := int64(0)
	for _, p := range c.Parts {
		if p.At.Before(ends) {
			early += p.covers()
		}
	}
	lives := c.State.Open() && at.Before(ends)
	if !lives && early < o.Face-off {
		return
	}
	o.Discount = off
	if lives {
		o.DiscountUntil = ends
	}
	o.add(Line{Key: "discount", Amount: -off, Base: o.Face, Percent: d.Percent, To: d.Until})
}

// net is what of a part stays with the payee.
func (p PartPaid) net() int64 { return p.Amount - p.Given - p.Reversed }

// covers is how much of the charge a part has settled.
func (p PartPaid) covers() int64 { return p.net() + p.Forgiven }

// piece is a part of a charge that was due on one day and paid on one day, or is not paid yet.
type piece struct {
	amount   int64
	due, end calendar.Date // end: the day of payment, or today
}

// pieces cuts what is owed without the penalty by its terms and by the payments, which pay the oldest term first. A law
// that says otherwise of penalties and principal would change this alone: a payment pays the principal first.
func (c Charge) pieces(o *Owed, today calendar.Date, zone *time.Location) []piece {
	plan := c.plan(o, zone)
	parts := slices.Clone(c.Parts)
	slices.SortFunc(parts, func(a, b PartPaid) int {
		if n := a.At.Compare(b.At); n != 0 {
			return n
		}
		return bytes.Compare(a.Payment[:], b.Payment[:])
	})
	var out []piece
	for i := range plan {
		rest := plan[i].Amount
		for j := range parts {
			take := min(rest, parts[j].covers())
			if take <= 0 {
				continue
			}
			parts[j].Amount -= take
			rest -= take
			out = append(out, piece{take, plan[i].Due, calendar.DateOf(parts[j].At, zone)})
		}
		if plan[i].Left = rest; rest > 0 {
			out = append(out, piece{rest, plan[i].Due, today})
		}
	}
	if len(plan) > 1 {
		o.Instalments = plan
	}
	return out
}

// plan are the terms by which a charge is paid: one, or the instalments that were chosen. A charge without a term has one
// of the zero day.
func (c Charge) plan(o *Owed, zone *time.Location) []Instalment {
	principal := o.Face - o.Discount
	if c.Due.IsZero() {
		return []Instalment{{Amount: principal}}
	}
	due := calendar.DateOf(c.Due, zone)
	i := c.Terms.Instalments
	if i == nil || i.Chosen < 2 {
		return []Instalment{{Due: due, Amount: principal}}
	}
	amounts, err := money.Roubles(principal).Split(i.Chosen)
	if err != nil {
		return []Instalment{{Due: due, Amount: principal}}
	}
	out := make([]Instalment, len(amounts))
	for n, a := range amounts {
		out[n] = Instalment{Due: due.AddMonths(n * i.Every), Amount: a.Minor}
	}
	return out
}

// penalty adds what grew since the term, a line for each stretch of days with one base, one rate and one share.
func (c Charge) penalty(o *Owed, today calendar.Date, zone *time.Location) {
	p := c.Terms.Penalty
	for _, piece := range c.pieces(o, today, zone) {
		if piece.due.IsZero() || !piece.due.Before(piece.end) {
			continue
		}
		if piece.end == today {
			o.Late = max(o.Late, piece.due.DaysUntil(today))
		}
		if p == nil {
			continue
		}
		for i, step := range p.Steps {
			from, to := piece.due.AddDays(step.From), piece.end
			if i+1 < len(p.Steps) {
				to = calendar.Earliest(to, piece.due.AddDays(p.Steps[i+1].From-1))
			}
			c.stretch(o, piece, step, from, to)
		}
	}
	if p != nil && p.Cap > 0 {
		if most := share(o.Face, int64(p.Cap), 100); o.Penalty > most {
			o.add(Line{Key: "cap", Amount: most - o.Penalty, Base: o.Face, Percent: p.Cap})
			o.Penalty = most
		}
	}
}

// stretch adds the penalty of a piece for the days of one step, cut where the rate changes.
func (c Charge) stretch(o *Owed, p piece, step PenaltyStep, from, to calendar.Date) {
	for !to.Before(from) && step.Share > 0 {
		points, until := c.rate(from, p.end)
		end := to
		if !until.IsZero() {
			end = calendar.Earliest(to, until)
		}
		days := from.DaysUntil(end) + 1
		if amount := share(p.amount, int64(days)*points*step.Share, 10_000*step.Of); amount > 0 {
			o.Penalty += amount
			o.add(Line{Key: "penalty", Amount: amount, Base: p.amount, Days: days, From: from, To: end, Points: points, Share: step.Share, Of: step.Of})
		}
		from = end.AddDays(1)
	}
}

// rate is the yearly rate that a day takes, and the last day that takes it; zero: for ever.
func (c Charge) rate(day, paid calendar.Date) (int64, calendar.Date) {
	p := c.Terms.Penalty
	if p.Rate == "" {
		return p.Points, calendar.Date{}
	}
	at := day
	if p.PaymentDay {
		at = paid
	}
	points, until := int64(0), calendar.Date{}
	for _, r := range c.Rates {
		if r.From.Compare(at) > 0 {
			until = r.From.AddDays(-1)
			break
		}
		points = r.Points
	}
	if p.PaymentDay {
		until = calendar.Date{}
	}
	return points, until
}

// share is amount · n / of, a half kopeck and more counted as one. What does not fit is the most that does: nobody's debt
// comes near it.
func share(amount, n, of int64) int64 {
	out, err := money.Roubles(amount).Share(n, of, money.HalfUp)
	if err != nil {
		return AmountMost
	}
	return out.Minor
}
