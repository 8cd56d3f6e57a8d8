package utility

import (
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Decimal is an exact number.
type Decimal = decimal.Decimal

// Input is everything that a bill is made of. It is kept with the bill and is public to whoever may see the bill.
type Input struct {
	Period         Period           `json:"period"`
	Version        string           `json:"version"`                     // hash of the city's version whose tariffs these are
	Area           Decimal          `json:"area"`                        // of the flat, m²
	People         int              `json:"people"`                      // registered in it
	NoMeter        bool             `json:"no_meter_possible,omitempty"` // a meter can't be put in: norms are not multiplied
	Estimates      int              `json:"estimates"`                   // months in a row that may be counted by the average
	Tariffs        []service.Tariff `json:"tariffs"`                     // those of the flat, with the prices and norms in force in the period
	Meters         []Meter          `json:"meters,omitempty"`
	Benefits       []Held           `json:"benefits,omitempty"`
	Recalculations []Recalculation  `json:"recalculations,omitempty"`
}

// Meter is a meter of the flat in the period.
type Meter struct {
	ID        id.ID         `json:"id"`
	Tariff    string        `json:"tariff"`
	Serial    string        `json:"serial"`
	Verified  calendar.Date `json:"verified"`            // until when its verification is good
	Estimated int           `json:"estimated,omitempty"` // months in a row before this one that had no reading
	Dials     []Dial        `json:"dials"`
}

// Dial is one counter of a meter: meters of power have one for each time of day.
type Dial struct {
	Zone  string        `json:"zone,omitempty"`  // day, night, peak; empty: the only one
	From  Decimal       `json:"from"`            // up to where it is billed
	To    Decimal       `json:"to,omitempty"`    // the reading of the period; meaningless without Read
	Read  bool          `json:"read"`            // whether there is a reading
	Day   calendar.Date `json:"day,omitzero"`    // of the reading
	Usual Decimal       `json:"usual,omitempty"` // used a month on average
	Known int           `json:"known,omitempty"` // months of which Usual is the average; 0: none
}

// Held is a benefit that is in force for the flat.
type Held struct {
	Benefit service.Benefit `json:"benefit"`
	People  int             `json:"people"` // who have it
}

// The sorts of recalculation.
const (
	Absence = "absence" // people were away: what goes by norms is taken off for these days
	Quality = "quality" // a service was bad or missing: a percentage is taken off
	Sum     = "sum"     // a sum, up or down: a mistake is put right
	Carried = "carried" // what an earlier bill was below zero
)

// Recalculation changes a line for something that happened.
type Recalculation struct {
	ID      id.ID         `json:"id"`
	Sort    string        `json:"sort"`
	Tariff  string        `json:"tariff"` // whose line it changes; empty for Carried
	From    calendar.Date `json:"from,omitzero"`
	Until   calendar.Date `json:"until,omitzero"`   // last day
	People  int           `json:"people,omitempty"` // who were away
	Percent Decimal       `json:"percent,omitempty"`
	Amount  int64         `json:"amount,omitempty"` // kopecks; below zero takes off
	Reason  string        `json:"reason,omitempty"`
}

// Basis is how the quantity of a line was found.
type Basis string

// The bases.
const (
	ByMeter    Basis = "meter"
	ByEstimate Basis = "estimate" // the average of the months before
	ByNorm     Basis = "norm"
	ByArea     Basis = "area"
	ByPerson   Basis = "person"
	ByDrains   Basis = "drains"
	ByNothing  Basis = "nothing" // only a recalculation
)

// Line is one line of a bill: Quantity × Per × Price × Factor, less Benefit, with Recalculation.
type Line struct {
	Tariff   string    `json:"tariff"`
	Kind     string    `json:"kind"`
	Part     string    `json:"part,omitempty"` // water, heat; day, night, peak; band-2, day-band-2
	Title    lang.Text `json:"title,omitzero"`
	Unit     string    `json:"unit"`
	Provider string    `json:"provider,omitempty"`
	Basis    Basis     `json:"basis"`
	Quantity Decimal   `json:"quantity"`
	Per      Decimal   `json:"per"`            // how much of what has the price is in one of Quantity: heat in a m³ or for an m²; else 1
	Price    Decimal   `json:"price"`          // roubles
	Factor   Decimal   `json:"factor"`         // more than 1 where a meter is lacking
	From     string    `json:"from,omitempty"` // first day of the price
	Days     int       `json:"days,omitempty"` // of the month on which this price stands, when there were several
	Full     int64     `json:"full"`
	Benefit  int64     `json:"benefit,omitempty"` // zero or below
	Recalc   int64     `json:"recalculation,omitempty"`
	Total    int64     `json:"total"`
	Steps    []Step    `json:"steps"`        // why, in order
	Law      lang.Text `json:"law,omitzero"` // of the price
}

// Step is one reason in a line, for a reader: its text is utility.step.<Key>, whose parameters are Args.
type Step struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
	Name lang.Text         `json:"name,omitzero"` // parameter {name}, in both languages
}

// Counted is up to where a dial is billed after this bill.
type Counted struct {
	Meter    id.ID   `json:"meter"`
	Zone     string  `json:"zone,omitempty"`
	To       Decimal `json:"to"`
	Quantity Decimal `json:"quantity"`
	Basis    Basis   `json:"basis"`
}

// Bill is what Compute makes.
type Bill struct {
	Lines   []Line    `json:"lines"`
	Total   int64     `json:"total"`             // kopecks, never below zero
	Carry   int64     `json:"carry,omitempty"`   // what is below zero, for the next month
	Counted []Counted `json:"counted,omitempty"` // of each dial
}
