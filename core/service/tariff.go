package service

import (
	"slices"

	"posad.city/kit/calendar"
	exact "posad.city/kit/decimal"
)

// Decimal is an exact number with at most six digits after the point.
type Decimal = exact.Decimal

// Utilities is utilities.yaml: how the monthly bill of a flat is made, whoever provides what.
type Utilities struct {
	Agency    string     `json:"agency" need:"1" about:"Key of the agency that makes the bills: the settlement centre, to which they are paid and which pays the providers"`
	Payee     string     `json:"payee" need:"1" about:"Key of the provider (below) to whose account bills are paid by a bank: the settlement centre's"`
	Charge    string     `json:"charge" need:"1" about:"Key of the kind of charge (charges/KEY.yaml) as which a bill is issued"`
	Due       int        `json:"due" need:"1" about:"Day of the next month by which a bill is paid: 1 to 28"`
	Opens     int        `json:"opens" need:"1" about:"Day of the month from which residents give readings: 1 to 28"`
	Closes    int        `json:"closes" need:"1" about:"Last day of the month on which residents give readings: up to 31"`
	Odd       int        `json:"odd" need:"1" about:"How many times the usual a consumption may be before the resident is asked: 2 to 100"`
	Estimates int        `json:"estimates" need:"1" about:"For how many months in a row a meter without readings is counted by its average, before the norm: 1 to 12"`
	Similar   int        `json:"similar" need:"1" about:"How many similar flats a comparison needs at least, so that it tells of nobody: 5 to 1000"`
	Classes   []int      `json:"classes" need:"1" about:"Areas in whole m², rising, that part flats into classes for comparison: [40, 60, 80]"`
	Law       Text       `json:"law" need:"1" about:"The acts by which the bill is made"`
	Providers []Provider `json:"providers" need:"1" about:"Who provides services, and where their money goes"`
	Benefits  []Benefit  `json:"benefits,omitempty" about:"Discounts by law"`
}

// Provider is somebody whose service is in the bill.
type Provider struct {
	Key     string `json:"key" need:"1" about:"Short name for ever"`
	Title   Text   `json:"title" need:"1" about:"Full name"`
	INN     string `json:"inn" need:"1" about:"Taxpayer's number, in quotation marks"`
	Account string `json:"account" need:"1" about:"Bank account: 20 digits in quotation marks"`
	Bank    Text   `json:"bank" need:"1" about:"Name of the bank"`
	BIC     string `json:"bic" need:"1" about:"Bank's identification code: 9 digits in quotation marks"`
	Corr    string `json:"corr" need:"1" about:"Bank's correspondent account: 20 digits in quotation marks"`
	Phone   string `json:"phone" need:"1" about:"Telephone for residents"`
}

// Benefit is a discount by law: a percentage of what a person or a flat uses within limits, or a sum a month.
type Benefit struct {
	Key     string   `json:"key" need:"1" about:"Short name for ever"`
	Title   Text     `json:"title" need:"1" about:"Who has it"`
	On      []string `json:"on" need:"1" one:"cold-water|hot-water|drainage|heating|power|gas|upkeep|repairs|waste|other" about:"Kinds of service that it covers"`
	Percent int      `json:"percent,omitempty" about:"Discount in per cent: 1 to 100; left out: a fixed sum"`
	Fixed   Money    `json:"fixed,omitempty" about:"A sum a month off the services that it covers, in their order; left out: a percentage"`
	Of      string   `json:"of" need:"1" one:"person|flat" about:"person: of the share of those who have it; flat: of the whole flat's"`
	Norm    bool     `json:"norm,omitempty" about:"Only what is within the norm of the service counts"`
	Area    Decimal  `json:"area,omitzero" about:"Only so many m² for each who has it count, for services by area; left out: all"`
	Law     Text     `json:"law" need:"1" about:"The act and its point"`
}

// Tariff is tariffs/KEY.yaml: what one service of a flat costs, by day, and how its quantity is found.
type Tariff struct {
	Key      string        `json:"tariff" need:"1" about:"Name of the tariff for ever"`
	Kind     string        `json:"kind" need:"1" one:"cold-water|hot-water|drainage|heating|power|gas|upkeep|repairs|waste|other" about:"What is provided"`
	Title    Text          `json:"title" need:"1" about:"Name as a line of the bill"`
	Order    int           `json:"order" need:"1" about:"Place in the bill"`
	Unit     string        `json:"unit" need:"1" one:"m3|kWh|Gcal|m2|person" about:"What is counted"`
	By       string        `json:"by" need:"1" one:"meter|area|person|drains" about:"How the quantity is found: meter (by the norm without one), area of the flat, persons registered, or drains, the sum of cold and hot water"`
	Provider string        `json:"provider" need:"1" about:"Key of the provider (utilities.yaml)"`
	Rounding string        `json:"rounding" need:"1" one:"half-up|half-even|down" about:"How a line is rounded to whole kopecks"`
	Months   []int         `json:"months,omitempty" about:"Months in which it is charged, 1 to 12, for example of the heating season; left out: all"`
	Prices   []TariffPrice `json:"prices" need:"1" about:"Prices by the day on which they begin"`
	Norms    []TariffNorm  `json:"norms,omitempty" about:"Norms by the day on which they begin; needed for meters, and for heating by area"`
	Law      Text          `json:"law" need:"1" about:"The act by which it is charged"`
}

// TariffPrice is a price from a day on. Exactly one of Price, Zones and Bands says it; Heat may stand beside Price.
type TariffPrice struct {
	From  string       `json:"from" need:"1" about:"First day, as 2026-07-01"`
	Price Decimal      `json:"price,omitzero" about:"Roubles a unit: 60.04"`
	Zones []TariffZone `json:"zones,omitempty" about:"Prices by time of day, for meters with several dials; the first one is the price without such a meter"`
	Bands []TariffBand `json:"bands,omitempty" about:"Prices by how much is used in a month, lowest first; the last one has no limit"`
	Heat  *TariffHeat  `json:"heat,omitempty" about:"For hot water in two parts: the heat in it; Price is then of the water"`
	Law   Text         `json:"law" need:"1" about:"The order that sets it"`
}

// TariffZone is the price at one time of day.
type TariffZone struct {
	Key   string  `json:"key" need:"1" one:"day|night|peak" about:"Time of day"`
	Price Decimal `json:"price" need:"1" about:"Roubles a unit"`
}

// TariffBand is the price up to a quantity a month.
type TariffBand struct {
	To    Decimal      `json:"to,omitzero" about:"Up to this quantity a month, together with the bands before; left out in the last one"`
	Price Decimal      `json:"price,omitzero" about:"Roubles a unit; left out when the band has zones"`
	Zones []TariffZone `json:"zones,omitempty" about:"Prices by time of day; each zone is cut in the proportion of the whole"`
}

// TariffHeat is the heat in hot water.
type TariffHeat struct {
	Price Decimal `json:"price" need:"1" about:"Roubles a Gcal"`
	Norm  Decimal `json:"norm" need:"1" about:"Gcal to warm one m³"`
}

// TariffNorm is what counts without a meter, from a day on.
type TariffNorm struct {
	From   string  `json:"from" need:"1" about:"First day, as 2026-01-01"`
	Person Decimal `json:"person,omitzero" about:"Units a person a month"`
	Area   Decimal `json:"area,omitzero" about:"Units an m² a month"`
	Factor Decimal `json:"factor,omitzero" about:"What the norm is multiplied by where a meter could be and is not: 1.5; left out: nothing"`
	Law    Text    `json:"law" need:"1" about:"The order that sets it"`
}

// Tariff finds a tariff by its key.
func (c *City) Tariff(key string) (*Tariff, bool) {
	return find(c.Tariffs, func(t *Tariff) string { return t.Key }, key)
}

// Provider finds a provider by its key.
func (u *Utilities) Provider(key string) (*Provider, bool) {
	return find(u.Providers, func(p *Provider) string { return p.Key }, key)
}

// Benefit finds a benefit by its key.
func (u *Utilities) Benefit(key string) (*Benefit, bool) {
	return find(u.Benefits, func(b *Benefit) string { return b.Key }, key)
}

// In tells whether the tariff is charged in the month.
func (t *Tariff) In(month int) bool { return len(t.Months) == 0 || slices.Contains(t.Months, month) }

// Between is the tariff with only those prices and norms that are in force on some of the days: what a bill of these days rests
// on. first and last are both included.
func (t *Tariff) Between(first, last calendar.Date) Tariff {
	out := *t
	out.Prices = between(t.Prices, first, last, func(p *TariffPrice) string { return p.From })
	out.Norms = between(t.Norms, first, last, func(n *TariffNorm) string { return n.From })
	return out
}

// between keeps the last item that begins by the first day and those that begin until the last; the list rises, as the check
// makes sure, and dates compare as texts.
func between[T any](list []T, first, last calendar.Date, from func(*T) string) []T {
	var out []T
	for i := range list {
		switch begins := from(&list[i]); {
		case begins <= first.String():
			out = []T{list[i]}
		case begins <= last.String():
			out = append(out, list[i])
		}
	}
	return out
}
