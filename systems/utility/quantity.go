package utility

import (
	"slices"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
)

// usage is how much of a service the flat used, and why that is known.
type usage struct {
	basis  Basis
	zones  []zoned // never empty; one without a key when time of day does not count
	per    Decimal // of what has the price in one of the quantity
	factor Decimal
	norm   Decimal // what the norm of one person would be; zero: there is none
	steps  []Step
}

// zoned is a quantity at one time of day.
type zoned struct {
	key      string
	quantity Decimal
}

// total is the whole quantity.
func (u usage) total() Decimal {
	var sum Decimal
	for _, z := range u.zones {
		sum += z.quantity
	}
	return sum
}

func plain(basis Basis, quantity Decimal, steps ...Step) usage {
	return usage{basis: basis, zones: []zoned{{quantity: quantity}}, per: decimal.One, factor: decimal.One, steps: steps}
}

// usage finds the quantity of a tariff.
func (w *work) usage(t *service.Tariff) (usage, error) {
	if w.in.People < 0 || w.in.Area < 0 {
		return usage{}, ErrInput
	}
	switch t.By {
	case "person":
		return plain(ByPerson, decimal.Of(int64(w.in.People)), step("person", "people", itoa(w.in.People))), nil
	case "drains":
		return w.drains(), nil
	case "area":
		return w.area(t)
	}
	return w.metered(t)
}

// area counts m², or what the norm gives for them.
func (w *work) area(t *service.Tariff) (usage, error) {
	out := plain(ByArea, w.in.Area, step("area", "area", w.in.Area.String()))
	if t.Unit == "m2" {
		return out, nil
	}
	norm, ok := w.norm(t)
	if !ok || norm.Area == 0 {
		return usage{}, ErrInput
	}
	out.per = norm.Area
	return out, nil
}

// drains is the sum of cold and hot water, however these were counted.
func (w *work) drains() usage {
	out := plain(ByDrains, 0)
	var parts [2]Decimal
	for i := range w.in.Tariffs {
		t := &w.in.Tariffs[i]
		at := slices.Index([]string{"cold-water", "hot-water"}, t.Kind)
		if at < 0 {
			continue
		}
		use := w.used[t.Key]
		parts[at] += use.total()
		out.norm += use.norm
		// What was multiplied for want of a meter was not drained: the factor stays with the water.
	}
	out.zones[0].quantity = parts[0] + parts[1]
	out.steps = []Step{step("drains", "cold", parts[0].String(), "hot", parts[1].String(), "sum", out.zones[0].quantity.String())}
	return out
}

// norm is the norm on the period's first day.
func (w *work) norm(t *service.Tariff) (service.TariffNorm, bool) {
	first := w.in.Period.First().String()
	for i := len(t.Norms) - 1; i >= 0; i-- {
		if t.Norms[i].From <= first {
			return t.Norms[i], true
		}
	}
	return service.TariffNorm{}, false
}

// byNorm counts by the norm of all people; multiplied where a meter could be and is not, or does not count.
func (w *work) byNorm(t *service.Tariff, multiplied bool, why ...Step) (usage, error) {
	norm, ok := w.norm(t)
	if !ok || norm.Person == 0 {
		return usage{}, ErrInput
	}
	quantity := norm.Person * Decimal(w.in.People)
	out := plain(ByNorm, quantity, append(why, step("norm", "norm", norm.Person.String(), "people", itoa(w.in.People), "quantity", quantity.String()))...)
	out.norm = norm.Person
	if multiplied && norm.Factor > decimal.One && !w.in.NoMeter {
		out.factor = norm.Factor
		out.steps = append(out.steps, step("factor", "factor", norm.Factor.String()))
	}
	return out, nil
}

// metered counts by the flat's meters of the service, or without them by the norm.
func (w *work) metered(t *service.Tariff) (usage, error) {
	meters := w.metersOf(t.Key)
	if len(meters) == 0 {
		return w.byNorm(t, true, step("no_meter"))
	}
	for _, m := range meters {
		if m.overdue(w.in) {
			use, err := w.byNorm(t, m.expired(w.in.Period), m.late(w.in.Period))
			if err == nil {
				w.countNorm(meters, use.total())
			}
			return use, err
		}
	}
	out := usage{basis: ByMeter, per: decimal.One, factor: decimal.One}
	if norm, ok := w.norm(t); ok {
		out.norm = norm.Person
	}
	for _, m := range meters {
		w.meter(&out, m)
	}
	return out, nil
}

func (w *work) metersOf(tariff string) []Meter {
	var out []Meter
	for _, m := range w.in.Meters {
		if m.Tariff == tariff && len(m.Dials) > 0 {
			out = append(out, m)
		}
	}
	return out
}

// expired tells whether the verification had run out when the period began: readings do not count then.
func (m Meter) expired(p Period) bool { return m.Verified.Before(p.First()) }

// read tells whether every dial was read in the period and counts.
func (m Meter) read(p Period) bool {
	return !m.expired(p) && !slices.ContainsFunc(m.Dials, func(d Dial) bool { return !d.Read })
}

// overdue tells whether the average no longer serves: too many months in a row, or none is known.
func (m Meter) overdue(in Input) bool {
	unknown := slices.ContainsFunc(m.Dials, func(d Dial) bool { return d.Known == 0 })
	return !m.read(in.Period) && (m.Estimated >= in.Estimates || unknown)
}

// late says why the norm counts though there is a meter.
func (m Meter) late(p Period) Step {
	if m.expired(p) {
		return step("expired", "serial", m.Serial, "day", m.Verified.String())
	}
	return step("no_reading", "serial", m.Serial, "months", itoa(m.Estimated+1))
}

// meter adds what one meter counted: the reading less what is billed, or the average.
func (w *work) meter(u *usage, m Meter) {
	read := m.read(w.in.Period)
	if !read {
		u.basis = ByEstimate
		if m.expired(w.in.Period) {
			u.steps = append(u.steps, m.late(w.in.Period))
		}
	}
	for _, d := range m.Dials {
		quantity, basis := d.To-d.From, ByMeter
		if read {
			u.steps = append(u.steps, step("meter"+zoneKey(d.Zone), "serial", m.Serial, "from", d.From.String(), "to", d.To.String(), "quantity", quantity.String(), "day", dayText(d.Day)))
		} else {
			quantity, basis = d.Usual, ByEstimate
			u.steps = append(u.steps, step("estimate"+zoneKey(d.Zone), "serial", m.Serial, "quantity", quantity.String(), "months", itoa(d.Known)))
		}
		u.add(d.Zone, quantity)
		w.bill.Counted = append(w.bill.Counted, Counted{Meter: m.ID, Zone: d.Zone, To: d.From + quantity, Quantity: quantity, Basis: basis})
	}
}

func (u *usage) add(zone string, quantity Decimal) {
	for i := range u.zones {
		if u.zones[i].key == zone {
			u.zones[i].quantity += quantity
			return
		}
	}
	u.zones = append(u.zones, zoned{zone, quantity})
}

// countNorm moves the meters on by what was billed by the norm, so that the next reading settles the difference and nothing is
// paid twice: all of it on the first dial of the first meter.
func (w *work) countNorm(meters []Meter, quantity Decimal) {
	for _, m := range meters {
		for _, d := range m.Dials {
			w.bill.Counted = append(w.bill.Counted, Counted{Meter: m.ID, Zone: d.Zone, To: d.From + quantity, Quantity: quantity, Basis: ByNorm})
			quantity = 0
		}
	}
}

func zoneKey(zone string) string {
	if zone == "" {
		return ""
	}
	return "_" + zone
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}
