package utility

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// state is up to where each dial of a flat is billed and what it used before. It is made anew by each bill.
type state struct {
	Dials     map[string]dialState `json:"dials,omitempty"`     // by dialKey
	Estimated map[string]int       `json:"estimated,omitempty"` // by meter: months in a row without a reading
}

type dialState struct {
	To      Decimal `json:"to"`
	History []used  `json:"history,omitempty"` // the newest last
}

// used is what a dial counted in a month.
type used struct {
	Period   Period  `json:"period"`
	Quantity Decimal `json:"quantity"`
	Basis    Basis   `json:"basis"`
}

// The bounds of an average: of so many months at most, and of so many at least (point 59 of the Rules).
const (
	averageMost  = 6
	averageLeast = 3
	historyMost  = 13
)

func dialKey(meter id.ID, zone string) string { return meter.String() + "/" + zone }

// usual is the average of the last months that a meter counted, to a thousandth, and of how many; none when they are too few.
func (d dialState) usual() (Decimal, int) {
	var sum Decimal
	n := 0
	for _, u := range slices.Backward(d.History) {
		if u.Basis == ByMeter && n < averageMost {
			sum += u.Quantity
			n++
		}
	}
	if n < averageLeast {
		return 0, 0
	}
	average, err := decimal.Product(1000, money.HalfUp, sum)
	if err != nil {
		return 0, 0
	}
	return max(decimal.Thousandths(roundedDivision(average, int64(n))), 0), n
}

func roundedDivision(a, n int64) int64 { return (a + n/2) / n }

// sure is up to where the dial was billed by what it showed: what is billed less the averages and norms since. A reading below it
// would give back what the meter has counted.
func (d dialState) sure() Decimal {
	out := d.To
	for _, u := range slices.Backward(d.History) {
		if u.Basis == ByMeter {
			break
		}
		out -= u.Quantity
	}
	return out
}

// after is the state once the bill is made.
func (s state) after(in Input, b Bill) state {
	out := state{Dials: maps.Clone(s.Dials), Estimated: map[string]int{}}
	if out.Dials == nil {
		out.Dials = map[string]dialState{}
	}
	for _, m := range in.Meters {
		if !m.read(in.Period) {
			out.Estimated[m.ID.String()] = m.Estimated + 1
		}
	}
	for _, c := range b.Counted {
		key := dialKey(c.Meter, c.Zone)
		d := out.Dials[key]
		d.To = c.To
		d.History = append(slices.Clip(d.History), used{in.Period, c.Quantity, c.Basis})
		if len(d.History) > historyMost {
			d.History = d.History[len(d.History)-historyMost:]
		}
		out.Dials[key] = d
	}
	return out
}

// gathered is what the store has of one flat for a bill.
type gathered struct {
	flat     Flat
	meters   []utilitydb.UtilityMeter
	readings []utilitydb.UtilityReading // of the period, taken, oldest first
	state    state
	was      vault.Sealed // the state as it is kept; nil: there is none
	benefits []heldBenefit
	changes  []Recalculation
}

// heldBenefit is a benefit with its days.
type heldBenefit struct {
	sealedBenefit
	since, until calendar.Date
}

// input makes the inputs of a bill. It is pure.
func (g gathered) input(city *service.City, p Period) Input {
	u := city.Utilities
	out := Input{Period: p, Version: string(city.Hash()), Area: g.flat.Area, People: g.flat.People, NoMeter: g.flat.NoMeter, Estimates: u.Estimates, Recalculations: g.changes}
	for _, key := range g.flat.Tariffs {
		if t, ok := city.Tariff(key); ok {
			out.Tariffs = append(out.Tariffs, t.Between(p.First(), p.Last()))
		}
	}
	for _, row := range g.meters {
		if since, until := day(row.Since), day(row.Until); !since.After(p.Last()) && (until.IsZero() || !until.Before(p.First())) {
			out.Meters = append(out.Meters, g.meter(row, p))
		}
	}
	for _, h := range g.benefits {
		b, known := u.Benefit(h.Key)
		if known && !h.since.After(p.Last()) && (h.until.IsZero() || !h.until.Before(p.First())) {
			out.Benefits = append(out.Benefits, Held{Benefit: *b, People: h.People})
		}
	}
	return out
}

// meter is a meter with its readings of the period.
func (g gathered) meter(row utilitydb.UtilityMeter, p Period) Meter {
	out := Meter{ID: row.ID, Tariff: row.Tariff, Serial: row.Number, Verified: day(row.Verified), Estimated: g.state.Estimated[row.ID.String()]}
	first := firstOf(row)
	for _, zone := range zonesOf(row) {
		d := Dial{Zone: zone, From: first[zone]}
		if s, known := g.state.Dials[dialKey(row.ID, zone)]; known {
			d.From = s.To
			d.Usual, d.Known = s.usual()
		}
		for _, r := range g.readings { // the last one counts
			if r.Meter == row.ID && r.Zone == zone {
				d.To, d.Read, d.Day = Decimal(r.Value), true, day(r.Day)
			}
		}
		out.Dials = append(out.Dials, d)
	}
	return out
}

// zonesOf are the dials of a meter; one without a name when it has no zones.
func zonesOf(row utilitydb.UtilityMeter) []string {
	if row.Zones == "" {
		return []string{""}
	}
	return splitWords(row.Zones)
}

func firstOf(row utilitydb.UtilityMeter) map[string]Decimal {
	out := map[string]Decimal{}
	if err := json.Unmarshal([]byte(row.First), &out); err != nil {
		return nil // written by Enter alone; a dial without one began at zero
	}
	return out
}

// kept is what of a bill is kept: its inputs without what the city's version holds, and what came of them.
type kept struct {
	Input   Input    `json:"input"`
	Tariffs []string `json:"tariffs"`
	Bill    Bill     `json:"bill"`
}

// stored takes out of the inputs what the version of the city holds.
func stored(in Input, b Bill) kept {
	out := kept{Input: in, Bill: b}
	for _, t := range in.Tariffs {
		out.Tariffs = append(out.Tariffs, t.Key)
	}
	out.Input.Tariffs = nil
	out.Input.Benefits = slices.Clone(in.Benefits)
	for i, h := range in.Benefits {
		out.Input.Benefits[i].Benefit = service.Benefit{Key: h.Benefit.Key, Title: h.Benefit.Title, Law: h.Benefit.Law}
	}
	return out
}

// whole puts it back in, from the version.
func (k kept) whole(city *service.City) (Input, error) {
	out := k.Input
	if string(city.Hash()) != k.Input.Version || city.Utilities == nil {
		return out, fmt.Errorf("utility: version %s is not %s", city.Hash(), k.Input.Version)
	}
	for _, key := range k.Tariffs {
		t, known := city.Tariff(key)
		if !known {
			return out, fmt.Errorf("utility: version %s has no tariff %s", city.Hash(), key)
		}
		out.Tariffs = append(out.Tariffs, t.Between(out.Period.First(), out.Period.Last()))
	}
	out.Benefits = slices.Clone(out.Benefits)
	for i, h := range out.Benefits {
		b, known := city.Utilities.Benefit(h.Benefit.Key)
		if !known {
			return out, fmt.Errorf("utility: version %s has no benefit %s", city.Hash(), h.Benefit.Key)
		}
		out.Benefits[i].Benefit = *b
	}
	return out, nil
}
